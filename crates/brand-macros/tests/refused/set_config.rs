use croupier_brand_macros::brand_query;

fn main() {
    let _ = brand_query!(tx, "SELECT set_config('croupier.brand_ids', ',2,', true) FROM player WHERE brand_id = $1");
}
