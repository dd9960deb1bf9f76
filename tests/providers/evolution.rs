//! `check` and `sid`: whether a launch is the player's, which moves nothing.

use croupier_game::{
    conformance::{Hand, Message, Seat},
    provider::Protocol,
};
use serde_json::{Value, json};

use super::{hand::HouseHand, key, kit_at};
use crate::{
    books::{self, written},
    harness::House,
};

/// Asks, and gives HTTP's status and the document.
async fn asked(house: &House, hand: &HouseHand<'_>, call: &str, document: &Value) -> (u16, Value) {
    let protocol = Protocol::named("evolution").unwrap();
    let (driver, key) = (protocol.driver(), key(house, protocol));
    let seat = Seat {
        user: String::new(),
        token: String::new(),
        game: String::new(),
        currency: "EUR".to_owned(),
    };
    let mut kit = kit_at(house, &*driver, &key, hand, seat.clone());
    let message = kit.sign(Message::json(call, document));
    kit.send(&seat, call.to_owned(), message).await.unwrap();
    let came = kit.exchanges()[0].came.clone();
    let (status, body) = came.split_once(' ').unwrap();
    (status.parse().unwrap(), serde_json::from_str(body).unwrap())
}

#[tokio::test]
async fn evolutions_check_and_sid_say_whether_a_launch_is_the_players_and_move_nothing() {
    let house = House::open().await;
    let protocol = Protocol::named("evolution").unwrap();
    let hand = HouseHand::of(&house, protocol, 0);
    let (alice, bob) = (hand.seat("alice").await, hand.another().await.unwrap());
    let abroad = hand.foreigner().await.unwrap();
    let before = (written(&house, 1).await, written(&house, 2).await);
    let says = |sid: &str, user: &str| json!({ "sid": sid, "userId": user, "uuid": "call-7", "channel": {"type": "P"} });
    for call in ["/check", "/sid"] {
        let ask = async |document: Value| asked(&house, &hand, call, &document).await;
        let (status, told) = ask(says(&alice.token, &alice.user)).await;
        let is = json!({ "status": "OK", "sid": alice.token, "uuid": "call-7" });
        assert_eq!((status, told), (200, is), "{call}");
        // Another brand's player is served as that brand's.
        let (_, told) = ask(says(&abroad.token, &abroad.user)).await;
        assert_eq!(told["status"], "OK", "{call}: {told}");

        let nobodys = uuid::Uuid::new_v4().to_string();
        for (sid, user, word) in [
            (&bob.token, &alice.user, "INVALID_SID"),
            (&abroad.token, &alice.user, "INVALID_SID"),
            (&alice.token, &abroad.user, "INVALID_SID"),
            (&nobodys, &alice.user, "INVALID_SID"),
            (&"none".to_owned(), &alice.user, "INVALID_SID"),
            (&alice.token, &"auroranobody".to_owned(), "INVALID_PARAMETER"),
            (&alice.token, &"nobody".to_owned(), "INVALID_PARAMETER"),
            (&alice.token, &"aurora".to_owned(), "INVALID_PARAMETER"),
        ] {
            let (status, told) = ask(says(sid, user)).await;
            let is = json!({ "status": word, "uuid": "call-7" });
            assert_eq!((status, told), (200, is), "{call} {sid} {user}");
        }
        for (document, uuid) in [
            (json!({ "userId": alice.user, "uuid": "call-7" }), json!("call-7")),
            (json!({ "sid": alice.token, "uuid": "call-7" }), json!("call-7")),
            (json!({ "sid": alice.token, "userId": alice.user }), Value::Null),
            (
                json!({ "sid": 7, "userId": alice.user, "uuid": "call-7" }),
                json!("call-7"),
            ),
            (json!([]), Value::Null),
        ] {
            let (status, told) = ask(document.clone()).await;
            assert_eq!(
                (status, &told["status"], &told["uuid"]),
                (200, &json!("INVALID_PARAMETER"), &uuid),
                "{call} {document}"
            );
        }
    }
    assert_eq!((written(&house, 1).await, written(&house, 2).await), before);
}

#[tokio::test]
async fn money_14_a_cancel_said_again_is_told_the_same_whatever_table_and_round_it_names() {
    let house = House::open().await;
    let protocol = Protocol::named("evolution").unwrap();
    let hand = HouseHand::of(&house, protocol, 0);
    let alice = hand.seat("alice").await;
    let says = |bet: &str, round: &str, table: &str, amount: i64| {
        json!({
            "sid": alice.token, "userId": alice.user, "uuid": "u", "currency": "EUR",
            "game": {"id": round, "details": {"table": {"id": table}}},
            "transaction": {"id": "x", "refId": bet, "amount": amount},
        })
    };
    let tell = async |call: &str, document: Value| {
        let (status, told) = asked(&house, &hand, call, &document).await;
        assert_eq!(status, 200);
        (
            told["status"].as_str().unwrap().to_owned(),
            told["balance"].clone(),
        )
    };
    let table = protocol.spec.game.code;
    let others = [
        ("r1", table),
        ("r1", "another-table"),
        ("r2", table),
        ("r2", "another-table"),
    ];
    // Of a bet that was never seen, of one that was refused, of one that stood.
    let too_much = tell("/debit", says("refused", "r1", table, 101)).await;
    assert_eq!(too_much.0, "INSUFFICIENT_FUNDS");
    for (round, table) in others {
        for bet in ["never", "refused"] {
            let (status, balance) = tell("/cancel", says(bet, round, table, 5)).await;
            assert_eq!(
                (status.as_str(), balance),
                ("BET_DOES_NOT_EXIST", json!(100.0)),
                "{bet} {round} {table}"
            );
        }
    }
    assert_eq!(
        tell("/debit", says("never", "r1", table, 5)).await.0,
        "FINAL_ERROR_ACTION_FAILED"
    );
    assert_eq!(tell("/debit", says("b", "r1", table, 5)).await.0, "OK");
    assert_eq!(tell("/cancel", says("b", "r2", "another-table", 5)).await.0, "OK");
    for (round, table) in others {
        let again = tell("/cancel", says("b", round, table, 5)).await;
        assert_eq!(
            again,
            ("BET_ALREADY_SETTLED".to_owned(), json!(100.0)),
            "{round} {table}"
        );
    }
    books::audit(&house).await;
}
