//! What only the protocols of forms say: prizes, jackpots, adjustments, lists of what is rolled back.

use croupier_game::{
    conformance::{Hand, Heard, Message, ProviderKey, Seat},
    provider::{Protocol, form},
};

use super::{hand::HouseHand, key, kit_at};
use crate::{books, harness::House};

/// A provider that says whatever parameters it is given, properly signed.
struct Sayer<'h> {
    house: &'h House,
    protocol: &'static Protocol,
    key: ProviderKey,
    hand: HouseHand<'h>,
    seat: Seat,
}

impl<'h> Sayer<'h> {
    async fn of(house: &'h House, name: &str) -> Self {
        let protocol = Protocol::named(name).unwrap();
        let hand = HouseHand::of(house, protocol, 0);
        let seat = hand.seat("alice").await;
        Self {
            house,
            protocol,
            key: key(house, protocol),
            hand,
            seat,
        }
    }

    async fn says(&self, path: &str, parameters: &[(&str, &str)]) -> (Heard, String) {
        let driver = self.protocol.driver();
        let mut kit = kit_at(self.house, &*driver, &self.key, &self.hand, self.seat.clone());
        let message = Message {
            path: path.to_owned(),
            headers: Vec::new(),
            body: form::write(parameters.iter().copied()).into_bytes(),
        };
        let message = kit.sign(message);
        let heard = kit.send(&self.seat, path.to_owned(), message).await.unwrap();
        (heard, kit.exchanges()[0].came.clone())
    }

    /// One of Pragmatic Play's calls: its code, and what the player has then.
    async fn pragmatic(
        &self,
        call: &str,
        reference: &str,
        amount: &str,
        more: &[(&str, &str)],
    ) -> (String, Option<i64>) {
        let game = self.protocol.spec.game.code;
        let mut all = vec![
            ("userId", self.seat.user.as_str()),
            ("gameId", game),
            ("roundId", "51"),
        ];
        all.extend([("reference", reference), ("amount", amount), ("providerId", "pp")]);
        all.extend(more);
        let (heard, came) = self.says(&format!("/{call}.html"), &all).await;
        assert!(came.starts_with("200 "), "{came}");
        (heard.code, heard.balance)
    }

    /// One of Slotegrator's.
    async fn slotegrator(
        &self,
        action: &str,
        id: &str,
        amount: &str,
        more: &[(&str, &str)],
    ) -> (String, Option<i64>, String) {
        let game = self.protocol.spec.game.code;
        let mut all = vec![
            ("action", action),
            ("player_id", self.seat.user.as_str()),
            ("currency", "EUR"),
        ];
        all.extend([
            ("session_id", self.seat.token.as_str()),
            ("game_uuid", game),
            ("round_id", "r"),
        ]);
        all.extend([("transaction_id", id), ("amount", amount)]);
        all.extend(more);
        let (heard, came) = self.says("", &all).await;
        assert!(came.starts_with("200 "), "{came}");
        (heard.code, heard.balance, came)
    }
}

fn told(code: &str, balance: i64) -> (String, Option<i64>) {
    (code.to_owned(), Some(balance))
}

#[tokio::test]
async fn pragmatic_prizes_come_with_a_result_or_not_at_all_and_adjustments_go_either_way() {
    let house = House::open().await;
    let provider = Sayer::of(&house, "pragmatic").await;
    let (token, user) = (provider.seat.token.clone(), provider.seat.user.clone());
    let (heard, came) = provider
        .says("/authenticate.html", &[("token", &token), ("providerId", "pp")])
        .await;
    assert_eq!(
        (heard.code.as_str(), heard.balance),
        ("0", Some(10_000)),
        "{came}"
    );
    assert!(
        came.contains(&format!(
            r#""userId":"{user}","token":"{token}","currency":"EUR","cash":100.00,"bonus":0.00,"error":0"#
        )),
        "{came}"
    );
    for forged in [
        token.replace("aurora", "bonanza"),
        token.replace("aurora", ""),
        user.clone(),
    ] {
        let (heard, came) = provider.says("/authenticate.html", &[("token", &forged)]).await;
        assert_eq!((heard.code.as_str(), heard.balance), ("4", None), "{came}");
        assert!(!came.contains(&user), "{came}");
    }

    assert_eq!(
        provider.pragmatic("bet", "b1", "10.00", &[]).await,
        told("0", 9_000)
    );
    let prize = [
        ("promoWinAmount", "3.00"),
        ("promoWinReference", "p1"),
        ("promoCampaignID", "9"),
    ];
    assert_eq!(
        provider.pragmatic("result", "w1", "5.00", &prize).await,
        told("0", 9_800)
    );
    assert_eq!(
        provider.pragmatic("result", "w1", "5.00", &prize).await,
        told("0", 9_800)
    );
    // The prize's reference was used: of this result nothing is paid.
    let other = [("promoWinAmount", "4.00"), ("promoWinReference", "p1")];
    assert_eq!(
        provider.pragmatic("result", "w2", "5.00", &other).await,
        told("120", 9_800)
    );
    assert_eq!(
        provider.pragmatic("result", "w2", "5.00", &[]).await,
        told("0", 10_300)
    );

    assert_eq!(
        provider
            .pragmatic("jackpotWin", "j1", "7.00", &[("jackpotId", "77")])
            .await,
        told("0", 11_000)
    );
    assert_eq!(
        provider
            .pragmatic("jackpotWin", "j1", "7.00", &[("jackpotId", "78")])
            .await,
        told("120", 11_000)
    );
    assert_eq!(
        provider
            .pragmatic("bonusWin", "f1", "2.00", &[("bonusCode", "B")])
            .await,
        told("0", 11_200)
    );
    let campaign = [("campaignId", "C"), ("campaignType", "T"), ("currency", "EUR")];
    assert_eq!(
        provider.pragmatic("promoWin", "t1", "8.00", &campaign).await,
        told("0", 12_000)
    );
    let foreign = [("campaignId", "C"), ("campaignType", "T"), ("currency", "SEK")];
    assert_eq!(
        provider.pragmatic("promoWin", "t2", "8.00", &foreign).await.0,
        "7"
    );

    assert_eq!(
        provider.pragmatic("adjustment", "a1", "-10.00", &[]).await,
        told("0", 11_000)
    );
    assert_eq!(
        provider.pragmatic("adjustment", "a2", "1.00", &[]).await,
        told("0", 11_100)
    );
    provider.hand.end_launch(&provider.seat).await.unwrap();
    provider.hand.block(&provider.seat).await.unwrap();
    assert_eq!(provider.pragmatic("bet", "b2", "1.00", &[]).await.0, "6");
    assert_eq!(
        provider.pragmatic("adjustment", "a3", "-1.00", &[]).await,
        told("0", 11_000)
    );
    assert_eq!(
        provider.pragmatic("adjustment", "a3", "-1.00", &[]).await,
        told("0", 11_000)
    );
    assert_eq!(
        provider.pragmatic("adjustment", "a4", "-110.01", &[]).await,
        told("1", 11_000)
    );
    for _ in 0..2 {
        assert_eq!(
            provider.pragmatic("endRound", "unread", "0", &[]).await,
            told("0", 11_000)
        );
    }
    books::audit(&house).await;
}

#[tokio::test]
async fn a_pragmatic_refund_gives_back_stakes_and_takes_back_no_win() {
    let house = House::open().await;
    let provider = Sayer::of(&house, "pragmatic").await;
    assert_eq!(
        provider.pragmatic("bet", "b1", "10.00", &[]).await,
        told("0", 9_000)
    );
    assert_eq!(
        provider.pragmatic("result", "w1", "25.00", &[]).await,
        told("0", 11_500)
    );
    // A refund's answer says no balance.
    let done = ("0".to_owned(), None);
    for (of, balance) in [("w1", 11_500), ("w1", 11_500), ("b1", 12_500), ("b1", 12_500)] {
        assert_eq!(provider.pragmatic("refund", of, "25.00", &[]).await, done);
        assert_eq!(
            provider.pragmatic("balance", "", "", &[]).await,
            told("0", balance),
            "{of}"
        );
    }
    // It has no id of its own: whatever else it says, of one bet it is one refund.
    for of in ["b1", "never"] {
        for more in [
            &[("roundId", "52")][..],
            &[("roundId", "51"), ("gameId", "other")],
            &[],
        ] {
            let mut all = vec![("userId", provider.seat.user.as_str()), ("reference", of)];
            all.extend(more);
            let (heard, came) = provider.says("/refund.html", &all).await;
            assert_eq!((heard.code, heard.balance), done, "{of} {more:?} {came}");
        }
    }
    assert_eq!(
        provider.pragmatic("balance", "", "", &[]).await,
        told("0", 12_500)
    );
    books::audit(&house).await;
}

#[tokio::test]
async fn a_slotegrator_rollback_undoes_what_it_lists_all_or_none_and_a_refund_counts_once() {
    let house = House::open().await;
    let provider = Sayer::of(&house, "slotegrator").await;
    let list = |ids: [&str; 2]| {
        ids.into_iter()
            .enumerate()
            .map(|(at, id)| {
                (
                    format!("rollback_transactions[{at}][transaction_id]"),
                    id.to_owned(),
                )
            })
            .collect::<Vec<_>>()
    };
    let said = |(code, balance, _): (String, Option<i64>, String)| (code, balance);
    let rollback = async |id: &str, ids: [&str; 2]| {
        let list = list(ids);
        let more: Vec<_> = list
            .iter()
            .map(|(name, id)| (name.as_str(), id.as_str()))
            .collect();
        provider.slotegrator("rollback", id, "", &more).await
    };
    assert_eq!(
        said(provider.slotegrator("bet", "b1", "10", &[]).await),
        told("OK", 9_000)
    );
    assert_eq!(
        said(provider.slotegrator("bet", "b2", "20", &[]).await),
        told("OK", 7_000)
    );
    assert_eq!(
        said(provider.slotegrator("win", "w1", "25", &[]).await),
        told("OK", 9_500)
    );
    let first = rollback("x1", ["b1", "w1"]).await;
    assert!(
        first.2.contains(r#""rollback_transactions":["b1","w1"]"#),
        "{}",
        first.2
    );
    assert_eq!((first.0.as_str(), first.1), ("OK", Some(8_000)), "b2 stands");
    assert_eq!(
        rollback("x1", ["b1", "w1"]).await,
        first,
        "and the same transaction_id"
    );
    assert_eq!(
        said(rollback("x2", ["w1", "b1"]).await),
        told("OK", 8_000),
        "undone once"
    );

    // The win is spent: nothing that the call lists is undone.
    assert_eq!(
        said(provider.slotegrator("win", "w3", "20", &[]).await),
        told("OK", 10_000)
    );
    assert_eq!(
        said(provider.slotegrator("bet", "b4", "100", &[]).await),
        told("OK", 0)
    );
    let (code, _, _) = rollback("x3", ["b2", "w3"]).await;
    assert_eq!(code, "OK", "what b2 gives back pays for w3");
    let (code, balance, _) = provider.slotegrator("balance", "", "", &[]).await;
    assert_eq!((code.as_str(), balance), ("OK", Some(0)));
    assert_eq!(
        said(provider.slotegrator("win", "w5", "30", &[]).await),
        told("OK", 3_000)
    );
    assert_eq!(
        said(provider.slotegrator("bet", "b6", "5", &[]).await),
        told("OK", 2_500)
    );
    let (code, balance, came) = rollback("x4", ["b6", "w5"]).await;
    assert_eq!((code.as_str(), balance), ("OK", Some(0)), "{came}");

    assert_eq!(
        said(provider.slotegrator("win", "w7", "9", &[]).await),
        told("OK", 900)
    );
    assert_eq!(
        said(provider.slotegrator("bet", "b8", "6", &[]).await),
        told("OK", 300)
    );
    let (code, _, came) = rollback("x5", ["w7", "never"]).await;
    assert!(code.starts_with("INSUFFICIENT_FUNDS"), "{came}");
    assert_eq!(
        said(provider.slotegrator("balance", "", "", &[]).await),
        told("OK", 300)
    );
    assert_eq!(
        said(provider.slotegrator("bet", "never", "1", &[]).await),
        told("OK", 200),
        "no tombstone was left"
    );

    // What it gives back pays for what it takes back, whichever stands first.
    let win_first = [
        ("rollback_transactions[0][action]", "win"),
        ("rollback_transactions[0][transaction_id]", "w7"),
        ("rollback_transactions[1][action]", "bet"),
        ("rollback_transactions[1][transaction_id]", "b9"),
    ];
    assert_eq!(
        said(provider.slotegrator("win", "w9", "7", &[]).await),
        told("OK", 900)
    );
    assert_eq!(
        said(provider.slotegrator("bet", "b9", "8", &[]).await),
        told("OK", 100)
    );
    let (code, balance, came) = provider.slotegrator("rollback", "x6", "", &win_first).await;
    assert_eq!((code.as_str(), balance), ("OK", Some(0)), "{came}");
    assert!(came.contains(r#""rollback_transactions":["w7","b9"]"#), "{came}");
    assert_eq!(
        said(provider.slotegrator("win", "w10", "2", &[]).await),
        told("OK", 200)
    );

    let refund = async |id: &str| {
        said(
            provider
                .slotegrator("refund", id, "6", &[("bet_transaction_id", "b8")])
                .await,
        )
    };
    assert_eq!(refund("f1").await, told("OK", 800));
    assert_eq!(refund("f1").await, told("OK", 800));
    assert_eq!(refund("f2").await, told("OK", 800));
    assert_eq!(
        said(
            provider
                .slotegrator("bet", "s1", "2", &[("type", "freespin")])
                .await
        ),
        told("OK", 800)
    );
    assert_eq!(
        said(provider.slotegrator("bet", "s2", "2", &[("type", "tip")]).await),
        told("OK", 600)
    );
    books::audit(&house).await;
}
