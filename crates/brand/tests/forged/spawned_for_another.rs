use std::sync::Arc;

use croupier_brand::{Brand, BrandScope};

fn spawn(scope: &BrandScope, other: Arc<Brand>) {
    scope.spawn(move |mut scope| {
        scope.brand = other;
        async move { scope }
    });
}

fn main() {}
