use croupier_brand_macros::brand_query;

fn main() {
    let _ = brand_query!(tx, "UPDATE player SET brand_id = $2 WHERE brand_id = $1", brand);
}
