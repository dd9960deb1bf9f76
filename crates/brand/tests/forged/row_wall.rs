use croupier_brand::{BrandId, tx::RowWall};

fn forge(brand: BrandId) -> RowWall {
    RowWall::one(brand)
}

fn main() {}
