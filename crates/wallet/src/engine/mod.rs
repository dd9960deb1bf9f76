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
//! * an available sum goes below zero only by the rollback of a spent win, where the policy says so
//!
//! Brands never meet: every key begins with the brand the command was earned for.

pub mod account;
mod amount;
mod balance;
pub mod books;
mod cashier;
pub mod command;
pub mod fingerprint;
pub mod grants;
pub mod ids;
mod kind;
pub mod outcome;
mod play;
pub mod policy;
mod turn;

use books::{Books, HoldState, Order, Writes};
use command::Action;
use fingerprint::Fingerprint;
use outcome::{Outcome, Reason, Verdict};
use turn::Turn;

/// Decides commands in their order.
///
/// `books` must hold, as far as they exist, each order's wallet, decision, tombstone, the play it
/// refers to with that play's bet, the reference's own decision and tombstone, and its hold.
#[must_use]
pub fn fold(books: &mut Books, orders: &[Order]) -> (Vec<Outcome>, Writes) {
    let mut writes = Writes::default();
    let outcomes = orders
        .iter()
        .map(|order| match order.group {
            None => decide(Turn::new(books, &mut writes, order)),
            Some(_) => Outcome::Retryable,
        })
        .collect();
    (outcomes, writes)
}

fn decide(mut turn: Turn<'_>) -> Outcome {
    let command = &turn.order.command;
    let fingerprint = Fingerprint::of(command);
    if let Some(recorded) = turn.recorded(&command.transaction_id) {
        return recorded.answer(fingerprint, turn.balance());
    }
    let verdict = match &command.action {
        Action::Deposit { amount, payment } => cashier::deposit(&mut turn, *amount, *payment),
        Action::WithdrawHold { amount } => cashier::hold(&mut turn, *amount),
        Action::WithdrawSettle { hold } => cashier::end_hold(&mut turn, *hold, HoldState::Settled),
        Action::WithdrawRelease { hold } => cashier::end_hold(&mut turn, *hold, HoldState::Released),
        Action::Bet { amount, round, game } => play::bet(&mut turn, *amount, round, game),
        Action::Settle {
            amount,
            round,
            game,
            bet,
        } => play::settle(&mut turn, *amount, round, game, bet.as_ref()),
        Action::Rollback { of, .. } => play::rollback(&mut turn, of),
        Action::Transfer { .. }
        | Action::Grant { .. }
        | Action::Convert { .. }
        | Action::Forfeit { .. }
        | Action::Expire { .. }
        | Action::Adjust { .. }
        | Action::Tip { .. }
        | Action::JackpotWin { .. }
        | Action::PromoWin { .. } => return Outcome::Retryable,
    };
    if is_final(&command.action, &verdict) {
        turn.record(fingerprint, verdict);
    }
    Outcome::Decided(verdict)
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
        Verdict::MissingReference { .. } => {
            !matches!(action, Action::Settle { .. } | Action::Rollback { .. })
        }
        // A full wallet may have room again for money that came in.
        Verdict::Rejected {
            reason: Reason::BalanceLimit,
            ..
        } => false,
        _ => true,
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, clippy::panic, reason = "tests")]
mod tests;
