//! What providers prove themselves with is logged nowhere, whoever says it and however wrong the call is.

use croupier_brand::scope::ProviderSecret;
use croupier_game::{
    conformance::{Message, ProviderKey},
    provider::{KeyKind, PROTOCOLS},
};

use super::{
    every_call::{issued, round},
    hand::HouseHand,
    key, kit_at,
};
use crate::harness::{House, Log};

const STRANGER: &str = "a-secret-that-somebody-tries";

#[tokio::test]
async fn no_secret_of_a_providers_is_logged_however_much_is() {
    let log = Log::listen();
    let house = House::open().await;
    let mut secrets = vec![STRANGER.to_owned()];
    for (at, protocol) in PROTOCOLS.iter().enumerate() {
        let (driver, ours) = (protocol.driver(), key(&house, protocol));
        let hand = HouseHand::of(&house, protocol, 960 + at);
        let seat = hand.seat("player").await;
        let mut tried = vec![ours];
        if protocol.spec.keys == KeyKind::Secrets {
            let file = house.local.provider_signs_with(protocol);
            secrets.push(std::fs::read_to_string(file).unwrap().trim().to_owned());
            tried.push(ProviderKey::Secret(ProviderSecret::parse(STRANGER).unwrap()));
        }
        for key in &tried {
            let mut kit = kit_at(&house, &*driver, key, &hand, seat.clone());
            for say in round("s") {
                let say = issued(&*driver, &seat, &say);
                let Ok(message) = driver.phrase(&seat, &say) else {
                    continue;
                };
                for body in [message.body.clone(), b"no document".to_vec(), vec![b'x'; 100_000]] {
                    let spoiled = Message {
                        body,
                        ..message.clone()
                    };
                    let signed = kit.sign(spoiled);
                    kit.send(&seat, say.to_string(), signed).await.unwrap();
                }
            }
        }
    }
    let text = log.text();
    for there in ["a callback was answered", "a callback was refused", "TRACE"] {
        assert!(
            text.contains(there),
            "the test listens where something is said: {there}"
        );
    }
    assert!(secrets.len() > 4, "{}", secrets.len());
    for secret in &secrets {
        let line = text.lines().find(|line| line.contains(secret.as_str()));
        assert!(secret.len() > 8 && line.is_none(), "{line:?}");
    }
}
