//! A brand's document, as operators look at it.

use std::sync::Arc;

use croupier_brand::{BrandPool, BrandScope, BrandTx};

use crate::{
    repo::{RepoError, topologies},
    service::WalletError,
    topology::Topology,
};

/// The brand's newest document and its version; the standard one and 0 where the brand never chose.
///
/// # Errors
/// [`WalletError`].
pub async fn newest(pool: &BrandPool, scope: &BrandScope) -> Result<(i32, Arc<Topology>), WalletError> {
    let mut tx = BrandTx::open(pool, scope).await.map_err(RepoError::from)?;
    let newest = topologies::newest(&mut tx).await?;
    tx.rollback().await.map_err(RepoError::from)?;
    Ok(newest)
}
