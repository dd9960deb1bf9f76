//! What SOFTSWISS is told with a refusal: the code and, of a player who is known, the balance.

use croupier_game::{
    conformance::{Class, Hand, Say},
    provider::Protocol,
};

use super::{hand::HouseHand, key, kit_at};
use crate::{books, harness::House};

#[tokio::test]
async fn softswiss_is_told_the_balance_with_every_refusal_of_a_player_who_is_known() {
    let house = House::open().await;
    let protocol = Protocol::named("softswiss").unwrap();
    let (driver, key) = (protocol.driver(), key(&house, protocol));
    let hand = HouseHand::of(&house, protocol, 970);
    let seat = hand.seat("player").await;
    let mut kit = kit_at(&house, &*driver, &key, &hand, seat.clone());
    kit.done(&kit.bet("first", 100)).await.unwrap();
    let bet = kit.bet("b", 200);
    let elsewhere = |currency: &str, game: &str, user: &str| croupier_game::conformance::Seat {
        currency: currency.to_owned(),
        game: game.to_owned(),
        user: user.to_owned(),
        ..seat.clone()
    };
    for (seat, say, class, balance) in [
        (
            elsewhere("USD", &seat.game, &seat.user),
            &bet,
            Class::BadCurrency,
            Some(9_900),
        ),
        (
            elsewhere("USD", &seat.game, &seat.user),
            &Say::Balance,
            Class::BadCurrency,
            Some(9_900),
        ),
        (
            elsewhere("EUR", &seat.game, "auroranobody"),
            &bet,
            Class::BadPlayer,
            None,
        ),
        (
            elsewhere("EUR", &seat.game, "nobody"),
            &bet,
            Class::BadPlayer,
            None,
        ),
    ] {
        let heard = kit.say_from(&seat, say).await.unwrap();
        assert_eq!(
            (heard.http, heard.class, heard.balance),
            (412, class, balance),
            "{seat:?}"
        );
    }
    hand.withdraw_game(&seat).await.unwrap();
    let heard = kit.say(&bet).await.unwrap();
    assert_eq!((heard.class, heard.balance), (Class::BadGame, Some(9_900)));
    hand.tidy().await;
    hand.end_launch(&seat).await.unwrap();
    let heard = kit.say(&bet).await.unwrap();
    assert_eq!(
        (heard.class, heard.balance),
        (Class::BadPlayer, Some(9_900)),
        "over"
    );
    hand.block(&seat).await.unwrap();
    let heard = kit.say(&bet).await.unwrap();
    assert_eq!((heard.class, heard.balance), (Class::Disabled, Some(9_900)));
    books::audit(&house).await;
}
