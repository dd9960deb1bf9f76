//! The player's wallet through the front door.

use croupier::demo::client::Answer;
use http::Method;
use serde_json::{Value, json};

use crate::harness::{Guest, House};

async fn wallet(guest: &Guest) -> Value {
    let answer = guest
        .casino
        .get("/api/v1/wallet", Some(&guest.token))
        .await
        .unwrap();
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body
}

async fn history(guest: &Guest, query: &str) -> Answer {
    guest
        .casino
        .get(&format!("/api/v1/wallet/entries{query}"), Some(&guest.token))
        .await
        .unwrap()
}

async fn transfer(guest: &Guest, what: &str, key: Option<&str>, body: &str) -> Answer {
    let mut request = guest
        .casino
        .request(Method::POST, &format!("/api/v1/wallet/{what}"))
        .bearer_auth(&guest.token);
    if let Some(key) = key {
        request = request.header("idempotency-key", key);
    }
    guest
        .casino
        .send(
            request
                .header("content-type", "application/json")
                .body(body.to_owned()),
        )
        .await
        .unwrap()
}

fn euros(amount: &str) -> String {
    json!({"amount": amount, "currency": "EUR"}).to_string()
}

#[tokio::test]
async fn a_player_without_money_has_zeros_in_every_bucket() {
    let house = House::open().await;
    let anna = house.guest(&house.aurora, "anna").await;
    let zero = |bucket: &str| json!({"bucket": bucket, "available": "0.00", "held": "0.00"});
    assert_eq!(
        wallet(&anna).await,
        json!({"currency": "EUR", "total": "0.00", "buckets": [zero("cash"), zero("bonus")]})
    );
    assert_eq!(
        history(&anna, "").await.body,
        json!({"entries": [], "next_cursor": null})
    );
}

#[tokio::test]
async fn money_09_money_10_a_key_has_one_answer_for_one_player() {
    let house = House::open().await;
    let (anna, bert) = (
        house.guest(&house.aurora, "anna").await,
        house.guest(&house.aurora, "bert").await,
    );
    let first = transfer(&anna, "deposits", Some("key"), &euros("25.5")).await;
    assert_eq!(
        (first.status.as_u16(), first.text("status"), first.text("balance")),
        (201, "completed", "25.50")
    );
    transfer(&anna, "deposits", Some("other"), &euros("1")).await;
    let again = transfer(&anna, "deposits", Some("key"), &euros("25.50")).await;
    assert_eq!(
        (again.status, &again.body),
        (first.status, &first.body),
        "the same request, the same answer"
    );
    for (what, body) in [("deposits", euros("25.51")), ("withdrawals", euros("25.50"))] {
        let reused = transfer(&anna, what, Some("key"), &body).await;
        assert_eq!(
            (reused.status.as_u16(), reused.code()),
            (422, "idempotency_key_reused"),
            "{what}"
        );
    }
    assert_eq!(
        transfer(&bert, "deposits", Some("key"), &euros("3"))
            .await
            .text("balance"),
        "3.00"
    );
    assert_eq!(wallet(&anna).await["total"], "26.50");
    house.audit().await;
}

#[tokio::test]
async fn money_12_a_declined_payment_stays_declined() {
    let house = House::open().await;
    let anna = house.guest(&house.aurora, "anna").await;
    for _ in 0..2 {
        let declined = transfer(&anna, "deposits", Some("key"), &euros("10.13")).await;
        assert_eq!(
            (declined.status.as_u16(), declined.code()),
            (402, "payment_declined")
        );
    }
    assert_eq!(wallet(&anna).await["total"], "0.00");
}

#[tokio::test]
async fn money_08_money_29_a_withdrawal_holds_what_there_is_and_not_more() {
    let house = House::open().await;
    let anna = house.guest(&house.aurora, "anna").await;
    transfer(&anna, "deposits", Some("float"), &euros("100")).await;
    let held = transfer(&anna, "withdrawals", Some("w1"), &euros("60")).await;
    assert_eq!(
        (held.status.as_u16(), held.text("status"), held.text("balance")),
        (201, "held", "100.00")
    );
    assert_eq!(
        transfer(&anna, "withdrawals", Some("w1"), &euros("60"))
            .await
            .body,
        held.body
    );
    for _ in 0..2 {
        let short = transfer(&anna, "withdrawals", Some("w2"), &euros("40.01")).await;
        assert_eq!(
            (short.status.as_u16(), short.code(), short.faulty_fields()),
            (409, "insufficient_funds", vec!["amount"])
        );
        assert!(short.text("detail").contains("40.00 EUR"), "{short:?}");
    }
    let cash = &wallet(&anna).await["buckets"][0];
    assert_eq!(
        *cash,
        json!({"bucket": "cash", "available": "40.00", "held": "60.00"})
    );
    house.audit().await;
}

#[tokio::test]
async fn money_06_money_07_bad_bodies_name_their_fields_and_move_nothing() {
    let house = House::open().await;
    let anna = house.guest(&house.aurora, "anna").await;
    let amounts = [
        r#""0""#,
        r#""-1""#,
        r#""1.001""#,
        r#""NaN""#,
        r#""1e400""#,
        "1e400",
        "1",
        "null",
        r#""99999999999999999999""#,
        r#""90000000000000""#,
    ];
    for what in ["deposits", "withdrawals"] {
        for amount in amounts {
            let answer = transfer(
                &anna,
                what,
                Some("key"),
                &format!(r#"{{"amount":{amount},"currency":"EUR"}}"#),
            )
            .await;
            assert_eq!(
                (answer.status.as_u16(), answer.faulty_fields()),
                (422, vec!["amount"]),
                "{amount}: {answer:?}"
            );
        }
        let answer = transfer(
            &anna,
            what,
            Some("key"),
            r#"{"amount":"-1","currency":"USD","bucket":"bonus"}"#,
        )
        .await;
        assert_eq!(answer.faulty_fields(), ["amount", "bucket", "currency"]);
        assert_eq!(transfer(&anna, what, Some("key"), "{").await.status, 400);
        assert_eq!(
            transfer(&anna, what, None, &euros("1")).await.code(),
            "idempotency_key_required"
        );
        assert_eq!(
            transfer(&anna, what, Some(&"k".repeat(121)), &euros("1"))
                .await
                .status,
            400
        );
    }
    assert_eq!(history(&anna, "").await.body["entries"], json!([]));
}

#[tokio::test]
async fn iso_41_a_history_is_paged_by_its_own_cursors_only() {
    let house = House::open().await;
    let (anna, bert) = (
        house.guest(&house.aurora, "anna").await,
        house.guest(&house.aurora, "bert").await,
    );
    let elsewhere = house.guest(&house.bonanza, "anna").await;
    for at in 0..5 {
        transfer(
            &anna,
            "deposits",
            Some(&format!("d{at}")),
            &euros(&format!("{at}.50")),
        )
        .await;
    }
    let first = history(&anna, "?limit=2").await;
    let cursor = first.text("next_cursor").to_owned();
    let rest = history(&anna, &format!("?limit=100&cursor={cursor}")).await;
    let balances = |page: &Answer| -> Vec<String> {
        page.body["entries"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| entry["balance"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(balances(&first), ["12.50", "8.00"]);
    assert_eq!(balances(&rest), ["4.50", "2.00", "0.50"]);
    assert_eq!(rest.body["next_cursor"], Value::Null);
    for stranger in [&bert, &elsewhere] {
        let refused = history(stranger, &format!("?cursor={cursor}")).await;
        assert_eq!(
            (refused.status.as_u16(), refused.faulty_fields()),
            (422, vec!["cursor"])
        );
    }
    for (query, faulty) in [
        ("?limit=0", vec!["limit"]),
        ("?limit=101", vec!["limit"]),
        ("?limit=%2B5", vec!["limit"]),
        ("?limit=", vec!["limit"]),
        ("?cursor=1&limit=x&offset=2", vec!["cursor", "limit", "offset"]),
        ("?cursor=%FF", vec!["cursor"]),
    ] {
        let refused = history(&anna, query).await;
        assert_eq!(
            (refused.status.as_u16(), refused.faulty_fields()),
            (422, faulty),
            "{query}"
        );
    }
}
