use std::sync::Arc;

use croupier_brand::{Brand, domain::ResolvedDomain};

fn forge(domain: ResolvedDomain, brand: Arc<Brand>) -> ResolvedDomain {
    ResolvedDomain { brand, ..domain }
}

fn main() {}
