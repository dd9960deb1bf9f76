//! The third wall: a row says whose it is, and is compared with the scope before anybody sees it.
//!
//! The macros put it behind every statement that gives rows: each output column called `brand_id`, or
//! ending in `_brand_id`, is compared, and a statement without one does not compile.

use std::{collections::BTreeSet, sync::Arc};

use crate::brand::BrandId;

/// A row of another brand came through the other walls: a defect, or a database that was tampered
/// with. It is never decoded further.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a row of another brand than the scope's")]
pub struct ForeignRow;

impl From<ForeignRow> for sqlx::Error {
    fn from(fault: ForeignRow) -> Self {
        tracing::error!("{fault}; it was refused");
        Self::Decode(Box::new(fault))
    }
}

/// The brands whose rows may be read.
#[derive(Clone, Debug)]
pub struct RowWall(Admitted);

#[derive(Clone, Debug)]
enum Admitted {
    One(i32),
    Many(Arc<BTreeSet<i32>>),
}

/// What a row's `brand_id` is decoded as: an integer, or one that may be absent, and nothing else, so that no
/// type of somebody's own can say that its row is nobody's.
pub trait RowBrand: sealed::Sealed {
    /// The brand; none where an outer join found no row.
    fn brand(&self) -> Option<i32>;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for i32 {}
    impl Sealed for Option<i32> {}
}

impl RowBrand for i32 {
    fn brand(&self) -> Option<i32> {
        Some(*self)
    }
}

impl RowBrand for Option<i32> {
    fn brand(&self) -> Option<i32> {
        *self
    }
}

impl RowWall {
    pub(super) fn one(brand: BrandId) -> Self {
        Self(Admitted::One(brand.get()))
    }

    pub(super) fn many(brands: BTreeSet<BrandId>) -> Self {
        Self(Admitted::Many(Arc::new(
            brands.into_iter().map(BrandId::get).collect(),
        )))
    }

    pub(super) fn admits(&self, brand: i32) -> bool {
        match &self.0 {
            Admitted::One(one) => *one == brand,
            Admitted::Many(many) => many.contains(&brand),
        }
    }

    /// Compares what a row says of its brand.
    ///
    /// # Errors
    /// [`ForeignRow`], as sqlx's decoding error.
    pub fn check(&self, brand: &impl RowBrand) -> Result<(), sqlx::Error> {
        match brand.brand() {
            Some(brand) if !self.admits(brand) => Err(ForeignRow.into()),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_foreign_row_is_refused_and_an_absent_one_is_not() {
        let [one, two, three] = [1, 2, 3].map(|id| BrandId::new(id).unwrap());
        let wall = RowWall::one(one);
        assert!(wall.check(&1).is_ok());
        assert!(wall.check(&None::<i32>).is_ok());
        for foreign in [2, 0, -1, i32::MAX] {
            assert!(wall.check(&foreign).is_err());
            assert!(wall.check(&Some(foreign)).is_err());
        }
        let wall = RowWall::many([one, three].into());
        assert!(wall.check(&one.get()).is_ok() && wall.check(&three.get()).is_ok());
        assert!(wall.check(&two.get()).is_err());
        assert!(RowWall::many(BTreeSet::new()).check(&1).is_err());
    }
}
