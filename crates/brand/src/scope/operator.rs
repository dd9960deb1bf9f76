//! Scope for an operator: granted for one brand, after an audit row says who does what.

use std::sync::Arc;

use super::BrandScope;
use crate::{BrandPool, BrandTx, brand::Brand, brand_query, clock::Clock};

impl BrandScope {
    /// The scope of a brand for what `operator` is about to do there. The audit row is durable
    /// before the scope exists.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the audit row cannot be written: nothing is granted then.
    pub async fn for_operator(
        pool: &BrandPool,
        brand: Arc<Brand>,
        operator: &str,
        action: &str,
        clock: &Clock,
    ) -> Result<Self, sqlx::Error> {
        let scope = Self::earned(brand);
        let mut tx = BrandTx::open(pool, &scope).await?;
        let audit = brand_query!(
            tx,
            "INSERT INTO operator_audit (brand_id, audit_id, operator, action, at) VALUES ($1, $2, $3, $4, $5)",
            clock.new_id(),
            operator,
            action,
            clock.now()
        );
        audit.execute(tx.conn()).await?;
        tx.commit().await?;
        Ok(scope)
    }
}
