//! Players' own limits on stakes and losses: never exceeded, whoever decides the bet, and of no effect on what is owed.

use croupier_game::hub88::{
    Status,
    simulator::{Bet, Launch, Rollback, Simulator, Win},
};
use futures_util::future::join_all;
use serde_json::Value;

use super::*;
use crate::{
    books,
    harness::{Composition, EUR},
};

/// Kind, period, amount and what is left of each limit.
fn told(answer: &Answer) -> Vec<String> {
    let limits = answer.body["limits"].as_array().unwrap();
    let text = |limit: &Value, field: &str| limit[field].as_str().unwrap().to_owned();
    limits
        .iter()
        .map(|limit| {
            ["kind", "period", "amount", "left"]
                .map(|field| text(limit, field))
                .join(" ")
        })
        .collect()
}

async fn limits(guest: &Guest) -> Vec<String> {
    let token = Some(guest.token.as_str());
    told(&guest.casino.get("/api/v1/wallet/limits", token).await.unwrap())
}

async fn staked(provider: &Simulator, seat: &Launch, round: &str, euros: i64) -> (Bet, Status) {
    let bet = Bet::new(round, euros * EUR);
    let reply = provider.bet(seat, &bet).await.unwrap();
    let status = reply.status.unwrap_or_else(|| panic!("{reply:?}"));
    (bet, status)
}

async fn a_players_limits_on_play(composition: Composition) {
    let house = House::composed(composition, |_| {}).await;
    let (alice, seat) = house.player(&house.aurora, "alice", "1000.00").await;
    let (namesake, other) = house.player(&house.bonanza, "alice", "1000.00").await;
    let provider = &house.provider;
    let (before, status) = staked(provider, &seat, "before", 50).await;
    assert_eq!(status, Status::Ok);

    set_limit(&alice, "stake", "week", "100.00").await;
    let set = set_limit(&alice, "loss", "day", "60.00").await;
    let all = ["stake week 100.00 100.00", "loss day 60.00 60.00"];
    assert_eq!(told(&set), all, "what was played before does not count");
    let (lost, status) = staked(provider, &seat, "lost", 60).await;
    assert_eq!(status, Status::Ok);
    assert_eq!(
        staked(provider, &seat, "cent", 1).await.1,
        Status::LimitReached,
        "a loss"
    );
    // What is owed is paid: of the round that was lost, of the one before.
    let won = provider.win(&seat, &Win::of(&lost, 45 * EUR)).await.unwrap();
    assert_eq!(won.status, Some(Status::Ok), "{won:?}");
    assert_eq!(
        limits(&alice).await,
        ["stake week 100.00 40.00", "loss day 60.00 45.00"]
    );
    assert_eq!(
        staked(provider, &seat, "stake", 41).await.1,
        Status::LimitReached,
        "a stake"
    );
    let (undone, status) = staked(provider, &seat, "undone", 40).await;
    assert_eq!(status, Status::Ok);
    let back = provider
        .rollback(&seat, &Rollback::of(&undone.transaction, &undone.round))
        .await
        .unwrap();
    assert_eq!(back.status, Some(Status::Ok), "{back:?}");
    let back = provider
        .rollback(&seat, &Rollback::of(&before.transaction, &before.round))
        .await
        .unwrap();
    assert_eq!(back.status, Some(Status::Ok), "{back:?}");
    assert_eq!(
        limits(&alice).await,
        ["stake week 100.00 40.00", "loss day 60.00 45.00"],
        "what was taken back is counted no more, and what was not counted takes nothing off"
    );

    // Money of her own is not behind any of it, and nobody else is limited.
    assert_eq!(moved(&alice, "withdrawals", "w", "900.00").await.status, 201);
    assert_eq!(limits(&namesake).await, [] as [String; 0]);
    assert_eq!(staked(provider, &other, "much", 500).await.1, Status::Ok);

    // More is for later.
    set_limit(&alice, "stake", "week", "none").await;
    assert_eq!(staked(provider, &seat, "more", 41).await.1, Status::LimitReached);
    // What is strict holds at once.
    assert_eq!(
        told(&set_limit(&alice, "stake", "day", "5.00").await),
        [
            "stake day 5.00 5.00",
            "stake week 100.00 40.00",
            "loss day 60.00 45.00"
        ]
    );
    assert_eq!(staked(provider, &seat, "six", 6).await.1, Status::LimitReached);
    assert_eq!(staked(provider, &seat, "five", 5).await.1, Status::Ok);
    books::audit(&house).await;
}

#[tokio::test]
async fn limits_on_play_hold_and_what_is_owed_is_paid() {
    a_players_limits_on_play(Composition::Together).await;
}

#[tokio::test]
async fn limits_on_play_hold_with_the_roles_apart() {
    a_players_limits_on_play(Composition::Apart).await;
}

/// Two writers remember the wallet, each as it was before the other's bets.
#[tokio::test]
async fn of_bets_at_once_in_two_processes_no_more_is_taken_than_the_limit() {
    let house = House::open().await;
    let second = House::over(house.local.clone(), Composition::Together, |_| {}).await;
    let (alice, seat) = house.player(&house.aurora, "alice", "1000.00").await;
    for (at, edge) in [&house.provider, &second.provider].into_iter().enumerate() {
        assert_eq!(staked(edge, &seat, &format!("known {at}"), 1).await.1, Status::Ok);
    }
    set_limit(&alice, "stake", "day", "70.00").await;
    let edges = [&house.provider, &second.provider];
    let bets = (0..40).map(|n| {
        let (edge, seat) = (edges[n % 2], &seat);
        async move { staked(edge, seat, &format!("r{n}"), 10).await.1 }
    });
    let told = join_all(bets).await;
    let taken = told.iter().filter(|status| **status == Status::Ok).count();
    assert_eq!(taken, 7, "{told:?}");
    assert!(
        told.iter()
            .all(|status| [Status::Ok, Status::LimitReached].contains(status)),
        "{told:?}"
    );
    assert_eq!(limits(&alice).await, ["stake day 70.00 0.00"]);
    books::audit(&house).await;
}

/// A limit of the player's first hour, before the wallet has a row.
#[tokio::test]
async fn a_limit_can_be_set_before_there_is_any_money() {
    let house = House::open().await;
    let alice = house.guest(&house.aurora, "alice").await;
    let set = set_limit(&alice, "loss", "month", "10.00").await;
    assert_eq!(told(&set), ["loss month 10.00 10.00"]);
    assert_eq!(moved(&alice, "deposits", "d", "100.00").await.status, 201);
    let seat = alice.launch("northern-lights").await;
    assert_eq!(
        staked(&house.provider, &seat, "r", 11).await.1,
        Status::LimitReached
    );
    assert_eq!(staked(&house.provider, &seat, "s", 10).await.1, Status::Ok);
    books::audit(&house).await;
}
