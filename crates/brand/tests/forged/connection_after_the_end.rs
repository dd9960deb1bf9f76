use croupier_brand::BrandTx;
use sqlx::Executor;

async fn outlive(mut tx: BrandTx) {
    let conn = tx.conn();
    tx.commit().await.unwrap();
    conn.execute("SELECT 1").await.unwrap();
}

fn main() {}
