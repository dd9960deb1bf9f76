//! The brands there are, in memory: who has this number, this code, this provider account.
//!
//! Brands are few and change rarely, so every process keeps them all and reads them anew twice a
//! second. A look-up never waits; a brand that is suspended is seen as such within a second. While
//! the database is away the last reading serves on.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use sqlx::PgPool;
use tokio::sync::watch;

use crate::{
    brand::{Brand, BrandCode, BrandId},
    global::{self, GlobalError},
};

/// How often the brands are read anew.
const REFRESH: Duration = Duration::from_millis(500);

/// Every brand, by number and by code. Cloning it shares the reading.
#[derive(Clone, Debug)]
pub struct BrandDirectory {
    pool: PgPool,
    snapshot: Arc<watch::Sender<Arc<Snapshot>>>,
}

#[derive(Debug, Default)]
struct Snapshot {
    by_id: HashMap<BrandId, Arc<Brand>>,
    by_code: BTreeMap<String, Arc<Brand>>,
}

impl BrandDirectory {
    /// Reads the brands and goes on reading them for as long as a clone of this is alive.
    ///
    /// # Errors
    /// [`GlobalError`] when they cannot be read the first time.
    pub async fn start(pool: PgPool) -> Result<Self, GlobalError> {
        let directory = Self {
            snapshot: Arc::new(watch::Sender::new(Arc::default())),
            pool,
        };
        directory.refresh().await?;
        let (weak, pool) = (Arc::downgrade(&directory.snapshot), directory.pool.clone());
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(REFRESH).await;
                let Some(snapshot) = weak.upgrade() else { return };
                let directory = Self {
                    pool: pool.clone(),
                    snapshot,
                };
                if let Err(fault) = directory.refresh().await {
                    tracing::warn!(%fault, "the brands could not be read anew; the last reading serves on");
                }
            }
        });
        Ok(directory)
    }

    /// Reads the brands now.
    ///
    /// # Errors
    /// [`GlobalError`].
    pub async fn refresh(&self) -> Result<(), GlobalError> {
        let brands = global::all_brands(&self.pool).await?.into_iter().map(Arc::new);
        let mut next = Snapshot::default();
        for brand in brands {
            next.by_id.insert(brand.id, brand.clone());
            next.by_code.insert(brand.code.as_str().to_owned(), brand);
        }
        self.snapshot.send_replace(Arc::new(next));
        Ok(())
    }

    /// The brand of this number.
    #[must_use]
    pub fn by_id(&self, id: BrandId) -> Option<Arc<Brand>> {
        self.snapshot.borrow().by_id.get(&id).cloned()
    }

    /// The brand of this code.
    #[must_use]
    pub fn by_code(&self, code: &str) -> Option<Arc<Brand>> {
        self.snapshot.borrow().by_code.get(code).cloned()
    }

    /// Every brand, by code.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<Brand>> {
        self.snapshot.borrow().by_code.values().cloned().collect()
    }

    /// Splits what a provider calls a player into the brand and the brand's own account.
    ///
    /// No code is a prefix of another, so at most one brand can be meant.
    #[must_use]
    pub fn of_provider_account<'a>(&self, provider_account: &'a str) -> Option<(Arc<Brand>, &'a str)> {
        let snapshot = self.snapshot.borrow();
        let longest = provider_account.len().min(BrandCode::MAX_LEN);
        (BrandCode::MIN_LEN..=longest).find_map(|at| {
            let (code, account) = provider_account.split_at_checked(at)?;
            (!account.is_empty())
                .then(|| snapshot.by_code.get(code).map(|brand| (brand.clone(), account)))
                .flatten()
        })
    }
}
