//! Sign-ins that go on failing: counted by brand and account, over all processes, and answered alike whether
//! the account exists or not.

use croupier::{config::Config, demo::client::Answer};
use futures_util::future::join_all;

use super::sign_in;
use crate::{
    harness::{Composition, House},
    kills::house::until,
    players::PASSWORD,
};

const WRONG: &str = "wrong horse battery";

fn three(config: &mut Config) {
    config.sign_in.failures = 3;
}

fn refused() -> (u16, String) {
    (429, "too_many_attempts".to_owned())
}

fn wrong() -> (u16, String) {
    (401, "invalid_credentials".to_owned())
}

/// An answer without what differs between any two.
fn said(mut answer: Answer) -> (u16, serde_json::Value, Vec<(String, String)>) {
    answer.body["request_id"] = "".into();
    let headers = answer
        .headers
        .iter()
        .filter(|(name, _)| !["date", "x-request-id", "traceparent", "retry-after"].contains(&name.as_str()))
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    (answer.status.as_u16(), answer.body, headers)
}

#[tokio::test]
async fn iso_59_iso_69_after_failing_too_often_an_account_is_refused_whether_it_exists_or_not() {
    let house = House::with(three).await;
    for account in ["alice", "carol"] {
        house.guest(&house.aurora, account).await;
    }
    house.guest(&house.bonanza, "alice").await;
    let mut answers = Vec::new();
    for account in ["alice", "nobody"] {
        for _ in 0..3 {
            assert_eq!(sign_in(&house.aurora, account, WRONG).await, wrong(), "{account}");
        }
        let first = house.aurora.sign_in(account, WRONG).await.unwrap();
        let seconds: u64 = first.headers["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((1..=900).contains(&seconds), "{seconds}");
        // Not the right password either: it would tell that it is right.
        answers.push([first, house.aurora.sign_in(account, PASSWORD).await.unwrap()].map(said));
        // In whatever case.
        assert_eq!(
            sign_in(&house.aurora, &account.to_uppercase(), PASSWORD).await,
            refused()
        );
    }
    assert_eq!(answers[0][0], answers[0][1]);
    assert_eq!(
        answers[0], answers[1],
        "an account that exists is told from one that does not"
    );
    assert_eq!(
        (answers[0][0].0, &answers[0][0].1["code"]),
        (429, &"too_many_attempts".into())
    );

    // Another account, and the same one at another brand, know nothing of it.
    assert_eq!(sign_in(&house.aurora, "carol", PASSWORD).await.0, 201);
    assert_eq!(sign_in(&house.bonanza, "alice", WRONG).await, wrong());
    assert_eq!(sign_in(&house.bonanza, "alice", PASSWORD).await.0, 201);
    assert_eq!(
        sign_in(&house.aurora, "alice", PASSWORD).await,
        refused(),
        "the other brand's success"
    );
}

#[tokio::test]
async fn what_succeeds_is_not_held_against_anybody() {
    let house = House::with(three).await;
    house.guest(&house.aurora, "alice").await;
    for _ in 0..4 {
        for _ in 0..2 {
            assert_eq!(sign_in(&house.aurora, "alice", WRONG).await, wrong());
        }
        assert_eq!(sign_in(&house.aurora, "alice", PASSWORD).await.0, 201);
    }
    // More at a time than may fail: they wait for one another.
    let many = join_all((0..12).map(|_| sign_in(&house.aurora, "alice", PASSWORD))).await;
    assert!(many.iter().all(|(status, _)| *status == 201), "{many:?}");
}

#[tokio::test]
async fn many_at_once_find_out_no_more_than_one_after_the_other() {
    let house = House::with(three).await;
    let answers = join_all((0..30).map(|_| sign_in(&house.aurora, "alice", WRONG))).await;
    let tried = answers.iter().filter(|answer| **answer == wrong()).count();
    assert_eq!(tried, 3, "{answers:?}");
    assert!(answers.iter().all(|answer| [wrong(), refused()].contains(answer)));
}

#[tokio::test]
async fn every_process_counts_what_any_of_them_saw() {
    let house = House::with(three).await;
    let other = House::over(house.local.clone(), Composition::Together, three).await;
    for process in [&house, &other, &house] {
        assert_eq!(sign_in(&process.aurora, "alice", WRONG).await, wrong());
    }
    for process in [&other, &house] {
        assert_eq!(sign_in(&process.aurora, "alice", WRONG).await, refused());
    }
}

#[tokio::test]
async fn what_is_written_to_redis_keeps_nobody_out_for_longer_than_a_window() {
    let house = House::with(|config| {
        three(config);
        config.sign_in.window_seconds = 2;
    })
    .await;
    house.guest(&house.aurora, "alice").await;
    assert_eq!(sign_in(&house.aurora, "alice", WRONG).await, wrong());
    let mut redis = redis::Client::open(house.local.redis_url.as_str())
        .unwrap()
        .get_multiplexed_async_connection()
        .await
        .unwrap();
    let keys: Vec<String> = redis::cmd("KEYS")
        .arg("brand:1:failed:*")
        .query_async(&mut redis)
        .await
        .unwrap();
    let [key] = &keys[..] else { panic!("{keys:?}") };
    assert!(!key.contains("alice"), "{key}");
    redis::cmd("SET")
        .arg(key)
        .arg("1000000")
        .query_async::<()>(&mut redis)
        .await
        .unwrap();
    assert_eq!(sign_in(&house.aurora, "alice", PASSWORD).await, refused());
    until("the window has ended", async || {
        sign_in(&house.aurora, "alice", PASSWORD).await.0 == 201
    })
    .await;
    // What is no count is none.
    redis::cmd("RPUSH")
        .arg(key)
        .arg("1000000")
        .query_async::<()>(&mut redis)
        .await
        .unwrap();
    assert_eq!(sign_in(&house.aurora, "alice", PASSWORD).await.0, 201);
}

#[tokio::test]
async fn while_redis_is_away_or_was_emptied_each_process_goes_by_its_own_count() {
    // Between processes nothing is changed without Redis: whether a call is a repeat cannot be told.
    let away = House::composed(Composition::Together, |config| {
        three(config);
        config.redis.url.0 = "redis://127.0.0.1:1".to_owned();
    })
    .await;
    let emptied = House::with(three).await;
    for house in [&away, &emptied] {
        for _ in 0..3 {
            assert_eq!(sign_in(&house.aurora, "alice", WRONG).await, wrong());
        }
        let mut redis = redis::Client::open(house.local.redis_url.as_str())
            .unwrap()
            .get_multiplexed_async_connection()
            .await
            .unwrap();
        redis::cmd("FLUSHDB").query_async::<()>(&mut redis).await.unwrap();
        assert_eq!(sign_in(&house.aurora, "alice", WRONG).await, refused());
    }
}

#[tokio::test]
async fn when_the_window_has_ended_all_is_forgotten_and_nothing_is_kept() {
    let house = House::with(|config| {
        three(config);
        config.sign_in.window_seconds = 2;
    })
    .await;
    house.guest(&house.aurora, "alice").await;
    for _ in 0..3 {
        assert_eq!(sign_in(&house.aurora, "alice", WRONG).await, wrong());
    }
    assert_eq!(sign_in(&house.aurora, "alice", PASSWORD).await, refused());
    // Asking again and again does not put it off.
    until("the window has ended", async || {
        sign_in(&house.aurora, "alice", PASSWORD).await.0 == 201
    })
    .await;
    let mut redis = redis::Client::open(house.local.redis_url.as_str())
        .unwrap()
        .get_multiplexed_async_connection()
        .await
        .unwrap();
    let keys: Vec<String> = redis::cmd("KEYS")
        .arg("*failed*")
        .query_async(&mut redis)
        .await
        .unwrap();
    assert!(keys.is_empty(), "{keys:?}");
}
