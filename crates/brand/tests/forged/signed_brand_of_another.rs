use croupier_brand::{BrandId, signature::SignedBrand};

fn change(signed: &mut SignedBrand, other: BrandId) {
    signed.brand = other;
}

fn main() {}
