//! Whose calls are believed.

use croupier_game::hub88::simulator::{
    Bet, Rollback, Signing, Simulator, SimulatorKey, Win, bet_body, rollback_body, win_body,
};
use serde_json::{Value, json};

use super::Table;
use crate::{books::written, harness::EUR};

/// Each call with a document that would be taken.
fn calls(table: &Table, bet: &Bet) -> [(&'static str, Value); 5] {
    [
        (
            "/user/info",
            json!({ "user": table.seat.user, "request_uuid": "q1" }),
        ),
        (
            "/user/balance",
            json!({ "user": table.seat.user, "token": table.seat.token, "request_uuid": "q2" }),
        ),
        ("/transaction/bet", bet_body(&table.seat, &Bet::new("r", EUR))),
        ("/transaction/win", win_body(&table.seat, &Win::of(bet, EUR))),
        (
            "/transaction/rollback",
            rollback_body(&table.seat, &Rollback::of(&bet.transaction, "r")),
        ),
    ]
}

fn key(table: &Table) -> SimulatorKey {
    let (keys, kid) = table.house.local.provider_key();
    SimulatorKey::from_pem(&std::fs::read(keys.private_path(&kid)).unwrap()).unwrap()
}

#[tokio::test]
async fn what_the_provider_did_not_sign_is_not_even_read() {
    let table = Table::open().await;
    let bet = Bet::new("r", EUR);
    table.bet(&bet).await;
    let before = written(&table.house, 1).await;
    let url = format!("{}/callbacks/hub88", table.house.edge);
    let stranger = Simulator::new(&url, SimulatorKey::generate().unwrap()).unwrap();
    for (path, document) in calls(&table, &bet) {
        let body = document.to_string().into_bytes();
        let good = key(&table).sign(&body).unwrap();
        let mut forged: Vec<(Vec<u8>, Signing)> = vec![
            (body.clone(), Signing::Missing),
            (body.clone(), Signing::OfOther(b"{}".to_vec())),
            (body.clone(), Signing::OfOther([&body[..], b"\n"].concat())),
            (b"{}".to_vec(), Signing::Text(good.clone())),
            (Vec::new(), Signing::Text(good.clone())),
        ];
        let url_safe = good.replace('+', "-").replace('/', "_");
        for text in [
            "",
            "x",
            "AAAA",
            &good[..good.len() - 4],
            &format!("{good}AAAA"),
            &format!("{good},{good}"),
        ] {
            forged.push((body.clone(), Signing::Text(text.to_owned())));
        }
        if url_safe != good {
            forged.push((body.clone(), Signing::Text(url_safe)));
        }
        for at in (0..body.len()).step_by(9) {
            let mut changed = body.clone();
            changed[at] ^= 1;
            forged.push((changed, Signing::Text(good.clone())));
        }
        for (bytes, signing) in forged {
            let reply = table
                .house
                .provider
                .send_raw(path, bytes.clone(), &signing)
                .await
                .unwrap();
            let tried = format!("{path} {signing:?} over {}", String::from_utf8_lossy(&bytes));
            assert_eq!(
                (reply.http_status, reply.raw.as_str()),
                (200, r#"{"status":"RS_ERROR_INVALID_SIGNATURE"}"#),
                "{tried}"
            );
        }
        let reply = stranger
            .send_raw(path, body.clone(), &Signing::Proper)
            .await
            .unwrap();
        assert_eq!(
            (reply.http_status, reply.raw.as_str()),
            (200, r#"{"status":"RS_ERROR_INVALID_SIGNATURE"}"#),
            "another's key"
        );
    }
    assert_eq!(
        written(&table.house, 1).await,
        before,
        "nothing of it was written"
    );
    for (path, document) in calls(&table, &bet) {
        assert!(
            table.house.provider.send(path, &document).await.unwrap().is_ok(),
            "{path}"
        );
    }
    table.close("100.00").await;
}

#[tokio::test]
async fn two_signatures_are_none() {
    let table = Table::open().await;
    let body = bet_body(&table.seat, &Bet::new("r", EUR)).to_string();
    let good = key(&table).sign(body.as_bytes()).unwrap();
    let post = |signatures: &[&str]| {
        let call = table
            .house
            .aurora
            .request(http::Method::POST, "/callbacks/hub88/transaction/bet")
            .body(body.clone());
        signatures.iter().fold(call, |call, signature| {
            call.header("x-hub88-signature", *signature)
        })
    };
    for signatures in [
        vec![&*good, &*good],
        vec!["x", &*good],
        vec![&*good, "x"],
        vec![&*good, ""],
    ] {
        let answer = table.house.aurora.send(post(&signatures)).await.unwrap();
        assert_eq!(
            (answer.status.as_u16(), answer.text("status")),
            (200, "RS_ERROR_INVALID_SIGNATURE"),
            "{signatures:?}"
        );
    }
    let answer = table.house.aurora.send(post(&[&good])).await.unwrap();
    assert_eq!(
        (answer.status.as_u16(), answer.text("status")),
        (200, "RS_OK"),
        "{answer:?}"
    );
    table.close("99.00").await;
}

#[tokio::test]
async fn iso_63_a_players_token_and_a_brands_domain_are_no_signature() {
    let table = Table::open().await;
    let body = bet_body(&table.seat, &Bet::new("r", EUR)).to_string();
    let call = table
        .house
        .aurora
        .request(http::Method::POST, "/callbacks/hub88/transaction/bet")
        .bearer_auth(&table.alice.token);
    let answer = table.house.aurora.send(call.body(body.clone())).await.unwrap();
    assert_eq!(
        (answer.status.as_u16(), answer.text("status")),
        (200, "RS_ERROR_INVALID_SIGNATURE"),
        "{answer:?}"
    );
    // A signed call is its account's brand's, whatever domain it came to.
    let signature = key(&table).sign(body.as_bytes()).unwrap();
    let call = table
        .house
        .bonanza
        .request(http::Method::POST, "/callbacks/hub88/transaction/bet")
        .header("x-hub88-signature", signature);
    let answer = table.house.bonanza.send(call.body(body)).await.unwrap();
    assert_eq!(
        (answer.status.as_u16(), answer.text("status")),
        (200, "RS_OK"),
        "{answer:?}"
    );
    assert_eq!(
        written(&table.house, 2).await,
        (0, 0),
        "nothing in the domain's brand"
    );
    table.close("99.00").await;
}
