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

use tokio::sync::watch;

use crate::{
    brand::{Brand, BrandCode, BrandId},
    global::{self, GlobalError},
    tx::Brandless,
};

/// How often the brands are read anew.
const REFRESH: Duration = Duration::from_millis(500);

/// Every brand, by number and by code. Cloning it shares the reading.
#[derive(Clone, Debug)]
pub struct BrandDirectory {
    pool: Brandless,
    reading: Arc<watch::Sender<Arc<Brands>>>,
}

/// The brands of one reading.
#[derive(Debug, Default)]
pub struct Brands {
    by_id: HashMap<BrandId, Arc<Brand>>,
    by_code: BTreeMap<String, Arc<Brand>>,
}

impl FromIterator<Brand> for Brands {
    fn from_iter<I: IntoIterator<Item = Brand>>(brands: I) -> Self {
        let mut all = Self::default();
        for brand in brands.into_iter().map(Arc::new) {
            all.by_id.insert(brand.id, Arc::clone(&brand));
            all.by_code.insert(brand.code.as_str().to_owned(), brand);
        }
        all
    }
}

impl Brands {
    /// Splits what a provider calls a player into the brand and the brand's own account.
    ///
    /// No code is a prefix of another, so at most one brand can be meant.
    #[must_use]
    pub fn of_provider_account<'a>(&self, provider_account: &'a str) -> Option<(Arc<Brand>, &'a str)> {
        let longest = provider_account.len().min(BrandCode::MAX_LEN);
        (BrandCode::MIN_LEN..=longest).find_map(|at| {
            let (code, account) = provider_account.split_at_checked(at)?;
            (!account.is_empty())
                .then(|| self.by_code.get(code).map(|brand| (Arc::clone(brand), account)))
                .flatten()
        })
    }
}

impl BrandDirectory {
    /// Reads the brands and goes on reading them for as long as a clone of this is alive.
    ///
    /// # Errors
    /// [`GlobalError`] when they cannot be read the first time.
    pub async fn start(pool: impl Into<Brandless>) -> Result<Self, GlobalError> {
        let directory = Self {
            reading: Arc::new(watch::Sender::new(Arc::default())),
            pool: pool.into(),
        };
        directory.refresh().await?;
        let (weak, pool) = (Arc::downgrade(&directory.reading), directory.pool.clone());
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(REFRESH).await;
                let Some(reading) = weak.upgrade() else { return };
                let directory = Self {
                    pool: pool.clone(),
                    reading,
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
        let brands = global::all_brands(&self.pool).await?.into_iter().collect();
        self.reading.send_replace(Arc::new(brands));
        Ok(())
    }

    /// The brand of this number.
    #[must_use]
    pub fn by_id(&self, id: BrandId) -> Option<Arc<Brand>> {
        self.reading.borrow().by_id.get(&id).cloned()
    }

    /// The brand of this code.
    #[must_use]
    pub fn by_code(&self, code: &str) -> Option<Arc<Brand>> {
        self.reading.borrow().by_code.get(code).cloned()
    }

    /// Every brand, by code.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<Brand>> {
        self.reading.borrow().by_code.values().cloned().collect()
    }

    /// [`Brands::of_provider_account`] of the newest reading.
    #[must_use]
    pub fn of_provider_account<'a>(&self, provider_account: &'a str) -> Option<(Arc<Brand>, &'a str)> {
        self.reading.borrow().of_provider_account(provider_account)
    }
}
