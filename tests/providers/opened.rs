//! Who sits down: a launch is opened by a player who may play and before its time is over, whatever a provider calls it.

use croupier_game::{
    conformance::{Hand, Kit, Message, Say},
    provider::Protocol,
};
use serde_json::json;

use super::{hand::HouseHand, key, kit_at};
use crate::{books, harness::House};

/// What a call that opens a launch is told, and one that asks what there is.
struct Words {
    protocol: &'static str,
    /// Beside what the provider says first: a call of Evolution's.
    also: Option<&'static str>,
    opened: &'static str,
    over: &'static str,
    blocked: &'static str,
}

const WORDS: [Words; 3] = [
    Words {
        protocol: "evolution",
        also: Some("/sid"),
        opened: "OK",
        over: "INVALID_SID",
        blocked: "ACCOUNT_LOCKED",
    },
    Words {
        protocol: "pragmatic",
        also: None,
        opened: "0",
        over: "4",
        blocked: "6",
    },
    Words {
        protocol: "spribe",
        also: None,
        opened: "200",
        over: "403",
        blocked: "405",
    },
];

impl Words {
    async fn opens(&self, kit: &mut Kit<'_>, word: &str) {
        let seat = kit.seat.clone();
        let sid =
            json!({ "sid": seat.token, "userId": seat.user, "uuid": "call-7", "channel": {"type": "P"} });
        let also = self.also.map(|path| Message::json(path, &sid));
        let opens = kit.driver.phrase(&seat, &Say::Open).ok();
        for message in opens.into_iter().chain(also) {
            let (path, message) = (message.path.clone(), kit.sign(message));
            let heard = kit.send(&seat, path.clone(), message).await.unwrap();
            assert_eq!(heard.code, word, "{} {path}", self.protocol);
        }
    }
}

#[tokio::test]
async fn money_18_nobody_sits_down_at_a_launch_that_is_over_or_while_they_may_not_play() {
    let house = House::open().await;
    for words in &WORDS {
        let protocol = Protocol::named(words.protocol).unwrap();
        for (at, blocked) in [(960, false), (961, true)] {
            let hand = HouseHand::of(&house, protocol, at);
            let (driver, key) = (protocol.driver(), key(&house, protocol));
            let seat = hand.seat("player").await;
            let mut kit = kit_at(&house, &*driver, &key, &hand, seat.clone());
            words.opens(&mut kit, words.opened).await;
            kit.done(&kit.bet("b", 100)).await.unwrap();
            let word = if blocked {
                hand.block(&seat).await.unwrap();
                words.blocked
            } else {
                hand.end_launch(&seat).await.unwrap();
                words.over
            };
            words.opens(&mut kit, word).await;
            // What there is they may still ask, and what was bet is settled.
            kit.done(&Say::Balance).await.unwrap();
            kit.done(&kit.win("w", "b", 250)).await.unwrap();
            kit.has(10_150).await.unwrap();
        }
    }
    books::audit(&house).await;
}
