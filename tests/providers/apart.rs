//! The edge cases with the roles apart: what a provider is told, and what is booked, does not depend on how the house is put
//! together.
//!
//! Those that need the brand closed are left out (`CROUPIER_TEST_COMPOSITION=apart` plays all): each waits until every
//! process has read that its doors are closed, and again until they are open.

use croupier_game::{conformance::cases, provider::PROTOCOLS};

use super::{Played, hand::HouseHand, page, play};
use crate::{
    books,
    harness::{Composition, House},
};

/// The cases that close the brand.
const CLOSED: [&str; 2] = [
    "a win at a brand that closed since",
    "a bet at a brand that is closed",
];

#[tokio::test]
async fn every_provider_is_told_the_same_with_the_roles_apart() {
    let house = House::composed(Composition::Apart, |_| {}).await;
    HouseHand::set_rules(&house).await;
    let mut cases = cases::all();
    cases.retain(|case| !CLOSED.contains(&case.name));
    let written = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/providers.md");
    let written = std::fs::read_to_string(written).unwrap();
    let (mut faults, mut compared) = (Vec::new(), 0);
    for (column, protocol) in PROTOCOLS.iter().enumerate() {
        for Played { name, cell, .. } in play(&house, protocol, &cases, &mut faults).await {
            let begins = format!("| {name} | ");
            // What contracts say of a thing stands before what came of it, and may have its name.
            let line = written
                .lines()
                .rev()
                .find_map(|line| line.strip_prefix(&begins))
                .unwrap();
            let told = line.trim_end_matches(" |").split(" | ").nth(column).unwrap();
            let cell = page::cell(&cell);
            if told != cell {
                faults.push(format!("{protocol:?} {name}: {cell}, and in one process {told}"));
            }
            compared += 1;
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(compared > 100, "{compared}");
    books::audit(&house).await;
}
