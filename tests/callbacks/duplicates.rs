//! The same call again, at once or later, and another call under the same id.

use croupier_game::hub88::{
    Status,
    simulator::{Bet, Launch, Rollback, Win, bet_body, rollback_body, win_body},
};
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{Table, at_game, ok, refused, told, with};
use crate::{
    books::{number, written},
    harness::EUR,
};

impl Table {
    /// Sends the same bytes so many times at once; all answers must be the same.
    async fn at_once(&self, times: usize, path: &str, body: &Value) -> String {
        let replies = join_all((0..times).map(|_| self.house.provider.send(path, body))).await;
        let mut raw: Vec<_> = replies.into_iter().map(|reply| reply.unwrap().raw).collect();
        raw.dedup();
        assert_eq!(raw.len(), 1, "{path} {body}: {raw:#?}");
        raw.remove(0)
    }
}

#[tokio::test]
async fn money_09_twenty_at_once_are_one_with_one_answer() {
    let table = Table::open().await;
    let bet = Bet::new("r", 10 * EUR);
    let win = Win::of(&bet, 25 * EUR);
    let undone = Bet::new("r2", 5 * EUR);
    let rollback = Rollback::of(&undone.transaction, "r2");
    let greedy = Bet::new("r3", 1_000 * EUR);
    for (path, body, balance) in [
        ("/transaction/bet", bet_body(&table.seat, &bet), 90),
        ("/transaction/win", win_body(&table.seat, &win), 115),
        ("/transaction/bet", bet_body(&table.seat, &undone), 110),
        (
            "/transaction/rollback",
            rollback_body(&table.seat, &rollback),
            115,
        ),
        ("/transaction/bet", bet_body(&table.seat, &greedy), 115),
    ] {
        let answer: Value = serde_json::from_str(&table.at_once(20, path, &body).await).unwrap();
        let status = if body["transaction_uuid"] == greedy.transaction {
            Status::NotEnoughMoney
        } else {
            Status::Ok
        };
        let request = &body["request_uuid"];
        let expected = json!({ "user": "auroraalice", "status": status, "request_uuid": request, "currency": "EUR", "balance": balance * EUR });
        assert_eq!(answer, expected);
    }
    assert_eq!(
        written(&table.house, 1).await,
        (6, 5),
        "five decisions and four entries, and the deposit"
    );
    table.close("115.00").await;
}

#[tokio::test]
async fn money_09_a_players_first_money_may_come_twenty_times_at_once() {
    let table = Table::open().await;
    let bob = table.house.guest(&table.house.aurora, "bob").await;
    let seat = bob.launch("northern-lights").await;
    let mut promo = win_body(
        &seat,
        &Win {
            reference: None,
            is_supplier_promo: true,
            ..Win::of(&Bet::new("p", 0), 3 * EUR)
        },
    );
    promo["transaction_uuid"] = "first".into();
    table.at_once(20, "/transaction/win", &promo).await;
    assert_eq!(bob.total().await, "3.00");
    table.close("100.00").await;
}

#[tokio::test]
async fn money_11_an_accepted_call_keeps_its_answer_whatever_came_after() {
    let table = Table::open().await;
    let bet = Bet::new("r", 10 * EUR);
    let win = Win::of(&bet, 25 * EUR);
    let rollback = Rollback::of(&win.transaction, "r");
    assert_eq!(
        (
            table.bet(&bet).await,
            table.win(&win).await,
            table.rollback(&rollback).await
        ),
        (ok(90), ok(115), ok(90))
    );
    table.deposit("more", "400.00").await;
    assert_eq!(
        (
            table.bet(&bet).await,
            table.win(&win).await,
            table.rollback(&rollback).await
        ),
        (ok(90), ok(115), ok(90))
    );
    table.close("490.00").await;
}

#[tokio::test]
async fn money_10_an_id_is_good_for_one_bet() {
    let table = Table::open().await;
    let (bob, bobs) = table.house.player(&table.house.aurora, "bob", "50.00").await;
    let bet = Bet {
        transaction: "t1".to_owned(),
        ..Bet::new("r", 10 * EUR)
    };
    assert_eq!(table.bet(&bet).await, ok(90));
    let before = written(&table.house, 1).await;
    let body = bet_body(&table.seat, &bet);
    let duplicate = refused(Status::DuplicateTransaction, 90);
    for (field, value) in [
        ("amount", json!(9 * EUR)),
        ("amount", json!(11 * EUR)),
        ("amount", json!(0)),
        ("amount", json!(1_000 * EUR)),
        ("round", json!("r2")),
        ("round", json!("R")),
        ("round", Value::Null),
        ("game_code", json!("clt_paperlanterns")),
        ("game_code", json!("no_such_game")),
        ("currency", json!("USD")),
        ("is_free", json!(true)),
        ("is_supplier_promo", json!(true)),
    ] {
        assert_eq!(
            table
                .send("/transaction/bet", &with(body.clone(), field, value.clone()))
                .await,
            duplicate,
            "{field} {value}"
        );
    }
    let other = Bet::new("r", EUR);
    let as_win = Win {
        transaction: "t1".to_owned(),
        ..Win::of(&bet, 10 * EUR)
    };
    let as_rollback = Rollback {
        transaction: "t1".to_owned(),
        ..Rollback::of(&other.transaction, "r")
    };
    assert_eq!(table.win(&as_win).await, duplicate);
    assert_eq!(table.rollback(&as_rollback).await, duplicate);
    // Another user of the brand: his balance, and nothing of the bet.
    let bobs_bet = told(table.house.provider.bet(&bobs, &bet).await);
    assert_eq!(bobs_bet, refused(Status::DuplicateTransaction, 50));
    assert_eq!(written(&table.house, 1).await, before);
    // What is not part of the agreement may differ: the request's id, a word more, another launch.
    let again = alice_again(&table).await;
    assert_eq!(told(table.house.provider.bet(&again, &bet).await), ok(90));
    assert_eq!(
        table
            .send("/transaction/bet", &with(body, "round_closed", true))
            .await,
        ok(90)
    );
    assert_eq!(bob.total().await, "50.00");
    table.close("90.00").await;
}

/// Alice at the same game by another launch.
async fn alice_again(table: &Table) -> Launch {
    let seat = table.alice.launch("northern-lights").await;
    assert_ne!(seat.token, table.seat.token);
    seat
}

#[tokio::test]
async fn money_10_an_id_is_good_for_one_win_and_one_rollback() {
    let table = Table::open().await;
    let (first, second) = (Bet::new("r", 10 * EUR), Bet::new("r", 10 * EUR));
    table.bet(&first).await;
    table.bet(&second).await;
    let win = Win {
        transaction: "w1".to_owned(),
        ..Win::of(&first, 5 * EUR)
    };
    assert_eq!(table.win(&win).await, ok(85));
    let duplicate = refused(Status::DuplicateTransaction, 85);
    for other in [
        Win {
            amount: 6 * EUR,
            ..win.clone()
        },
        Win {
            round: "r2".to_owned(),
            ..win.clone()
        },
        Win {
            reference: Some(second.transaction.clone()),
            ..win.clone()
        },
        Win {
            reference: Some("unknown".to_owned()),
            ..win.clone()
        },
        Win {
            reference: None,
            is_supplier_promo: true,
            ..win.clone()
        },
    ] {
        assert_eq!(table.win(&other).await, duplicate, "{other:?}");
    }
    let lanterns = at_game(&table.seat, "clt_paperlanterns");
    assert_eq!(told(table.house.provider.win(&lanterns, &win).await), duplicate);
    assert_eq!(
        table
            .bet(&Bet {
                transaction: "w1".to_owned(),
                ..Bet::new("r", 5 * EUR)
            })
            .await,
        duplicate
    );

    let rollback = Rollback {
        transaction: "b1".to_owned(),
        ..Rollback::of(&first.transaction, "r")
    };
    assert_eq!(table.rollback(&rollback).await, ok(95));
    let duplicate = refused(Status::DuplicateTransaction, 95);
    let elsewhere = Rollback {
        reference: second.transaction.clone(),
        ..rollback.clone()
    };
    assert_eq!(table.rollback(&elsewhere).await, duplicate);
    assert_eq!(
        table
            .rollback(&Rollback {
                round: "r2".to_owned(),
                ..rollback.clone()
            })
            .await,
        duplicate
    );
    assert_eq!(
        table
            .bet(&Bet {
                transaction: "b1".to_owned(),
                ..Bet::new("r", EUR)
            })
            .await,
        duplicate
    );
    assert_eq!(
        (table.win(&win).await, table.rollback(&rollback).await),
        (ok(85), ok(95)),
        "and they keep their answers"
    );
    table.close("95.00").await;
}

#[tokio::test]
async fn money_10_of_two_that_race_for_an_id_one_is_taken() {
    let table = Table::open().await;
    let (bob, bobs) = table.house.player(&table.house.aurora, "bob", "100.00").await;
    for turn in 0..20 {
        let bet = Bet::new("r", EUR);
        let other = Bet {
            amount: 2 * EUR,
            ..bet.clone()
        };
        let (one, two, bobs_one) = tokio::join!(
            table.bet(&bet),
            table.bet(&other),
            table.house.provider.bet(&bobs, &bet)
        );
        let statuses = [one.0, two.0, told(bobs_one).0];
        let taken = statuses.iter().filter(|status| **status == Status::Ok).count();
        let conflicts = statuses
            .iter()
            .filter(|status| **status == Status::DuplicateTransaction)
            .count();
        assert_eq!((taken, conflicts), (1, 2), "turn {turn}: {statuses:?}");
    }
    let bets = number(
        &table.house,
        1,
        "SELECT count(*) FROM wallet_ledger WHERE kind = 'bet'",
    )
    .await;
    let staked = number(
        &table.house,
        1,
        "SELECT sum(amount)::bigint FROM wallet_ledger WHERE kind = 'bet'",
    )
    .await;
    let wallets = number(
        &table.house,
        1,
        "SELECT sum(available[1])::bigint FROM wallet_account",
    )
    .await;
    assert_eq!((bets, wallets), (20, 20_000 - staked));
    let total = table.alice.total().await;
    assert!(bob.total().await != "100.00" || total != "100.00");
    table.close(&total).await;
}

#[tokio::test]
async fn money_12_a_bet_that_was_refused_stays_refused() {
    let table = Table::open().await;
    let greedy = Bet::new("r", 150 * EUR);
    assert_eq!(table.bet(&greedy).await, refused(Status::NotEnoughMoney, 100));
    table.deposit("more", "100.00").await;
    assert_eq!(
        table.bet(&greedy).await,
        refused(Status::NotEnoughMoney, 200),
        "with the balance there is"
    );
    assert_eq!(
        table
            .bet(&Bet {
                amount: EUR,
                ..greedy.clone()
            })
            .await,
        refused(Status::DuplicateTransaction, 200)
    );
    assert_eq!(
        table.win(&Win::of(&greedy, EUR)).await,
        refused(Status::TransactionDoesNotExist, 200)
    );
    assert_eq!(
        table
            .bet(&Bet {
                transaction: "another".to_owned(),
                ..greedy.clone()
            })
            .await,
        ok(50)
    );
    assert_eq!(table.bet(&greedy).await, refused(Status::NotEnoughMoney, 50));
    table.close("50.00").await;
}
