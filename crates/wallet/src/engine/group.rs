//! Commands decided together: all of them take effect, or none does.

use super::{
    books::{Books, Order, Writes},
    decide,
    fingerprint::Fingerprint,
    is_final,
    outcome::{Outcome, Reason},
    turn::Turn,
    undo::{Undo, take_back},
};

/// Those that take money come first, so that no win of the group pays for a bet of it; the entries are in that
/// order, the outcomes in the orders'. A repeat of what was decided before is told that and not done again,
/// and a refusal of before refuses the group like one of now. How many there may be is the caller's to say.
pub(super) fn decide_group(books: &mut Books, writes: &mut Writes, orders: &[Order]) -> Vec<Outcome> {
    let one_wallet = orders.windows(2).all(|two| two[0].account() == two[1].account());
    if !one_wallet {
        return orders
            .iter()
            .map(|order| refusal(&Turn::new(books, writes, order), Reason::InvalidGroup))
            .collect();
    }
    let (debits, others): (Vec<_>, Vec<_>) =
        (0..orders.len()).partition(|at| orders[*at].command.action.is_debit());
    let (mut outcomes, mut changes) = (vec![Outcome::Retryable; orders.len()], Vec::new());
    for at in debits.into_iter().chain(others) {
        let outcome = decide(Turn::of_group(books, writes, &orders[at], &mut changes));
        let accepted = outcome
            .verdict()
            .is_some_and(|verdict| verdict.receipt().is_some());
        if !accepted {
            return refuse(books, writes, orders, (at, outcome), changes);
        }
        outcomes[at] = outcome;
    }
    outcomes
}

/// Takes back what the group did, keeps the refusal if it is final, and tells the others.
fn refuse(
    books: &mut Books,
    writes: &mut Writes,
    orders: &[Order],
    (refused, outcome): (usize, Outcome),
    changes: Vec<Undo>,
) -> Vec<Outcome> {
    take_back(books, writes, changes);
    // First the refusal: others of the group that have its id by mistake are told of it, wherever they stand.
    let own = keep(books, writes, &orders[refused], outcome);
    let told = orders.iter().enumerate().map(|(at, order)| {
        if at == refused {
            return own;
        }
        let turn = Turn::new(books, writes, order);
        match turn.recorded(&order.command.transaction_id) {
            Some(before) => before.answer(Fingerprint::of(&order.command), turn.balance()),
            None => refusal(&turn, Reason::GroupRefused),
        }
    });
    told.collect()
}

/// The refusal as it is told, and kept if it is final: it was decided with the commands before it done, which they are
/// not any more.
fn keep(books: &mut Books, writes: &mut Writes, order: &Order, outcome: Outcome) -> Outcome {
    let mut turn = Turn::new(books, writes, order);
    let (fingerprint, balance) = (Fingerprint::of(&order.command), turn.balance());
    if let Some(before) = turn.recorded(&order.command.transaction_id) {
        return before.answer(fingerprint, balance);
    }
    match outcome {
        Outcome::Decided(verdict) => {
            let verdict = verdict.with_balance(balance);
            if is_final(&order.command.action, &verdict) {
                turn.record(fingerprint, verdict);
            }
            Outcome::Decided(verdict)
        }
        // Two commands of the group have one id.
        Outcome::Conflict { .. } => Outcome::Conflict { balance },
        other => other,
    }
}

fn refusal(turn: &Turn<'_>, reason: Reason) -> Outcome {
    Outcome::Decided(turn.rejected(reason))
}
