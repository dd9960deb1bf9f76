use croupier_brand::{BrandPool, BrandRead, BrandScope, BrandTx, tx::BrandConn};

async fn from_a_transaction(pool: &BrandPool, scope: &BrandScope) -> BrandConn<'static> {
    let mut tx = BrandTx::open(pool, scope).await.unwrap();
    tx.conn()
}

async fn from_a_read(pool: &BrandPool, scope: &BrandScope) -> BrandConn<'static> {
    BrandRead::open(pool, scope).await.unwrap().conn()
}

fn main() {}
