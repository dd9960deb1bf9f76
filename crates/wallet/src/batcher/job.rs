//! What waits in a queue.

use tokio::sync::oneshot;

use super::{places::Place, time::Instant};
use crate::{
    engine::{
        books::Order,
        outcome::{Balance, Outcome, Reason, Verdict},
    },
    service::WalletError,
};

/// Orders of one wallet that are decided together, and who waits for the outcomes.
#[derive(Debug)]
pub(super) struct Job<S> {
    pub(super) scope: S,
    pub(super) orders: Vec<Order>,
    /// It is not begun after this.
    pub(super) deadline: Instant,
    pub(super) answer: oneshot::Sender<Result<Vec<Outcome>, WalletError>>,
    /// Given back when it was answered.
    pub(super) _place: Place,
}

impl<S> Job<S> {
    /// Answers. Nobody need be there to hear it.
    pub(super) fn answer(self, outcomes: Vec<Outcome>) {
        let _ = self.answer.send(Ok(outcomes));
    }

    pub(super) fn retryable(self) {
        let outcomes = vec![Outcome::Retryable; self.orders.len()];
        self.answer(outcomes);
    }

    pub(super) fn unknown_player(self) {
        let outcomes = vec![unknown_player(); self.orders.len()];
        self.answer(outcomes);
    }

    pub(super) fn fail(self, fault: WalletError) {
        let _ = self.answer.send(Err(fault));
    }
}

pub(super) fn unknown_player() -> Outcome {
    Outcome::Decided(Verdict::Rejected {
        reason: Reason::UnknownPlayer,
        balance: Balance::default(),
    })
}
