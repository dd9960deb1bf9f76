//! What is said again days later: no clock of ours refuses it.

use croupier_game::{
    conformance::{Class, Driver, Hand, Heard, Kit, Point, ProviderKey, Say, Seat, Undoes, expect},
    provider::{PROTOCOLS, Protocol},
};
use time::{Duration, OffsetDateTime};

use super::{hand::HouseHand, key, kit_at};
use crate::{books, harness::House};

/// A provider that says what it first said three days ago.
struct Late {
    protocol: &'static Protocol,
    driver: Box<dyn Driver>,
    key: ProviderKey,
    seat: Seat,
}

impl Late {
    async fn says(&self, kit: &mut Kit<'_>, say: &Say) -> Heard {
        let then = OffsetDateTime::now_utc() - Duration::days(3);
        let message = self.driver.phrase(&self.seat, say).unwrap();
        let path = format!("/callbacks/{}", self.protocol.spec.name);
        let message = self.driver.sign(&self.key, &path, message, then);
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
            protocol,
            driver: protocol.driver(),
            key: key(&house, protocol),
            seat: seat.clone(),
        };
        let mut kit = kit_at(&house, &*late.driver, &late.key, &hand, seat.clone());
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
