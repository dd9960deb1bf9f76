//! A provider that plays one case: says things, hears answers, and remembers both.

mod accepted;
mod judging;
mod many;
mod saying;

use std::time::Duration;

use accepted::Accepted;
use croupier_brand::Clock;
use reqwest::Url;
use tokio::sync::watch;
use uuid::Uuid;

use super::{
    Class, Driver, Exchange, Expectation, Finding, Hand, Heard, Point, ProviderKey, Say, Seat, Stop, Undoes,
    blot::Blot, open::Open, wire::Wire,
};

/// How a provider behaves, whatever it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manner {
    /// How long it waits for an answer.
    pub patience: Duration,
    /// How many bets it makes where the case is that there are many.
    pub bets: usize,
    /// How many of them at once.
    pub at_once: usize,
    /// How long a run that is ended early waits for the case that is played, and then for what that has open.
    pub wind_up: Duration,
    /// Certificates (DER) whose holders may vouch for the operator, beside those that browsers believe.
    pub authorities: Vec<Vec<u8>>,
}

impl Default for Manner {
    fn default() -> Self {
        Self {
            patience: Duration::from_secs(30),
            bets: 100,
            at_once: 10,
            wind_up: Duration::from_secs(10),
            authorities: Vec::new(),
        }
    }
}

/// A provider that plays one case against one operator.
pub struct Kit<'a> {
    /// The provider's side.
    pub driver: &'a dyn Driver,
    /// What only the operator can do.
    pub hand: &'a dyn Hand,
    /// Where the player sits.
    pub seat: Seat,
    key: &'a ProviderKey,
    wire: Wire,
    clock: Clock,
    manner: Manner,
    hidden: Blot,
    exchanges: Vec<Exchange>,
    notes: Vec<String>,
    prefix: String,
    expectation: Option<Expectation>,
    finding: Option<Finding>,
    open: Open,
    accepted: Accepted,
    asked: Option<watch::Receiver<bool>>,
}

impl<'a> Kit<'a> {
    /// A provider that calls the operator at `base`.
    ///
    /// # Errors
    /// [`Stop::Failed`] when no HTTP client can be made.
    pub fn new(
        driver: &'a dyn Driver,
        key: &'a ProviderKey,
        hand: &'a dyn Hand,
        base: Url,
        seat: Seat,
    ) -> Result<Self, Stop> {
        Self::with_manner(driver, key, hand, base, seat, Manner::default())
    }

    /// The same, who behaves so.
    ///
    /// # Errors
    /// [`Stop::Failed`] when no HTTP client can be made.
    pub fn with_manner(
        driver: &'a dyn Driver,
        key: &'a ProviderKey,
        hand: &'a dyn Hand,
        base: Url,
        seat: Seat,
        manner: Manner,
    ) -> Result<Self, Stop> {
        Ok(Self {
            driver,
            hand,
            seat,
            key,
            clock: Clock::system(),
            wire: Wire::new(base, manner.patience, &manner.authorities)?,
            manner,
            hidden: key.hidden(),
            exchanges: Vec::new(),
            notes: Vec::new(),
            // Ids of one case are nobody else's.
            prefix: Uuid::new_v4().simple().to_string()[..12].to_owned(),
            expectation: None,
            finding: None,
            open: Open::default(),
            accepted: Accepted::default(),
            asked: None,
        })
    }

    /// Begins nothing that is long once this says that the run is to end.
    pub(super) fn until(self, asked: watch::Receiver<bool>) -> Self {
        Self {
            asked: Some(asked),
            ..self
        }
    }

    fn is_to_end(&self) -> bool {
        self.asked.as_ref().is_some_and(|asked| *asked.borrow())
    }

    /// What was said and heard so far.
    #[must_use]
    pub fn exchanges(&self) -> &[Exchange] {
        &self.exchanges
    }

    /// The answer that the case is about.
    #[must_use]
    pub fn finding(&self) -> Option<&Finding> {
        self.finding.as_ref()
    }

    /// What that answer had to be.
    #[must_use]
    pub fn expectation(&self) -> Option<&Expectation> {
        self.expectation.as_ref()
    }

    /// What there is to know beside: how many, how fast. Information, never judged.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Adds to the notes.
    pub fn note(&mut self, note: String) {
        self.notes.push(note);
    }

    /// How it behaves.
    #[must_use]
    pub fn manner(&self) -> &Manner {
        &self.manner
    }

    /// A transaction's id, of this case.
    #[must_use]
    pub fn id(&self, name: &str) -> String {
        self.driver.id(&self.prefix, name)
    }

    /// A round, of this case.
    #[must_use]
    pub fn round(&self, name: &str) -> String {
        self.driver.round(&self.prefix, name)
    }

    /// A bet in round `r`.
    #[must_use]
    pub fn bet(&self, name: &str, amount: i64) -> Say {
        Say::Bet {
            id: self.id(name),
            round: self.round("r"),
            amount,
        }
    }

    /// A win of bet `of` in round `r`.
    #[must_use]
    pub fn win(&self, name: &str, of: &str, amount: i64) -> Say {
        Say::Win {
            id: self.id(name),
            bet: self.id(of),
            round: self.round("r"),
            amount,
        }
    }

    /// A rollback of bet `of` in round `r`.
    #[must_use]
    pub fn undo(&self, name: &str, of: &str, amount: i64) -> Say {
        Say::Rollback {
            id: self.id(name),
            of: self.id(of),
            round: self.round("r"),
            undoes: Undoes::Bet,
            amount,
        }
    }

    /// That the last answer says one of these.
    fn last_must(&mut self, heard: &Heard, wanted: &[Class]) -> Result<(), Stop> {
        if let Some(last) = self.exchanges.last_mut() {
            last.wanted = wanted.to_vec();
        }
        expect(heard, wanted)
    }

    /// Says it; the answer must be one of these.
    ///
    /// # Errors
    /// [`Stop`].
    pub async fn must(&mut self, say: &Say, wanted: &[Class]) -> Result<Heard, Stop> {
        let seat = self.seat.clone();
        self.must_from(&seat, say, wanted).await
    }

    /// The same from another seat.
    ///
    /// # Errors
    /// [`Stop`].
    pub async fn must_from(&mut self, seat: &Seat, say: &Say, wanted: &[Class]) -> Result<Heard, Stop> {
        let heard = self.say_from(seat, say).await?;
        self.last_must(&heard, wanted)?;
        Ok(heard)
    }

    /// Says that somebody sits down, where the protocol has a word for it. That they may is enough; what they are told
    /// beside, a case judges.
    ///
    /// # Errors
    /// [`Stop`].
    pub async fn sit_down(&mut self, seat: &Seat) -> Result<(), Stop> {
        if self.can_say(&Say::Open).is_err() {
            return Ok(());
        }
        let heard = self.say_from(seat, &Say::Open).await?;
        let amiss = Vec::new();
        self.last_must(&Heard { amiss, ..heard }, &[Class::Done])
    }

    /// What is wanted at a point on which protocols differ.
    #[must_use]
    pub fn wants(&self, point: Point) -> &'static [Class] {
        self.driver.wants(point)
    }
}

/// That an answer says one of these, and tells what it must.
///
/// # Errors
/// [`Stop::Failed`].
pub fn expect(heard: &Heard, wanted: &[Class]) -> Result<(), Stop> {
    if wanted.contains(&heard.class) {
        match heard.amiss.as_slice() {
            [] => Ok(()),
            amiss => Err(Stop::Failed(amiss.join("; "))),
        }
    } else {
        Err(Stop::Failed(format!(
            "the answer is {} ({}) and should be {}",
            heard.code,
            heard.class.name(),
            Class::names(wanted)
        )))
    }
}
