//! What is said again days later: no clock of ours refuses it.

use croupier_brand::scope::{Mac, ProviderSecret};
use croupier_game::{
    conformance::{Class, Driver, Hand, Heard, Kit, Message, Point, ProviderKey, Say, Seat, Undoes, expect},
    provider::{PROTOCOLS, Protocol, form},
};
use time::{Duration, OffsetDateTime};

use super::{hand::HouseHand, key};
use crate::{books, harness::House};

/// The secret of a provider's simulator.
fn secret(house: &House, protocol: &Protocol) -> ProviderSecret {
    let file = house.local.provider_signs_with(protocol);
    ProviderSecret::parse(&std::fs::read_to_string(file).unwrap()).unwrap()
}

/// Signed when it was first said, where the protocol's calls have a time.
fn signed_then(
    house: &House,
    protocol: &Protocol,
    key: &ProviderKey,
    then: OffsetDateTime,
    message: Message,
) -> Message {
    let (driver, path) = (protocol.driver(), format!("/callbacks/{}", protocol.spec.name));
    match protocol.spec.name {
        "spribe" => {
            let time = then.unix_timestamp().to_string();
            let said = [
                time.as_bytes(),
                format!("{path}{}", message.path).as_bytes(),
                &message.body,
            ]
            .concat();
            let proof = secret(house, protocol).prove(Mac::HmacSha256, &said);
            message
                .with_header("x-spribe-client-id", "croupier")
                .with_header("x-spribe-client-ts", time)
                .with_header("x-spribe-client-signature", proof)
        }
        "slotegrator" => {
            let time = then.unix_timestamp().to_string();
            let headers = [
                ("X-Merchant-Id", "croupier"),
                ("X-Nonce", "5f0c1a"),
                ("X-Timestamp", time.as_str()),
            ];
            let read = form::Form::parse(&message.body).unwrap();
            let mut all: Vec<_> = read.iter().chain(headers).collect();
            all.sort();
            let proof = secret(house, protocol).prove(Mac::HmacSha1, form::write(all).as_bytes());
            let message = headers
                .into_iter()
                .fold(message, |message, (name, value)| message.with_header(name, value));
            message.with_header("x-sign", proof)
        }
        "pragmatic" => {
            // The driver's calls are of 2016 as they are.
            let body = String::from_utf8(message.body.clone()).unwrap();
            assert!(
                body.contains("timestamp=1482429190374") || body.contains("reference="),
                "{body}"
            );
            driver.sign(key, &path, message)
        }
        // No time is said.
        _ => driver.sign(key, &path, message),
    }
}

/// A provider that says what it first said three days ago.
struct Late<'h> {
    house: &'h House,
    protocol: &'static Protocol,
    driver: Box<dyn Driver>,
    key: ProviderKey,
    seat: Seat,
}

impl Late<'_> {
    async fn says(&self, kit: &mut Kit<'_>, say: &Say) -> Heard {
        let then = OffsetDateTime::now_utc() - Duration::days(3);
        let message = self.driver.phrase(&self.seat, say).unwrap();
        let message = signed_then(self.house, self.protocol, &self.key, then, message);
        kit.send(&self.seat, format!("{say:?}"), message).await.unwrap()
    }
}

#[tokio::test]
async fn what_was_said_days_ago_is_served_when_it_is_said_again_and_the_launch_is_long_over() {
    let house = House::open().await;
    for protocol in &PROTOCOLS {
        let hand = HouseHand::of(&house, protocol, 930);
        let seat = hand.seat("player").await;
        let late = Late {
            house: &house,
            protocol,
            driver: protocol.driver(),
            key: key(&house, protocol),
            seat: seat.clone(),
        };
        let base = format!("{}/callbacks/{}", house.edge, protocol.spec.name)
            .parse()
            .unwrap();
        let mut kit = Kit::new(&*late.driver, &late.key, &hand, base, seat.clone()).unwrap();
        let (won, lost) = (kit.bet("b1", 100), kit.bet("b2", 200));
        for bet in [&won, &lost] {
            kit.done(bet).await.unwrap();
        }
        kit.has(9_700).await.unwrap();
        hand.end_launch(&seat).await.unwrap();

        let heard = late.says(&mut kit, &won).await;
        expect(&heard, late.driver.wants(Point::Repeat))
            .unwrap_or_else(|fault| panic!("{protocol:?}: {fault}"));
        let win = kit.win("w", "b1", 250);
        let undo = Say::Rollback {
            id: kit.id("x"),
            of: kit.id("b2"),
            round: kit.round("r"),
            undoes: Undoes::Bet,
            amount: 200,
        };
        for say in [&win, &undo] {
            let heard = late.says(&mut kit, say).await;
            expect(&heard, &[Class::Done]).unwrap_or_else(|fault| panic!("{protocol:?} {say:?}: {fault}"));
            let again = late.says(&mut kit, say).await;
            let point = match say {
                Say::Rollback { .. } => Point::SecondRollback,
                _ => Point::RepeatOfWin,
            };
            let wanted = late.driver.wants(point);
            expect(&again, wanted).unwrap_or_else(|fault| panic!("{protocol:?} {say:?}: {fault}"));
        }
        kit.has(10_150).await.unwrap();
        // A bet that was never seen before is none now.
        let fresh = kit.bet("b3", 100);
        let heard = late.says(&mut kit, &fresh).await;
        expect(&heard, late.driver.wants(Point::Expired))
            .unwrap_or_else(|fault| panic!("{protocol:?}: {fault}"));
    }
    books::audit(&house).await;
}
