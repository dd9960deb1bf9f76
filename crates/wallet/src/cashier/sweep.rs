//! Deposits that were begun and that nobody looks after any more: booked, where the money was taken, without the player's
//! help.

use std::time::Duration;

use croupier_brand::{
    BatchTx, BrandScope,
    directory::BrandDirectory,
    scope::{Envelope, Worker},
};
use serde_json::Value;

use super::{ASKED_FOR, Cashier, CashierError, Request, State, charge_of};
use crate::{
    engine::command::Payment,
    repo::{RepoError, requests},
    service::WalletError,
};

/// How many deposits a sweep takes up at a time.
const AT_ONCE: u16 = 100;

impl Cashier {
    /// Goes on with the deposits of every brand that nobody looked after for `patience`. Gives how many are over now,
    /// and how many are not.
    ///
    /// # Errors
    /// [`WalletError`] when they cannot be read. What happens to one of them stops no other.
    pub async fn finish_begun(
        &self,
        directory: &BrandDirectory,
        worker: &Worker,
        patience: Duration,
    ) -> Result<(usize, usize), WalletError> {
        let now = self.clock.now();
        let (mut over, mut waiting) = (0, 0);
        let mut tx = BatchTx::open_for_upkeep(&self.pool, directory)
            .await
            .map_err(RepoError::from)?;
        let found = requests::waiting(&mut tx, now - patience, now - ASKED_FOR, AT_ONCE).await?;
        tx.rollback().await.map_err(RepoError::from)?;
        for (brand, request, state) in found {
            let envelope = Envelope {
                schema_version: Envelope::VERSION,
                event_id: self.clock.new_id(),
                kind: "wallet.deposit_begun".to_owned(),
                brand_id: Some(brand.into()),
                at: self.clock.now(),
                payload: Value::Null,
            };
            let Ok(scope) = worker.scope(&envelope) else {
                waiting += 1;
                continue;
            };
            match self.take_up(&scope, &request, state).await {
                Ok(true) => over += 1,
                Ok(false) => waiting += 1,
                Err(fault) => {
                    waiting += 1;
                    tracing::warn!(%fault, brand = %scope.code(), state = state.as_str(), "a deposit waits");
                }
            }
        }
        Ok((over, waiting))
    }

    /// Whether a deposit is over now.
    async fn take_up(
        &self,
        scope: &BrandScope,
        request: &Request,
        state: State,
    ) -> Result<bool, CashierError> {
        // The next sweep takes others first.
        self.advance(scope, request, state).await?;
        let payment = match state {
            State::Begun => {
                let known = self.payments.known(scope, &charge_of(request)).await;
                known.map_err(CashierError::Gateway)?
            }
            _ => Some(Payment::Approved),
        };
        match payment {
            // The next sweep is the next try: others wait for this one.
            Some(payment) => self
                .book(scope, request, payment, Duration::ZERO)
                .await
                .map(|_| true),
            None => Ok(false),
        }
    }

    /// Finishes what was begun, at once and then every so often, for ever.
    pub async fn run(self, directory: BrandDirectory, worker: Worker, every: Duration) {
        loop {
            match self.finish_begun(&directory, &worker, every).await {
                Ok((over, waiting)) => {
                    metrics::counter!("wallet_deposits_finished_total").increment(over as u64);
                    metrics::gauge!("wallet_deposits_waiting")
                        .set(u32::try_from(waiting).unwrap_or(u32::MAX));
                }
                Err(fault) => tracing::warn!(%fault, "deposits that were begun are looked after later"),
            }
            tokio::time::sleep(every).await;
        }
    }
}
