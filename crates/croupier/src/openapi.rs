//! The OpenAPI 3.1 document: the crates' own documents as one.

use utoipa::{
    OpenApi,
    openapi::{
        InfoBuilder, OpenApi as Document,
        security::{Http, HttpAuthScheme, SecurityScheme},
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
        croupier_game::ApiDoc::openapi(),
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
    document
}
