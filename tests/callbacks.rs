//! A game provider's callbacks over real HTTP, against the real wallet: every code of the protocol,
//! whatever can be wrong with a call, and whatever order calls may come in.

mod duplicates;
mod fields;
mod ids;
mod launch;
mod malformed;
mod neighbours;
mod order;
mod recall;
mod rounds;
mod signature;
mod standing;
mod who;

use std::collections::HashSet;

use croupier_game::hub88::{
    Status,
    simulator::{Bet, Launch, Reply, Rollback, Signing, SimulatorError, Win, bet_body},
};
use serde_json::Value;

use crate::{
    books::{self, sql},
    harness::{EUR, Guest, House, until},
};

/// A house where alice of Aurora sits at a game with 100.00.
struct Table {
    house: House,
    alice: Guest,
    seat: Launch,
}

impl Table {
    async fn open() -> Self {
        Self::with(|_| {}).await
    }

    async fn with(change: impl Fn(&mut croupier::config::Config)) -> Self {
        let house = House::with(change).await;
        let (alice, seat) = house.player(&house.aurora, "alice", "100.00").await;
        Self { house, alice, seat }
    }

    async fn bet(&self, bet: &Bet) -> Told {
        told(self.house.provider.bet(&self.seat, bet).await)
    }

    async fn win(&self, win: &Win) -> Told {
        told(self.house.provider.win(&self.seat, win).await)
    }

    async fn rollback(&self, rollback: &Rollback) -> Told {
        told(self.house.provider.rollback(&self.seat, rollback).await)
    }

    async fn undo(&self, bet: &Bet) -> Told {
        self.rollback(&Rollback::of(&bet.transaction, &bet.round)).await
    }

    /// A document to any of the calls, properly signed.
    async fn send(&self, path: &str, body: &Value) -> Told {
        told(self.house.provider.send(path, body).await)
    }

    async fn deposit(&self, key: &str, amount: &str) {
        let answer = self
            .alice
            .casino
            .move_money("deposits", &self.alice.token, key, amount)
            .await
            .unwrap();
        assert_eq!(answer.status, 201, "{answer:?}");
    }

    async fn sql(&self, statement: &str) {
        sql(&self.house, 1, statement).await;
    }

    /// Sets Aurora's status and waits until callbacks and players see it.
    async fn brand_is(&self, status: &str) {
        self.sql(&format!(
            "UPDATE brand SET status = '{status}' WHERE code = 'aurora'"
        ))
        .await;
        let open = status == "active";
        until(status, async || {
            let bets = self.bet(&Bet::new("probe", 0)).await.0 != Status::InvalidPartner;
            let me = self
                .alice
                .casino
                .get("/api/v1/me", Some(&self.alice.token))
                .await
                .unwrap();
            (bets, me.status == 200) == (open, open)
        })
        .await;
    }

    /// Nothing but what the test has said happened.
    async fn close(self, total: &str) {
        assert_eq!(self.alice.total().await, total);
        books::audit(&self.house).await;
    }
}

/// The protocol's status, and the balance that came with it.
type Told = (Status, Option<i64>);

/// What the provider was told. HTTP says 200 whatever it was.
fn told(reply: Result<Reply, SimulatorError>) -> Told {
    let reply = reply.unwrap();
    assert_eq!(reply.http_status, 200, "{reply:?}");
    (
        reply
            .status
            .unwrap_or_else(|| panic!("no answer of the protocol: {reply:?}")),
        reply.balance,
    )
}

/// Done, with this balance.
fn ok(euros: i64) -> Told {
    (Status::Ok, Some(euros * EUR))
}

/// Not done, with this balance.
fn refused(status: Status, euros: i64) -> Told {
    (status, Some(euros * EUR))
}

/// Not done, and no word about the balance.
fn silent(status: Status) -> Told {
    (status, None)
}

/// A document with one field changed.
fn with(mut body: Value, field: &str, value: impl Into<Value>) -> Value {
    body[field] = value.into();
    body
}

/// A seat at another game of the provider's.
fn at_game(seat: &Launch, game_code: &str) -> Launch {
    Launch {
        game_code: game_code.to_owned(),
        ..seat.clone()
    }
}

#[tokio::test]
async fn every_code_of_the_protocol_is_told_when_it_is_due() {
    let table = Table::with(|config| config.wallet.lock_timeout_ms = 200).await;
    let (house, seat) = (&table.house, &table.seat);
    let bet = Bet::new("r", 10 * EUR);
    let body = bet_body(seat, &bet);
    let mut heard = HashSet::new();
    let mut hears = |told: Told, expected: Told| {
        assert_eq!(told, expected);
        heard.insert(told.0.as_str());
    };

    hears(table.bet(&bet).await, ok(90));
    hears(
        table
            .bet(&Bet {
                amount: EUR,
                ..bet.clone()
            })
            .await,
        refused(Status::DuplicateTransaction, 90),
    );
    hears(
        table.bet(&Bet::new("r", 91 * EUR)).await,
        refused(Status::NotEnoughMoney, 90),
    );
    let unknown = Win {
        reference: Some("unknown".to_owned()),
        ..Win::of(&bet, EUR)
    };
    hears(
        table.win(&unknown).await,
        refused(Status::TransactionDoesNotExist, 90),
    );
    let unsigned = house
        .provider
        .send_raw(
            "/transaction/bet",
            body.to_string().into_bytes(),
            &Signing::Missing,
        )
        .await;
    hears(told(unsigned), silent(Status::InvalidSignature));
    hears(
        table
            .send("/transaction/bet", &with(body.clone(), "token", "never-issued"))
            .await,
        silent(Status::InvalidToken),
    );
    let fresh = with(body.clone(), "transaction_uuid", "fresh");
    hears(
        table
            .send(
                "/transaction/bet",
                &with(fresh.clone(), "game_code", "no_such_game"),
            )
            .await,
        silent(Status::InvalidGame),
    );
    hears(
        table
            .send("/transaction/bet", &with(fresh.clone(), "currency", "USD"))
            .await,
        silent(Status::WrongCurrency),
    );
    hears(
        table
            .send("/transaction/bet", &with(fresh.clone(), "amount", "1000"))
            .await,
        silent(Status::WrongTypes),
    );
    hears(
        table
            .send("/transaction/bet", &with(fresh.clone(), "amount", -1000))
            .await,
        silent(Status::WrongSyntax),
    );

    table.sql("UPDATE player SET status = 'blocked'").await;
    hears(table.bet(&Bet::new("r", EUR)).await, silent(Status::UserDisabled));
    table.sql("UPDATE player SET status = 'active'").await;
    table.brand_is("maintenance").await;
    hears(
        table.bet(&Bet::new("r", EUR)).await,
        silent(Status::InvalidPartner),
    );
    table.brand_is("active").await;

    // Nobody else gets at the wallet for a while: our own trouble, and nothing is known to have happened.
    let mut lock = house.owner.begin().await.unwrap();
    sqlx::query("SELECT set_config('croupier.brand_ids', ',1,', true)")
        .execute(&mut *lock)
        .await
        .unwrap();
    let locked = sqlx::query("SELECT FROM wallet_account FOR UPDATE")
        .execute(&mut *lock)
        .await
        .unwrap();
    assert_eq!(locked.rows_affected(), 1);
    let held_up = Bet::new("r", EUR);
    hears(table.bet(&held_up).await, silent(Status::Unknown));
    lock.rollback().await.unwrap();
    hears(table.bet(&held_up).await, ok(89));

    // As much as a wallet may hold: a win that does not fit is refused.
    let most = 90_071_992_547_409 * EUR + 91_000;
    for (amount, expected) in [
        (10_000_000_000_000 * EUR, ok(10_000_000_000_089)),
        (0, ok(10_000_000_000_089)),
    ] {
        hears(table.win(&Win::of(&bet, amount)).await, expected);
    }
    for _ in 0..8 {
        table.win(&Win::of(&bet, 10_000_000_000_000 * EUR)).await;
    }
    let rest = most - 90_000_000_000_089 * EUR;
    hears(table.win(&Win::of(&bet, rest)).await, (Status::Ok, Some(most)));
    hears(
        table.win(&Win::of(&bet, 1_000)).await,
        (Status::LimitReached, Some(most)),
    );

    table.sql("UPDATE game_session SET expires_at = created_at").await;
    hears(table.bet(&Bet::new("r", EUR)).await, silent(Status::TokenExpired));

    let every = [
        "RS_OK",
        "RS_ERROR_UNKNOWN",
        "RS_ERROR_INVALID_PARTNER",
        "RS_ERROR_INVALID_TOKEN",
        "RS_ERROR_INVALID_GAME",
        "RS_ERROR_WRONG_CURRENCY",
        "RS_ERROR_NOT_ENOUGH_MONEY",
        "RS_ERROR_USER_DISABLED",
        "RS_ERROR_INVALID_SIGNATURE",
        "RS_ERROR_TOKEN_EXPIRED",
        "RS_ERROR_WRONG_SYNTAX",
        "RS_ERROR_WRONG_TYPES",
        "RS_ERROR_DUPLICATE_TRANSACTION",
        "RS_ERROR_TRANSACTION_DOES_NOT_EXIST",
        "RS_ERROR_LIMIT_REACHED",
    ];
    assert_eq!(heard, HashSet::from(every));
    table.close("90071992547409.91").await;
}
