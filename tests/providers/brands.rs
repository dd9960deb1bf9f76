//! Six providers and two brands under the same ids, and one brand's ids said at another's: nothing meets.

use croupier_brand::Clock;
use std::collections::BTreeMap;

use croupier::demo::client::Casino;
use croupier_game::{
    conformance::{Message, Say, Seat, Undoes},
    provider::{PROTOCOLS, Protocol},
};
use futures_util::future::join_all;

use super::{
    every_call::{besides, issued, round},
    hand::HouseHand,
    key, kit_at,
};
use crate::{
    books::{self, written},
    harness::{Guest, House},
};

/// Where somebody sits at a provider's game.
pub async fn seat(guest: &Guest, protocol: &Protocol) -> Seat {
    let spec = protocol.spec;
    let launch = guest.open_game(spec.game.id).await;
    assert_eq!(launch.status, 201, "{launch:?}");
    Seat {
        user: launch.text("provider_account").to_owned(),
        token: launch.text("token").to_owned(),
        game: spec.game.code.to_owned(),
        currency: "EUR".to_owned(),
    }
}

/// Says it as the provider, and gives HTTP's status and the answer's body.
pub async fn said(house: &House, protocol: &'static Protocol, seat: &Seat, say: &Say) -> Option<String> {
    let driver = protocol.driver();
    let message = driver.phrase(seat, &issued(&*driver, seat, say)).ok()?;
    Some(sent(house, protocol, seat, message).await)
}

pub async fn sent(house: &House, protocol: &'static Protocol, seat: &Seat, message: Message) -> String {
    let (driver, key, hand) = (
        protocol.driver(),
        key(house, protocol),
        HouseHand::of(house, protocol, 0),
    );
    let path = format!("/callbacks/{}", protocol.spec.name);
    let mut kit = kit_at(house, &*driver, &key, &hand, seat.clone());
    let message = kit.sign(message);
    kit.send(seat, path, message).await.unwrap();
    kit.exchanges()[0].came.clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn iso_35_money_12_six_providers_and_two_brands_use_one_id_at_once_and_do_not_meet() {
    let house = House::open().await;
    // One player of each brand plays at all of the providers, out of one wallet.
    let mut seats = Vec::new();
    let mut guests = BTreeMap::new();
    for (brand, casino) in [("aurora", &house.aurora), ("bonanza", &house.bonanza)] {
        let (guest, _) = house.player(casino, "alice", "100.00").await;
        for protocol in &PROTOCOLS {
            seats.push((brand, protocol, seat(&guest, protocol).await));
        }
        guests.insert(brand, guest);
    }
    let have = async |aurora: &str, bonanza: &str, what: &str| {
        for (brand, total) in [("aurora", aurora), ("bonanza", bonanza)] {
            assert_eq!(guests[brand].total().await, total, "{brand} after {what}");
        }
    };
    let (id, round) = ("the-id".to_owned(), "the-round".to_owned());
    let bet = Say::Bet {
        id: id.clone(),
        round: round.clone(),
        amount: 100,
    };
    let (house, all) = (&house, &seats);
    let everybody = |say: Say, times: usize| async move {
        let calls = all.iter().flat_map(|seat| std::iter::repeat_n(seat, times));
        join_all(calls.map(|(_, protocol, seat)| said(house, protocol, seat, &say))).await;
    };
    everybody(bet, 3).await;
    have("94.00", "94.00", "one bet at each provider").await;
    let win = Say::Win {
        id: "the-win".to_owned(),
        bet: id.clone(),
        round: round.clone(),
        amount: 50,
    };
    everybody(win, 3).await;
    have("97.00", "97.00", "one win at each").await;
    // Nobody's rollback undoes another's bet. Evolution's would come after the win, and undoes none.
    let undo = Say::Rollback {
        id: "the-undo".to_owned(),
        of: id,
        round,
        undoes: Undoes::Bet,
        amount: 100,
    };
    let mut aurora = 97;
    for (_, protocol, seat) in all.iter().filter(|(brand, ..)| *brand == "aurora") {
        for _ in 0..2 {
            said(house, protocol, seat, &undo).await.unwrap();
        }
        aurora += i32::from(protocol.spec.name != "evolution");
        have(&format!("{aurora}.00"), "97.00", protocol.spec.name).await;
    }
    books::audit(house).await;
}

/// An answer without what is random in it, the time, and the ids that it was asked with.
fn plain(came: &str, ids: &[&str]) -> String {
    let (status, body) = came.split_once(' ').unwrap();
    let mut body: serde_json::Value = serde_json::from_str(body).unwrap();
    // To the second, of what was booked.
    if let Some(transactions) = body["transactions"].as_array_mut() {
        for each in transactions {
            each["processed_at"] = "<time>".into();
        }
    }
    let mut plain = body.to_string();
    for id in ids {
        plain = plain.replace(id, "<named>");
    }
    let mut told = format!("{status} ");
    for part in plain.split_inclusive(|letter: char| !letter.is_ascii_hexdigit() && letter != '-') {
        // An operator's id: a UUID, with its hyphens or without.
        let long = part
            .trim_end_matches(|letter: char| !letter.is_ascii_hexdigit())
            .len()
            >= 32;
        told.push_str(if long { "<random>" } else { part });
    }
    told
}

/// What a visitor names: another brand's, or of the same form and nobody's.
struct Named {
    token: String,
    prefix: String,
}

/// The same letters and digits in other places.
pub fn like(text: &str) -> String {
    let (head, tail) = text.split_at(text.len() - 12);
    let other = |letter: char| match letter {
        '0'..='8' | 'a'..='e' => char::from(u8::try_from(letter).unwrap() + 1),
        '9' => '0',
        'f' => 'a',
        other => other,
    };
    head.chars().chain(tail.chars().map(other)).collect()
}

/// A visitor of Aurora's says everything there is to be said with what is named.
async fn try_all(house: &House, protocol: &'static Protocol, account: &str, named: &Named) -> Vec<String> {
    let (guest, _) = house.player(&house.aurora, account, "50.00").await;
    let own = seat(&guest, protocol).await;
    let strange = Seat {
        token: named.token.clone(),
        ..own.clone()
    };
    let (of, round) = (
        |name: &str| format!("{}{name}", named.prefix),
        format!("{}r", named.prefix),
    );
    let undo = |name: &str, what: &str, undoes| Say::Rollback {
        id: of(name),
        of: of(what),
        round: round.clone(),
        undoes,
        amount: 200,
    };
    let mut told = Vec::new();
    let mut says = vec![
        undo("x8", "b1", Undoes::Bet),
        undo("x9", "w", Undoes::Win),
        Say::Win {
            id: of("w9"),
            bet: of("b2"),
            round: round.clone(),
            amount: 700,
        },
    ];
    // The ids are its own here, where it says them first.
    says.extend(super::every_call::round(&named.prefix));
    for say in &says {
        told.extend(said(house, protocol, &own, say).await);
    }
    if protocol.driver().shows_token() {
        for say in round_of_tokens(account) {
            told.extend(said(house, protocol, &strange, &say).await);
        }
        // Of those that show it; a token that says by itself who it is for is that brand's.
        let shows = |message: &Message| String::from_utf8_lossy(&message.body).contains(&named.token);
        for message in besides(protocol, &strange) {
            if shows(&message) && !message.path.contains("authenticate") {
                told.push(sent(house, protocol, &strange, message).await);
            }
        }
    }
    told.push(guest.total().await + " {}");
    let ids = [
        account,
        named.token.as_str(),
        named.prefix.as_str(),
        own.token.as_str(),
    ];
    told.iter().map(|came| plain(came, &ids)).collect()
}

fn round_of_tokens(account: &str) -> Vec<Say> {
    round(&format!("{account}-"))
}

#[tokio::test]
async fn iso_23_iso_41_another_brands_ids_are_ids_of_nothing_to_every_provider() {
    let house = House::open().await;
    let (abroad, _) = house.player(&house.bonanza, "bjarne", "100.00").await;
    for (at, protocol) in PROTOCOLS.iter().enumerate() {
        let theirs = seat(&abroad, protocol).await;
        let prefix = format!("t{at}-");
        for say in round(&prefix) {
            said(&house, protocol, &theirs, &say).await;
        }
        let (before, total) = (written(&house, 2).await, abroad.total().await);
        let theirs = Named {
            token: theirs.token,
            prefix,
        };
        let nobodys = Named {
            token: like(&theirs.token),
            prefix: format!("n{at}-"),
        };
        let one = try_all(&house, protocol, &format!("visit{at}a"), &theirs).await;
        let other = try_all(&house, protocol, &format!("visit{at}b"), &nobodys).await;
        assert_eq!(one, other, "{protocol:?}");
        assert!(one.len() > 9, "{protocol:?}: {one:?}");
        assert_eq!(
            (written(&house, 2).await, abroad.total().await),
            (before, total),
            "{protocol:?}"
        );
    }
    books::audit(&house).await;
}

#[tokio::test]
async fn iso_40_the_door_and_headers_say_nothing_about_the_brand_of_any_providers_call() {
    let house = House::open().await;
    let (guest, _) = house.player(&house.aurora, "alice", "100.00").await;
    let before = written(&house, 2).await;
    let mut has = 100;
    for protocol in &PROTOCOLS {
        let (driver, key, own) = (
            protocol.driver(),
            key(&house, protocol),
            seat(&guest, protocol).await,
        );
        let path = format!("/callbacks/{}", protocol.spec.name);
        for (at, door) in ["aurora.localhost", "bonanza.localhost", "nowhere.localhost"]
            .iter()
            .enumerate()
        {
            let say = Say::Bet {
                id: format!("b{at}"),
                round: "r".to_owned(),
                amount: 100,
            };
            let message = driver.sign(
                &key,
                &path,
                driver.phrase(&own, &say).unwrap(),
                Clock::system().now(),
            );
            let door: Casino = house.at(door);
            let mut request = door
                .request(http::Method::POST, &format!("{path}{}", message.path))
                .body(message.body);
            for (name, value) in message.headers {
                request = request.header(name, value);
            }
            // What only the house's own services say of a brand.
            let request = request
                .header("x-brand-id", "2")
                .header("x-brand-signature", format!("v2={}", "0".repeat(64)))
                .header("x-caller-service", "gateway");
            let answer = request.send().await.unwrap();
            let (status, body) = (answer.status().as_u16(), answer.bytes().await.unwrap());
            has -= 1;
            let heard = driver.hear(status, &body, &own);
            assert_eq!(heard.balance, Some(has * 100), "{protocol:?} {say:?}: {heard:?}");
        }
    }
    assert_eq!(guest.total().await, format!("{has}.00"));
    assert_eq!(written(&house, 2).await, before);
    books::audit(&house).await;
}
