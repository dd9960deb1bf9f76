//! What has become of a round, and when its provider left it alone.

use time::OffsetDateTime;

use super::{Line, Patience, end, resolve};
use crate::engine::{books::PlayState, command::Kind};

/// What has become of a round.
///
/// A bet waits for its result while neither a win of its own nor a win that names no bet came after it and stands, nor
/// the round was ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoundState {
    /// A bet waits for its result.
    Open,
    /// The same, and its provider has said nothing of the round for longer than the house's patience.
    Interrupted,
    /// A bet waits for its result, and its provider went on with the round after it was interrupted.
    Resumed,
    /// No bet waits, and a bet or a win stands.
    Settled,
    /// Every bet was given back.
    RolledBack,
    /// Every bet was given back, and one of them by the house.
    Voided,
}

impl RoundState {
    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Interrupted => "interrupted",
            Self::Resumed => "resumed",
            Self::Settled => "settled",
            Self::RolledBack => "rolled_back",
            Self::Voided => "voided",
        }
    }
}

/// A time in which a bet waited for its result and its provider said nothing of the round, longer than the house's
/// patience.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interruption {
    /// The last that was heard before.
    pub from: OffsetDateTime,
    /// When its provider went on; none where it did not yet.
    pub resumed: Option<OffsetDateTime>,
}

/// What has become of a round of these entries.
pub(super) fn state(lines: &[Line], interruptions: &[Interruption]) -> RoundState {
    if lines.iter().any(|line| waits(line, lines)) {
        return match interruptions.last() {
            Some(Interruption { resumed: None, .. }) => RoundState::Interrupted,
            Some(_) => RoundState::Resumed,
            None => RoundState::Open,
        };
    }
    // That a round was ended is no result: of the bets that it leaves, each stands or was given back.
    let stands = |line: &Line| {
        line.state.is_some_and(|state| state != PlayState::RolledBack) && !end::is_end(&line.transaction)
    };
    if lines.iter().any(stands) {
        return RoundState::Settled;
    }
    if lines.iter().any(|line| resolve::is_void(&line.transaction)) {
        RoundState::Voided
    } else {
        RoundState::RolledBack
    }
}

/// Whether an entry is a bet that waits for its result. A win that names no bet pays the round, and so does its end.
fn waits(bet: &Line, lines: &[Line]) -> bool {
    let paid = |win: &Line| {
        win.kind == Kind::Settle
            && win.reference.is_none()
            && win.state != Some(PlayState::RolledBack)
            && win.version > bet.version
    };
    bet.kind == Kind::Bet && bet.state == Some(PlayState::Open) && !lines.iter().any(paid)
}

/// When the round was left alone for too long, by the times of its entries. What the house gave its bets is not its
/// provider's word.
pub(super) fn interruptions(lines: &[Line], patience: Patience) -> Vec<Interruption> {
    let mut found = Vec::new();
    let mut heard: Option<OffsetDateTime> = None;
    for (at, line) in lines.iter().enumerate() {
        if resolve::is_resolution(&line.transaction) {
            continue;
        }
        let before = lines.get(..at).unwrap_or_default();
        if let Some(from) = heard
            && line.at - from > patience.lasts
            && hung(before)
        {
            let resumed = Some(line.at);
            found.push(Interruption { from, resumed });
        }
        heard = Some(line.at);
    }
    if let Some(from) = heard
        && patience.now - from > patience.lasts
        && hung(lines)
    {
        found.push(Interruption { from, resumed: None });
    }
    found
}

/// Whether, when these were all of its entries, the round was one that is listed as hanging once it is old enough: a
/// bet was neither given back, nor did a win come after it that stood.
fn hung(until: &[Line]) -> bool {
    let undoing = |play: &Line| -> Option<i64> {
        let names = |line: &&Line| {
            line.kind == Kind::Rollback && line.reference.as_deref() == Some(play.transaction.as_str())
        };
        let mut undoing = until.iter().filter(names).map(|line| line.amount).peekable();
        undoing.peek().is_some().then(|| undoing.sum())
    };
    let mut bets = until.iter().filter(|line| line.kind == Kind::Bet);
    bets.any(|bet| {
        let won =
            |win: &Line| win.kind == Kind::Settle && win.version > bet.version && undoing(win).is_none();
        undoing(bet).is_none_or(|back| back < bet.amount) && !until.iter().any(won)
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::{
        super::record::{
            RoundRecord,
            tests::{PATIENCE, line},
        },
        *,
    };

    #[test]
    fn money_31_a_round_is_open_while_one_bet_has_no_result_and_then_what_its_bets_are() {
        use PlayState::{Open, RolledBack, Settled};
        let bet = |at: i64, state| {
            line(
                at,
                Kind::Bet,
                &format!("b{at}"),
                None,
                (-100, 0),
                1_000,
                Some(state),
            )
        };
        let back = |id: &str| line(9, Kind::Rollback, id, Some("b2"), (100, 0), 1_000, None);
        let state = |lines: Vec<Line>| RoundRecord::of(lines, PATIENCE).unwrap().state;
        assert_eq!(state(vec![bet(1, Settled), bet(2, Open)]), RoundState::Open);
        assert_eq!(
            state(vec![bet(1, Settled), bet(2, RolledBack), back("r")]),
            RoundState::Settled
        );
        assert_eq!(state(vec![bet(2, RolledBack), back("r")]), RoundState::RolledBack);
        let ours = resolve::id_of(resolve::Resolution::Void, 0, "round", "b2").unwrap();
        assert_eq!(
            state(vec![bet(2, RolledBack), back(ours.as_str())]),
            RoundState::Voided
        );
    }

    #[test]
    fn money_31_a_bet_is_paid_by_a_later_win_of_its_round_that_stands() {
        use PlayState::{Open, RolledBack};
        let bets = |lines: Vec<Line>| -> Vec<_> {
            let round = RoundRecord::of(lines, PATIENCE).unwrap();
            round.bets.iter().map(|bet| (bet.open, bet.paid)).collect()
        };
        let bet = |at: i64| {
            line(
                at,
                Kind::Bet,
                &format!("b{at}"),
                None,
                (-100, 0),
                1_000,
                Some(Open),
            )
        };
        let win = |at: i64, state| line(at, Kind::Settle, "w", None, (100, 0), 1_000, Some(state));
        assert_eq!(
            bets(vec![bet(1), win(2, Open), bet(3)]),
            [(true, true), (true, false)]
        );
        assert_eq!(bets(vec![bet(1), win(2, RolledBack)]), [(true, false)]);
    }

    #[test]
    fn money_31_a_rounds_end_is_the_result_of_its_bets_and_no_win_that_stands() {
        use PlayState::{Open, RolledBack};
        let id = end::id_of("hash").unwrap();
        let ended = |at| line(at, Kind::Settle, id.as_str(), None, (0, 0), 900, Some(Open));
        let bet = |state| line(1, Kind::Bet, "b1", None, (-100, 0), 1_000, Some(state));
        let back = line(4, Kind::Rollback, "x", Some("b1"), (100, 0), 900, None);
        let state = |lines| RoundRecord::of(lines, PATIENCE).map(|round| round.state);
        assert_eq!(state(vec![bet(Open), ended(2)]), Some(RoundState::Settled));
        assert_eq!(
            state(vec![bet(RolledBack), ended(2), back]),
            Some(RoundState::RolledBack)
        );
        assert_eq!(state(vec![ended(2)]), None, "of nothing else");
        let next = line(3, Kind::Bet, "b2", None, (-100, 0), 900, Some(Open));
        assert_eq!(
            state(vec![bet(Open), ended(2), next]),
            Some(RoundState::Open),
            "a bet that came after it waits"
        );
    }

    #[test]
    fn money_31_a_win_that_names_no_bet_pays_the_round_and_one_that_does_not_the_others() {
        use PlayState::{Open, RolledBack, Settled};
        let bet = |at, id, state| line(at, Kind::Bet, id, None, (-100, 0), 1_000, Some(state));
        let win = |of, state| line(3, Kind::Settle, "w", of, (50, 0), 800, Some(state));
        let state = |lines| RoundRecord::of(lines, PATIENCE).unwrap().state;
        let two = |first, second, win| vec![bet(1, "b1", first), bet(2, "b2", second), win];
        assert_eq!(state(two(Open, Open, win(None, Open))), RoundState::Settled);
        assert_eq!(state(two(Open, Open, win(None, RolledBack))), RoundState::Open);
        assert_eq!(state(two(Open, Settled, win(Some("b2"), Open))), RoundState::Open);
    }

    #[test]
    fn money_31_a_round_is_interrupted_while_its_provider_is_silent_and_resumed_once_it_goes_on() {
        use PlayState::{Open, RolledBack, Settled};
        let bet = |at, id, state| line(at, Kind::Bet, id, None, (-100, 0), 1_000, Some(state));
        let seen = |lines: &[Line], now: i64| {
            let patience = Patience {
                now: OffsetDateTime::UNIX_EPOCH + time::Duration::seconds(now),
                ..PATIENCE
            };
            let round = RoundRecord::of(lines.to_vec(), patience).unwrap();
            let times: Vec<_> = round
                .interruptions
                .iter()
                .map(|one| {
                    (
                        one.from.unix_timestamp(),
                        one.resumed.map(OffsetDateTime::unix_timestamp),
                    )
                })
                .collect();
            (round.state, times)
        };
        let one = [bet(1, "b1", Open)];
        assert_eq!(seen(&one, 61), (RoundState::Open, vec![]));
        assert_eq!(seen(&one, 62), (RoundState::Interrupted, vec![(1, None)]));
        let again = [bet(1, "b1", Open), bet(100, "b2", Open)];
        assert_eq!(seen(&again, 160), (RoundState::Resumed, vec![(1, Some(100))]));
        assert_eq!(
            seen(&again, 161),
            (RoundState::Interrupted, vec![(1, Some(100)), (100, None)])
        );
        // Its result, however late, settles it, and when it was interrupted is still told.
        let win = |at, of| line(at, Kind::Settle, "w", of, (50, 0), 900, Some(Open));
        let late = [bet(1, "b1", Settled), win(100, Some("b1"))];
        assert_eq!(seen(&late, 500), (RoundState::Settled, vec![(1, Some(100))]));
        // Nothing waited meanwhile.
        let won = [bet(1, "b1", Settled), win(2, Some("b1")), bet(100, "b2", Open)];
        assert_eq!(seen(&won, 101), (RoundState::Open, vec![]));
        let back = line(2, Kind::Rollback, "x", Some("b1"), (100, 0), 900, None);
        let undone = [bet(1, "b1", RolledBack), back, bet(100, "b2", Open)];
        assert_eq!(seen(&undone, 101), (RoundState::Open, vec![]));
        // Of a part that was given back the rest waits.
        let part = line(2, Kind::Rollback, "x", Some("b1"), (40, 0), 900, None);
        let rest = [bet(1, "b1", Open), part];
        assert_eq!(seen(&rest, 100), (RoundState::Interrupted, vec![(2, None)]));
        // Such a win may have been the result of the other bet too, so the round is not one that hangs.
        let unsure = [bet(1, "b1", Open), bet(2, "b2", Settled), win(3, Some("b2"))];
        assert_eq!(seen(&unsure, 500), (RoundState::Open, vec![]));
        // The house does not resume a round.
        let ours = resolve::id_of(resolve::Resolution::Void, 0, "round", "b2").unwrap();
        let void = line(
            100,
            Kind::Rollback,
            ours.as_str(),
            Some("b2"),
            (100, 0),
            900,
            None,
        );
        let half = [bet(1, "b1", Open), bet(2, "b2", RolledBack), void.clone()];
        assert_eq!(seen(&half, 110), (RoundState::Interrupted, vec![(2, None)]));
        let whole = [bet(2, "b2", RolledBack), void];
        assert_eq!(seen(&whole, 500), (RoundState::Voided, vec![]));
    }
}
