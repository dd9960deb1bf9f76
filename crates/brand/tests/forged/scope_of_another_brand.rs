use std::sync::Arc;

use croupier_brand::{Brand, BrandScope};

fn change(scope: &BrandScope, other: Arc<Brand>) -> BrandScope {
    let mut copy = scope.clone();
    copy.brand = other;
    copy
}

fn main() {}
