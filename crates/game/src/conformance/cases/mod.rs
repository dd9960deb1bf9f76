//! The edge cases that a serious operator's wallet handles, told once in neutral words.
//!
//! A case plays from a seat whose player has at least 100.00 and no open round of the case. It ends with a
//! [`judge`](super::Kit::judge): that answer, and what the books make of it, is the case's line in
//! docs/providers.md.

mod late;
mod opened;
mod proof;
mod references;
mod repeats;
mod rounds;
mod several;
mod standing;
mod undone;
mod values;

use super::{Kit, Need, Rule, Step};

/// One case.
#[derive(Clone, Copy)]
pub struct Case {
    /// The group it is of.
    pub group: u8,
    /// What happens.
    pub name: &'static str,
    /// What it would see broken.
    pub rule: Rule,
    /// What it needs beside its player.
    pub needs: &'static [Need],
    /// How it is played.
    pub run: for<'k, 'a> fn(&'k mut Kit<'a>) -> Step<'k, ()>,
}

impl std::fmt::Debug for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.group, self.name)
    }
}

/// The groups, by number.
pub const GROUPS: [(u8, &str); 19] = [
    (
        1,
        "The signature is verified over raw bytes, before parsing, failing closed",
    ),
    (
        2,
        "Same id and payload: the stored outcome. Same id, other payload: conflict, no money",
    ),
    (
        3,
        "Concurrent duplicates: one applies, the others get its outcome",
    ),
    (4, "Ids collide across brands and providers without meeting"),
    (
        5,
        "Idempotency is in the database; a refusal stays refused, a failure does not",
    ),
    (6, "Many bets and wins in a round"),
    (
        7,
        "Atomic calls, some actions of which were applied before; a win does not fund its bet",
    ),
    (
        8,
        "Win without a bet; after the round, the launch or the player's standing ended: accepted",
    ),
    (9, "The token must be known, and of that player and brand"),
    (10, "Zero amounts; a free round takes nothing"),
    (11, "Rollback before the bet; the same bet rolled back twice"),
    (12, "Rollback of a win that was spent"),
    (
        13,
        "Rollback after a win, win after a rollback; the game or the launch changes within a round, or days pass",
    ),
    (14, "Currency and amounts that cannot be"),
    (
        15,
        "A reference to another player's or brand's bet is one to nothing",
    ),
    (16, "The answer was lost: the rollback that follows finds the bet"),
    (
        17,
        "No funds, with the real balance; what is refused stops bets only",
    ),
    (
        18,
        "Long ids, ids beyond 64 bits, ids that differ in case; keys that rotate; calls signed long ago",
    ),
    (19, "What is rolled back goes where it came from"),
];

/// Every case, by group.
#[must_use]
pub fn all() -> Vec<Case> {
    let mut all = [
        opened::CASES,
        proof::CASES,
        repeats::CASES,
        rounds::CASES,
        late::CASES,
        several::CASES,
        standing::CASES,
        undone::CASES,
        references::CASES,
        values::CASES,
    ]
    .concat();
    all.sort_by_key(|case| case.group);
    all
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_group_has_a_case_and_no_two_cases_one_name() {
        let cases = all();
        let names: BTreeSet<_> = cases.iter().map(|case| case.name).collect();
        assert_eq!(names.len(), cases.len());
        let groups: BTreeSet<_> = cases.iter().map(|case| case.group).collect();
        assert_eq!(groups, GROUPS.iter().map(|(number, _)| *number).collect());
    }
}
