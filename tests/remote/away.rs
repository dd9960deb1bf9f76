//! A wallet that is away, that is busy, or whose answer is lost on its way.

use std::time::Duration;

use croupier::demo::client::Casino;
use croupier_game::hub88::{
    Status,
    simulator::{Bet, Rollback, Signing, Simulator, SimulatorKey, bet_body},
};
use croupier_wallet::{Reason, WalletError};
use sqlx::Executor;
use tokio::time::{sleep, timeout};

use super::*;
use crate::{
    harness::{EUR, Wire},
    kills::house::LONG,
};

#[tokio::test]
async fn money_36_an_answer_lost_on_its_way_is_retryable_and_its_repeat_is_told() {
    let apart = Apart::open().await;
    let wire = Wire::to(apart.house.service(Role::Wallet)).await;
    let (scope, wallet) = (apart.aurora(), apart.wallet(wire.address));
    for turn in 0..5 {
        let bet = apart.bet(&format!("b{turn}"), 100);
        wire.lose_answers(true);
        let lost = wallet.submit(scope, bet.clone()).await.unwrap();
        assert_eq!(lost, Outcome::Retryable);
        let id = |wire: &Wire| wire.last().headers["x-request-id"].clone();
        let first = id(&wire);
        wire.lose_answers(false);
        let repeat = wallet.submit(scope, bet.clone()).await.unwrap();
        assert!(
            matches!(
                repeat,
                Outcome::Replayed {
                    verdict: Verdict::Applied(_),
                    ..
                }
            ),
            "it was done: {repeat:?}"
        );
        assert_ne!(first, id(&wire), "the same command, another call");
        assert_eq!(wallet.recall(scope, &bet).await.unwrap(), Some(repeat));
        // What never arrived was not done.
        wire.cut(true);
        let bet = apart.bet(&format!("c{turn}"), 10);
        assert_eq!(
            wallet.submit(scope, bet.clone()).await.unwrap(),
            Outcome::Retryable
        );
        wire.cut(false);
        applied(wallet.submit(scope, bet).await.unwrap());
    }
    assert_eq!(
        balance(&wallet, scope, apart.player()).await.available,
        10_000 - 5 * 110
    );
    apart.house.audit().await;
}

#[tokio::test]
async fn money_36_an_answer_that_comes_too_late_is_retryable_and_its_repeat_is_told() {
    let apart = Apart::open().await;
    let limits = WalletLimits {
        deadline_ms: 150,
        commit_timeout_ms: 150,
        ..WalletLimits::default()
    };
    let at = apart.house.service(Role::Wallet);
    let (scope, wallet) = (apart.aurora(), apart.wallet_within(at, limits));
    // Somebody holds the wallet's row for as long as its caller waits.
    let mut lock = apart.house.rows_of(1).await;
    lock.execute("SELECT FROM wallet_account FOR UPDATE")
        .await
        .unwrap();
    let bet = apart.bet("late", 100);
    assert_eq!(
        wallet.submit(scope, bet.clone()).await.unwrap(),
        Outcome::Retryable
    );
    lock.rollback().await.unwrap();
    let told = timeout(LONG, async {
        loop {
            let told = wallet.submit(scope, bet.clone()).await.unwrap();
            if told != Outcome::Retryable {
                return told;
            }
        }
    });
    assert!(matches!(told.await.unwrap().verdict(), Some(Verdict::Applied(_))));
    assert_eq!(balance(&wallet, scope, apart.player()).await.available, 9_900);
    apart.house.audit().await;
}

#[tokio::test]
async fn money_44_a_wallet_that_turns_away_whom_it_has_no_place_for_has_done_nothing() {
    let mut apart = Apart::open().await;
    let busy = apart
        .house
        .start(Role::Wallet, |config| config.edge.max_concurrency = 1)
        .await;
    let (scope, wallet) = (apart.aurora().clone(), apart.wallet(busy));
    let mut lock = apart.house.rows_of(1).await;
    lock.execute("SELECT FROM wallet_account FOR UPDATE")
        .await
        .unwrap();
    let waiting = tokio::spawn({
        let (wallet, scope, bet) = (wallet.clone(), scope.clone(), apart.bet("first", 100));
        async move { wallet.submit(&scope, bet).await.unwrap() }
    });
    let second = apart.bet("second", 100);
    let turned_away = timeout(LONG, async {
        // Until the first has the only place, the second may take it and wait as well.
        while !waiting.is_finished() {
            let brief = timeout(Duration::from_millis(500), wallet.recall(&scope, &second)).await;
            if matches!(brief, Ok(Err(WalletError::Unavailable(_)))) {
                return;
            }
            sleep(Duration::from_millis(5)).await;
        }
        panic!("nobody was turned away");
    });
    turned_away.await.unwrap();
    assert_eq!(
        wallet.submit(&scope, second.clone()).await.unwrap(),
        Outcome::Retryable
    );
    lock.rollback().await.unwrap();
    applied(waiting.await.unwrap());
    assert_eq!(
        wallet.recall(&scope, &second).await.unwrap(),
        None,
        "nothing was decided"
    );
    applied(wallet.submit(&scope, second).await.unwrap());
    apart.house.audit().await;
}

#[tokio::test]
async fn while_the_wallet_is_away_nothing_is_guessed_and_when_it_is_back_everything_goes_on() {
    let mut apart = Apart::open().await;
    let at = apart.house.service(Role::Wallet);
    let (scope, wallet) = (apart.aurora().clone(), apart.wallet(at));
    let launch = apart.alice.launch("northern-lights").await;
    let before = Bet::new("before", 10 * EUR);
    assert!(apart.house.provider.bet(&launch, &before).await.unwrap().is_ok());
    apart.house.stop(Role::Wallet).await;

    let bet = apart.bet("away", 100);
    for _ in 0..3 {
        assert_eq!(
            wallet.submit(&scope, bet.clone()).await.unwrap(),
            Outcome::Retryable
        );
        let told = wallet.recall(&scope, &bet).await;
        assert!(matches!(told, Err(WalletError::Unavailable(_))), "{told:?}");
        let told = wallet.balance(&scope, apart.player(), scope.currency()).await;
        assert!(matches!(told, Err(WalletError::Unavailable(_))), "{told:?}");
    }
    // The provider is told to come again: that its bet was taken is not known, nor that it was not.
    let during = Bet::new("during", 10 * EUR);
    for bet in [&before, &during] {
        let reply = apart.house.provider.bet(&launch, bet).await.unwrap();
        assert_eq!(reply.status, Some(Status::Unknown), "{reply:?}");
    }
    let games = apart.house.aurora.get("/api/v1/games", None).await.unwrap();
    assert_eq!(games.status, 200, "what needs no money goes on");

    apart
        .house
        .start(Role::Wallet, |config| config.internal.listen = at)
        .await;
    applied(wallet.submit(&scope, bet).await.unwrap());
    for bet in [&before, &during] {
        for _ in 0..2 {
            assert!(apart.house.provider.bet(&launch, bet).await.unwrap().is_ok());
        }
    }
    assert_eq!(apart.alice.total().await, "79.00");
    apart.house.audit().await;
}

#[tokio::test]
async fn money_36_a_providers_bet_whose_answer_was_lost_between_game_and_wallet_is_taken_once() {
    let mut apart = Apart::open().await;
    let wire = Wire::to(apart.house.service(Role::Wallet)).await;
    let address = wire.address.to_string();
    let game = apart
        .house
        .start(Role::Game, |config| {
            config.internal.wallet = Some(address.try_into().unwrap());
        })
        .await;
    let edge = apart
        .house
        .start(Role::Gateway, |config| {
            config.internal.game = Some(game.to_string().try_into().unwrap());
        })
        .await;
    let (keys, kid) = apart.house.local.provider_key();
    let key = SimulatorKey::from_pem(&std::fs::read(keys.private_path(&kid)).unwrap()).unwrap();
    let provider = Simulator::new(&format!("http://{edge}/callbacks/hub88"), key).unwrap();
    let launch = apart.alice.launch("northern-lights").await;
    let bet = Bet::new("round", 30 * EUR);
    let body = serde_json::to_vec(&bet_body(&launch, &bet)).unwrap();
    let say = async || {
        provider
            .send_raw("/transaction/bet", body.clone(), &Signing::Proper)
            .await
            .unwrap()
    };
    wire.lose_answers(true);
    for _ in 0..2 {
        let reply = say().await;
        assert_eq!(reply.status, Some(Status::Unknown), "{reply:?}");
    }
    wire.lose_answers(false);
    assert_eq!(apart.alice.total().await, "70.00", "it was taken");
    for _ in 0..2 {
        let reply = say().await;
        assert!(reply.is_ok(), "{reply:?}");
    }
    let rollback = Rollback::of(&bet.transaction, "round");
    wire.lose_answers(true);
    assert!(!provider.rollback(&launch, &rollback).await.unwrap().is_ok());
    wire.lose_answers(false);
    assert!(provider.rollback(&launch, &rollback).await.unwrap().is_ok());
    let casino = Casino::new(&format!("http://{edge}"), "aurora.localhost");
    let wallet = casino
        .get("/api/v1/wallet", Some(&apart.alice.token))
        .await
        .unwrap();
    assert_eq!(wallet.text("total"), "100.00");
    apart.house.audit().await;
}

#[tokio::test]
async fn money_36_a_group_whose_answer_is_lost_was_done_whole_and_its_repeat_is_told() {
    let apart = Apart::open().await;
    let wire = Wire::to(apart.house.service(Role::Wallet)).await;
    let (scope, wallet) = (apart.aurora(), apart.wallet(wire.address));
    let win = |transaction: &str, bet: &str| {
        let action = Action::Settle {
            amount: Amount::new(250).unwrap(),
            round: RoundId::new("round").unwrap(),
            game: GameId::new("game").unwrap(),
            bet: Some(TransactionId::new(bet).unwrap()),
        };
        apart.command(transaction, action)
    };
    let group = vec![apart.bet("b1", 100), apart.bet("b2", 200), win("w1", "b1")];
    wire.lose_answers(true);
    let lost = wallet.submit_group(scope, group.clone()).await.unwrap();
    assert_eq!(lost, [Outcome::Retryable; 3]);
    wire.lose_answers(false);
    let told = wallet.submit_group(scope, group).await.unwrap();
    assert!(told.iter().all(Outcome::is_replay), "{told:?}");
    assert_eq!(balance(&wallet, scope, apart.player()).await.available, 9_950);
    // None of a group is done where one cannot be.
    let told = wallet
        .submit_group(scope, vec![apart.bet("b3", 100), apart.bet("b4", 1_000_000)])
        .await
        .unwrap();
    assert!(
        matches!(
            told[..],
            [
                Outcome::Decided(Verdict::Rejected {
                    reason: Reason::GroupRefused,
                    ..
                }),
                Outcome::Decided(Verdict::InsufficientFunds { .. })
            ]
        ),
        "{told:?}"
    );
    assert_eq!(balance(&wallet, scope, apart.player()).await.available, 9_950);
    apart.house.audit().await;
}
