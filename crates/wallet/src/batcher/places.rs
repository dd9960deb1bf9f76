//! The places of a queue, and each brand's share of them.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use croupier_brand::BrandId;
use tokio::sync::Notify;

/// So many places, and so many of them for one brand.
#[derive(Debug)]
pub(super) struct Places(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    all: usize,
    of_a_brand: usize,
    taken: Mutex<Taken>,
    emptied: Notify,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    /// Brands that have any.
    by_brand: HashMap<BrandId, usize>,
}

/// A number of places, given back when dropped.
#[derive(Debug)]
pub(super) struct Place {
    places: Arc<Inner>,
    brand: BrandId,
    count: usize,
}

impl Places {
    pub(super) fn new(all: u32, of_a_brand: u32) -> Self {
        let number = |places: u32| usize::try_from(places).unwrap_or(usize::MAX).max(1);
        Self(Arc::new(Inner {
            all: number(all),
            of_a_brand: number(of_a_brand),
            taken: Mutex::default(),
            emptied: Notify::new(),
        }))
    }

    /// Places for a brand; none when there are not that many left, or the brand has its share.
    pub(super) fn take(&self, brand: BrandId, count: usize) -> Option<Place> {
        let mut taken = self.0.taken();
        let of_brand = taken.by_brand.get(&brand).copied().unwrap_or(0);
        if taken.all + count > self.0.all || of_brand + count > self.0.of_a_brand {
            return None;
        }
        taken.all += count;
        taken.by_brand.insert(brand, of_brand + count);
        Some(Place {
            places: Arc::clone(&self.0),
            brand,
            count,
        })
    }

    /// Returns when none is taken.
    pub(super) async fn emptied(&self) {
        loop {
            let emptied = self.0.emptied.notified();
            if self.0.taken().all == 0 {
                return;
            }
            emptied.await;
        }
    }
}

impl Inner {
    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken();
        taken.all -= self.count;
        if let Some(of_brand) = taken.by_brand.get_mut(&self.brand) {
            *of_brand -= self.count;
            if *of_brand == 0 {
                taken.by_brand.remove(&self.brand);
            }
        }
        if taken.all == 0 {
            drop(taken);
            self.places.emptied.notify_waiters();
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn iso_59_a_brand_that_has_its_share_leaves_places_for_the_others() {
        let [one, two] = [1, 2].map(|id| BrandId::new(id).unwrap());
        let places = Places::new(10, 6);
        let held: Vec<_> = (0..6).map(|_| places.take(one, 1).unwrap()).collect();
        assert!(places.take(one, 1).is_none());
        let other = places.take(two, 3).unwrap();
        assert!(places.take(two, 2).is_none(), "eleven");
        assert!(places.take(two, 1).is_some());
        drop(held);
        assert!(places.take(one, 6).is_some());
        drop(other);
        let taken = places.0.taken();
        assert_eq!((taken.all, taken.by_brand.len()), (0, 0), "nothing is kept");
    }
}
