//! The journal from outside: read as an outbox, sealed, tampered with, partitioned and archived.

mod consumers;
mod parts;
mod seals;
mod tampered;

use std::{path::PathBuf, sync::Arc};

use croupier_brand::{Clock, directory::BrandDirectory};
use croupier_wallet::journal::{Reader, Sealer};
use sqlx::{AssertSqlSafe, Executor, PgConnection, Row};

use crate::{
    harness::{Cluster, House, until},
    kills,
    wallet::Till,
};

/// A superuser in the house's database: who may do everything.
async fn superuser(house: &House) -> PgConnection {
    use sqlx::Connection;
    let superuser = Cluster::get().await.servers().superuser_url();
    let database = house.local.owner_url.rsplit_once('/').unwrap().1;
    let url = format!("{}/{database}", superuser.rsplit_once('/').unwrap().0);
    PgConnection::connect(&url).await.unwrap()
}

async fn directory(house: &House) -> BrandDirectory {
    BrandDirectory::start(house.owner.clone()).await.unwrap()
}

pub(crate) async fn sealer(house: &House) -> Sealer {
    Sealer::new(house.brand_pool(4).await, directory(house).await, Clock::system())
}

pub(crate) async fn reader(house: &House, consumer: &str) -> Reader {
    Reader::new(
        house.brand_pool(4).await,
        directory(house).await,
        Clock::system(),
        consumer,
    )
}

/// Runs the program on the house's database as its owner; its exit and all it said.
pub(crate) async fn croupier(house: &House, arguments: &[&str]) -> (bool, String) {
    kills::house::croupier(&house.local, arguments).await
}

/// A folder of a test's own.
pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir()
        .join(format!("croupier-tests-{}", std::process::id()))
        .join(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

async fn number(db: &mut PgConnection, query: &str) -> i64 {
    let row = db.fetch_one(AssertSqlSafe(query.to_owned())).await.unwrap();
    row.get(0)
}

/// Waits until what is written is certain to be whole: transactions of other tests' databases hold it back too.
async fn settled(house: &House) {
    let mut root = superuser(house).await;
    let left = "SELECT count(*) FROM wallet_ledger WHERE xid >= pg_snapshot_xmin(pg_current_snapshot())";
    let whole = async || number(&mut root, left).await == 0;
    until("the transactions that hold it back have ended", whole).await;
}

/// Seals everything that is written. Gives how many brands had something.
pub(crate) async fn seal_all(house: &House, sealer: &mut Sealer) -> usize {
    settled(house).await;
    sealer.seal().await.unwrap()
}

/// Many bets, at once.
async fn traffic(till: &Till, name: &str, bets: usize) {
    let till = Arc::new(till);
    let commands = (0..bets).map(|at| till.bet(&format!("{name}-{at}"), 1));
    for outcome in till.together(commands).await {
        assert!(outcome.verdict().is_some(), "{outcome:?}");
    }
}
