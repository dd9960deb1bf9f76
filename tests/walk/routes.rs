//! Every route with every wrong identity, and with another brand's ids in all the places where ids go.
//!
//! Each call is watched from outside: of the brand that it is not for, no row and no key in Redis may
//! change, and none of either where it is refused.

use std::collections::BTreeSet;

use croupier::demo::client::Casino;
use croupier_brand::http::routes::{Access, Route};
use http::Method;

use super::{
    estate::{Ids, Visitor},
    expectations::{Expectation, Said},
    heard::Call,
    table,
    watched::{Walk, bet_is_taken, forged, operators, sign},
};
use crate::harness::{Composition, House};

/// A brand that there is, beside the two, would be one too many.
const NOBODYS_BRAND: &str = "7";

fn names<'a>(routes: impl IntoIterator<Item = (&'a Method, &'a str)>) -> BTreeSet<String> {
    routes
        .into_iter()
        .map(|(method, path)| format!("{method} {path}"))
        .collect()
}

fn listed(routes: &[Route]) -> BTreeSet<String> {
    names(routes.iter().map(|route| (&route.method, route.path)))
}

/// The routes that are walked here: of the providers', Hub88's. Another brand's accounts, launches, rounds and
/// transactions are tried at every provider's by [`super::callbacks`].
fn walked() -> Vec<Route> {
    let mut routes = croupier::runtime::route_list();
    routes.retain(|route| route.access != Access::Provider || route.path.starts_with("/callbacks/hub88/"));
    routes
}

#[tokio::test]
async fn every_route_has_its_expectation_and_every_expectation_its_route() {
    let (routes, expected) = (walked(), table::edge());
    let lines = names(expected.iter().map(|line| (&line.method, line.path)));
    assert_eq!(lines.len(), expected.len(), "a route has two lines");
    assert_eq!(
        listed(&routes),
        lines,
        "routes, and the lines of tests/walk/table.rs"
    );
    for route in &routes {
        let line = expected
            .iter()
            .find(|line| (&line.method, line.path) == (&route.method, route.path));
        assert_eq!(line.unwrap().access, route.access, "{route:?}");
        // A parameter in a path is an id: something must try another's in it.
        assert!(
            !route.path.contains('{') || !line.unwrap().probes.is_empty(),
            "{route:?}: nothing tries another's id"
        );
    }
    // The back office's own listener; `iso_65` and its like will walk it when it has rows to guard.
    assert_eq!(
        listed(&croupier::runtime::back_office_list()),
        ["GET /admin/v1/brands".to_owned()].into()
    );
}

#[tokio::test]
async fn iso_13_iso_17_iso_22_no_route_does_anything_for_who_is_somebody_else() {
    let walk = Walk::begin().await;
    for line in table::edge() {
        let what = |case: &str| format!("{} {}: {case}", line.method, line.path);
        for (home, away) in [(0, 1), (1, 0)] {
            let visitor = walk.estate.visitor(home).await;
            let call = (line.call)(&visitor);
            walk.make(&call, walk.door(home), home, line.bare, &what("without a token"))
                .await;
            let visitor = walk.estate.visitor(home).await;
            let by_operator = walk.proven_by(&line, (line.call)(&visitor), &walk.operator);
            walk.make(
                &by_operator,
                walk.door(home),
                home,
                line.operator,
                &what("with an operator's token"),
            )
            .await;
            // A provider's call is for the brand that its body says, at whichever door.
            let served = if line.access == Access::Provider {
                home
            } else {
                away
            };
            let visitor = walk.estate.visitor(home).await;
            let call = walk.proven_by(&line, (line.call)(&visitor), &visitor.guest.token);
            walk.make(
                &call,
                walk.door(away),
                served,
                line.elsewhere,
                &what("at the other brand's door"),
            )
            .await;
            let visitor = walk.estate.visitor(home).await;
            let call = walk.proven_by(&line, (line.call)(&visitor), &visitor.guest.token);
            let nowhere = walk.estate.house.at("nowhere.localhost");
            walk.make(&call, &nowhere, home, line.nowhere, &what("at nobody's door"))
                .await;
            // And what was refused is good where it belongs.
            let visitor = walk.estate.visitor(home).await;
            let call = walk.proven(&line, (line.call)(&visitor), &visitor);
            walk.make(&call, walk.door(home), home, line.own, &what("at home"))
                .await;
        }
    }
    walk.estate.house.audit().await;
}

#[tokio::test]
async fn iso_24_no_route_serves_a_brand_that_is_suspended() {
    let walk = Walk::begin().await;
    let mut visitors = Vec::new();
    for line in table::edge() {
        visitors.push((line, walk.estate.visitor(0).await, walk.estate.visitor(1).await));
    }
    sqlx::query("UPDATE brand SET status = 'suspended' WHERE code = 'aurora'")
        .execute(&walk.estate.house.owner)
        .await
        .unwrap();
    let began = std::time::Instant::now();
    // The edge and the game routes may stand in different processes.
    while bet_is_taken(&walk).await || walk.door(0).get("/api/v1/brand", None).await.unwrap().status != 403 {
        assert!(began.elapsed().as_secs() < 10, "the casino is still open");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    for (line, visitor, neighbour) in visitors {
        let what = |case: &str| format!("{} {}: {case}", line.method, line.path);
        let call = walk.proven(&line, (line.call)(&visitor), &visitor);
        walk.make(&call, walk.door(0), 0, line.suspended, &what("suspended"))
            .await;
        let call = walk.proven(&line, (line.call)(&neighbour), &neighbour);
        walk.make(&call, walk.door(1), 1, line.own, &what("its neighbour"))
            .await;
    }
    walk.estate.house.audit().await;
}

#[tokio::test]
async fn iso_23_iso_35_iso_41_iso_69_another_brands_ids_are_ids_of_nothing() {
    let walk = Walk::begin().await;
    try_anothers_ids(&walk).await;
    walk.estate.house.audit().await;
}

/// Every route with another brand's ids in all the places where ids go.
pub async fn try_anothers_ids(walk: &Walk) {
    for line in table::edge() {
        for probe in &line.probes {
            let what = format!("{} {}: {}", line.method, line.path, probe.name);
            same(walk, &line, probe.said, &what, |visitor, ids| {
                walk.proven(&line, (probe.call)(visitor, ids), visitor)
            })
            .await;
        }
        let house = &walk.estate.house;
        if let Some(said) = line.strange_player {
            let what = format!(
                "{} {}: a token for another brand's player",
                line.method, line.path
            );
            same(walk, &line, said, &what, |visitor, ids| {
                (line.call)(visitor).by(&forged(house, visitor, &ids.player, &ids.session))
            })
            .await;
        }
        if let Some(said) = line.strange_session {
            let what = format!(
                "{} {}: a token of another brand's session",
                line.method, line.path
            );
            same(walk, &line, said, &what, |visitor, ids| {
                (line.call)(visitor).by(&forged(house, visitor, &visitor.guest.id, &ids.session))
            })
            .await;
        }
    }
}

/// Two visitors make the same call, one with another brand's ids, one with nobody's: they are told the same.
async fn same(
    walk: &Walk,
    line: &Expectation,
    said: Said,
    what: &str,
    call: impl Fn(&Visitor, &Ids) -> Call,
) {
    // Whoever tried before has left traces of the ids at home.
    let theirs = walk.estate.resident(1).await;
    let nobodys = theirs.nobodys();
    let mut told = Vec::new();
    for (ids, whose) in [(&theirs, "another's"), (&nobodys, "nobody's")] {
        let visitor = walk.estate.visitor(0).await;
        let heard = walk
            .make(
                &call(&visitor, ids),
                walk.door(0),
                0,
                said,
                &format!("{what}, {whose}"),
            )
            .await;
        let names = ids.all().into_iter().chain(visitor.names());
        told.push(heard.but_for(names, line.generated));
    }
    assert!(told[0] == told[1], "{what}:\n{}\n\n{}", told[0], told[1]);
}

#[tokio::test]
async fn iso_40_no_claim_in_a_query_a_header_or_a_body_is_a_source_of_scope() {
    let walk = Walk::begin().await;
    for line in table::edge() {
        let mut claims: Vec<(&str, Said)> = vec![
            ("query", line.claims_in_query),
            ("headers", line.claims_in_headers),
        ];
        claims.extend(line.claims_in_body.map(|said| ("body", said)));
        for (place, said) in claims {
            let mut told = Vec::new();
            for brand in ["2", NOBODYS_BRAND] {
                let visitor = walk.estate.visitor(0).await;
                let call = (line.call)(&visitor);
                let call = match place {
                    "query" => call.asking("brand_id", brand),
                    "headers" => call
                        .with("x-brand-id", brand)
                        .with("x-brand-signature", &format!("v2={}", "0".repeat(64)))
                        .with("x-caller-service", "gateway")
                        .with("x-forwarded-host", "bonanza.localhost"),
                    _ => call
                        .saying("brand_id", brand.parse::<i64>().unwrap().into())
                        .unwrap(),
                };
                let call = walk.proven(&line, call, &visitor);
                let what = format!("{} {}: brand {brand} in the {place}", line.method, line.path);
                let heard = walk.make(&call, walk.door(0), 0, said, &what).await;
                told.push(heard.but_for(visitor.names(), line.generated));
            }
            assert!(
                line.restless || told[0] == told[1],
                "{} {} {place}:\n{}\n\n{}",
                line.method,
                line.path,
                told[0],
                told[1]
            );
        }
    }
    walk.estate.house.audit().await;
}

#[tokio::test]
async fn iso_22_the_back_office_opens_to_operators_alone() {
    // It stands beside a process that runs everything.
    let house = House::composed(Composition::Together, |_| {}).await;
    let (a, operator) = (
        house.guest(&house.aurora, "alice").await,
        sign(&house.local.operator_keys(), &operators()),
    );
    let office = Casino::new(&format!("http://{}", house.admin.unwrap()), "office.localhost");
    for route in croupier::runtime::back_office_list() {
        let call = || Call::new(route.method.clone(), route.path);
        for (call, status) in [
            (call(), 401),
            (call().by(&a.token), 401),
            (call().by(&operator), 200),
        ] {
            assert_eq!(call.to(&office).await.said().0, status, "{route:?}");
        }
        // At the edge there is no such address, whoever asks.
        for token in [&a.token, &operator] {
            assert_eq!(
                call().by(token).to(&house.aurora).await.said().0,
                404,
                "{route:?}"
            );
        }
    }
}
