use croupier_brand_macros::brand_query;

fn main() {
    let _ = brand_query!(tx, "SELECT p.account FROM player p LEFT JOIN player_session s ON s.player_id = p.player_id WHERE p.brand_id = $1 AND s.brand_id = $1");
}
