//! Players: signing up and in, and what a body, an answer or a log may hold.

use std::sync::{Arc, Mutex};

use croupier::demo::client::{Answer, Casino};
use croupier_brand::{
    BrandScope, Clock, directory::BrandDirectory, redis_link::RedisLink, token::Revocations,
};
use croupier_player::{
    AccountName, PasswordCost, PasswordHasher, PlayerService, PlayerServiceParts, PresentedPassword,
    SessionLimits,
};
use futures_util::future::join_all;
use http::Method;
use serde_json::{Value, json};
use sqlx::postgres::PgPoolOptions;

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
        let pool = PgPoolOptions::new()
            .max_connections(4)
            .connect(&house.local.app_url)
            .await
            .unwrap();
        let directory = BrandDirectory::start(pool.clone()).await.unwrap();
        let scope = |code: &str| {
            let (brand, pool, clock) = (directory.by_code(code).unwrap(), pool.clone(), clock.clone());
            async move {
                BrandScope::for_operator(&pool, brand, "test", "look", &clock)
                    .await
                    .unwrap()
            }
        };
        let keys = house.local.keys();
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
            signing_key: keys.signing_key(None).unwrap(),
            public_keys: keys.public_keys().unwrap(),
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
async fn every_fault_of_a_body_is_named_at_once() {
    let house = House::open().await;
    let sign_up: &[(&str, &[&str])] = &[
        ("{}", &["account", "password"]),
        (r#"{"account":null,"password":null}"#, &["account", "password"]),
        (
            r#"{"account":"no spaces!","password":"short","email":"nobody","brand_id":2,"is_admin":true}"#,
            &["account", "brand_id", "email", "is_admin", "password"],
        ),
        (
            r#"{"account":7,"password":["correct horse battery"],"email":1e400}"#,
            &["account", "email", "password"],
        ),
        (
            r#"{"account":{"$ne":null},"password":true}"#,
            &["account", "password"],
        ),
        (
            r#"{"account":"bob","account":"eve","password":"correct horse battery"}"#,
            &["account"],
        ),
        (
            r#"{"account":"bob","\u0061ccount":"eve","password":"correct horse battery"}"#,
            &["account"],
        ),
        (
            r#"{"account":"same_as_this","password":"Same_As_This","email":""}"#,
            &["email", "password"],
        ),
        (
            r#"{"account":"ab","password":"correct horse battery"}"#,
            &["account"],
        ),
        (
            r#"{"account":"bob\u0000","password":"correct horse battery"}"#,
            &["account"],
        ),
        (
            r#"{"account":" bob","password":"correct horse battery"}"#,
            &["account"],
        ),
        (
            r#"{"account":"\u212Aelvin","password":"correct horse battery"}"#,
            &["account"],
        ),
        (
            r#"{"account":"' OR 1=1 --","password":"correct horse battery"}"#,
            &["account"],
        ),
        (r#"{"account":"bob","password":"123456789"}"#, &["password"]),
    ];
    let sign_in: &[(&str, &[&str])] = &[
        ("{}", &["account", "password"]),
        (
            r#"{"account":7,"password":null,"remember":true}"#,
            &["account", "password", "remember"],
        ),
        (
            r#"{"account":"bob","password":"a","password":"b"}"#,
            &["password"],
        ),
    ];
    let refresh: &[(&str, &[&str])] = &[
        ("{}", &["refresh_token"]),
        (r#"{"refresh_token":[],"sid":"x"}"#, &["refresh_token", "sid"]),
    ];
    for (path, cases) in [
        ("/api/v1/players", sign_up),
        ("/api/v1/sessions", sign_in),
        ("/api/v1/sessions/refresh", refresh),
    ] {
        for (body, fields) in cases {
            for _ in 0..2 {
                let answer = send_text(&house.aurora, path, "application/json", *body).await;
                assert_eq!(
                    (answer.status.as_u16(), answer.code(), answer.faulty_fields()),
                    (422, "invalid_fields", fields.to_vec()),
                    "{path} {body}"
                );
                assert!(
                    !answer.body.to_string().contains("correct horse"),
                    "a password is repeated: {answer:?}"
                );
                tells_nothing(&answer);
            }
        }
    }
    let mut rows = house.rows_of(1).await;
    let players: i64 = sqlx::query_scalar("SELECT count(*) FROM player WHERE brand_id = 1")
        .fetch_one(&mut *rows)
        .await
        .unwrap();
    assert_eq!(players, 0);
}

#[tokio::test]
async fn what_is_no_json_object_is_refused_as_such() {
    let house = House::open().await;
    let deep = "[".repeat(60_000);
    let deep_field = format!(r#"{{"account":{}}}"#, "[".repeat(60_000));
    let not_utf8: &[u8] = b"{\"account\":\"\xff\xfe\",\"password\":\"correct horse battery\"}";
    for path in ["/api/v1/players", "/api/v1/sessions", "/api/v1/sessions/refresh"] {
        for body in [
            "",
            "{",
            "[]",
            "null",
            "7",
            "\"x\"",
            "{\"account\":}",
            "{\"account\":NaN}",
            "{} {}",
            "{'account':'bob'}",
            "\u{feff}{}",
            &deep,
            &deep_field,
        ] {
            let answer = send_text(
                &house.aurora,
                path,
                "application/json; charset=utf-8",
                body.to_owned(),
            )
            .await;
            assert_eq!(
                (answer.status.as_u16(), answer.code(), answer.faulty_fields()),
                (400, "malformed_body", vec!["body"]),
                "{path} {:.40}",
                body
            );
        }
        let answer = send_text(&house.aurora, path, "application/json", not_utf8).await;
        assert!([400, 422].contains(&answer.status.as_u16()), "{answer:?}");
        for other in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "application/jsonp",
            "multipart/form-data; boundary=json",
            "",
        ] {
            let answer = send_text(
                &house.aurora,
                path,
                other,
                r#"{"account":"bob","password":"correct horse battery"}"#,
            )
            .await;
            assert_eq!(
                (answer.status.as_u16(), answer.code()),
                (415, "unsupported_media_type"),
                "{path} {other}"
            );
        }
        let without = house
            .aurora
            .send(house.aurora.request(Method::POST, path))
            .await
            .unwrap();
        assert_eq!(without.status, 415, "{without:?}");
    }
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
        let refreshed = house
            .aurora
            .post(
                "/api/v1/sessions/refresh",
                None,
                &json!({ "refresh_token": a.refresh }),
            )
            .await
            .unwrap();
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
    let refreshed = house
        .aurora
        .post(
            "/api/v1/sessions/refresh",
            None,
            &json!({ "refresh_token": a.refresh }),
        )
        .await
        .unwrap();
    assert_eq!(
        refreshed.status, 201,
        "what was refused was not spent: {refreshed:?}"
    );
}

#[tokio::test]
async fn a_password_is_kept_as_a_hash_that_follows_the_settings() {
    let house = House::open().await;
    house.guest(&house.aurora, "alice").await;
    let stored = async || {
        let mut rows = house.rows_of(1).await;
        sqlx::query_scalar::<_, String>("SELECT password_hash FROM player WHERE brand_id = 1")
            .fetch_one(&mut *rows)
            .await
            .unwrap()
    };
    let before = stored().await;
    assert!(
        before.starts_with("$argon2id$v=19$m=1024,t=1,p=1$") && !before.contains("correct"),
        "{before}"
    );
    let dearer = House::over(house.local.clone(), Composition::Together, |config| {
        config.password.passes = 2
    })
    .await;
    let tries = join_all((0..8).map(|_| dearer.aurora.sign_in("alice", PASSWORD))).await;
    assert!(
        tries.iter().all(|answer| answer.as_ref().unwrap().status == 201),
        "{tries:?}"
    );
    let after = stored().await;
    assert!(after.starts_with("$argon2id$v=19$m=1024,t=2,p=1$"), "{after}");
    for old_and_new in [&house, &dearer] {
        assert_eq!(
            old_and_new
                .aurora
                .sign_in("alice", PASSWORD)
                .await
                .unwrap()
                .status,
            201
        );
        assert_eq!(
            old_and_new.aurora.sign_in("alice", "wrong").await.unwrap().status,
            401
        );
    }
}

#[tokio::test]
async fn too_many_hashes_at_once_are_turned_away_and_not_queued() {
    let house = House::with(|config| {
        config.password = PasswordCost {
            memory_kib: 64 * 1024,
            passes: 3,
            at_once: std::num::NonZeroU32::new(1),
            waiting: 1,
            ..PasswordCost::default()
        };
    })
    .await;
    let answers = join_all((0..16).map(|_| house.aurora.sign_in("nobody", PASSWORD))).await;
    let (mut hashed, mut turned_away) = (0, 0);
    for answer in answers {
        let answer = answer.unwrap();
        match (answer.status.as_u16(), answer.code()) {
            (401, "invalid_credentials") => hashed += 1,
            (503, "busy") => {
                assert_eq!(answer.headers["retry-after"], "1");
                turned_away += 1;
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(
        hashed >= 2 && turned_away > 0,
        "{hashed} hashed, {turned_away} turned away"
    );
    assert_eq!(
        house.aurora.sign_in("nobody", PASSWORD).await.unwrap().status,
        401,
        "there is room again"
    );
}

/// Everything that is logged on this thread, and with it everything that a house logs: a test's
/// tasks all run on its own thread.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Heard {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_secret_is_logged_however_much_is() {
    let heard = Heard::default();
    let writer = heard.clone();
    let everything =
        || tracing_subscriber::fmt().with_max_level(tracing_subscriber::filter::LevelFilter::TRACE);
    let _guard = tracing::subscriber::set_default(everything().with_writer(move || writer.clone()).finish());
    // While there is one subscriber only, tracing asks each thread's own whether a call site matters
    // and remembers the answer for all: a thread that listens to nothing would silence this one.
    let _second = tracing::Dispatch::new(everything().with_writer(std::io::sink).finish());
    let house = House::open().await;
    let guest = house.guest(&house.aurora, "alice").await;
    house
        .aurora
        .sign_in("alice", "a wrong password 123")
        .await
        .unwrap();
    send_text(
        &house.aurora,
        "/api/v1/players",
        "application/json",
        r#"{"account":"x","password":"a rejected password","email":"private@example.com"}"#,
    )
    .await;
    house.aurora.get("/api/v1/me", Some(&guest.token)).await.unwrap();
    house.bonanza.get("/api/v1/me", Some(&guest.token)).await.unwrap();
    let renewed = house
        .aurora
        .post(
            "/api/v1/sessions/refresh",
            None,
            &json!({ "refresh_token": guest.refresh }),
        )
        .await
        .unwrap();
    house
        .aurora
        .post(
            "/api/v1/sessions/refresh",
            None,
            &json!({ "refresh_token": guest.refresh }),
        )
        .await
        .unwrap();
    house.aurora.get("/api/v1/me", Some(&guest.token)).await.unwrap();
    let mut rows = house.rows_of(1).await;
    let hash: String = sqlx::query_scalar("SELECT password_hash FROM player WHERE brand_id = 1")
        .fetch_one(&mut *rows)
        .await
        .unwrap();

    let log = String::from_utf8_lossy(&heard.0.lock().unwrap()).into_owned();
    for there in [
        "INSERT INTO player",
        "served",
        "a spent refresh token came back",
        "TRACE",
    ] {
        assert!(
            log.contains(there),
            "the test listens where something is said: {there}"
        );
    }
    let signature = guest.token.rsplit('.').next().unwrap();
    let digest = hash.rsplit('$').next().unwrap();
    let secrets = [
        PASSWORD,
        "a wrong password",
        "a rejected",
        "private@example.com",
        &guest.refresh,
        signature,
        digest,
        renewed.text("refresh_token"),
        &"s".repeat(64),
    ];
    for secret in secrets {
        assert!(
            secret.len() > 8 && !log.contains(secret),
            "{secret} is in the log"
        );
    }
}
