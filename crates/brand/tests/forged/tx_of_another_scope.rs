use croupier_brand::{BrandScope, BrandTx};

fn change(tx: &mut BrandTx, other: &BrandScope) {
    *tx.scope() = other.clone();
}

fn main() {}
