use croupier_brand_macros::brand_query;

fn main() {
    let _ = brand_query!(tx, "COPY player TO STDOUT");
}
