//! Money in and out: deposits, and withdrawals by way of a hold.

use super::{
    account::{HOUSE_PAYMENTS, Movement},
    books::{Hold, HoldState},
    command::{Amount, Payment},
    ids::EntryId,
    outcome::{Reason, Verdict},
    turn::{Draft, Turn},
};

pub(super) fn deposit(turn: &mut Turn<'_>, amount: Amount, payment: Payment) -> Verdict {
    match payment {
        Payment::Declined => turn.rejected(Reason::PaymentDeclined),
        Payment::Approved if amount == Amount::ZERO => turn.rejected(Reason::ZeroAmount),
        Payment::Approved => {
            let mut parts = vec![0; turn.account().available.len()];
            parts[turn.rules.topology.deposit_to()] = amount.minor();
            turn.post(
                &Movement::credit(&parts, HOUSE_PAYMENTS),
                Draft {
                    amount: amount.minor(),
                    ..Draft::default()
                },
            )
        }
    }
}

/// From withdrawable buckets only. The sum leaves `available` at once, so no bet can have it too.
pub(super) fn hold(turn: &mut Turn<'_>, amount: Amount) -> Verdict {
    if amount == Amount::ZERO {
        return turn.rejected(Reason::ZeroAmount);
    }
    let order = turn.rules.topology.withdraw_order();
    let Some(parts) = turn.account().split(order, amount.minor()) else {
        return turn.insufficient_funds(turn.account().usable(order));
    };
    let verdict = turn.post(
        &Movement::hold(&parts),
        Draft {
            amount: amount.minor(),
            ..Draft::default()
        },
    );
    if let Verdict::Applied(receipt) = verdict {
        let (account, at) = (turn.order.account(), turn.order.at);
        turn.put_hold(
            receipt.entry,
            Hold {
                account,
                amount: amount.minor(),
                parts,
                state: HoldState::Held,
                at,
            },
        );
    }
    verdict
}

/// Ends a hold: paid out, or available again.
pub(super) fn end_hold(turn: &mut Turn<'_>, id: EntryId, end: HoldState) -> Verdict {
    let Some(hold) = turn.own_hold(id).cloned() else {
        return turn.missing_reference();
    };
    if hold.state != HoldState::Held {
        return turn.already_settled();
    }
    let movement = match end {
        HoldState::Settled => Movement::pay_out(&hold.parts),
        HoldState::Held | HoldState::Released => Movement::release(&hold.parts),
    };
    let draft = Draft {
        amount: hold.amount,
        reference: Some(id.to_string()),
        ..Draft::default()
    };
    let verdict = turn.post(&movement, draft);
    if let Verdict::Applied(_) = verdict {
        turn.put_hold(id, Hold { state: end, ..hold });
    }
    verdict
}
