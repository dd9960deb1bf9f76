//! The roles apart: one story across them, and what a service believes of a call.
//!
//! The attacker here stands inside: it reaches each service's own listener, past the edge.

use std::net::SocketAddr;

use croupier::{
    config::HostPort,
    demo::{
        client::{Answer, Casino},
        story::Story,
    },
    runtime::{Role, route_list},
};
use croupier_brand::{
    BrandId, Clock,
    enforcement::Mode,
    http::routes::{Access, Route},
    signature::{BrandKey, BrandSigner, Secret, SignedRequest},
};
use croupier_game::hub88::simulator::{Bet, Rollback, Signing, Simulator, SimulatorKey, bet_body};
use http::{HeaderMap, HeaderValue, Method, Uri};
use serde_json::json;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::harness::{Composition, Counted, EUR, House, Wire, failed, place};

const SERVICES: [Role; 3] = [Role::Player, Role::Wallet, Role::Game];

async fn apart(mode: Mode, default_brand: Option<&'static str>) -> House {
    House::composed(Composition::Apart, move |config| {
        config.enforcement = mode;
        config.brands.default = default_brand.map(str::to_owned);
    })
    .await
}

/// A call straight to a service.
#[derive(Clone)]
struct Call {
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Call {
    fn get(path: &str) -> Self {
        Self {
            method: Method::GET,
            path: path.to_owned(),
            headers: HeaderMap::new(),
            body: Vec::new(),
        }
    }

    fn deposit(key: &str, amount: &str) -> Self {
        let headers = [("content-type", "application/json"), ("idempotency-key", key)];
        Self {
            method: Method::POST,
            path: "/api/v1/wallet/deposits".to_owned(),
            headers: headers
                .into_iter()
                .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
                .collect(),
            body: json!({ "amount": amount, "currency": "EUR" })
                .to_string()
                .into_bytes(),
        }
    }

    fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.insert(name, value.parse().unwrap());
        self
    }

    /// By a player.
    fn by(self, token: &str) -> Self {
        self.with("authorization", &format!("Bearer {token}"))
    }

    /// Signed for a brand.
    fn signed(mut self, signer: &BrandSigner, brand: i64) -> Self {
        let uri: Uri = self.path.parse().unwrap();
        let request = SignedRequest {
            method: &self.method,
            uri: &uri,
            body: &self.body,
        };
        signer.sign(
            &mut self.headers,
            BrandId::new(brand).unwrap(),
            Uuid::new_v4(),
            request,
        );
        self
    }

    /// Introduced as a caller's, for no brand.
    fn introduced(mut self, signer: &BrandSigner) -> Self {
        signer.introduce(&mut self.headers, Uuid::new_v4());
        self
    }

    async fn to(&self, service: SocketAddr) -> Answer {
        let casino = Casino::new(&format!("http://{service}"), "service.internal");
        let request = casino
            .request(self.method.clone(), &self.path)
            .headers(self.headers.clone())
            .body(self.body.clone());
        casino.send(request).await.unwrap()
    }
}

fn signer_of(
    house: &House,
    caller: &str,
    key: Option<BrandKey>,
    token: Option<&str>,
    clock: Clock,
) -> BrandSigner {
    let key = key.unwrap_or_else(|| house.config.signing_keys[0].clone());
    let token = token.map_or_else(
        || house.config.service_tokens["gateway"].clone(),
        |token| Secret::new(token.to_owned()).unwrap(),
    );
    BrandSigner::new(caller, key, &token, clock).unwrap()
}

/// Signs as the edge does.
fn gateway(house: &House) -> BrandSigner {
    signer_of(house, "gateway", None, None, Clock::system())
}

/// The edge's clock, so many seconds off.
fn off_by(seconds: i64) -> Clock {
    Clock::manual(
        OffsetDateTime::from_unix_timestamp(Clock::system().unix_seconds()).unwrap()
            + Duration::seconds(seconds),
    )
}

fn refused(answer: &Answer) -> (u16, &str) {
    (answer.status.as_u16(), answer.code())
}

/// Which service has a route.
fn service_of(route: &Route) -> Option<Role> {
    match route.path {
        path if path.starts_with("/api/v1/wallet") => Some(Role::Wallet),
        path if path.starts_with("/api/v1/games") || path.starts_with("/callbacks/") => Some(Role::Game),
        "/api/v1/brand" | "/health" | "/health/live" | "/metrics" | "/openapi.json" => None,
        path if path.starts_with("/api/v1/") || path.starts_with("/.well-known/") => Some(Role::Player),
        _ => None,
    }
}

#[tokio::test]
async fn the_whole_story_is_told_across_four_processes() {
    let house = apart(Mode::Enforce, None).await;
    let (keys, kid) = house.local.provider_key();
    let key = SimulatorKey::from_pem(&std::fs::read(keys.private_path(&kid)).unwrap()).unwrap();
    let told = std::sync::Mutex::new(0);
    let story = Story {
        aurora: house.aurora.clone(),
        bonanza: house.bonanza.clone(),
        nowhere: house.at("nowhere.localhost"),
        provider: Simulator::new(&format!("{}/callbacks/hub88", house.edge), key).unwrap(),
        auditor: house.owner.clone(),
        tell: &|_, _| *told.lock().unwrap() += 1,
    };
    story.play().await.unwrap();
    assert!(*told.lock().unwrap() > 25);
    for role in SERVICES {
        let health = Call::get("/health").to(house.service(role)).await;
        assert_eq!(
            (
                health.text("role"),
                health.text("status"),
                health.text("enforcement")
            ),
            (role.as_str(), "ok", "enforce")
        );
    }
    house.audit().await;
}

#[tokio::test]
async fn iso_27_no_route_of_a_service_answers_a_call_that_is_not_signed() {
    let house = apart(Mode::Enforce, None).await;
    let a = house.guest(&house.aurora, "alice").await;
    let mut tried = 0;
    for route in route_list() {
        let Some(role) = service_of(&route) else { continue };
        tried += 1;
        let call = Call {
            method: route.method.clone(),
            ..Call::get(&route.path.replace("{game}", "northern-lights"))
        }
        .by(&a.token);
        for (what, call) in [
            ("as it came", call.clone()),
            (
                "from a brand's own domain",
                call.clone().with("x-forwarded-host", "aurora.localhost"),
            ),
            ("with a brand's number", call.clone().with("x-brand-id", "1")),
            (
                "with a name and no token",
                call.clone()
                    .with("x-brand-id", "1")
                    .with("x-caller-service", "gateway"),
            ),
        ] {
            let answer = call.to(house.service(role)).await;
            assert_eq!(
                refused(&answer),
                (403, "missing_brand_header"),
                "{route:?} {what}: {answer:?}"
            );
        }
        let forged = call
            .clone()
            .with("x-caller-service", "gateway")
            .with("x-service-token", &"x".repeat(64));
        let answer = match route.access {
            Access::Public | Access::Provider => forged,
            Access::Brand | Access::Player => forged
                .with("x-brand-id", "1")
                .with("x-request-id", &Uuid::new_v4().to_string())
                .with("x-brand-timestamp", &Clock::system().unix_seconds().to_string())
                .with("x-brand-signature", &format!("v2={}", "0".repeat(64))),
        };
        let answer = answer.to(house.service(role)).await;
        assert_eq!(
            refused(&answer),
            (403, "caller_not_allowed"),
            "{route:?}: {answer:?}"
        );
        // Introduced is enough for no brand's route.
        if matches!(route.access, Access::Brand | Access::Player) {
            let answer = call.introduced(&gateway(&house)).to(house.service(role)).await;
            assert_eq!(
                refused(&answer),
                (403, "missing_brand_header"),
                "{route:?}: {answer:?}"
            );
        }
    }
    assert!(tried > 15, "{tried}");
}

#[tokio::test]
async fn iso_28_to_34_a_call_is_believed_as_it_was_signed_and_in_no_other_way() {
    let house = apart(Mode::Enforce, None).await;
    let a = house.guest(&house.aurora, "alice").await;
    let (wallet, signer) = (house.service(Role::Wallet), gateway(&house));
    let good = Call::get("/api/v1/wallet/entries?limit=5").by(&a.token);
    assert_eq!(
        good.clone().signed(&signer, 1).to(wallet).await.status,
        200,
        "the attacker's tools are good"
    );

    let signed = good.clone().signed(&signer, 1);
    for (what, changed) in [
        ("another brand", signed.clone().with("x-brand-id", "2")),
        (
            "another spelling of the brand",
            signed.clone().with("x-brand-id", "01"),
        ),
        (
            "another request",
            signed.clone().with("x-request-id", &Uuid::new_v4().to_string()),
        ),
        (
            "another time",
            signed.clone().with(
                "x-brand-timestamp",
                &(Clock::system().unix_seconds() + 1).to_string(),
            ),
        ),
        (
            "another query",
            Call {
                path: "/api/v1/wallet/entries?limit=50".to_owned(),
                ..signed.clone()
            },
        ),
        (
            "no query",
            Call {
                path: "/api/v1/wallet/entries".to_owned(),
                ..signed.clone()
            },
        ),
        (
            "another path",
            Call {
                path: "/api/v1/wallet?limit=5".to_owned(),
                ..signed.clone()
            },
        ),
        (
            "another method",
            Call {
                method: Method::HEAD,
                ..signed.clone()
            },
        ),
        (
            "a body",
            Call {
                body: b"{}".to_vec(),
                ..signed.clone()
            },
        ),
        (
            "an older version's name",
            signed.clone().with(
                "x-brand-signature",
                &signed.headers["x-brand-signature"]
                    .to_str()
                    .unwrap()
                    .replace("v2=", "v1="),
            ),
        ),
        (
            "no version",
            signed.clone().with(
                "x-brand-signature",
                &signed.headers["x-brand-signature"].to_str().unwrap()[3..],
            ),
        ),
        ("no signature", signed.clone().with("x-brand-signature", "v2=")),
        (
            "half a signature",
            signed.clone().with(
                "x-brand-signature",
                &signed.headers["x-brand-signature"].to_str().unwrap()[..35],
            ),
        ),
        ("no key that we know", signed.clone().with("x-brand-key-id", "k2")),
    ] {
        let answer = changed.to(wallet).await;
        assert_eq!(answer.status, 403, "{what}: {answer:?}");
        assert!(
            answer.code() == "bad_signature" || changed.method == Method::HEAD,
            "{what}: {answer:?}"
        );
    }
    for name in [
        "x-brand-id",
        "x-caller-service",
        "x-request-id",
        "x-brand-timestamp",
        "x-brand-key-id",
        "x-brand-signature",
        "x-service-token",
    ] {
        let mut twice = signed.clone();
        twice.headers.append(name, signed.headers[name].clone());
        assert_eq!(
            refused(&twice.to(wallet).await),
            (403, "bad_signature"),
            "{name} twice"
        );
    }
    for (seconds, expected) in [(-25, 200), (25, 200), (-40, 403), (40, 403), (-86_400, 403)] {
        let answer = good
            .clone()
            .signed(&signer_of(&house, "gateway", None, None, off_by(seconds)), 1)
            .to(wallet)
            .await;
        assert_eq!(answer.status, expected, "{seconds}: {answer:?}");
        assert!(
            expected == 200 || answer.code() == "stale_signature",
            "{seconds}: {answer:?}"
        );
    }
    let key = |id: &str, letter: &str| BrandKey {
        id: id.to_owned(),
        secret: Secret::new(letter.repeat(64)).unwrap(),
    };
    for (what, signer, code) in [
        (
            "an unknown key id",
            signer_of(&house, "gateway", Some(key("k9", "s")), None, Clock::system()),
            "bad_signature",
        ),
        (
            "another key under our id",
            signer_of(&house, "gateway", Some(key("k1", "x")), None, Clock::system()),
            "bad_signature",
        ),
        (
            "a wrong service token",
            signer_of(&house, "gateway", None, Some(&"x".repeat(64)), Clock::system()),
            "caller_not_allowed",
        ),
        (
            "the signing key as the token",
            signer_of(&house, "gateway", None, Some(&"s".repeat(64)), Clock::system()),
            "caller_not_allowed",
        ),
        (
            "a caller with no token here",
            signer_of(&house, "game", None, None, Clock::system()),
            "caller_not_allowed",
        ),
        (
            "a caller that is none",
            signer_of(&house, "gateway|1", None, None, Clock::system()),
            "caller_not_allowed",
        ),
    ] {
        assert_eq!(
            refused(&good.clone().signed(&signer, 1).to(wallet).await),
            (403, code),
            "{what}"
        );
    }
}

#[tokio::test]
async fn iso_33_a_service_believes_no_caller_about_the_player() {
    let counted = Counted::here();
    let house = apart(Mode::Enforce, None).await;
    let (a, b) = (
        house.guest(&house.aurora, "alice").await,
        house.guest(&house.bonanza, "alice").await,
    );
    a.casino
        .move_money("deposits", &a.token, "k", "70.00")
        .await
        .unwrap();
    let (wallet, signer) = (house.service(Role::Wallet), gateway(&house));
    // Signed well, for Bonanza, with Aurora's player.
    for call in [Call::get("/api/v1/wallet"), Call::deposit("k2", "5.00")] {
        assert_eq!(
            refused(&call.clone().by(&a.token).signed(&signer, 2).to(wallet).await),
            (403, "brand_mismatch")
        );
        assert_eq!(
            refused(&call.clone().signed(&signer, 2).to(wallet).await),
            (401, "unauthenticated")
        );
        assert_eq!(
            refused(&call.by(&a.token).signed(&signer, 99).to(wallet).await),
            (403, "cross_brand_target")
        );
    }
    let opened = Call {
        method: Method::POST,
        ..Call::get("/api/v1/games/northern-lights/sessions")
    };
    assert_eq!(
        refused(
            &opened
                .by(&a.token)
                .signed(&signer, 2)
                .to(house.service(Role::Game))
                .await
        ),
        (403, "brand_mismatch")
    );
    assert_eq!(
        refused(
            &Call::get("/api/v1/me")
                .by(&a.token)
                .signed(&signer, 2)
                .to(house.service(Role::Player))
                .await
        ),
        (403, "brand_mismatch")
    );
    assert_eq!(
        (
            counted.failed("jwt_brand_mismatch", "wallet"),
            counted.failed("jwt_brand_mismatch", "game"),
            counted.failed("jwt_brand_mismatch", "player")
        ),
        (2, 1, 1)
    );
    // And a session that ended at one service has ended at all of them.
    let out = a
        .casino
        .send(
            a.casino
                .request(Method::DELETE, "/api/v1/sessions/current")
                .bearer_auth(&a.token),
        )
        .await
        .unwrap();
    assert_eq!(out.status, 204);
    assert_eq!(
        refused(
            &Call::deposit("k3", "5.00")
                .by(&a.token)
                .signed(&signer, 1)
                .to(wallet)
                .await
        ),
        (401, "unauthenticated")
    );
    assert_eq!(b.total().await, "0.00");
    house.audit().await;
}

#[tokio::test]
async fn iso_29_what_was_overheard_on_the_wire_is_good_for_nothing_else() {
    let mut house = apart(Mode::Enforce, None).await;
    let wallet = house.service(Role::Wallet);
    let wire = Wire::to(wallet).await;
    let at = wire.address.to_string();
    let edge = house
        .start(Role::Gateway, |config| {
            *place(config, Role::Wallet) = Some(HostPort::try_from(at).unwrap())
        })
        .await;
    let a = house
        .guest(
            &Casino::new(&format!("http://{edge}"), "aurora.localhost"),
            "alice",
        )
        .await;
    let request = a
        .casino
        .request(Method::POST, "/api/v1/wallet/deposits")
        .bearer_auth(&a.token)
        .header("idempotency-key", "first")
        // What a client says of itself must neither reach the service nor take our own words away.
        .header("x-brand-id", "2")
        .header("x-service-token", "x")
        .header("x-brand-signature", "v2=00")
        .header(
            "connection",
            "keep-alive, x-brand-id, x-brand-signature, x-service-token, x-caller-service",
        )
        .json(&json!({ "amount": "10.00", "currency": "EUR" }));
    let deposit = a.casino.send(request).await.unwrap();
    assert_eq!(deposit.status, 201, "{deposit:?}");
    let heard = wire.last();
    assert_eq!(
        (
            heard.headers["x-brand-id"].to_str().unwrap(),
            heard.headers.get_all("x-brand-id").iter().count()
        ),
        ("1", 1)
    );
    assert_eq!(
        heard.headers["x-request-id"], deposit.headers["x-request-id"],
        "one id from the edge on"
    );
    let heard = Call {
        method: heard.method,
        path: heard.path,
        headers: heard.headers,
        body: heard.body,
    };

    // As it was: the same deposit, which is done once whoever repeats it.
    let repeated = heard.to(wallet).await;
    assert_eq!(
        (repeated.status.as_u16(), repeated.text("deposit_id")),
        (201, deposit.text("deposit_id"))
    );
    let bigger = json!({ "amount": "9999.00", "currency": "EUR" })
        .to_string()
        .into_bytes();
    for (what, replayed) in [
        (
            "another body",
            Call {
                body: bigger,
                ..heard.clone()
            },
        ),
        (
            "no body",
            Call {
                body: Vec::new(),
                ..heard.clone()
            },
        ),
        (
            "another path",
            Call {
                path: "/api/v1/wallet/withdrawals".to_owned(),
                ..heard.clone()
            },
        ),
        (
            "a query",
            Call {
                path: format!("{}?x=1", heard.path),
                ..heard.clone()
            },
        ),
        ("another brand", heard.clone().with("x-brand-id", "2")),
    ] {
        let answer = replayed.to(wallet).await;
        assert_eq!(refused(&answer), (403, "bad_signature"), "{what}: {answer:?}");
    }
    let read = Call {
        method: Method::GET,
        path: "/api/v1/wallet".to_owned(),
        body: Vec::new(),
        ..heard.clone()
    };
    assert_eq!(
        refused(&read.to(wallet).await),
        (403, "bad_signature"),
        "another method"
    );
    // The service token alone opens nothing of a brand's, at any service.
    for role in SERVICES {
        let path = match role {
            Role::Player => "/api/v1/me",
            Role::Wallet => "/api/v1/wallet",
            _ => "/api/v1/games",
        };
        let call = Call {
            method: Method::GET,
            path: path.to_owned(),
            body: Vec::new(),
            ..heard.clone()
        };
        assert_eq!(
            refused(&call.to(house.service(role)).await),
            (403, "bad_signature"),
            "{role}"
        );
    }
    assert_eq!(a.total().await, "10.00");
    house.audit().await;
}

#[tokio::test]
async fn iso_63_callbacks_and_keys_are_for_callers_only() {
    let house = apart(Mode::Enforce, None).await;
    let (a, launch) = house.player(&house.aurora, "alice", "100.00").await;
    let (game, player) = (house.service(Role::Game), house.service(Role::Player));
    let (keys, kid) = house.local.provider_key();
    let key = SimulatorKey::from_pem(&std::fs::read(keys.private_path(&kid)).unwrap()).unwrap();
    // The provider's own signature does not make it a service of ours.
    let straight = Simulator::new(&format!("http://{game}/callbacks/hub88"), key).unwrap();
    let bet = Bet::new("round", EUR);
    let reply = straight.bet(&launch, &bet).await.unwrap();
    assert_eq!((reply.http_status, reply.status), (403, None), "{reply:?}");
    assert!(reply.raw.contains("missing_brand_header"), "{reply:?}");
    // Nor does a service's token stand for the provider's signature.
    let body = serde_json::to_vec(&bet_body(&launch, &bet)).unwrap();
    let unsigned = Call {
        method: Method::POST,
        body,
        ..Call::get("/callbacks/hub88/transaction/bet")
    };
    let answer = unsigned
        .with("content-type", "application/json")
        .introduced(&gateway(&house))
        .to(game)
        .await;
    assert_eq!(answer.text("status"), "RS_ERROR_INVALID_SIGNATURE", "{answer:?}");
    assert_eq!(a.total().await, "100.00");
    assert!(
        house.provider.bet(&launch, &bet).await.unwrap().is_ok(),
        "by way of the edge it is taken"
    );
    assert_eq!(a.total().await, "99.00");

    assert_eq!(
        refused(&Call::get("/.well-known/jwks.json").to(player).await),
        (403, "missing_brand_header")
    );
    let introduced = Call::get("/.well-known/jwks.json").introduced(&gateway(&house));
    assert_eq!(introduced.to(player).await.status, 200);
    assert_eq!(
        refused(
            &introduced
                .with("x-service-token", &"x".repeat(64))
                .to(player)
                .await
        ),
        (403, "caller_not_allowed")
    );
    house.audit().await;
}

#[tokio::test]
async fn iso_33_the_flag_and_the_default_brand_decide_about_a_call_that_is_not_signed() {
    for default_brand in [Some("aurora"), None] {
        for mode in [Mode::Off, Mode::Observe, Mode::Enforce] {
            let what = format!("{mode}, default {default_brand:?}");
            let counted = Counted::here();
            let house = apart(mode, default_brand).await;
            let (a, b) = (
                house.guest(&house.aurora, "alice").await,
                house.guest(&house.bonanza, "bob").await,
            );
            a.casino
                .move_money("deposits", &a.token, "k", "70.00")
                .await
                .unwrap();
            b.casino
                .move_money("deposits", &b.token, "k", "30.00")
                .await
                .unwrap();
            let (game, wallet) = (house.service(Role::Game), house.service(Role::Wallet));
            let passes = default_brand.is_some() && mode != Mode::Enforce;

            let games = Call::get("/api/v1/games").to(game).await;
            assert_eq!(
                refused(&games),
                if passes {
                    (200, "")
                } else {
                    (403, "missing_brand_header")
                },
                "{what}: {games:?}"
            );
            // What the doubtful claim says is not what it runs under.
            let forged = Call::get("/api/v1/wallet").with("x-brand-id", "2");
            let mine = forged.clone().by(&a.token).to(wallet).await;
            let theirs = forged.by(&b.token).to(wallet).await;
            if passes {
                assert_eq!(mine.text("total"), "70.00", "{what}: {mine:?}");
                assert_ne!(theirs.text("total"), "30.00", "{what}: {theirs:?}");
            } else {
                assert_eq!(
                    (refused(&mine), refused(&theirs)),
                    ((403, "missing_brand_header"), (403, "missing_brand_header")),
                    "{what}"
                );
            }
            let signer = gateway(&house);
            let changed = Call::get("/api/v1/games")
                .signed(&signer, 2)
                .with("x-brand-id", "1")
                .to(game)
                .await;
            assert_eq!(
                changed.status,
                if passes { 200 } else { 403 },
                "{what}: {changed:?}"
            );
            let stale = Call::get("/api/v1/games")
                .signed(&signer_of(&house, "gateway", None, None, off_by(-60)), 2)
                .to(game)
                .await;
            assert_eq!(stale.status, if passes { 200 } else { 403 }, "{what}: {stale:?}");
            let stranger = Call::get("/api/v1/games")
                .signed(&signer_of(&house, "game", None, None, Clock::system()), 2)
                .to(game)
                .await;
            assert_eq!(
                stranger.status,
                if passes { 200 } else { 403 },
                "{what}: {stranger:?}"
            );

            let expected = if mode == Mode::Off {
                [0; 5]
            } else {
                [1, 2, 1, 1, 1]
            };
            let counts = [
                ("missing_brand_header", "game"),
                ("missing_brand_header", "wallet"),
                ("bad_signature", "game"),
                ("stale_signature", "game"),
                ("caller_not_allowed", "game"),
            ];
            assert_eq!(
                counts.map(|(reason, service)| counted.failed(reason, service)),
                expected,
                "{what}"
            );
            // Bonanza's player under the default brand, which is Aurora.
            assert_eq!(
                counted.failed("jwt_brand_mismatch", "wallet"),
                u64::from(passes && mode == Mode::Observe),
                "{what}"
            );
            assert_eq!(
                Call::get("/api/v1/games")
                    .signed(&signer, 2)
                    .to(game)
                    .await
                    .status,
                200,
                "{what}: what is signed is believed"
            );
            assert_eq!(
                (a.total().await, b.total().await),
                ("70.00".to_owned(), "30.00".to_owned()),
                "{what}"
            );
            house.audit().await;
        }
    }
}

#[tokio::test]
async fn what_is_not_believed_shows_in_the_services_metrics() {
    let house = apart(Mode::Enforce, None).await;
    let game = house.service(Role::Game);
    let shown = async || {
        let metrics = Call::get("/metrics").to(game).await;
        failed(metrics.body.as_str().unwrap(), "missing_brand_header", "game")
    };
    let before = shown().await;
    for _ in 0..3 {
        Call::get("/api/v1/games").to(game).await;
    }
    // Other tests of this process may count as well.
    assert!(shown().await >= before + 3);
}

#[tokio::test]
async fn a_service_that_is_away_is_503_and_what_is_repeated_afterwards_is_done_once() {
    let mut house = apart(Mode::Enforce, None).await;
    let a = house.guest(&house.aurora, "alice").await;
    let before = a
        .casino
        .move_money("deposits", &a.token, "before", "10.00")
        .await
        .unwrap();
    let at = house.service(Role::Wallet);
    house.stop(Role::Wallet).await;
    for _ in 0..2 {
        let deposit = a
            .casino
            .move_money("deposits", &a.token, "after", "5.00")
            .await
            .unwrap();
        assert_eq!(refused(&deposit), (503, "unavailable"), "{deposit:?}");
        assert_eq!(deposit.headers["retry-after"], "1");
        assert_eq!(
            deposit.headers["x-request-id"].to_str().unwrap(),
            deposit.text("request_id")
        );
        assert!(
            !deposit.body.to_string().contains(&at.port().to_string()),
            "where our services are is nobody's business"
        );
    }
    assert_eq!(
        a.casino.get("/api/v1/me", Some(&a.token)).await.unwrap().status,
        200,
        "the others go on"
    );
    house
        .start(Role::Wallet, |config| config.internal.listen = at)
        .await;
    for (key, amount, total) in [
        ("after", "5.00", "15.00"),
        ("after", "5.00", "15.00"),
        ("before", "10.00", "15.00"),
    ] {
        let deposit = a
            .casino
            .move_money("deposits", &a.token, key, amount)
            .await
            .unwrap();
        assert_eq!(deposit.status, 201, "{deposit:?}");
        assert!(
            key != "before" || deposit.text("deposit_id") == before.text("deposit_id"),
            "{deposit:?}"
        );
        assert_eq!(a.total().await, total);
    }
    house.audit().await;
}

#[tokio::test]
async fn money_36_an_answer_lost_between_services_is_503_and_its_repeat_is_done_once() {
    let mut house = apart(Mode::Enforce, None).await;
    let wires = [
        (Role::Wallet, Wire::to(house.service(Role::Wallet)).await),
        (Role::Game, Wire::to(house.service(Role::Game)).await),
    ];
    let edge = house
        .start(Role::Gateway, |config| {
            for (role, wire) in &wires {
                *place(config, *role) = Some(HostPort::try_from(wire.address.to_string()).unwrap());
            }
        })
        .await;
    let casino = Casino::new(&format!("http://{edge}"), "aurora.localhost");
    let (a, launch) = house.player(&casino, "alice", "100.00").await;
    let lose = |lose: bool| wires.iter().for_each(|(_, wire)| wire.lose_answers(lose));

    lose(true);
    let lost = a
        .casino
        .move_money("deposits", &a.token, "lost", "10.00")
        .await
        .unwrap();
    assert_eq!(refused(&lost), (503, "unavailable"), "{lost:?}");
    let taken = a
        .casino
        .move_money("withdrawals", &a.token, "taken", "20.00")
        .await
        .unwrap();
    assert_eq!(refused(&taken), (503, "unavailable"), "{taken:?}");
    let (keys, kid) = house.local.provider_key();
    let key = SimulatorKey::from_pem(&std::fs::read(keys.private_path(&kid)).unwrap()).unwrap();
    let provider = Simulator::new(&format!("http://{edge}/callbacks/hub88"), key).unwrap();
    let bet = Bet::new("round", 30 * EUR);
    let body = serde_json::to_vec(&bet_body(&launch, &bet)).unwrap();
    let reply = provider
        .send_raw("/transaction/bet", body.clone(), &Signing::Proper)
        .await
        .unwrap();
    assert!(reply.http_status == 503 && !reply.is_ok(), "{reply:?}");
    lose(false);

    assert_eq!(a.total().await, "80.00", "all three were done");
    for _ in 0..2 {
        let found = a
            .casino
            .move_money("deposits", &a.token, "lost", "10.00")
            .await
            .unwrap();
        assert_eq!(
            (found.status.as_u16(), found.text("status")),
            (201, "completed"),
            "{found:?}"
        );
        let found = a
            .casino
            .move_money("withdrawals", &a.token, "taken", "20.00")
            .await
            .unwrap();
        assert_eq!(
            (found.status.as_u16(), found.text("status")),
            (201, "held"),
            "{found:?}"
        );
        let reply = provider
            .send_raw("/transaction/bet", body.clone(), &Signing::Proper)
            .await
            .unwrap();
        assert!(reply.is_ok(), "{reply:?}");
        assert_eq!(a.total().await, "80.00");
    }
    // The provider gave up on the bet: what it takes back is what was done.
    assert!(
        provider
            .rollback(&launch, &Rollback::of(&bet.transaction, "round"))
            .await
            .unwrap()
            .is_ok()
    );
    assert_eq!(a.total().await, "110.00");
    house.audit().await;
}

#[tokio::test]
async fn a_refusal_of_a_service_carries_the_edges_request_id() {
    let house = apart(Mode::Enforce, None).await;
    let a = house.guest(&house.aurora, "alice").await;
    let casino = &house.aurora;
    let answers = [
        casino.sign_up("alice", &a.password).await.unwrap(),
        casino.sign_up("x", "y").await.unwrap(),
        casino.sign_in("alice", "wrong").await.unwrap(),
        casino
            .move_money("deposits", &a.token, "k", "1.001")
            .await
            .unwrap(),
        casino
            .move_money("withdrawals", &a.token, "k", "1.00")
            .await
            .unwrap(),
        casino
            .post("/api/v1/games/no-such-game/sessions", Some(&a.token), &json!({}))
            .await
            .unwrap(),
        casino
            .send(
                casino
                    .request(Method::POST, "/api/v1/players")
                    .header("x-request-id", Uuid::nil().to_string())
                    .body("text"),
            )
            .await
            .unwrap(),
    ];
    for answer in answers {
        assert!(answer.status.is_client_error(), "{answer:?}");
        assert_eq!(
            answer.headers["content-type"],
            HeaderValue::from_static("application/problem+json"),
            "{answer:?}"
        );
        assert_eq!(
            (
                answer.headers["x-request-id"].to_str().unwrap(),
                answer.headers.get_all("x-request-id").iter().count()
            ),
            (answer.text("request_id"), 1),
            "{answer:?}"
        );
    }
}
