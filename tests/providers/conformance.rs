//! `croupier conformance`, the program itself, against this house.

use std::{os::unix::fs::PermissionsExt, time::Duration};

use croupier::local::BRANDS;
use croupier_game::{
    conformance::{Hand, Need, Seat, cases},
    provider::{PROTOCOLS, Protocol},
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, time::timeout};

use super::hand::HouseHand;
use crate::{
    books,
    cli::process::{Ended, Env, TempDir},
    harness::{House, LONG, until},
};

/// A folder as `croupier dev` keeps one: of this house alone, whose servers and keys are every test's.
fn data_of(house: &House) -> TempDir {
    let dir = TempDir::new();
    let ready = json!({
        "edge": house.edge, "database_url": house.local.app_url, "owner_database_url": house.local.owner_url,
        "redis_url": house.local.redis_url, "brands": BRANDS,
    });
    std::fs::write(dir.0.join("dev.json"), ready.to_string()).unwrap();
    std::os::unix::fs::symlink(house.local.dir.join("provider"), dir.0.join("provider")).unwrap();
    dir
}

/// The command line of a run of a protocol against a target, with a key, as a player: user, token and game.
pub(super) fn against<'a>(
    (protocol, target, key): (&'a str, &'a str, &'a str),
    [user, token, game]: [&'a str; 3],
) -> Vec<&'a str> {
    let mut all = vec![
        "conformance",
        "--protocol",
        protocol,
        "--target",
        target,
        "--key",
        key,
    ];
    all.extend(["--user", user, "--token", token, "--game", game]);
    all
}

fn read(file: &str) -> Value {
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}

/// The names of the cases that came to this.
fn came_to<'r>(report: &'r Value, verdict: &str) -> Vec<&'r str> {
    let cases = report["cases"].as_array().unwrap();
    let those = cases.iter().filter(|case| case["verdict"] == verdict);
    those.map(|case| case["name"].as_str().unwrap()).collect()
}

/// What an operator's commands are needed for: launches ended, a game taken off, bonus money given.
const BY_COMMAND: [&str; 6] = [
    "a win after the launch ended",
    "a rollback after the launch ended",
    "a win in a game that was taken off since",
    "a bet after the launch ended",
    "a bet in a game that was taken off",
    "a rollback of a bet that was part the player's own, part bonus",
];

/// The largest bet of Aurora's newest document.
async fn largest_bet(house: &House) -> Option<i64> {
    let scope = crate::walk::estate::scope_of(house, 1).await;
    let owners = croupier_brand::BrandPool::new(house.owner.clone());
    let (_, document) = croupier_wallet::documents::newest(&owners, &scope).await.unwrap();
    serde_json::to_value(&*document).unwrap()["limits"]["EUR"]["max_bet"].as_i64()
}

/// How many games Aurora has off.
async fn games_off(house: &House) -> i64 {
    let off = "SELECT count(*) FROM brand_game bg JOIN game g USING (game_id) WHERE NOT (bg.enabled AND g.status = 'active')";
    sqlx::query_scalar(off)
        .fetch_one(&mut *house.rows_of(1).await)
        .await
        .unwrap()
}

#[tokio::test]
async fn the_kit_finds_nothing_wrong_with_this_house_as_any_provider() {
    let house = House::open().await;
    let (dir, data) = (TempDir::new(), data_of(&house));
    let folder = data.text("");
    for protocol in &PROTOCOLS {
        let name = protocol.spec.name;
        let (json, html, xml) = (dir.text("r.json"), dir.text("r.html"), dir.text("r.xml"));
        let arguments = [
            "conformance",
            "--protocol",
            name,
            "--dev",
            &folder,
            "--report",
            &json,
            "--report",
            &html,
            "--report",
            &xml,
        ];
        let said = Env::default().croupier(&arguments).await.well();
        let report = read(&json);
        assert_eq!(report["held"], true, "{name}: {said}");
        assert_eq!(came_to(&report, "not_run"), [""; 0], "{name}: {said}");
        for case in [
            "a bet at a brand that is closed",
            "a win at a brand that closed since",
            "a bet above the brand's largest",
        ]
        .iter()
        .chain(&BY_COMMAND)
        {
            assert!(came_to(&report, "held").contains(case), "{name}: {case}: {said}");
        }
        // What a case changed for everybody is as it was.
        let (open, largest) = (
            house.aurora.get("/api/v1/brand", None).await.unwrap(),
            largest_bet(&house).await,
        );
        assert_eq!((open.status.as_u16(), largest), (200, None), "{name}");
        assert_eq!(games_off(&house).await, 0, "{name}");
        assert!(came_to(&report, "held").len() >= 50, "{name}: {said}");
        assert!(
            said.contains("  ✓  2 a bet again\n") && !said.contains("needs --hand"),
            "{said}"
        );
        assert!(
            said.contains("100 bets, 10 at once: half were answered within "),
            "{said}"
        );
        // Whatever the report tells, it does not tell what calls are signed with.
        let key = std::fs::read_to_string(house.local.provider_signs_with(protocol)).unwrap();
        for file in [&json, &html, &xml] {
            let text = std::fs::read_to_string(file).unwrap();
            assert!(text.contains("a bet of more than there is"), "{file}");
            assert!(!text.contains(key.trim()), "{name}: {file} tells the key");
        }
    }
    books::audit(&house).await;
}

/// Ctrl-C while the game is off: the case comes to its end, and the game is on again.
#[tokio::test]
async fn what_the_kit_took_off_is_put_on_again_when_it_is_ended_early() {
    let house = House::open().await;
    let data = data_of(&house);
    let folder = data.text("");
    let only = ["--only", "in a game that was taken off"];
    let words = [
        &["conformance", "--protocol", "hub88", "--dev", folder.as_str()],
        &only[..],
    ]
    .concat();
    let kit = Env::default().command(&words).spawn().unwrap();
    until("the game is off", async || games_off(&house).await == 1).await;
    let pid = kit.id().unwrap().to_string();
    let told = std::process::Command::new("kill").args(["-INT", &pid]).status();
    assert!(told.unwrap().success());
    let ended = timeout(LONG, kit.wait_with_output()).await.unwrap().unwrap();
    assert_eq!(ended.status.code(), Some(130), "{ended:?}");
    assert_eq!(games_off(&house).await, 0, "{ended:?}");
    let hand = [&words[..], &["--hand", "/bin/true"]].concat();
    let refused = Env::default().croupier(&hand).await;
    assert_eq!(refused.code, Some(2), "--dev is its own hand: {refused:?}");
    books::audit(&house).await;
}

/// A stranger's wallet is all arguments: those cases are played whose needs are given.
#[tokio::test]
async fn a_wallet_that_is_described_by_arguments_is_played_as_far_as_they_go() {
    let house = House::open().await;
    HouseHand::set_rules(&house).await;
    let protocol = Protocol::named("hub88").unwrap();
    let hand = HouseHand::of(&house, protocol, 0);
    let player = hand.seat("player").await;
    // What --bets takes beside what everybody needs, and what the first run leaves less for the second.
    hand.deposit(&player, 2_000).await.unwrap();
    let (second, foreigner) = (hand.another().await.unwrap(), hand.foreigner().await.unwrap());
    let dir = TempDir::new();
    let script = dir.text("hand");
    // It writes down what it is asked, and knows how to do nothing.
    std::fs::write(&script, "#!/bin/sh\necho \"$@\" >> \"$0.log\"\nexit 3\n").unwrap();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o700)).unwrap();
    let json = dir.text("report.json");
    let target = format!("{}/callbacks/hub88", house.edge);
    let key = house.local.provider_signs_with(protocol);
    let mut arguments = against(
        ("hub88", &target, key.to_str().unwrap()),
        [&player.user, &player.token, &player.game],
    );
    arguments.extend(["--report", &json]);
    let alone = Env::default().croupier(&arguments).await;
    assert!(alone.err.is_empty(), "{alone:?}");
    let report = read(&json);
    let lacking = cases::all().into_iter().filter(|case| {
        // Free spins are issued by SOFTSWISS's operators alone.
        let mut needs = case.needs.iter();
        needs.any(|need| *need != Need::IssuedSpins)
    });
    assert_eq!(came_to(&report, "not_run").len(), lacking.count(), "{alone:?}");
    for needs in [
        "--second-user and --second-token",
        "--other-brand-user",
        "--other-game",
        "--largest-bet",
        "--hand, to block a player",
    ] {
        assert!(
            alone.out.contains(&format!("not run: needs {needs}")),
            "{needs}: {alone:?}"
        );
    }
    assert_eq!(alone.code, Some(0));

    arguments.extend(["--second-user", &second.user, "--second-token", &second.token]);
    arguments.extend([
        "--other-brand-user",
        &foreigner.user,
        "--other-brand-token",
        &foreigner.token,
    ]);
    arguments.extend([
        "--hand",
        &script,
        "--only",
        "15",
        "--only",
        "blocked since",
        "--only",
        "another player",
        "--except",
        "win of another",
    ]);
    let together = Env::default().croupier(&arguments).await.well();
    let report = read(&json);
    let held = came_to(&report, "held");
    assert!(
        held.contains(&"a rollback of another brand's bet")
            && held.contains(&"a bet with another player's token"),
        "{together}"
    );
    assert!(
        !held.contains(&"a win of another player's bet") && !held.contains(&"a bet again"),
        "{together}"
    );
    assert!(
        together.contains("a win of a player who is blocked since: not run: needs a --hand that does this"),
        "{together}"
    );
    let asked = std::fs::read_to_string(format!("{script}.log")).unwrap();
    let first = format!("block {} {} {} EUR", player.user, player.token, player.game);
    assert_eq!(asked.lines().next(), Some(first.as_str()), "{asked}");
    books::audit(&house).await;
}

/// A wallet whose answers are wrong ends the run with 1, and one that cannot be played against with 2.
#[tokio::test]
async fn what_cannot_be_played_is_refused_with_2_before_anything_is_sent() {
    let dir = TempDir::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = format!("http://{}/wallet", listener.local_addr().unwrap());
    let secret = dir.text("secret");
    std::fs::write(&secret, "a-secret-of-both-sides\n").unwrap();
    let (missing, report) = (dir.text("missing"), dir.text("none/report.html"));
    let run = async |protocol: &str, target: &str, key: &str, more: &[&str]| -> Ended {
        let mut arguments = against((protocol, target, key), ["alice", "t", "g"]);
        arguments.extend(more);
        Env::default().croupier(&arguments).await
    };
    let wrong: [(&str, &str, &str, &[&str], &str); 13] = [
        (
            "poker",
            &target,
            &secret,
            &[],
            "hub88, softswiss, spribe, pragmatic, slotegrator, evolution",
        ),
        (
            "spribe",
            "wallet.example",
            &secret,
            &[],
            "like https://wallet.example/callbacks",
        ),
        (
            "spribe",
            "ftp://wallet.example",
            &secret,
            &[],
            "http:// or https://",
        ),
        ("spribe", "http://wallet.example/?a=b", &secret, &[], "no query"),
        ("spribe", &target, &missing, &[], "--key"),
        ("hub88", &target, &secret, &[], "PEM"),
        (
            "spribe",
            &target,
            &secret,
            &["--report", "report.pdf"],
            ".html, .json or .xml (JUnit)",
        ),
        (
            "spribe",
            &target,
            &secret,
            &["--report", "report"],
            ".html, .json or .xml (JUnit)",
        ),
        ("spribe", &target, &secret, &["--report", &report], "--report"),
        ("spribe", &target, &secret, &["--currency", "euro"], "currency"),
        (
            "spribe",
            &target,
            &secret,
            &["--largest-bet", "0"],
            "--largest-bet",
        ),
        (
            "spribe",
            &target,
            &secret,
            &["--only", "poker"],
            "croupier conformance --list",
        ),
        (
            "spribe",
            &target,
            &secret,
            &["--second-user", "bob"],
            "--second-token",
        ),
    ];
    for (protocol, target, key, more, part) in wrong {
        let ended = run(protocol, target, key, more).await;
        assert_eq!(ended.code, Some(2), "{more:?}: {ended:?}");
        assert!(ended.err.contains(part), "{part:?} is missing in {ended:?}");
        assert!(
            ended.out.is_empty() && !ended.err.contains("a-secret-of-both-sides"),
            "{ended:?}"
        );
    }
    let came = timeout(Duration::from_millis(200), listener.accept()).await;
    assert!(came.is_err(), "something was sent to {target}");

    // Nobody listens.
    drop(listener);
    let ended = run("spribe", &target, &secret, &["--report", "json"]).await;
    assert_eq!(ended.code, Some(2), "{ended:?}");
    for part in [
        "does not tell what the player has",
        "Connection refused",
        "sent: POST /auth",
        "check --target, --key",
    ] {
        assert!(ended.err.contains(part), "{part:?} is missing in {ended:?}");
    }
    // Nobody's dev.json.
    let ended = Env::default()
        .croupier(&[
            "conformance",
            "--protocol",
            "hub88",
            "--dev",
            dir.0.to_str().unwrap(),
        ])
        .await;
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.err.contains("start `croupier dev`"), "{ended:?}");
}

#[tokio::test]
async fn a_wallet_that_does_otherwise_ends_the_run_with_1_and_a_report_on_the_output() {
    let house = House::open().await;
    let protocol = Protocol::named("softswiss").unwrap();
    let hand = HouseHand::of(&house, protocol, 0);
    let seat = hand.seat("player").await;
    hand.deposit(&seat, 100).await.unwrap();
    let Seat {
        user, token, game, ..
    } = seat;
    let target = format!("{}/callbacks/softswiss", house.edge);
    let key = house.local.provider_signs_with(protocol);
    // The house pays issues whose id begins with the player, and this one does not.
    let mut arguments = against(
        ("softswiss", &target, key.to_str().unwrap()),
        [&user, &token, &game],
    );
    arguments.extend(["--promotion", "nobodys", "--report", "junit"]);
    arguments.extend(["--only", "promotion's win", "--only", "a bet again"]);
    let ended = Env::default().croupier(&arguments).await;
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(
        ended.out.starts_with("<?xml") && ended.out.trim_end().ends_with("</testsuites>"),
        "{ended:?}"
    );
    assert!(
        ended.out.contains("failures=\"1\"") && ended.out.contains("<failure message=\"the answer is 412"),
        "{ended:?}"
    );
    for part in [
        "  ✓  2 a bet again",
        "  ✗  8 a promotion's win: the answer is 412 · 101 (bad_player)",
        "wanted: ",
        "croupier: a case failed",
    ] {
        assert!(ended.err.contains(part), "{part:?} is missing in {ended:?}");
    }
}
