//! What is to be expected of every route, whoever calls it with whatever ids.
//!
//! [`super::table`] has a line for each; a route without one fails [`super::routes`], and so does a line without a route.
//! A line begins with [`Expectation::player`] or its like, which say what every route of that access owes;
//! what its handler does with ids is said for each.

use croupier_brand::http::routes::Access;
use http::Method;

use super::{
    estate::{Ids, Visitor},
    heard::Call,
};
/// A status, and a problem's code or the provider's status.
pub type Said = (u16, &'static str);

/// No token, or none that counts here.
pub const NO_TOKEN: Said = (401, "unauthenticated");
/// A door that is nobody's.
pub const UNKNOWN_DOMAIN: Said = (404, "unknown_domain");
/// A brand that is closed.
pub const SUSPENDED: Said = (403, "brand_suspended");
/// A field or a parameter that cannot be.
pub const INVALID: Said = (422, "invalid_fields");
/// The provider's: done.
pub const RS_OK: Said = (200, "RS_OK");
/// The provider's: no such token, or no such user.
pub const RS_TOKEN: Said = (200, "RS_ERROR_INVALID_TOKEN");

/// What is said of one route.
pub struct Expectation {
    /// Its method.
    pub method: Method,
    /// Its path, as the list has it.
    pub path: &'static str,
    /// Who may call it.
    pub access: Access,
    /// A call that a visitor makes of it, without what proves who calls.
    pub call: fn(&Visitor) -> Call,
    /// What a visitor is told at home: the walk tries what works.
    pub own: Said,
    /// Without a token; of a provider's route, without a signature.
    pub bare: Said,
    /// By a visitor of one brand at the other's door.
    pub elsewhere: Said,
    /// By somebody with an operator's token.
    pub operator: Said,
    /// At a door that is nobody's.
    pub nowhere: Said,
    /// At the door of a brand that is suspended.
    pub suspended: Said,
    /// With a token of this brand, well signed, that names a player and a session it does not have.
    pub strange_player: Option<Said>,
    /// The same, of this visitor, with a session that the brand does not have.
    pub strange_session: Option<Said>,
    /// With headers that only our own services or a known proxy may send.
    pub claims_in_headers: Said,
    /// With a brand's id as a parameter in its query.
    pub claims_in_query: Said,
    /// With a brand's id in its document, if it takes one.
    pub claims_in_body: Option<Said>,
    /// Fields of its answer that are made for the answer.
    pub generated: &'static [&'static str],
    /// Whether its answer is another every time, whoever asks.
    pub restless: bool,
    /// Its calls that name ids.
    pub probes: Vec<Probe>,
}

/// A call that names ids of another brand, or nobody's: what is said must be the same.
pub struct Probe {
    /// What it tries.
    pub name: &'static str,
    /// The call.
    pub call: fn(&Visitor, &Ids) -> Call,
    /// What is said to it.
    pub said: Said,
}

impl Expectation {
    fn new(
        method: Method,
        path: &'static str,
        access: Access,
        own: Said,
        call: fn(&Visitor) -> Call,
    ) -> Self {
        Self {
            method,
            path,
            access,
            call,
            own,
            bare: own,
            elsewhere: own,
            operator: own,
            nowhere: own,
            suspended: own,
            strange_player: None,
            strange_session: None,
            claims_in_headers: own,
            claims_in_query: own,
            claims_in_body: None,
            generated: &[],
            restless: false,
            probes: Vec::new(),
        }
    }

    /// A route for whoever asks: no brand, no player, the same at every door.
    pub fn public(path: &'static str, own: Said, call: fn(&Visitor) -> Call) -> Self {
        Self::new(Method::GET, path, Access::Public, own, call)
    }

    /// A route of a brand: the door says which, and a token nothing.
    pub fn brand(method: Method, path: &'static str, own: Said, call: fn(&Visitor) -> Call) -> Self {
        Self {
            nowhere: UNKNOWN_DOMAIN,
            suspended: SUSPENDED,
            ..Self::new(method, path, Access::Brand, own, call)
        }
    }

    /// A route of a player, who is of the door's brand.
    pub fn player(method: Method, path: &'static str, own: Said, call: fn(&Visitor) -> Call) -> Self {
        Self {
            bare: NO_TOKEN,
            elsewhere: (403, "brand_mismatch"),
            operator: NO_TOKEN,
            nowhere: UNKNOWN_DOMAIN,
            suspended: SUSPENDED,
            strange_player: Some(NO_TOKEN),
            strange_session: Some(own),
            ..Self::new(method, path, Access::Player, own, call)
        }
    }

    /// A provider's route: its signature lets in, the account in the body says which brand, the door nothing.
    pub fn provider(path: &'static str, call: fn(&Visitor) -> Call) -> Self {
        Self {
            bare: (200, "RS_ERROR_INVALID_SIGNATURE"),
            claims_in_body: Some(RS_OK),
            ..Self::new(Method::POST, path, Access::Provider, RS_OK, call)
        }
    }

    pub fn probe(mut self, name: &'static str, said: Said, call: fn(&Visitor, &Ids) -> Call) -> Self {
        self.probes.push(Probe { name, call, said });
        self
    }
}
