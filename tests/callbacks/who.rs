//! Whose money a call is about: the account's, if the token is that account's.

use croupier_game::hub88::{
    Status,
    simulator::{Bet, Launch, Rollback, Win, bet_body, rollback_body, win_body},
};
use serde_json::{Value, json};

use super::{Table, ok, silent, told};
use crate::{books::written, harness::EUR};

/// The four calls that show a token.
fn shown(seat: &Launch, bet: &Bet) -> [(&'static str, Value); 4] {
    [
        (
            "/user/balance",
            json!({ "user": seat.user, "token": seat.token, "request_uuid": "q" }),
        ),
        ("/transaction/bet", bet_body(seat, &Bet::new("r", EUR))),
        ("/transaction/win", win_body(seat, &Win::of(bet, EUR))),
        (
            "/transaction/rollback",
            rollback_body(seat, &Rollback::of(&bet.transaction, "r")),
        ),
    ]
}

#[tokio::test]
async fn a_token_is_its_own_players_and_nobody_elses() {
    let table = Table::open().await;
    let bob = table.house.guest(&table.house.aurora, "bob").await;
    let bobs = bob.launch("northern-lights").await;
    let (_, bonanzas) = table.house.player(&table.house.bonanza, "alice", "100.00").await;
    let bet = Bet::new("r", EUR);
    assert_eq!(table.bet(&bet).await, ok(99));
    let before = (written(&table.house, 1).await, written(&table.house, 2).await);
    let seat = &table.seat;
    let user = |user: &str| Launch {
        user: user.to_owned(),
        ..seat.clone()
    };
    let token = |token: &str| Launch {
        token: token.to_owned(),
        ..seat.clone()
    };
    for mixed in [
        user("aurorabob"),
        user("bonanzaalice"),
        user("auroraALICE"),
        user("Auroraalice"),
        user("auroraalice "),
        user(" auroraalice"),
        user("auroranobody"),
        user("aurora"),
        user("alice"),
        user("auroraaurora"),
        user("zzzzalice"),
        user("aurora\u{430}lice"),
        user(&format!("aurora{}", "a".repeat(122))),
        token(&bobs.token),
        token(&bonanzas.token),
        token(&seat.token.to_uppercase()),
        token(&seat.token.replace('-', "")),
        token(&format!("{{{}}}", seat.token)),
        token("00000000-0000-0000-0000-000000000000"),
        token(&table.alice.token[..100]),
        token("' OR true --"),
    ] {
        for (path, body) in shown(&mixed, &bet) {
            assert_eq!(
                table.send(path, &body).await,
                silent(Status::InvalidToken),
                "{path} {} {}",
                mixed.user,
                mixed.token
            );
        }
    }
    assert_eq!(
        (written(&table.house, 1).await, written(&table.house, 2).await),
        before
    );
    for (path, body) in shown(seat, &bet) {
        assert_eq!(table.send(path, &body).await.0, Status::Ok, "{path}");
    }
    table.close("100.00").await;
}

/// The sum of the counter over its labels.
async fn unknown_brands(table: &Table) -> u64 {
    let metrics = table.house.aurora.get("/metrics", None).await.unwrap();
    let text = metrics.body.as_str().unwrap().to_owned();
    let lines = text.lines().filter(|line| {
        line.starts_with("brand_resolution_failed_total{")
            && line.contains("reason=\"unknown_callback_brand\"")
    });
    lines
        .map(|line| line.rsplit_once(' ').unwrap().1.parse::<u64>().unwrap())
        .sum()
}

#[tokio::test]
async fn iso_69_a_user_of_no_brand_and_a_user_its_brand_does_not_know_look_the_same() {
    let table = Table::open().await;
    let calls = |user: &str| {
        let seat = Launch {
            user: user.to_owned(),
            ..table.seat.clone()
        };
        let info = ("/user/info", json!({ "user": user, "request_uuid": "q" }));
        [info].into_iter().chain(shown(&seat, &Bet::new("r", EUR)))
    };
    let before = unknown_brands(&table).await;
    // The names are of one length, so that what is sent and what comes back are too.
    for ((path, of_none), (_, of_aurora)) in calls("zzzzzznobody").zip(calls("auroranobody")) {
        let mut answers = Vec::new();
        for (user, mut body) in [("zzzzzznobody", of_none), ("auroranobody", of_aurora)] {
            body["request_uuid"] = "q".into();
            let reply = table.house.provider.send(path, &body).await.unwrap();
            assert_eq!(
                (reply.http_status, reply.status),
                (200, Some(Status::InvalidToken)),
                "{path}"
            );
            answers.push(reply.raw.replace(user, "user"));
        }
        assert_eq!(answers[0], answers[1], "{path}");
    }
    let counted = unknown_brands(&table).await - before;
    assert!(counted >= 5, "five users of no brand were counted: {counted}");
    assert!(table.house.provider.info("auroraalice").await.unwrap().is_ok());
    table.close("100.00").await;
}

#[tokio::test]
async fn iso_67_metrics_of_callbacks_name_the_brand_and_never_the_player() {
    let table = Table::open().await;
    assert_eq!(table.bet(&Bet::new("r", EUR)).await, ok(99));
    told(table.house.provider.info("zzzzzznobody").await);
    let metrics = table.house.aurora.get("/metrics", None).await.unwrap();
    let text = metrics.body.as_str().unwrap();
    let taken = text.lines().any(|line| {
        line.starts_with("provider_callbacks_total{")
            && line.contains("brand=\"aurora\"")
            && line.contains("call=\"bet\"")
            && line.contains("status=\"RS_OK\"")
    });
    assert!(taken, "{text}");
    for secret in ["alice", "nobody", table.seat.token.as_str()] {
        assert!(!text.contains(secret), "{secret}");
    }
    table.close("99.00").await;
}
