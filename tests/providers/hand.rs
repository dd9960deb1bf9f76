//! What only the operator can do, done at a house of the tests.

use std::{collections::HashMap, sync::Mutex};

use croupier_brand::{Clock, token::PlayerId};
use croupier_game::{
    conformance::{Hand, Seat, Step},
    provider::Protocol,
};
use croupier_wallet::{
    Action, Amount, Command, GrantKind, LocalWallet, Source, TransactionId, Wallet, WalletLimits,
    topology::Topology,
};
use serde_json::json;

use crate::{
    books::sql,
    harness::{Guest, House},
    walk::estate::scope_of,
};

/// One case's operator.
pub struct HouseHand<'h> {
    house: &'h House,
    protocol: &'static Protocol,
    at: usize,
    guests: Mutex<HashMap<String, Guest>>,
    closed: Mutex<bool>,
}

/// The largest bet at Aurora, in cents: more than any of these players has.
const LARGEST: i64 = 99_999;

pub(super) async fn wallet(house: &House) -> LocalWallet {
    LocalWallet::new(
        house.brand_pool(2).await,
        Clock::system(),
        WalletLimits::default(),
    )
}

impl<'h> HouseHand<'h> {
    pub fn of(house: &'h House, protocol: &'static Protocol, at: usize) -> Self {
        Self {
            house,
            protocol,
            at,
            guests: Mutex::new(HashMap::new()),
            closed: Mutex::new(false),
        }
    }

    /// A new player of Aurora's with 100.00 at the provider's game.
    pub async fn seat(&self, who: &str) -> Seat {
        self.at_casino(&self.house.aurora, who).await
    }

    async fn at_casino(&self, casino: &croupier::demo::client::Casino, who: &str) -> Seat {
        let spec = self.protocol.spec;
        let account = format!(
            "{who}{}{}",
            self.at,
            spec.name.chars().take(4).collect::<String>()
        );
        let guest = self.house.guest(casino, &account).await;
        let deposit = casino
            .move_money("deposits", &guest.token, "float", "100.00")
            .await
            .unwrap();
        assert_eq!(deposit.status, 201, "{deposit:?}");
        let seat = self.launch(&guest).await;
        self.guests.lock().unwrap().insert(seat.user.clone(), guest);
        seat
    }

    /// Where the player of another provider's seat sits at this one's game.
    pub async fn beside(&self, other: &HouseHand<'_>, seat: &Seat) -> Seat {
        let guest = other.guest(seat);
        self.launch(&guest).await
    }

    async fn launch(&self, guest: &Guest) -> Seat {
        let game = self.protocol.spec.game;
        let path = format!("/api/v1/games/{}/sessions", game.id);
        let launch = guest.casino.post(&path, Some(&guest.token), &json!({})).await;
        let launch = launch.unwrap();
        assert_eq!(launch.status, 201, "{launch:?}");
        Seat {
            user: launch.text("provider_account").to_owned(),
            token: launch.text("token").to_owned(),
            game: game.code.to_owned(),
            currency: "EUR".to_owned(),
        }
    }

    fn guest(&self, seat: &Seat) -> Guest {
        self.guests.lock().unwrap()[&seat.user].clone()
    }

    /// Gives Aurora's wallets a bonus bucket, and bets a limit.
    pub async fn set_rules(house: &House) {
        let document = json!({
            "buckets": [{"code": "cash", "withdrawable": true}, {"code": "bonus", "withdrawable": false, "bonus": true}],
            "bet_order": ["cash", "bonus"], "win_to": "cash", "deposit_to": "cash",
            "grant_to": {"bonus": "bonus", "coupon": "bonus"}, "limits": {"EUR": {"max_bet": LARGEST}},
        });
        let topology: Topology = serde_json::from_value(document).unwrap();
        let scope = scope_of(house, 1).await;
        house.adopt(&scope, &topology).await.unwrap();
    }

    /// Waits until the doors of Aurora are as they should be, and every process has read so.
    async fn aurora_is(&self, open: bool) {
        for _ in 0..200 {
            let there = self.house.aurora.get("/api/v1/brand", None).await.unwrap();
            if there.status.is_success() == open {
                // The directory is read twice a second, by each process for itself.
                tokio::time::sleep(std::time::Duration::from_millis(700)).await;
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("nobody saw whether aurora is open: {open}");
    }

    /// Puts back what the case changed for everybody.
    pub async fn tidy(&self) {
        if *self.closed.lock().unwrap() {
            self.of_aurora("UPDATE brand SET status = 'active' WHERE code = 'aurora'".to_owned())
                .await;
            self.aurora_is(true).await;
        }
        let game = self.protocol.spec.game.id;
        sql(
            self.house,
            1,
            &format!("UPDATE brand_game SET enabled = true WHERE game_id = '{game}'"),
        )
        .await;
    }

    pub fn player(&self, seat: &Seat) -> PlayerId {
        PlayerId(self.guest(seat).id.parse().unwrap())
    }

    async fn of_aurora(&self, statement: String) {
        sql(self.house, 1, &statement).await;
    }
}

impl Hand for HouseHand<'_> {
    fn another(&self) -> Step<'_, Seat> {
        Box::pin(async { Ok(self.seat("other").await) })
    }

    fn foreigner(&self) -> Step<'_, Seat> {
        Box::pin(async { Ok(self.at_casino(&self.house.bonanza, "abroad").await) })
    }

    fn end_launch<'a>(&'a self, seat: &'a Seat) -> Step<'a, ()> {
        Box::pin(async move {
            let user = &seat.user;
            self.of_aurora(format!(
                "UPDATE game_session SET expires_at = created_at WHERE provider_account = '{user}'"
            ))
            .await;
            Ok(())
        })
    }

    fn block<'a>(&'a self, seat: &'a Seat) -> Step<'a, ()> {
        Box::pin(async move {
            let id = self.guest(seat).id;
            self.of_aurora(format!(
                "UPDATE player SET status = 'blocked' WHERE player_id = '{id}'"
            ))
            .await;
            Ok(())
        })
    }

    fn exclude<'a>(&'a self, seat: &'a Seat) -> Step<'a, ()> {
        Box::pin(async move {
            let (guest, decided) = (self.guest(seat), json!({ "kind": "time_out", "length": "1d" }));
            let path = "/api/v1/me/exclusions";
            let answer = guest
                .casino
                .post(path, Some(&guest.token), &decided)
                .await
                .unwrap();
            assert_eq!(answer.status, 201, "{answer:?}");
            Ok(())
        })
    }

    fn sign_out<'a>(&'a self, seat: &'a Seat) -> Step<'a, ()> {
        Box::pin(async move {
            let guest = self.guest(seat);
            let answer = guest.casino.sign_out(&guest.token).await.unwrap();
            assert_eq!(answer.status, 204, "{answer:?}");
            Ok(())
        })
    }

    fn another_launch<'a>(&'a self, seat: &'a Seat) -> Step<'a, String> {
        Box::pin(async move { Ok(self.launch(&self.guest(seat)).await.token) })
    }

    fn withdraw_game<'a>(&'a self, _: &'a Seat) -> Step<'a, ()> {
        Box::pin(async move {
            let game = self.protocol.spec.game.id;
            self.of_aurora(format!(
                "UPDATE brand_game SET enabled = false WHERE game_id = '{game}'"
            ))
            .await;
            Ok(())
        })
    }

    fn other_game<'a>(&'a self, _: &'a Seat) -> Step<'a, String> {
        Box::pin(async move {
            let name = self.protocol.spec.name;
            let (game, code) = (format!("second-{name}"), format!("second:{name}"));
            self.of_aurora(format!(
                "INSERT INTO game (game_id, provider, game_code, name, category, position) VALUES ('{game}', '{name}', '{code}', 'Second', 'slot', 900) ON CONFLICT DO NOTHING"
            ))
            .await;
            self.of_aurora(format!(
                "INSERT INTO brand_game (brand_id, game_id, position) VALUES (1, '{game}', 900) ON CONFLICT DO NOTHING"
            ))
            .await;
            Ok(code)
        })
    }

    fn deposit<'a>(&'a self, seat: &'a Seat, minor: i64) -> Step<'a, ()> {
        Box::pin(async move {
            let guest = self.guest(seat);
            let amount = format!("{}.{:02}", minor / 100, minor % 100);
            let answer = guest
                .casino
                .move_money("deposits", &guest.token, "more", &amount)
                .await
                .unwrap();
            assert_eq!(answer.status, 201, "{answer:?}");
            Ok(())
        })
    }

    fn close_brand<'a>(&'a self, _: &'a Seat) -> Step<'a, ()> {
        Box::pin(async move {
            *self.closed.lock().unwrap() = true;
            self.of_aurora("UPDATE brand SET status = 'maintenance' WHERE code = 'aurora'".to_owned())
                .await;
            self.aurora_is(false).await;
            Ok(())
        })
    }

    fn largest_bet(&self) -> Step<'_, i64> {
        Box::pin(async { Ok(LARGEST) })
    }

    fn grant<'a>(&'a self, seat: &'a Seat, minor: i64) -> Step<'a, ()> {
        Box::pin(async move {
            let player = self.player(seat);
            let bonus = Action::Grant {
                kind: GrantKind::Bonus,
                amount: Amount::new(minor).unwrap(),
                bucket: None,
                wager: Amount::new(minor * 30).unwrap(),
                convert_cap: None,
                expires_at: None,
            };
            let scope = scope_of(self.house, 1).await;
            let id = TransactionId::new(&format!("bonus {}", seat.user)).unwrap();
            let command = Command::new(player, scope.currency(), Source::player(player), id, bonus);
            let granted = wallet(self.house).await.submit(&scope, command).await.unwrap();
            assert!(granted.verdict().unwrap().receipt().is_some(), "{granted:?}");
            Ok(())
        })
    }

    fn buckets<'a>(&'a self, seat: &'a Seat) -> Step<'a, Vec<i64>> {
        Box::pin(async move {
            let scope = scope_of(self.house, 1).await;
            let wallet = wallet(self.house).await;
            let holdings = wallet
                .balance(&scope, self.player(seat), scope.currency())
                .await
                .unwrap();
            Ok(holdings.buckets.iter().map(|bucket| bucket.available).collect())
        })
    }

    fn promotion<'a>(&'a self, seat: &'a Seat, wish: String) -> Step<'a, String> {
        // An issue's id begins with whose it is.
        Box::pin(async move { Ok(format!("{}:{wish}", seat.user)) })
    }

    fn recorded<'a>(&'a self, seat: &'a Seat, ids: &'a [String]) -> Step<'a, Option<Vec<String>>> {
        Box::pin(async move {
            let brand = if seat.user.starts_with("bonanza") { 2 } else { 1 };
            let mut rows = self.house.rows_of(brand).await;
            let mut all = Vec::new();
            for id in ids {
                // The wallet's id may have more to it, where one of the provider's stands for two transactions.
                let verdicts: Vec<String> = sqlx::query_scalar(
                    "SELECT verdict FROM wallet_command WHERE source = $1 AND transaction_id ~ ($2 || '($|[^0-9A-Za-z])') ORDER BY transaction_id",
                )
                .bind(format!("provider:{}", self.protocol.spec.name))
                .bind(id)
                .fetch_all(&mut *rows)
                .await
                .unwrap();
                all.extend(verdicts.iter().map(|verdict| camel(verdict)));
            }
            Ok(Some(all))
        })
    }
}

/// `insufficient_funds` as the wallet's code calls it.
fn camel(verdict: &str) -> String {
    let word = |word: &str| word[..1].to_uppercase() + &word[1..];
    verdict.split('_').map(word).collect()
}
