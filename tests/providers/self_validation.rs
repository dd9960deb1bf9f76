//! `croupier self-validate`, the program itself, with a stand-in for Slotegrator that plays against this house.

mod vendor;

use std::time::Duration;

use axum::{Router, routing::any};
use croupier::{config::Config, demo::client::Casino};
use croupier_game::{provider::Protocol, rounds::UnknownGame};
use http::Method;
use serde_json::json;
use tokio::net::TcpListener;
use vendor::{MERCHANT, Vendor};

use crate::{
    books::{self, sql},
    cli::process::{Ended, Env},
    harness::House,
};

const NAME: &str = "slotegrator";

fn protocol() -> &'static Protocol {
    Protocol::named(NAME).unwrap()
}

/// The key of both sides.
fn key_file(house: &House) -> String {
    house
        .local
        .provider_signs_with(protocol())
        .to_str()
        .unwrap()
        .to_owned()
}

fn key(house: &House) -> String {
    std::fs::read_to_string(key_file(house))
        .unwrap()
        .trim()
        .to_owned()
}

async fn vendor(house: &House) -> Vendor {
    Vendor::calling(&format!("{}/callbacks/{NAME}", house.edge), &key(house)).await
}

/// The operator's settings.
fn settings(house: &House, api: &str) -> Env {
    Env::of([
        ("CROUPIER_PROVIDERS__SLOTEGRATOR__API", api),
        ("CROUPIER_PROVIDERS__SLOTEGRATOR__MERCHANT", MERCHANT),
        ("CROUPIER_PROVIDERS__SLOTEGRATOR__KEYS", &key_file(house)),
    ])
}

/// A launch of the provider's game by a new player, with money.
struct Launched {
    account: String,
    token: String,
    currency: &'static str,
}

impl Launched {
    async fn new(house: &House, casino: &Casino, account: &str, currency: &'static str) -> Self {
        let guest = house.guest(casino, account).await;
        let deposit = casino
            .request(Method::POST, "/api/v1/wallet/deposits")
            .header("idempotency-key", "float")
            .bearer_auth(&guest.token)
            .json(&json!({"amount": "99.96", "currency": currency}));
        let deposit = deposit.send().await.unwrap();
        assert_eq!(deposit.status(), 201, "{deposit:?}");
        let path = format!("/api/v1/games/{}/sessions", protocol().spec.game.id);
        let launch = casino.post(&path, Some(&guest.token), &json!({})).await.unwrap();
        assert_eq!(launch.status, 201, "{launch:?}");
        Self {
            account: launch.text("provider_account").to_owned(),
            token: launch.text("token").to_owned(),
            currency,
        }
    }

    async fn validate(&self, env: &Env, more: &[&str]) -> Ended {
        let game = protocol().spec.game.code;
        let mut arguments = vec!["self-validate", "--user", &self.account, "--token", &self.token];
        arguments.extend(["--game", game, "--currency", self.currency]);
        arguments.extend(more);
        env.croupier(&arguments).await
    }
}

/// A house whose first brand keeps money with six digits: the provider stakes four.
async fn in_usdt(change: impl Fn(&mut Config)) -> House {
    let house = House::with(change).await;
    sql(
        &house,
        1,
        "UPDATE brand SET currency = 'USDT' WHERE code = 'aurora'",
    )
    .await;
    // The directory is read twice a second, by each process for itself.
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    house
}

/// The lines of the log that are marked as this.
fn marked<'a>(ended: &'a Ended, mark: &str) -> Vec<&'a str> {
    let lines = ended.out.lines();
    lines
        .filter_map(|line| line.strip_prefix(&format!("  {mark} ")))
        .collect()
}

#[tokio::test]
async fn slotegrators_checks_find_nothing_wrong_with_this_house() {
    let house = in_usdt(|_| {}).await;
    let vendor = vendor(&house).await;
    let env = settings(&house, &vendor.api);

    // Without a session there is nothing to play with, and it says what to do.
    let early = env.croupier(&["self-validate"]).await;
    assert_eq!(early.code, Some(2), "{early:?}");
    assert!(
        early.err.contains("HTTP 404: Open a game session first")
            && early.err.contains("next: open a session first"),
        "{early:?}"
    );
    assert_eq!(vendor.calls(), 0);

    let player = Launched::new(&house, &house.aurora, "checked", "USDT").await;
    let ended = player.validate(&env, &[]).await;
    assert_eq!(marked(&ended, "✗"), Vec::<&str>::new(), "{ended:?}");
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(marked(&ended, "✓").len() >= 45, "{ended:?}");
    for part in [
        "https://play.example/a-game",
        "  · Use session with ID = ",
        "  ✓ Incorrect \"refund\" for WIN request successfully passed",
        "  ✓ \"Bet with changed game uuid\" request successfully passed",
        "  ✓ \"bet\" after \"refund\" request successfully passed",
        "  ✓ Exceeded \"bet\" request successfully rejected",
        "        \"http_code\": 200",
        "Slotegrator says that it passed",
    ] {
        assert!(ended.out.contains(part), "{part:?} is missing in {}", ended.out);
    }
    assert!(
        ended.err.is_empty() && !ended.out.contains(&key(&house)),
        "{ended:?}"
    );
    let calls = vendor.calls();
    assert!(calls >= 45, "{calls}");

    // The session stays open there: the checks may be played again, as somebody who has less now.
    let brief = env.croupier(&["self-validate", "--brief"]).await;
    assert_eq!(brief.code, Some(0), "{brief:?}");
    assert!(
        !brief.out.contains("http_code") && vendor.calls() == 2 * calls,
        "{brief:?}"
    );
    books::audit(&house).await;
}

#[tokio::test]
async fn what_slotegrators_checks_find_ends_with_1_and_is_told() {
    let house = in_usdt(|config| {
        config.providers.of_mut(NAME).unknown_game = Some(UnknownGame::Refuse);
    })
    .await;
    let vendor = vendor(&house).await;
    let env = settings(&house, &vendor.api);
    let player = Launched::new(&house, &house.aurora, "checked", "USDT").await;
    let ended = player.validate(&env, &[]).await;
    assert_eq!(ended.code, Some(1), "{ended:?}");
    let found = marked(&ended, "✗");
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(
        found[0].starts_with("\"Bet with changed game uuid\" request failed")
            && found[1].starts_with("\"Win with changed game uuid\" request failed"),
        "{found:?}"
    );
    assert!(
        ended.err.contains("Slotegrator found something: 2 of "),
        "{ended:?}"
    );

    // Four decimals are not what euros have: said before, and found.
    let player = Launched::new(&house, &house.bonanza, "cents", "EUR").await;
    let ended = player.validate(&env, &["--brief"]).await;
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(
        ended.out.contains("note: EUR has 2 of the four decimals"),
        "{ended:?}"
    );
    assert!(
        marked(&ended, "✗")[0].starts_with("\"win\" request failed"),
        "{ended:?}"
    );
    books::audit(&house).await;
}

/// A provider that always answers this.
async fn answering(body: String) -> String {
    let router = Router::new().fallback(any(move || {
        let body = body.clone();
        async move { body }
    }));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let api = format!("http://{}/v1", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    api
}

#[tokio::test]
async fn a_provider_that_cannot_be_asked_ends_with_2_and_the_next_step() {
    let house = House::open().await;
    let vendor = vendor(&house).await;
    let good = settings(&house, &vendor.api);
    let refused = async |env: &Env, arguments: &[&str], parts: &[&str]| {
        let mut all = vec!["self-validate"];
        all.extend(arguments);
        let ended = env.croupier(&all).await;
        assert_eq!(ended.code, Some(2), "{arguments:?} {ended:?}");
        for part in parts {
            assert!(ended.err.contains(part), "{part:?} is missing in {ended:?}");
        }
        assert!(
            !ended.err.contains(&key(&house)) && !ended.err.contains("panicked"),
            "{ended:?}"
        );
    };

    // Signed with another key, or as somebody else.
    let other = house.local.dir.join("another-secret");
    std::fs::write(&other, "not-what-both-sides-have\n").unwrap();
    let forged = [
        "HTTP 403: Invalid X-Sign",
        "next: check providers.slotegrator.merchant",
    ];
    refused(&good, &["--key", other.to_str().unwrap()], &forged).await;
    let merchant = "CROUPIER_PROVIDERS__SLOTEGRATOR__MERCHANT";
    refused(&good.with(merchant, "somebody"), &[], &forged).await;
    refused(&good.with(merchant, "a b"), &[], &["merchant", "visible ASCII"]).await;

    // What is not set is named.
    for (name, part) in [("API", "api"), ("MERCHANT", "merchant"), ("KEYS", "no key")] {
        let env = good.without(&format!("CROUPIER_PROVIDERS__SLOTEGRATOR__{name}"));
        refused(&env, &[], &[part, "next: "]).await;
    }
    refused(&good, &["--token", "t"], &["--user"]).await;
    refused(&good, &["--ca", "/nowhere"], &["--ca /nowhere"]).await;
    assert_eq!(vendor.calls(), 0);

    let at = |api: &str| settings(&house, api);
    // Nobody listens; nobody answers; it never stops; it answers something else.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = format!("http://{}/v1", silent.local_addr().unwrap());
    refused(
        &at(&nobody),
        &["--patience", "1"],
        &["not within 1 s", "--patience"],
    )
    .await;
    drop(silent);
    refused(
        &at(&nobody),
        &[],
        &["no answer came", "next: check providers.slotegrator.api"],
    )
    .await;
    let long = json!({"success": true, "log": ["x".repeat(2 * 1024 * 1024)]}).to_string();
    let long = answering(long).await;
    refused(
        &at(&long),
        &["--longest", "1024"],
        &["more than 1048576 bytes", "--longest"],
    )
    .await;
    assert_eq!(at(&long).croupier(&["self-validate"]).await.code, Some(0));
    for odd in [
        "<html>\u{1b}[2J",
        r#"{"log": []}"#,
        r#"{"success": "yes", "log": []}"#,
        "",
    ] {
        let api = answering(odd.to_owned()).await;
        refused(&at(&api), &[], &["no success that is true or false", "next: "]).await;
    }
}

/// Whatever it says: nothing of it moves the terminal, and what both sides sign with is not among it.
#[tokio::test]
async fn what_the_provider_says_is_a_strangers_text() {
    let house = House::open().await;
    let key = key(&house);
    let log = json!([format!("\u{1b}]0;mine\u{7} {key}"), {"query": key}, 7, "a\n\u{202e}b successfully"]);
    let api = answering(json!({"success": true, "log": log}).to_string()).await;
    let ended = settings(&house, &api).croupier(&["self-validate"]).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(
        !ended.out.contains(&key) && !ended.out.contains('\u{1b}') && !ended.out.contains('\u{202e}'),
        "{ended:?}"
    );
    assert!(
        ended.out.contains("  · \u{fffd}]0;mine\u{fffd} [secret]\n"),
        "{ended:?}"
    );
    assert!(
        ended.out.contains("  · 7\n") && ended.out.contains("  ✓ a\n    b successfully\n"),
        "{ended:?}"
    );
    assert!(ended.out.contains("it passed (4 entries)"), "{ended:?}");
}
