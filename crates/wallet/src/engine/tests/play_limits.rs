//! Players' own limits on play: what counts, for how long, and that no span of a period's length has more.

use proptest::{prelude::*, test_runner::TestRunner};
use time::Duration;

use super::*;
use crate::{
    engine::play_limit::{Measure, PlayLimit},
    personal::{Limit, Pending, Period},
};

const HOUR: u128 = 3_600;
const DAY: u128 = 24 * HOUR;

fn at(second: u128) -> OffsetDateTime {
    OffsetDateTime::UNIX_EPOCH + Duration::seconds(i64::try_from(second).unwrap())
}

fn limited(measure: Measure, period: Period, most: i64) -> PlayLimit {
    let limit = Limit {
        amount: amount(most),
        pending: None,
    };
    PlayLimit::new(measure, period, limit, at(0))
}

/// Anna, with more money than she can play and these limits, from the beginning of time.
fn house(limits: &[PlayLimit]) -> House {
    let mut house = House::with(1_000_000, 0);
    house.books.accounts.get_mut(&key(ANNA)).unwrap().limits = limits.to_vec();
    house
}

impl House {
    /// The next command comes at this second.
    fn wait_until(&mut self, second: u128) {
        assert!(self.orders < second, "time goes forward");
        self.orders = second - 1;
    }

    fn left(&self, at_limit: usize) -> i64 {
        let limit = &self.books.accounts[&key(ANNA)].limits[at_limit];
        limit.left(at(self.orders)).unwrap()
    }
}

#[test]
fn a_stake_counts_for_a_period_and_up_to_a_24th_more() {
    let mut house = house(&[limited(Measure::Stake, Period::Day, 100)]);
    house.wait_until(HOUR + 1);
    house.apply(bet("b1", 60));
    assert_eq!(house.left(0), 40);
    assert_eq!(rejected(house.decide(bet("b2", 41))), Reason::StakeLimit);
    assert_eq!(house.left(0), 40, "what was refused counts for nothing");
    house.apply(bet("nothing", 0));
    // A win gives nothing back, nor does a tip count.
    house.apply(win("w1", 500, Some("b1")));
    house.apply(play(
        "tip",
        Action::Tip {
            amount: amount(300),
            round: None,
            game: None,
        },
    ));
    assert_eq!(house.left(0), 40);
    house.wait_until(DAY + HOUR);
    assert_eq!(rejected(house.decide(bet("b3", 41))), Reason::StakeLimit);
    house.wait_until(DAY + 2 * HOUR - 1);
    assert_eq!(
        rejected(house.decide(bet("b4", 41))),
        Reason::StakeLimit,
        "to the second"
    );
    house.wait_until(DAY + 2 * HOUR);
    house.apply(bet("b5", 100));
    assert_eq!(rejected(house.decide(bet("b6", 1))), Reason::StakeLimit);
    house.apply(bet("also nothing", 0));
}

#[test]
fn the_tightest_of_several_limits_decides() {
    let mut house = house(&[
        limited(Measure::Loss, Period::Day, 100),
        limited(Measure::Stake, Period::Week, 150),
    ]);
    house.wait_until(10);
    house.apply(bet("b1", 100));
    assert_eq!(rejected(house.decide(bet("b2", 1))), Reason::LossLimit);
    house.apply(win("w1", 80, Some("b1")));
    assert_eq!((house.left(0), house.left(1)), (80, 50));
    assert_eq!(rejected(house.decide(bet("b3", 51))), Reason::StakeLimit);
    house.apply(bet("b4", 50));
    house.wait_until(2 * DAY);
    assert_eq!(
        rejected(house.decide(bet("b5", 1))),
        Reason::StakeLimit,
        "a week is longer"
    );
    house.wait_until(8 * DAY + HOUR);
    house.apply(bet("b6", 100));
}

#[test]
fn a_gain_allows_more_and_never_for_longer_than_a_period() {
    let mut house = house(&[limited(Measure::Loss, Period::Day, 100)]);
    house.wait_until(1);
    house.apply(bet("b1", 10));
    house.apply(win("w1", 60, Some("b1")));
    assert_eq!(house.left(0), 150);
    house.apply(bet("b2", 150));
    assert_eq!(rejected(house.decide(bet("b3", 1))), Reason::LossLimit);
    // The slot has a loss of 100 by now, and counts until all of it is a day old.
    house.wait_until(DAY + HOUR - 1);
    assert_eq!(rejected(house.decide(bet("b4", 1))), Reason::LossLimit);
    house.wait_until(DAY + HOUR);
    house.apply(bet("b5", 10));
    house.apply(win("w5", 500, Some("b5")));
    assert_eq!(house.left(0), 590);
    // A slot's gain, on the other hand, is no help as soon as a part of the slot is a day old.
    house.wait_until(2 * DAY + HOUR);
    assert_eq!(rejected(house.decide(bet("b6", 101))), Reason::LossLimit);
    assert_eq!(house.left(0), 100);
}

#[test]
fn what_is_undone_is_taken_off_where_it_was_counted() {
    let mut house = house(&[
        limited(Measure::Stake, Period::Day, 100),
        limited(Measure::Loss, Period::Day, 100),
    ]);
    house.wait_until(1);
    house.apply(bet("b1", 60));
    house.wait_until(5 * HOUR);
    house.apply(bet("b2", 40));
    house.apply(partial("p1", "b1", 20));
    assert_eq!((house.left(0), house.left(1)), (20, 20));
    house.apply(rollback("r2", "b2"));
    assert_eq!((house.left(0), house.left(1)), (60, 60));
    house.apply(win("w1", 30, Some("b1")));
    assert_eq!((house.left(0), house.left(1)), (60, 90));
    house.apply(rollback("r3", "w1"));
    assert_eq!((house.left(0), house.left(1)), (60, 60));
    // What is undone when it counts no more takes nothing off what does.
    house.wait_until(DAY + 2 * HOUR);
    house.apply(bet("b3", 70));
    house.apply(rollback("r1", "b1"));
    assert_eq!((house.left(0), house.left(1)), (30, 30));
}

#[test]
fn what_was_played_before_a_limit_was_set_does_not_count_to_it() {
    let mut house = house(&[]);
    house.wait_until(10);
    house.apply(bet("b1", 70));
    house.apply(bet("b2", 500));
    let mut limit = limited(Measure::Stake, Period::Day, 100);
    limit = PlayLimit::new(limit.measure, limit.period, limit.limit, at(20));
    house.books.accounts.get_mut(&key(ANNA)).unwrap().limits = vec![limit];
    house.wait_until(20);
    house.apply(bet("b3", 80));
    house.apply(rollback("r1", "b1"));
    house.apply(rollback("r2", "b2"));
    assert_eq!(house.left(0), 20, "nor does its rollback take anything off");
}

#[test]
fn a_limit_that_was_loosened_holds_until_it_is_loose_and_one_given_up_is_none() {
    let mut limits = [Some(amount(200)), None].map(|later| {
        let mut limit = limited(Measure::Stake, Period::Day, 100);
        limit.limit.pending = Some(Pending {
            amount: later,
            from: at(100),
        });
        limit
    });
    for (limit, then) in limits.iter_mut().zip([Some(Reason::StakeLimit), None]) {
        let mut house = house(std::slice::from_ref(limit));
        house.wait_until(99);
        assert_eq!(rejected(house.decide(bet("b1", 101))), Reason::StakeLimit);
        house.apply(bet("b2", 101));
        let more = house.decide(bet("b3", 100));
        assert_eq!(
            then.is_some(),
            matches!(more, Verdict::Rejected { .. }),
            "{more:?}"
        );
    }
}

#[test]
fn a_group_that_is_refused_counts_for_nothing_and_its_win_allows_none_of_its_bets() {
    let mut house = house(&[limited(Measure::Loss, Period::Day, 100)]);
    house.wait_until(1);
    let refused = house.group(vec![
        bet("b1", 60),
        win("w1", 500, Some("b1")),
        bet("b2", 2_000_000),
    ]);
    assert!(refused.iter().all(|outcome| {
        outcome
            .verdict()
            .is_none_or(|verdict| verdict.receipt().is_none())
    }));
    assert_eq!(house.left(0), 100);
    house.group(vec![bet("b3", 100), win("w3", 30, Some("b3"))]);
    assert_eq!(house.left(0), 30);
}

#[test]
fn a_limit_is_written_as_it_is_read_and_strangers_are_refused() {
    let mut house = house(&[limited(Measure::Stake, Period::Month, 100)]);
    house.wait_until(31 * HOUR);
    house.apply(bet("b1", 7));
    let limits = &house.books.accounts[&key(ANNA)].limits;
    let written = serde_json::to_value(limits).unwrap();
    assert_eq!(
        written,
        serde_json::json!([{ "measure": "stake", "period": "month", "limit": {"amount": 100}, "since": "1970-01-01T00:00:00Z",
            "newest": 1, "counted": [7] }])
    );
    assert_eq!(
        &serde_json::from_value::<Vec<PlayLimit>>(written.clone()).unwrap(),
        limits
    );
    let mut strange = written;
    strange[0]["counts"] = serde_json::json!([]);
    assert!(serde_json::from_value::<Vec<PlayLimit>>(strange).is_err());
}

/// What happens: after so many seconds, a bet of so much, or a win on, or a rollback of a bet or win.
#[derive(Clone, Debug)]
enum Happens {
    Bet(i64),
    Win(usize, i64),
    UndoBet(usize, Option<i64>),
    UndoWin(usize),
}

fn happenings() -> impl Strategy<Value = Vec<(u128, Happens)>> {
    let gap = prop_oneof![3 => 1..600_u128, 2 => 600..20_000_u128, 1 => 60_000..200_000_u128];
    let what = prop_oneof![
        8 => (0..60_i64).prop_map(Happens::Bet),
        3 => (0..40_usize, 0..90_i64).prop_map(|(of, amount)| Happens::Win(of, amount)),
        2 => (0..40_usize, prop::option::of(1..30_i64)).prop_map(|(of, part)| Happens::UndoBet(of, part)),
        1 => (0..10_usize).prop_map(Happens::UndoWin),
    ];
    prop::collection::vec((gap, what), 1..60)
}

/// A line of the plain list that the counting is compared with: when, how much is staked, how much is won.
type Line = (u128, i64, i64);

#[test]
fn no_span_of_a_period_has_more_than_the_limit_and_a_bet_that_fits_is_taken() {
    let stories = (happenings(), 20..150_i64, prop::bool::ANY);
    TestRunner::default()
        .run(&stories, |(story, most, of_losses)| {
            let measure = if of_losses { Measure::Loss } else { Measure::Stake };
            let mut house = house(&[limited(measure, Period::Day, most)]);
            let (mut bets, mut wins): (Vec<Line>, Vec<Line>) = Default::default();
            for (number, (gap, what)) in story.into_iter().enumerate() {
                house.wait_until(house.orders + gap);
                let (now, name) = (house.orders + 1, format!("t{number}"));
                match what {
                    Happens::Bet(stake) => {
                        let used = |since: u128| {
                            let plays = bets.iter().chain(&wins).filter(|(then, ..)| *then >= since);
                            plays
                                .map(|(_, stake, won)| if of_losses { stake - won } else { *stake })
                                .sum::<i64>()
                        };
                        // The last 24 hours to the second, and the slots that have a second of them.
                        let exactly = used((now + 1).saturating_sub(DAY));
                        let slots = now / HOUR;
                        let whole = used(slots.saturating_sub(23) * HOUR);
                        let with_the_oldest = used(slots.saturating_sub(24) * HOUR);
                        let counted = if of_losses {
                            whole.max(with_the_oldest)
                        } else {
                            with_the_oldest
                        };
                        match house.decide(bet(&format!("bet {}", bets.len()), stake)) {
                            Verdict::Applied(_) => {
                                prop_assert!(stake == 0 || counted + stake <= most);
                                prop_assert!(of_losses || stake == 0 || exactly + stake <= most);
                                bets.push((now, stake, 0));
                            }
                            refused => {
                                prop_assert!(
                                    counted + stake > most,
                                    "{refused:?} of {stake} beside {counted}"
                                );
                                // Its id is decided: the next bet has another.
                                bets.push((now, 0, 0));
                            }
                        }
                    }
                    Happens::Win(of, won) => {
                        let on = format!("bet {of}");
                        if let Verdict::Applied(_) =
                            house.decide(win(&format!("win {}", wins.len()), won, Some(&on)))
                        {
                            wins.push((now, 0, won));
                        } else {
                            house.books.recorded.retain(|key, _| {
                                key.transaction_id.as_str() != format!("win {}", wins.len())
                            });
                        }
                    }
                    Happens::UndoBet(of, part) => {
                        let on = format!("bet {of}");
                        let undo = match part {
                            Some(part) => partial(&name, &on, part),
                            None => rollback(&name, &on),
                        };
                        let (before, _) = house.available();
                        // One that is not there yet is refused, rather than remembered.
                        let policy = Policy {
                            unknown_rollback: crate::engine::policy::UnknownRollback::Refuse,
                            ..Policy::default()
                        };
                        house.submit(under(policy, undo));
                        let back = house.available().0 - before;
                        if back > 0 {
                            bets[of].1 -= back;
                        }
                    }
                    Happens::UndoWin(of) => {
                        let policy = Policy {
                            unknown_rollback: crate::engine::policy::UnknownRollback::Refuse,
                            ..Policy::default()
                        };
                        let (before, _) = house.available();
                        house.submit(under(policy, rollback(&name, &format!("win {of}"))));
                        if house.available().0 < before {
                            wins[of].2 = 0;
                        }
                    }
                }
            }
            Ok(())
        })
        .unwrap();
}
