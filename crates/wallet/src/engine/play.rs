//! Stakes, wins, and undoing them.

use super::{
    account::{HOUSE_GAMING, Movement},
    books::{Decision, Play, PlayKind, PlayState},
    command::{Amount, Kind},
    ids::{GameId, RoundId, TransactionId},
    outcome::{Neutral, Reason, Verdict},
    policy::{RollbackOfSettledBet, RollbackOfSpentWin, UnknownRollback, WinWithoutBet},
    turn::{Draft, Turn},
};

pub(super) fn bet(turn: &mut Turn<'_>, amount: Amount, round: &RoundId, game: &GameId) -> Verdict {
    let id = &turn.order.command.transaction_id;
    if turn.is_tombstoned(id) {
        return turn.neutralised(Neutral::RolledBackBefore);
    }
    let order = turn.rules.topology.bet_order();
    let Some(parts) = turn.account().split(order, amount.minor()) else {
        return turn.insufficient_funds(turn.account().usable(order));
    };
    let movement = Movement::debit(&parts, HOUSE_GAMING);
    apply(
        turn,
        &movement,
        new_play(turn, PlayKind::Bet, amount, parts, round, game, None),
    )
}

pub(super) fn settle(
    turn: &mut Turn<'_>,
    amount: Amount,
    round: &RoundId,
    game: &GameId,
    bet: Option<&TransactionId>,
) -> Verdict {
    let id = &turn.order.command.transaction_id;
    if turn.is_tombstoned(id) {
        return turn.neutralised(Neutral::RolledBackBefore);
    }
    let bet = match bet.map(|bet| (bet, standing(turn, bet))) {
        None | Some((_, Standing::Unknown))
            if turn.order.command.policy.win_without_bet == WinWithoutBet::Allow =>
        {
            None
        }
        None | Some((_, Standing::Unknown | Standing::Refused)) => return turn.missing_reference(),
        Some((_, Standing::Undone)) => return turn.already_settled(),
        Some((bet, Standing::Bet(play))) => Some((bet.clone(), play)),
    };
    let mut parts = vec![0; turn.account().available.len()];
    parts[turn.rules.topology.win_to()] = amount.minor();
    let movement = Movement::credit(&parts, HOUSE_GAMING);
    let reference = bet.as_ref().map(|(id, _)| id.clone());
    let verdict = apply(
        turn,
        &movement,
        new_play(turn, PlayKind::Settle, amount, parts, round, game, reference),
    );
    if let (Verdict::Applied(_), Some((id, play))) = (verdict, bet) {
        turn.put_play(
            &id,
            Play {
                settles: play.settles.saturating_add(1),
                state: PlayState::Settled,
                ..*play
            },
        );
    }
    verdict
}

/// What a settle's reference turns out to be.
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

pub(super) fn rollback(turn: &mut Turn<'_>, of: &TransactionId) -> Verdict {
    match turn.own_play(of).cloned() {
        Some(Play {
            state: PlayState::RolledBack,
            ..
        }) => turn.neutralised(Neutral::AlreadyReversed),
        Some(play) if play.kind == PlayKind::Bet => reverse_bet(turn, of, play),
        Some(play) => reverse_settle(turn, of, play),
        None => match turn.own_decision(of) {
            Some(decision) => reverse_nothing(turn, decision),
            None => reverse_unknown(turn, of),
        },
    }
}

fn reverse_bet(turn: &mut Turn<'_>, of: &TransactionId, bet: Play) -> Verdict {
    let refuse_settled = turn.order.command.policy.rollback_of_settled_bet == RollbackOfSettledBet::Refuse;
    if bet.state == PlayState::Settled && refuse_settled {
        return turn.already_settled();
    }
    undo(turn, &Movement::credit(&bet.parts, HOUSE_GAMING), of, bet)
}

fn reverse_settle(turn: &mut Turn<'_>, of: &TransactionId, settle: Play) -> Verdict {
    let available = &turn.account().available;
    let spent = settle
        .parts
        .iter()
        .zip(available)
        .any(|(part, available)| part > &0 && available < part);
    if spent && turn.order.command.policy.rollback_of_spent_win == RollbackOfSpentWin::Refuse {
        let credited: Vec<_> = (0..settle.parts.len())
            .filter(|at| settle.parts[*at] > 0)
            .collect();
        return turn.insufficient_funds(turn.account().usable(&credited));
    }
    let bet = settle.bet.clone();
    let verdict = undo(turn, &Movement::debit(&settle.parts, HOUSE_GAMING), of, settle);
    if let (Verdict::Applied(_), Some(id)) = (verdict, bet)
        && let Some(bet) = turn.own_play(&id).cloned()
    {
        turn.put_play(&id, without_one_settle(bet));
    }
    verdict
}

/// A bet that no settle stands on any more is open again.
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
    match (decision.kind, decision.verdict) {
        (Kind::Bet | Kind::Settle, Verdict::Neutralised { .. }) => turn.neutralised(Neutral::AlreadyReversed),
        (Kind::Bet | Kind::Settle, verdict) if verdict.receipt().is_none() => {
            turn.neutralised(Neutral::NeverApplied)
        }
        _ => turn.rejected(Reason::NotReversible),
    }
}

fn reverse_unknown(turn: &mut Turn<'_>, of: &TransactionId) -> Verdict {
    match turn.order.command.policy.unknown_rollback {
        UnknownRollback::Refuse => turn.missing_reference(),
        UnknownRollback::Tombstone => {
            turn.put_tombstone(of);
            turn.neutralised(Neutral::NotYetSeen)
        }
    }
}

fn new_play(
    turn: &Turn<'_>,
    kind: PlayKind,
    amount: Amount,
    parts: Vec<i64>,
    round: &RoundId,
    game: &GameId,
    bet: Option<TransactionId>,
) -> Play {
    Play {
        account: turn.order.account(),
        kind,
        round: Some(round.clone()),
        game: Some(game.clone()),
        amount: amount.minor(),
        parts,
        reversed: Vec::new(),
        rules: turn.rules.version,
        progress: None,
        state: PlayState::Open,
        bet,
        settles: 0,
        at: turn.order.at,
    }
}

fn apply(turn: &mut Turn<'_>, movement: &Movement, play: Play) -> Verdict {
    let reference = turn.order.command.action.reference().map(ToString::to_string);
    let verdict = turn.post(
        movement,
        Draft {
            amount: play.amount,
            reference,
            play: None,
        },
    );
    if let Verdict::Applied(_) = verdict {
        let id = &turn.order.command.transaction_id;
        turn.put_play(id, play);
    }
    verdict
}

fn undo(turn: &mut Turn<'_>, movement: &Movement, of: &TransactionId, play: Play) -> Verdict {
    let draft = Draft {
        amount: play.amount,
        reference: Some(of.to_string()),
        play: Some(&play),
    };
    let verdict = turn.post(movement, draft);
    if let Verdict::Applied(_) = verdict {
        turn.put_play(
            of,
            Play {
                state: PlayState::RolledBack,
                ..play
            },
        );
    }
    verdict
}
