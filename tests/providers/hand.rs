//! What only the operator can do, done at a house of the tests.

use std::{collections::HashMap, sync::Mutex};

use croupier_game::{
    conformance::{Hand, Seat, Step},
    provider::Protocol,
};
use serde_json::json;

use crate::{
    books::sql,
    harness::{Guest, House},
};

/// One case's operator.
pub struct HouseHand<'h> {
    house: &'h House,
    protocol: &'static Protocol,
    at: usize,
    guests: Mutex<HashMap<String, Guest>>,
}

impl<'h> HouseHand<'h> {
    pub fn of(house: &'h House, protocol: &'static Protocol, at: usize) -> Self {
        Self {
            house,
            protocol,
            at,
            guests: Mutex::new(HashMap::new()),
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
        let path = format!("/api/v1/games/{}/sessions", spec.game.id);
        let launch = casino.post(&path, Some(&guest.token), &json!({})).await.unwrap();
        assert_eq!(launch.status, 201, "{launch:?}");
        let user = launch.text("provider_account").to_owned();
        self.guests.lock().unwrap().insert(user.clone(), guest);
        Seat {
            user,
            token: launch.text("token").to_owned(),
            game: spec.game.code.to_owned(),
            currency: "EUR".to_owned(),
        }
    }

    /// Puts back what the case changed for everybody.
    pub async fn tidy(&self) {
        let game = self.protocol.spec.game.id;
        sql(
            self.house,
            1,
            &format!("UPDATE brand_game SET enabled = true WHERE game_id = '{game}'"),
        )
        .await;
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
            let id = self.guests.lock().unwrap()[&seat.user].id.clone();
            self.of_aurora(format!(
                "UPDATE player SET status = 'blocked' WHERE player_id = '{id}'"
            ))
            .await;
            Ok(())
        })
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
                "INSERT INTO game (game_id, provider, game_code, name, category, position) VALUES ('{game}', '{name}', '{code}', 'Second', 'slot', 900)"
            ))
            .await;
            self.of_aurora(format!(
                "INSERT INTO brand_game (brand_id, game_id, position) VALUES (1, '{game}', 900)"
            ))
            .await;
            Ok(code)
        })
    }

    fn deposit<'a>(&'a self, seat: &'a Seat, minor: i64) -> Step<'a, ()> {
        Box::pin(async move {
            let guest = self.guests.lock().unwrap()[&seat.user].clone();
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
