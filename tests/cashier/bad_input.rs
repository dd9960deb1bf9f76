//! What is at fault is named, all of it at once; nothing moves, and the same comes back the same.

use http::HeaderValue;

use super::{Slip, WAYS, refused};
use crate::{books, harness::House};

#[tokio::test]
async fn money_06_every_kind_of_bad_amount_is_named_and_moves_nothing() {
    let house = House::open().await;
    let (alice, _) = house.player(&house.aurora, "alice", "100.00").await;
    let amounts = [
        // Numbers, and what is no text.
        "1",
        "1.5",
        "-1",
        "0",
        "1e2",
        "1e400",
        "-1e400",
        "1e-400",
        "99999999999999999999999999",
        "null",
        "true",
        "[]",
        "[\"1.00\"]",
        "{}",
        "{\"amount\":\"1.00\"}",
        // Texts that are no amount.
        "\"\"",
        "\" \"",
        "\"-1\"",
        "\"-0.01\"",
        "\"+1\"",
        "\"1e2\"",
        "\"1E2\"",
        "\"1e400\"",
        "\"NaN\"",
        "\"nan\"",
        "\"Infinity\"",
        "\"-inf\"",
        "\"0x10\"",
        "\"1,50\"",
        "\"1.000,00\"",
        "\"1_000\"",
        "\"1 000\"",
        "\" 1\"",
        "\"1 \"",
        "\"1.\"",
        "\".5\"",
        "\".\"",
        "\"1.2.3\"",
        "\"1.00 EUR\"",
        "\"€1\"",
        "\"１\"",
        "\"١\"",
        "\"1\\u0000\"",
        "\"\\u0000\"",
        "\"one\"",
        "\"1\\n\"",
        "\"1;DROP TABLE player\"",
        "\"\\ud800\"",
        // Nothing, too fine, too much.
        "\"0\"",
        "\"0.00\"",
        "\"000\"",
        "\"1.001\"",
        "\"0.001\"",
        "\"0.0000000000000000001\"",
        "\"10000000000000.01\"",
        "\"90071992547409.92\"",
        "\"92233720368547758.07\"",
        "\"92233720368547758.08\"",
        "\"9223372036854775808\"",
        "\"18446744073709551617\"",
        "\"99999999999999999999999999999999999999999\"",
    ];
    for what in WAYS {
        let slips = amounts.iter().map(|amount| {
            let slip = || {
                Slip::new(
                    what,
                    "key",
                    format!("{{\"amount\":{amount},\"currency\":\"EUR\"}}"),
                )
            };
            [slip(), slip()]
        });
        refused(&house, &alice, slips, 422, "invalid_fields", &["amount"]).await;
        let long = format!("{{\"amount\":\"{}\",\"currency\":\"EUR\"}}", "1".repeat(60_000));
        refused(
            &house,
            &alice,
            std::iter::once([Slip::new(what, "key", &*long), Slip::new(what, "key", &*long)]),
            422,
            "invalid_fields",
            &["amount"],
        )
        .await;
    }
    // What was refused left its key free, and digits that say nothing are no fault.
    for (key, amount, total) in [
        ("key", "1.50", "101.50"),
        ("k2", "1", "102.50"),
        ("k3", "0001.5000", "104.00"),
        ("k4", "0.01", "104.01"),
    ] {
        let answer = Slip::of("deposits", key, amount).hand_in(&alice).await;
        assert_eq!(
            (answer.status.as_u16(), answer.text("balance")),
            (201, total),
            "{amount}"
        );
    }
    books::audit(&house).await;
}
#[tokio::test]
async fn bodies_that_are_not_what_was_asked_for_name_what_is_wrong() {
    let house = House::open().await;
    let (alice, _) = house.player(&house.aurora, "alice", "100.00").await;
    for what in WAYS {
        let both = |body: &str| [Slip::new(what, "key", body), Slip::new(what, "key", body)];
        for (body, fields) in [
            ("{}", vec!["amount", "currency"]),
            (r#"{"amount":"1.00"}"#, vec!["currency"]),
            (r#"{"currency":"EUR"}"#, vec!["amount"]),
            (r#"{"amount":"1.00","currency":"USD"}"#, vec!["currency"]),
            (r#"{"amount":"1.00","currency":"eur"}"#, vec!["currency"]),
            (r#"{"amount":"1.00","currency":"BTC"}"#, vec!["currency"]),
            (r#"{"amount":"1.00","currency":""}"#, vec!["currency"]),
            (r#"{"amount":"1.00","currency":"EUR "}"#, vec!["currency"]),
            (r#"{"amount":"1.00","currency":978}"#, vec!["currency"]),
            (r#"{"amount":"1.00","currency":null}"#, vec!["currency"]),
            (r#"{"amount":"1.00","currency":"EUR","note":"x"}"#, vec!["note"]),
            (
                r#"{"amount":"1.00","currency":"EUR","brand_id":2,"player_id":"x"}"#,
                vec!["brand_id", "player_id"],
            ),
            (
                r#"{"amount":"1.00","currency":"EUR","bucket":"bonus"}"#,
                vec!["bucket"],
            ),
            (r#"{"Amount":"1.00","currency":"EUR"}"#, vec!["Amount", "amount"]),
            (
                r#"{"amount":"1.00","amount":"1.00","currency":"EUR"}"#,
                vec!["amount"],
            ),
            (
                r#"{"amount":"1.00","\u0061mount":"2.00","currency":"EUR"}"#,
                vec!["amount"],
            ),
            (
                r#"{"amount":"-1","currency":"USD","bucket":1e400}"#,
                vec!["amount", "bucket", "currency"],
            ),
        ] {
            refused(
                &house,
                &alice,
                std::iter::once(both(body)),
                422,
                "invalid_fields",
                &fields,
            )
            .await;
        }
        let deep = "[".repeat(60_000);
        let no_object = [
            "",
            " ",
            "null",
            "[]",
            "5",
            "\"text\"",
            "{",
            "{\"amount\":NaN,\"currency\":\"EUR\"}",
            "{\"amount\":01,\"currency\":\"EUR\"}",
            "{\"amount\":\"1.00\",\"currency\":\"EUR\"} {}",
            "{\"amount\":\"1.00\",\"currency\":\"EUR\",}",
            "{'amount':'1.00'}",
            "amount=1.00&currency=EUR",
            "\u{feff}{}",
            &deep,
        ];
        for body in no_object {
            refused(
                &house,
                &alice,
                std::iter::once(both(body)),
                400,
                "malformed_body",
                &["body"],
            )
            .await;
        }
        let bytes = || {
            Slip::new(
                what,
                "key",
                b"{\"amount\":\"\xff\",\"currency\":\"EUR\"}".as_slice(),
            )
        };
        refused(
            &house,
            &alice,
            std::iter::once([bytes(), bytes()]),
            400,
            "malformed_body",
            &["body"],
        )
        .await;
        for kind in [
            None,
            Some("text/plain"),
            Some("application/x-www-form-urlencoded"),
            Some("application/jsonp"),
        ] {
            let slip = || Slip {
                kind,
                ..Slip::of(what, "key", "1.00")
            };
            refused(
                &house,
                &alice,
                std::iter::once([slip(), slip()]),
                415,
                "unsupported_media_type",
                &["Content-Type"],
            )
            .await;
        }
        let big = || Slip::of(what, "key", &" ".repeat(70_000));
        refused(
            &house,
            &alice,
            std::iter::once([big(), big()]),
            413,
            "body_too_large",
            &["body"],
        )
        .await;
    }
    books::audit(&house).await;
}
#[tokio::test]
async fn a_key_is_one_header_of_visible_ascii() {
    let house = House::open().await;
    let (alice, _) = house.player(&house.aurora, "alice", "100.00").await;
    let key = |text: &str| HeaderValue::from_bytes(text.as_bytes()).unwrap();
    for what in WAYS {
        for keys in [
            vec![],
            vec![key("")],
            vec![key(" ")],
            vec![key("a b")],
            vec![key("a\tb")],
            vec![key("é")],
            vec![HeaderValue::from_bytes(b"\xff").unwrap()],
            vec![key(&"k".repeat(121))],
            vec![key(&"k".repeat(10_000))],
            vec![key("k1"), key("k1")],
            vec![key("k1"), key("k2")],
            vec![key(""), key("k1")],
        ] {
            let slip = || Slip {
                keys: keys.clone(),
                ..Slip::of(what, "unused", "1.00")
            };
            refused(
                &house,
                &alice,
                std::iter::once([slip(), slip()]),
                400,
                "idempotency_key_required",
                &["Idempotency-Key"],
            )
            .await;
        }
    }
    // Case counts, and so does every character; the longest is as good as any.
    let keys = [
        "a",
        "A",
        "0",
        "-",
        "\"a\"",
        "a,b",
        "{}",
        "';DROP/**/TABLE/**/wallet_ledger;--",
        "%00",
        &"k".repeat(120),
        &"K".repeat(120),
    ]
    .map(ToOwned::to_owned);
    for (at, key) in (1..).zip(&keys) {
        for _ in 0..2 {
            let answer = Slip::of("deposits", key, "1.00").hand_in(&alice).await;
            assert_eq!(
                (answer.status.as_u16(), answer.text("balance")),
                (201, &*format!("{}.00", 100 + at)),
                "{key}"
            );
        }
    }
    books::audit(&house).await;
}
