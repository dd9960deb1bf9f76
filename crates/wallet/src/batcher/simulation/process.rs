//! A process of the house: a batcher, until it is killed.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tokio::sync::Notify;

/// What of a process the simulated database and the clients know.
#[derive(Debug, Default)]
pub(super) struct Process {
    dead: AtomicBool,
    drained: AtomicBool,
    killed: Notify,
}

impl Process {
    pub(super) fn is_dead(&self) -> bool {
        self.dead.load(Ordering::SeqCst)
    }

    /// Everybody who waits for it hears nothing any more, and it does nothing any more.
    pub(super) fn kill(&self) {
        self.dead.store(true, Ordering::SeqCst);
        self.killed.notify_waiters();
    }

    /// Whether it was drained: whatever it does after that is wrong.
    pub(super) fn is_drained(&self) -> bool {
        self.drained.load(Ordering::SeqCst)
    }

    pub(super) fn drained(&self) {
        self.drained.store(true, Ordering::SeqCst);
    }

    /// Returns when it is dead.
    pub(super) async fn death(self: Arc<Self>) {
        loop {
            let killed = self.killed.notified();
            if self.is_dead() {
                return;
            }
            killed.await;
        }
    }
}
