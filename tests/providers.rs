//! The edge cases of `croupier_game::conformance`, for every provider, over real HTTP against the whole server; and the
//! document that says what came of them.
//!
//! docs/providers.md is written by this test: `CROUPIER_WRITE_DOCS=1 cargo test -p croupier --test whole providers`
//! (`make docs-providers`). Otherwise it fails where the file says something else.

mod accounts;
mod apart;
mod beyond;
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

use beyond::Table;
use croupier_game::{
    conformance::{
        Driver, Finding, Hand, Kit, ProviderKey, Seat, Stop,
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

/// A case or a line, and what came of it.
struct Played {
    /// Whether the kit plays it at anybody's wallet.
    anywhere: bool,
    group: u8,
    name: &'static str,
    cell: Cell,
}

/// What came of it, a fault put to the others: one run tells all of them.
fn cell(
    protocol: &Protocol,
    name: &str,
    ended: Result<(), Stop>,
    kit: &Kit<'_>,
    faults: &mut Vec<String>,
) -> Cell {
    match ended {
        Ok(()) => Cell::Found(kit.finding().cloned().expect("it ends with a judgement")),
        Err(Stop::NotSaid(why)) => Cell::None(why),
        Err(fault) => {
            let last = kit.exchanges().last();
            faults.push(format!("{} · {name}: {fault}\n    {last:?}", protocol.spec.name));
            Cell::None("FAILED")
        }
    }
}

/// Plays cases as one provider.
async fn play(
    house: &House,
    protocol: &'static Protocol,
    cases: &[Case],
    faults: &mut Vec<String>,
) -> Vec<Played> {
    let (driver, key) = (protocol.driver(), key(house, protocol));
    let mut all = Vec::new();
    for (at, case) in cases.iter().enumerate() {
        let hand = HouseHand::of(house, protocol, at);
        let mut kit = kit_at(house, &*driver, &key, &hand, hand.seat("player").await);
        let ended = (case.run)(&mut kit).await;
        let cell = cell(protocol, case.name, ended, &kit, faults);
        hand.tidy().await;
        all.push(Played {
            anywhere: true,
            group: case.group,
            name: case.name,
            cell,
        });
    }
    all
}

/// Plays what no provider brings about by itself.
async fn play_beyond(
    house: &House,
    protocol: &'static Protocol,
    next_key: &ProviderKey,
    faults: &mut Vec<String>,
) -> Vec<Played> {
    let (driver, key) = (protocol.driver(), key(house, protocol));
    let mut all = Vec::new();
    for (at, line) in beyond::LINES.iter().enumerate() {
        let hand = &HouseHand::of(house, protocol, 950 + at);
        let mut kit = kit_at(house, &*driver, &key, hand, hand.seat("player").await);
        let table = Table {
            house,
            protocol,
            hand,
            next_key,
        };
        let ended = (line.run)(&mut kit, &table).await;
        let cell = cell(protocol, line.name, ended, &kit, faults);
        all.push(Played {
            anywhere: false,
            group: line.group,
            name: line.name,
            cell,
        });
    }
    all
}

/// A provider that calls this house, for a player who sits there.
fn kit_at<'a>(
    house: &House,
    driver: &'a dyn Driver,
    key: &'a ProviderKey,
    hand: &'a dyn Hand,
    seat: Seat,
) -> Kit<'a> {
    let base = format!("{}/callbacks/{}", house.edge, driver.name());
    Kit::new(driver, key, hand, base.parse().unwrap(), seat).unwrap()
}

#[tokio::test]
async fn every_edge_case_is_as_every_provider_wants_it_and_the_document_says_so() {
    let (house, next_keys) = credentials::house_with_next_keys().await;
    HouseHand::set_rules(&house).await;
    let (mut faults, mut columns) = (Vec::new(), Vec::new());
    for (protocol, next_key) in PROTOCOLS.iter().zip(&next_keys) {
        let mut column = play(&house, protocol, &cases::all(), &mut faults).await;
        column.extend(play_beyond(&house, protocol, next_key, &mut faults).await);
        columns.push((protocol, column));
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
