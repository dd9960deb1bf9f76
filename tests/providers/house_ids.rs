//! Ids that the house gives its own commands: a provider that says one first must not stand in their way.

use croupier_game::{
    conformance::{Point, Say, Undoes, expect},
    provider::{PROTOCOLS, Protocol},
};
use croupier_wallet::{
    RoundId, Source,
    rounds::{Patience, Resolution, RoundKey, RoundState, resolve::resolve},
};
use sha2::{Digest, Sha256};
use time::{Duration, OffsetDateTime};

use super::{
    hand::{HouseHand, wallet},
    key, kit_at,
};
use crate::{books, harness::House, walk::estate::scope_of};

/// Texts, each with its length in front, as the house's ids are made of.
fn digest(texts: &[&str]) -> String {
    let mut digest = Sha256::new();
    for text in texts {
        digest.update((text.len() as u64).to_be_bytes());
        digest.update(text);
    }
    hex::encode(digest.finalize())
}

/// Says the ids by which a hanging bet will be resolved and its round ended, before the house does.
async fn attack(house: &House, protocol: &'static Protocol) {
    let (driver, key) = (protocol.driver(), key(house, protocol));
    let hand = HouseHand::of(house, protocol, 920);
    let seat = hand.seat("player").await;
    let mut kit = kit_at(house, &*driver, &key, &hand, seat.clone());
    let bet = kit.bet("b", 1_000);
    kit.done(&bet).await.unwrap();
    let (round, booked, player) = (kit.round("r"), driver.ids(&bet).concat(), hand.player(&seat));
    let ends = digest(&[&player.0.to_string(), "EUR", &round, &seat.game]);
    let mut ids = vec![format!("croupier:round-end:{ends}"), "croupier:".to_owned()];
    for how in ["void", "settle-zero"] {
        let of = digest(&[&round, &booked]);
        ids.extend((0..3).map(|attempt| format!("croupier:{how}:{attempt}:{of}")));
    }
    // Evolution's ids are booked with a word in front: there they are not the house's, and may be said.
    let apart = protocol.spec.name == "evolution";
    let amount = if apart { 0 } else { 100 };
    for (at, id) in ids.iter().enumerate() {
        let other = kit.id(&format!("other{at}"));
        let stake = Say::Bet {
            id: id.clone(),
            round: other.clone(),
            amount,
        };
        let win = Say::Win {
            id: id.clone(),
            bet: kit.id("b"),
            round: round.clone(),
            amount,
        };
        let undo = Say::Rollback {
            id: kit.id(&format!("x{at}")),
            of: id.clone(),
            round: other,
            undoes: Undoes::Bet,
            amount,
        };
        for say in [stake, undo].into_iter().chain((!apart).then_some(win)) {
            let heard = kit.say(&say).await.unwrap();
            if !apart {
                let wanted = driver.wants(Point::OddAmount);
                expect(&heard, wanted).unwrap_or_else(|fault| panic!("{protocol:?} {say:?}: {fault}"));
            }
            kit.has(9_000).await.unwrap();
        }
    }
    let end = Say::EndRound { round: round.clone() };
    let ended = kit.signed(&seat, &end).is_ok();
    if ended {
        kit.done(&end).await.unwrap();
    }

    let (scope, pool) = (scope_of(house, 1).await, house.brand_pool(2).await);
    let which = RoundKey {
        source: Source::provider(protocol.spec.name).unwrap(),
        player,
        currency: scope.currency(),
        round: RoundId::new(&round).unwrap(),
    };
    let patience = Patience {
        now: OffsetDateTime::now_utc() + Duration::hours(1),
        lasts: Duration::ZERO,
    };
    let wallet = wallet(house).await;
    let resolved = resolve(&wallet, &pool, &scope, &which, Resolution::Void, patience, true)
        .await
        .unwrap();
    assert!(
        resolved.bets.len() == 1 && resolved.bets[0].took_effect(),
        "{protocol:?}: {resolved:?}"
    );
    // That it was ended is no result of its own.
    assert_eq!(resolved.state, RoundState::Voided, "{protocol:?}");
    kit.has(10_000).await.unwrap();
}

#[tokio::test]
async fn money_31_no_provider_takes_the_ids_under_which_the_house_resolves_its_rounds() {
    let house = House::open().await;
    for protocol in &PROTOCOLS {
        attack(&house, protocol).await;
    }
    books::audit(&house).await;
}
