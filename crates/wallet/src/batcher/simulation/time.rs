//! The simulation's clock, in place of tokio's: it stands while anybody has something to do, and then goes to when
//! the next one has.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    future::{Future, poll_fn},
    ops::Add,
    pin::pin,
    task::{Context, Poll, Waker},
    time::Duration,
};

thread_local! {
    static CLOCK: RefCell<Clock> = RefCell::default();
}

#[derive(Default)]
struct Clock {
    now: Duration,
    next: u64,
    /// By time, and for one time in the order in which they were set.
    alarms: BTreeMap<(Duration, u64), Waker>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) struct Instant(Duration);

impl Instant {
    pub(in super::super) fn now() -> Self {
        CLOCK.with_borrow(|clock| Self(clock.now))
    }

    pub(super) fn since_the_beginning(self) -> Duration {
        self.0
    }
}

impl Add<Duration> for Instant {
    type Output = Self;

    fn add(self, more: Duration) -> Self {
        Self(self.0 + more)
    }
}

/// It was not in time.
#[derive(Debug, thiserror::Error)]
#[error("too late")]
pub(in super::super) struct Elapsed;

pub(in super::super) async fn timeout<F: Future>(time: Duration, future: F) -> Result<F::Output, Elapsed> {
    timeout_at(Instant::now() + time, future).await
}

pub(in super::super) async fn timeout_at<F: Future>(at: Instant, future: F) -> Result<F::Output, Elapsed> {
    let mut future = pin!(future);
    let mut alarm = Alarm { at, set: None };
    poll_fn(|context| {
        if let Poll::Ready(done) = future.as_mut().poll(context) {
            return Poll::Ready(Ok(done));
        }
        alarm.poll(context).map(|()| Err(Elapsed))
    })
    .await
}

pub(super) async fn sleep(time: Duration) {
    let mut alarm = Alarm {
        at: Instant::now() + time,
        set: None,
    };
    poll_fn(|context| alarm.poll(context)).await;
}

struct Alarm {
    at: Instant,
    set: Option<u64>,
}

impl Alarm {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        CLOCK.with_borrow_mut(|clock| {
            if clock.now >= self.at.0 {
                return Poll::Ready(());
            }
            let number = *self.set.get_or_insert_with(|| {
                clock.next += 1;
                clock.next
            });
            clock.alarms.insert((self.at.0, number), context.waker().clone());
            Poll::Pending
        })
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        if let Some(number) = self.set {
            // Where the thread ends, so does its clock.
            let _ = CLOCK.try_with(|clock| clock.borrow_mut().alarms.remove(&(self.at.0, number)));
        }
    }
}

/// A runtime of this clock's, at its beginning.
pub(super) fn runtime() -> tokio::runtime::Runtime {
    CLOCK.with_borrow_mut(|clock| *clock = Clock::default());
    tokio::runtime::Builder::new_current_thread()
        .on_thread_park(|| {
            let woken = CLOCK.with_borrow_mut(|clock| {
                let ((at, _), waker) = clock.alarms.pop_first()?;
                clock.now = at;
                Some(waker)
            });
            if let Some(waker) = woken {
                waker.wake();
            }
        })
        .build()
        .unwrap()
}
