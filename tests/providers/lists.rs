//! Calls that list very much: as many as a house takes together are done, and one more is refused before anything is booked.

use croupier_game::{
    conformance::{Heard, Message, ProviderKey, Say, Seat},
    provider::{Protocol, form},
};
use croupier_wallet::WalletLimits;
use serde_json::{Value, json};

use super::{hand::HouseHand, key, kit_at};
use crate::{
    books::{self, written},
    harness::House,
};

/// A provider that says whatever it is given, properly signed.
struct Lister<'h> {
    house: &'h House,
    protocol: &'static Protocol,
    key: ProviderKey,
    hand: HouseHand<'h>,
    seat: Seat,
}

impl<'h> Lister<'h> {
    async fn of(house: &'h House, name: &str) -> Self {
        let protocol = Protocol::named(name).unwrap();
        let hand = HouseHand::of(house, protocol, 950);
        let seat = hand.seat("player").await;
        Self {
            house,
            protocol,
            key: key(house, protocol),
            hand,
            seat,
        }
    }

    async fn says(&self, message: Message) -> (Heard, String) {
        let driver = self.protocol.driver();
        let mut kit = kit_at(self.house, &*driver, &self.key, &self.hand, self.seat.clone());
        let signed = kit.sign(message);
        let heard = kit.send(&self.seat, "a list".to_owned(), signed).await.unwrap();
        (heard, kit.exchanges()[0].came.clone())
    }

    async fn told(&self, say: &Say) -> Heard {
        let message = self.protocol.driver().phrase(&self.seat, say).unwrap();
        self.says(message).await.0
    }

    /// Slotegrator's rollback of bets and wins.
    async fn rollback(&self, id: &str, listed: &[(&str, String)]) -> (Heard, String) {
        let mut all: Vec<_> = [
            ("action", "rollback"),
            ("player_id", &self.seat.user),
            ("currency", "EUR"),
            ("session_id", &self.seat.token),
            ("transaction_id", id),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        for (at, (action, id)) in listed.iter().enumerate() {
            for (name, value) in [("action", *action), ("amount", "1.00"), ("transaction_id", id)] {
                all.push((format!("rollback_transactions[{at}][{name}]"), value.to_owned()));
            }
        }
        let pairs = all.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        self.says(Message {
            path: String::new(),
            headers: Vec::new(),
            body: form::write(pairs).into_bytes(),
        })
        .await
    }

    /// SOFTSWISS's play that ends its round.
    async fn play(&self, round: &str, actions: &[Value]) -> (Heard, String) {
        let document = json!({
            "user_id": self.seat.user, "currency": "EUR", "game": self.seat.game, "game_id": round, "finished": true, "actions": actions,
        });
        self.says(Message::json("/play", &document)).await
    }
}

fn most() -> usize {
    WalletLimits::default().group.try_into().unwrap()
}

#[tokio::test]
async fn money_14_a_slotegrator_rollback_of_very_many_undoes_all_of_them_or_says_that_they_are_too_many() {
    let house = House::open().await;
    let provider = Lister::of(&house, "slotegrator").await;
    let (mut listed, round) = (Vec::new(), "r".to_owned());
    for at in 0..60 {
        let (bet, win) = (format!("b{at}"), format!("w{at}"));
        let won = Say::Win {
            id: win.clone(),
            bet: bet.clone(),
            round: round.clone(),
            amount: 300,
        };
        let staked = Say::Bet {
            id: bet.clone(),
            round: round.clone(),
            amount: 100,
        };
        assert_eq!(provider.told(&staked).await.code, "OK");
        assert_eq!(provider.told(&won).await.code, "OK");
        listed.extend([("win", win), ("bet", bet)]);
    }
    // What is left pays for the wins with what the bets give back, and not without.
    let spent = Say::Bet {
        id: "spent".to_owned(),
        round: round.clone(),
        amount: 10_000,
    };
    assert_eq!(provider.told(&spent).await.balance, Some(12_000));
    let (first, came) = provider.rollback("x1", &listed).await;
    assert_eq!((first.code.as_str(), first.balance), ("OK", Some(0)), "{came}");
    assert_eq!(
        provider.rollback("x1", &listed).await.1,
        came,
        "and the same transaction_id"
    );

    let never: Vec<_> = (0..=most()).map(|at| ("bet", format!("n{at}"))).collect();
    let before = written(&house, 1).await;
    for _ in 0..2 {
        let (heard, came) = provider.rollback("x2", &never).await;
        assert_eq!(
            heard.code, "INTERNAL_ERROR: More transactions are listed than one call may have",
            "{came}"
        );
    }
    assert_eq!(written(&house, 1).await, before);
    let (heard, came) = provider.rollback("x3", &never[1..]).await;
    assert_eq!((heard.code.as_str(), heard.balance), ("OK", Some(0)), "{came}");
    books::audit(&house).await;
}

#[tokio::test]
async fn money_10_a_slotegrator_rollback_is_the_same_with_its_whole_list_and_a_conflict_with_any_other() {
    let house = House::open().await;
    let provider = Lister::of(&house, "slotegrator").await;
    for bet in ["b1", "b2", "b3"] {
        let staked = Say::Bet {
            id: bet.to_owned(),
            round: "r".to_owned(),
            amount: 100,
        };
        assert_eq!(provider.told(&staked).await.code, "OK");
    }
    let list = |ids: &[&str]| -> Vec<_> { ids.iter().map(|id| ("bet", (*id).to_owned())).collect() };
    let (first, came) = provider.rollback("x1", &list(&["b2", "b1"])).await;
    assert_eq!(
        (first.code.as_str(), first.balance),
        ("OK", Some(9_900)),
        "{came}"
    );
    let before = written(&house, 1).await;
    for other in [&["b3"][..], &["b1"], &["b2"], &["b1", "b3"], &["b1", "b2", "b3"]] {
        let (heard, came) = provider.rollback("x1", &list(other)).await;
        assert!(heard.code.starts_with("INTERNAL_ERROR"), "{other:?}: {came}");
    }
    for same in [&["b2", "b1"][..], &["b1", "b2"], &["b1", "b2", "b1"]] {
        let (again, came) = provider.rollback("x1", &list(same)).await;
        assert_eq!(
            (again.code.as_str(), again.balance),
            ("OK", Some(9_900)),
            "{came}"
        );
        assert_eq!(again.operator_ids, first.operator_ids);
    }
    // It is no other transaction's, and of none that it lists itself.
    let staked = Say::Bet {
        id: "x1".to_owned(),
        round: "r".to_owned(),
        amount: 100,
    };
    assert!(provider.told(&staked).await.code.starts_with("INTERNAL_ERROR"));
    let (heard, came) = provider.rollback("b3", &list(&["b3"])).await;
    assert!(heard.code.starts_with("INTERNAL_ERROR"), "{came}");
    assert_eq!(written(&house, 1).await, before);
    books::audit(&house).await;
}

#[tokio::test]
async fn money_31_a_softswiss_play_of_as_many_actions_as_are_taken_also_ends_its_round() {
    let house = House::open().await;
    let provider = Lister::of(&house, "softswiss").await;
    let bet = |at: usize| json!({"action": "bet", "action_id": format!("b{at}"), "amount": 10});
    let all: Vec<_> = (0..=most()).map(bet).collect();
    let before = written(&house, 1).await;
    for _ in 0..2 {
        let (heard, came) = provider.play("r", &all).await;
        assert_eq!(heard.code, "400 · 400", "{came}");
        assert!(came.contains("More actions than one call may have."), "{came}");
    }
    assert_eq!(written(&house, 1).await, before);
    let (first, came) = provider.play("r", &all[1..]).await;
    let left = 10_000 - 10 * i64::from(WalletLimits::default().group);
    assert_eq!(
        (first.code.as_str(), first.balance),
        ("200", Some(left)),
        "{came}"
    );
    assert_eq!(first.operator_ids.len(), most());
    let (again, _) = provider.play("r", &all[1..]).await;
    assert_eq!(again, first);
    let ended = "SELECT count(*) FROM wallet_command WHERE transaction_id LIKE 'croupier:round-end:%'";
    let mut rows = house.rows_of(1).await;
    let ends: i64 = sqlx::query_scalar(ended).fetch_one(&mut *rows).await.unwrap();
    assert_eq!(ends, 1);
    drop(rows);
    books::audit(&house).await;
}
