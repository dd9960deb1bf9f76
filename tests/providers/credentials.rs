//! Providers' keys at a running house.

use croupier_brand::scope::ProviderSecret;
use croupier_game::{
    conformance::{Class, ProviderKey, Say, expect},
    hub88::simulator::SimulatorKey,
    provider::{KeyKind, PROTOCOLS},
};

use super::{HouseHand, key, kit_at};
use crate::harness::House;

/// A new key of a provider's, and the file that an operator is given.
fn made(kind: KeyKind, name: &str) -> (ProviderKey, Vec<u8>) {
    match kind {
        KeyKind::PublicKeys => {
            let key = SimulatorKey::generate().unwrap();
            let file = key.public_pem().into_bytes();
            (ProviderKey::Rsa(key), file)
        }
        KeyKind::Secrets => {
            let secret = format!("the-next-secret-of-{name}");
            let key = ProviderKey::Secret(ProviderSecret::parse(&secret).unwrap());
            (key, format!("{secret}\n").into_bytes())
        }
    }
}

/// A house whose providers have two good keys each, and the second of each.
pub async fn house_with_next_keys() -> (House, Vec<ProviderKey>) {
    let dir = std::env::temp_dir().join(format!("croupier-keys-{}", uuid::Uuid::new_v4()));
    std::fs::create_dir(&dir).unwrap();
    let mut keys = Vec::new();
    for protocol in &PROTOCOLS {
        let (key, content) = made(protocol.spec.keys, protocol.spec.name);
        std::fs::write(dir.join(protocol.spec.name), content).unwrap();
        keys.push(key);
    }
    let house = House::with(|config| {
        for protocol in &PROTOCOLS {
            let name = protocol.spec.name;
            config.providers.of_mut(name).keys.push(dir.join(name));
        }
    })
    .await;
    // They were read when it started.
    std::fs::remove_dir_all(dir).unwrap();
    (house, keys)
}

#[tokio::test]
async fn while_a_key_replaces_another_both_are_good_and_a_third_is_not() {
    let (house, next_keys) = house_with_next_keys().await;
    for (protocol, new) in PROTOCOLS.iter().zip(&next_keys) {
        let (driver, old) = (protocol.driver(), key(&house, protocol));
        let (third, _) = made(protocol.spec.keys, "nobody");
        let hand = HouseHand::of(&house, protocol, 900);
        let seat = hand.seat("player").await;
        for (key, told) in [
            (&old, Class::Done),
            (new, Class::Done),
            (&third, Class::BadSignature),
        ] {
            let mut kit = kit_at(&house, &*driver, key, &hand, seat.clone());
            let heard = kit.say(&Say::Balance).await.unwrap();
            expect(&heard, &[told]).unwrap();
        }
    }
}

#[tokio::test]
async fn a_provider_that_says_where_it_calls_from_calls_from_nowhere_else() {
    let house = House::with(|config| {
        for (at, protocol) in PROTOCOLS.iter().enumerate() {
            let here = ["203.0.113.0/24", "127.0.0.0/8"][at % 2];
            config.providers.of_mut(protocol.spec.name).peers = vec![here.parse().unwrap()];
        }
    })
    .await;
    for (at, protocol) in PROTOCOLS.iter().enumerate() {
        let (driver, key) = (protocol.driver(), key(&house, protocol));
        let hand = HouseHand::of(&house, protocol, 901);
        let seat = hand.seat("player").await;
        let mut kit = kit_at(&house, &*driver, &key, &hand, seat);
        let heard = kit.say(&Say::Balance).await.unwrap();
        let wanted = if at % 2 == 1 {
            (200, Class::Done)
        } else {
            (403, Class::Nonsense)
        };
        assert_eq!((heard.http, heard.class), wanted, "{protocol:?}");
    }
}
