use croupier_brand_macros::brand_query;

fn main() {
    let _ = brand_query!(tx, "SELECT player_id FROM player WHERE brand_id = $1 UNION ALL SELECT player_id FROM player_session");
}
