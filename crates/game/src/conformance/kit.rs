//! A provider that plays one case: says things, hears answers, and remembers both.

use std::{future::Future, pin::Pin, time::Duration};

use reqwest::Url;
use uuid::Uuid;

use super::{Class, Driver, Heard, Message, Point, ProviderKey, Say, Seat, Undoes};

/// How long a provider waits for an answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Why a case came to no end.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Stop {
    /// The protocol has no message that the case needs; why.
    #[error("the protocol has no such message: {0}")]
    NotSaid(&'static str),
    /// The case needs the operator's hand, and there is none.
    #[error("needs the operator's hand: {0}")]
    NoHand(&'static str),
    /// The operator does otherwise than the protocol wants.
    #[error("{0}")]
    Failed(String),
}

/// A step on its way.
pub type Step<'a, T> = Pin<Box<dyn Future<Output = Result<T, Stop>> + Send + 'a>>;

/// What only the operator can do. The default is that nobody can.
pub trait Hand: Send + Sync {
    /// Somebody who sits at the game of a seat, at the same brand, and is nobody's case.
    fn another(&self) -> Step<'_, Seat> {
        Box::pin(async { Err(Stop::NoHand("a second player")) })
    }

    /// A player of another brand at the same provider.
    fn foreigner(&self) -> Step<'_, Seat> {
        Box::pin(async { Err(Stop::NoHand("a player of another brand")) })
    }

    /// Ends the launches of a player.
    fn end_launch<'a>(&'a self, _: &'a Seat) -> Step<'a, ()> {
        Box::pin(async { Err(Stop::NoHand("to end a launch")) })
    }

    /// Blocks a player.
    fn block<'a>(&'a self, _: &'a Seat) -> Step<'a, ()> {
        Box::pin(async { Err(Stop::NoHand("to block a player")) })
    }

    /// Takes the seat's game out of the lobby.
    fn withdraw_game<'a>(&'a self, _: &'a Seat) -> Step<'a, ()> {
        Box::pin(async { Err(Stop::NoHand("to take a game off")) })
    }

    /// Another game of the same provider, which the brand offers.
    fn other_game<'a>(&'a self, _: &'a Seat) -> Step<'a, String> {
        Box::pin(async { Err(Stop::NoHand("a second game")) })
    }

    /// Pays money into a player's wallet.
    fn deposit<'a>(&'a self, _: &'a Seat, _: i64) -> Step<'a, ()> {
        Box::pin(async { Err(Stop::NoHand("a deposit")) })
    }

    /// Closes the seat's brand.
    fn close_brand<'a>(&'a self, _: &'a Seat) -> Step<'a, ()> {
        Box::pin(async { Err(Stop::NoHand("to close a brand")) })
    }

    /// The largest bet that the brand takes, which is more than the player has.
    fn largest_bet(&self) -> Step<'_, i64> {
        Box::pin(async { Err(Stop::NoHand("a largest bet")) })
    }

    /// Gives a player bonus money, which is staked after their own.
    fn grant<'a>(&'a self, _: &'a Seat, _: i64) -> Step<'a, ()> {
        Box::pin(async { Err(Stop::NoHand("bonus money")) })
    }

    /// What each bucket of a player's wallet has.
    fn buckets<'a>(&'a self, _: &'a Seat) -> Step<'a, Vec<i64>> {
        Box::pin(async { Err(Stop::NoHand("a look into the wallet")) })
    }

    /// What the operator's books say of transactions: none where they say nothing.
    fn recorded<'a>(&'a self, _: &'a Seat, _: &'a [String]) -> Step<'a, Option<Vec<String>>> {
        Box::pin(async { Ok(None) })
    }
}

/// What was said, and what came back.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// What was said, in neutral words.
    pub said: String,
    /// The call's body.
    pub sent: String,
    /// HTTP's status and the answer's body.
    pub came: String,
    /// What it says.
    pub heard: Heard,
}

/// The answer that a case is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What the operator made of it, where its books can be read: `applied`, `replayed` …
    pub outcome: Option<String>,
    /// How the balance changed, minor units.
    pub moved: i64,
    /// The protocol's word.
    pub wire: String,
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
    base: Url,
    http: reqwest::Client,
    exchanges: Vec<Exchange>,
    prefix: String,
    finding: Option<Finding>,
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
        // Calls go where they are told, whatever proxy the environment names.
        let http = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build();
        Ok(Self {
            driver,
            hand,
            seat,
            key,
            base,
            http: http.map_err(|fault| Stop::Failed(fault.to_string()))?,
            exchanges: Vec::new(),
            // Ids of one case are nobody else's.
            prefix: Uuid::new_v4().simple().to_string()[..12].to_owned(),
            finding: None,
        })
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

    /// An id of this case.
    #[must_use]
    pub fn id(&self, name: &str) -> String {
        format!("{}-{name}", self.prefix)
    }

    /// A bet in round `r`.
    #[must_use]
    pub fn bet(&self, name: &str, amount: i64) -> Say {
        Say::Bet {
            id: self.id(name),
            round: self.id("r"),
            amount,
        }
    }

    /// A win of bet `of` in round `r`.
    #[must_use]
    pub fn win(&self, name: &str, of: &str, amount: i64) -> Say {
        Say::Win {
            id: self.id(name),
            bet: self.id(of),
            round: self.id("r"),
            amount,
        }
    }

    /// A rollback of bet `of` in round `r`.
    #[must_use]
    pub fn undo(&self, name: &str, of: &str, amount: i64) -> Say {
        Say::Rollback {
            id: self.id(name),
            of: self.id(of),
            round: self.id("r"),
            undoes: Undoes::Bet,
            amount,
        }
    }

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
        self.send(seat, format!("{say:?}"), message).await
    }

    /// A saying, signed and ready to be sent or spoiled.
    ///
    /// # Errors
    /// [`Stop::NotSaid`].
    pub fn signed(&self, seat: &Seat, say: &Say) -> Result<Message, Stop> {
        let message = self.driver.phrase(seat, say).map_err(Stop::NotSaid)?;
        Ok(self.driver.sign(self.key, self.base.path(), message))
    }

    /// Sends these very bytes.
    ///
    /// # Errors
    /// [`Stop::Failed`] when no answer comes.
    pub async fn send(&mut self, seat: &Seat, said: String, message: Message) -> Result<Heard, Stop> {
        let sent = String::from_utf8_lossy(&message.body).into_owned();
        let (status, body) = post(&self.http, &self.base, message).await?;
        let heard = self.driver.hear(status, &body, seat);
        let came = format!("{status} {}", String::from_utf8_lossy(&body));
        self.exchanges.push(Exchange {
            said,
            sent,
            came,
            heard: heard.clone(),
        });
        Ok(heard)
    }

    /// Says it several times at once.
    ///
    /// # Errors
    /// [`Stop`].
    pub async fn say_at_once(&mut self, times: usize, say: &Say) -> Result<Vec<Heard>, Stop> {
        let seat = self.seat.clone();
        let mut going = tokio::task::JoinSet::new();
        for _ in 0..times {
            let (message, http, base) = (self.signed(&seat, say)?, self.http.clone(), self.base.clone());
            going.spawn(async move { post(&http, &base, message).await });
        }
        let mut all = Vec::new();
        while let Some(answer) = going.join_next().await {
            let (status, body) = answer.map_err(|fault| Stop::Failed(fault.to_string()))??;
            all.push(self.driver.hear(status, &body, &seat));
        }
        Ok(all)
    }

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
        let heard = self.say_from(seat, &Say::Balance).await?;
        match (heard.class, heard.balance) {
            (Class::Done, Some(balance)) => Ok(balance),
            _ => Err(Stop::Failed(format!("no balance was told: {heard:?}"))),
        }
    }

    /// Says it; it must be done.
    ///
    /// # Errors
    /// [`Stop`].
    pub async fn done(&mut self, say: &Say) -> Result<Heard, Stop> {
        let heard = self.say(say).await?;
        expect(&heard, &[Class::Done])?;
        Ok(heard)
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
        let ids = self.driver.ids(say);
        let before = self.balance().await?;
        let booked = self.hand.recorded(seat, &ids).await?;
        let heard = self.send(seat, format!("{say:?}"), message).await?;
        let now_booked = self.hand.recorded(seat, &ids).await?;
        let after = self.balance().await?;
        self.finding = Some(Finding {
            outcome: outcome(booked, now_booked, &heard),
            moved: after - before,
            wire: heard.code.clone(),
        });
        expect(&heard, wanted)?;
        if after - before != moved {
            return Err(Stop::Failed(format!(
                "the balance changed by {} and should by {moved}",
                after - before
            )));
        }
        Ok(heard)
    }

    /// What is wanted at a point on which protocols differ.
    #[must_use]
    pub fn wants(&self, point: Point) -> &'static [Class] {
        self.driver.wants(point)
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

async fn post(http: &reqwest::Client, base: &Url, message: Message) -> Result<(u16, Vec<u8>), Stop> {
    let failed = |fault: reqwest::Error| Stop::Failed(format!("no answer came: {fault}"));
    let url = format!("{}{}", base.as_str().trim_end_matches('/'), message.path);
    let mut request = http.post(url).body(message.body);
    for (name, value) in message.headers {
        request = request.header(name, value);
    }
    let answer = request.send().await.map_err(failed)?;
    let status = answer.status().as_u16();
    let body = answer.bytes().await.map_err(failed)?;
    Ok((status, body.to_vec()))
}

/// That an answer says one of these.
///
/// # Errors
/// [`Stop::Failed`].
pub fn expect(heard: &Heard, wanted: &[Class]) -> Result<(), Stop> {
    if wanted.contains(&heard.class) {
        Ok(())
    } else {
        Err(Stop::Failed(format!(
            "the answer is {} ({:?}) and should be {wanted:?}",
            heard.code, heard.class
        )))
    }
}

/// What became of the transactions, by what the books said before and say now.
fn outcome(before: Option<Vec<String>>, now: Option<Vec<String>>, heard: &Heard) -> Option<String> {
    let (before, now) = (before?, now?);
    if !before.is_empty() && before == now {
        let accepted = now.iter().any(|verdict| verdict == "Applied");
        let told = match heard.class {
            Class::Conflict => "Conflict",
            Class::Done | Class::Repeated => "Replayed",
            // Settled by this very call, that is.
            Class::Settled if accepted => "Replayed",
            // What was accepted is refused only for saying something else under its id.
            _ if accepted => "Conflict",
            _ => "Replayed refusal",
        };
        return Some(told.to_owned());
    }
    if now.is_empty() {
        return Some("nothing stored".to_owned());
    }
    let mut told: Vec<String> = now;
    told.dedup();
    Some(told.join(", "))
}
