//! Players: signing up and in, and what a body, an answer or a log may hold.

mod bodies;
mod secrets;
mod standing;
mod together;

use croupier::demo::client::{Answer, Casino};
use croupier_brand::{
    BrandScope, Clock,
    directory::BrandDirectory,
    redis_link::RedisLink,
    throttle::Throttle,
    token::{Halves, KeyRing, Revocations},
};
use croupier_player::{
    AccountName, PasswordCost, PasswordHasher, PlayerService, PlayerServiceParts, PresentedPassword,
    SessionLimits, SignInLimits,
};
use futures_util::future::join_all;
use http::Method;
use serde_json::{Value, json};

use crate::harness::{Composition, House};

pub const PASSWORD: &str = "correct horse battery";

/// What an answer must never hold: our SQL, our tables, our constraints, our libraries, another brand.
const NEVER: [&str; 10] = [
    "player_account_taken",
    "player_",
    "constraint",
    "SELECT",
    "INSERT",
    "sqlx",
    "duplicate key",
    "relation",
    "postgres",
    "bonanza",
];

fn tells_nothing(answer: &Answer) {
    let text = answer
        .body
        .to_string()
        .replace("player_id", "")
        .replace("player_blocked", "");
    for word in NEVER {
        assert!(!text.contains(word), "{word}: {text}");
    }
}

/// Sends a body as it is.
async fn send_text(
    casino: &Casino,
    path: &str,
    content_type: &str,
    body: impl Into<reqwest::Body>,
) -> Answer {
    let request = casino
        .request(Method::POST, path)
        .header("content-type", content_type)
        .body(body);
    casino.send(request).await.unwrap()
}

/// The service over a house's database, with a clock and a hasher of one's own.
pub struct Direct {
    pub service: PlayerService,
    pub scopes: [BrandScope; 2],
    pub revocations: Revocations,
}

impl Direct {
    pub async fn over(house: &House, clock: Clock) -> Self {
        let pool = house.brand_pool(4).await;
        let directory = BrandDirectory::start(pool.global().clone()).await.unwrap();
        let owners = house.owners_pool(2).await;
        let scope = |code: &str| {
            let (brand, pool, clock) = (directory.by_code(code).unwrap(), owners.clone(), clock.clone());
            async move {
                BrandScope::for_operator(&pool, brand, "test", "look", &clock)
                    .await
                    .unwrap()
            }
        };
        let revocations = Revocations::new(
            pool.clone(),
            RedisLink::new(&house.local.redis_url).unwrap(),
            clock.clone(),
        );
        let cost = PasswordCost {
            memory_kib: 1024,
            passes: 1,
            ..PasswordCost::default()
        };
        let parts = PlayerServiceParts {
            pool: pool.clone(),
            clock: clock.clone(),
            passwords: PasswordHasher::start(cost).unwrap(),
            sign_ins: Throttle::new(
                "sign_in",
                SignInLimits::default().throttle(),
                RedisLink::new(&house.local.redis_url).unwrap(),
                clock.clone(),
            ),
            keys: KeyRing::open(house.local.keys(), Halves::Both, clock.clone()).unwrap(),
            jwks_max_age: 300,
            exclusions: croupier_player::ExclusionLimits::default(),
            revocations: revocations.clone(),
            issuer: "croupier".to_owned(),
            limits: SessionLimits::default(),
        };
        Self {
            service: PlayerService::new(parts).unwrap(),
            scopes: [scope("aurora").await, scope("bonanza").await],
            revocations,
        }
    }
}

#[tokio::test]
async fn one_account_at_two_brands_is_two_people_with_two_passwords() {
    let house = House::open().await;
    let [first, second] = [
        (&house.aurora, "the first password"),
        (&house.bonanza, "the second password"),
    ];
    let mut ids = Vec::new();
    for (casino, password) in [first, second] {
        let signed_up = casino.sign_up("Lucky.Seven_7", password).await.unwrap();
        assert_eq!(
            (signed_up.status.as_u16(), signed_up.text("account")),
            (201, "lucky.seven_7")
        );
        ids.push(signed_up.text("player_id").to_owned());
    }
    assert_ne!(ids[0], ids[1]);
    for ((casino, password), other, id, brand) in [
        (first, second.1, &ids[0], "aurora"),
        (second, first.1, &ids[1], "bonanza"),
    ] {
        assert_eq!(
            casino.sign_in("lucky.seven_7", other).await.unwrap().code(),
            "invalid_credentials"
        );
        let session = casino.sign_in("LUCKY.seven_7", password).await.unwrap();
        assert_eq!(
            (
                session.status.as_u16(),
                session.text("token_type"),
                &session.body["expires_in"]
            ),
            (201, "Bearer", &json!(900))
        );
        assert_eq!(session.headers["cache-control"], "no-store");
        let me = casino
            .get("/api/v1/me", Some(session.text("access_token")))
            .await
            .unwrap();
        assert_eq!(
            me.body,
            json!({ "player_id": id, "account": "lucky.seven_7", "status": "active", "brand": brand })
        );
        assert_eq!(me.headers["cache-control"], "no-store");
    }
}

#[tokio::test]
async fn iso_50_iso_68_of_many_who_sign_up_at_once_one_is_let_in_at_each_brand() {
    let house = House::open().await;
    // Bonanza has the account already: it must make no difference at Aurora, nor show there.
    assert_eq!(
        house.bonanza.sign_up("popular", PASSWORD).await.unwrap().status,
        201
    );
    let spellings = [
        "popular", "Popular", "POPULAR", "popular", "pOPULAR", "popular", "popular", "popular",
    ];
    let answers = join_all(spellings.map(|account| house.aurora.sign_up(account, PASSWORD))).await;
    let mut statuses: Vec<u16> = Vec::new();
    for answer in answers {
        let answer = answer.unwrap();
        tells_nothing(&answer);
        if answer.status != 201 {
            assert_eq!(answer.code(), "account_taken", "{answer:?}");
        }
        statuses.push(answer.status.as_u16());
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409, 409, 409, 409, 409]);
    let mut rows = house.rows_of(1).await;
    let players: i64 = sqlx::query_scalar("SELECT count(*) FROM player WHERE brand_id = 1")
        .fetch_one(&mut *rows)
        .await
        .unwrap();
    assert_eq!(players, 1);
}

#[tokio::test]
async fn iso_69_a_wrong_password_and_an_account_that_is_not_there_look_alike_and_cost_the_same() {
    let house = House::open().await;
    house.guest(&house.aurora, "alice").await;
    house.guest(&house.bonanza, "only_at_bonanza").await;
    let tries = [
        ("alice", "wrong"),
        ("nobody", PASSWORD),
        ("only_at_bonanza", PASSWORD),
        ("not possible!", PASSWORD),
        ("", ""),
        ("\0", "\0"),
        ("ALICE", ""),
    ];
    let mut answers = Vec::new();
    for (account, password) in tries {
        let mut answer = house.aurora.sign_in(account, password).await.unwrap();
        assert_eq!(
            (answer.status.as_u16(), answer.code()),
            (401, "invalid_credentials"),
            "{account:?}"
        );
        // The request's own id and time apart, nothing may differ.
        assert!(!answer.text("request_id").is_empty());
        answer.body["request_id"] = Value::Null;
        for header in ["x-request-id", "date"] {
            answer.headers.remove(header);
        }
        answers.push((answer.body.to_string(), answer.headers));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:#?}");

    let direct = Direct::over(&house, Clock::system()).await;
    for (account, password) in tries.into_iter().chain([("alice", PASSWORD)]) {
        let before = direct.service.passwords().verifications();
        let outcome = direct
            .service
            .login(
                &direct.scopes[0],
                AccountName::parse(account).ok(),
                PresentedPassword::new(password),
            )
            .await
            .unwrap();
        assert_eq!(outcome.is_ok(), (account, password) == ("alice", PASSWORD));
        assert_eq!(
            direct.service.passwords().verifications() - before,
            1,
            "{account:?}"
        );
    }
}

#[tokio::test]
async fn a_blocked_player_learns_it_only_with_the_right_password_and_only_there() {
    let house = House::open().await;
    let (a, b) = (
        house.guest(&house.aurora, "alice").await,
        house.guest(&house.bonanza, "alice").await,
    );
    for (status, code) in [("blocked", "player_blocked"), ("closed", "player_closed")] {
        let mut rows = house.rows_of(1).await;
        let changed = sqlx::query("UPDATE player SET status = $1 WHERE brand_id = 1 AND account = 'alice'")
            .bind(status)
            .execute(&mut *rows)
            .await
            .unwrap();
        assert_eq!(changed.rows_affected(), 1);
        rows.commit().await.unwrap();

        let right = house.aurora.sign_in("alice", PASSWORD).await.unwrap();
        assert_eq!((right.status.as_u16(), right.code()), (403, code));
        let wrong = house.aurora.sign_in("alice", "wrong").await.unwrap();
        assert_eq!(
            (wrong.status.as_u16(), wrong.code()),
            (401, "invalid_credentials"),
            "a guesser is told nothing"
        );
        let refreshed = house.aurora.refresh(&a.refresh).await.unwrap();
        assert_eq!((refreshed.status.as_u16(), refreshed.code()), (403, code));
        let taken = house.aurora.sign_up("alice", PASSWORD).await.unwrap();
        assert_eq!(taken.code(), "account_taken", "the account is not free again");
        let me = house.aurora.get("/api/v1/me", Some(&a.token)).await.unwrap();
        assert_eq!(
            (me.status.as_u16(), me.text("status")),
            (200, status),
            "the token is good to its end, and says what is so"
        );
        assert_eq!(
            b.casino
                .get("/api/v1/me", Some(&b.token))
                .await
                .unwrap()
                .text("status"),
            "active"
        );
        assert_eq!(
            house.bonanza.sign_in("alice", PASSWORD).await.unwrap().status,
            201
        );
    }
    let mut rows = house.rows_of(1).await;
    sqlx::query("UPDATE player SET status = 'active' WHERE brand_id = 1")
        .execute(&mut *rows)
        .await
        .unwrap();
    rows.commit().await.unwrap();
    let refreshed = house.aurora.refresh(&a.refresh).await.unwrap();
    assert_eq!(
        refreshed.status, 201,
        "what was refused was not spent: {refreshed:?}"
    );
}
