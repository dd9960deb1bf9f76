use croupier_brand_macros::brand_query;

fn main() {
    let _ = brand_query!(tx, "SELECT x FROM nothing WHERE brand_id = $1");
}
