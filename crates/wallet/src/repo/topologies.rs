//! Each brand's topology, kept by version so that a document is read once and not with every command.
//!
//! The version comes with every wallet row, so what is kept is never stale.

use std::sync::{Arc, PoisonError, RwLock};

use croupier_brand::{BatchLine, BrandId, BrandScope, BrandTx, brand_query, brand_set_read};
use time::OffsetDateTime;

use super::{
    RepoError,
    load::{Scoped, scopes_of},
};
use crate::{
    engine::books::{Books, Rules},
    maps::{HashMap, HashSet},
    topology::Topology,
};

/// The topologies this process has read. A version never changes, so what was read is kept.
#[derive(Debug, Default)]
pub(crate) struct Topologies(RwLock<HashMap<(BrandId, i32), Arc<Topology>>>);

impl Topologies {
    /// The brand's topology; `version` and `document` are its newest row, none when it never chose.
    pub(super) fn of(
        &self,
        scope: &BrandScope,
        version: Option<i32>,
        document: Option<serde_json::Value>,
    ) -> Result<Arc<Topology>, RepoError> {
        let (Some(version), Some(document)) = (version, document) else {
            return Ok(Topology::standard());
        };
        if let Some(topology) = self.kept(scope.id(), version) {
            return Ok(topology);
        }
        let topology = Arc::new(read(document)?);
        self.0
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert((scope.id(), version), Arc::clone(&topology));
        Ok(topology)
    }

    fn kept(&self, brand: BrandId, version: i32) -> Option<Arc<Topology>> {
        let kept = self.0.read().unwrap_or_else(PoisonError::into_inner);
        kept.get(&(brand, version)).map(Arc::clone)
    }
}

/// Puts the newest topology of each brand into the books, and the former ones that plays there were made
/// under. A brand that never chose has the standard one, version 0.
///
/// No trip, unless there is a version that this process has not read yet.
pub(super) async fn fill(
    line: &mut BatchLine,
    topologies: &Topologies,
    orders: &Scoped<'_>,
    newest: &HashMap<BrandId, i32>,
    books: &mut Books,
) -> Result<(), RepoError> {
    let of_plays = books.plays.iter().map(|(key, play)| (key.brand, play.rules));
    let wanted: HashSet<_> = newest
        .iter()
        .map(|(brand, version)| (*brand, *version))
        .chain(of_plays)
        .filter(|(_, version)| *version > 0)
        .collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let scopes = scopes_of(orders);
    let unread: Vec<_> = wanted
        .iter()
        .filter(|(brand, version)| topologies.kept(*brand, *version).is_none())
        .filter_map(|(brand, version)| Some((*scopes.get(brand)?, *version)))
        .collect();
    if !unread.is_empty() {
        read_versions(line, topologies, &unread).await?;
    }
    for (brand, version) in wanted {
        let topology = topologies.kept(brand, version).ok_or(RepoError::Inconsistent(
            "a version of a topology that is not there",
        ))?;
        if newest.get(&brand) == Some(&version) {
            books.topologies.insert(brand, Rules { version, topology });
        } else {
            books.former.insert((brand, version), topology);
        }
    }
    Ok(())
}

async fn read_versions(
    line: &mut BatchLine,
    topologies: &Topologies,
    unread: &[(&BrandScope, i32)],
) -> Result<(), RepoError> {
    let brands = line.brands(unread.iter().map(|(scope, _)| *scope))?;
    let versions: Vec<_> = unread.iter().map(|(_, version)| *version).collect();
    let query = brand_set_read!(
        line,
        brands,
        "SELECT topology.brand_id, topology.version, topology.document
           FROM unnest($1::int[], $2::int[]) AS item (brand_id, version)
           JOIN wallet_topology AS topology ON topology.brand_id = item.brand_id AND topology.version = item.version",
        &versions,
    );
    for row in query.fetch_all(line.conn()).await? {
        let (scope, _) = unread
            .iter()
            .find(|(scope, _)| scope.id().get() == row.brand_id)
            .ok_or(RepoError::Inconsistent("wallet_topology.brand_id"))?;
        topologies.of(scope, Some(row.version), Some(row.document))?;
    }
    Ok(())
}

fn read(document: serde_json::Value) -> Result<Topology, RepoError> {
    serde_json::from_value(document).map_err(|fault| {
        tracing::error!(%fault, "a brand's wallet topology cannot be read");
        RepoError::Inconsistent("wallet_topology.document")
    })
}

/// The newest version and its number; 0 and the standard topology where there is none.
pub(crate) async fn newest(tx: &mut BrandTx) -> Result<(i32, Arc<Topology>), RepoError> {
    let query = brand_query!(
        tx,
        "SELECT brand_id, version, document FROM wallet_topology WHERE brand_id = $1 ORDER BY version DESC LIMIT 1"
    );
    match query.fetch_optional(tx.conn()).await? {
        Some(row) => Ok((row.version, Arc::new(read(row.document)?))),
        None => Ok((0, Topology::standard())),
    }
}

/// Adds a version. Two that add the same one collide on the primary key.
pub(crate) async fn add(
    tx: &mut BrandTx,
    version: i32,
    topology: &Topology,
    at: OffsetDateTime,
) -> Result<(), RepoError> {
    let document = serde_json::to_value(topology)
        .map_err(|_| RepoError::Inconsistent("a topology that does not write"))?;
    let query = brand_query!(
        tx,
        "INSERT INTO wallet_topology (brand_id, version, document, created_at) VALUES ($1, $2, $3, $4)",
        version,
        document,
        at
    );
    query.execute(tx.conn()).await?;
    Ok(())
}
