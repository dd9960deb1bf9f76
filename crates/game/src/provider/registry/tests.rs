//! What holds of every provider in the list.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::{collections::BTreeSet, sync::LazyLock};

use croupier_brand::{
    Clock,
    scope::{ProviderCredential, ProviderSecret},
};
use http::{HeaderMap, HeaderName, HeaderValue};
use proptest::prelude::*;

use super::*;
use crate::{
    conformance::{Message, ProviderKey, Say, Seat, Undoes},
    hub88::simulator::SimulatorKey,
    provider::{KeyKind, form::Form},
};

/// A key of either kind: the first pair's, and another's.
static KEYS: LazyLock<[[ProviderKey; 2]; 2]> = LazyLock::new(|| {
    let rsa = || ProviderKey::Rsa(SimulatorKey::generate().unwrap());
    let secret = |text| ProviderKey::Secret(ProviderSecret::parse(text).unwrap());
    [
        [rsa(), rsa()],
        [
            secret("one-secret-of-the-provider"),
            secret("another-secret-altogether"),
        ],
    ]
});

fn keys(protocol: &Protocol) -> &'static [ProviderKey; 2] {
    match protocol.spec.keys {
        KeyKind::PublicKeys => &KEYS[0],
        KeyKind::Secrets => &KEYS[1],
    }
}

fn seat(protocol: &Protocol) -> Seat {
    Seat {
        user: "auroraalice".to_owned(),
        token: "aurora55b7518eb89e41e781be58404eea6d16".to_owned(),
        game: protocol.spec.game.code.to_owned(),
        currency: "EUR".to_owned(),
    }
}

fn sayings() -> Vec<Say> {
    let (id, round) = ("b-1".to_owned(), "r-1".to_owned());
    vec![
        Say::Balance,
        Say::Bet {
            id: id.clone(),
            round: round.clone(),
            amount: 100,
        },
        Say::Win {
            id: "w-1".to_owned(),
            bet: id.clone(),
            round: round.clone(),
            amount: 250,
        },
        Say::PromoWin {
            // As this house issues promotions, where a provider tells them by the operator's id.
            id: "auroraalice:p-1".to_owned(),
            round: round.clone(),
            amount: 300,
        },
        Say::Rollback {
            id: "x-1".to_owned(),
            of: id,
            round,
            undoes: Undoes::Bet,
            amount: 100,
        },
    ]
}

/// The call as it comes to the house, by the path it was sent to.
fn call(protocol: &Protocol, message: &Message) -> Call {
    let base = format!("/callbacks/{}", protocol.spec.name);
    let target = format!("{base}{}", message.path);
    let uri: http::Uri = target.parse().unwrap();
    let spec = protocol.spec.calls.iter().find(|spec| spec.path == uri.path());
    let mut headers = HeaderMap::new();
    for (name, value) in &message.headers {
        headers.append(
            HeaderName::try_from(name).unwrap(),
            HeaderValue::from_str(value).unwrap(),
        );
    }
    Call {
        spec: spec.unwrap(),
        uri,
        headers,
        body: message.body.clone().into(),
    }
}

fn signed(protocol: &Protocol, key: &ProviderKey, say: &Say) -> Option<Call> {
    let driver = protocol.driver();
    let message = driver.phrase(&seat(protocol), say).ok()?;
    let base = format!("/callbacks/{}", protocol.spec.name);
    Some(call(
        protocol,
        &driver.sign(key, &base, message, Clock::system().now()),
    ))
}

/// Whether two forms are two spellings of the same parameters: those are what is signed there.
fn says_the_same(one: &[u8], other: &[u8]) -> bool {
    let read = |body| {
        let form = Form::parse(body).ok()?;
        let mut said: Vec<_> = form
            .iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        said.sort();
        Some(said)
    };
    read(one).is_some() && read(one) == read(other)
}

fn with_body(call: &Call, body: Vec<u8>) -> Call {
    Call {
        body: body.into(),
        ..call.clone()
    }
}

#[test]
fn names_paths_and_games_are_each_protocols_own() {
    let (mut names, mut paths, mut games) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for protocol in &PROTOCOLS {
        let spec = protocol.spec;
        assert!(names.insert(spec.name), "{}", spec.name);
        assert_eq!(protocol.driver().name(), spec.name);
        let letters = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        assert!((2..=20).contains(&spec.name.len()) && spec.name.bytes().all(letters));
        for game in [spec.game, spec.other_game] {
            assert!(games.insert((game.id, game.position)), "{}", game.id);
        }
        for call in spec.calls {
            assert!(paths.insert(call.path), "{}", call.path);
            let own = format!("/callbacks/{}", spec.name);
            assert!(
                call.path == own || call.path.starts_with(&format!("{own}/")),
                "{}",
                call.path
            );
        }
        assert_eq!(protocol.table().list().len(), spec.calls.len());
        assert_eq!(Protocol::named(spec.name).unwrap().spec.name, spec.name);
    }
    assert!(Protocol::named("nobody").is_none());
}

#[test]
fn what_the_provider_signs_is_read_by_any_of_its_keys_and_by_no_others() {
    for protocol in &PROTOCOLS {
        let [ours, other] = keys(protocol);
        let (old, new) = (ours.credential().unwrap(), other.credential().unwrap());
        let both = old.clone().and(new.clone());
        let none = match protocol.spec.keys {
            KeyKind::PublicKeys => ProviderCredential::RsaSha256(Vec::new()),
            KeyKind::Secrets => ProviderCredential::Secrets(Vec::new()),
        };
        let mut said = 0;
        for say in sayings() {
            let Some(call) = signed(protocol, ours, &say) else {
                continue;
            };
            said += 1;
            let judged = |credential| protocol.judge(credential, &call);
            assert_eq!(
                (judged(&old), judged(&both)),
                (Judged::Read, Judged::Read),
                "{protocol:?} {say:?}"
            );
            assert_eq!(
                (judged(&new), judged(&none)),
                (Judged::Unproven, Judged::Unproven),
                "{protocol:?} {say:?}"
            );
        }
        assert!(said >= 4, "{protocol:?} says next to nothing");
        // Of a credential that anybody sees in a log, nothing of its keys can be read.
        let printed = format!("{both:?} {ours:?}");
        assert!(!printed.contains("secret") && printed.len() < 120, "{printed}");
    }
}

#[test]
fn one_changed_byte_anywhere_in_the_body_is_refused() {
    for protocol in &PROTOCOLS {
        if !protocol.spec.signs_body {
            continue;
        }
        let [ours, _] = keys(protocol);
        let credential = ours.credential().unwrap();
        for say in sayings() {
            let Some(call) = signed(protocol, ours, &say) else {
                continue;
            };
            for at in 0..call.body.len() {
                let mut body = call.body.to_vec();
                body[at] ^= 1;
                let judged = protocol.judge(&credential, &with_body(&call, body));
                assert_eq!(judged, Judged::Unproven, "{protocol:?} {say:?} at {at}");
            }
        }
    }
}

/// The calls that do not prove by their body alone: what a protocol signs beside it.
const SIGNED_BESIDE: [(&str, &[&str]); 2] = [
    ("slotegrator", &["x-merchant-id", "x-timestamp", "x-nonce"]),
    ("spribe", &["x-spribe-client-ts"]),
];

#[test]
fn one_changed_byte_of_a_signature_or_of_what_is_signed_beside_the_body_is_refused() {
    let mut met = BTreeSet::new();
    for protocol in PROTOCOLS.iter().filter(|protocol| protocol.spec.signs_body) {
        let name = protocol.spec.name;
        let beside = SIGNED_BESIDE.iter().find(|(whose, _)| *whose == name);
        let [ours, _] = keys(protocol);
        let credential = ours.credential().unwrap();
        for call in sayings().iter().filter_map(|say| signed(protocol, ours, say)) {
            for (header, value) in &call.headers {
                let is_signature = header.as_str().contains("sign");
                if !is_signature && !beside.is_some_and(|(_, signed)| signed.contains(&header.as_str())) {
                    continue;
                }
                met.insert((name, header.as_str().to_owned()));
                for at in 0..value.len() {
                    let mut bytes = value.as_bytes().to_vec();
                    bytes[at] ^= 1;
                    let mut changed = call.clone();
                    changed
                        .headers
                        .insert(header, HeaderValue::from_bytes(&bytes).unwrap());
                    let judged = protocol.judge(&credential, &changed);
                    assert_eq!(judged, Judged::Unproven, "{protocol:?} {header} at {at}");
                }
                let mut without = call.clone();
                without.headers.remove(header);
                assert_eq!(
                    protocol.judge(&credential, &without),
                    Judged::Unproven,
                    "{header}"
                );
                let mut doubled = call.clone();
                doubled.headers.append(header, value.clone());
                assert_eq!(
                    protocol.judge(&credential, &doubled),
                    Judged::Unproven,
                    "{header}"
                );
            }
            if name == "spribe" {
                for target in [
                    format!("{}?", call.uri),
                    format!("{}?a=1", call.uri),
                    format!("{}x", call.uri),
                ] {
                    let elsewhere = Call {
                        uri: target.parse().unwrap(),
                        ..call.clone()
                    };
                    assert_eq!(
                        protocol.judge(&credential, &elsewhere),
                        Judged::Unproven,
                        "{target}"
                    );
                }
            }
        }
    }

    for name in ["hub88", "softswiss", "slotegrator", "spribe"] {
        assert!(
            met.iter()
                .any(|(whose, header)| *whose == name && header.contains("sign")),
            "{name}"
        );
    }
    for (name, headers) in SIGNED_BESIDE {
        for header in headers {
            assert!(
                met.contains(&(name, (*header).to_owned())),
                "{name} sends no {header}"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Cut, lengthened, or changed in a byte: not the provider's any more.
    #[test]
    fn whatever_is_changed_of_a_signed_call_is_noticed(
        pick in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), byte in any::<u8>(), how in 0..4,
    ) {
        for protocol in &PROTOCOLS {
            if !protocol.spec.signs_body {
                continue;
            }
            let [ours, _] = keys(protocol);
            let calls: Vec<_> = sayings().iter().filter_map(|say| signed(protocol, ours, say)).collect();
            let call = pick.get(&calls);
            let mut body = call.body.to_vec();
            let place = at.index(body.len());
            match how {
                0 => body[place] = byte,
                1 => body.insert(place, byte),
                2 => { body.remove(place); }
                _ => body.truncate(place),
            }
            prop_assume!(body != call.body && !says_the_same(&body, &call.body));
            let judged = protocol.judge(&ours.credential().unwrap(), &with_body(call, body));
            prop_assert_eq!(judged, Judged::Unproven, "{:?}", protocol);
        }
    }

    /// Whatever a provider signs is read or refused in the protocol's words, never a panic and never a failure
    /// of ours.
    #[test]
    fn no_signed_body_is_a_failure_of_ours(bytes in proptest::collection::vec(any::<u8>(), 0..120), text in "\\PC{0,80}") {
        for protocol in &PROTOCOLS {
            let [ours, _] = keys(protocol);
            let credential = ours.credential().unwrap();
            for say in sayings().into_iter().take(2) {
                let driver = protocol.driver();
                let Ok(message) = driver.phrase(&seat(protocol), &say) else { continue };
                for body in [bytes.clone(), text.clone().into_bytes()] {
                    let base = format!("/callbacks/{}", protocol.spec.name);
                    let spoiled = driver.sign(ours, &base, Message { body, ..message.clone() }, Clock::system().now());
                    let judged = protocol.judge(&credential, &call(protocol, &spoiled));
                    let failed = matches!(judged, Judged::Unread(500..));
                    prop_assert!(!failed, "{:?} {:?}", protocol, judged);
                }
            }
        }
    }
}
