use croupier_brand_macros::brand_query;

fn main() {
    let _ = brand_query!(tx, "SELECT account FROM player WHERE brand_id = $1 AND player_id IN (SELECT player_id FROM player_session)");
}
