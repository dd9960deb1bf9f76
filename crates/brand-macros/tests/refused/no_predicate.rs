use croupier_brand_macros::brand_query;

fn main() {
    let _ = brand_query!(tx, "SELECT account FROM player WHERE account = $2", account);
}
