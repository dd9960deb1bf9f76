//! The OpenAPI 3.1 document: the crates' own documents as one.

use croupier_brand::http::routes::{Access, Route};
use http::Method;
use utoipa::{
    OpenApi,
    openapi::{
        InfoBuilder, OpenApi as Document, PathItem,
        path::Operation,
        security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme},
    },
};

/// The document that `/openapi.json` serves; a test compares it with the routes.
#[must_use]
pub fn document() -> Document {
    let mut document = crate::house_api::ApiDoc::openapi();
    for part in [
        croupier_gateway::brand_api::ApiDoc::openapi(),
        croupier_player::ApiDoc::openapi(),
        croupier_wallet::http::ApiDoc::openapi(),
        croupier_game::documented(),
    ] {
        document.merge(part);
    }
    document.info = InfoBuilder::new()
        .title("Croupier")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some("Players' API of every brand: the Host decides the brand. Amounts are decimal strings. Refusals are application/problem+json (RFC 9457)."))
        .build();
    let components = document.components.get_or_insert_default();
    components.add_security_scheme("bearer", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    for route in crate::runtime::route_list() {
        if let Some(operation) = document
            .paths
            .paths
            .get_mut(route.path)
            .and_then(|item| operation(item, &route.method))
        {
            describe(operation, &route);
        }
    }
    document
}

/// What follows from the route itself is said here, once: its name, and that it needs a token.
fn describe(operation: &mut Operation, route: &Route) {
    let name: String = route
        .path
        .chars()
        .map(|letter| {
            if letter.is_ascii_alphanumeric() {
                letter
            } else {
                '_'
            }
        })
        .collect();
    operation.operation_id = Some(format!("{}{name}", route.method.as_str().to_lowercase()));
    if route.access == Access::Player {
        operation.security = Some(vec![SecurityRequirement::new("bearer", Vec::<String>::new())]);
    }
}

fn operation<'a>(item: &'a mut PathItem, method: &Method) -> Option<&'a mut Operation> {
    match *method {
        Method::GET => item.get.as_mut(),
        Method::POST => item.post.as_mut(),
        Method::PUT => item.put.as_mut(),
        Method::PATCH => item.patch.as_mut(),
        Method::DELETE => item.delete.as_mut(),
        _ => None,
    }
}
