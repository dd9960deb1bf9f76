//! Take any one wall away, and the others still stop a planted leak.
//!
//! The leaks are what a defect would be: a SELECT, an UPDATE, a DELETE without a predicate, run for one
//! brand. Each wall is taken away as really as it can be: raw sqlx in place of the macros, the policies
//! dropped in the database, rows that nobody compares.

mod batch;
mod macros;

use croupier_brand::{
    BrandRead, BrandTx,
    token::{PlayerId, Revocations, SessionId},
    tx::{ForeignRow, RowBrand, RowWall},
};
use croupier_player::{AccountName, PlayerLookup};
use croupier_wallet::{LocalWallet, Wallet, WalletLimits, topology::Topology};
use sqlx::{AssertSqlSafe, Executor, Row};

use crate::{
    harness::House,
    walk::{
        estate::{Estate, opened, scope_of},
        kept::{Kept, readable},
        routes::try_anothers_ids,
        statements::stage::Stage,
        watched::Walk,
    },
};

/// The planted leak.
const LEAK: &str = "SELECT brand_id, account, password_hash FROM player";

/// Whether a failure is the row wall's.
fn is_foreign_row<T>(outcome: &Result<T, sqlx::Error>) -> bool {
    matches!(outcome, Err(sqlx::Error::Decode(fault)) if fault.is::<ForeignRow>())
}

async fn drop_policies(house: &House) {
    Stage::of(house).await.drop_policies().await;
}

/// The tables whose rows the application may change: each with a column that it may write, if it may, and whether it
/// may delete.
async fn changeable(house: &House) -> Vec<(String, Option<String>, bool)> {
    let mut changeable = Vec::new();
    for table in readable(house).await {
        let asked = sqlx::query(
            "SELECT (SELECT a.attname::text FROM pg_attribute a
                      WHERE a.attrelid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped
                        AND has_column_privilege('croupier_app', a.attrelid, a.attnum, 'UPDATE') ORDER BY a.attnum DESC LIMIT 1),
                    has_table_privilege('croupier_app', $1::regclass, 'DELETE')",
        );
        let row = asked.bind(&table).fetch_one(&house.owner).await.unwrap();
        changeable.push((table, row.get(0), row.get(1)));
    }
    changeable
}

#[tokio::test]
async fn iso_54_without_the_compile_time_wall_row_security_holds_a_leak() {
    let Estate { house, sides } = Estate::open().await;
    for side in &sides {
        opened(&house, side.brand.id).await;
    }
    let (aurora, pool) = (scope_of(&house, 1).await, house.brand_pool(2).await);
    let others = Kept::rows(&house, &sides[1].brand).await;
    let mut tx = BrandTx::open(&pool, &aurora).await.unwrap();
    let leaked = tx.conn().fetch_all(LEAK).await.unwrap();
    assert!(leaked.len() > 1);
    assert!(leaked.iter().all(|row| row.get::<i32, _>("brand_id") == 1));
    let (mut updated, mut deleted) = (0, 0);
    for (table, column, deletes) in changeable(&house).await {
        let seen = tx
            .conn()
            .fetch_all(AssertSqlSafe(format!(
                "SELECT brand_id, count(*) FROM {table} GROUP BY brand_id"
            )))
            .await
            .unwrap();
        // The domains of all are read to earn a scope; nobody but the owner changes them.
        if table == "brand_domain" {
            assert_eq!((column, deletes), (None, false));
            continue;
        }
        let [own] = seen.as_slice() else {
            panic!("{table}: rows of {} brands", seen.len());
        };
        assert_eq!(own.get::<i32, _>(0), 1, "{table}");
        let own = u64::try_from(own.get::<i64, _>(1)).unwrap();
        if let Some(column) = column {
            let update = format!("UPDATE {table} SET {column} = {column}");
            let done = tx.conn().execute(AssertSqlSafe(update)).await.unwrap();
            assert_eq!(done.rows_affected(), own, "{table}");
            updated += 1;
        }
        if deletes {
            let done = tx
                .conn()
                .execute(AssertSqlSafe(format!("DELETE FROM {table}")))
                .await
                .unwrap();
            assert_eq!(done.rows_affected(), own, "{table}");
            deleted += 1;
        }
    }
    assert!(updated > 3 && deleted > 0);
    // Not undone: what a leak changes, it keeps.
    tx.commit().await.unwrap();
    assert_eq!(
        Kept::rows(&house, &sides[1].brand).await.differs(&others),
        [""; 0]
    );
    // Outside a transaction there is no brand at all.
    let mut read = BrandRead::open(&pool, &aurora).await.unwrap();
    assert!(read.conn().fetch_all(LEAK).await.unwrap().is_empty());
}

#[tokio::test]
async fn iso_35_without_row_security_every_route_still_knows_its_own_brand_alone() {
    let walk = Walk::begin().await;
    let house = &walk.estate.house;
    drop_policies(house).await;
    let seen = sqlx::query(LEAK)
        .fetch_all(&house.brand_pool(1).await.global())
        .await
        .unwrap();
    let of_other = |row: &&sqlx::postgres::PgRow| row.get::<i32, _>("brand_id") == 2;
    assert!(seen.iter().filter(of_other).count() > 1, "the policies are gone");
    try_anothers_ids(&walk).await;
    house.audit().await;
}

#[tokio::test]
async fn iso_35_without_row_security_every_service_still_knows_its_own_brand_alone() {
    let Estate { house, sides } = Estate::open().await;
    drop_policies(&house).await;
    let (aurora, pool) = (scope_of(&house, 1).await, house.brand_pool(4).await);
    let clock = croupier_brand::Clock::system();
    let [_, theirs] = &sides;
    let player = PlayerId(theirs.ids.player.parse().unwrap());
    let account = AccountName::parse(&theirs.ids.account).unwrap();
    let bonanza = scope_of(&house, 2).await;
    let before = Kept::rows(&house, &theirs.brand).await;

    let lookup = PlayerLookup::new(pool.clone());
    assert!(lookup.find(&bonanza, player).await.unwrap().is_some());
    assert_eq!(lookup.find(&aurora, player).await.unwrap(), None);
    assert!(
        lookup
            .find_by_account(&bonanza, account.as_str())
            .await
            .unwrap()
            .is_some()
    );
    assert_eq!(
        lookup.find_by_account(&aurora, account.as_str()).await.unwrap(),
        None
    );

    let wallet = LocalWallet::new(pool.clone(), clock.clone(), WalletLimits::default());
    let (currency, limit) = (aurora.currency(), croupier_wallet::page::PageLimit::default());
    let total = async |scope| {
        let holdings = wallet.balance(scope, player, currency).await.unwrap();
        holdings.balance().total()
    };
    assert!(total(&bonanza).await > 0);
    assert_eq!(total(&aurora).await, 0);
    let entries = async |scope| {
        let page = wallet
            .entries(scope, player, currency, None, limit)
            .await
            .unwrap();
        page.entries.len()
    };
    assert!(entries(&bonanza).await > 3);
    assert_eq!(entries(&aurora).await, 0);
    // A brand's own newest version counts, and nobody's else.
    let version = house.adopt(&aurora, &Topology::standard()).await.unwrap();
    assert_eq!(version, 2);

    // A sign-in of the other brand that was ended is not ended here, in a house without Redis' help.
    let revocations = Revocations::new(
        pool.clone(),
        croupier_brand::redis_link::RedisLink::new("redis://127.0.0.1:1").unwrap(),
        clock,
    );
    let mut rows = house.rows_of(2).await;
    let ended: uuid::Uuid =
        sqlx::query_scalar("SELECT session_id FROM token_revocation WHERE brand_id = 2 LIMIT 1")
            .fetch_one(&mut *rows)
            .await
            .unwrap();
    assert!(revocations.is_revoked(&bonanza, SessionId(ended)).await.unwrap());
    assert!(!revocations.is_revoked(&aurora, SessionId(ended)).await.unwrap());
    rows.rollback().await.unwrap();

    assert_eq!(Kept::rows(&house, &theirs.brand).await.differs(&before), [""; 0]);
}

#[tokio::test]
async fn iso_35_without_the_row_check_predicate_and_row_security_each_hold_a_leak() {
    let Estate { house, .. } = Estate::open().await;
    let (aurora, pool) = (scope_of(&house, 1).await, house.brand_pool(2).await);
    let brands = async |sql: &str| -> Vec<i32> {
        let mut tx = BrandTx::open(&pool, &aurora).await.unwrap();
        let rows = tx.conn().fetch_all(AssertSqlSafe(sql.to_owned())).await.unwrap();
        let mut brands: Vec<i32> = rows.iter().map(|row| row.get("brand_id")).collect();
        brands.sort_unstable();
        brands.dedup();
        brands
    };
    let tied = format!("{LEAK} WHERE brand_id = 1");
    // Nobody compares the rows: row security alone holds, then the predicate alone.
    assert_eq!(brands(LEAK).await, [1]);
    drop_policies(&house).await;
    assert_eq!(brands(&tied).await, [1]);
    assert_eq!(brands(LEAK).await, [1, 2], "with neither it is a leak indeed");
}

#[tokio::test]
async fn iso_35_without_predicate_and_row_security_the_row_wall_refuses_each_foreign_row() {
    let Estate { house, .. } = Estate::open().await;
    drop_policies(&house).await;
    let (aurora, pool) = (scope_of(&house, 1).await, house.brand_pool(4).await);
    let mut tx = BrandTx::open(&pool, &aurora).await.unwrap();
    let wall = tx.wall();
    let rows = tx.conn().fetch_all(LEAK).await.unwrap();
    let (mut own, mut foreign) = (0, 0);
    for row in &rows {
        let brand: i32 = row.get("brand_id");
        let checked = check(&wall, brand);
        assert_eq!(checked.is_ok(), brand == 1);
        if brand == 1 {
            own += 1;
        } else {
            assert!(is_foreign_row(&checked));
            foreign += 1;
        }
    }
    assert!(own > 1 && foreign > 1);
    let read = BrandRead::open(&pool, &aurora).await.unwrap();
    assert!(is_foreign_row(&check(&read.wall(), 2)) && check(&read.wall(), 1).is_ok());
}

fn check(wall: &RowWall, brand: impl RowBrand) -> Result<(), sqlx::Error> {
    wall.check(&brand)
}
