//! Players' own limits on deposits: never exceeded, however many deposits come at once, and of no effect on what was taken up.

use std::sync::{Arc, atomic::Ordering};

use croupier_brand::http::idempotency::IdempotencyKey;
use croupier_wallet::{
    Amount, Verdict,
    cashier::{Cashier, CashierError},
    personal::{Exceeded, Period},
};
use futures_util::future::join_all;
use serde_json::Value;

use super::*;
use crate::{
    audit::{Counting, cashier},
    books::{self, number, sql},
    wallet::{Till, available},
};

pub(super) async fn limit(guest: &Guest, period: &str, amount: &str) -> Answer {
    set_limit(guest, "deposit", period, amount).await
}

/// What is said of the limits, without the moments.
async fn limits(guest: &Guest) -> Vec<(String, String, String, Option<Value>)> {
    let answer = guest
        .casino
        .get("/api/v1/wallet/limits", Some(&guest.token))
        .await
        .unwrap();
    assert_eq!(answer.status, 200, "{answer:?}");
    let text = |limit: &Value, field: &str| limit[field].as_str().unwrap().to_owned();
    answer.body["limits"]
        .as_array()
        .unwrap()
        .iter()
        .map(|limit| {
            (
                text(limit, "period"),
                text(limit, "amount"),
                text(limit, "left"),
                limit.get("pending").map(|pending| pending["amount"].clone()),
            )
        })
        .collect()
}

fn line(
    period: &str,
    amount: &str,
    left: &str,
    pending: Option<Value>,
) -> (String, String, String, Option<Value>) {
    (period.to_owned(), amount.to_owned(), left.to_owned(), pending)
}

const REACHED: (u16, &str) = (409, "deposit_limit_reached");

#[tokio::test]
async fn a_limit_holds_at_once_and_one_that_is_loosened_when_the_time_has_come() {
    let house = House::open().await;
    let alice = house.guest(&house.aurora, "alice").await;
    let namesake = house.guest(&house.bonanza, "alice").await;
    let bob = house.guest(&house.aurora, "bob").await;
    assert_eq!(moved(&alice, "deposits", "before", "30.00").await.status, 201);
    limit(&alice, "week", "200.00").await;
    limit(&alice, "day", "100.00").await;
    assert_eq!(
        limits(&alice).await,
        [
            line("day", "100.00", "70.00", None),
            line("week", "200.00", "170.00", None)
        ],
        "what was deposited before counts"
    );
    let refused = moved(&alice, "deposits", "k", "70.01").await;
    assert_eq!(said(&refused), REACHED);
    assert_eq!(refused.faulty_fields(), ["amount"]);
    assert!(
        refused.text("detail").contains("for a day leaves 70.00 EUR"),
        "{refused:?}"
    );
    assert_eq!(
        moved(&alice, "deposits", "k", "70.00").await.status,
        201,
        "the key is free, for whatever"
    );
    assert_eq!(said(&moved(&alice, "deposits", "cent", "0.01").await), REACHED);
    assert_eq!(
        moved(&alice, "deposits", "k", "70.00").await.status,
        201,
        "a repeat is told what was done"
    );
    // What was declined does not count; a withdrawal gives nothing back.
    assert_eq!(moved(&alice, "withdrawals", "w", "100.00").await.status, 201);
    assert_eq!(said(&moved(&alice, "deposits", "cent", "0.01").await), REACHED);

    // More, or none, is for later; less is for now, and ends the wait.
    limit(&alice, "day", "150.00").await;
    limit(&alice, "week", "none").await;
    assert_eq!(
        limits(&alice).await,
        [
            line("day", "100.00", "0.00", Some("150.00".into())),
            line("week", "200.00", "100.00", Some(Value::Null))
        ]
    );
    assert_eq!(said(&moved(&alice, "deposits", "cent", "0.01").await), REACHED);
    sql(
        &house,
        1,
        "UPDATE wallet_limit SET pending_from = now() WHERE pending_from IS NOT NULL",
    )
    .await;
    assert_eq!(limits(&alice).await, [line("day", "150.00", "50.00", None)]);
    assert_eq!(
        moved(&alice, "deposits", "cent", "0.13").await.status,
        402,
        "declined"
    );
    assert_eq!(moved(&alice, "deposits", "more", "50.00").await.status, 201);
    limit(&alice, "day", "20.00").await;
    assert_eq!(limits(&alice).await, [line("day", "20.00", "0.00", None)]);

    // The period moves with the clock.
    sql(
        &house,
        1,
        "UPDATE wallet_request SET begun_at = begun_at - interval '1 day', tried_at = tried_at - interval '1 day'",
    )
    .await;
    assert_eq!(limits(&alice).await, [line("day", "20.00", "20.00", None)]);
    assert_eq!(said(&moved(&alice, "deposits", "next", "20.01").await), REACHED);
    assert_eq!(moved(&alice, "deposits", "next", "20.00").await.status, 201);

    // Nobody else is limited by any of it.
    for other in [&namesake, &bob] {
        assert_eq!(limits(other).await, []);
        assert_eq!(moved(other, "deposits", "k", "500.00").await.status, 201);
    }
    books::audit(&house).await;
}

#[tokio::test]
async fn a_limit_of_nothing_lets_nothing_in_and_who_keeps_out_is_told_that_first() {
    let house = House::open().await;
    let alice = house.guest(&house.aurora, "alice").await;
    limit(&alice, "month", "0").await;
    assert_eq!(said(&moved(&alice, "deposits", "k", "0.01").await), REACHED);
    assert_eq!(keep_out(&alice, "time_out", "1d").await.status, 201);
    let alice = again(&alice, "alice").await;
    assert_eq!(
        said(&moved(&alice, "deposits", "k", "0.01").await),
        (403, "player_excluded")
    );
    // Who keeps out may limit themselves.
    limit(&alice, "day", "5.00").await;
    assert_eq!(limits(&alice).await.len(), 2);
}

#[tokio::test]
async fn a_limit_that_is_asked_for_again_is_left_as_it_was_set() {
    let house = House::open().await;
    let alice = house.guest(&house.aurora, "alice").await;
    // Which transaction wrote the row.
    let written = async || number(&house, 1, "SELECT xmin::text::bigint FROM wallet_limit").await;
    limit(&alice, "day", "100.00").await;
    let (set, answer) = (written().await, limit(&alice, "day", "100.00").await);
    assert_eq!(written().await, set);
    assert_eq!(answer.body["limits"][0]["amount"], "100.00");
    // What waits waits on, by the same clock.
    let raised = limit(&alice, "day", "150.00").await;
    let set = written().await;
    assert_eq!(limit(&alice, "day", "150.00").await.body, raised.body);
    assert_eq!(written().await, set);
    // And what has waited is in force, for whoever wants just that.
    sql(&house, 1, "UPDATE wallet_limit SET pending_from = now()").await;
    let set = written().await;
    limit(&alice, "day", "150.00").await;
    assert_eq!(written().await, set);
    limit(&alice, "day", "149.99").await;
    assert_ne!(written().await, set);
    // Each change is kept as it was asked for, and nobody takes it back.
    let changes = sqlx::query_scalar::<_, String>(
        "SELECT concat_ws(' ', asked_by, period, wanted, amount, pending_amount, pending_from > at) FROM wallet_limit_change ORDER BY at",
    );
    let mut rows = house.rows_of(1).await;
    let changes = changes.fetch_all(&mut *rows).await.unwrap();
    assert_eq!(
        changes,
        [
            "player day 10000 10000",
            "player day 15000 10000 15000 t",
            "player day 14999 14999"
        ]
    );
}

#[tokio::test]
async fn deposits_at_once_through_several_processes_never_exceed_a_limit() {
    let house = House::open().await;
    let other = House::over(house.local.clone(), crate::harness::Composition::Apart, |_| {}).await;
    let alice = house.guest(&house.aurora, "alice").await;
    let elsewhere = Guest {
        casino: other.aurora.clone(),
        ..alice.clone()
    };
    limit(&alice, "day", "50.00").await;
    // Two of each key, and more keys than there is room for.
    let slips = (0..12).flat_map(|slip| [(&alice, slip), (&elsewhere, slip)]);
    let answers = join_all(slips.map(|(guest, slip)| async move {
        let answer = moved(guest, "deposits", &format!("k{slip}"), "8.00").await;
        (slip, answer)
    }))
    .await;
    let mut taken: Vec<_> = answers
        .iter()
        .filter(|(_, answer)| answer.status == 201)
        .map(|(slip, _)| *slip)
        .collect();
    for (_, answer) in &answers {
        // Two of one key may meet: one of them is told to come again.
        assert!([201, 409, 503].contains(&answer.status.as_u16()), "{answer:?}");
    }
    taken.dedup();
    assert_eq!(taken.len(), 6, "{answers:#?}");
    assert_eq!(alice.total().await, "48.00");
    assert_eq!(limits(&alice).await, [line("day", "50.00", "2.00", None)]);
    books::audit(&house).await;
}

#[tokio::test]
async fn a_limit_that_is_set_while_deposits_come_holds_from_its_answer_on() {
    let house = House::open().await;
    let alice = house.guest(&house.aurora, "alice").await;
    let (mut done, mut turn) = (0, 0);
    for round in 0..4 {
        let deposits = join_all((0..4).map(|_| {
            turn += 1;
            let key = format!("k{turn}");
            let alice = &alice;
            async move { moved(alice, "deposits", &key, "1.00").await.status.as_u16() }
        }));
        let allowed = format!("{}.00", done + 2);
        let (told, _) = tokio::join!(deposits, limit(&alice, "day", &allowed));
        done += told.iter().filter(|status| **status == 201).count();
        // Whatever came before, nothing comes after that would be too much.
        let left: usize = limits(&alice).await[0]
            .2
            .strip_suffix(".00")
            .unwrap()
            .parse()
            .unwrap();
        for at in 0..=left {
            let late = moved(&alice, "deposits", &format!("late{round}-{at}"), "1.00").await;
            assert_eq!(
                late.status.as_u16(),
                if at < left { 201 } else { 409 },
                "{late:?}"
            );
        }
        done += left;
        assert_eq!(alice.total().await, format!("{done}.00"));
        sql(&house, 1, "DELETE FROM wallet_limit").await;
    }
    books::audit(&house).await;
}

fn key(text: &str) -> IdempotencyKey {
    IdempotencyKey::parse(text).unwrap()
}

fn cents(minor: i64) -> Amount {
    Amount::new(minor).unwrap()
}

async fn limited(till: &Till, minor: i64) {
    let row = format!(
        "INSERT INTO wallet_limit (brand_id, player_id, currency, kind, period, amount, set_at)
         VALUES (1, '{}', 'EUR', 'deposit', 'day', {minor}, now())
         ON CONFLICT (brand_id, player_id, currency, kind, period) DO UPDATE SET amount = excluded.amount",
        till.player.0
    );
    sql(&till.house, 1, &row).await;
}

#[tokio::test]
async fn money_34_what_was_charged_is_booked_whatever_the_limit_became_and_what_was_only_begun_is_measured_again()
 {
    let till = Till::open().await;
    let gateway = Arc::new(Counting::default());
    let desk: Cashier = cashier(&till, Arc::clone(&gateway), till.wallet.clone()).await;
    let float = till.balance().await.available;
    limited(&till, 1_000).await;
    let deposit = async |name: &str, minor: i64| {
        desk.deposit(&till.scope, till.player, key(name), cents(minor))
            .await
    };
    let full = |outcome: &Result<_, CashierError>, left: i64| {
        matches!(outcome, Err(CashierError::DepositLimit(exceeded))
            if *exceeded == Exceeded { period: Period::Day, left })
    };
    // Charged, and the answer lost.
    gateway.silent.store(true, Ordering::SeqCst);
    let (process, scope, player) = (desk.clone(), till.scope.clone(), till.player);
    let ended =
        tokio::spawn(async move { process.deposit(&scope, player, key("charged"), cents(600)).await });
    while gateway.charges() == 0 {
        tokio::task::yield_now().await;
    }
    ended.abort();
    assert!(ended.await.unwrap_err().is_cancelled());
    gateway.silent.store(false, Ordering::SeqCst);
    // Begun, and never charged: it may be at any moment, so it counts.
    gateway.deaf.store(true, Ordering::SeqCst);
    assert!(matches!(
        deposit("unheard", 400).await,
        Err(CashierError::Gateway(_))
    ));
    gateway.deaf.store(false, Ordering::SeqCst);
    let refused = deposit("more", 1).await;
    assert!(full(&refused, 0), "{refused:?}");

    limited(&till, 100).await;
    let pending = deposit("unheard", 400).await;
    assert!(matches!(pending, Err(CashierError::Pending)), "{pending:?}");
    let booked = deposit("charged", 600).await.unwrap();
    assert!(
        matches!(booked.verdict(), Some(Verdict::Applied(_))),
        "{booked:?}"
    );
    assert_eq!(till.balance().await, available(float + 600));
    assert_eq!(gateway.charges(), 1);
    // With room again the same key goes on, and counts from now, not from when it was begun.
    limited(&till, 1_000).await;
    sql(
        &till.house,
        1,
        "UPDATE wallet_request SET begun_at = begun_at - interval '3 days', tried_at = tried_at - interval '3 days' WHERE key = 'unheard'",
    )
    .await;
    deposit("unheard", 400).await.unwrap();
    assert_eq!(gateway.charges(), 2);
    let refused = deposit("more", 1).await;
    assert!(full(&refused, 0), "{refused:?}");
    assert_eq!(till.balance().await, available(float + 1_000));
    books::audit(&till.house).await;
}

#[tokio::test]
async fn money_34_what_was_begun_yesterday_counts_for_today_as_long_as_it_may_be_charged() {
    let till = Till::open().await;
    let gateway = Arc::new(Counting::default());
    let desk: Cashier = cashier(&till, Arc::clone(&gateway), till.wallet.clone()).await;
    limited(&till, 1_000).await;
    let deposit = async |name: &str, minor: i64| {
        desk.deposit(&till.scope, till.player, key(name), cents(minor))
            .await
    };
    let back = async |hours: u32| {
        let moved = format!(
            "UPDATE wallet_request SET begun_at = begun_at - interval '{hours} hours', tried_at = tried_at - interval '{hours} hours'"
        );
        sql(&till.house, 1, &moved).await;
    };
    gateway.deaf.store(true, Ordering::SeqCst);
    assert!(matches!(
        deposit("unheard", 400).await,
        Err(CashierError::Gateway(_))
    ));
    gateway.deaf.store(false, Ordering::SeqCst);
    back(30).await;
    let refused = deposit("more", 700).await;
    assert!(
        matches!(
            refused,
            Err(CashierError::DepositLimit(Exceeded { left: 600, .. }))
        ),
        "{refused:?}"
    );
    // Nobody asks after it any more: it can no longer be charged.
    back(20).await;
    deposit("more", 700).await.unwrap();
}
