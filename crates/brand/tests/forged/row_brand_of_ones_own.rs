use croupier_brand::tx::RowBrand;

struct Nobodys;

impl RowBrand for Nobodys {
    fn brand(&self) -> Option<i32> {
        None
    }
}

fn main() {}
