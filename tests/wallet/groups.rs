//! Groups over real PostgreSQL: one transaction, all or nothing.

use croupier_wallet::{Command, Outcome, Verdict, Wallet};
use tokio::task::JoinSet;

use super::{Till, available};

impl Till {
    async fn group(&self, commands: Vec<Command>) -> Vec<&'static str> {
        let outcomes = self.wallet.submit_group(&self.scope, commands).await.unwrap();
        outcomes.iter().map(told).collect()
    }
}

fn told(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Decided(Verdict::Rejected { reason, .. }) => reason.as_str(),
        other => other.as_str(),
    }
}

#[tokio::test]
async fn money_34_a_group_is_written_whole_or_not_at_all() {
    let till = Till::open().await;
    let said = till
        .group(vec![
            till.win("w", 500, "b"),
            till.bet("b", 3_000),
            till.bet("b2", 7_000),
        ])
        .await;
    assert_eq!(said, ["applied"; 3]);
    assert_eq!(till.balance().await, available(500));
    // The stake is not there until the win is, and the win comes after the stakes.
    let said = till
        .group(vec![till.bet("b3", 501), till.win("w3", 9_000, "b3")])
        .await;
    assert_eq!(said, ["insufficient_funds", "group_refused"]);
    let said = till
        .group(vec![till.bet("b4", 500), till.win("w4", 9_000, "unknown")])
        .await;
    assert_eq!(said, ["group_refused", "missing_reference"]);
    assert_eq!(till.balance().await, available(500));
    assert_eq!(till.count("wallet_ledger").await, 4, "the float and one group");
    till.house.audit().await;
    // Again: what was applied is told again, what was refused refuses again although there is money now.
    let said = till
        .group(vec![
            till.win("w", 500, "b"),
            till.bet("b", 3_000),
            till.bet("b2", 7_000),
        ])
        .await;
    assert_eq!(said, ["replayed"; 3]);
    till.applied(till.deposit("more", 5_000)).await;
    let said = till
        .group(vec![till.bet("b3", 501), till.win("w3", 9_000, "b3")])
        .await;
    assert_eq!(said, ["replayed", "group_refused"]);
    // The one that was refused for nothing final is free.
    let said = till
        .group(vec![till.bet("b4", 500), till.win("w4", 9_000, "b4")])
        .await;
    assert_eq!(said, ["applied"; 2]);
    assert_eq!(till.balance().await, available(14_000));
    till.house.audit().await;
}

#[tokio::test]
async fn money_09_the_same_group_sent_many_times_at_once_has_one_effect() {
    let till = Till::open().await;
    let mut tasks = JoinSet::new();
    for _ in 0..12 {
        let group = vec![till.bet("b", 4_000), till.win("w", 1_000, "b")];
        let (wallet, scope) = (till.wallet.clone(), till.scope.clone());
        tasks.spawn(async move { wallet.submit_group(&scope, group).await.unwrap() });
    }
    let outcomes = tasks.join_all().await;
    let decided = outcomes
        .iter()
        .filter(|group| group.iter().all(|one| !one.is_replay()))
        .count();
    assert_eq!(decided, 1, "{outcomes:?}");
    assert!(outcomes.iter().all(|group| {
        group
            .iter()
            .map(Outcome::verdict)
            .eq(outcomes[0].iter().map(Outcome::verdict))
    }));
    assert_eq!(till.balance().await, available(7_000));
    till.house.audit().await;
}

#[tokio::test]
async fn what_is_no_group_touches_nothing() {
    let till = Till::open().await;
    let bert = till.other("bert").await;
    let foreign = Command {
        player: bert,
        ..till.bet("b2", 0)
    };
    assert_eq!(
        till.group(vec![till.bet("b", 1), foreign]).await,
        ["invalid_group"; 2]
    );
    let most = till.wallet.largest_group();
    let many = |count: usize| {
        (0..count)
            .map(|number| till.bet(&format!("m{number}"), 1))
            .collect()
    };
    assert_eq!(till.group(many(most + 1)).await, vec!["invalid_group"; most + 1]);
    assert!(till.group(Vec::new()).await.is_empty());
    assert_eq!(till.count("wallet_ledger").await, 1);
    assert_eq!(till.group(many(most)).await, vec!["applied"; most]);
    till.house.audit().await;
}
