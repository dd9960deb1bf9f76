use croupier_brand_macros::brand_query;

fn main() {
    let _ = brand_query!(tx, "SELECT account, status FROM player WHERE brand_id = $1 AND player_id = $2", id);
}
