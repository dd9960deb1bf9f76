use croupier_brand_macros::brand_read;

fn main() {
    let _ = brand_read!(read, "UPDATE player SET status = 'closed' WHERE brand_id = $1 RETURNING brand_id");
}
