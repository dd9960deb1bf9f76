use croupier_brand::{BrandId, BrandScope};

fn change(scope: &mut BrandScope, other: BrandId) {
    scope.brand().id = other;
}

fn main() {}
