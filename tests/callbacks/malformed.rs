//! Whatever can be wrong with a body: the protocol's own code, no money moved, the same answer again.

use croupier_game::hub88::{
    Status,
    simulator::{Bet, Rollback, Signing, SimulatorKey, Win, bet_body, rollback_body, win_body},
};
use http::{Method, header};
use serde_json::{Value, json};

use super::{Table, told};
use crate::{books::written, harness::EUR};

impl Table {
    /// Sends each body twice: it must get this status both times, in the same words, and write nothing.
    pub(super) async fn refuses(
        &self,
        path: &str,
        bodies: impl IntoIterator<Item = Vec<u8>>,
        status: Status,
    ) {
        let before = written(&self.house, 1).await;
        for body in bodies {
            let shown = String::from_utf8_lossy(&body)
                .chars()
                .take(700)
                .collect::<String>();
            let first = self
                .house
                .provider
                .send_raw(path, body.clone(), &Signing::Proper)
                .await
                .unwrap();
            let again = self
                .house
                .provider
                .send_raw(path, body, &Signing::Proper)
                .await
                .unwrap();
            assert_eq!(
                (first.http_status, first.status),
                (200, Some(status)),
                "{path} {shown}: {}",
                first.raw
            );
            assert_eq!(first.raw, again.raw, "{path} {shown}");
            assert_eq!(first.balance, None, "{path} {shown}");
        }
        assert_eq!(written(&self.house, 1).await, before, "{path} wrote something");
    }
}
/// The three calls that move money, each with a document that would.
pub(super) fn movements(table: &Table, bet: &Bet) -> [(&'static str, Value); 3] {
    [
        ("/transaction/bet", bet_body(&table.seat, &Bet::new("r", EUR))),
        ("/transaction/win", win_body(&table.seat, &Win::of(bet, EUR))),
        (
            "/transaction/rollback",
            rollback_body(&table.seat, &Rollback::of(&bet.transaction, "r")),
        ),
    ]
}
#[tokio::test]
async fn what_is_not_one_json_object_is_wrong_syntax() {
    let table = Table::open().await;
    let bet = Bet::new("r", 10 * EUR);
    table.bet(&bet).await;
    for (path, document) in movements(&table, &bet) {
        let text = document.to_string();
        let bodies = [
            String::new(),
            " ".to_owned(),
            "null".to_owned(),
            "[]".to_owned(),
            "5".to_owned(),
            "\"text\"".to_owned(),
            "{}".to_owned(),
            text[..text.len() - 1].to_owned(),
            format!("{text}{text}"),
            format!("{text},"),
            format!("[{text}]"),
            format!("\u{feff}{text}"),
            text.replace('"', "'"),
            text.replacen(':', "", 1),
            format!("{},}}", &text[..text.len() - 1]),
            format!("/* a bet */{text}"),
            "user=auroraalice&amount=1".to_owned(),
            "<bet/>".to_owned(),
            "[".repeat(60_000),
            "{\"a\":".repeat(10_000),
        ];
        table
            .refuses(path, bodies.map(String::into_bytes), Status::WrongSyntax)
            .await;
        let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let latin = text
            .replace("auroraalice", "auroraal\u{1}ice")
            .replace('\u{1}', "\u{7f}")
            .into_bytes();
        let invalid: Vec<u8> = latin
            .iter()
            .map(|byte| if *byte == 0x7f { 0xff } else { *byte })
            .collect();
        table
            .refuses(
                path,
                [utf16, invalid, vec![0x1f, 0x8b, 8, 0], vec![0; 100]],
                Status::WrongSyntax,
            )
            .await;
    }
    table.close("90.00").await;
}
#[tokio::test]
async fn a_body_may_be_as_long_as_edge_max_body_and_no_longer() {
    so_long_and_no_longer(Table::open().await, 64 * 1024).await;
    for most in [2_000, 3 << 20] {
        let table = Table::with(|config| config.edge.max_body = most).await;
        so_long_and_no_longer(table, most).await;
    }
}

async fn so_long_and_no_longer(table: Table, most: usize) {
    let sized = |length: usize| {
        let mut body = bet_body(&table.seat, &Bet::new("r", EUR))
            .to_string()
            .into_bytes();
        body.resize(length, b' ');
        body
    };
    let send = async |length: usize| {
        let provider = &table.house.provider;
        let sent = provider.send_raw("/transaction/bet", sized(length), &Signing::Proper);
        sent.await
    };
    assert_eq!(told(send(most).await), super::ok(99));
    let before = written(&table.house, 1).await;
    for length in [most + 1, most + 100_000, most + 5_000_000] {
        match send(length).await {
            // A gateway that stands alone does not know the protocol, and says it in HTTP's words.
            Ok(reply) if reply.http_status == 413 => {
                assert!(reply.raw.contains("\"body_too_large\""), "{}", reply.raw)
            }
            Ok(reply) => assert_eq!(
                (reply.http_status, reply.raw.as_str()),
                (200, r#"{"status":"RS_ERROR_WRONG_SYNTAX"}"#),
                "{length}"
            ),
            // A server may hang up on a client that goes on sending what it was told is too much.
            Err(fault) => assert!(length > most + 1, "{fault}"),
        }
    }
    assert_eq!(written(&table.house, 1).await, before);
    table.close("99.00").await;
}

#[tokio::test]
async fn the_signed_bytes_count_not_what_the_headers_call_them() {
    let table = Table::open().await;
    let (keys, kid) = table.house.local.provider_key();
    let key = SimulatorKey::from_pem(&std::fs::read(keys.private_path(&kid)).unwrap()).unwrap();
    for kind in [
        None,
        Some("text/plain"),
        Some("application/x-www-form-urlencoded"),
        Some("application/json; charset=utf-16"),
    ] {
        let body = bet_body(&table.seat, &Bet::new("r", EUR)).to_string();
        let call = table
            .house
            .aurora
            .request(Method::POST, "/callbacks/hub88/transaction/bet")
            .header("x-hub88-signature", key.sign(body.as_bytes()).unwrap());
        let call = kind
            .into_iter()
            .fold(call, |call, kind| call.header(header::CONTENT_TYPE, kind));
        let answer = table.house.aurora.send(call.body(body)).await.unwrap();
        assert_eq!(
            (answer.status.as_u16(), answer.text("status")),
            (200, "RS_OK"),
            "{kind:?} {answer:?}"
        );
    }
    table.close("96.00").await;
}
#[tokio::test]
async fn other_methods_and_other_paths_are_problems_of_http() {
    let table = Table::open().await;
    for method in [Method::GET, Method::PUT, Method::DELETE, Method::PATCH] {
        let answer = table
            .house
            .aurora
            .send(
                table
                    .house
                    .aurora
                    .request(method.clone(), "/callbacks/hub88/transaction/bet"),
            )
            .await
            .unwrap();
        assert_eq!(
            (answer.status.as_u16(), answer.code()),
            (405, "method_not_allowed"),
            "{method}"
        );
    }
    for path in [
        "/callbacks/hub88",
        "/callbacks/hub88/",
        "/callbacks/hub88/transaction",
        "/callbacks/hub88/transaction/bet/",
        "/callbacks/other/transaction/bet",
    ] {
        let answer = table.house.aurora.post(path, None, &json!({})).await.unwrap();
        assert_eq!(
            (answer.status.as_u16(), answer.code()),
            (404, "not_found"),
            "{path}"
        );
    }
    table.close("100.00").await;
}
