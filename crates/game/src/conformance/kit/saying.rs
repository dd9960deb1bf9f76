//! What a case says: phrased, signed, sent, heard and remembered.

use std::time::Duration;

use super::Kit;
use crate::conformance::{Exchange, HangUp, Heard, Message, ProviderKey, Say, Seat, Stop, wire::Came};

impl Kit<'_> {
    /// Says it, signed, from this case's seat.
    ///
    /// # Errors
    /// [`Stop`].
    pub async fn say(&mut self, say: &Say) -> Result<Heard, Stop> {
        let seat = self.seat.clone();
        self.say_from(&seat, say).await
    }

    /// Says it from another seat.
    ///
    /// # Errors
    /// [`Stop`].
    pub async fn say_from(&mut self, seat: &Seat, say: &Say) -> Result<Heard, Stop> {
        let message = self.signed(seat, say)?;
        self.send_saying(seat, say, message).await
    }

    /// That the protocol has a message for it, found out before anything is done for its sake.
    ///
    /// # Errors
    /// [`Stop::NotSaid`].
    pub fn can_say(&self, say: &Say) -> Result<(), Stop> {
        let phrased = self.driver.phrase(&self.seat, say);
        phrased.map(drop).map_err(Stop::NotSaid)
    }

    /// A saying, signed and ready to be sent or spoiled.
    ///
    /// # Errors
    /// [`Stop::NotSaid`].
    pub fn signed(&self, seat: &Seat, say: &Say) -> Result<Message, Stop> {
        self.signed_before(Duration::ZERO, seat, say)
    }

    /// The same, signed this long ago.
    ///
    /// # Errors
    /// [`Stop::NotSaid`].
    pub fn signed_before(&self, ago: Duration, seat: &Seat, say: &Say) -> Result<Message, Stop> {
        let message = self.driver.phrase(seat, say).map_err(Stop::NotSaid)?;
        Ok(self.sign_with(self.key, message, ago))
    }

    /// A message with what proves it the provider's.
    #[must_use]
    pub fn sign(&self, message: Message) -> Message {
        self.sign_with(self.key, message, Duration::ZERO)
    }

    /// The same with a key of the same kind that is not the provider's.
    ///
    /// # Errors
    /// [`Stop::Failed`] when there is none.
    pub fn sign_with_another(&self, message: Message) -> Result<Message, Stop> {
        let other = self.key.another();
        let other = other.map_err(|fault| Stop::Failed(fault.to_string()))?;
        Ok(self
            .driver
            .sign(&other, self.wire.prefix(), message, self.clock.now()))
    }

    fn sign_with(&self, key: &ProviderKey, message: Message, ago: Duration) -> Message {
        let at = self.clock.now() - ago;
        self.driver.sign(key, self.wire.prefix(), message, at)
    }

    /// Sends these bytes, which say this, and keeps in mind what is open.
    pub(super) async fn send_saying(
        &mut self,
        seat: &Seat,
        say: &Say,
        message: Message,
    ) -> Result<Heard, Stop> {
        self.open.said(seat, say);
        let heard = self.send(seat, say.to_string(), message).await?;
        self.open.answered(say, heard.class);
        Ok(self.compared(seat, say, heard))
    }

    /// Sends these very bytes.
    ///
    /// # Errors
    /// [`Stop::Failed`] when no answer comes.
    pub async fn send(&mut self, seat: &Seat, said: String, message: Message) -> Result<Heard, Stop> {
        let came = self.wire.post(message.clone()).await;
        let heard = came.as_ref().ok().map(|came| self.hear(&message, came, seat));
        self.remember(said, &message, came.as_ref(), heard.clone());
        match (came, heard) {
            (Ok(_), Some(heard)) => Ok(heard),
            (Err(stop), _) => Err(stop),
            (Ok(_), None) => Err(Stop::Failed("no answer was understood".to_owned())),
        }
    }

    /// What an answer says, without what nobody may see: verdicts and findings quote it.
    pub(super) fn hear(&self, asked: &Message, came: &Came, seat: &Seat) -> Heard {
        let heard = self.driver.hear(came.status, &came.body, seat);
        let amiss = self.driver.amiss(asked, &came.body, seat, &heard);
        let blot = |text: &String| self.hidden.out_of(text);
        Heard {
            code: blot(&heard.code),
            operator_ids: heard.operator_ids.iter().map(blot).collect(),
            amiss: amiss.iter().map(blot).collect(),
            ..heard
        }
    }

    /// The same with what is not as the first answer to it told.
    pub(super) fn compared(&mut self, seat: &Seat, say: &Say, mut heard: Heard) -> Heard {
        let ids = self.driver.ids(say);
        let amiss = self
            .accepted
            .compare(seat, &ids, &heard, self.driver.repeats_tell());
        heard.amiss.extend(amiss);
        heard
    }

    /// Sends these very bytes and hangs up without reading what comes.
    ///
    /// # Errors
    /// [`Stop::Failed`] when they cannot be sent.
    pub async fn send_and_hang_up(&mut self, say: &Say, when: HangUp) -> Result<(), Stop> {
        let message = self.signed(&self.seat, say)?;
        self.open.said(&self.seat.clone(), say);
        let sent = self.wire.cut(message.clone(), when).await;
        let how = match when {
            HangUp::After(pause) => format!(
                "the connection was cut {} ms after the call was sent",
                pause.as_millis()
            ),
            HangUp::Unread => {
                "the connection was cut when an answer began to come; it was not read".to_owned()
            }
        };
        let silence = Stop::Failed(how);
        self.remember(say.to_string(), &message, Err(&silence), None);
        sent
    }

    pub(super) fn remember(
        &mut self,
        said: String,
        message: &Message,
        came: Result<&Came, &Stop>,
        heard: Option<Heard>,
    ) {
        let blot = |text: &str| self.hidden.out_of(text);
        let headers = message.headers.iter();
        self.exchanges.push(Exchange {
            said,
            path: blot(&message.path),
            headers: headers.map(|(name, value)| (name.clone(), blot(value))).collect(),
            sent: blot(&String::from_utf8_lossy(&message.body)),
            came: match came {
                Ok(came) => format!("{} {}", came.status, blot(&String::from_utf8_lossy(&came.body))),
                Err(stop) => stop.to_string(),
            },
            heard,
            wanted: Vec::new(),
            took: came.map_or(Duration::ZERO, |came| came.took),
        });
    }
}
