use croupier_brand_macros::brand_query;

fn main() {
    let sql = format!("SELECT account FROM {}", "player");
    let _ = brand_query!(tx, sql);
}
