//! A resolution beside what the provider sends, and beside another resolution.

use std::sync::Mutex;

use croupier_wallet::{
    Command, LocalWallet, Wallet,
    rounds::{Resolution, Resolved, RoundState},
};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use tokio::task::yield_now;

use super::{Floor, bet, verdict, win};
use crate::wallet::{Interposed, available};

/// A wallet to which somebody else gives a command just before it is given its first.
pub(super) fn between(wallet: &LocalWallet, other: Command) -> Interposed {
    let other = Mutex::new(Some(other));
    Interposed::new(wallet.clone(), move |wallet, scope| {
        let other = other.lock().unwrap().take();
        Box::pin(async move {
            if let Some(other) = other {
                let outcome = wallet.submit(scope, other).await?;
                assert_eq!(verdict(&outcome), "applied");
            }
            Ok(None)
        })
    })
}

/// Lets others go first, sometimes.
async fn wait(turns: u32) {
    for _ in 0..turns {
        yield_now().await;
    }
}

async fn resolved_after(
    turns: u32,
    floor: &Floor,
    wallet: &dyn Wallet,
    round: &str,
    how: Resolution,
) -> Resolved {
    wait(turns).await;
    floor.resolve(wallet, round, how).await.unwrap()
}

#[tokio::test]
async fn money_31_a_hundred_voids_race_a_win_from_another_process_and_one_of_the_two_is_done() {
    let floor = Floor::open().await;
    let till = &floor.till;
    let provider = till.another_process().await;
    let mut rng = StdRng::seed_from_u64(31);
    let (mut expected, mut voided) = (10_000, 0);
    for race in 0..100 {
        let (round, stake) = (format!("r{race}"), format!("b{race}"));
        till.applied(bet(till, &round, &stake, 10)).await;
        let won = win(till, &round, &format!("w{race}"), Some(&stake), 7);
        let (ours, theirs) = (rng.random_range(0..4), rng.random_range(0..40));
        let (resolved, outcome) = tokio::join!(
            resolved_after(ours, &floor, &till.wallet, &round, Resolution::Void),
            async {
                wait(theirs).await;
                provider.submit(floor.scope(), won.clone()).await.unwrap()
            },
        );
        let given_back = resolved.bets.iter().any(|bet| bet.took_effect());
        let state = floor.record(&round).await.state;
        if given_back {
            assert_eq!(
                (verdict(&outcome), state),
                ("already_settled", RoundState::Voided),
                "{resolved:?}"
            );
            voided += 1;
        } else {
            assert_eq!(
                (verdict(&outcome), state),
                ("applied", RoundState::Settled),
                "{resolved:?}"
            );
            expected -= 3;
        }
        assert_eq!(resolved.state, state);
        // Each again: told the same, nothing moves.
        let again = provider.submit(floor.scope(), won).await.unwrap();
        assert_eq!(verdict(&again), verdict(&outcome));
        let again = floor
            .resolve(&till.wallet, &round, Resolution::Void)
            .await
            .unwrap();
        assert_eq!((again.bets.len(), again.state), (0, state));
        assert_eq!(
            till.balance().await,
            available(expected),
            "race {race}: {resolved:?}"
        );
    }
    assert!(
        (1..100).contains(&voided),
        "no race: {voided} of 100 voids were first"
    );
    floor.house().audit().await;
}

#[tokio::test]
async fn money_31_two_processes_that_resolve_one_round_do_it_once() {
    let floor = Floor::open().await;
    let till = &floor.till;
    let other = till.another_process().await;
    for race in 0..50 {
        let (round, first, second) = (format!("r{race}"), format!("b{race}"), format!("c{race}"));
        till.applied(bet(till, &round, &first, 10)).await;
        till.applied(bet(till, &round, &second, 5)).await;
        let (one, two) = tokio::join!(
            floor.resolve(&till.wallet, &round, Resolution::Void),
            floor.resolve(&other, &round, Resolution::Void),
        );
        for resolved in [one.unwrap(), two.unwrap()] {
            // Whoever found a bet open is told that it was given back, by which of the two is all the same.
            assert!(resolved.bets.iter().all(|bet| bet.took_effect()), "{resolved:?}");
            assert_eq!(resolved.state, RoundState::Voided);
        }
        assert_eq!(till.balance().await, available(10_000), "race {race}");
    }
    assert_eq!(till.count("wallet_ledger WHERE kind = 'rollback'").await, 100);
    floor.house().audit().await;
}

#[tokio::test]
async fn money_31_one_who_voids_and_one_who_settles_do_not_both_succeed() {
    let floor = Floor::open().await;
    let till = &floor.till;
    let other = till.another_process().await;
    let (mut expected, mut rng) = (10_000, StdRng::seed_from_u64(3_131));
    for race in 0..50 {
        let (round, stake) = (format!("r{race}"), format!("b{race}"));
        till.applied(bet(till, &round, &stake, 10)).await;
        let (ours, theirs) = (rng.random_range(0..20), rng.random_range(0..20));
        let (void, zero) = tokio::join!(
            resolved_after(ours, &floor, &till.wallet, &round, Resolution::Void),
            resolved_after(theirs, &floor, &other, &round, Resolution::SettleZero),
        );
        let done = [&void, &zero].map(|resolved| resolved.bets.iter().any(|bet| bet.took_effect()));
        let state = floor.record(&round).await.state;
        match done {
            [true, false] => assert_eq!(state, RoundState::Voided),
            [false, true] => {
                assert_eq!(state, RoundState::Settled);
                expected -= 10;
            }
            both => panic!("race {race}: {both:?}: {void:?} {zero:?}"),
        }
        assert_eq!(till.balance().await, available(expected), "race {race}");
    }
    floor.house().audit().await;
}
