//! Which buckets a brand's wallets have, and which way money goes through them.
//!
//! A topology is a document of which a brand may add versions. A wallet row keeps its sums by
//! position, so buckets are only ever appended: a position never changes its meaning.

use std::sync::{Arc, LazyLock};

use serde::{Deserialize, Serialize};

/// The most buckets. A withdrawal posts two lines for each, and a journal row holds sixteen.
pub const MAX_BUCKETS: usize = 8;

/// A valid topology.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Document", into = "Document")]
pub struct Topology {
    buckets: Vec<Bucket>,
    bet_order: Vec<usize>,
    win_to: usize,
    deposit_to: usize,
    withdraw_order: Vec<usize>,
}

/// A part of a wallet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bucket {
    /// Its name in the journal and the API: 2 to 20 of `a-z` and `_`.
    pub code: String,
    /// Whether its money can be withdrawn.
    pub withdrawable: bool,
}

/// The document as it is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    /// By position; only ever appended to.
    buckets: Vec<Bucket>,
    /// Where a stake is taken from, first to last. A bucket left out cannot be staked.
    bet_order: Vec<String>,
    /// Where a win goes.
    win_to: String,
    /// Where a deposit goes.
    deposit_to: String,
}

/// Why a document is not a topology: every fault of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("; "))]
pub struct InvalidTopology(Vec<String>);

impl InvalidTopology {
    /// Each fault, a sentence without its full stop.
    #[must_use]
    pub fn faults(&self) -> &[String] {
        &self.0
    }
}

static DEFAULT: LazyLock<Arc<Topology>> = LazyLock::new(|| {
    let bucket = |code: &str, withdrawable| Bucket {
        code: code.to_owned(),
        withdrawable,
    };
    Arc::new(Topology {
        buckets: vec![bucket("cash", true), bucket("bonus", false)],
        bet_order: vec![0, 1],
        win_to: 0,
        deposit_to: 0,
        withdraw_order: vec![0],
    })
});

impl Topology {
    /// What a brand has that never chose: cash and bonus; stakes from cash first, wins and deposits
    /// to cash, only cash withdrawable.
    #[must_use]
    pub fn standard() -> Arc<Self> {
        Arc::clone(&DEFAULT)
    }

    /// Whether this may come after `former`: the same buckets first, in the same order.
    ///
    /// # Errors
    /// [`InvalidTopology`] naming every bucket of `former` that is not where it was.
    pub fn follows(&self, former: &Self) -> Result<(), InvalidTopology> {
        let faults: Vec<_> = former
            .buckets
            .iter()
            .enumerate()
            .filter(|(position, bucket)| {
                self.buckets
                    .get(*position)
                    .is_none_or(|now| now.code != bucket.code)
            })
            .map(|(position, bucket)| {
                format!(
                    "buckets: {:?} must stay bucket number {}; buckets can only be appended",
                    bucket.code,
                    position + 1
                )
            })
            .collect();
        if faults.is_empty() {
            Ok(())
        } else {
            Err(InvalidTopology(faults))
        }
    }

    /// The buckets, by position.
    #[must_use]
    pub fn buckets(&self) -> &[Bucket] {
        &self.buckets
    }

    /// Positions that a stake is taken from, first to last.
    #[must_use]
    pub fn bet_order(&self) -> &[usize] {
        &self.bet_order
    }

    /// Positions that a withdrawal is taken from, first to last: the withdrawable buckets.
    #[must_use]
    pub fn withdraw_order(&self) -> &[usize] {
        &self.withdraw_order
    }

    /// The position a win goes to.
    #[must_use]
    pub fn win_to(&self) -> usize {
        self.win_to
    }

    /// The position a deposit goes to.
    #[must_use]
    pub fn deposit_to(&self) -> usize {
        self.deposit_to
    }
}

impl TryFrom<Document> for Topology {
    type Error = InvalidTopology;

    fn try_from(document: Document) -> Result<Self, InvalidTopology> {
        let Document {
            buckets,
            bet_order,
            win_to,
            deposit_to,
        } = document;
        let mut faults = bucket_faults(&buckets);
        let mut position = |field: &str, code: &str| {
            let found = buckets.iter().position(|bucket| bucket.code == code);
            if found.is_none() {
                faults.push(format!("{field}: {code:?} is not one of the buckets"));
            }
            found
        };
        let order: Vec<_> = bet_order
            .iter()
            .filter_map(|code| position("bet_order", code))
            .collect();
        let (win_to, deposit_to) = (position("win_to", &win_to), position("deposit_to", &deposit_to));
        if bet_order.is_empty() {
            faults.push("bet_order: names no bucket".to_owned());
        }
        faults.extend(
            repeated(bet_order.iter()).map(|code| format!("bet_order: {code:?} appears more than once")),
        );
        match (win_to, deposit_to, faults.is_empty()) {
            (Some(win_to), Some(deposit_to), true) => {
                let withdraw_order = (0..buckets.len())
                    .filter(|at| buckets[*at].withdrawable)
                    .collect();
                Ok(Self {
                    buckets,
                    bet_order: order,
                    win_to,
                    deposit_to,
                    withdraw_order,
                })
            }
            _ => Err(InvalidTopology(faults)),
        }
    }
}

impl From<Topology> for Document {
    fn from(topology: Topology) -> Self {
        let code = |at: usize| topology.buckets[at].code.clone();
        Self {
            bet_order: topology.bet_order.iter().map(|at| code(*at)).collect(),
            win_to: code(topology.win_to),
            deposit_to: code(topology.deposit_to),
            buckets: topology.buckets,
        }
    }
}

fn bucket_faults(buckets: &[Bucket]) -> Vec<String> {
    let mut faults = Vec::new();
    if !(1..=MAX_BUCKETS).contains(&buckets.len()) {
        faults.push(format!(
            "buckets: there must be 1 to {MAX_BUCKETS}, not {}",
            buckets.len()
        ));
    }
    for Bucket { code, .. } in buckets {
        if !(2..=20).contains(&code.len())
            || !code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        {
            faults.push(format!("buckets: {code:?} must be 2 to 20 of a-z and _"));
        }
    }
    faults.extend(
        repeated(buckets.iter().map(|bucket| &bucket.code))
            .map(|code| format!("buckets: {code:?} appears more than once")),
    );
    faults
}

/// Each text that was there before, once for each time it comes again.
fn repeated<'a>(texts: impl Iterator<Item = &'a String>) -> impl Iterator<Item = &'a String> {
    let mut seen = std::collections::BTreeSet::new();
    texts.filter(move |text| !seen.insert(*text))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(document: Value) -> Result<Topology, String> {
        serde_json::from_value(document).map_err(|fault| fault.to_string())
    }

    fn buckets(codes: &[&str]) -> Value {
        codes
            .iter()
            .map(|code| json!({"code": code, "withdrawable": *code == "cash"}))
            .collect()
    }

    #[test]
    fn the_standard_topology_is_a_valid_document() {
        let written = serde_json::to_value(&*Topology::standard()).unwrap();
        assert_eq!(
            written,
            json!({"buckets": buckets(&["cash", "bonus"]), "bet_order": ["cash", "bonus"], "win_to": "cash", "deposit_to": "cash"})
        );
        assert_eq!(read(written).unwrap(), *Topology::standard());
    }

    #[test]
    fn every_fault_is_named_at_once() {
        let faults = read(json!({
            "buckets": buckets(&["cash", "Cash", "x", "cash"]),
            "bet_order": ["cash", "gold", "cash"],
            "win_to": "silver",
            "deposit_to": "bonus",
        }))
        .unwrap_err();
        for expected in [
            "buckets: \"Cash\" must be 2 to 20 of a-z and _",
            "buckets: \"x\" must be",
            "buckets: \"cash\" appears more than once",
            "bet_order: \"gold\" is not one of the buckets",
            "bet_order: \"cash\" appears more than once",
            "win_to: \"silver\" is not",
            "deposit_to: \"bonus\" is not",
        ] {
            assert!(faults.contains(expected), "{expected} in {faults}");
        }
        assert!(
            read(json!({"buckets": [], "bet_order": [], "win_to": "a", "deposit_to": "a"}))
                .unwrap_err()
                .contains("there must be 1 to 8, not 0")
        );
        assert!(read(json!({"buckets": buckets(&["cash"]), "bet_order": ["cash"], "win_to": "cash", "deposit_to": "cash", "x": 1})).is_err());
    }

    #[test]
    fn buckets_are_only_appended() {
        let version = |codes: &[&str]| {
            read(json!({"buckets": buckets(codes), "bet_order": ["cash"], "win_to": "cash", "deposit_to": "cash"})).unwrap()
        };
        let first = version(&["cash", "bonus"]);
        assert!(version(&["cash", "bonus", "points"]).follows(&first).is_ok());
        assert!(first.follows(&first).is_ok());
        assert_eq!(
            version(&["bonus", "cash"])
                .follows(&first)
                .unwrap_err()
                .faults()
                .len(),
            2
        );
        assert_eq!(version(&["cash"]).follows(&first).unwrap_err().faults().len(), 1);
    }
}
