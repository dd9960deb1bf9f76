//! A round's record against what was done.

use std::collections::BTreeMap;

use croupier_wallet::{
    Action, BucketCode, Correction, Note, Outcome, Verdict,
    rounds::{RoundState, record},
};
use rand::{RngExt, SeedableRng, rngs::StdRng};

use super::{Floor, bet, patience, win};

/// What a round should come to.
#[derive(Debug, Default)]
struct Tally {
    staked: i128,
    won: i128,
    entries: usize,
}

#[tokio::test]
async fn money_30_money_31_rounds_that_go_on_at_once_come_to_the_sum_of_their_own_commands() {
    let floor = Floor::open().await;
    let till = &floor.till;
    // So that stakes are split.
    let bonus = Action::Adjust {
        amount: Correction::new(4_000).unwrap(),
        bucket: BucketCode::new("bonus").unwrap(),
        note: Note::new("for the test").unwrap(),
    };
    till.applied(till.command("bonus", bonus)).await;
    let mut rng = StdRng::seed_from_u64(30);
    let mut tallies = BTreeMap::<String, Tally>::new();
    // Transaction, round, amount, whether a stake: what can be undone.
    let mut plays: Vec<(String, String, i64, bool)> = Vec::new();
    for step in 0..300 {
        let id = format!("t{step}");
        let round = format!("r{}", rng.random_range(0..6));
        let minor = rng.random_range(0..2_500);
        let any = (!plays.is_empty()).then(|| plays[rng.random_range(0..plays.len())].clone());
        let (command, of, sign) = match (rng.random_range(0..10), any) {
            (0..4, _) | (_, None) => (bet(till, &round, &id, minor), (round, minor, true), 1),
            (4..8, Some((of, round, _, true))) => {
                (win(till, &round, &id, Some(&of), minor), (round, minor, false), 1)
            }
            (_, Some((of, round, amount, stake))) => (till.rollback(&id, &of), (round, amount, stake), -1),
        };
        let outcome = till.submit(command).await;
        if !matches!(outcome, Outcome::Decided(Verdict::Applied(_))) {
            continue;
        }
        let (round, amount, stake) = of;
        let tally = tallies.entry(round.clone()).or_default();
        tally.entries += 1;
        *(if stake { &mut tally.staked } else { &mut tally.won }) += i128::from(amount * sign);
        if sign > 0 {
            plays.push((id, round, amount, stake));
        }
    }
    let (mut split, mut total) = (0, 0);
    for (round, tally) in &tallies {
        let record = floor.record(round).await;
        assert_eq!(
            (record.staked(), record.won(), record.lines.len()),
            (tally.staked, tally.won, tally.entries),
            "{round}: {record:#?}"
        );
        // Of the wallet's total at the time, each entry says what it was and what it became.
        for line in &record.lines {
            assert_eq!(line.change().abs(), line.amount, "{line:?}");
        }
        assert_eq!(
            record.lines.last().map(|line| line.balance),
            Some(record.balance_after)
        );
        split += record.stake.values().filter(|part| **part != 0).count();
        total += record.won() - record.staked();
        assert_ne!(record.state, RoundState::Voided);
    }
    assert!(split > tallies.len(), "no stake was split over two buckets");
    assert_eq!(i128::from(till.balance().await.total()), 14_000 + total);
    let none = record(&floor.pool, floor.scope(), &floor.key("r7"), patience())
        .await
        .unwrap();
    assert_eq!(none, None);
    floor.house().audit().await;
}
