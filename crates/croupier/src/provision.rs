//! Making a brand, and opening or closing one: what the command line does as the owner, audited.

use std::sync::Arc;

use croupier_brand::{
    Brand, BrandCode, BrandPool, BrandScope, BrandStatus, Clock,
    global::{self, GlobalError, NewBrand},
};
use sqlx::PgPool;

/// Why a brand was not made or changed.
#[derive(Debug, thiserror::Error)]
pub enum ProvisionError {
    /// The brand itself could not be written.
    #[error(transparent)]
    Global(#[from] GlobalError),
    /// Something of the brand could not be written.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// Its games could not be offered.
    #[error("the brand's games: {0}")]
    Games(#[from] croupier_game::GameError),
}

/// Makes a brand that offers every active game.
///
/// # Errors
/// [`ProvisionError`]. A brand whose games could not be offered is there; offer them again.
pub async fn create(
    owner: &PgPool,
    brand: NewBrand,
    operator: &str,
    clock: &Clock,
) -> Result<Brand, ProvisionError> {
    let brand = Arc::new(global::insert_brand(owner, &brand, clock.now()).await?);
    let pool = BrandPool::new(owner.clone());
    let scope = BrandScope::for_operator(&pool, Arc::clone(&brand), operator, "brand create", clock).await?;
    croupier_game::catalogue::offer_all(&pool, &scope).await?;
    Ok(Arc::unwrap_or_clone(brand))
}

/// Opens or closes a brand. False when there is no such brand.
///
/// # Errors
/// [`ProvisionError`].
pub async fn set_status(
    owner: &PgPool,
    code: &BrandCode,
    status: BrandStatus,
    operator: &str,
    clock: &Clock,
) -> Result<bool, ProvisionError> {
    let Some(brand) = global::all_brands(owner)
        .await?
        .into_iter()
        .find(|brand| &brand.code == code)
    else {
        return Ok(false);
    };
    BrandScope::for_operator(
        &BrandPool::new(owner.clone()),
        Arc::new(brand),
        operator,
        &format!("brand status {}", status.as_str()),
        clock,
    )
    .await?;
    Ok(global::set_status(owner, code, status, clock.now()).await?)
}
