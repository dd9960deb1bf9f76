//! The edge cases with the roles apart: what a provider is told, and what is booked, does not depend on how the house is put
//! together.
//!
//! Those that the whole suite plays and this does not (`CROUPIER_TEST_COMPOSITION=apart` plays all) wait for doors to be
//! closed and opened, which takes long.

use croupier_game::{conformance::cases, provider::PROTOCOLS};

use super::{hand::HouseHand, page, play};
use crate::{
    books,
    harness::{Composition, House},
};

/// Signatures, repeats, brands, atomic calls, what is undone in whatever order, strangers' references, lost answers.
const PLAYED: [u8; 9] = [1, 2, 3, 4, 7, 11, 13, 15, 16];

#[tokio::test]
async fn every_provider_is_told_the_same_with_the_roles_apart() {
    let house = House::composed(Composition::Apart, |_| {}).await;
    HouseHand::set_rules(&house).await;
    let mut cases = cases::all();
    cases.retain(|case| PLAYED.contains(&case.group));
    let written = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/providers.md");
    let written = std::fs::read_to_string(written).unwrap();
    let (mut faults, mut compared) = (Vec::new(), 0);
    for (column, protocol) in PROTOCOLS.iter().enumerate() {
        for (case, cell) in play(&house, protocol, &cases, &mut faults).await {
            let begins = format!("| {} | ", case.name);
            let line = written
                .lines()
                .find_map(|line| line.strip_prefix(&begins))
                .unwrap();
            let told = line.trim_end_matches(" |").split(" | ").nth(column).unwrap();
            let cell = page::cell(&cell);
            if told != cell {
                faults.push(format!(
                    "{protocol:?} {case:?}: {cell}, and in one process {told}"
                ));
            }
            compared += 1;
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(compared > 100, "{compared}");
    books::audit(&house).await;
}
