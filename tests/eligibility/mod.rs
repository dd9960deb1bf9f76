//! Who may do what, asked by everything that moves money or opens a game, in one process and with the roles apart.

mod deposits;
mod exclusion;
mod held;
mod limits;
mod play;
mod races;

use croupier::demo::client::Answer;
use croupier_brand::{
    BrandScope, Clock, exclusion::ExclusionKind, redis_link::RedisLink, token::Revocations,
};
use croupier_player::{AccountName, AskedBy, Excluded, Length, PlayerStanding, PlayerStatus, Whom};
use serde_json::json;

use crate::{
    harness::{Guest, House},
    players::{Direct, PASSWORD},
};

/// What changes the standing of Aurora's players, as an operator does.
struct Desk {
    standing: PlayerStanding,
    aurora: BrandScope,
}

impl Desk {
    async fn of(house: &House) -> Self {
        let direct = Direct::over(house, Clock::system()).await;
        let [aurora, _] = direct.scopes;
        let pool = house.owners_pool(4).await;
        let link = RedisLink::new(&house.local.redis_url).unwrap();
        let revocations = Revocations::new(pool.clone(), link, Clock::system());
        Self {
            standing: PlayerStanding::new(pool, revocations, Clock::system()),
            aurora,
        }
    }

    async fn exclude(&self, account: &str, length: Length) -> Excluded {
        let account = AccountName::parse(account).unwrap();
        let asked = (ExclusionKind::SelfExclusion, length);
        self.standing
            .exclude(&self.aurora, Whom::Account(&account), asked, AskedBy::Operator)
            .await
            .unwrap()
            .unwrap()
    }

    async fn status(&self, account: &str, to: PlayerStatus) {
        let account = AccountName::parse(account).unwrap();
        let changed = self.standing.change(&self.aurora, &account, to).await.unwrap();
        assert!(changed.is_ok(), "{changed:?}");
    }
}

/// The player asks to be kept out.
async fn keep_out(guest: &Guest, kind: &str, length: &str) -> Answer {
    let body = json!({ "kind": kind, "length": length });
    guest
        .casino
        .post("/api/v1/me/exclusions", Some(&guest.token), &body)
        .await
        .unwrap()
}

/// The same player, signed in anew.
async fn again(guest: &Guest, account: &str) -> Guest {
    let session = guest.casino.sign_in(account, PASSWORD).await.unwrap();
    assert_eq!(session.status, 201, "{session:?}");
    Guest {
        token: session.text("access_token").to_owned(),
        refresh: session.text("refresh_token").to_owned(),
        ..guest.clone()
    }
}

/// Sets one of the player's own limits.
async fn set_limit(guest: &Guest, kind: &str, period: &str, amount: &str) -> Answer {
    let body = json!({ "kind": kind, "period": period, "amount": amount, "currency": "EUR" });
    let put = guest
        .casino
        .request(http::Method::PUT, "/api/v1/wallet/limits")
        .bearer_auth(&guest.token)
        .json(&body);
    let answer = guest.casino.send(put).await.unwrap();
    assert_eq!(answer.status, 200, "{answer:?}");
    answer
}

async fn moved(guest: &Guest, what: &str, key: &str, amount: &str) -> Answer {
    guest
        .casino
        .move_money(what, &guest.token, key, amount)
        .await
        .unwrap()
}

fn said(answer: &Answer) -> (u16, &str) {
    (answer.status.as_u16(), answer.code())
}
