//! Calls that show a launch's token and nothing of the player: the token alone leads to the brand.

use croupier_game::{
    conformance::{Class, Heard, Message, Seat},
    provider::Protocol,
};
use serde_json::json;

use super::{hand::HouseHand, key, kit_at};
use crate::{
    books::{sql, written},
    harness::House,
};

/// Says `document` as the provider, properly signed.
async fn says(
    house: &House,
    protocol: &'static Protocol,
    path: &str,
    document: &serde_json::Value,
) -> (Heard, String) {
    let (driver, key) = (protocol.driver(), key(house, protocol));
    let hand = HouseHand::of(house, protocol, 0);
    let seat = Seat {
        user: String::new(),
        token: String::new(),
        game: String::new(),
        currency: "EUR".to_owned(),
    };
    let mut kit = kit_at(house, &*driver, &key, &hand, seat.clone());
    let message = kit.sign(Message::json(path, document));
    let heard = kit.send(&seat, path.to_owned(), message).await.unwrap();
    (heard, kit.exchanges()[0].came.clone())
}

#[tokio::test]
async fn a_spribe_token_leads_to_its_own_launch_and_no_other_text_does() {
    let house = House::open().await;
    let protocol = Protocol::named("spribe").unwrap();
    let hand = HouseHand::of(&house, protocol, 0);
    let (alice, before) = (hand.seat("alice").await, written(&house, 1).await);
    let auth = |token: &str, currency: &str| json!({"user_token": token, "session_token": "s", "platform": "desktop", "currency": currency});
    let (heard, came) = says(&house, protocol, "/auth", &auth(&alice.token, "EUR")).await;
    assert_eq!(
        (heard.class, heard.balance),
        (Class::Done, Some(10_000)),
        "{came}"
    );
    let user = format!("\"user_id\":\"{}\"", alice.user);
    assert!(
        came.contains(&user) && came.contains("\"currency\":\"EUR\""),
        "{came}"
    );

    // The launch of another brand's player is that player's, and so is the answer.
    let abroad = croupier_game::conformance::Hand::foreigner(&hand).await.unwrap();
    let (heard, came) = says(&house, protocol, "/auth", &auth(&abroad.token, "EUR")).await;
    assert_eq!(heard.class, Class::Done, "{came}");
    assert!(
        came.contains(&abroad.user) && !came.contains(&alice.user),
        "{came}"
    );

    let own = alice.token.strip_prefix("aurora").unwrap();
    let hyphened = uuid::Uuid::parse_str(own).unwrap().to_string();
    for forged in [
        own.to_owned(),
        hyphened.clone(),
        format!("aurora{hyphened}"),
        format!("aurora{}", own.to_uppercase()),
        format!("bonanza{own}"),
        format!("{}x", alice.token),
        "aurora".to_owned(),
        format!("aurora{}", uuid::Uuid::new_v4().simple()),
        "nobody".to_owned(),
        alice.user.clone(),
    ] {
        let (heard, came) = says(&house, protocol, "/auth", &auth(&forged, "EUR")).await;
        assert_eq!(
            (heard.class, heard.balance),
            (Class::BadToken, None),
            "{forged}: {came}"
        );
        assert!(!came.contains(&alice.user), "{forged}: {came}");
    }
    let (heard, came) = says(&house, protocol, "/auth", &auth(&alice.token, "SEK")).await;
    assert_eq!((heard.class, heard.balance), (Class::BadRequest, None), "{came}");

    // Of another provider's launch the token says nothing here.
    sql(
        &house,
        1,
        &format!(
            "UPDATE game_session SET provider = 'hub88' WHERE provider_account = '{}'",
            alice.user
        ),
    )
    .await;
    let (heard, came) = says(&house, protocol, "/auth", &auth(&alice.token, "EUR")).await;
    assert_eq!(heard.class, Class::BadToken, "{came}");
    assert_eq!(written(&house, 1).await, before);
}
