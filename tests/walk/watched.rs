//! Calls that are watched from outside: what they change of which brand, in PostgreSQL and in Redis.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as B64};
use croupier::demo::client::Casino;
use croupier_brand::{
    Clock,
    http::routes::Access,
    token::{Audience, KeyDir, OperatorClaims, PlayerClaims, PlayerId, SessionId},
};
use croupier_game::hub88::simulator::{Bet, Launch};
use uuid::Uuid;

use super::{
    estate::{Estate, Visitor},
    expectations::{Expectation, Said},
    heard::{Call, Heard},
    kept::{self, Kept},
};
use crate::harness::House;

/// Somebody who walks through the house and is watched.
pub struct Walk {
    /// The house.
    pub estate: Estate,
    /// An operator's token.
    pub operator: String,
}

impl Walk {
    /// Opens a house that has been lived in.
    pub async fn begin() -> Self {
        let estate = Estate::open().await;
        kept::keep_keys(&estate.house).await;
        for side in &estate.sides {
            let kept = Kept::of(&estate.house, &side.brand).await;
            let mut empty = kept.empty();
            // An operator's archive writes there, over the owner's connection, and no call.
            empty.retain(|table| *table != "journal_opening");
            assert_eq!(
                empty, [""; 0],
                "{}: tables of which the walk sees nothing change",
                side.brand.code
            );
        }
        let operator = sign(&estate.house.local.operator_keys(), &operators());
        Self { estate, operator }
    }

    /// Makes a call that is for the brand `served`, and watches.
    pub async fn make(&self, call: &Call, door: &Casino, served: usize, said: Said, what: &str) -> Heard {
        let heard = self.watch(call, door, served, what).await;
        let told = heard.said();
        assert_eq!((told.0, told.1.as_str()), said, "{what}: {heard:?}");
        heard
    }

    /// The same, whatever is said.
    pub async fn watch(&self, call: &Call, door: &Casino, served: usize, what: &str) -> Heard {
        let before = self.kept().await;
        let heard = call.to(door).await;
        let after = self.kept().await;
        let other = 1 - served;
        assert_eq!(
            after[other].differs(&before[other]),
            [""; 0],
            "{what}: something of the other brand changed"
        );
        if heard.is_refusal() {
            let changed = after[served].differs(&before[served]);
            // Redis notes that a signed call came.
            let rows: Vec<_> = changed.iter().filter(|place| !place.contains(':')).collect();
            assert!(
                rows.is_empty(),
                "{what}: refused, and yet {rows:?} changed: {heard:?}"
            );
        }
        heard
    }

    async fn kept(&self) -> [Kept; 2] {
        let [first, second] = &self.estate.sides;
        [
            Kept::of(&self.estate.house, &first.brand).await,
            Kept::of(&self.estate.house, &second.brand).await,
        ]
    }

    /// A casino's door.
    pub fn door(&self, side: usize) -> &Casino {
        &self.estate.sides[side].casino
    }

    /// The call with what proves who makes it.
    pub fn proven(&self, line: &Expectation, call: Call, visitor: &Visitor) -> Call {
        match line.access {
            Access::Player => call.by(&visitor.guest.token),
            Access::Provider => call.signed(&self.estate.house),
            Access::Brand | Access::Public => call,
            Access::Service => panic!("{} is not for the edge", line.path),
        }
    }

    /// The call by somebody else: the token, and the signature where the route asks for one.
    pub fn proven_by(&self, line: &Expectation, call: Call, bearer: &str) -> Call {
        let call = call.by(bearer);
        if line.access == Access::Provider {
            call.signed(&self.estate.house)
        } else {
            call
        }
    }
}

/// Signs claims with a folder's key.
pub fn sign<C: Audience>(keys: &KeyDir, claims: &C) -> String {
    let key = keys.signing_key(Clock::system().now()).unwrap();
    key.sign(claims).unwrap()
}

/// An operator's claims.
pub fn operators() -> OperatorClaims {
    let now = Clock::system().unix_seconds();
    OperatorClaims {
        iss: "croupier".to_owned(),
        aud: OperatorClaims::AUDIENCE.to_owned(),
        admin_id: "ops-1".to_owned(),
        jti: Uuid::new_v4(),
        iat: now,
        exp: now + 900,
    }
}

/// A token of the visitor's brand, well signed, for another player or another session.
pub fn forged(house: &House, visitor: &Visitor, player: &str, session: &str) -> String {
    let of: PlayerClaims = {
        let payload = B64
            .decode(visitor.guest.token.split('.').nth(1).unwrap())
            .unwrap();
        serde_json::from_slice(&payload).unwrap()
    };
    sign(
        &house.local.keys(),
        &PlayerClaims {
            sub: PlayerId(player.parse().unwrap()),
            sid: SessionId(session.parse().unwrap()),
            ..of
        },
    )
}

/// Whether aurora still takes bets, as the process that has the game routes sees it: one of nothing.
pub async fn bet_is_taken(walk: &Walk) -> bool {
    let ids = &walk.estate.sides[0].ids;
    let launch = Launch {
        user: format!("aurora{}", ids.account),
        token: ids.launch.clone(),
        game_code: "clt_northernlights".to_owned(),
        currency: "EUR".to_owned(),
    };
    let bet = Bet::new("probe", 0);
    walk.estate
        .house
        .provider
        .bet(&launch, &bet)
        .await
        .unwrap()
        .is_ok()
}
