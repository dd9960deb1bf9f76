use std::sync::Arc;

use croupier_brand::{Brand, BrandScope};

fn change(scope: BrandScope, other: Arc<Brand>) -> BrandScope {
    BrandScope { brand: other, ..scope }
}

fn main() {}
