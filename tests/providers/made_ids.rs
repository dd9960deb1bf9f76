//! Ids that adapters make where a call has none of its own, or one for several things: nothing that a provider says first
//! stands in their way, and no id is too long to be undone.

use croupier_game::{
    conformance::{Class, Hand, Kit, Point, Say, Stop, Undoes, expect},
    provider::{PROTOCOLS, Protocol},
};
use croupier_wallet::{Action, Command, Source, TransactionId, Wallet};

use super::{
    hand::{HouseHand, wallet},
    key, kit_at,
};
use crate::{books, harness::House, walk::estate::scope_of};

const AMOUNT: i64 = 100;

fn bet(id: &str, round: &str) -> Say {
    Say::Bet {
        id: id.to_owned(),
        round: round.to_owned(),
        amount: AMOUNT,
    }
}

fn undo(id: &str, of: &str, round: &str, undoes: Undoes) -> Say {
    Say::Rollback {
        id: id.to_owned(),
        of: of.to_owned(),
        round: round.to_owned(),
        undoes,
        amount: AMOUNT,
    }
}

/// Whether the protocol has such a message, and then it is done.
async fn done_if_said(kit: &mut Kit<'_>, say: &Say) -> bool {
    match kit.done(say).await {
        Ok(_) => true,
        Err(Stop::NotSaid(_)) => false,
        Err(fault) => panic!("{say}: {fault}"),
    }
}

/// A bet and a win are undone and a promotion is paid, with ids of `long` characters more.
async fn play(house: &House, protocol: &'static Protocol, at: usize, long: usize) {
    let (driver, key) = (protocol.driver(), key(house, protocol));
    let hand = HouseHand::of(house, protocol, at);
    let seat = hand.seat("player").await;
    let mut kit = kit_at(house, &*driver, &key, &hand, seat.clone());
    let (round, other) = (kit.round("r"), kit.round("other"));
    let name = |kit: &Kit<'_>, name: &str| format!("{}{}", kit.id(name), "x".repeat(long));
    let [b, b2, x, y, w] = ["b", "b2", "x", "y", "w"].map(|text| name(&kit, text));
    let promotion = if driver.promotions_are_issued() {
        hand.promotion(&seat, name(&kit, "p")).await.unwrap()
    } else {
        name(&kit, "p")
    };
    let (back, taken) = (
        undo(&x, &b, &round, Undoes::Bet),
        undo(&y, &w, &round, Undoes::Win),
    );
    let given = Say::PromoWin {
        id: promotion.clone(),
        round: other.clone(),
        amount: AMOUNT,
    };

    // Said first, as bets of its own: whatever an adapter may make of these.
    let mut has = 10_000;
    if long == 0 {
        let made = [
            format!("refund:{b}"),
            format!("{y}:{w}"),
            format!("rollback:{y}:{w}"),
            format!("rollback:{}:{y}:{w}", y.len()),
            format!("freespins:{promotion}"),
            format!("debit:{b}"),
            format!("cancel:{b}"),
            format!("promo:{promotion}"),
        ];
        let booked = [&back, &taken, &given]
            .into_iter()
            .flat_map(|say| driver.ids(say));
        let theirs = [&x, &y, &promotion];
        let booked = booked.filter(|id| !theirs.contains(&id));
        for id in made
            .into_iter()
            .chain(booked)
            .collect::<std::collections::BTreeSet<_>>()
        {
            let heard = kit.say(&bet(&id, &other)).await.unwrap();
            // Taken as a bet like any other, or not read.
            if heard.class == Class::Done {
                has -= AMOUNT;
            } else {
                let wanted = driver.wants(Point::OddAmount);
                expect(&heard, wanted).unwrap_or_else(|fault| panic!("{protocol:?} {id}: {fault}"));
            }
            kit.has(has).await.unwrap();
        }
    }

    kit.done(&bet(&b, &round)).await.unwrap();
    kit.done(&back).await.unwrap();
    kit.has(has).await.unwrap();
    kit.done(&bet(&b2, &round)).await.unwrap();
    let win = Say::Win {
        id: w.clone(),
        bet: b2,
        round: round.clone(),
        amount: AMOUNT,
    };
    kit.done(&win).await.unwrap();
    kit.has(has).await.unwrap();
    if done_if_said(&mut kit, &taken).await {
        has -= AMOUNT;
    }
    kit.has(has).await.unwrap();
    if done_if_said(&mut kit, &given).await {
        has += AMOUNT;
    }
    kit.has(has).await.unwrap();
    // Again: each is what it was.
    for say in [&back, &taken, &given] {
        if kit.can_say(say).is_err() {
            continue;
        }
        let heard = kit.say(say).await.unwrap();
        let wanted = driver.wants(Point::Repeat);
        expect(&heard, wanted)
            .or_else(|_| expect(&heard, driver.wants(Point::RepeatOfWin)))
            .or_else(|_| expect(&heard, &[Class::Done]))
            .unwrap_or_else(|fault| panic!("{protocol:?} {say}: {fault}"));
        kit.has(has).await.unwrap();
    }
}

#[tokio::test]
async fn money_10_no_provider_takes_the_ids_that_its_adapter_makes() {
    let house = House::open().await;
    for protocol in &PROTOCOLS {
        play(&house, protocol, 940, 0).await;
    }
    books::audit(&house).await;
}

#[tokio::test]
async fn money_10_what_has_the_longest_ids_that_are_taken_is_undone_and_paid_like_anything() {
    let house = House::open().await;
    for protocol in &PROTOCOLS {
        // Documents bound a text at 128 bytes, forms leave it to the wallet, which keeps 200 characters.
        let longest = match protocol.spec.name {
            "pragmatic" | "slotegrator" => 200,
            "softswiss" => 128 - "auroraplayer941soft:".len(),
            _ => 128,
        };
        let (driver, own) = (protocol.driver(), "0123456789ab");
        let long = longest - driver.id(own, "b2").len();
        play(&house, protocol, 941, long).await;
    }
    books::audit(&house).await;
}

#[tokio::test]
async fn money_14_a_rollback_that_was_booked_under_its_former_id_is_done_once() {
    let house = House::open().await;
    let protocol = Protocol::named("slotegrator").unwrap();
    let (driver, key) = (protocol.driver(), key(&house, protocol));
    let hand = HouseHand::of(&house, protocol, 942);
    let seat = hand.seat("player").await;
    let mut kit = kit_at(&house, &*driver, &key, &hand, seat.clone());
    let round = kit.round("r");
    kit.done(&bet("b", &round)).await.unwrap();
    // One of what stood, one of what was never seen.
    let (scope, wallet) = (scope_of(&house, 1).await, wallet(&house).await);
    for of in ["b", "never"] {
        let undo = Action::Rollback {
            of: TransactionId::new(of).unwrap(),
            round: None,
            game: None,
            amount: None,
        };
        let former = TransactionId::new(&format!("x-{of}:{of}")).unwrap();
        let source = Source::provider("slotegrator").unwrap();
        let command = Command::new(hand.player(&seat), scope.currency(), source, former, undo);
        let outcome = wallet.submit(&scope, command).await.unwrap();
        assert!(outcome.verdict().unwrap().receipt().is_some(), "{outcome:?}");
    }
    kit.has(10_000).await.unwrap();
    for of in ["b", "never"] {
        for _ in 0..2 {
            kit.done(&undo(&format!("x-{of}"), of, &round, Undoes::Win))
                .await
                .unwrap();
            kit.has(10_000).await.unwrap();
        }
        kit.done(&bet(of, &round)).await.unwrap();
        kit.has(10_000).await.unwrap();
    }
    books::audit(&house).await;
}
