//! The document says what the routes are, no more and no less.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::harness::House;

fn documented(document: &Value) -> BTreeSet<String> {
    let paths = document["paths"].as_object().unwrap();
    paths
        .iter()
        .flat_map(|(path, methods)| {
            methods
                .as_object()
                .unwrap()
                .keys()
                .map(move |method| format!("{} {path}", method.to_uppercase()))
        })
        .collect()
}

fn listed() -> BTreeSet<String> {
    croupier::runtime::route_list()
        .iter()
        .map(|route| format!("{} {}", route.method, route.path))
        .collect()
}

#[tokio::test]
async fn the_document_and_the_routes_agree() {
    let house = House::open().await;
    let document = house.aurora.get("/openapi.json", None).await.unwrap().body;
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    assert_eq!(documented(&document), listed());
    let operations: Vec<&Value> = document["paths"]
        .as_object()
        .unwrap()
        .values()
        .flat_map(|item| item.as_object().unwrap().values())
        .collect();
    let names: BTreeSet<&str> = operations
        .iter()
        .map(|operation| operation["operationId"].as_str().unwrap())
        .collect();
    assert_eq!(
        names.len(),
        operations.len(),
        "operation ids are unique (OpenAPI 3.1, 4.8.10)"
    );
}

#[tokio::test]
async fn who_may_not_while_the_brand_is_closed_is_told_so_by_the_document() {
    let house = House::open().await;
    let document = house.aurora.get("/openapi.json", None).await.unwrap().body;
    for path in [
        "/api/v1/wallet/deposits",
        "/api/v1/wallet/withdrawals",
        "/api/v1/games/{game}/sessions",
    ] {
        let closed = &document["paths"][path]["post"]["responses"]["503"]["description"];
        assert!(
            closed.as_str().unwrap_or_default().contains("`brand_closed`"),
            "{path}: {closed}"
        );
    }
}

#[tokio::test]
async fn every_route_that_needs_a_token_or_a_brand_refuses_without() {
    let house = House::open().await;
    for route in croupier::runtime::route_list() {
        use croupier_brand::http::routes::Access;
        let path = route.path.replace("{game}", "northern-lights");
        let [there, nowhere] = [house.aurora.clone(), house.at("nowhere.localhost")].map(|casino| {
            let (method, path) = (route.method.clone(), path.clone());
            async move { casino.send(casino.request(method, &path)).await.unwrap() }
        });
        let (there, nowhere) = (there.await, nowhere.await);
        match route.access {
            Access::Player => {
                assert_eq!(
                    (there.status.as_u16(), there.code()),
                    (401, "unauthenticated"),
                    "{route:?}"
                );
                assert_eq!(nowhere.code(), "unknown_domain", "{route:?}");
            }
            Access::Brand => assert_eq!(nowhere.code(), "unknown_domain", "{route:?}"),
            Access::Provider => {
                let name = route.path.split('/').nth(2).unwrap();
                let driver = croupier_game::provider::Protocol::named(name).unwrap().driver();
                let seat = croupier_game::conformance::Seat {
                    user: String::new(),
                    token: String::new(),
                    game: String::new(),
                    currency: "EUR".to_owned(),
                };
                let heard = driver.hear(there.status.as_u16(), there.body.to_string().as_bytes(), &seat);
                assert_eq!(
                    heard.class,
                    croupier_game::conformance::Class::BadSignature,
                    "{route:?}: {there:?}"
                );
            }
            Access::Public => assert!(there.status.is_success(), "{route:?}: {there:?}"),
            Access::Service => panic!("{route:?} is not for the edge"),
        }
    }
}
