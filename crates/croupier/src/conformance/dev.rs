//! This machine's own house, as `croupier dev` runs it: players are signed up as they are needed.

use std::{error::Error, future::ready, sync::Arc};

use croupier_brand::Currency;
use croupier_game::{
    conformance::{Hand, Need, Seat, Step, Stop, root_cause},
    provider::Protocol,
};
use croupier_wallet::topology::Topology;
use serde_json::json;
use tokio::sync::Mutex;
use uuid::Uuid;

use super::{
    Given, Ready,
    office::{Office, largest_bet},
};
use crate::{
    config::{DatabaseConfig, SecretUrl},
    demo::client::{Answer, Casino},
};

/// What every player of a run begins with, of the house's currency.
const BEGINS_WITH: &str = "1000.00";
/// What the client's deposits are of.
const CURRENCY: &str = "EUR";
/// Of players whom nobody signs in as again.
const PASSWORD: &str = "the kit signs in once";

/// The house, its two brands, and who was signed up.
pub(crate) struct DevHouse {
    ready: Ready,
    protocol: &'static Protocol,
    given: Given,
    /// Whom cases that change nothing of their player share.
    shared: Mutex<Option<Guest>>,
    /// Everybody who was signed up.
    guests: Mutex<Vec<Guest>>,
    /// What the running case changed for others.
    changed: Mutex<Changed>,
}

#[derive(Default)]
struct Changed {
    /// The first brand was closed.
    closed: bool,
    /// The document that it played by before.
    document: Option<Arc<Topology>>,
    /// The provider's game was taken off there.
    game_off: bool,
}

#[derive(Clone)]
struct Guest {
    account: String,
    token: String,
    seat: Seat,
}

impl DevHouse {
    pub(crate) fn new(ready: Ready, protocol: &'static Protocol, given: Given) -> Self {
        Self {
            ready,
            protocol,
            given,
            shared: Mutex::default(),
            guests: Mutex::default(),
            changed: Mutex::default(),
        }
    }

    fn casino(&self, at: usize) -> Result<Casino, Stop> {
        let brand = self.ready.brands.get(at);
        let brand = brand.ok_or(Stop::NoHand("a second brand in dev.json"))?;
        Ok(Casino::new(&self.ready.edge, &brand.domain))
    }

    /// Signs somebody up, pays money in and opens the provider's game.
    async fn guest(&self, brand: usize) -> Result<Guest, Stop> {
        let casino = self.casino(brand)?;
        let account = format!("kit{}", &Uuid::new_v4().simple().to_string()[..16]);
        done(casino.sign_up(&account, PASSWORD).await)?;
        let session = done(casino.sign_in(&account, PASSWORD).await)?;
        let token = session.text("access_token").to_owned();
        done(casino.move_money("deposits", &token, "kit", BEGINS_WITH).await)?;
        let launch = self.launch(&casino, &token).await?;
        let guest = Guest {
            account,
            token,
            seat: Seat {
                user: launch.text("provider_account").to_owned(),
                token: launch.text("token").to_owned(),
                game: self.protocol.spec.game.code.to_owned(),
                currency: CURRENCY.to_owned(),
            },
        };
        self.guests.lock().await.push(guest.clone());
        Ok(guest)
    }

    async fn launch(&self, casino: &Casino, token: &str) -> Result<Answer, Stop> {
        let path = format!("/api/v1/games/{}/sessions", self.protocol.spec.game.id);
        done(casino.post(&path, Some(token), &json!({})).await)
    }

    async fn of(&self, seat: &Seat) -> Result<Guest, Stop> {
        let guests = self.guests.lock().await;
        let found = guests.iter().find(|guest| guest.seat.user == seat.user);
        found
            .cloned()
            .ok_or_else(|| Stop::Failed(format!("{} is not of this run", seat.user)))
    }

    /// The office of the first brand, opened for this.
    async fn office(&self, action: &str) -> Result<Office, Box<dyn Error + Send + Sync>> {
        let code = self.ready.brands.first().map_or("", |brand| brand.code.as_str());
        Office::open(&self.ready.owner_database_url, code, action).await
    }

    /// Puts the provider's game on at the first brand, or takes it off there.
    async fn turn_game(&self, on: bool) -> Result<(), Box<dyn Error + Send + Sync>> {
        let game = self.protocol.spec.game.id;
        let act = if on { "enable" } else { "disable" };
        let office = self.office(&format!("game {act} {game} at this brand")).await?;
        office.turn_game(game, on).await
    }
}

fn failed(what: &'static str) -> impl FnOnce(Box<dyn Error + Send + Sync>) -> Stop {
    move |fault| Stop::Failed(format!("{what}: {fault}"))
}

/// An answer that says it was done.
fn done(answer: Result<Answer, reqwest::Error>) -> Result<Answer, Stop> {
    // Its own text says no more than that it could not be sent.
    let answer = answer.map_err(|fault| {
        Stop::Failed(format!(
            "the house of dev.json does not answer: {}",
            root_cause(&fault)
        ))
    })?;
    if answer.status.is_success() {
        Ok(answer)
    } else {
        Err(Stop::Failed(format!(
            "the house of dev.json answered {} {}",
            answer.status,
            answer.code()
        )))
    }
}

impl Hand for DevHouse {
    fn lacks(&self, need: Need) -> Option<String> {
        match need {
            Need::SecondPlayer
            | Need::OtherBrand
            | Need::OtherGame
            | Need::Deposit
            | Need::Block
            | Need::Exclude
            | Need::SignOut
            | Need::AnotherLaunch
            | Need::CloseBrand
            | Need::LargestBet
            | Need::EndLaunch
            | Need::WithdrawGame
            | Need::Bonus
            | Need::IssuedSpins => None,
        }
    }

    fn player<'a>(&'a self, needs: &'a [Need]) -> Step<'a, Seat> {
        Box::pin(async move {
            if needs.iter().any(|need| {
                matches!(
                    need,
                    Need::Block
                        | Need::Exclude
                        | Need::SignOut
                        | Need::AnotherLaunch
                        | Need::EndLaunch
                        | Need::Deposit
                        | Need::Bonus
                        | Need::LargestBet
                )
            }) {
                return Ok(self.guest(0).await?.seat);
            }
            let mut shared = self.shared.lock().await;
            if let Some(guest) = &*shared {
                return Ok(guest.seat.clone());
            }
            let guest = self.guest(0).await?;
            Ok(shared.insert(guest).seat.clone())
        })
    }

    fn another(&self) -> Step<'_, Seat> {
        Box::pin(async { Ok(self.guest(0).await?.seat) })
    }

    fn foreigner(&self) -> Step<'_, Seat> {
        Box::pin(async { Ok(self.guest(1).await?.seat) })
    }

    fn block<'a>(&'a self, seat: &'a Seat) -> Step<'a, ()> {
        Box::pin(async move {
            let guest = self.of(seat).await?;
            let blocked = async {
                let office = self.office(&format!("player block {}", guest.account)).await?;
                office.block(&guest.account, &self.ready.redis_url).await
            };
            blocked.await.map_err(failed("the player could not be blocked"))
        })
    }

    fn exclude<'a>(&'a self, seat: &'a Seat) -> Step<'a, ()> {
        Box::pin(async move {
            let (guest, casino) = (self.of(seat).await?, self.casino(0)?);
            let decided = json!({ "kind": "time_out", "length": "1d" });
            let path = "/api/v1/me/exclusions";
            done(casino.post(path, Some(&guest.token), &decided).await).map(drop)
        })
    }

    fn sign_out<'a>(&'a self, seat: &'a Seat) -> Step<'a, ()> {
        Box::pin(async move {
            let (guest, casino) = (self.of(seat).await?, self.casino(0)?);
            done(casino.sign_out(&guest.token).await).map(drop)
        })
    }

    fn another_launch<'a>(&'a self, seat: &'a Seat) -> Step<'a, String> {
        Box::pin(async move {
            let (guest, casino) = (self.of(seat).await?, self.casino(0)?);
            let launch = self.launch(&casino, &guest.token).await?;
            Ok(launch.text("token").to_owned())
        })
    }

    fn deposit<'a>(&'a self, seat: &'a Seat, minor: i64) -> Step<'a, ()> {
        Box::pin(async move {
            let guest = self.of(seat).await?;
            let currency =
                Currency::parse(&seat.currency).map_err(|fault| Stop::Failed(fault.to_string()))?;
            let key = Uuid::new_v4().to_string();
            let amount = currency.format(minor);
            let casino = self.casino(0)?;
            done(casino.move_money("deposits", &guest.token, &key, &amount).await).map(drop)
        })
    }

    fn promotion<'a>(&'a self, seat: &'a Seat, wish: String) -> Step<'a, String> {
        // This house issues ids that begin with whose they are.
        Box::pin(async move { Ok(format!("{}:{wish}", seat.user)) })
    }

    fn end_launch<'a>(&'a self, seat: &'a Seat) -> Step<'a, ()> {
        Box::pin(async move {
            let guest = self.of(seat).await?;
            let ended = async {
                let office = self.office(&format!("launch end of {}", guest.account)).await?;
                office.end_launches(&guest.account).await
            };
            ended.await.map_err(failed("the launch could not be ended"))
        })
    }

    fn withdraw_game<'a>(&'a self, _: &'a Seat) -> Step<'a, ()> {
        Box::pin(async move {
            // What is changed is put back, whether or not all of it was.
            self.changed.lock().await.game_off = true;
            let off = self.turn_game(false).await;
            off.map_err(failed("the game could not be taken off"))
        })
    }

    fn other_game<'a>(&'a self, seat: &'a Seat) -> Step<'a, String> {
        if self.given.other_game.is_some() {
            return self.given.other_game(seat);
        }
        // The house was seeded with it.
        Box::pin(ready(Ok(self.protocol.spec.other_game.code.to_owned())))
    }

    fn close_brand<'a>(&'a self, _: &'a Seat) -> Step<'a, ()> {
        Box::pin(async move {
            let casino = self.casino(0)?;
            // What is changed is put back, whether or not all of it was.
            self.changed.lock().await.closed = true;
            let closed = async {
                self.office("brand status maintenance")
                    .await?
                    .set_open(false, &casino)
                    .await
            };
            closed.await.map_err(failed("the brand could not be closed"))
        })
    }

    fn largest_bet(&self) -> Step<'_, i64> {
        if self.given.largest_bet.is_some() {
            return self.given.largest_bet();
        }
        Box::pin(async move {
            let currency = Currency::parse(CURRENCY).map_err(|fault| Stop::Failed(fault.to_string()))?;
            let asked = async {
                let office = self.office("wallet policy set").await?;
                let before = office.document().await?;
                let (largest, document) = largest_bet(&before, currency)?;
                if let Some(document) = document {
                    self.changed.lock().await.document = Some(before);
                    office.adopt(&document).await?;
                }
                Ok(largest)
            };
            let largest = asked.await.map_err(failed("the largest bet could not be set"))?;
            Ok(largest)
        })
    }

    fn grant<'a>(&'a self, seat: &'a Seat, amount: i64) -> Step<'a, ()> {
        Box::pin(async move {
            let guest = self.of(seat).await?;
            let granted = async {
                let office = self.office(&format!("bonus grant to {}", guest.account)).await?;
                let database = DatabaseConfig {
                    url: SecretUrl(self.ready.database_url.clone()),
                    ..DatabaseConfig::default()
                };
                office.grant(&guest.account, amount, &database).await
            };
            granted.await.map_err(failed("the bonus could not be given"))
        })
    }

    fn buckets<'a>(&'a self, seat: &'a Seat) -> Step<'a, Vec<i64>> {
        Box::pin(async move {
            let guest = self.of(seat).await?;
            let read = async {
                let office = self.office(&format!("wallet of {}", guest.account)).await?;
                office.buckets(&guest.account).await
            };
            read.await.map_err(failed("the wallet could not be read"))
        })
    }

    fn tidy(&self) -> Step<'_, ()> {
        Box::pin(async move {
            let Changed {
                closed,
                document,
                game_off,
            } = std::mem::take(&mut *self.changed.lock().await);
            if game_off {
                let on = self.turn_game(true).await;
                on.map_err(failed("the game could not be put on again"))?;
            }
            if closed {
                let casino = self.casino(0)?;
                let opened = async {
                    self.office("brand status active")
                        .await?
                        .set_open(true, &casino)
                        .await
                };
                opened
                    .await
                    .map_err(failed("the brand could not be opened again"))?;
            }
            if let Some(document) = document {
                let adopted = async { self.office("wallet policy set").await?.adopt(&document).await };
                adopted
                    .await
                    .map_err(failed("the brand's document could not be put back"))?;
            }
            self.given.tidy().await
        })
    }
}
