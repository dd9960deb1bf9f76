use croupier_brand_macros::brand_query;

fn main() {
    let _ = brand_query!(tx, "SELECT p.account\n   FROM player p\n   JOIN player_session s ON s.player_id = p.player_id\n  WHERE p.brand_id = $1");
}
