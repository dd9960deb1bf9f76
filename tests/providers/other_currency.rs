//! What was done in the brand's currency, said again in another.

use croupier_game::{
    conformance::{Message, Point, Seat, expect},
    provider::PROTOCOLS,
};
use serde_json::json;

use super::{hand::HouseHand, key, kit_at};
use crate::{books, harness::House};

#[tokio::test]
async fn money_10_a_bets_id_in_another_currency_conflicts_and_the_balance_told_is_the_players() {
    let house = House::open().await;
    for protocol in &PROTOCOLS {
        let (driver, key) = (protocol.driver(), key(&house, protocol));
        if !driver.bets_name_currency() {
            continue;
        }
        let hand = HouseHand::of(&house, protocol, 960);
        let seat = hand.seat("player").await;
        let mut kit = kit_at(&house, &*driver, &key, &hand, seat.clone());
        let abroad = Seat {
            currency: "USD".to_owned(),
            ..seat.clone()
        };
        let (bet, win) = (kit.bet("b", 100), kit.win("w", "b", 50));
        for (say, point) in [(&bet, Point::Conflict), (&win, Point::ConflictOfWin)] {
            kit.done(say).await.unwrap();
            let heard = kit.say_from(&abroad, say).await.unwrap();
            let balance = heard.balance;
            expect(&heard, driver.wants(point)).unwrap_or_else(|fault| panic!("{protocol:?} {say}: {fault}"));
            let has = if say == &bet { 9_900 } else { 9_950 };
            assert!(
                balance.is_none_or(|told| told == has),
                "{protocol:?} {say}: {heard:?}"
            );
            if protocol.spec.name == "slotegrator" {
                assert!(heard.code.ends_with("used for something else"), "{heard:?}");
            }
            kit.has(has).await.unwrap();
        }
        // With the round's end beside it, and with others that were never said.
        if protocol.spec.name == "softswiss" {
            let id = driver.ids(&bet).concat();
            let known = json!({"action": "bet", "action_id": id, "amount": 100});
            let fresh = json!({"action": "bet", "action_id": kit.id("fresh"), "amount": 100});
            for actions in [json!([known]), json!([fresh, known])] {
                let document = json!({
                    "user_id": seat.user, "currency": "USD", "game": seat.game, "game_id": kit.round("r"), "finished": true, "actions": actions,
                });
                let message = kit.sign(Message::json("/play", &document));
                let heard = kit.send(&seat, "abroad".to_owned(), message).await.unwrap();
                let refused = if actions.as_array().unwrap().len() == 1 {
                    ("412 · 155", Some(9_950))
                } else {
                    ("412 · 154", Some(9_950))
                };
                assert_eq!((heard.code.as_str(), heard.balance), refused);
                kit.has(9_950).await.unwrap();
            }
        }
    }
    books::audit(&house).await;
}
