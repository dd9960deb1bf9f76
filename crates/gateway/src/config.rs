//! The edge's limits and whom it trusts.

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;
use serde::Deserialize;

/// Settings of the edge; see `config.default.toml` for each.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EdgeConfig {
    /// Where players and providers are served.
    pub listen: SocketAddr,
    /// Peers whose `X-Forwarded-Host` and `X-Forwarded-For` are believed: addresses or networks.
    pub trusted_proxies: Vec<IpNet>,
    /// Peers that may read `/metrics`, which names brands.
    pub metrics_peers: Vec<IpNet>,
    /// The largest body taken, in bytes.
    pub max_body: usize,
    /// Milliseconds a request may take before it is answered 504.
    pub timeout_ms: u64,
    /// Requests served at a time; beyond it the answer is 503 at once. Of these one brand holds a third at
    /// the most, and so do the callbacks of all providers together.
    pub max_concurrency: usize,
    /// Milliseconds a connection may take to send a request's headers.
    pub header_timeout_ms: u64,
    /// Connections open at a time; beyond it new ones wait in the system's queue.
    pub max_connections: usize,
    /// Milliseconds that requests under way are waited for at shutdown.
    pub drain_ms: u64,
}

impl Default for EdgeConfig {
    fn default() -> Self {
        let loopback = ["127.0.0.0/8", "::1/128"];
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            trusted_proxies: Vec::new(),
            metrics_peers: loopback.iter().filter_map(|net| net.parse().ok()).collect(),
            max_body: 64 * 1024,
            timeout_ms: 10_000,
            max_concurrency: 4_096,
            header_timeout_ms: 10_000,
            max_connections: 10_000,
            drain_ms: 15_000,
        }
    }
}

impl EdgeConfig {
    /// What is wrong with these settings, each fault with its key.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        let at_least_one = [
            ("edge.max_body", self.max_body > 0),
            ("edge.timeout_ms", self.timeout_ms > 0),
            ("edge.max_concurrency", self.max_concurrency > 0),
            ("edge.header_timeout_ms", self.header_timeout_ms > 0),
            ("edge.max_connections", self.max_connections > 0),
        ];
        at_least_one
            .iter()
            .filter(|(_, good)| !good)
            .map(|(key, _)| format!("{key} must be at least 1"))
            .collect()
    }

    /// Whether `peer`'s forwarded headers are believed.
    #[must_use]
    pub fn trusts(&self, peer: IpAddr) -> bool {
        self.trusted_proxies.iter().any(|net| net.contains(&peer))
    }
}
