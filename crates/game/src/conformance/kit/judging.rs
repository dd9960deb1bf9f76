//! What a case looks at: what a player has, and what an answer did to it.

use super::Kit;
use crate::{
    conformance::{Class, Expectation, Finding, Heard, Message, Say, Seat, Stop, exchange::outcome},
    provider::ReplayBalance,
};

/// The largest balance that is believed, minor units: cases add to it and compare without overflowing.
const PLAUSIBLE: i64 = i64::MAX / 4;

impl Kit<'_> {
    /// What the player has.
    ///
    /// # Errors
    /// [`Stop`].
    pub async fn balance(&mut self) -> Result<i64, Stop> {
        let seat = self.seat.clone();
        self.balance_of(&seat).await
    }

    /// What somebody has.
    ///
    /// # Errors
    /// [`Stop`].
    pub async fn balance_of(&mut self, seat: &Seat) -> Result<i64, Stop> {
        let heard = self.must_from(seat, &Say::Balance, &[Class::Done]).await?;
        match (heard.class, heard.balance) {
            (Class::Done, Some(balance)) if (-PLAUSIBLE..=PLAUSIBLE).contains(&balance) => Ok(balance),
            (Class::Done, Some(balance)) => Err(Stop::Failed(format!(
                "the balance is {balance} minor units, which is not plausible"
            ))),
            _ => Err(Stop::Failed(format!("no balance was told: {heard:?}"))),
        }
    }

    /// Says it; it must be done.
    ///
    /// # Errors
    /// [`Stop`].
    pub async fn done(&mut self, say: &Say) -> Result<Heard, Stop> {
        self.must(say, &[Class::Done]).await
    }

    /// Says what the case is about: the answer must be one of these, and the balance change by `moved`.
    ///
    /// # Errors
    /// [`Stop`].
    pub async fn judge(&mut self, say: &Say, wanted: &[Class], moved: i64) -> Result<Heard, Stop> {
        let seat = self.seat.clone();
        self.judge_from(&seat, say, wanted, moved).await
    }

    /// The same, said from another seat. The balance is that of this case's player.
    ///
    /// # Errors
    /// [`Stop`].
    pub async fn judge_from(
        &mut self,
        seat: &Seat,
        say: &Say,
        wanted: &[Class],
        moved: i64,
    ) -> Result<Heard, Stop> {
        let message = self.signed(seat, say)?;
        self.judge_message((seat, say), message, wanted, moved).await
    }

    /// The same of a message that was spoiled.
    ///
    /// # Errors
    /// [`Stop`].
    pub async fn judge_message(
        &mut self,
        (seat, say): (&Seat, &Say),
        message: Message,
        wanted: &[Class],
        moved: i64,
    ) -> Result<Heard, Stop> {
        self.expectation = Some(Expectation {
            answer: wanted.to_vec(),
            moved,
        });
        let ids = self.driver.ids(say);
        let again = self.accepted.knows(seat, &ids);
        let before = self.balance().await?;
        let booked = self.hand.recorded(seat, &ids).await?;
        let heard = self.send_saying(seat, say, message).await?;
        let judged = self.last_must(&heard, wanted);
        let now_booked = self.hand.recorded(seat, &ids).await?;
        let after = self.balance().await?;
        self.finding = Some(Finding {
            outcome: outcome(booked, now_booked, &heard),
            moved: after - before,
            wire: heard.code.clone(),
        });
        judged?;
        if after - before != moved {
            return Err(Stop::Failed(format!(
                "the balance changed by {} and should by {moved}",
                after - before
            )));
        }
        if seat.user == self.seat.user {
            self.tells(&heard, again, (before, after))?;
        }
        Ok(heard)
    }

    /// That the balances an answer tells are those there are: a repeat's may be the first answer's, with which it was
    /// compared.
    fn tells(&self, heard: &Heard, again: bool, (before, after): (i64, i64)) -> Result<(), Stop> {
        let first = again && heard.is_accepted();
        if first && self.driver.repeats_tell() == ReplayBalance::Original {
            return Ok(());
        }
        match (heard.balance, heard.was) {
            (Some(told), _) if told != after => Err(Stop::Failed(format!(
                "the balance is {after} and {told} was told"
            ))),
            (_, Some(told)) if told != before && !first => Err(Stop::Failed(format!(
                "the balance was {before}, and {told} was told for it"
            ))),
            _ => Ok(()),
        }
    }

    /// That the player has this much.
    ///
    /// # Errors
    /// [`Stop::Failed`].
    pub async fn has(&mut self, wanted: i64) -> Result<(), Stop> {
        let balance = self.balance().await?;
        if balance == wanted {
            Ok(())
        } else {
            Err(Stop::Failed(format!(
                "the balance is {balance} and should be {wanted}"
            )))
        }
    }
}
