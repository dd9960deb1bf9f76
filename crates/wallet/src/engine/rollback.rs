//! Undoing plays: whole, or a part of a stake.

use super::{
    account::Movement,
    books::{Decision, Play, PlayKind, PlayState},
    command::Amount,
    ids::TransactionId,
    outcome::{Neutral, Reason, Verdict},
    play_limit::Counted,
    policy::{RollbackOfSettledBet, RollbackOfSpentWin, RollbackOfWin, UnknownRollback},
    spend,
    turn::{Draft, Turn},
    wager,
};

/// What is given back goes to the very buckets it was taken from, also where a grant that had been there
/// has ended since.
pub(super) fn rollback(turn: &mut Turn<'_>, of: &TransactionId, amount: Option<Amount>) -> Verdict {
    if amount == Some(Amount::ZERO) {
        return turn.rejected(Reason::ZeroAmount);
    }
    match turn.own_play(of).cloned() {
        Some(Play {
            state: PlayState::RolledBack,
            ..
        }) => turn.neutralised(Neutral::AlreadyReversed),
        Some(play) if play.kind.is_stake() => reverse_stake(turn, of, play, amount),
        Some(_) if turn.order.command.policy.rollback_of_win == RollbackOfWin::Leave => {
            turn.neutralised(Neutral::WinStands)
        }
        Some(_) if amount.is_some() => turn.rejected(Reason::NotDivisible),
        Some(play) => reverse_win(turn, of, play),
        None => match turn.own_decision(of) {
            Some(decision) => reverse_nothing(turn, decision),
            None => reverse_unknown(turn, of, amount),
        },
    }
}

fn reverse_stake(turn: &mut Turn<'_>, of: &TransactionId, stake: Play, amount: Option<Amount>) -> Verdict {
    let refuse_settled = turn.order.command.policy.rollback_of_settled_bet == RollbackOfSettledBet::Refuse;
    if stake.state == PlayState::Settled && refuse_settled {
        return turn.already_settled();
    }
    let left = stake.standing_parts();
    let standing: i64 = left.iter().sum();
    let back = match amount {
        None => left,
        // A stake of nothing has no part.
        Some(_) if standing == 0 => return turn.neutralised(Neutral::AlreadyReversed),
        Some(amount) => {
            let Some(topology) = turn.version(stake.rules) else {
                return turn.missing_reference();
            };
            spend::last_spent_first(&left, topology.bet_order(), amount.minor())
        }
    };
    let moved: i64 = back.iter().sum();
    let (grants, progress) = match stake.progress {
        Some(counts) => {
            let (grants, still) = wager::uncounted(&turn.account().grants, counts, standing - moved);
            (Some(grants), still)
        }
        None => (None, None),
    };
    let state = if moved == standing {
        PlayState::RolledBack
    } else {
        stake.state
    };
    let reversed = if amount.is_none() && stake.reversed.is_empty() {
        // Undone at once: the state says all of it.
        Vec::new()
    } else {
        stake.reversed_with(&back)
    };
    let draft = Draft {
        amount: moved,
        reference: Some(of.to_string()),
        play: Some(&stake),
        grants,
        // A tip counted for nothing.
        counted: (stake.kind == PlayKind::Bet).then_some(Counted::StakeUndone(moved, stake.at)),
    };
    let verdict = turn.post(&Movement::credit(&back, stake.kind.house()), draft);
    if let Verdict::Applied(_) = verdict {
        turn.put_play(
            of,
            Play {
                state,
                reversed,
                progress,
                ..stake
            },
        );
    }
    verdict
}

fn reverse_win(turn: &mut Turn<'_>, of: &TransactionId, win: Play) -> Verdict {
    let available = &turn.account().available;
    let spent = win
        .parts
        .iter()
        .zip(available)
        .any(|(part, available)| part > &0 && available < part);
    let may_owe = turn.rules.topology.negative_balance()
        || turn.order.command.policy.rollback_of_spent_win == RollbackOfSpentWin::DriveNegative;
    if spent && !may_owe {
        let credited: Vec<_> = (0..win.parts.len()).filter(|at| win.parts[*at] > 0).collect();
        return turn.insufficient_funds(turn.account().usable(&credited));
    }
    let draft = Draft {
        amount: win.amount,
        reference: Some(of.to_string()),
        play: Some(&win),
        grants: None,
        // What a promotion gave counted for nothing.
        counted: (win.kind != PlayKind::PromoWin).then_some(Counted::WinUndone(win.amount, win.at)),
    };
    let verdict = turn.post(&Movement::debit(&win.parts, win.kind.house()), draft);
    if let Verdict::Applied(_) = verdict {
        if let Some(id) = &win.bet
            && let Some(bet) = turn.own_play(id).cloned()
        {
            turn.put_play(id, without_one_settle(bet));
        }
        turn.put_play(
            of,
            Play {
                state: PlayState::RolledBack,
                ..win
            },
        );
    }
    verdict
}

/// A bet that no win stands on any more is open again.
fn without_one_settle(bet: Play) -> Play {
    let settles = bet.settles.saturating_sub(1).max(0);
    let state = if bet.state == PlayState::Settled && settles == 0 {
        PlayState::Open
    } else {
        bet.state
    };
    Play {
        settles,
        state,
        ..bet
    }
}

/// A rollback of a command of this wallet that moved nothing, or that rollbacks are not for.
fn reverse_nothing(turn: &Turn<'_>, decision: Decision) -> Verdict {
    match decision.verdict {
        Verdict::Neutralised { .. } if decision.kind.is_play() => turn.neutralised(Neutral::AlreadyReversed),
        verdict if decision.kind.is_play() && verdict.receipt().is_none() => {
            turn.neutralised(Neutral::NeverApplied)
        }
        _ => turn.rejected(Reason::NotReversible),
    }
}

/// A part cannot be undone before it is there: to remember it would undo the whole.
fn reverse_unknown(turn: &mut Turn<'_>, of: &TransactionId, amount: Option<Amount>) -> Verdict {
    if amount.is_some() || turn.order.command.policy.unknown_rollback == UnknownRollback::Refuse {
        return turn.missing_reference();
    }
    turn.put_tombstone(of);
    turn.neutralised(Neutral::NotYetSeen)
}
