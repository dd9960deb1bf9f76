//! Whatever can be wrong with a field, and what is not.

use croupier_game::hub88::{
    Status,
    simulator::{Bet, Signing, bet_body},
};
use serde_json::{Value, json};

use super::{Table, malformed::movements, told};
use crate::{books::written, harness::EUR};

/// The document with a field given as it is, JSON or not.
fn raw(document: &Value, field: &str, value: &str) -> Vec<u8> {
    let mut document = document.clone();
    document.as_object_mut().unwrap().remove(field);
    let text = document.to_string();
    format!("{},\"{field}\":{value}}}", &text[..text.len() - 1]).into_bytes()
}
/// The document with a field added to what is there.
fn and(document: &Value, field: &str) -> Vec<u8> {
    let text = document.to_string();
    format!("{},{field}}}", &text[..text.len() - 1]).into_bytes()
}
fn without(document: &Value, field: &str) -> Vec<u8> {
    let mut document = document.clone();
    document.as_object_mut().unwrap().remove(field);
    document.to_string().into_bytes()
}
#[tokio::test]
async fn money_06_an_amount_is_a_whole_number_or_nothing() {
    let table = Table::open().await;
    let bet = Bet::new("r", 10 * EUR);
    table.bet(&bet).await;
    let [bets, wins, _] = movements(&table, &bet);
    for (path, document) in [bets, wins] {
        let wrong = |texts: &[&str]| {
            texts
                .iter()
                .map(|text| raw(&document, "amount", text))
                .collect::<Vec<_>>()
        };
        let types = [
            "1.0",
            "1.5",
            "100000.0",
            "1e2",
            "1E5",
            "1e400",
            "-1e400",
            "1e-400",
            "0.1e1",
            "9223372036854775808",
            "18446744073709551616",
            "-9223372036854775809",
            "99999999999999999999999999999999999999999999",
            "\"100000\"",
            "\"NaN\"",
            "\"1e400\"",
            "\"\"",
            "null",
            "true",
            "false",
            "[100000]",
            "{}",
            "{\"amount\":100000}",
        ];
        table.refuses(path, wrong(&types), Status::WrongTypes).await;
        let syntax = [
            "NaN",
            "Infinity",
            "-Infinity",
            "nan",
            "inf",
            "0x186A0",
            "0100000",
            "+100000",
            ".5",
            "1.",
            "1_000",
            "100 000",
            "1,5",
            "",
            "-",
            "-1",
            "-100000",
            "-9223372036854775808",
            "١٠٠",
        ];
        table.refuses(path, wrong(&syntax), Status::WrongSyntax).await;
        // Finer than a cent, or more than any wallet holds.
        let not_euros = [
            "1",
            "999",
            "1001",
            "356001",
            "9223372036854775807",
            "9223372036854775000",
            "100000000000000001000",
        ];
        let (fits, too_long) = not_euros.split_at(6);
        table.refuses(path, wrong(fits), Status::WrongSyntax).await;
        table.refuses(path, wrong(too_long), Status::WrongTypes).await;
        table
            .refuses(path, [without(&document, "amount")], Status::WrongSyntax)
            .await;
    }
    // The least amount there is, and minus nothing, are amounts.
    for (amount, cents) in [("1000", 8_999), ("-0", 8_999), ("0", 8_999)] {
        let body = raw(&bet_body(&table.seat, &Bet::new("r", 0)), "amount", amount);
        let reply = told(
            table
                .house
                .provider
                .send_raw("/transaction/bet", body, &Signing::Proper)
                .await,
        );
        assert_eq!(reply, (Status::Ok, Some(cents * 1_000)), "{amount}");
    }
    table.close("89.99").await;
}
#[tokio::test]
async fn fields_missing_of_another_type_or_that_cannot_be_meant() {
    let table = Table::open().await;
    let bet = Bet::new("r", 10 * EUR);
    table.bet(&bet).await;
    for (path, document) in movements(&table, &bet) {
        let needed = [
            "user",
            "token",
            "request_uuid",
            "transaction_uuid",
            "currency",
            "game_code",
            "reference_transaction_uuid",
        ];
        let texts = needed.into_iter().filter(|field| match *field {
            "currency" => path != "/transaction/rollback",
            "game_code" => path != "/transaction/rollback",
            "reference_transaction_uuid" => path != "/transaction/bet",
            _ => true,
        });
        for field in texts {
            table
                .refuses(path, [without(&document, field)], Status::WrongSyntax)
                .await;
            let types = ["5", "true", "[\"x\"]", "{}", "1e400"].map(|value| raw(&document, field, value));
            table.refuses(path, types, Status::WrongTypes).await;
            let long = format!("\"{}\"", "x".repeat(129));
            let meant = [
                "\"\"",
                "\"a\\u0000b\"",
                "\"\\u0000\"",
                "\"a\\nb\"",
                "\"\\ud800\"",
                "\"\\udc00\\ud800\"",
                "\"\\x41\"",
                "\"a\tb\"",
                &long,
            ];
            table
                .refuses(
                    path,
                    meant.map(|value| raw(&document, field, value)),
                    Status::WrongSyntax,
                )
                .await;
        }
        if path != "/transaction/rollback" {
            for flag in ["is_free", "is_supplier_promo"] {
                let types = ["1", "0", "\"true\"", "[]"].map(|value| raw(&document, flag, value));
                table.refuses(path, types, Status::WrongTypes).await;
            }
        }
        table
            .refuses(
                path,
                ["7", "[]"].map(|value| raw(&document, "round", value)),
                Status::WrongTypes,
            )
            .await;
        // A key that comes twice, the same, another, or spelled otherwise.
        let twice = [
            format!("\"user\":{}", document["user"]),
            "\"user\":\"bonanzaalice\"".to_owned(),
            "\"transaction_uuid\":\"other\"".to_owned(),
            "\"amount\":1,\"amount\":1".to_owned(),
            "\"\\u0075ser\":\"bonanzaalice\"".to_owned(),
            "\"meta2\":1,\"meta2\":1".to_owned(),
        ];
        table
            .refuses(
                path,
                twice.map(|field| and(&document, &field)),
                Status::WrongSyntax,
            )
            .await;
    }
    table.close("90.00").await;
}
#[tokio::test]
async fn a_currency_is_one_that_there_is() {
    let table = Table::open().await;
    let bet = Bet::new("r", 10 * EUR);
    table.bet(&bet).await;
    let [bets, wins, _] = movements(&table, &bet);
    for (path, document) in [bets, wins] {
        let other = [
            "USD",
            "BTC",
            "JPY",
            "eur",
            "Eur",
            "EURO",
            "XXX",
            " EUR",
            "EUR ",
            "€",
            "EUR\u{200b}",
        ];
        table
            .refuses(
                path,
                other.map(|code| raw(&document, "currency", &json!(code).to_string())),
                Status::WrongCurrency,
            )
            .await;
    }
    table.close("90.00").await;
}
#[tokio::test]
async fn what_a_growing_protocol_may_add_is_tolerated() {
    let table = Table::open().await;
    let deep = format!("{}1{}", "[".repeat(5_000), "]".repeat(5_000));
    let mut balance = 100;
    for field in [
        "\"new\":1e400".to_owned(),
        "\"new\":{\"a\":1,\"a\":2}".to_owned(),
        format!("\"new\":{deep}"),
        "\"amount_\":NULL".to_lowercase(),
        "\"брэнд\":\"bonanza\"".to_owned(),
        "\"brand_id\":2".to_owned(),
        format!("\"new\":\"{}\"", "x".repeat(60_000)),
    ] {
        balance -= 1;
        let body = and(&bet_body(&table.seat, &Bet::new("r", EUR)), &field);
        let reply = told(
            table
                .house
                .provider
                .send_raw("/transaction/bet", body, &Signing::Proper)
                .await,
        );
        assert_eq!(
            reply,
            (Status::Ok, Some(balance * EUR)),
            "{}",
            &field[..field.len().min(80)]
        );
    }
    assert_eq!(written(&table.house, 2).await, (0, 0));
    table.close("93.00").await;
}
