//! Domains: whose a host is, whatever becomes of the stores and whoever writes to them.

mod away;
mod bounds;
mod moving;
mod projection;
mod traffic;

use croupier::local::LocalHouse;
use croupier_brand::{
    BrandId, Clock,
    domain::{DomainMover, DomainTarget},
    host::CanonicalHost,
    redis_link::RedisLink,
};
use sqlx::postgres::PgPoolOptions;

/// What moves the domains of a house, as `croupier domain` does.
pub async fn mover(local: &LocalHouse) -> DomainMover {
    let owner = PgPoolOptions::new()
        .max_connections(2)
        .connect(&local.owner_url)
        .await
        .unwrap();
    DomainMover::new(owner, RedisLink::new(&local.redis_url).unwrap(), Clock::system())
}

/// A host, spelled canonically.
pub fn host(domain: &str) -> CanonicalHost {
    CanonicalHost::parse(domain).unwrap()
}

/// A brand, without an agent or a level.
pub fn to(brand: i64) -> DomainTarget {
    DomainTarget {
        brand: BrandId::new(brand).unwrap(),
        agent_id: None,
        level: None,
    }
}
