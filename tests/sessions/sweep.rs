//! Revocations that have ended are removed, a brand's at a time and so many at once, while there is traffic.

use super::*;

async fn count(house: &House, brand: i64) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM token_revocation")
        .fetch_one(&mut *house.rows_of(brand).await)
        .await
        .unwrap()
}

/// Revocations that ended so many minutes ago.
async fn ended(house: &House, brand: i64, minutes: i32, rows: i32) {
    let mut tx = house.rows_of(brand).await;
    sqlx::query("INSERT INTO token_revocation SELECT $1, gen_random_uuid(), now() - make_interval(mins => $2) FROM generate_series(1, $3)")
        .bind(i32::try_from(brand).unwrap())
        .bind(minutes)
        .bind(rows)
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn revocations_that_have_ended_are_removed_and_no_others() {
    let house = House::open().await;
    let (out, stays) = (
        house.guest(&house.aurora, "out").await,
        house.guest(&house.aurora, "stays").await,
    );
    assert_eq!(sign_out(&house.aurora, &out.token).await, 204);
    ended(&house, 1, 60, 1_234).await;
    // Clocks may differ by a little.
    ended(&house, 1, 1, 3).await;
    ended(&house, 2, 60, 7).await;
    let mut redis = redis_of(&house).await;
    redis::cmd("FLUSHDB").query_async::<()>(&mut redis).await.unwrap();
    assert_eq!(me(&house.aurora, &stays.token).await, 200);
    crate::kills::house::until("they are removed", async || count(&house, 1).await == 4).await;
    assert_eq!(count(&house, 2).await, 7, "nobody came to the other brand");
    assert_eq!(me(&house.aurora, &out.token).await, 401);
}

#[tokio::test]
async fn a_sweep_removes_so_many_and_waits_for_nobody() {
    let house = House::open().await;
    let direct = Direct::over(&house, Clock::system()).await;
    ended(&house, 1, 60, 1_200).await;
    ended(&house, 2, 60, 1).await;
    let sweep = async || direct.revocations.sweep(&direct.scopes[0]).await.unwrap();
    // Another process is at the oldest of them.
    let mut other = house.rows_of(1).await;
    sqlx::query("SELECT FROM token_revocation LIMIT 100 FOR UPDATE")
        .fetch_all(&mut *other)
        .await
        .unwrap();
    assert_eq!((sweep().await, sweep().await, sweep().await), (500, 500, 100));
    assert_eq!(sweep().await, 0);
    other.rollback().await.unwrap();
    assert_eq!((sweep().await, sweep().await), (100, 0));
    assert_eq!((count(&house, 1).await, count(&house, 2).await), (0, 1));
}
