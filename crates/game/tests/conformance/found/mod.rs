//! Which cases find which fault, in an operator of which protocols.

mod answers;
mod proof;
mod repeats;
mod rollbacks;
mod rounds;
mod standing;
mod values;

use std::collections::BTreeSet;

use crate::fault::Fault;

/// A fault, and what finds it.
#[derive(Debug)]
pub struct Found {
    pub fault: Fault,
    /// The protocols it is planted in: the others say nothing that it is about.
    pub at: &'static [&'static str],
    /// The cases that find it, where the protocol says them.
    pub by: &'static [&'static str],
    /// Those that do not, although they are said there.
    pub but: &'static [(&'static str, &'static [&'static str])],
}

/// Every protocol.
const EVERYWHERE: &[&str] = &[
    "hub88",
    "softswiss",
    "spribe",
    "pragmatic",
    "slotegrator",
    "evolution",
];

/// Every case that a rollback is answered in.
const ROLLBACKS: &[&str] = &[
    "a bet and a win that was spent rolled back in one call",
    "a bet and its win rolled back in one call",
    "a bet and its win rolled back in one call, again",
    "a bet that comes after its rollback",
    "a call whose rollback was applied before, with one that was not",
    "a refund that names a win",
    "a rollback after the launch ended",
    "a rollback again",
    "a rollback eight times at once",
    "a rollback of a bet",
    "a rollback of a bet that was never seen",
    "a rollback of a bet that was refused",
    "a rollback of a bet that was won",
    "a rollback of a bet whose answer was lost",
    "a rollback of a bet, and the same stake once more",
    "a rollback of a player who is blocked since",
    "a rollback of a win that was spent",
    "a rollback of another brand's bet",
    "a rollback of another player's bet",
    "a rollback that was signed a day ago",
    "a rollback's id for another bet",
    "a second rollback of the same bet under another id",
    "a win of a bet that was rolled back",
    "the same bet id at another brand",
];

/// Of these, those that find nothing to undo.
const OF_NOTHING: &[&str] = &[
    "a bet that comes after its rollback",
    "a rollback of a bet that was never seen",
    "a rollback of a bet that was refused",
    "a rollback of another brand's bet",
    "a rollback of another player's bet",
];

/// A rollback that is said again is known by its id, whatever is done with others.
const UNDONE_AGAIN: &[&str] = &["a rollback again", "a rollback eight times at once"];

/// Cases whose answer is told again, or refused.
const SAID_AGAIN: &[&str] = &[
    "a bet again",
    "a bet again after its win",
    "a bet eight times at once",
    "a bet that was taken, again after the player was blocked",
    "a promotion's win again",
    "a rollback again",
    "a rollback eight times at once",
    "a second rollback of the same bet under another id",
    "a win again",
    "a win eight times at once",
    "a win of a bet that was rolled back",
    "a win without its bet",
    "very many bets, several at once",
];

/// The cases that a protocol has no message for.
const SILENT: &[(&str, &[&str])] = &[
    (
        "a bet and a win in one call",
        &["hub88", "spribe", "pragmatic", "slotegrator", "evolution"],
    ),
    (
        "a bet and a win that was spent rolled back in one call",
        &["hub88", "spribe", "pragmatic", "evolution"],
    ),
    (
        "a bet and its win rolled back in one call",
        &["hub88", "spribe", "pragmatic", "evolution"],
    ),
    (
        "a bet and its win rolled back in one call, again",
        &["hub88", "spribe", "pragmatic", "evolution"],
    ),
    (
        "a bet beyond the balance and its win in one call",
        &["hub88", "spribe", "pragmatic", "slotegrator", "evolution"],
    ),
    ("a bet in another currency", &["pragmatic"]),
    ("a bet signed for another one", &["pragmatic", "evolution"]),
    (
        "a bet to which a field was added after it was signed",
        &["evolution"],
    ),
    (
        "a bet whose address says something nobody knows",
        &["hub88", "softswiss", "pragmatic", "slotegrator"],
    ),
    (
        "a bet with a token that was never issued",
        &["softswiss", "spribe"],
    ),
    ("a bet with another brand's token", &["softswiss", "spribe"]),
    ("a bet with another player's token", &["softswiss", "spribe"]),
    ("a bet with one byte changed after it was signed", &["evolution"]),
    ("a bet's id in another currency", &["pragmatic"]),
    (
        "a call whose bet was applied before, with a win that was not",
        &["hub88", "spribe", "pragmatic", "slotegrator", "evolution"],
    ),
    (
        "a call whose rollback was applied before, with one that was not",
        &["hub88", "spribe", "pragmatic", "evolution"],
    ),
    ("a free round's bet", &["softswiss", "spribe", "evolution"]),
    ("a jackpot", &["hub88", "softswiss", "spribe", "evolution"]),
    ("a jackpot again", &["hub88", "softswiss", "spribe", "evolution"]),
    ("a player who sits down", &["hub88", "softswiss", "slotegrator"]),
    (
        "a player who sits down with a token that was never issued",
        &["hub88", "softswiss", "slotegrator"],
    ),
    ("a promotion's win in another currency", &["softswiss"]),
    (
        "a refund that names a win",
        &["hub88", "softswiss", "spribe", "evolution"],
    ),
    ("a rollback of a win that was spent", &["pragmatic", "evolution"]),
    (
        "a rollback that was signed a day ago",
        &["hub88", "softswiss", "pragmatic", "slotegrator", "evolution"],
    ),
    ("a rollback's id for another bet", &["pragmatic", "evolution"]),
    (
        "a second rollback of the same bet under another id",
        &["pragmatic"],
    ),
    ("a second win after the round was over", &["evolution"]),
    (
        "a second win of a bet under another id",
        &["hub88", "softswiss", "spribe", "pragmatic", "slotegrator"],
    ),
    ("a win in another currency", &["pragmatic"]),
    (
        "a win of another player's bet",
        &["softswiss", "pragmatic", "slotegrator"],
    ),
    (
        "a win that brings a prize along",
        &["hub88", "softswiss", "spribe", "slotegrator", "evolution"],
    ),
    (
        "a win that brings a prize along, again",
        &["hub88", "softswiss", "spribe", "slotegrator", "evolution"],
    ),
    (
        "a win that was signed a day ago",
        &["hub88", "softswiss", "pragmatic", "slotegrator", "evolution"],
    ),
    (
        "a win with a token that was never issued",
        &["softswiss", "spribe"],
    ),
    (
        "a win's id for another bet",
        &["softswiss", "pragmatic", "slotegrator", "evolution"],
    ),
    (
        "the end of a round, told apart",
        &["hub88", "spribe", "slotegrator", "evolution"],
    ),
];

/// Every fault that is planted.
pub fn all() -> impl Iterator<Item = &'static Found> {
    [
        proof::FOUND,
        repeats::FOUND,
        rollbacks::FOUND,
        rounds::FOUND,
        standing::FOUND,
        values::FOUND,
        answers::FOUND,
    ]
    .into_iter()
    .flatten()
}

/// What finds it in an operator of this protocol.
pub fn by(found: &Found, protocol: &str) -> BTreeSet<&'static str> {
    let but = found.but.iter().filter(|(at, _)| *at == protocol);
    let but: Vec<_> = but.flat_map(|(_, cases)| *cases).collect();
    let by = found.by.iter().filter(|case| !but.contains(case));
    by.copied().filter(|case| !is_silent(protocol, case)).collect()
}

/// Whether a protocol has no message for a case.
pub fn is_silent(protocol: &str, case: &str) -> bool {
    SILENT
        .iter()
        .any(|(name, at)| *name == case && at.contains(&protocol))
}
