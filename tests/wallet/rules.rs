//! What is written, by whom, and what is read back.

use croupier_brand::{Currency, token::PlayerId};
use croupier_wallet::{Action, Command, EntryId, Outcome, Reason, Verdict, Wallet, page::PageLimit};
use sqlx::Executor;
use uuid::Uuid;

use super::{Till, available};
use crate::harness::sqlstate;

#[tokio::test]
async fn money_01_money_02_money_03_the_books_hold_after_every_kind_of_command() {
    let till = Till::open().await;
    till.applied(till.bet("b1", 3_000)).await;
    till.applied(till.win("w1", 500, "b1")).await;
    till.applied(till.win("w2", 0, "b1")).await;
    till.applied(till.rollback("r1", "w1")).await;
    till.applied(till.bet("b2", 1_000)).await;
    till.applied(till.rollback("r2", "b2")).await;
    let paid = till.applied(till.hold("h1", 2_000)).await;
    let kept = till.applied(till.hold("h2", 2_000)).await;
    till.applied(till.command("s1", Action::WithdrawSettle { hold: EntryId(paid) }))
        .await;
    till.applied(till.command("s2", Action::WithdrawRelease { hold: EntryId(kept) }))
        .await;
    assert!(matches!(
        till.submit(till.command("s3", Action::WithdrawSettle { hold: EntryId(kept) }))
            .await,
        Outcome::Decided(Verdict::AlreadySettled { .. })
    ));
    assert_eq!(till.balance().await, available(5_000));
    assert_eq!(till.count("wallet_ledger").await, 11);
    assert_eq!(
        till.count("wallet_command WHERE state = 'settled' AND settles = 1")
            .await,
        1
    );
    assert_eq!(
        till.count("wallet_account WHERE version <> (SELECT count(*) FROM wallet_ledger)")
            .await,
        0
    );
    till.house.audit().await;
}

#[tokio::test]
async fn money_05_the_application_cannot_change_what_was_written() {
    let till = Till::open().await;
    let mut app = till.app().await;
    for statement in [
        "UPDATE wallet_ledger SET amount = 1",
        "DELETE FROM wallet_ledger",
        "TRUNCATE wallet_ledger",
        "UPDATE wallet_command SET at = now()",
        "DELETE FROM wallet_command",
        "DELETE FROM wallet_account",
        "UPDATE wallet_tombstone SET at = now()",
        "DELETE FROM wallet_tombstone",
    ] {
        let fault = app.execute(statement).await.unwrap_err();
        assert_eq!(sqlstate(&fault), "42501", "{statement}");
    }
}

#[tokio::test]
async fn money_07_a_foreign_currency_and_an_unknown_player_get_no_wallet() {
    let till = Till::open().await;
    let usd = Command {
        currency: Currency::parse("USD").unwrap(),
        ..till.deposit("usd", 100)
    };
    let nobody = Command {
        player: PlayerId(Uuid::from_u128(7)),
        ..till.deposit("nobody", 100)
    };
    for (command, expected) in [(usd, Reason::ForeignCurrency), (nobody, Reason::UnknownPlayer)] {
        let outcome = till.submit(command).await;
        assert!(
            matches!(outcome, Outcome::Decided(Verdict::Rejected { reason, .. }) if reason == expected),
            "{outcome:?}"
        );
    }
    assert_eq!(till.count("wallet_account").await, 1);
    assert_eq!(till.count("wallet_command").await, 1);
}

#[tokio::test]
async fn money_12_a_stored_refusal_is_repeated_as_it_was() {
    let till = Till::open().await;
    let refused = till.submit(till.bet("b", 10_001)).await;
    assert!(matches!(
        refused,
        Outcome::Decided(Verdict::InsufficientFunds { usable: 10_000, .. })
    ));
    till.applied(till.deposit("more", 50_000)).await;
    let again = till.submit(till.bet("b", 10_001)).await;
    assert_eq!(
        again,
        Outcome::Replayed {
            verdict: refused.verdict().unwrap(),
            balance: available(60_000)
        }
    );
    assert!(matches!(
        till.submit(till.bet("b", 10_002)).await,
        Outcome::Conflict { .. }
    ));
}

#[tokio::test]
async fn a_topology_is_adopted_by_wallets_that_are_older() {
    let till = Till::open().await;
    let holdings = || async {
        till.wallet
            .balance(&till.scope, till.player, till.scope.currency())
            .await
            .unwrap()
            .buckets
    };
    assert_eq!(
        holdings()
            .await
            .iter()
            .map(|bucket| bucket.bucket.as_str())
            .collect::<Vec<_>>(),
        ["cash", "bonus"]
    );
    till.applied(till.bet("before", 1_000)).await;
    let bucket = |code, withdrawable| serde_json::json!({"code": code, "withdrawable": withdrawable});
    let document = serde_json::json!({
        "buckets": [bucket("cash", true), bucket("bonus", false), bucket("points", false)],
        "bet_order": ["points", "cash"], "win_to": "points", "deposit_to": "points",
    });
    let topology = serde_json::from_value(document).unwrap();
    assert_eq!(till.house.adopt(&till.scope, &topology).await.unwrap(), 1);
    till.applied(till.deposit("d", 300)).await;
    till.applied(till.bet("after", 500)).await;
    till.applied(till.rollback("r", "before")).await;
    let held: Vec<_> = holdings()
        .await
        .into_iter()
        .map(|bucket| (bucket.bucket, bucket.available))
        .collect();
    assert_eq!(
        held,
        [
            ("cash".to_owned(), 9_800),
            ("bonus".to_owned(), 0),
            ("points".to_owned(), 0)
        ]
    );
    let shrunk = serde_json::json!({"buckets": [bucket("points", true)], "bet_order": ["points"], "win_to": "points", "deposit_to": "points"});
    assert!(
        till.house
            .adopt(&till.scope, &serde_json::from_value(shrunk).unwrap())
            .await
            .is_err()
    );
    till.house.audit().await;
}

#[tokio::test]
async fn a_history_is_paged_without_gaps_or_repeats_while_it_grows() {
    let till = Till::open().await;
    for at in 0..11 {
        till.applied(till.bet(&format!("b{at}"), 10 + at)).await;
    }
    let (mut cursor, mut versions) = (None, Vec::new());
    loop {
        let limit = PageLimit::new(5).unwrap();
        let page = till
            .wallet
            .entries(&till.scope, till.player, till.scope.currency(), cursor, limit)
            .await
            .unwrap();
        assert!(page.entries.len() <= 5);
        versions.extend(page.entries.iter().map(|entry| entry.version));
        till.applied(till.bet(&format!("during{}", versions.len()), 1))
            .await;
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert!(versions.iter().copied().eq((1..=12).rev()), "{versions:?}");
    let newest = till
        .wallet
        .entries(
            &till.scope,
            till.player,
            till.scope.currency(),
            None,
            PageLimit::new(1).unwrap(),
        )
        .await
        .unwrap();
    assert_eq!((newest.entries[0].change, newest.entries[0].amount), (-1, 1));
}
