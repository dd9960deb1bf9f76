//! A brand's share of the connections, and what a read that nobody waits for any more leaves on one.

use std::{
    future::Future,
    pin::{Pin, pin},
    task::Poll,
    time::Duration,
};

use croupier_brand::{BatchTx, BrandPool, BrandRead, BrandTx, brand_read};
use sqlx::{AssertSqlSafe, Executor, PgPool, postgres::PgPoolOptions};

use super::scopes;
use crate::{
    harness::{House, brands_of, sqlstate},
    walk::estate::{Estate, scope_of},
};

async fn connections(house: &House, most: u32, wait: Duration) -> PgPool {
    let pool = PgPoolOptions::new().max_connections(most).acquire_timeout(wait);
    pool.connect(&house.local.app_url).await.unwrap()
}

#[tokio::test]
async fn iso_59_a_brand_that_holds_its_share_waits_and_the_others_do_not() {
    let house = House::open().await;
    let [aurora, bonanza] = scopes(&house).await;
    // Long enough for a connection to be made, and no longer than a test may wait.
    let wait = Duration::from_secs(2);
    let pool = BrandPool::with_share(connections(&house, 4, wait).await, 2);
    let held = [
        BrandTx::open(&pool, &aurora).await.unwrap(),
        BrandTx::open(&pool, &aurora).await.unwrap(),
    ];
    // Many more of its own wait, and hold nothing while they do.
    let waiting = (0..20).map(|_| BrandTx::open(&pool, &aurora));
    let mut waiting = pin!(futures_util::future::join_all(waiting));
    assert!(is_pending(waiting.as_mut()).await);
    for _ in 0..5 {
        let others = [
            BrandTx::open(&pool, &bonanza).await.unwrap(),
            BrandTx::open(&pool, &bonanza).await.unwrap(),
        ];
        assert!(is_pending(waiting.as_mut()).await);
        for tx in others {
            tx.rollback().await.unwrap();
        }
        let reads = BrandRead::open(&pool, &bonanza).await.unwrap();
        drop(reads);
        let batch = BatchTx::open(&pool, [&aurora, &bonanza]).await.unwrap();
        batch.rollback().await.unwrap();
    }
    for late in waiting.await {
        assert!(matches!(late, Err(sqlx::Error::PoolTimedOut)), "{late:?}");
    }
    // Who reads is in the share too.
    assert!(matches!(
        BrandRead::open(&pool, &aurora).await,
        Err(sqlx::Error::PoolTimedOut)
    ));
    // A place that was given back is had by the next, whether it was committed, undone or dropped.
    let [one, other] = held;
    one.commit().await.unwrap();
    let next = BrandTx::open(&pool, &aurora).await.unwrap();
    drop(other);
    let after = BrandTx::open(&pool, &aurora).await.unwrap();
    next.rollback().await.unwrap();
    after.rollback().await.unwrap();
}

#[tokio::test]
async fn iso_59_who_gives_up_waiting_takes_no_place_along() {
    let house = House::open().await;
    let [aurora, bonanza] = scopes(&house).await;
    let pool = BrandPool::with_share(connections(&house, 2, Duration::from_secs(5)).await, 1);
    for polls in 0..20 {
        let held = BrandTx::open(&pool, &aurora).await.unwrap();
        {
            let mut waiting = pin!(BrandTx::open(&pool, &aurora));
            for _ in 0..polls {
                assert!(is_pending(waiting.as_mut()).await);
                tokio::task::yield_now().await;
            }
        }
        held.rollback().await.unwrap();
        BrandTx::open(&pool, &aurora)
            .await
            .unwrap()
            .rollback()
            .await
            .unwrap();
        BrandTx::open(&pool, &bonanza)
            .await
            .unwrap()
            .rollback()
            .await
            .unwrap();
    }
    // A share is never none and never more than what there is.
    for share in [0, 1] {
        let pool = BrandPool::with_share(connections(&house, 1, Duration::from_secs(5)).await, share);
        BrandTx::open(&pool, &aurora)
            .await
            .unwrap()
            .commit()
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn iso_47_a_read_that_is_dropped_at_any_point_leaves_nothing_behind() {
    let Estate { house, sides } = Estate::open().await;
    let (aurora, bonanza) = (scope_of(&house, 1).await, scope_of(&house, 2).await);
    let connections = connections(&house, 1, Duration::from_secs(10)).await;
    let pool = BrandPool::new(connections.clone());
    let account = &sides[0].ids.account;
    let mut finished = 0;
    for polls in 0..60 {
        let work = async {
            let mut reads = BrandRead::open(&pool, &aurora).await.unwrap();
            let query = brand_read!(
                reads,
                "SELECT brand_id, player_id, account, status FROM player WHERE brand_id = $1 AND account = $2",
                account
            );
            query.fetch_optional(reads.conn()).await.unwrap().unwrap().account
        };
        finished += usize::from(polled(work, polls).await.is_some());
        let mut next = connections.acquire().await.unwrap();
        assert_eq!(brands_of(&mut *next).await, "", "after {polls} polls");
        let inside = next.execute("SAVEPOINT probe").await.unwrap_err();
        assert_eq!(
            sqlstate(&inside),
            "25P01",
            "inside somebody's transaction after {polls} polls"
        );
        let rows = next.fetch_all("SELECT FROM player").await.unwrap();
        assert!(rows.is_empty(), "after {polls} polls");
        drop(next);
        // The next is another brand's, and reads its own.
        let mut reads = BrandRead::open(&pool, &bonanza).await.unwrap();
        let query = brand_read!(
            reads,
            "SELECT brand_id, player_id, account, status FROM player WHERE brand_id = $1 AND account = $2",
            account
        );
        assert!(query.fetch_optional(reads.conn()).await.unwrap().is_none());
        drop(reads);
    }
    assert!(
        finished > 0 && finished < 60,
        "{finished} of 60 came to their end"
    );
}

/// Polls some work once: whether there is more to be done.
async fn is_pending<T>(mut work: Pin<&mut impl Future<Output = T>>) -> bool {
    std::future::poll_fn(|cx| Poll::Ready(work.as_mut().poll(cx).is_pending())).await
}

/// Polls some work so often, and drops it.
async fn polled<T>(work: impl Future<Output = T>, polls: usize) -> Option<T> {
    let mut work = pin!(work);
    for _ in 0..polls {
        let done = std::future::poll_fn(|cx| Poll::Ready(work.as_mut().poll(cx))).await;
        if let Poll::Ready(value) = done {
            return Some(value);
        }
        // Let the socket make some progress, as a runtime would, and now and then an answer arrive.
        let pause = if polls.is_multiple_of(2) { 1 } else { 300 };
        tokio::time::sleep(Duration::from_micros(pause)).await;
    }
    None
}

#[tokio::test]
async fn iso_48_a_read_whose_server_is_killed_leaves_the_next_a_clean_connection() {
    let house = House::open().await;
    let [aurora, bonanza] = scopes(&house).await;
    let connections = connections(&house, 1, Duration::from_secs(10)).await;
    let pool = BrandPool::new(connections.clone());
    for _ in 0..3 {
        let mut reads = BrandRead::open(&pool, &aurora).await.unwrap();
        let pid: i32 = sqlx::query_scalar("SELECT pg_backend_pid()")
            .fetch_one(reads.conn())
            .await
            .unwrap();
        let kill = format!("SELECT pg_terminate_backend({pid})");
        let superuser = crate::harness::Cluster::get().await.servers().superuser_url();
        let mut root = <sqlx::PgConnection as sqlx::Connection>::connect(&superuser)
            .await
            .unwrap();
        root.execute(AssertSqlSafe(kill)).await.unwrap();
        let query = brand_read!(
            reads,
            "SELECT brand_id, player_id, account, status FROM player WHERE brand_id = $1 AND account = $2",
            "alice"
        );
        assert!(query.fetch_optional(reads.conn()).await.is_err());
        drop(reads);
        let mut tx = BrandTx::open(&pool, &bonanza).await.unwrap();
        assert_eq!(brands_of(tx.conn()).await, ",2,");
        tx.rollback().await.unwrap();
    }
}
