//! Each brand's topology, kept by version so that a document is read once and not with every command.
//!
//! The version comes with every wallet row, so what is kept is never stale.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use croupier_brand::{BrandId, BrandScope, BrandTx, brand_query};
use time::OffsetDateTime;

use super::RepoError;
use crate::topology::Topology;

/// The topologies this process has read: one a brand.
#[derive(Debug, Default)]
pub(crate) struct Topologies(RwLock<HashMap<BrandId, (i32, Arc<Topology>)>>);

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
        let kept = self
            .0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&scope.id())
            .cloned();
        if let Some((_, topology)) = kept.filter(|(kept, _)| *kept == version) {
            return Ok(topology);
        }
        let topology = Arc::new(read(document)?);
        self.0
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(scope.id(), (version, Arc::clone(&topology)));
        Ok(topology)
    }
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
