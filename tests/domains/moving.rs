//! A domain that changes hands is never two brands' at once, at two gateways that are processes of their own.

use std::time::Duration;

use croupier::local::{BRANDS, LocalHouse};
use croupier_brand::global;
use tokio::time::Instant;

use super::{
    host, mover, to,
    traffic::{Traffic, judge},
};
use crate::{
    harness::{Cluster, Wire},
    kills::house::{Outside, until},
};

const DOMAIN: &str = BRANDS[0].domain;

/// Moves the domain to and fro under the traffic of two gateways.
async fn to_and_fro(gateways: [LocalHouse; 2], mover_of: &LocalHouse, moves: usize) {
    let [one, two] = gateways.map(Outside::of);
    let (serving_one, serving_two) = (one.serve().await, two.serve().await);
    let mover = mover(mover_of).await;
    let traffic = Traffic::at(&[one.serving.edge(), two.serving.edge()], DOMAIN);
    let mut from = 0;
    traffic.settled(BRANDS[from].code).await;
    for _ in 0..moves {
        let target = 1 - from;
        traffic.take();
        let began = Instant::now();
        mover
            .bind(&host(DOMAIN), to(BRANDS[target].id), true)
            .await
            .unwrap();
        traffic.settled(BRANDS[target].code).await;
        judge(&traffic.take(), BRANDS[from].code, BRANDS[target].code, began);
        from = target;
    }
    drop(traffic);
    serving_one.stop().await;
    serving_two.stop().await;
}

#[tokio::test]
async fn iso_14_no_answer_of_the_old_brand_begins_when_one_of_the_new_was_heard() {
    let local = Cluster::get().await.house().await;
    to_and_fro([local.clone(), local.clone()], &local, 6).await;
}

#[tokio::test]
async fn iso_14_iso_15_a_domain_moves_while_redis_is_away() {
    let mut local = Cluster::get().await.house().await;
    let (wire, redis_url) = Wire::on(&local.redis_url).await;
    local.redis_url = redis_url;
    wire.cut(true);
    to_and_fro([local.clone(), local.clone()], &local, 4).await;
}

#[tokio::test]
async fn iso_14_iso_15_a_domain_moves_while_redis_is_slow() {
    for delay in [80, 30_000] {
        let mut local = Cluster::get().await.house().await;
        let (wire, redis_url) = Wire::on(&local.redis_url).await;
        local.redis_url = redis_url;
        wire.slow(Duration::from_millis(delay));
        to_and_fro([local.clone(), local.clone()], &local, 2).await;
    }
}

#[tokio::test]
async fn iso_14_a_domain_moves_while_messages_reach_one_gateway_and_postgresql_is_slow_to_the_other() {
    let near = Cluster::get().await.house().await;
    let mut far = near.clone();
    let (slow, app_url) = Wire::on(&near.app_url).await;
    let (cut, redis_url) = Wire::on(&near.redis_url).await;
    (far.app_url, far.redis_url) = (app_url, redis_url);
    slow.slow(Duration::from_millis(30));
    cut.cut(true);
    to_and_fro([near.clone(), far], &near, 4).await;
}

#[tokio::test]
async fn iso_14_a_move_whose_mover_dies_ends_by_itself_and_can_be_run_again() {
    let local = Cluster::get().await.house().await;
    let [one, two] = [local.clone(), local.clone()].map(Outside::of);
    let (serving_one, serving_two) = (one.serve().await, two.serve().await);
    let traffic = Traffic::at(&[one.serving.edge(), two.serving.edge()], DOMAIN);
    traffic.settled("aurora").await;
    traffic.take();

    let began = Instant::now();
    let mover = mover(&local).await;
    let moving = tokio::spawn({
        let mover = mover.clone();
        async move { mover.bind(&host(DOMAIN), to(2), true).await }
    });
    let held = "SELECT domain FROM brand_domain WHERE moving";
    until("the domain is on hold", async || {
        one.rows(held).await == [DOMAIN.to_owned()]
    })
    .await;
    moving.abort();
    assert!(moving.await.unwrap_err().is_cancelled());
    traffic.settled("bonanza").await;
    judge(&traffic.take(), "aurora", "bonanza", began);
    assert_eq!(one.rows(held).await, [DOMAIN], "nobody took the hold off");
    let moving = async || {
        let domains = global::all_domains(&one.owner).await.unwrap();
        domains
            .into_iter()
            .filter(|bound| bound.moving)
            .map(|bound| bound.domain)
            .collect::<Vec<_>>()
    };
    assert_eq!(moving().await, [DOMAIN], "as croupier domain list says");

    mover.bind(&host(DOMAIN), to(2), false).await.unwrap();
    assert_eq!(moving().await, Vec::<String>::new());
    traffic.settled("bonanza").await;
    assert!(
        traffic.take().iter().all(|said| said.what != "aurora"),
        "nobody goes back"
    );
    drop(traffic);
    serving_one.stop().await;
    serving_two.stop().await;
}

#[tokio::test]
async fn iso_14_a_domain_that_is_taken_off_and_given_away_is_not_both_brands_either() {
    let local = Cluster::get().await.house().await;
    let [one, two] = [local.clone(), local.clone()].map(Outside::of);
    let (serving_one, serving_two) = (one.serve().await, two.serve().await);
    let traffic = Traffic::at(&[one.serving.edge(), two.serving.edge()], DOMAIN);
    traffic.settled("aurora").await;
    traffic.take();
    let mover = mover(&local).await;
    mover.unbind(&host(DOMAIN)).await.unwrap();
    mover.bind(&host(DOMAIN), to(2), false).await.unwrap();
    traffic.settled("bonanza").await;
    let (unknown, others): (Vec<_>, Vec<_>) = traffic
        .take()
        .into_iter()
        .partition(|said| said.what == "unknown_domain");
    assert!(unknown.iter().all(|said| said.status == 404));
    // Two changes, so twice as long.
    let began = Instant::now();
    judge(&others, "aurora", "bonanza", began);
    drop(traffic);
    serving_one.stop().await;
    serving_two.stop().await;
}

#[tokio::test]
async fn two_who_move_a_domain_at_once_are_told_who_came_second() {
    let local = Cluster::get().await.house().await;
    let mover = mover(&local).await;
    let fresh = host("fresh.localhost");
    let both = [1, 2].map(|brand| {
        let (mover, fresh) = (mover.clone(), fresh.clone());
        async move { mover.bind(&fresh, to(brand), true).await }
    });
    let ended = futures_util::future::join_all(both).await;
    let refused: Vec<_> = ended.iter().filter_map(|ended| ended.as_ref().err()).collect();
    assert_eq!(refused.len(), 1, "{ended:?}");
    assert!(refused[0].to_string().contains("changed by another command"));
    let house = Outside::of(local);
    assert_eq!(
        house.rows("SELECT domain FROM brand_domain WHERE moving").await,
        Vec::<String>::new()
    );
}
