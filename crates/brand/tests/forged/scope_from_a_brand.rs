use croupier_brand::{BrandId, BrandScope};

fn forge(brand: BrandId) -> BrandScope {
    brand.into()
}

fn main() {}
