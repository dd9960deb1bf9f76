//! The operator listens, and does what only an operator can.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use axum::{Router, body::Bytes, extract::State, http::Uri, response::IntoResponse};
use croupier_brand::{Clock, scope::ProviderCredential};
use croupier_game::{
    conformance::{Hand, Manner, Need, ProviderKey, Seat, Step, Suite, cases::Case, report::Report},
    provider::Protocol,
};
use http::{HeaderMap, StatusCode};
use serde_json::Value;
use tokio::net::TcpListener;

use crate::{
    books::{Ask, Books, Contract, Told},
    evolution,
    fault::Fault,
    hub88, pragmatic, slotegrator, softswiss, spribe,
};

/// How this operator speaks a protocol.
#[derive(Debug)]
pub struct Tongue {
    /// The protocol's name.
    pub name: &'static str,
    pub key: fn() -> ProviderKey,
    pub contract: Contract,
    pub answer: fn(Arc<Operator>, Asked) -> Answered,
}

pub const TONGUES: [&Tongue; 6] = [
    &hub88::TONGUE,
    &softswiss::TONGUE,
    &spribe::TONGUE,
    &evolution::TONGUE,
    &slotegrator::TONGUE,
    &pragmatic::TONGUE,
];

/// A call as it came.
#[derive(Debug)]
pub struct Asked {
    /// Below the operator's base, with the query.
    pub path: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// HTTP's status and a document, on their way.
pub type Answered = Pin<Box<dyn Future<Output = (u16, Value)> + Send>>;

/// An operator that runs until the test ends.
pub struct Operator {
    pub protocol: &'static Protocol,
    pub books: Mutex<Books>,
    pub credential: ProviderCredential,
    key: ProviderKey,
    base: String,
    /// What it says beside everything.
    pub adds: Option<String>,
    players: AtomicU32,
    /// Whether all cases have one player.
    one_player: bool,
}

/// What it cannot do.
pub const LACKS: [Need; 4] = [
    Need::WithdrawGame,
    Need::CloseBrand,
    Need::LargestBet,
    Need::Bonus,
];

/// What every player begins with.
const MONEY: i64 = 50_000;

impl Operator {
    /// Opens for business.
    pub async fn open(name: &str, fault: Option<Fault>) -> Arc<Self> {
        Self::open_as(name, fault, false, None).await
    }

    pub async fn open_as(
        name: &str,
        fault: Option<Fault>,
        one_player: bool,
        adds: Option<String>,
    ) -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let protocol = Protocol::named(name).unwrap();
        let tongue = TONGUES.into_iter().find(|tongue| tongue.name == name).unwrap();
        let key = (tongue.key)();
        let operator = Arc::new(Self {
            protocol,
            books: Mutex::new(Books::new(fault, tongue.contract)),
            credential: key.credential().unwrap(),
            key,
            base: format!("http://{}/wallet", listener.local_addr().unwrap()),
            adds,
            players: AtomicU32::new(0),
            one_player,
        });
        let router = Router::new()
            .fallback(serve)
            .with_state((Arc::clone(&operator), tongue));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        operator
    }

    /// Plays every case that is chosen against it.
    pub async fn play(self: &Arc<Self>, chosen: &(dyn Fn(&Case) -> bool + Sync)) -> Report {
        self.play_at(&self.base, Vec::new(), chosen).await.unwrap()
    }

    /// The same at another address, believing these authorities; why not where nobody can sit down there.
    pub async fn play_at(
        self: &Arc<Self>,
        base: &str,
        authorities: Vec<Vec<u8>>,
        chosen: &(dyn Fn(&Case) -> bool + Sync),
    ) -> Result<Report, String> {
        let (driver, base) = (self.protocol.driver(), base.parse().unwrap());
        let hand = OperatorsHand(Arc::clone(self));
        let suite = Suite {
            protocol: self.protocol,
            driver: &*driver,
            key: &self.key,
            base: &base,
            hand: &hand,
            manner: Manner {
                // A machine may be busy; nothing here is about how fast an operator is.
                patience: Duration::from_secs(300),
                bets: 40,
                at_once: 8,
                authorities,
                ..Manner::default()
            },
            chosen,
        };
        let sat = suite.sit_down(&self.seat("alpha")).await;
        sat.map_err(|(stop, _)| stop.to_string())?;
        Ok(suite.run(&|_| {}).await)
    }

    /// Where it listens.
    pub fn address(&self) -> &str {
        self.base
            .trim_start_matches("http://")
            .trim_end_matches("/wallet")
    }

    fn seat(&self, brand: &str) -> Seat {
        let number = if self.one_player && brand == "alpha" {
            0
        } else {
            1 + self.players.fetch_add(1, Ordering::SeqCst)
        };
        let (user, token) = (
            format!("{brand}.p{number}"),
            format!("{brand}-token-{number:012}"),
        );
        let mut books = self.books.lock().unwrap();
        books.balances.entry(user.clone()).or_insert(MONEY);
        books.launches.insert(token.clone(), user.clone());
        Seat {
            user,
            token,
            game: "game".to_owned(),
            currency: "EUR".to_owned(),
        }
    }

    /// Does it, as its fault has it.
    pub async fn submit(&self, user: &str, token: Option<&str>, ask: &Ask) -> Told {
        let fault = self.books.lock().unwrap().fault;
        let is_bet = matches!(ask, Ask::Bet { .. });
        match fault {
            Some(Fault::RacesDuplicates) if !self.books.lock().unwrap().knows(user, ask) => {
                tokio::time::sleep(Duration::from_millis(100)).await;
                self.books.lock().unwrap().decide(user, token, ask, false)
            }
            Some(Fault::LosesUpdates) if is_bet && !self.books.lock().unwrap().knows(user, ask) => {
                let before = self.books.lock().unwrap().balance(user);
                tokio::time::sleep(Duration::from_millis(10)).await;
                let mut books = self.books.lock().unwrap();
                let now = books.balance(user);
                let told = books.decide(user, token, ask, true);
                let took = now - books.balance(user);
                books.balances.insert(user.to_owned(), before - took);
                told
            }
            Some(Fault::ForgetsWithTheConnection)
                if is_bet && !self.books.lock().unwrap().knows(user, ask) =>
            {
                let (told, later) = self.books.lock().unwrap().apply(user, token, ask);
                // Whoever does not wait so long is gone, and this with them.
                tokio::time::sleep(Duration::from_millis(100)).await;
                if let Some(later) = later {
                    self.books.lock().unwrap().write_down(later);
                }
                told
            }
            _ => self.books.lock().unwrap().decide(user, token, ask, true),
        }
    }

    /// The same of several: all or nothing, and the bets first.
    pub async fn together(&self, user: &str, token: Option<&str>, asks: &[Ask]) -> Vec<Told> {
        if let [only] = asks {
            return vec![self.submit(user, token, only).await];
        }
        let mut books = self.books.lock().unwrap();
        let before = books.clone();
        let mut order: Vec<usize> = (0..asks.len()).collect();
        if !books.has(Fault::WinsFundBets) {
            order.sort_by_key(|at| !matches!(asks[*at], Ask::Bet { .. }));
        }
        if books.has(Fault::CallsAreRepeats) && asks.iter().any(|ask| books.knows(user, ask)) {
            return asks
                .iter()
                .map(|ask| Told::Done(format!("again-{}", ask.id())))
                .collect();
        }
        let mut told = vec![Told::Nothing; asks.len()];
        for at in order {
            told[at] = books.decide(user, token, &asks[at], true);
        }
        let failed = told.iter().any(|told| !matches!(told, Told::Done(_)));
        if failed && !books.has(Fault::HalfOfACall) {
            *books = before;
        }
        told
    }
}

async fn serve(
    State((operator, tongue)): State<(Arc<Operator>, &'static Tongue)>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> impl IntoResponse {
    let path = uri.path_and_query().unwrap().as_str();
    let path = path.strip_prefix("/wallet").unwrap().to_owned();
    let adds = operator.adds.clone();
    let asked = Asked { path, headers, body };
    let (status, mut told) = (tongue.answer)(operator, asked).await;
    if let Some(adds) = adds {
        told["message"] = adds.into();
    }
    (StatusCode::from_u16(status).unwrap(), told.to_string())
}

/// What only the operator can do.
struct OperatorsHand(Arc<Operator>);

impl OperatorsHand {
    fn change(&self, change: impl FnOnce(&mut Books)) -> Step<'static, ()> {
        change(&mut self.0.books.lock().unwrap());
        Box::pin(async { Ok(()) })
    }
}

impl Hand for OperatorsHand {
    fn lacks(&self, need: Need) -> Option<String> {
        let one_player = self.0.one_player
            && matches!(
                need,
                Need::Block | Need::Exclude | Need::EndLaunch | Need::Deposit
            );
        (one_player || LACKS.contains(&need)).then(|| format!("what this operator has not: {}", need.what()))
    }

    fn player<'a>(&'a self, _: &'a [Need]) -> Step<'a, Seat> {
        let seat = self.0.seat("alpha");
        Box::pin(async { Ok(seat) })
    }

    fn another(&self) -> Step<'_, Seat> {
        let number = 1_000_000 + self.0.players.fetch_add(1, Ordering::SeqCst);
        let (user, token) = (format!("alpha.p{number}"), format!("alpha-token-{number:012}"));
        let mut books = self.0.books.lock().unwrap();
        books.balances.insert(user.clone(), MONEY);
        books.launches.insert(token.clone(), user.clone());
        let seat = Seat {
            user,
            token,
            game: "game".to_owned(),
            currency: "EUR".to_owned(),
        };
        Box::pin(async { Ok(seat) })
    }

    fn foreigner(&self) -> Step<'_, Seat> {
        let seat = self.0.seat("beta");
        Box::pin(async { Ok(seat) })
    }

    fn other_game<'a>(&'a self, _: &'a Seat) -> Step<'a, String> {
        Box::pin(async { Ok("other-game".to_owned()) })
    }

    fn end_launch<'a>(&'a self, seat: &'a Seat) -> Step<'a, ()> {
        self.change(|books| {
            books.expired.insert(seat.token.clone());
        })
    }

    fn block<'a>(&'a self, seat: &'a Seat) -> Step<'a, ()> {
        self.change(|books| {
            books.blocked.insert(seat.user.clone());
        })
    }

    fn exclude<'a>(&'a self, seat: &'a Seat) -> Step<'a, ()> {
        self.block(seat)
    }

    fn sign_out<'a>(&'a self, seat: &'a Seat) -> Step<'a, ()> {
        self.change(|books| {
            books.signed_out.insert(seat.user.clone());
        })
    }

    fn another_launch<'a>(&'a self, seat: &'a Seat) -> Step<'a, String> {
        let number = self.0.players.fetch_add(1, Ordering::SeqCst);
        let token = format!("alpha-again-{number:012}");
        let launches = &mut self.0.books.lock().unwrap().launches;
        launches.insert(token.clone(), seat.user.clone());
        Box::pin(async { Ok(token) })
    }

    fn promotion<'a>(&'a self, seat: &'a Seat, wish: String) -> Step<'a, String> {
        let issue = format!("{}:{wish}", seat.user);
        Box::pin(async { Ok(issue) })
    }

    fn deposit<'a>(&'a self, seat: &'a Seat, amount: i64) -> Step<'a, ()> {
        self.change(|books| *books.balances.entry(seat.user.clone()).or_default() += amount)
    }
}

/// Whether a round is refused by whoever takes rounds for numbers of 64 bits.
pub fn is_beyond(fault: Option<Fault>, round: &str) -> bool {
    fault == Some(Fault::RoundsAreNumbers)
        && round.len() > 32
        && round.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a call is of these five minutes, for whoever looks.
pub fn is_fresh(fault: Option<Fault>, time: &str) -> bool {
    let signed: i64 = time.parse().unwrap_or_default();
    let now = Clock::system().now().unix_timestamp();
    fault != Some(Fault::RefusesOldStamps) || (now - signed).abs() < 300
}

/// An amount as this operator reads it: whole minor units of what came, `scale` of which are one.
pub fn minor(fault: Option<Fault>, amount: i64, scale: i64) -> Option<i64> {
    if amount < 0 && fault != Some(Fault::TakesNegatives) {
        return None;
    }
    if amount % scale != 0 && fault != Some(Fault::CutsOffPrecision) {
        return None;
    }
    if fault == Some(Fault::Floats) {
        return Some(by_halves(amount, scale));
    }
    Some(amount / scale)
}

#[expect(
    clippy::disallowed_types,
    clippy::float_arithmetic,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "the fault that is planted"
)]
fn by_halves(amount: i64, scale: i64) -> i64 {
    ((amount as f64 / (scale * 100) as f64) * 100.0) as i64
}
