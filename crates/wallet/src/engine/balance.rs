//! A wallet's sums, as outcomes tell them.

use serde::{Deserialize, Serialize};

/// A wallet's sums over all buckets, in minor units of its currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Written", into = "Written")]
pub struct Balance {
    /// What is not set aside, whatever it may be used for.
    pub available: i64,
    /// What is set aside for withdrawals.
    pub held: i64,
    /// What can be staked: the buckets that stakes are taken from. One that is below zero does not
    /// lessen the others. What game providers are told.
    pub stakeable: i64,
}

impl Balance {
    /// Available and held together: what the player owns.
    #[must_use]
    pub fn total(self) -> i64 {
        // Both are within the engine's limits, whose sum an i64 holds; a stored number that is not
        // must not wrap either.
        self.available.saturating_add(self.held)
    }
}

/// As it is written. Every stored decision has one, so what is usual is left out.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    available: i64,
    #[serde(default, skip_serializing_if = "is_zero")]
    held: i64,
    /// Left out where it is what is available.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stakeable: Option<i64>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it with a reference"
)]
fn is_zero(number: &i64) -> bool {
    *number == 0
}

impl From<Balance> for Written {
    fn from(balance: Balance) -> Self {
        let Balance {
            available,
            held,
            stakeable,
        } = balance;
        Self {
            available,
            held,
            stakeable: Some(stakeable).filter(|stakeable| *stakeable != available),
        }
    }
}

impl From<Written> for Balance {
    fn from(written: Written) -> Self {
        Self {
            available: written.available,
            held: written.held,
            stakeable: written.stakeable.unwrap_or(written.available),
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_usual_is_left_out_and_read_back() {
        let balance = |available, held, stakeable| Balance {
            available,
            held,
            stakeable,
        };
        for (balance, written) in [
            (balance(5, 0, 5), json!({"available": 5})),
            (balance(5, 2, 5), json!({"available": 5, "held": 2})),
            (balance(5, 0, 3), json!({"available": 5, "stakeable": 3})),
            (balance(-5, 0, 0), json!({"available": -5, "stakeable": 0})),
        ] {
            assert_eq!(serde_json::to_value(balance).unwrap(), written);
            assert_eq!(serde_json::from_value::<Balance>(written).unwrap(), balance);
        }
        assert!(serde_json::from_value::<Balance>(json!({"held": 1})).is_err());
    }
}
