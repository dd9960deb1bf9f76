use croupier_brand::{BrandPool, BrandScope};

async fn borrow(pool: &BrandPool, scope: &BrandScope) {
    let _ = pool.borrow(scope.id()).await;
}

fn main() {}
