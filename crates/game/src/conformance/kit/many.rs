//! Many calls at once: where a case is that there are many, and where what is open is taken back.

use std::time::Duration;

use super::{Kit, expect};
use crate::conformance::{Class, Say, Seat, Stop};

/// How many calls of a kind a case keeps, where it makes very many.
const KEPT: usize = 3;

impl Kit<'_> {
    /// Says it several times at once; every answer must be one of these.
    ///
    /// # Errors
    /// [`Stop`].
    pub async fn must_at_once(&mut self, times: usize, say: &Say, wanted: &[Class]) -> Result<(), Stop> {
        let all = vec![say.clone(); times];
        self.all_must(&all, times, wanted).await.map(drop)
    }

    /// Says all of these, some at once; every answer must be one of these. Of many that are right a few are kept. Gives
    /// how long each took, the shortest first.
    ///
    /// # Errors
    /// [`Stop`].
    pub async fn all_must(
        &mut self,
        all: &[Say],
        at_once: usize,
        wanted: &[Class],
    ) -> Result<Vec<Duration>, Stop> {
        let seat = self.seat.clone();
        self.all_from(&seat, all, at_once, wanted, false).await
    }

    /// The same from another seat; what is `whole` is not left in the middle when the run is to end.
    async fn all_from(
        &mut self,
        seat: &Seat,
        all: &[Say],
        at_once: usize,
        wanted: &[Class],
        whole: bool,
    ) -> Result<Vec<Duration>, Stop> {
        let mut waiting = Vec::new();
        for say in all {
            waiting.push((say, self.signed(seat, say)?));
        }
        let (mut waiting, mut going) = (waiting.into_iter(), tokio::task::JoinSet::new());
        let (mut took, mut kept, mut wrong) = (Vec::new(), 0, None);
        loop {
            let stopped = !whole && self.is_to_end();
            while !stopped
                && going.len() < at_once.max(1)
                && let Some((say, message)) = waiting.next()
            {
                self.open.said(seat, say);
                let (wire, say) = (self.wire.clone(), say.clone());
                going.spawn(async move { (say, message.clone(), wire.post(message).await) });
            }
            let Some(answer) = going.join_next().await else {
                break;
            };
            let (say, message, came) = answer.map_err(|fault| Stop::Failed(fault.to_string()))?;
            let heard = came.as_ref().ok().map(|came| self.hear(&message, came, seat));
            let heard = heard.map(|heard| self.compared(seat, &say, heard));
            let judged = match (&came, &heard) {
                (Ok(came), Some(heard)) => {
                    self.open.answered(&say, heard.class);
                    took.push(came.took);
                    expect(heard, wanted)
                }
                (Err(stop), _) => Err(stop.clone()),
                (Ok(_), None) => Ok(()),
            };
            if judged.is_err() || kept < KEPT.max(at_once.min(all.len())) {
                self.remember(say.to_string(), &message, came.as_ref(), heard);
                if let Some(last) = self.exchanges.last_mut() {
                    last.wanted = wanted.to_vec();
                }
                kept += 1;
            }
            if let (Err(stop), None) = (judged, &wrong) {
                wrong = Some(stop);
            }
        }
        if waiting.next().is_some() {
            return Err(Stop::Ended);
        }
        took.sort_unstable();
        wrong.map_or(Ok(took), Err)
    }

    /// Rolls back what is open, for at most [`Manner::wind_up`]. Gives how many bets that were.
    ///
    /// # Errors
    /// [`Stop::Failed`] when not all of it was rolled back.
    pub(in crate::conformance) async fn take_back(&mut self) -> Result<usize, Stop> {
        let (prefix, driver) = (self.prefix.clone(), self.driver);
        let rollbacks = self.open.rollbacks(driver, |name| driver.id(&prefix, name));
        let (count, within, at_once) = (
            rollbacks.iter().map(|(_, says)| says.len()).sum(),
            self.manner.wind_up,
            self.manner.at_once,
        );
        // Whatever came of a bet: it is not open any more.
        let undone = [Class::Done, Class::Repeated, Class::Settled, Class::NoReference];
        let all = async {
            let mut came = Ok(count);
            for (seat, says) in rollbacks {
                if let Err(stop) = self.all_from(&seat, &says, at_once, &undone, true).await {
                    came = Err(Stop::Failed(format!(
                        "not all of {count} were rolled back: {stop}"
                    )));
                }
            }
            came
        };
        let late = |_| {
            Stop::Failed(format!(
                "not all of {count} were rolled back within {} s",
                within.as_secs()
            ))
        };
        tokio::time::timeout(within, all).await.map_err(late)?
    }
}
