use croupier_brand::{BatchTx, BrandId, BrandPool, BrandRead, BrandTx};

async fn open(pool: &BrandPool, brand: BrandId) {
    let _ = BrandTx::open(pool, &brand).await;
    let _ = BrandRead::open(pool, &brand).await;
    let _ = BatchTx::open(pool, [&brand]).await;
}

fn main() {}
