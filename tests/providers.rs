//! The edge cases of `croupier_game::conformance`, for every provider, over real HTTP against the whole server; and the
//! document that says what came of them.
//!
//! docs/providers.md is written by this test: `CROUPIER_WRITE_DOCS=1 cargo test -p croupier --test whole providers`
//! (`make docs-providers`). Otherwise it fails where the file says something else.

mod accounts;
mod apart;
pub mod brands;
mod conformance;
mod credentials;
mod ended;
pub mod every_call;
mod evolution;
mod forms;
mod hand;
mod house_ids;
mod interleavings;
mod interrupted;
mod late;
mod lists;
mod made_ids;
mod opened;
mod other_currency;
mod page;
mod refused;
mod secrets;
mod self_validation;
mod tokens;

use croupier_game::{
    conformance::{
        Finding, Kit, ProviderKey, Stop,
        cases::{self, Case},
    },
    provider::{PROTOCOLS, Protocol},
};
use hand::HouseHand;

use crate::{books, harness::House};

/// What came of a case for one provider.
enum Cell {
    /// The protocol has no such message, or the operator no such thing; why.
    None(&'static str),
    /// It went as it must.
    Found(Finding),
}

/// A key of a provider's simulator.
pub fn key(house: &House, protocol: &Protocol) -> ProviderKey {
    let file = house.local.provider_signs_with(protocol);
    ProviderKey::read(protocol.spec.keys, &std::fs::read(file).unwrap()).unwrap()
}

/// Plays cases as one provider. Faults are gathered, so that one run tells all of them.
async fn play(
    house: &House,
    protocol: &'static Protocol,
    cases: &[Case],
    faults: &mut Vec<String>,
) -> Vec<(Case, Cell)> {
    let (driver, key) = (protocol.driver(), key(house, protocol));
    let base = format!("{}/callbacks/{}", house.edge, protocol.spec.name);
    let mut cells = Vec::new();
    for (at, case) in cases.iter().copied().enumerate() {
        let hand = HouseHand::of(house, protocol, at);
        let seat = hand.seat("player").await;
        let mut kit = Kit::new(&*driver, &key, &hand, base.parse().unwrap(), seat).unwrap();
        let cell = match (case.run)(&mut kit).await {
            Ok(()) => Cell::Found(kit.finding().cloned().expect("a case ends with a judgement")),
            Err(Stop::NotSaid(why)) => Cell::None(why),
            Err(fault) => {
                let last = kit.exchanges().last();
                faults.push(format!(
                    "{} · {case:?}: {fault}\n    {last:?}",
                    protocol.spec.name
                ));
                Cell::None("FAILED")
            }
        };
        hand.tidy().await;
        cells.push((case, cell));
    }
    cells
}

#[tokio::test]
async fn every_edge_case_is_as_every_provider_wants_it_and_the_document_says_so() {
    let house = House::open().await;
    HouseHand::set_rules(&house).await;
    let (mut faults, mut columns) = (Vec::new(), Vec::new());
    for protocol in &PROTOCOLS {
        columns.push((protocol, play(&house, protocol, &cases::all(), &mut faults).await));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    books::audit(&house).await;

    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/providers.md");
    let page = page::write(&columns);
    if std::env::var_os("CROUPIER_WRITE_DOCS").is_some() {
        std::fs::write(file, &page).unwrap();
    }
    let written = std::fs::read_to_string(file).unwrap_or_default();
    let other = written
        .lines()
        .zip(page.lines())
        .find(|(is, should)| is != should);
    assert!(
        written == page,
        "docs/providers.md is not what the suite found ({other:?}); write it anew: make docs-providers"
    );
}
