//! The rules of money: pure, total and deterministic. No clock, no I/O, no async.
//!
//! [`fold`] takes what is known ([`Books`]) and commands in the order of their arrival, and gives an
//! outcome for each and what is to be written. Any split of the same commands into folds gives the
//! same outcomes and the same books; one command is a fold of one.
//!
//! What holds after every fold, whatever came in:
//! * the lines of an entry sum to zero; a wallet is the sum of its entries and its version is their number
//! * a command that was refused changes no wallet
//! * an id is decided once; the same command again is told that decision, another one is a conflict.
//!   Only a refusal that says "not now" to what is owed decides nothing (see [`Verdict`])
//! * an available sum goes below zero only by the rollback of a spent win or an operator's correction,
//!   where the policy says so
//! * what is undone goes back to the buckets it came from, and no more of it than was taken
//! * a group's commands take effect together or not at all
//!
//! Brands never meet: every key begins with the brand the command was earned for.

pub mod account;
mod amount;
mod balance;
mod bet;
mod bonus;
pub mod books;
mod cashier;
pub mod chain;
pub mod command;
pub mod fingerprint;
pub mod grants;
mod group;
pub mod ids;
mod kind;
pub mod outcome;
pub mod play_limit;
pub mod policy;
mod rollback;
mod spend;
mod transfer;
mod turn;
mod undo;
mod wager;
mod win;

use bonus::Terms;
use books::{Books, HoldState, Order, Writes};
use command::Action;
use fingerprint::Fingerprint;
use grants::GrantState;
use outcome::{Outcome, Reason, Verdict};
use turn::Turn;

/// Decides commands in their order.
///
/// `books` must hold, as far as they exist, each order's wallet, decision, tombstone, the play it
/// refers to with that play's bet, the reference's own decision and tombstone, its hold, its grant,
/// and the brand's document: the newest, and the one that each of those plays was made under.
/// The orders of one group follow one another.
#[must_use]
pub fn fold(books: &mut Books, orders: &[Order]) -> (Vec<Outcome>, Writes) {
    let mut writes = Writes::default();
    let mut outcomes = Vec::with_capacity(orders.len());
    for together in orders.chunk_by(|one, next| one.group.is_some() && one.group == next.group) {
        match together {
            [order] if order.group.is_none() => {
                outcomes.push(decide(Turn::new(books, &mut writes, order)));
            }
            group => outcomes.extend(group::decide_group(books, &mut writes, group)),
        }
    }
    (outcomes, writes)
}

fn decide(mut turn: Turn<'_>) -> Outcome {
    let command = &turn.order.command;
    let fingerprint = Fingerprint::of(command);
    if let Some(recorded) = turn.recorded(&command.transaction_id) {
        return recorded.answer(fingerprint, turn.balance());
    }
    let verdict = act(&mut turn, &command.action);
    if is_final(&command.action, &verdict) {
        turn.record(fingerprint, verdict);
    }
    Outcome::Decided(verdict)
}

fn act(turn: &mut Turn<'_>, action: &Action) -> Verdict {
    match action {
        Action::Deposit { amount, payment } => cashier::deposit(turn, *amount, *payment),
        Action::WithdrawHold { amount } => cashier::hold(turn, *amount),
        Action::WithdrawSettle { hold } => cashier::end_hold(turn, *hold, HoldState::Settled),
        Action::WithdrawRelease { hold } => cashier::end_hold(turn, *hold, HoldState::Released),
        Action::Bet { amount, round, game } => bet::bet(turn, *amount, round, game),
        Action::Tip { amount, round, game } => bet::tip(turn, *amount, round.as_ref(), game.as_ref()),
        Action::Settle {
            amount,
            round,
            game,
            bet,
        } => win::settle(turn, *amount, round, game, bet.as_ref()),
        Action::JackpotWin {
            amount,
            round,
            game,
            bet,
        } => win::jackpot(turn, *amount, round, game, bet.as_ref()),
        Action::PromoWin { amount, promotion } => win::promotion(turn, *amount, promotion),
        Action::Rollback { of, amount, .. } => rollback::rollback(turn, of, *amount),
        Action::Transfer { amount, from, to } => transfer::transfer(turn, *amount, from, to),
        Action::Adjust { amount, bucket, note } => transfer::adjust(turn, *amount, bucket, note),
        Action::Grant {
            kind,
            amount,
            bucket,
            wager,
            convert_cap,
            expires_at,
        } => bonus::grant(
            turn,
            &Terms {
                kind: *kind,
                amount: *amount,
                bucket: bucket.as_ref(),
                wager: *wager,
                convert_cap: *convert_cap,
                expires_at: *expires_at,
            },
        ),
        Action::Convert { grant } => bonus::end(turn, *grant, GrantState::Converted),
        Action::Forfeit { grant } => bonus::end(turn, *grant, GrantState::Forfeited),
        Action::Expire { grant } => bonus::end(turn, *grant, GrantState::Expired),
    }
}

/// All decisions are, but those that say "not now" to what is owed: were they final, the repeat that
/// providers send until it succeeds never could, and somebody's money would be lost.
///
/// A refused stake or withdrawal is final all the same: its sender took it as not made.
fn is_final(action: &Action, verdict: &Verdict) -> bool {
    match verdict {
        // A spent win's rollback may find its money again.
        Verdict::InsufficientFunds { .. } => !matches!(action, Action::Rollback { .. }),
        // What is referred to may be on its way.
        Verdict::MissingReference { .. } => !matches!(
            action,
            Action::Settle { .. } | Action::JackpotWin { .. } | Action::Rollback { .. }
        ),
        // A full wallet may have room again for money that came in; a grant gets wagered, and its time passes.
        Verdict::Rejected {
            reason: Reason::BalanceLimit | Reason::WagerOpen | Reason::NotYetExpired,
            ..
        } => false,
        _ => true,
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, clippy::panic, reason = "tests")]
pub(crate) mod tests;
