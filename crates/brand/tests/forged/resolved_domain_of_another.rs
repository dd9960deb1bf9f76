use std::sync::Arc;

use croupier_brand::{Brand, domain::ResolvedDomain};

fn change(domain: &mut ResolvedDomain, other: Arc<Brand>) {
    domain.brand = other;
}

fn main() {}
