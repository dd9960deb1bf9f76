//! Deposits that were begun: whatever ends between the charge and the ledger, what was taken is booked, once.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use croupier_brand::{
    Clock,
    directory::BrandDirectory,
    enforcement::{Enforcement, Mode},
    http::idempotency::IdempotencyKey,
    scope::Worker,
    token::PlayerId,
};
use croupier_wallet::{
    Amount, Outcome, Verdict, WalletLimits,
    cashier::{Cashier, CashierError},
};
use futures_util::future::join_all;
use uuid::Uuid;

use crate::{
    audit::{Counting, cashier, counter_for},
    books,
    wallet::{Interposed, Till, available},
};

fn key(text: &str) -> IdempotencyKey {
    IdempotencyKey::parse(text).unwrap()
}

fn cents(minor: i64) -> Amount {
    Amount::new(minor).unwrap()
}

/// What a process does when it starts: deposits that were finished, and those that were not.
async fn sweep(till: &Till, cashier: &Cashier) -> (usize, usize) {
    let directory = BrandDirectory::start(till.house.owner.clone()).await.unwrap();
    let worker = Worker::new(
        Enforcement::new(Mode::Enforce, "cashier"),
        directory.clone(),
        None,
    );
    cashier
        .finish_begun(&directory, &worker, Duration::ZERO)
        .await
        .unwrap()
}

fn done(outcome: &Result<Outcome, CashierError>) -> bool {
    let verdict = outcome.as_ref().ok().and_then(Outcome::verdict);
    matches!(verdict, Some(Verdict::Applied(_)))
}

async fn in_state(till: &Till, state: &str) -> i64 {
    till.count(&format!("wallet_request WHERE state = '{state}'"))
        .await
}

#[tokio::test]
async fn money_10_of_deposits_that_race_for_a_key_one_is_charged() {
    let till = Till::open().await;
    let gateway = Arc::new(Counting::default());
    let desk = cashier(&till, Arc::clone(&gateway), till.wallet.clone()).await;
    for turn in 0..10 {
        let amounts = [500, 600, 700, 500].map(cents);
        let (name, before) = (format!("k{turn}"), till.balance().await);
        let all =
            join_all(amounts.map(|amount| desk.deposit(&till.scope, till.player, key(&name), amount))).await;
        assert_eq!(gateway.charges(), turn + 1, "{all:?}");
        let taken: Vec<_> = amounts
            .iter()
            .zip(&all)
            .filter(|(_, outcome)| done(outcome))
            .map(|(amount, _)| amount.minor())
            .collect();
        assert!(!taken.is_empty() && taken.iter().all(|minor| *minor == taken[0]));
        assert_eq!(
            till.balance().await.available,
            before.available + taken[0],
            "{all:?}"
        );
    }
    // A withdrawal that races for the key has it, or does nothing.
    for turn in 0..10 {
        let name = format!("w{turn}");
        let (charges, before) = (gateway.charges(), till.balance().await);
        let (put, taken) = tokio::join!(
            desk.deposit(&till.scope, till.player, key(&name), cents(100)),
            desk.withdraw(&till.scope, till.player, key(&name), cents(100)),
        );
        assert!(done(&put) != done(&taken), "{put:?} {taken:?}");
        assert_eq!(gateway.charges() - charges, usize::from(done(&put)));
        assert_ne!(till.balance().await, before);
    }
    assert_eq!(
        in_state(&till, "begun").await + in_state(&till, "charged").await,
        0
    );
    books::audit(&till.house).await;
}

#[tokio::test]
async fn nobody_is_charged_whom_the_brand_does_not_have_or_whose_wallet_has_no_room() {
    let till = Till::open().await;
    let gateway = Arc::new(Counting::default());
    let desk = cashier(&till, Arc::clone(&gateway), till.wallet.clone()).await;
    let stranger = PlayerId(Uuid::from_u128(7));
    let refused = desk.deposit(&till.scope, stranger, key("k"), cents(500)).await;
    assert!(matches!(refused, Err(CashierError::UnknownPlayer)), "{refused:?}");
    let refused = desk.withdraw(&till.scope, stranger, key("k"), cents(500)).await;
    assert!(matches!(refused, Err(CashierError::UnknownPlayer)), "{refused:?}");
    let most = 1_000_000_000_000_000;
    for turn in 0..9 {
        till.applied(till.deposit(&format!("d{turn}"), most)).await;
    }
    let refused = desk
        .deposit(&till.scope, till.player, key("k"), cents(most))
        .await;
    assert!(matches!(refused, Err(CashierError::BalanceLimit)), "{refused:?}");
    assert_eq!(gateway.charges(), 0);
    assert_eq!(till.count("wallet_request").await, 0);
}

#[tokio::test]
async fn money_34_a_deposit_whose_process_ends_before_the_gateways_answer_is_booked_once() {
    let till = Till::open().await;
    let gateway = Arc::new(Counting::default());
    gateway.silent.store(true, Ordering::SeqCst);
    let desk = cashier(&till, Arc::clone(&gateway), till.wallet.clone()).await;
    let (scope, player) = (till.scope.clone(), till.player);
    let ended = tokio::spawn(async move { desk.deposit(&scope, player, key("k"), cents(500)).await });
    while gateway.charges() == 0 {
        tokio::task::yield_now().await;
    }
    ended.abort();
    assert!(ended.await.unwrap_err().is_cancelled());
    assert_eq!(in_state(&till, "begun").await, 1);
    assert_eq!(till.balance().await, available(10_000));
    // The player never comes again.
    gateway.silent.store(false, Ordering::SeqCst);
    let next = cashier(&till, Arc::clone(&gateway), till.another_process().await).await;
    let other = cashier(&till, Arc::clone(&gateway), till.another_process().await).await;
    let both = tokio::join!(sweep(&till, &next), sweep(&till, &other));
    assert!(both.0.0 + both.1.0 >= 1, "{both:?}");
    assert_eq!(till.balance().await, available(10_500));
    assert_eq!((in_state(&till, "credited").await, gateway.charges()), (1, 1));
    assert_eq!(sweep(&till, &next).await, (0, 0));
    // Or does.
    let told = next.deposit(&till.scope, till.player, key("k"), cents(500)).await;
    assert!(matches!(
        told.unwrap().verdict(),
        Some(Verdict::Applied(receipt)) if receipt.balance == available(10_500)
    ));
    assert_eq!(till.balance().await, available(10_500));
    assert_eq!(gateway.charges(), 1);
    books::audit(&till.house).await;
}

#[tokio::test]
async fn money_34_a_deposit_that_was_charged_and_not_booked_is_booked_by_the_repeat_or_the_next_process() {
    let till = Till::open().await;
    let gateway = Arc::new(Counting::default());
    // A wallet that has ended answers "again" to everything.
    let ended = till.another_process().await;
    ended.drain().await;
    let impatient = WalletLimits {
        deadline_ms: 50,
        ..WalletLimits::default()
    };
    let desk = cashier(&till, Arc::clone(&gateway), ended).await;
    let desk = desk.over_wallet_of(impatient);
    for name in ["repeated", "swept"] {
        let waits = desk
            .deposit(&till.scope, till.player, key(name), cents(500))
            .await;
        assert!(matches!(waits, Err(CashierError::NotBooked)), "{waits:?}");
    }
    assert_eq!((in_state(&till, "charged").await, gateway.charges()), (2, 2));
    assert_eq!(till.balance().await, available(10_000));
    // Even a gateway that is away now cannot keep it from the player.
    gateway.deaf.store(true, Ordering::SeqCst);
    let next = cashier(&till, Arc::clone(&gateway), till.wallet.clone()).await;
    let told = next
        .deposit(&till.scope, till.player, key("repeated"), cents(500))
        .await;
    assert!(matches!(told.unwrap().verdict(), Some(Verdict::Applied(_))));
    assert_eq!(sweep(&till, &next).await, (1, 0));
    assert_eq!(till.balance().await, available(11_000));
    assert_eq!((in_state(&till, "credited").await, gateway.charges()), (2, 2));
    books::audit(&till.house).await;
}

#[tokio::test]
async fn money_44_a_deposit_that_was_charged_is_booked_when_the_wallet_is_busy_for_a_moment() {
    let till = Till::open().await;
    let gateway = Arc::new(Counting::default());
    // It says "again" three times before it decides anything.
    let times = AtomicUsize::new(3);
    let wallet = Interposed::new(till.wallet.clone(), move |_, _| {
        let less = times.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |times| times.checked_sub(1));
        Box::pin(async move { Ok(less.is_ok().then_some(Outcome::Retryable)) })
    });
    let pool = till.house.brand_pool(4).await;
    let desk = Cashier::new(Arc::new(wallet), Arc::clone(&gateway) as _, pool, Clock::system());
    let told = desk.deposit(&till.scope, till.player, key("k"), cents(500)).await;
    assert!(done(&told), "{told:?}");
    assert_eq!((in_state(&till, "credited").await, gateway.charges()), (1, 1));
    assert_eq!(till.balance().await, available(10_500));
    books::audit(&till.house).await;
}

#[tokio::test]
async fn a_deposit_that_the_gateway_never_heard_of_is_not_charged_behind_the_players_back() {
    let till = Till::open().await;
    let gateway = Arc::new(Counting::default());
    gateway.deaf.store(true, Ordering::SeqCst);
    let casino = counter_for(&till, Arc::clone(&gateway), till.wallet.clone()).await;
    let bert = till.house.guest(&till.house.aurora, "bert").await;
    let deposit = async || {
        casino
            .move_money("deposits", &bert.token, "k", "5.00")
            .await
            .unwrap()
    };
    assert_eq!(deposit().await.status, 503);
    gateway.deaf.store(false, Ordering::SeqCst);
    let desk = cashier(&till, Arc::clone(&gateway), till.wallet.clone()).await;
    assert_eq!(sweep(&till, &desk).await, (0, 1));
    assert_eq!(gateway.charges(), 0);
    // Until the player asks again.
    assert_eq!(deposit().await.status, 201);
    assert_eq!(gateway.charges(), 1);
    assert_eq!(sweep(&till, &desk).await, (0, 0));
    assert_eq!(bert.total().await, "5.00");
}
