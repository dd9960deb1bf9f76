//! What a run has open at an operator: bets that were said and not answered by a win or a rollback yet.

use super::{Class, Driver, Say, Seat, Undoes};

/// Bets under way or taken, that nothing has settled so far. What may have been taken counts: a rollback of what never was
/// does no harm.
#[derive(Default)]
pub(super) struct Open(Vec<Placed>);

struct Placed {
    seat: Seat,
    id: String,
    round: String,
    amount: i64,
}

impl Open {
    /// It is about to be said.
    pub(super) fn said(&mut self, seat: &Seat, say: &Say) {
        match say {
            Say::Bet { id, round, amount } | Say::FreeBet { id, round, amount } => {
                let there = self
                    .0
                    .iter()
                    .any(|placed| placed.id == *id && placed.seat == *seat);
                if !there {
                    self.0.push(Placed {
                        seat: seat.clone(),
                        id: id.clone(),
                        round: round.clone(),
                        amount: *amount,
                    });
                }
            }
            Say::Together(all) => all.iter().for_each(|each| self.said(seat, each)),
            _ => {}
        }
    }

    /// It was answered so.
    pub(super) fn answered(&mut self, say: &Say, class: Class) {
        match say {
            // Refused for good: nothing was taken.
            Say::Bet { id, .. } | Say::FreeBet { id, .. } if !taken(class) => self.close(id),
            Say::Win { bet, .. } if class == Class::Done || class == Class::Repeated => self.close(bet),
            Say::Rollback { of, .. } if class == Class::Done || class == Class::Repeated => self.close(of),
            Say::Together(all) => all.iter().for_each(|each| self.answered(each, class)),
            _ => {}
        }
    }

    fn close(&mut self, id: &str) {
        self.0.retain(|placed| placed.id != id);
    }

    /// The rollbacks of all of them, by seat, as far as the protocol has such a message. Nothing is open afterwards.
    pub(super) fn rollbacks(
        &mut self,
        driver: &dyn Driver,
        id: impl Fn(&str) -> String,
    ) -> Vec<(Seat, Vec<Say>)> {
        let mut by_seat: Vec<(Seat, Vec<Say>)> = Vec::new();
        for (at, placed) in std::mem::take(&mut self.0).into_iter().enumerate() {
            let say = Say::Rollback {
                id: id(&format!("end{at}")),
                of: placed.id,
                round: placed.round,
                undoes: Undoes::Bet,
                amount: placed.amount,
            };
            if driver.phrase(&placed.seat, &say).is_err() {
                continue;
            }
            match by_seat.iter_mut().find(|(seat, _)| *seat == placed.seat) {
                Some((_, says)) => says.push(say),
                None => by_seat.push((placed.seat, vec![say])),
            }
        }
        by_seat
    }
}

/// Whether a bet that is answered so may have been taken, or may be yet. A repeat's conflict says that the first was.
fn taken(class: Class) -> bool {
    matches!(
        class,
        Class::Done | Class::Repeated | Class::Conflict | Class::Settled | Class::Retry | Class::Nonsense
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::Protocol;

    fn seat(user: &str) -> Seat {
        Seat {
            user: user.to_owned(),
            token: "t".to_owned(),
            game: "g".to_owned(),
            currency: "EUR".to_owned(),
        }
    }

    fn bet(id: &str) -> Say {
        Say::Bet {
            id: id.to_owned(),
            round: "r".to_owned(),
            amount: 100,
        }
    }

    #[test]
    fn what_was_said_is_open_until_it_is_settled_or_refused() {
        let (mut open, alice) = (Open::default(), seat("alice"));
        for id in ["won", "undone", "refused", "lost", "conflict", "taken"] {
            open.said(&alice, &bet(id));
        }
        open.said(&alice, &bet("taken"));
        open.said(&seat("bob"), &Say::Together(vec![bet("together"), Say::Balance]));
        let win = |bet: &str| Say::Win {
            id: "w".to_owned(),
            bet: bet.to_owned(),
            round: "r".to_owned(),
            amount: 0,
        };
        let undo = Say::Rollback {
            id: "x".to_owned(),
            of: "undone".to_owned(),
            round: "r".to_owned(),
            undoes: Undoes::Bet,
            amount: 100,
        };
        open.answered(&bet("taken"), Class::Done);
        open.answered(&win("won"), Class::Done);
        open.answered(&win("taken"), Class::NoReference);
        open.answered(&undo, Class::Done);
        open.answered(&bet("refused"), Class::NoFunds);
        open.answered(&bet("conflict"), Class::Conflict);
        let driver = Protocol::named("hub88").map(Protocol::driver);
        let rollbacks = driver.map(|driver| open.rollbacks(&*driver, |name| format!("run-{name}")));
        let mut undone = Vec::new();
        for (seat, says) in rollbacks.into_iter().flatten() {
            for say in says {
                if let Say::Rollback { of, .. } = say {
                    undone.push((seat.user.clone(), of));
                }
            }
        }
        let of = |user: &str, id: &str| (user.to_owned(), id.to_owned());
        assert_eq!(
            undone,
            [
                of("alice", "lost"),
                of("alice", "conflict"),
                of("alice", "taken"),
                of("bob", "together")
            ]
        );
        assert!(open.0.is_empty());
    }
}
