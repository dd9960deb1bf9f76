//! What holds without a database: the document and the routes agree.

use std::collections::BTreeSet;

use utoipa::OpenApi;

use super::*;

#[test]
fn every_route_is_documented_with_its_access_and_nothing_else_is() {
    let document = serde_json::to_value(ApiDoc::openapi()).unwrap();
    let mut documented = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let needs_token = operation["security"].is_array();
            documented.insert((path.clone(), method.clone(), needs_token));
        }
    }
    let listed = table()
        .list()
        .iter()
        .map(|route| {
            (
                route.path.to_owned(),
                route.method.as_str().to_lowercase(),
                route.access == Access::Player,
            )
        })
        .collect();
    assert_eq!(documented, listed);
}

#[test]
fn every_schema_that_is_named_is_there() {
    let text = serde_json::to_string(&ApiDoc::openapi()).unwrap();
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    let named: BTreeSet<&str> = text
        .split("#/components/schemas/")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    assert!(named.len() >= 6, "{named:?}");
    for name in named {
        assert!(document["components"]["schemas"][name].is_object(), "{name}");
    }
}
