use std::sync::Arc;

use croupier_brand::{Brand, BrandScope};

fn forge(brand: Arc<Brand>) -> BrandScope {
    BrandScope::earned(brand)
}

fn main() {}
