//! A server that gets stuck, and a way to it that becomes a hole: requests end, nothing is half done, and the house goes
//! on as soon as it can.

use croupier::config::Config;
use croupier_brand::{
    BrandTx,
    tx::{Pooler, StatementLimits},
};
use futures_util::future::join_all;

use super::scopes;
use crate::harness::{Cluster, Composition, House, Wire, until};

const PASSWORD: &str = "correct horse battery";

/// Limits that are reached soon, and connections that are soon all in use.
fn hurried(config: &mut Config) {
    config.database.statement_timeout_ms = 1_000;
    config.database.answer_timeout_ms = 1_500;
    config.database.acquire_timeout_ms = 1_500;
    config.database.max_connections = 2;
    config.database.max_connections_per_brand = 2;
    config.wallet.commit_timeout_ms = 1_000;
    config.wallet.deadline_ms = 1_000;
}

async fn players(house: &House) -> i64 {
    let mut rows = house.rows_of(1).await;
    sqlx::query_scalar("SELECT count(*) FROM player")
        .fetch_one(&mut *rows)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_statement_that_cannot_go_on_is_ended_by_the_server_and_has_done_nothing() {
    let usual = House::open().await;
    usual.guest(&usual.aurora, "alice").await;
    let house = House::over(usual.local.clone(), Composition::Together, hurried).await;
    let mut lock = usual.rows_of(1).await;
    sqlx::query("LOCK TABLE player IN ACCESS EXCLUSIVE MODE")
        .execute(&mut *lock)
        .await
        .unwrap();
    let (in_vain, up) = tokio::join!(
        house.aurora.sign_in("alice", PASSWORD),
        house.aurora.sign_up("bob", PASSWORD)
    );
    for answer in [in_vain.unwrap(), up.unwrap()] {
        assert_eq!((answer.status.as_u16(), answer.code()), (503, "unavailable"));
    }
    // Nobody waits for the lock any more: the server has ended it, not we alone.
    let waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'player'::regclass";
    let waiting: i64 = sqlx::query_scalar(waiting).fetch_one(&mut *lock).await.unwrap();
    assert_eq!(waiting, 0);
    lock.rollback().await.unwrap();
    assert_eq!(players(&usual).await, 1, "who was refused is not there");
    assert_eq!(usual.aurora.sign_up("bob", PASSWORD).await.unwrap().status, 201);
    usual.audit().await;
}

#[tokio::test]
async fn a_transaction_that_nobody_goes_on_with_is_ended_by_the_server_behind_a_pooler_too() {
    let house = House::open().await;
    let [aurora, _] = scopes(&house).await;
    let limits = StatementLimits::new(20_000, 1_000, 30_000);
    let pool = house
        .brand_pool(2)
        .await
        .behind(Pooler::Transaction)
        .within(limits);
    let mut tx = BrandTx::open(&pool, &aurora).await.unwrap();
    let set = "SELECT string_agg(current_setting(name), ' ' ORDER BY name) FROM unnest(ARRAY['statement_timeout', 'idle_in_transaction_session_timeout']) AS name";
    let set: String = sqlx::query_scalar(set).fetch_one(tx.conn()).await.unwrap();
    assert_eq!(set, "1s 20s");
    let pid: i32 = sqlx::query_scalar("SELECT pg_backend_pid()")
        .fetch_one(tx.conn())
        .await
        .unwrap();
    // Somebody who begins a transaction and is never heard of again.
    until("the server ended it", async || {
        let there: i64 = sqlx::query_scalar("SELECT count(*) FROM pg_stat_activity WHERE pid = $1")
            .bind(pid)
            .fetch_one(&house.owner)
            .await
            .unwrap();
        there == 0
    })
    .await;
    assert!(tx.commit().await.is_err(), "it is not taken for done");
}

#[tokio::test]
async fn money_37_requests_into_a_hole_end_and_the_house_goes_on_when_there_is_a_way_again() {
    let usual = House::over(Cluster::get().await.house().await, Composition::Together, |_| {}).await;
    let alice = usual.guest(&usual.aurora, "alice").await;
    let (way, url) = Wire::on(&usual.local.app_url).await;
    let house = House::over(usual.local.clone(), Composition::Together, |config| {
        hurried(config);
        // Long enough for the reads to be there when the hole opens.
        config.database.statement_timeout_ms = 4_000;
        config.database.answer_timeout_ms = 5_000;
        config.database.url.0.clone_from(&url);
    })
    .await;
    let deposit = || house.aurora.move_money("deposits", &alice.token, "once", "5.00");
    // Every connection has been used, those of the writers too.
    let first = house
        .aurora
        .move_money("deposits", &alice.token, "before", "1.00");
    assert_eq!(first.await.unwrap().status, 201);
    // Reads that the server is at when the hole opens: its answers to them are lost.
    let mut lock = usual.rows_of(1).await;
    sqlx::query("LOCK TABLE player IN ACCESS EXCLUSIVE MODE")
        .execute(&mut *lock)
        .await
        .unwrap();
    let reads = join_all((0..2).map(|_| house.aurora.get("/api/v1/me", Some(&alice.token))));
    let opens = async {
        until("both connections have a read that waits", async || {
            let waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'player'::regclass";
            let waiting: i64 = sqlx::query_scalar(waiting).fetch_one(&usual.owner).await.unwrap();
            waiting == 2
        })
        .await;
        way.swallow(true);
        lock.rollback().await.unwrap();
    };
    let (lost, ()) = tokio::join!(reads, opens);
    for answer in lost {
        let answer = answer.unwrap();
        assert_eq!((answer.status.as_u16(), answer.code()), (503, "unavailable"));
    }
    for _ in 0..2 {
        let mut requests = Vec::new();
        for at in 0..4 {
            let account = format!("lost{at}");
            let casino = &house.aurora;
            requests.push(async move { casino.sign_up(&account, PASSWORD).await.unwrap() });
        }
        let (answers, deposited) = tokio::join!(join_all(requests), deposit());
        for answer in answers.into_iter().chain([deposited.unwrap()]) {
            assert_eq!(answer.status.as_u16(), 503, "{answer:?}");
        }
    }
    way.swallow(false);
    // What was lost in the hole stays there; others are made.
    until("a deposit is taken again", async || {
        deposit().await.unwrap().status == 201
    })
    .await;
    until("a player is let in again", async || {
        house.aurora.sign_in("alice", PASSWORD).await.unwrap().status == 201
    })
    .await;
    assert_eq!(players(&usual).await, 1, "who was refused is not there");
    let wallet = usual
        .aurora
        .get("/api/v1/wallet", Some(&alice.token))
        .await
        .unwrap();
    assert_eq!(wallet.text("total"), "6.00", "what was deposited, once");
    usual.audit().await;
}
