use croupier_brand_macros::brand_query;

fn main() {
    let _ = brand_query!(tx, "DELETE FROM player_session s USING player p WHERE p.brand_id = $1 AND s.player_id = p.player_id");
}
