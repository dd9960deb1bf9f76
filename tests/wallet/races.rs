//! Commands that arrive together.

use std::collections::HashSet;

use croupier_wallet::{Command, LocalWallet, Outcome, Verdict, Wallet};

use super::{Till, available};

#[tokio::test]
async fn money_09_concurrent_duplicates_have_one_effect_and_one_outcome() {
    let till = Till::open().await;
    let outcomes = till.together((0..24).map(|_| till.bet("b", 700))).await;
    let verdicts: HashSet<_> = outcomes
        .iter()
        .map(|outcome| format!("{:?}", outcome.verdict().unwrap()))
        .collect();
    assert_eq!(verdicts.len(), 1, "{verdicts:?}");
    assert_eq!(outcomes.iter().filter(|outcome| !outcome.is_replay()).count(), 1);
    assert_eq!(till.balance().await, available(9_300));
}

#[tokio::test]
async fn money_09_a_players_first_commands_may_come_together() {
    let till = Till::open().await;
    for turn in 0..5 {
        let bert = till.other(&format!("bert{turn}")).await;
        let deposits = (0..8).map(|at| Command {
            player: bert,
            ..till.deposit(&format!("d{turn}-{at}"), 100)
        });
        let outcomes = till.together(deposits).await;
        assert!(
            outcomes
                .iter()
                .all(|outcome| matches!(outcome, Outcome::Decided(Verdict::Applied(_)))),
            "{outcomes:?}"
        );
        let balance = till
            .wallet
            .balance(&till.scope, bert, till.scope.currency())
            .await
            .unwrap()
            .balance();
        assert_eq!(balance, available(800));
    }
}

#[tokio::test]
async fn money_10_one_id_for_two_players_is_one_bet_and_one_conflict() {
    let till = Till::open().await;
    let bert = till.other("bert").await;
    till.applied(Command {
        player: bert,
        ..till.deposit("float2", 10_000)
    })
    .await;
    for turn in 0..20 {
        let mine = till.bet(&format!("b{turn}"), 100);
        let yours = Command {
            player: bert,
            ..mine.clone()
        };
        let outcomes = till.together([mine, yours]).await;
        let conflicts = outcomes
            .iter()
            .filter(|outcome| matches!(outcome, Outcome::Conflict { .. }))
            .count();
        let applied = outcomes
            .iter()
            .filter(|outcome| matches!(outcome, Outcome::Decided(Verdict::Applied(_))))
            .count();
        assert_eq!((conflicts, applied), (1, 1), "{outcomes:?}");
    }
    till.house.audit().await;
}

#[tokio::test]
async fn money_13_money_14_a_bet_racing_its_rollbacks_is_reversed_once_or_never_taken() {
    let till = Till::open().await;
    for turn in 0..25 {
        let bet = format!("b{turn}");
        let rollbacks = (0..3).map(|at| till.rollback(&format!("r{turn}-{at}"), &bet));
        let outcomes = till
            .together([till.bet(&bet, 100)].into_iter().chain(rollbacks))
            .await;
        assert!(
            outcomes
                .iter()
                .all(|outcome| outcome.verdict().unwrap().receipt().is_some()),
            "{outcomes:?}"
        );
        assert_eq!(
            till.balance().await,
            available(10_000),
            "turn {turn}: {outcomes:?}"
        );
    }
    till.house.audit().await;
}

#[tokio::test]
async fn money_29_a_withdrawal_racing_bets_never_spends_twice() {
    let till = Till::open().await;
    for turn in 0..10 {
        let bets = (0..4).map(|at| till.bet(&format!("b{turn}-{at}"), 4_000));
        let holds = (0..4).map(|at| till.hold(&format!("h{turn}-{at}"), 4_000));
        let outcomes = till.together(bets.chain(holds)).await;
        let applied = outcomes
            .iter()
            .filter(|outcome| matches!(outcome, Outcome::Decided(Verdict::Applied(_))))
            .count();
        assert_eq!(applied, 2, "{outcomes:?}");
        let balance = till.balance().await;
        assert!(balance.available == 2_000, "{balance:?}");
        till.applied(till.deposit(&format!("d{turn}"), 8_000)).await;
    }
    till.house.audit().await;
}

#[tokio::test]
async fn money_20_commands_of_one_wallet_that_queue_together_are_written_together() {
    let till = Till::open().await;
    let outcomes = till
        .together((0..64).map(|number| till.bet(&format!("b{number}"), 10)))
        .await;
    assert!(outcomes.iter().all(|outcome| outcome.as_str() == "applied"));
    assert_eq!(till.balance().await, available(9_360));
    let transactions = till
        .count("(SELECT DISTINCT xid FROM wallet_ledger WHERE kind = 'bet') AS each")
        .await;
    assert!(
        transactions <= 32,
        "64 bets in {transactions} transactions: those that queued were taken one by one"
    );
    till.house.audit().await;
}

#[tokio::test]
async fn money_38_two_processes_at_one_wallet_lose_and_double_nothing() {
    let till = Till::open().await;
    let processes = [till.wallet.clone(), till.another_process().await];
    let decide = async |wallet: &LocalWallet, command: Command| {
        for _ in 0..500 {
            match wallet.submit(&till.scope, command.clone()).await.unwrap() {
                Outcome::Retryable => tokio::task::yield_now().await,
                outcome => return outcome,
            }
        }
        panic!("never decided");
    };
    let mut bets = HashSet::new();
    for wave in 0..60 {
        // At the same moment: mostly two commands, and now and then one that both are given, as by a caller who
        // does not know which of them is the writer.
        let ids = match wave % 4 {
            0 => [format!("both{wave}"), format!("both{wave}")],
            _ => [format!("one{wave}"), format!("other{wave}")],
        };
        let (one, other) = tokio::join!(
            decide(&processes[0], till.bet(&ids[0], 10)),
            decide(&processes[1], till.bet(&ids[1], 10)),
        );
        for outcome in [one, other] {
            assert!(
                matches!(outcome.verdict(), Some(Verdict::Applied(_))),
                "{outcome:?}"
            );
        }
        assert_eq!(one.is_replay() || other.is_replay(), ids[0] == ids[1]);
        bets.extend(ids);
    }
    let number = i64::try_from(bets.len()).unwrap();
    assert_eq!(till.count("wallet_ledger WHERE kind = 'bet'").await, number);
    assert_eq!(till.balance().await, available(10_000 - 10 * number));
    till.house.audit().await;
}
