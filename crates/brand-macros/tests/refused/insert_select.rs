use croupier_brand_macros::brand_query;

fn main() {
    let _ = brand_query!(tx, "INSERT INTO player_session (brand_id, session_id) SELECT brand_id, $2 FROM player", id);
}
