use croupier_brand::{BrandScope, BrandTx};

fn another(tx: BrandTx, scope: BrandScope) -> BrandTx {
    BrandTx { scope, ..tx }
}

fn main() {}
