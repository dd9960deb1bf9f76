use croupier_brand_macros::brand_query_as;

fn main() {
    let _ = brand_query_as!(Row, tx, &format!("SELECT account FROM player WHERE brand_id = $1 {}", ""));
}
