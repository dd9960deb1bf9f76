//! A transaction on the rows of several brands at once, for set-based statements.
//!
//! Each item of a batch has its own scope. The brands' ids that a statement is given are made of the
//! items' scopes, in the items' order, and of nothing else; the statement joins every scoped table with
//! them on `brand_id`, so an item that names another brand's row meets no row.

use std::collections::BTreeSet;

use super::{
    conn::BrandConn,
    guard::Open,
    line::BatchConnection,
    pool::{Borrowed, BrandPool},
    wall::RowWall,
};
use crate::{brand::BrandId, directory::BrandDirectory, scope::BrandScope};

/// A set is joined with a table by looking each item up, whatever the statistics say: a table that has
/// just begun to grow looks small enough to be read whole, and the plan that was made then is kept. For the same reason
/// joins are made in the order in which they are written: where a table is taken for a few rows, a part of a key seems as good
/// as all of it. One plan serves every set, because what differs between sets is not what a plan depends on.
pub(super) const LOOK_UPS: [&str; 6] = [
    "enable_seqscan = off",
    "enable_hashjoin = off",
    "enable_mergejoin = off",
    "join_collapse_limit = 1",
    "plan_cache_mode = force_generic_plan",
    "jit = off",
];

/// A range of a table is read along its index, and each row finds its brand in the set: the other way round
/// every brand's rows would be gone through. Planned each time: a part of a table that was empty when a plan was
/// made would be read by any index that there is, however large it has become.
const RANGES: [&str; 5] = [
    "enable_seqscan = off",
    "enable_nestloop = off",
    "enable_mergejoin = off",
    "plan_cache_mode = force_custom_plan",
    "jit = off",
];

/// Settings of a transaction, as they follow its BEGIN.
pub(super) fn of_a_transaction<'a>(settings: impl IntoIterator<Item = &'a str>) -> String {
    let each = settings
        .into_iter()
        .map(|setting| format!("; SET LOCAL {setting}"));
    each.collect()
}

/// What set-based statements run on. Nothing outside of this module is one.
pub trait Batch: sealed::Sealed {
    /// The brands of some items, in their order.
    ///
    /// # Errors
    /// [`NotInBatch`] for a scope that it was not opened with.
    fn brands<'a>(&self, items: impl IntoIterator<Item = &'a BrandScope>) -> Result<BrandColumn, NotInBatch>;

    /// Each brand's id, once, in their order: what a statement that is its own transaction opens row security for.
    fn every_id(&self) -> &[i32];

    /// The connection, for the queries that the macros make.
    fn conn(&mut self) -> BrandConn<'_>;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::BatchTx {}
    impl Sealed for crate::tx::line::BatchLine {}
}

/// The brands that a batch was opened for.
#[derive(Clone, Debug)]
pub(super) struct Brands {
    every: BrandColumn,
    wall: RowWall,
}

impl Brands {
    pub(super) fn of<'a>(scopes: impl IntoIterator<Item = &'a BrandScope>) -> Self {
        Self::new(scopes.into_iter().map(BrandScope::id).collect())
    }

    fn new(brands: BTreeSet<BrandId>) -> Self {
        Self {
            every: BrandColumn(brands.iter().map(|brand| brand.get()).collect()),
            wall: RowWall::many(brands),
        }
    }

    /// Row security's setting: the numbers between commas, `,3,7,12,`.
    pub(super) fn setting(&self) -> String {
        self.every.0.iter().fold(String::from(","), |mut text, brand| {
            text.push_str(&brand.to_string());
            text.push(',');
            text
        })
    }

    pub(super) fn wall(&self) -> RowWall {
        self.wall.clone()
    }

    pub(super) fn every(&self) -> &BrandColumn {
        &self.every
    }

    pub(super) fn column<'a>(
        &self,
        items: impl IntoIterator<Item = &'a BrandScope>,
    ) -> Result<BrandColumn, NotInBatch> {
        let ids = items.into_iter().map(|scope| {
            if self.wall.admits(scope.id().get()) {
                Ok(scope.id().get())
            } else {
                Err(NotInBatch(scope.id()))
            }
        });
        ids.collect::<Result<_, _>>().map(BrandColumn)
    }
}

/// A transaction that sees the rows of the brands it was opened for, and no others.
///
/// Dropping it without [`BatchTx::commit`] or [`BatchTx::rollback`] closes its connection, which
/// rolls back.
#[derive(Debug)]
pub struct BatchTx {
    open: Open,
    brands: Brands,
    /// Where its connection goes afterwards; else to its pool.
    home: Option<BatchConnection>,
    trips: u32,
}

/// The brands of a batch's items, in the items' order: what `$1` of a
/// [`brand_set_query!`](crate::brand_set_query) is bound to. Only a [`Batch`] makes one.
#[derive(Clone, Debug)]
pub struct BrandColumn(Vec<i32>);

/// An item's scope is not one that the batch was opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("brand {0} is none of the batch's")]
pub struct NotInBatch(BrandId);

impl BatchTx {
    /// Begins a transaction that sees the rows of the brands of `scopes`; how often a brand is named
    /// makes no difference. Without a scope it sees none.
    ///
    /// One round trip. Cancelling it at any point closes the connection.
    ///
    /// # Errors
    /// [`sqlx::Error`] when no connection is to be had or the database refuses.
    pub async fn open<'a>(
        pool: &BrandPool,
        scopes: impl IntoIterator<Item = &'a BrandScope>,
    ) -> Result<Self, sqlx::Error> {
        let conn = pool.borrow_for_many().await?;
        Self::begin(conn, Brands::of(scopes), None, &of_a_transaction(LOOK_UPS)).await
    }

    /// As [`BatchTx::open`], for every brand of the house: for its own upkeep, which acts for nobody. It gives no
    /// scope away, so nothing can be done with it that takes one; what it may do to the rows is what its
    /// statements say. Its statements are meant to read ranges, not to look items up, and may take their time
    /// ([`StatementLimits::unhurried`](super::StatementLimits::unhurried)).
    ///
    /// # Errors
    /// As [`BatchTx::open`].
    pub async fn open_for_upkeep(pool: &BrandPool, directory: &BrandDirectory) -> Result<Self, sqlx::Error> {
        let brands = directory.all().into_iter().map(|brand| brand.id).collect();
        let conn = pool.unhurried().borrow_for_many().await?;
        Self::begin(conn, Brands::new(brands), None, &of_a_transaction(RANGES)).await
    }

    pub(super) async fn begin(
        conn: Borrowed,
        brands: Brands,
        home: Option<BatchConnection>,
        more: &str,
    ) -> Result<Self, sqlx::Error> {
        let open = Open::begin(conn, &brands.setting(), more).await?;
        Ok(Self::begun(open, brands, home, 1))
    }

    pub(super) fn begun(open: Open, brands: Brands, home: Option<BatchConnection>, trips: u32) -> Self {
        Self {
            open,
            brands,
            home,
            trips,
        }
    }

    /// Every brand that it was opened for, once, in the order of their numbers.
    #[must_use]
    pub fn every_brand(&self) -> BrandColumn {
        self.brands.every().clone()
    }

    /// The brands of some items, in their order.
    ///
    /// # Errors
    /// [`NotInBatch`] for a scope that the transaction was not opened with.
    pub fn brands<'a>(
        &self,
        items: impl IntoIterator<Item = &'a BrandScope>,
    ) -> Result<BrandColumn, NotInBatch> {
        self.brands.column(items)
    }

    /// What a row that it reads is compared with.
    #[must_use]
    pub fn wall(&self) -> RowWall {
        self.brands.wall()
    }

    /// The connection, for the queries that [`brand_set_query!`](crate::brand_set_query) makes.
    pub fn conn(&mut self) -> BrandConn<'_> {
        self.trips = self.trips.saturating_add(1);
        self.open.conn()
    }

    /// How many round trips it has taken until now, what was prepared for the first time aside.
    #[must_use]
    pub fn trips(&self) -> u32 {
        self.trips
    }

    /// Makes it all durable.
    ///
    /// # Errors
    /// [`sqlx::Error`], also where a statement had failed and was passed over. After an error the outcome is unknown: look, never repeat blindly.
    pub async fn commit(self) -> Result<(), sqlx::Error> {
        give_back(self.home, self.open.commit().await?);
        Ok(())
    }

    /// Undoes it all and gives the connection back.
    ///
    /// # Errors
    /// [`sqlx::Error`]; the connection is then closed, which undoes it too.
    pub async fn rollback(self) -> Result<(), sqlx::Error> {
        give_back(self.home, self.open.rollback().await?);
        Ok(())
    }
}

fn give_back(home: Option<BatchConnection>, conn: Option<Borrowed>) {
    if let (Some(home), Some(conn)) = (home, conn) {
        home.keep(conn);
    }
}

impl Batch for BatchTx {
    fn brands<'a>(&self, items: impl IntoIterator<Item = &'a BrandScope>) -> Result<BrandColumn, NotInBatch> {
        self.brands(items)
    }

    fn every_id(&self) -> &[i32] {
        self.brands.every().ids()
    }

    fn conn(&mut self) -> BrandConn<'_> {
        self.conn()
    }
}

impl BrandColumn {
    /// The ids, for the macro.
    #[must_use]
    pub fn ids(&self) -> &[i32] {
        &self.0
    }
}
