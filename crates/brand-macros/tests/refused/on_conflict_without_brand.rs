use croupier_brand_macros::brand_query;

fn main() {
    let _ = brand_query!(tx, "INSERT INTO player (brand_id, account) VALUES ($1, $2) ON CONFLICT (account) DO NOTHING", account);
}
