//! Whose turn it is to be hashed: fair between brands, bounded, and idle only when nobody waits.
//!
//! Brands that wait take turns, and within a brand whoever came first goes first. The places to wait are
//! everybody's: a brand alone may fill them all. When they are full, who comes from a brand with fewer waiting
//! takes the place of the last who came from the brand with most: so a rush at one brand turns away that
//! brand's own, and another brand waits one turn for each brand that is busy, never behind the rush.

use std::{
    collections::{HashMap, VecDeque},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use croupier_brand::BrandId;
use tokio::sync::oneshot;

/// No place to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Full;

/// Places to run and places to wait. Cloning it shares them.
#[derive(Clone)]
pub(super) struct FairQueue(Arc<Shared>);

struct Shared {
    at_once: usize,
    waiting: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    running: usize,
    waiting: usize,
    brands: HashMap<BrandId, VecDeque<Waiter>>,
    /// The brands that wait, in the order of their turns.
    turns: VecDeque<BrandId>,
    next_ticket: u64,
}

struct Waiter {
    ticket: u64,
    place: oneshot::Sender<Place>,
}

/// A place to run, given back when it is dropped.
pub(super) struct Place(Option<Arc<Shared>>);

impl FairQueue {
    pub(super) fn new(at_once: usize, waiting: usize) -> Self {
        Self(Arc::new(Shared {
            at_once,
            waiting,
            state: Mutex::default(),
        }))
    }

    /// A place to run, after a turn. Dropping this leaves the queue.
    pub(super) async fn place(&self, brand: BrandId) -> Result<Place, Full> {
        let (granted, waiting) = {
            let mut state = self.0.state();
            if state.running < self.0.at_once {
                // Whoever leaves hands a place on, so nobody waits while one is free.
                state.running += 1;
                return Ok(Place(Some(Arc::clone(&self.0))));
            }
            if state.waiting >= self.0.waiting {
                state.make_room_for(brand)?;
            }
            let (place, granted) = oneshot::channel();
            let ticket = state.enter(brand, place);
            let waiting = Waiting {
                queue: &self.0,
                brand,
                ticket,
            };
            (granted, waiting)
        };
        let place = granted.await;
        drop(waiting);
        place.map_err(|_| Full)
    }

    /// How many run and how many wait.
    pub(super) fn load(&self) -> (usize, usize) {
        let state = self.0.state();
        (state.running, state.waiting)
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands a place that was given back to whoever's turn it is.
    fn hand_on(self: &Arc<Self>) {
        loop {
            let Some(next) = self.state().next_turn() else {
                return;
            };
            // Outside the lock: a place that nobody takes any more comes back here.
            match next.place.send(Place(Some(Arc::clone(self)))) {
                Ok(()) => return,
                Err(mut untaken) => untaken.0 = None,
            }
        }
    }
}

impl State {
    fn enter(&mut self, brand: BrandId, place: oneshot::Sender<Place>) -> u64 {
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        self.waiting += 1;
        let queue = self.brands.entry(brand).or_default();
        if queue.is_empty() {
            self.turns.push_back(brand);
        }
        queue.push_back(Waiter { ticket, place });
        ticket
    }

    /// The next to run; without one the place is free.
    fn next_turn(&mut self) -> Option<Waiter> {
        let Some(brand) = self.turns.pop_front() else {
            self.running -= 1;
            return None;
        };
        let queue = self.brands.get_mut(&brand)?;
        let next = queue.pop_front();
        if queue.is_empty() {
            self.brands.remove(&brand);
        } else {
            self.turns.push_back(brand);
        }
        self.waiting -= 1;
        next
    }

    /// Turns away the last who came from the brand with most waiting, if that is more than `brand` has.
    fn make_room_for(&mut self, brand: BrandId) -> Result<(), Full> {
        let own = self.brands.get(&brand).map_or(0, VecDeque::len);
        let (most, queue) = self
            .brands
            .iter_mut()
            .max_by_key(|(_, queue)| queue.len())
            .filter(|(_, queue)| queue.len() > own)
            .ok_or(Full)?;
        let most = *most;
        queue.pop_back();
        self.waiting -= 1;
        self.forget_if_empty(most);
        Ok(())
    }

    fn leave(&mut self, brand: BrandId, ticket: u64) {
        let Some(queue) = self.brands.get_mut(&brand) else {
            return;
        };
        if let Some(at) = queue.iter().position(|waiter| waiter.ticket == ticket) {
            queue.remove(at);
            self.waiting -= 1;
            self.forget_if_empty(brand);
        }
    }

    fn forget_if_empty(&mut self, brand: BrandId) {
        if self.brands.get(&brand).is_some_and(VecDeque::is_empty) {
            self.brands.remove(&brand);
            self.turns.retain(|waiting| *waiting != brand);
        }
    }
}

/// Somebody who waits, until dropped.
struct Waiting<'a> {
    queue: &'a Shared,
    brand: BrandId,
    ticket: u64,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.queue.state().leave(self.brand, self.ticket);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(queue) = self.0.take() {
            queue.hand_on();
        }
    }
}

impl fmt::Debug for FairQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (running, waiting) = self.load();
        f.debug_struct("FairQueue")
            .field("running", &running)
            .field("waiting", &waiting)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::pin::Pin;

    use futures_util::FutureExt;
    use proptest::prelude::*;

    use super::*;

    fn brand(id: i64) -> BrandId {
        BrandId::new(id).unwrap()
    }

    type Asked<'a> = Pin<Box<dyn Future<Output = Result<Place, Full>> + Send + 'a>>;

    /// Asks for a place and goes as far as it goes.
    fn ask(queue: &FairQueue, id: i64) -> Result<Asked<'_>, Result<Place, Full>> {
        let mut asked: Asked<'_> = Box::pin(queue.place(brand(id)));
        match (&mut asked).now_or_never() {
            None => Ok(asked),
            Some(answer) => Err(answer),
        }
    }

    fn waits(queue: &FairQueue, id: i64) -> Asked<'_> {
        ask(queue, id).ok().unwrap()
    }

    fn is_full(queue: &FairQueue, id: i64) -> bool {
        matches!(ask(queue, id), Err(Err(Full)))
    }

    fn runs(queue: &FairQueue, id: i64) -> Place {
        ask(queue, id).err().unwrap().ok().unwrap()
    }

    #[test]
    fn a_brand_alone_has_every_place() {
        let queue = FairQueue::new(2, 3);
        let _running = [runs(&queue, 1), runs(&queue, 1)];
        let _waiting: Vec<_> = (0..3).map(|_| waits(&queue, 1)).collect();
        assert!(is_full(&queue, 1));
        assert_eq!(queue.load(), (2, 3));
    }

    #[test]
    fn iso_59_a_rush_at_one_brand_turns_away_its_own() {
        let queue = FairQueue::new(1, 4);
        let running = runs(&queue, 1);
        let mut rush: Vec<_> = (0..4).map(|_| waits(&queue, 1)).collect();
        let mut other = waits(&queue, 2);
        let mut last = rush.pop().unwrap();
        assert!(
            matches!((&mut last).now_or_never(), Some(Err(Full))),
            "who came last of the many makes room"
        );
        assert!(is_full(&queue, 1), "and nobody else of them gets in");
        let mut second = waits(&queue, 2);
        assert!(is_full(&queue, 2), "half is as much as two can both have");

        drop(running);
        let first = (&mut rush[0]).now_or_never().unwrap().ok().unwrap();
        assert!((&mut other).now_or_never().is_none());
        drop(first);
        let turn = (&mut other).now_or_never().unwrap().ok().unwrap();
        drop(turn);
        let turn = (&mut rush[1]).now_or_never().unwrap().ok().unwrap();
        drop(turn);
        assert!((&mut second).now_or_never().unwrap().is_ok());
    }

    #[test]
    fn who_leaves_makes_room_and_a_place_nobody_takes_goes_on() {
        let queue = FairQueue::new(1, 2);
        let running = runs(&queue, 1);
        let (leaves, mut stays) = (waits(&queue, 1), waits(&queue, 2));
        drop(leaves);
        assert_eq!(queue.load(), (1, 1));
        let gone = waits(&queue, 2);
        drop(running);
        let place = (&mut stays).now_or_never().unwrap().ok().unwrap();
        // The place was handed to who then left without having taken it.
        drop(place);
        drop(gone);
        assert_eq!(queue.load(), (0, 0));
        drop(runs(&queue, 3));
    }

    #[test]
    fn without_places_to_wait_nobody_waits() {
        let queue = FairQueue::new(1, 0);
        let running = runs(&queue, 1);
        assert!(is_full(&queue, 1) && is_full(&queue, 2));
        drop(running);
        drop(runs(&queue, 2));
        assert_eq!(queue.load(), (0, 0));
    }

    proptest! {
        #[test]
        fn nobody_is_lost_and_no_bound_is_passed(
            at_once in 1..4_usize,
            room in 0..6_usize,
            steps in proptest::collection::vec((0..4_u8, 1..4_i64, any::<prop::sample::Index>()), 0..120),
        ) {
            let queue = FairQueue::new(at_once, room);
            let (mut running, mut waiting): (Vec<Place>, Vec<Asked<'_>>) = Default::default();
            for (step, id, at) in steps {
                match step {
                    0 | 1 => match ask(&queue, id) {
                        Ok(asked) => waiting.push(asked),
                        Err(Ok(place)) => running.push(place),
                        Err(Err(Full)) => {}
                    },
                    2 if !running.is_empty() => drop(running.swap_remove(at.index(running.len()))),
                    3 if !waiting.is_empty() => drop(waiting.swap_remove(at.index(waiting.len()))),
                    _ => {}
                }
                waiting.retain_mut(|asked| match asked.now_or_never() {
                    None => true,
                    Some(Ok(place)) => {
                        running.push(place);
                        false
                    }
                    Some(Err(Full)) => false,
                });
                prop_assert_eq!(queue.load(), (running.len(), waiting.len()));
                prop_assert!(running.len() <= at_once && waiting.len() <= room);
                prop_assert!(waiting.is_empty() || running.len() == at_once, "nobody waits for nothing");
            }
        }
    }
}
