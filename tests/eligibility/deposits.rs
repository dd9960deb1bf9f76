//! Deposits, withdrawals and bonuses ask how the player stands, in the database, at the moment they are taken up.

use std::sync::{Arc, atomic::Ordering};

use croupier_brand::{eligibility::Ineligible, http::idempotency::IdempotencyKey};
use croupier_wallet::{
    Action, Amount, BucketCode, GrantKind, Outcome, Reason, Verdict, Wallet,
    cashier::{Cashier, CashierError},
};

use super::*;
use crate::{
    audit::{Counting, cashier},
    books,
    wallet::{Till, available},
};

fn key(text: &str) -> IdempotencyKey {
    IdempotencyKey::parse(text).unwrap()
}

fn cents(minor: i64) -> Amount {
    Amount::new(minor).unwrap()
}

struct Counter {
    till: Till,
    gateway: Arc<Counting>,
    cashier: Cashier,
    desk: Desk,
}

impl Counter {
    async fn open() -> Self {
        let till = Till::open().await;
        let gateway = Arc::new(Counting::default());
        Self {
            cashier: cashier(&till, Arc::clone(&gateway), till.wallet.clone()).await,
            desk: Desk::of(&till.house).await,
            gateway,
            till,
        }
    }

    async fn deposit(&self, name: &str, minor: i64) -> Result<Outcome, CashierError> {
        let Self { till, cashier, .. } = self;
        cashier
            .deposit(&till.scope, till.player, key(name), cents(minor))
            .await
    }

    async fn withdraw(&self, name: &str, minor: i64) -> Result<Outcome, CashierError> {
        let Self { till, cashier, .. } = self;
        cashier
            .withdraw(&till.scope, till.player, key(name), cents(minor))
            .await
    }
}

fn done(outcome: &Result<Outcome, CashierError>) -> bool {
    let verdict = outcome.as_ref().ok().and_then(Outcome::verdict);
    matches!(verdict, Some(Verdict::Applied(_)))
}

fn refused(outcome: &Result<Outcome, CashierError>) -> Option<Ineligible> {
    match outcome {
        Err(CashierError::Ineligible(why)) => Some(*why),
        _ => None,
    }
}

#[tokio::test]
async fn each_standing_has_its_verdict_for_each_act_and_what_was_decided_is_told() {
    let counter = Counter::open().await;
    assert!(done(&counter.deposit("before", 500).await));
    assert!(done(&counter.withdraw("out", 100).await));
    let charges = counter.gateway.charges();
    counter.desk.exclude("anna", Length::Days(1)).await;
    assert_eq!(
        refused(&counter.deposit("d", 500).await),
        Some(Ineligible::PlayerExcluded)
    );
    assert!(done(&counter.withdraw("excluded", 100).await));
    for (status, why) in [
        (PlayerStatus::Blocked, Ineligible::PlayerBlocked),
        (PlayerStatus::Closed, Ineligible::PlayerClosed),
    ] {
        counter.desk.status("anna", status).await;
        assert_eq!(refused(&counter.deposit("d", 500).await), Some(why));
        assert_eq!(refused(&counter.withdraw("w", 100).await), Some(why));
        // The keys of before say what they said.
        assert!(done(&counter.deposit("before", 500).await));
        for name in ["out", "excluded"] {
            assert!(done(&counter.withdraw(name, 100).await));
        }
        // And are for nothing else.
        let other = counter.withdraw("out", 101).await;
        assert!(matches!(other, Err(CashierError::KeyReused)), "{other:?}");
    }
    assert_eq!(counter.gateway.charges(), charges, "nobody was charged");
    assert_eq!(
        counter.till.count("wallet_request WHERE key IN ('d', 'w')").await,
        0
    );
    books::audit(&counter.till.house).await;
}

#[tokio::test]
async fn a_withdrawal_that_was_kept_and_not_held_is_not_held_for_who_was_blocked_since() {
    let counter = Counter::open().await;
    // As a process leaves it that ends between the two.
    let kept = format!(
        "INSERT INTO wallet_request (brand_id, player_id, key, kind, currency, amount, begun_at, tried_at)
         VALUES (1, '{}', 'w', 'withdrawal', 'EUR', 100, now(), now())",
        counter.till.player.0
    );
    books::sql(&counter.till.house, 1, &kept).await;
    counter.desk.status("anna", PlayerStatus::Blocked).await;
    assert_eq!(
        refused(&counter.withdraw("w", 100).await),
        Some(Ineligible::PlayerBlocked)
    );
    counter.desk.status("anna", PlayerStatus::Active).await;
    assert!(done(&counter.withdraw("w", 100).await));
    books::audit(&counter.till.house).await;
}

#[tokio::test]
async fn money_34_a_deposit_that_was_charged_before_the_player_kept_out_is_booked_and_none_is_charged_after()
{
    let counter = Counter::open().await;
    let float = counter.till.balance().await.available;
    // One that the gateway took, and one that it never heard of.
    counter.gateway.silent.store(true, Ordering::SeqCst);
    let (cashier, scope, player) = (
        counter.cashier.clone(),
        counter.till.scope.clone(),
        counter.till.player,
    );
    let ended =
        tokio::spawn(async move { cashier.deposit(&scope, player, key("charged"), cents(500)).await });
    while counter.gateway.charges() == 0 {
        tokio::task::yield_now().await;
    }
    ended.abort();
    assert!(ended.await.unwrap_err().is_cancelled());
    counter.gateway.silent.store(false, Ordering::SeqCst);
    counter.gateway.deaf.store(true, Ordering::SeqCst);
    let unheard = counter.deposit("unheard", 700).await;
    assert!(matches!(unheard, Err(CashierError::Gateway(_))), "{unheard:?}");
    counter.gateway.deaf.store(false, Ordering::SeqCst);

    counter.desk.exclude("anna", Length::Days(1)).await;
    assert!(done(&counter.deposit("charged", 500).await));
    // It may be on its way to the gateway, until nobody asks after it any more.
    let pending = counter.deposit("unheard", 700).await;
    assert!(matches!(pending, Err(CashierError::Pending)), "{pending:?}");
    books::sql(
        &counter.till.house,
        1,
        "UPDATE wallet_request SET begun_at = begun_at - interval '48 hours' WHERE key = 'unheard'",
    )
    .await;
    assert_eq!(
        refused(&counter.deposit("unheard", 700).await),
        Some(Ineligible::PlayerExcluded)
    );
    assert_eq!(counter.gateway.charges(), 1);
    assert_eq!(counter.till.balance().await, available(float + 500));
    // What was refused is good when the time has come, under its key.
    books::sql(&counter.till.house, 1, "UPDATE player SET excluded_until = now()").await;
    assert!(done(&counter.deposit("unheard", 700).await));
    assert_eq!(counter.gateway.charges(), 2);
    assert_eq!(counter.till.balance().await, available(float + 1_200));
    books::audit(&counter.till.house).await;
}

#[tokio::test]
async fn money_34_a_deposit_whose_charge_is_on_its_way_is_not_said_to_have_charged_nobody() {
    let counter = Counter::open().await;
    let float = counter.till.balance().await.available;
    counter.gateway.slow.store(true, Ordering::SeqCst);
    let (cashier, scope, player) = (
        counter.cashier.clone(),
        counter.till.scope.clone(),
        counter.till.player,
    );
    let first = tokio::spawn(async move { cashier.deposit(&scope, player, key("k"), cents(500)).await });
    while counter.gateway.under_way() == 0 {
        tokio::task::yield_now().await;
    }
    counter.desk.exclude("anna", Length::Days(1)).await;
    let again = counter.deposit("k", 500).await;
    assert!(matches!(again, Err(CashierError::Pending)), "{again:?}");
    counter.gateway.slow.store(false, Ordering::SeqCst);
    assert!(done(&first.await.unwrap()));
    assert!(done(&counter.deposit("k", 500).await));
    assert_eq!(counter.gateway.charges(), 1);
    assert_eq!(counter.till.balance().await, available(float + 500));
    books::audit(&counter.till.house).await;
}

#[tokio::test]
async fn a_bonus_is_given_to_who_may_have_one_and_told_again_to_whoever_had_it() {
    let counter = Counter::open().await;
    let till = &counter.till;
    let grant = |name: &str| {
        till.command(
            name,
            Action::Grant {
                kind: GrantKind::Coupon,
                amount: cents(100),
                bucket: Some(BucketCode::new("bonus").unwrap()),
                wager: cents(500),
                convert_cap: None,
                expires_at: None,
            },
        )
    };
    till.applied(grant("before")).await;
    counter.desk.exclude("anna", Length::Days(1)).await;
    let told = till.submit(grant("before")).await;
    assert!(matches!(told, Outcome::Replayed { .. }), "{told:?}");
    for status in [PlayerStatus::Active, PlayerStatus::Blocked] {
        counter.desk.status("anna", status).await;
        let refused = till.submit(grant("after")).await;
        assert!(
            matches!(
                refused,
                Outcome::Decided(Verdict::Rejected {
                    reason: Reason::NotEligible,
                    ..
                })
            ),
            "{refused:?}"
        );
        // A group with it does nothing at all.
        let group = vec![till.deposit("with-it", 100), grant("after")];
        let outcomes = till.wallet.submit_group(&till.scope, group).await.unwrap();
        let reasons: Vec<_> = outcomes
            .iter()
            .map(|outcome| match outcome.verdict() {
                Some(Verdict::Rejected { reason, .. }) => Some(reason),
                _ => None,
            })
            .collect();
        assert_eq!(reasons, [Some(Reason::GroupRefused), Some(Reason::NotEligible)]);
    }
    assert_eq!(
        till.count("wallet_command WHERE transaction_id IN ('after', 'with-it')")
            .await,
        0
    );
    counter.desk.status("anna", PlayerStatus::Active).await;
    books::sql(&till.house, 1, "UPDATE player SET excluded_until = now()").await;
    till.applied(grant("after")).await;
    books::audit(&till.house).await;
}
