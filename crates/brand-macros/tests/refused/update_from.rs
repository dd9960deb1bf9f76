use croupier_brand_macros::brand_query;

fn main() {
    let _ = brand_query!(tx, "UPDATE player p SET status = 'blocked' FROM player_session s WHERE p.brand_id = $1 AND s.player_id = p.player_id");
}
