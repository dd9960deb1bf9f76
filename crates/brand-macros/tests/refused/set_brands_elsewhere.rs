use croupier_brand_macros::brand_set_query;

fn main() {
    let _ = brand_set_query!(tx, brands, "UPDATE wallet_account SET version = version + 1 WHERE brand_id = ANY ($1)");
}
