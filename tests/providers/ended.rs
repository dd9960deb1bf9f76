//! Calls that say that their round is over: it is noted where something of the call was taken, and says nothing of what
//! became of the bets.

use croupier_game::{
    conformance::{Class, Heard, Kit, Message, Say},
    provider::{PROTOCOLS, Protocol},
};
use croupier_wallet::{
    RoundId, Source,
    rounds::{Patience, RoundKey, RoundRecord, RoundState, record},
};
use time::{Duration, OffsetDateTime};

use super::{hand::HouseHand, key, kit_at};
use crate::{books, harness::House, walk::estate::scope_of};

/// Protocols in which a bet's call may say that its round is over.
const CLOSING: [&str; 3] = ["hub88", "softswiss", "slotegrator"];

/// The same call, saying also that the round is over.
fn closing(protocol: &Protocol, mut message: Message) -> Message {
    if protocol.spec.name == "slotegrator" {
        message.body.extend(b"&finished=1");
        return message;
    }
    let mut document: serde_json::Value = serde_json::from_slice(&message.body).unwrap();
    let field = match protocol.spec.name {
        "hub88" => "round_closed",
        _ => "finished",
    };
    document[field] = true.into();
    message.body = document.to_string().into_bytes();
    message
}

/// Says a bet that ends its round.
async fn last(kit: &mut Kit<'_>, protocol: &Protocol, bet: &Say) -> Heard {
    let seat = kit.seat.clone();
    let message = closing(protocol, kit.driver.phrase(&seat, bet).unwrap());
    let message = kit.sign(message);
    kit.send(&seat, format!("{bet}, the last of it"), message)
        .await
        .unwrap()
}

/// What round `r` of the kit came to.
async fn came_to(house: &House, hand: &HouseHand<'_>, kit: &Kit<'_>) -> Option<RoundRecord> {
    let scope = scope_of(house, 1).await;
    let which = RoundKey {
        source: Source::provider(kit.driver.name()).unwrap(),
        player: hand.player(&kit.seat),
        currency: scope.currency(),
        round: RoundId::new(&kit.round("r")).unwrap(),
    };
    let patience = Patience {
        now: OffsetDateTime::now_utc(),
        lasts: Duration::minutes(15),
    };
    let pool = house.brand_pool(2).await;
    record(&pool, &scope, &which, patience).await.unwrap()
}

fn state(record: Option<RoundRecord>) -> Option<(RoundState, usize)> {
    record.map(|record| (record.state, record.lines.len()))
}

/// A player of a protocol, who is told things.
macro_rules! at {
    ($house:expr, $protocol:expr, $at:expr, $hand:ident, $kit:ident) => {
        let $hand = HouseHand::of($house, $protocol, $at);
        let (driver, key) = ($protocol.driver(), key($house, $protocol));
        let seat = $hand.seat("player").await;
        let mut $kit = kit_at($house, &*driver, &key, &$hand, seat);
    };
}

#[tokio::test]
async fn money_08_a_bet_that_is_not_taken_ends_no_round_and_leaves_nothing_behind() {
    let house = House::open().await;
    for name in CLOSING {
        let protocol = Protocol::named(name).unwrap();
        at!(&house, protocol, 950, hand, kit);
        let poor = kit.bet("b", 100_000);
        for _ in 0..2 {
            assert_eq!(
                last(&mut kit, protocol, &poor).await.class,
                Class::NoFunds,
                "{name}"
            );
        }
        assert_eq!(state(came_to(&house, &hand, &kit).await), None, "{name}: refused");

        at!(&house, protocol, 951, hand, kit);
        let late = kit.bet("b", 100);
        kit.say(&kit.undo("x", "b", 100)).await.unwrap();
        for _ in 0..2 {
            last(&mut kit, protocol, &late).await;
        }
        assert_eq!(
            state(came_to(&house, &hand, &kit).await),
            None,
            "{name}: neutralised"
        );
        kit.has(10_000).await.unwrap();
    }
    books::audit(&house).await;
}

#[tokio::test]
async fn money_31_a_repeat_ends_the_round_where_the_first_call_did_not() {
    let house = House::open().await;
    for name in CLOSING {
        let protocol = Protocol::named(name).unwrap();
        at!(&house, protocol, 952, hand, kit);
        let bet = kit.bet("b", 100);
        kit.done(&bet).await.unwrap();
        assert_eq!(
            state(came_to(&house, &hand, &kit).await),
            Some((RoundState::Open, 1)),
            "{name}"
        );
        for _ in 0..2 {
            last(&mut kit, protocol, &bet).await;
        }
        let ended = came_to(&house, &hand, &kit).await.unwrap();
        assert_eq!((ended.lines.len(), ended.bets[0].paid), (2, true), "{name}");
        kit.has(9_900).await.unwrap();
    }
    books::audit(&house).await;
}

#[tokio::test]
async fn money_31_a_round_that_was_ended_is_settled_and_given_back_it_is_rolled_back() {
    let house = House::open().await;
    for name in ["hub88", "softswiss", "slotegrator", "pragmatic"] {
        let protocol = Protocol::named(name).unwrap();
        at!(&house, protocol, 953, hand, kit);
        let bet = kit.bet("b", 100);
        if name == "pragmatic" {
            let end = Say::EndRound {
                round: kit.round("r"),
            };
            kit.done(&bet).await.unwrap();
            kit.done(&end).await.unwrap();
        } else {
            last(&mut kit, protocol, &bet).await;
        }
        assert_eq!(
            state(came_to(&house, &hand, &kit).await),
            Some((RoundState::Settled, 2)),
            "{name}: the bet was lost"
        );
        kit.done(&kit.undo("x", "b", 100)).await.unwrap();
        assert_eq!(
            state(came_to(&house, &hand, &kit).await),
            Some((RoundState::RolledBack, 3)),
            "{name}"
        );
        kit.has(10_000).await.unwrap();
    }
    books::audit(&house).await;
}

#[tokio::test]
async fn money_31_a_rounds_end_and_nothing_else_is_no_round() {
    let house = House::open().await;
    for name in ["softswiss", "pragmatic"] {
        let protocol = Protocol::named(name).unwrap();
        at!(&house, protocol, 955, hand, kit);
        let end = Say::EndRound {
            round: kit.round("r"),
        };
        kit.done(&end).await.unwrap();
        assert_eq!(state(came_to(&house, &hand, &kit).await), None, "{name}");
    }
    books::audit(&house).await;
}

#[tokio::test]
async fn money_31_a_round_that_is_paid_by_one_win_is_settled() {
    let house = House::open().await;
    for protocol in &PROTOCOLS {
        at!(&house, protocol, 954, hand, kit);
        kit.done(&kit.bet("b", 100)).await.unwrap();
        assert_eq!(
            state(came_to(&house, &hand, &kit).await),
            Some((RoundState::Open, 1)),
            "{protocol:?}"
        );
        kit.done(&kit.win("w", "b", 50)).await.unwrap();
        assert_eq!(
            state(came_to(&house, &hand, &kit).await),
            Some((RoundState::Settled, 2)),
            "{protocol:?}"
        );
    }
    books::audit(&house).await;
}
