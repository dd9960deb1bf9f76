//! Where a provider's callbacks may come from, for the providers that say so.
//!
//! A list of addresses is no proof: the signature is. It only keeps strangers from trying.

use std::{collections::HashMap, net::IpAddr, sync::Arc};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use croupier_brand::http::problem::Problem;
use http::{HeaderMap, StatusCode};
use ipnet::IpNet;

use crate::{config::EdgeConfig, server::Peer};

/// What proxies on the way add the caller's address to.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// The addresses that each provider calls from, by its short name. A provider without any may call from anywhere.
#[derive(Clone, Debug)]
pub struct Callers {
    lists: Arc<HashMap<String, Vec<IpNet>>>,
    config: Arc<EdgeConfig>,
}

impl Callers {
    /// These, where what `config` trusts says who called.
    #[must_use]
    pub fn new(lists: HashMap<String, Vec<IpNet>>, config: EdgeConfig) -> Self {
        Self {
            lists: Arc::new(lists),
            config: Arc::new(config),
        }
    }

    fn admits(&self, request: &Request) -> bool {
        // /callbacks/<provider>/…
        let provider = request.uri().path().split('/').nth(2).unwrap_or_default();
        let Some(list) = self.lists.get(provider).filter(|list| !list.is_empty()) else {
            return true;
        };
        let peer = request.extensions().get::<Peer>().map(|peer| peer.0.ip());
        let caller = peer.and_then(|peer| self.caller(peer, request.headers()));
        caller.is_some_and(|caller| list.iter().any(|net| net.contains(&caller)))
    }

    /// Behind proxies that are known, the newest address that is none of theirs. None when what they say cannot be read.
    fn caller(&self, peer: IpAddr, headers: &HeaderMap) -> Option<IpAddr> {
        if !self.config.trusts(peer) {
            return Some(peer.to_canonical());
        }
        let mut said = Vec::new();
        for value in headers.get_all(FORWARDED_FOR) {
            said.extend(value.to_str().ok()?.split(',').map(str::trim));
        }
        for address in said.into_iter().rev() {
            let address: IpAddr = address.parse().ok()?;
            if !self.config.trusts(address) {
                return Some(address.to_canonical());
            }
        }
        Some(peer.to_canonical())
    }
}

/// The layer of providers' callbacks.
pub async fn layer(State(callers): State<Callers>, request: Request, next: Next) -> Response {
    if callers.admits(&request) {
        return next.run(request).await;
    }
    metrics::counter!("provider_callers_refused_total").increment(1);
    Problem::new(
        StatusCode::FORBIDDEN,
        "caller_not_allowed",
        "Calls are not taken from this address.",
    )
    .into_response()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use axum::body::Body;

    use super::*;

    fn admits(peer: &str, forwarded: &[&str], path: &str) -> bool {
        let lists = HashMap::from([
            ("hub88".to_owned(), vec!["198.51.100.0/24".parse().unwrap()]),
            ("open".to_owned(), Vec::new()),
        ]);
        let config = EdgeConfig {
            trusted_proxies: vec!["10.0.0.0/8".parse().unwrap()],
            ..EdgeConfig::default()
        };
        let mut request = Request::builder().uri(path);
        for value in forwarded {
            request = request.header(FORWARDED_FOR, *value);
        }
        let mut request = request.body(Body::empty()).unwrap();
        request.extensions_mut().insert(Peer(peer.parse().unwrap()));
        Callers::new(lists, config).admits(&request)
    }

    #[test]
    fn only_the_listed_call_where_there_is_a_list() {
        let path = "/callbacks/hub88/transaction/bet";
        assert!(admits("198.51.100.7:1", &[], path));
        assert!(admits("[::ffff:198.51.100.7]:1", &[], path));
        assert!(!admits("192.0.2.1:1", &[], path));
        for anywhere in ["/callbacks/open/x", "/callbacks/other/x"] {
            assert!(admits("192.0.2.1:1", &[], anywhere), "{anywhere}");
        }
    }

    #[test]
    fn what_was_forwarded_counts_from_known_proxies_only() {
        let path = "/callbacks/hub88/user/info";
        assert!(admits("10.0.0.1:1", &["198.51.100.7"], path));
        assert!(admits("10.0.0.1:1", &["192.0.2.1, 198.51.100.7, 10.0.0.2"], path));
        assert!(admits("10.0.0.1:1", &["192.0.2.1", "198.51.100.7"], path));
        assert!(
            !admits("10.0.0.1:1", &["198.51.100.7, 192.0.2.1"], path),
            "the caller's own claim"
        );
        assert!(
            !admits("192.0.2.1:1", &["198.51.100.7"], path),
            "a stranger's claim"
        );
        assert!(!admits("10.0.0.1:1", &["198.51.100.7, nonsense"], path));
        assert!(!admits("10.0.0.1:1", &[], path), "a proxy is no provider");
    }

    #[test]
    fn without_an_address_nobody_is_on_a_list() {
        let lists = HashMap::from([("hub88".to_owned(), vec!["0.0.0.0/0".parse().unwrap()])]);
        let request = Request::builder()
            .uri("/callbacks/hub88/x")
            .body(Body::empty())
            .unwrap();
        assert!(!Callers::new(lists, EdgeConfig::default()).admits(&request));
    }
}
