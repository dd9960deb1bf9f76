//! Wins: of a round, from a jackpot, from a promotion.

use super::{
    account::{Movement, changes},
    books::{Decision, Play, PlayKind, PlayState},
    command::{Amount, Kind},
    ids::{GameId, Promotion, RoundId, TransactionId},
    outcome::{Neutral, Verdict},
    play_limit::Counted,
    policy::WinWithoutBet,
    spend,
    turn::{Draft, Turn},
};
use crate::topology::WinTo;

pub(super) fn settle(
    turn: &mut Turn<'_>,
    amount: Amount,
    round: &RoundId,
    game: &GameId,
    bet: Option<&TransactionId>,
) -> Verdict {
    if turn.is_tombstoned(&turn.order.command.transaction_id) {
        return turn.neutralised(Neutral::RolledBackBefore);
    }
    if bet.is_none() && turn.order.command.policy.win_without_bet == WinWithoutBet::Refuse {
        return turn.missing_reference();
    }
    of_round(turn, PlayKind::Settle, amount, round, game, bet)
}

/// A jackpot is won without a bet as well; what it names is judged as a settle's.
pub(super) fn jackpot(
    turn: &mut Turn<'_>,
    amount: Amount,
    round: &RoundId,
    game: &GameId,
    bet: Option<&TransactionId>,
) -> Verdict {
    if turn.is_tombstoned(&turn.order.command.transaction_id) {
        return turn.neutralised(Neutral::RolledBackBefore);
    }
    of_round(turn, PlayKind::JackpotWin, amount, round, game, bet)
}

pub(super) fn promotion(turn: &mut Turn<'_>, amount: Amount, promotion: &Promotion) -> Verdict {
    if turn.is_tombstoned(&turn.order.command.transaction_id) {
        return turn.neutralised(Neutral::RolledBackBefore);
    }
    let Some(parts) = parts(turn, None, amount.minor()) else {
        return turn.missing_reference();
    };
    let movement = Movement::credit(&parts, PlayKind::PromoWin.house());
    let play = turn.new_play(PlayKind::PromoWin, amount, parts);
    let draft = Draft {
        reference: Some(promotion.to_string()),
        ..Draft::default()
    };
    turn.play(&movement, draft, play)
}

fn of_round(
    turn: &mut Turn<'_>,
    kind: PlayKind,
    amount: Amount,
    round: &RoundId,
    game: &GameId,
    bet: Option<&TransactionId>,
) -> Verdict {
    let allowed = turn.order.command.policy.win_without_bet == WinWithoutBet::Allow;
    let bet = match bet.map(|bet| (bet, standing(turn, bet))) {
        None => None,
        Some((_, Standing::Unknown)) if allowed => None,
        Some((_, Standing::Unknown | Standing::Refused)) => return turn.missing_reference(),
        Some((_, Standing::Undone)) => return turn.already_settled(),
        Some((bet, Standing::Bet(play))) => Some((bet.clone(), *play)),
    };
    let Some(parts) = parts(turn, bet.as_ref().map(|(_, play)| play), amount.minor()) else {
        return turn.missing_reference();
    };
    let movement = Movement::credit(&parts, kind.house());
    let play = Play {
        round: Some(round.clone()),
        game: Some(game.clone()),
        bet: bet.as_ref().map(|(id, _)| id.clone()),
        ..turn.new_play(kind, amount, parts)
    };
    let draft = Draft {
        reference: turn.order.command.action.reference().map(ToString::to_string),
        counted: Some(Counted::Won(amount.minor())),
        ..Draft::default()
    };
    let verdict = turn.play(&movement, draft, play);
    if let (Verdict::Applied(_), Some((id, play))) = (verdict, bet) {
        turn.put_play(
            &id,
            Play {
                settles: play.settles.saturating_add(1),
                state: PlayState::Settled,
                ..play
            },
        );
    }
    verdict
}

/// Where a win goes: as the document says that its bet was made under, or else the newest. None when that
/// version is not there to be read: the win is refused as one that may be repeated, never paid on a guess.
fn parts(turn: &Turn<'_>, bet: Option<&Play>, amount: i64) -> Option<Vec<i64>> {
    let topology = match bet {
        Some(bet) => turn.version(bet.rules)?,
        None => turn.rules.topology.clone(),
    };
    let at = match topology.win_to() {
        WinTo::Bucket(at) => at,
        WinTo::AsStaked => {
            let split = bet.and_then(|bet| spend::as_staked(&bet.parts, topology.bet_order(), amount));
            if split.is_some() {
                return split;
            }
            topology.deposit_to()
        }
    };
    Some(whole(turn, at, amount))
}

/// All of it in one bucket, with a zero for every other.
fn whole(turn: &Turn<'_>, at: usize, amount: i64) -> Vec<i64> {
    let mut parts = changes(&[(at, amount)]);
    parts.resize(parts.len().max(turn.account().available.len()), 0);
    parts
}

/// What a win's reference turns out to be.
enum Standing {
    /// A bet that stands.
    Bet(Box<Play>),
    /// A bet that was rolled back, before it came or after.
    Undone,
    /// A bet that was refused: no win can be on it, whatever the contract says of unknown bets.
    Refused,
    /// Nothing of this wallet.
    Unknown,
}

fn standing(turn: &Turn<'_>, bet: &TransactionId) -> Standing {
    match turn.own_play(bet) {
        Some(play) if play.kind == PlayKind::Bet && play.state == PlayState::RolledBack => {
            return Standing::Undone;
        }
        Some(play) if play.kind == PlayKind::Bet => return Standing::Bet(Box::new(play.clone())),
        _ => {}
    }
    match turn.own_decision(bet) {
        _ if turn.is_tombstoned(bet) => Standing::Undone,
        Some(Decision {
            kind: Kind::Bet,
            verdict,
            ..
        }) if verdict.receipt().is_none() => Standing::Refused,
        _ => Standing::Unknown,
    }
}
