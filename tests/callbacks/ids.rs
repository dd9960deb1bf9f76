//! Ids are what they are: nothing is trimmed, folded, normalised or counted.

use croupier_game::hub88::{
    Status,
    simulator::{Bet, Win, bet_body, win_body},
};
use serde_json::json;

use super::{Table, ok, refused, silent, with};
use crate::{books::written, harness::EUR};

#[tokio::test]
async fn transactions_are_told_apart_by_every_character() {
    let table = Table::open().await;
    let long = "x".repeat(127);
    let ids = [
        "a",
        "A",
        " a",
        "a ",
        "a  b",
        "a b",
        "\u{e9}",
        "e\u{301}",
        "ß",
        "ss",
        "ﬁ",
        "fi",
        "Ω",
        "ω",
        "İ",
        "i\u{307}",
        "🎰",
        "🎰🎰",
        "\u{200b}",
        "\u{feff}",
        "null",
        "0",
        "00",
        "-0",
        "1e400",
        "NaN",
        "%00",
        "%s",
        "../..",
        "'; DROP TABLE wallet_ledger; --",
        "\"",
        "\\",
        "{}",
        "$1",
        "float",
        "340282366920938463463374607431768211456",
        &format!("{long}y"),
        &format!("{long}Y"),
        &"é".repeat(64),
        &"🎰".repeat(32),
    ]
    .map(ToOwned::to_owned);
    for (at, transaction) in (1_i64..).zip(&ids) {
        let bet = Bet {
            transaction: transaction.clone(),
            ..Bet::new(transaction, EUR)
        };
        assert_eq!(
            table.bet(&bet).await,
            ok(100 - at),
            "{transaction:?} is one that was not there"
        );
        assert_eq!(table.bet(&bet).await, ok(100 - at), "{transaction:?} again");
        assert_eq!(
            table
                .bet(&Bet {
                    amount: 2 * EUR,
                    ..bet
                })
                .await,
            refused(Status::DuplicateTransaction, 100 - at),
            "{transaction:?}"
        );
    }
    let count = ids.len();
    // One was a deposit's key as well: another source's id.
    assert_eq!(
        written(&table.house, 1).await,
        (count as i64 + 1, count as i64 + 1)
    );
    let total = format!("{}.00", 100 - count);
    table.close(&total).await;
}

#[tokio::test]
async fn what_is_too_long_to_keep_is_refused_by_bytes() {
    let table = Table::open().await;
    let body = bet_body(&table.seat, &Bet::new("r", EUR));
    let before = written(&table.house, 1).await;
    for field in [
        "transaction_uuid",
        "round",
        "game_code",
        "request_uuid",
        "token",
        "user",
    ] {
        for text in [
            "x".repeat(129),
            "é".repeat(65),
            "🎰".repeat(33),
            "x".repeat(60_000),
        ] {
            assert_eq!(
                table
                    .send("/transaction/bet", &with(body.clone(), field, text))
                    .await,
                silent(Status::WrongSyntax),
                "{field}"
            );
        }
    }
    assert_eq!(written(&table.house, 1).await, before);
    for field in ["request_uuid", "round"] {
        let fresh = bet_body(&table.seat, &Bet::new("r", 0));
        assert_eq!(
            table
                .send("/transaction/bet", &with(fresh, field, "x".repeat(128)))
                .await,
            ok(100),
            "{field}"
        );
    }
    table.close("100.00").await;
}

#[tokio::test]
async fn a_win_finds_its_bet_by_its_very_id() {
    let table = Table::open().await;
    let bet = Bet {
        transaction: "Bet É".to_owned(),
        ..Bet::new("r", EUR)
    };
    assert_eq!(table.bet(&bet).await, ok(99));
    for other in ["bet É", "BET É", "Bet É ", " Bet É", "Bet E\u{301}", "Bet é"] {
        let win = Win {
            reference: Some(other.to_owned()),
            ..Win::of(&bet, EUR)
        };
        assert_eq!(
            table.win(&win).await,
            refused(Status::TransactionDoesNotExist, 99),
            "{other:?}"
        );
    }
    assert_eq!(table.win(&Win::of(&bet, EUR)).await, ok(100));
    table.close("100.00").await;
}

#[tokio::test]
async fn the_request_id_and_the_user_come_back_as_they_were_sent() {
    let table = Table::open().await;
    let bet = Bet::new("r", EUR);
    for request in ["q", "Q É 🎰", "\"quoted\"", "</script>", &"x".repeat(128)] {
        for (path, body) in [
            ("/transaction/bet", bet_body(&table.seat, &bet)),
            (
                "/transaction/win",
                win_body(
                    &table.seat,
                    &Win {
                        transaction: "w".to_owned(),
                        ..Win::of(&bet, 0)
                    },
                ),
            ),
            (
                "/user/balance",
                json!({ "user": table.seat.user, "token": table.seat.token }),
            ),
            (
                "/user/balance",
                json!({ "user": table.seat.user, "token": "never-issued" }),
            ),
            ("/user/info", json!({ "user": table.seat.user })),
        ] {
            let reply = table
                .house
                .provider
                .send(path, &with(body, "request_uuid", request))
                .await
                .unwrap();
            assert_eq!(
                (reply.request_uuid.as_deref(), reply.user.as_deref()),
                (Some(request), Some("auroraalice")),
                "{path} {}",
                reply.raw
            );
        }
    }
    table.close("99.00").await;
}
