//! What a writer remembers of wallets, and that it is never believed for being remembered.

use croupier_wallet::engine::account::MAX_BALANCE;
use croupier_wallet::topology::Topology;
use croupier_wallet::{Command, LocalWallet, Neutral, Outcome, Reason, Verdict, Wallet, WalletLimits};
use serde_json::json;

use super::{Till, available};
use crate::books;

/// The most of one deposit.
const MAX_AMOUNT: i64 = 1_000_000_000_000_000;

async fn bet(till: &Till, wallet: &LocalWallet, id: &str, minor: i64) -> Outcome {
    wallet.submit(&till.scope, till.bet(id, minor)).await.unwrap()
}

fn is_applied(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Decided(Verdict::Applied(_)))
}

#[tokio::test]
async fn money_38_what_another_process_wrote_is_found_though_the_wallet_was_remembered() {
    let till = Till::open().await;
    let other = till.another_process().await;
    for turn in 0..40 {
        let ours = bet(&till, &till.wallet, &format!("ours {turn}"), 100).await;
        assert!(is_applied(&ours), "{ours:?}");
        let others = bet(&till, &other, &format!("others {turn}"), 100).await;
        assert!(is_applied(&others), "{others:?}");
    }
    assert_eq!(till.balance().await, available(2_000));
    // Both remember more than there is by now.
    assert!(is_applied(&bet(&till, &till.wallet, "the last", 2_000).await));
    let refused = bet(&till, &other, "too much", 100).await;
    assert!(
        matches!(refused.verdict(), Some(Verdict::InsufficientFunds { balance, .. }) if balance == available(0)),
        "{refused:?}"
    );
    books::audit(&till.house).await;
}

#[tokio::test]
async fn money_38_a_bet_that_another_process_undid_is_not_won_by_who_remembers_the_bet() {
    let till = Till::open().await;
    let other = till.another_process().await;
    for turn in 0..2 {
        let undone = format!("undone {turn}");
        assert!(is_applied(&bet(&till, &till.wallet, &undone, 100).await));
        let rollback = till.rollback(&format!("r{turn}"), &undone);
        assert!(is_applied(&other.submit(&till.scope, rollback).await.unwrap()));
        // The second time the wallet is read and remembered again before the win comes; the bet is as it was before.
        for seen in 0..turn * 4 {
            let later = bet(&till, &till.wallet, &format!("later {seen}"), 1).await;
            assert!(is_applied(&later), "{later:?}");
        }
        let win = till.win(&format!("w{turn}"), 5_000, &undone);
        let refused = till.wallet.submit(&till.scope, win).await.unwrap();
        assert!(
            matches!(refused.verdict(), Some(Verdict::AlreadySettled { .. })),
            "{turn}: {refused:?}"
        );
    }
    assert_eq!(till.balance().await, available(9_996));
    books::audit(&till.house).await;
}

#[tokio::test]
async fn a_win_on_a_bet_of_another_player_is_refused_though_the_bet_is_remembered() {
    let till = Till::open().await;
    assert!(is_applied(&bet(&till, &till.wallet, "theirs", 100).await));
    let player = till.other("bela").await;
    let deposit = till.deposit("of another", 100);
    till.applied(Command { player, ..deposit }).await;
    let win = till.win("w", 5_000, "theirs");
    let refused = till.submit(Command { player, ..win }).await;
    assert!(
        matches!(refused.verdict(), Some(Verdict::MissingReference { .. })),
        "{refused:?}"
    );
    books::audit(&till.house).await;
}

#[tokio::test]
async fn money_01_an_id_that_another_process_decided_is_a_repeat() {
    let till = Till::open().await;
    let other = till.another_process().await;
    assert!(is_applied(&bet(&till, &other, "remembers the wallet", 1).await));
    let first = bet(&till, &till.wallet, "b", 100).await;
    // Nothing but the id tells: the revision is learnt, the id is not.
    assert!(is_applied(&bet(&till, &till.wallet, "b2", 1).await));
    let again = bet(&till, &other, "b", 100).await;
    assert_eq!(again.verdict(), first.verdict());
    assert!(again.is_replay(), "{again:?}");
    let conflict = bet(&till, &other, "b", 101).await;
    assert_eq!(
        conflict,
        Outcome::Conflict {
            balance: available(9_898)
        }
    );
    books::audit(&till.house).await;
}

#[tokio::test]
async fn money_01_an_id_that_was_forgotten_is_a_repeat_while_its_wallet_is_remembered() {
    // Of one wallet and one id, and as many again.
    let till = Till::with(WalletLimits {
        shards: 1,
        remembered: 1,
        ..WalletLimits::default()
    })
    .await;
    let first = bet(&till, &till.wallet, "b", 100).await;
    for turn in 0..5 {
        assert!(is_applied(
            &bet(&till, &till.wallet, &format!("later {turn}"), 1).await
        ));
    }
    let again = bet(&till, &till.wallet, "b", 100).await;
    assert_eq!(again.verdict(), first.verdict());
    assert!(again.is_replay(), "{again:?}");
    assert_eq!(till.balance().await, available(9_895));
    books::audit(&till.house).await;
}

#[tokio::test]
async fn a_refusal_that_leaves_no_decision_is_not_made_from_memory() {
    let till = Till::open().await;
    let other = till.another_process().await;
    // As much as a wallet may hold.
    for turn in 0..9 {
        till.applied(till.deposit(&format!("d{turn}"), MAX_AMOUNT)).await;
    }
    till.applied(till.deposit("full", MAX_BALANCE - 9 * MAX_AMOUNT - 10_000))
        .await;
    let full = other
        .submit(&till.scope, till.deposit("one more", 1))
        .await
        .unwrap();
    let is_full = |outcome: &Outcome| {
        matches!(
            outcome.verdict(),
            Some(Verdict::Rejected {
                reason: Reason::BalanceLimit,
                ..
            })
        )
    };
    assert!(is_full(&full), "{full:?}");
    assert!(is_applied(&bet(&till, &other, "remembers the wallet", 1).await));
    assert!(is_applied(&bet(&till, &till.wallet, "makes room", 1_000).await));
    let fits = other
        .submit(&till.scope, till.deposit("again", 1_001))
        .await
        .unwrap();
    assert!(is_applied(&fits), "{fits:?}");
    books::audit(&till.house).await;
}

#[tokio::test]
async fn money_02_a_conflict_within_a_batch_is_not_told_with_a_balance_from_memory() {
    let till = Till::with(WalletLimits {
        shards: 1,
        ..WalletLimits::default()
    })
    .await;
    let other = till.another_process().await;
    let bela = till.other("bela").await;
    let of_bela = |command: Command| Command {
        player: bela,
        ..command
    };
    till.applied(of_bela(till.deposit("of another", 100))).await;
    let elsewhere = other
        .submit(&till.scope, of_bela(till.bet("elsewhere", 30)))
        .await;
    assert!(is_applied(&elsewhere.unwrap()));
    // Both are queued before the writer runs, so they are one batch, and the id is decided for the first wallet.
    let (first, second) = tokio::join!(
        till.submit(till.bet("same id", 1)),
        till.submit(of_bela(till.bet("same id", 1)))
    );
    assert!(is_applied(&first), "{first:?}");
    assert_eq!(
        second,
        Outcome::Conflict {
            balance: available(70)
        }
    );
    books::audit(&till.house).await;
}

#[tokio::test]
async fn money_14_a_rollback_at_another_process_is_not_missed_by_who_remembers_the_wallet() {
    let till = Till::open().await;
    let other = till.another_process().await;
    assert!(is_applied(
        &bet(&till, &till.wallet, "remembers the wallet", 1).await
    ));
    let rollback = till.rollback("r", "late");
    let early = other.submit(&till.scope, rollback).await.unwrap();
    assert!(
        matches!(early.verdict(), Some(Verdict::Neutralised { .. })),
        "{early:?}"
    );
    let late = bet(&till, &till.wallet, "late", 100).await;
    assert!(
        matches!(
            late.verdict(),
            Some(Verdict::Neutralised {
                why: Neutral::RolledBackBefore,
                ..
            })
        ),
        "{late:?}"
    );
    // And by who wrote the tombstone, and has seen the wallet since.
    let rollback = other
        .submit(&till.scope, till.rollback("r2", "late too"))
        .await
        .unwrap();
    assert!(
        matches!(rollback.verdict(), Some(Verdict::Neutralised { .. })),
        "{rollback:?}"
    );
    assert!(is_applied(&bet(&till, &other, "between", 1).await));
    let late = bet(&till, &other, "late too", 100).await;
    assert!(
        matches!(late.verdict(), Some(Verdict::Neutralised { .. })),
        "{late:?}"
    );
    assert_eq!(till.balance().await, available(9_998));
    books::audit(&till.house).await;
}

#[tokio::test]
async fn a_new_document_holds_from_the_next_bet_on_wherever_it_was_adopted() {
    let till = Till::open().await;
    assert!(is_applied(
        &bet(&till, &till.wallet, "remembers the document", 500).await
    ));
    let strict = |max_bet: i64| -> Topology {
        serde_json::from_value(json!({
            "buckets": [
                {"code": "cash", "withdrawable": true},
                {"code": "bonus", "withdrawable": false, "bonus": true},
            ],
            "bet_order": ["cash", "bonus"], "win_to": "as_staked", "limits": {"EUR": {"max_bet": max_bet}}, "negative_balance": false,
            "spending": "in_order", "deposit_to": "cash", "convert_to": "cash",
            "grant_to": {"bonus": "bonus", "coupon": "bonus"},
        }))
        .unwrap()
    };
    for (version, max_bet) in [(1, 400), (2, 300)] {
        assert_eq!(
            till.house.adopt(&till.scope, &strict(max_bet)).await.unwrap(),
            version
        );
        let refused = bet(&till, &till.wallet, &format!("too much {version}"), max_bet + 1).await;
        assert!(
            matches!(
                refused.verdict(),
                Some(Verdict::Rejected {
                    reason: Reason::MaxBet,
                    ..
                })
            ),
            "{refused:?}"
        );
        assert!(is_applied(
            &bet(&till, &till.wallet, &format!("enough {version}"), max_bet).await
        ));
    }
    books::audit(&till.house).await;
}
