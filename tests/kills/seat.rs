//! A player of a brand with a game open: what is asked for there, and what is said.

use std::{sync::Arc, time::Duration};

use croupier::{demo::client::Casino, local::SeedBrand};
use croupier_game::hub88::{
    Status,
    simulator::{Bet, Launch, Reply, Rollback, Simulator, SimulatorError, Win},
};
use serde_json::json;
use tokio::time::{Instant, sleep, timeout};

use super::house::LONG;

/// Hub88's hundred-thousandths in a cent.
pub const CENT: i64 = 1_000;
/// What a client asks for. Amounts are cents.
#[derive(Clone, Debug)]
pub enum Op {
    Deposit { key: String, cents: i64 },
    Bet(Bet),
    Win(Win),
    Rollback(Rollback),
}

impl Op {
    pub fn transaction(&self) -> &str {
        match self {
            Self::Deposit { key, .. } => key,
            Self::Bet(bet) => &bet.transaction,
            Self::Win(win) => &win.transaction,
            Self::Rollback(rollback) => &rollback.transaction,
        }
    }
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// It is done, and the balance was this then, in cents.
    Done(i64),
    /// It will never be done, for this reason.
    Refused(String),
    /// Not now: ask again.
    Later(String),
    /// No answer came, or only a part of one.
    Nothing(String),
}

/// A player of one brand with a game open.
#[derive(Clone)]
pub struct Seat {
    pub brand: SeedBrand,
    casino: Casino,
    token: String,
    pub id: uuid::Uuid,
    pub launch: Launch,
    provider: Arc<Simulator>,
}

impl Seat {
    pub async fn take(brand: SeedBrand, casino: &Casino, provider: &Arc<Simulator>, account: &str) -> Self {
        let signed_up = casino.sign_up(account, "correct horse battery").await.unwrap();
        assert_eq!(signed_up.status, 201, "{signed_up:?}");
        let session = casino.sign_in(account, "correct horse battery").await.unwrap();
        let token = session.text("access_token").to_owned();
        let launch = casino
            .post("/api/v1/games/northern-lights/sessions", Some(&token), &json!({}))
            .await
            .unwrap();
        assert_eq!(launch.status, 201, "{launch:?}");
        Self {
            brand,
            casino: casino.clone(),
            id: signed_up.text("player_id").parse().unwrap(),
            launch: Launch {
                user: launch.text("provider_account").to_owned(),
                token: launch.text("token").to_owned(),
                game_code: "clt_northernlights".to_owned(),
                currency: "EUR".to_owned(),
            },
            token,
            provider: Arc::clone(provider),
        }
    }

    pub async fn say(&self, op: &Op) -> Said {
        let said = async {
            match op {
                Op::Deposit { key, cents } => {
                    let amount = format!("{}.{:02}", cents / 100, cents % 100);
                    match self
                        .casino
                        .move_money("deposits", &self.token, key, &amount)
                        .await
                    {
                        Ok(answer) if answer.status == 201 => Said::Done(in_cents(answer.text("balance"))),
                        Ok(answer) if answer.status.is_client_error() => {
                            Said::Refused(answer.code().to_owned())
                        }
                        Ok(answer) => Said::Later(answer.code().to_owned()),
                        Err(fault) => Said::Nothing(fault.to_string()),
                    }
                }
                Op::Bet(bet) => heard(self.provider.bet(&self.launch, bet).await),
                Op::Win(win) => heard(self.provider.win(&self.launch, win).await),
                Op::Rollback(rollback) => heard(self.provider.rollback(&self.launch, rollback).await),
            }
        };
        timeout(LONG, said)
            .await
            .expect("the server always answers or hangs up")
    }

    /// Who the casino says the token is: the status and the problem's code.
    pub async fn me(&self, casino: &Casino) -> (u16, String) {
        let me = casino.get("/api/v1/me", Some(&self.token)).await.unwrap();
        (
            me.status.as_u16(),
            if me.status == 200 {
                String::new()
            } else {
                me.code().to_owned()
            },
        )
    }

    pub async fn sign_out(&self) {
        let answer = self
            .casino
            .send(
                self.casino
                    .request(http::Method::DELETE, "/api/v1/sessions/current")
                    .bearer_auth(&self.token),
            )
            .await
            .unwrap();
        assert_eq!(answer.status, 204, "{answer:?}");
    }

    /// What the wallet holds, in cents.
    pub async fn total(&self) -> i64 {
        let wallet = self
            .casino
            .get("/api/v1/wallet", Some(&self.token))
            .await
            .unwrap();
        assert_eq!(wallet.status, 200, "{wallet:?}");
        in_cents(wallet.text("total"))
    }

    /// Says it until there is an answer that stays.
    pub async fn insist(&self, op: &Op) -> Said {
        let deadline = Instant::now() + LONG;
        loop {
            match self.say(op).await {
                Said::Later(_) | Said::Nothing(_) if Instant::now() < deadline => {
                    sleep(Duration::from_millis(50)).await
                }
                said => return said,
            }
        }
    }
}

fn heard(reply: Result<Reply, SimulatorError>) -> Said {
    match reply {
        Ok(Reply {
            status: Some(Status::Ok),
            balance: Some(balance),
            ..
        }) => Said::Done(balance / CENT),
        Ok(Reply {
            status: Some(Status::Unknown) | None,
            raw,
            ..
        }) => Said::Later(raw),
        Ok(reply) => Said::Refused(format!("{:?}", reply.status)),
        Err(fault) => Said::Nothing(fault.to_string()),
    }
}

fn in_cents(amount: &str) -> i64 {
    amount
        .replace('.', "")
        .parse()
        .unwrap_or_else(|_| panic!("{amount:?} is no amount"))
}
