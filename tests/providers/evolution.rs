//! `check` and `sid`: whether a launch is the player's, which moves nothing.

use croupier_game::{
    conformance::{Hand, Kit, Message, Seat},
    provider::Protocol,
};
use serde_json::{Value, json};

use super::{hand::HouseHand, key};
use crate::{books::written, harness::House};

/// Asks, and gives HTTP's status and the document.
async fn asked(house: &House, hand: &HouseHand<'_>, call: &str, document: &Value) -> (u16, Value) {
    let protocol = Protocol::named("evolution").unwrap();
    let (driver, key) = (protocol.driver(), key(house, protocol));
    let base = format!("{}/callbacks/evolution", house.edge).parse().unwrap();
    let seat = Seat {
        user: String::new(),
        token: String::new(),
        game: String::new(),
        currency: "EUR".to_owned(),
    };
    let mut kit = Kit::new(&*driver, &key, hand, base, seat.clone()).unwrap();
    let message = driver.sign(&key, "", Message::json(call, document));
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
