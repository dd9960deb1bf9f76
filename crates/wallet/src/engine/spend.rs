//! How an amount is split over buckets.

use super::account::Account;
use crate::topology::{Spending, Topology};

/// A stake taken from the wallet as the brand's document has it; none when the wallet does not have that much.
pub(super) fn stake(account: &Account, topology: &Topology, amount: i64) -> Option<Vec<i64>> {
    match topology.spending() {
        Spending::InOrder => account.split(topology.bet_order(), amount),
        Spending::Proportional => proportional(account, topology.bet_order(), amount),
    }
}

/// From each bucket its share of all there is, rounded down. That leaves less than one unit a bucket over,
/// and a bucket whose share was rounded down has one more: the first of them give one each.
fn proportional(account: &Account, order: &[usize], amount: i64) -> Option<Vec<i64>> {
    let usable = account.usable(order);
    if amount > usable {
        return None;
    }
    let mut weights = vec![0; account.available.len()];
    for at in order {
        if let Some(available) = account.available.get(*at) {
            weights[*at] = (*available).max(0);
        }
    }
    let (mut parts, mut over) = shares(&weights, amount);
    for at in order {
        if over > 0 && parts[*at] < weights[*at] {
            parts[*at] += 1;
            over -= 1;
        }
    }
    Some(parts)
}

/// A win split like the stake it is won with; what rounding leaves over goes to the first staked bucket of `order`.
/// None for a stake of nothing.
pub(super) fn as_staked(staked: &[i64], order: &[usize], amount: i64) -> Option<Vec<i64>> {
    let first = order
        .iter()
        .copied()
        .chain(0..staked.len())
        .find(|at| staked.get(*at).is_some_and(|part| *part > 0))?;
    let (mut parts, over) = shares(staked, amount);
    parts[first] += over;
    Some(parts)
}

/// Up to `amount` of `parts`, from the bucket that was spent last to the one that was spent first.
pub(super) fn last_spent_first(parts: &[i64], order: &[usize], amount: i64) -> Vec<i64> {
    let (mut back, mut missing) = (vec![0; parts.len()], amount);
    // A part can only be of a bucket of `order`; the chain makes the sum exact whatever was stored.
    for at in order.iter().rev().copied().chain(0..parts.len()) {
        let left = parts.get(at).copied().unwrap_or(0) - back.get(at).copied().unwrap_or(0);
        let part = missing.min(left).max(0);
        if part > 0 {
            back[at] += part;
            missing -= part;
        }
    }
    back
}

/// `amount` by weight, each share rounded down, and what that leaves over. Without weight all is left over.
fn shares(weights: &[i64], amount: i64) -> (Vec<i64>, i64) {
    let total: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
    let share = |weight: &i64| {
        let share = (i128::from(amount) * i128::from(*weight)).checked_div(total);
        // A share is at most `amount`.
        share.and_then(|share| i64::try_from(share).ok()).unwrap_or(0)
    };
    let parts: Vec<i64> = weights.iter().map(share).collect();
    let over = amount - parts.iter().sum::<i64>();
    (parts, over)
}
