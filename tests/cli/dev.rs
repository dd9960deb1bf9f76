//! `croupier dev`: from nothing to a running casino, and back to nothing running.

use std::{os::unix::fs::PermissionsExt, path::Path, time::Duration};

use croupier::local::BRANDS;
use croupier_game::hub88::simulator::{Bet, Launch, Simulator, SimulatorKey};
use serde_json::{Value, json};
use tokio::{process::Command, time::sleep};

use super::{
    casino::{Dev, environment, nothing_runs_on, running_on, token},
    process::{Env, TempDir},
};
use crate::kills::house::quiet_port;

#[tokio::test]
async fn dev_makes_a_casino_and_finds_it_again() {
    let dir = TempDir::new();
    let env = environment(&dir.0);
    let dev = Dev::start(&env).await;
    let file = dir.0.join("dev.json");
    assert_eq!(
        std::fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600,
        "it holds secrets"
    );
    is_as_promised(&dev.ready, &env, &dir.0);
    assert!(!running_on(&dir.0).is_empty(), "the test sees the servers");

    let health = dev.at(0).get("/health", None).await.unwrap();
    assert_eq!(
        (
            health.status.as_u16(),
            health.text("status"),
            health.text("enforcement")
        ),
        (200, "ok", "enforce")
    );
    for (at, brand) in BRANDS.iter().enumerate() {
        assert_eq!(
            dev.at(at).get("/api/v1/brand", None).await.unwrap().text("code"),
            brand.code
        );
    }
    operators_are_served(&dev.ready).await;
    let player = token(&dev.at(0), true).await;
    dev.at(0)
        .move_money("deposits", &player, "first", "20.00")
        .await
        .unwrap();
    the_providers_key_signs(&dev, &player).await;

    // A second one on the same folder is refused, and the first is none the worse.
    let second = env
        .with("CROUPIER_PORT", quiet_port().to_string())
        .croupier(&["dev"])
        .await;
    second.refused(&["in use by another croupier process", "CROUPIER_DATA_DIR"]);
    assert!(file.exists() && dev.at(0).get("/health", None).await.unwrap().status == 200);

    let said = dev.interrupt().await;
    for promised in [
        "http://aurora.localhost:",
        "http://bonanza.localhost:",
        "curl -s",
        "/openapi.json",
        "dev.json",
        "Ctrl-C stops everything",
    ] {
        assert!(said.contains(promised), "{promised:?} is missing in {said}");
    }
    assert!(said.contains("initialising PostgreSQL"), "{said}");
    assert!(!file.exists(), "dev.json is there while it runs");
    nothing_runs_on(&dir.0).await;

    let dev = Dev::start(&env).await;
    let player = token(&dev.at(0), false).await;
    assert_eq!(
        dev.at(0)
            .get("/api/v1/wallet", Some(&player))
            .await
            .unwrap()
            .text("total"),
        "15.00"
    );
    what_it_says_to_paste_works(&said).await;
    let said = dev.interrupt().await;
    assert!(!said.contains("initialising"), "{said}");
    nothing_runs_on(&dir.0).await;
}

async fn what_it_says_to_paste_works(said: &str) {
    let lines: Vec<&str> = said
        .lines()
        .map(str::trim)
        .filter(|line| line.starts_with("curl") || line.starts_with("TOKEN="))
        .collect();
    assert!(lines.len() > 4, "{said}");
    let printed = Command::new("bash")
        .arg("-c")
        .arg(lines.join("\n"))
        .output()
        .await
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&printed.stderr), "");
    let printed = String::from_utf8(printed.stdout).unwrap();
    assert_eq!(printed.matches("\"player_id\"").count(), 2, "{printed}");
    for promised in ["\"balance\":\"100.00\"", "\"total\":\"100.00\"", "brand_mismatch"] {
        assert!(printed.contains(promised), "{promised} is missing in {printed}");
    }
}

fn is_as_promised(ready: &Value, env: &Env, dir: &Path) {
    let keys: Vec<&String> = ready.as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        [
            "admin",
            "brands",
            "database_url",
            "edge",
            "operator_id",
            "operator_token",
            "owner_database_url",
            "provider",
            "redis_url"
        ]
    );
    let edge = format!("http://127.0.0.1:{}", env.get("CROUPIER_PORT"));
    assert_eq!(ready["edge"], edge);
    assert_eq!(
        ready["admin"],
        format!("http://127.0.0.1:{}", env.get("CROUPIER_ADMIN_PORT"))
    );
    assert_eq!(
        ready["brands"],
        json!([{ "id": 1, "code": "aurora", "domain": "aurora.localhost" }, { "id": 2, "code": "bonanza", "domain": "bonanza.localhost" }])
    );
    let key = dir.canonicalize().unwrap().join("provider/hub88.private.pem");
    assert_eq!(
        ready["provider"],
        json!({ "name": "hub88", "callback": format!("{edge}/callbacks/hub88"), "private_key": key })
    );
    for (url, scheme) in [
        ("database_url", "postgres://"),
        ("owner_database_url", "postgres://"),
        ("redis_url", "redis://"),
    ] {
        assert!(ready[url].as_str().unwrap().starts_with(scheme), "{url}");
    }
}

async fn operators_are_served(ready: &Value) {
    let text = |key: &str| ready[key].as_str().unwrap().to_owned();
    let (http, url) = (
        reqwest::Client::builder().no_proxy().build().unwrap(),
        format!("{}/admin/v1/brands", text("admin")),
    );
    let ask = |token: Option<String>, operator: &str| {
        let request = http.get(&url).header("x-operator-id", operator);
        async move {
            token
                .into_iter()
                .fold(request, |request, token| request.bearer_auth(token))
                .send()
                .await
                .unwrap()
        }
    };
    let answer = ask(Some(text("operator_token")), &text("operator_id")).await;
    assert_eq!(answer.status(), 200);
    let brands: Value = answer.json().await.unwrap();
    assert_eq!(
        (&brands["brands"][0]["code"], &brands["brands"][1]["code"]),
        (&json!("aurora"), &json!("bonanza"))
    );
    assert_eq!(
        ask(Some(text("operator_token")), "somebody-else").await.status(),
        403
    );
    assert_eq!(ask(None, &text("operator_id")).await.status(), 401);
}

async fn the_providers_key_signs(dev: &Dev, player: &str) {
    let launch = dev
        .at(0)
        .post("/api/v1/games/northern-lights/sessions", Some(player), &json!({}))
        .await
        .unwrap();
    let launch = Launch {
        user: launch.text("provider_account").to_owned(),
        token: launch.text("token").to_owned(),
        game_code: "clt_northernlights".to_owned(),
        currency: "EUR".to_owned(),
    };
    let provider = &dev.ready["provider"];
    let key = std::fs::read(provider["private_key"].as_str().unwrap()).unwrap();
    let simulator = Simulator::new(
        provider["callback"].as_str().unwrap(),
        SimulatorKey::from_pem(&key).unwrap(),
    )
    .unwrap();
    let bet = simulator.bet(&launch, &Bet::new("round", 500_000)).await.unwrap();
    assert_eq!((bet.is_ok(), bet.balance), (true, Some(1_500_000)), "{bet:?}");
    let stranger = Simulator::new(
        provider["callback"].as_str().unwrap(),
        SimulatorKey::generate().unwrap(),
    )
    .unwrap();
    assert!(
        !stranger
            .bet(&launch, &Bet::new("round", 500_000))
            .await
            .unwrap()
            .is_ok()
    );
}

#[tokio::test]
async fn a_killed_dev_leaves_nothing_running_and_starts_again() {
    let dir = TempDir::new();
    let env = environment(&dir.0);
    let dev = Dev::start(&env).await;
    token(&dev.at(1), true).await;
    dev.kill().await;
    assert!(dir.0.join("dev.json").exists(), "nobody was left to remove it");
    // At once, while the watchdogs of the killed one are still stopping its servers.
    let dev = Dev::start(&env).await;
    token(&dev.at(1), false).await;
    dev.kill().await;
    nothing_runs_on(&dir.0).await;
    let dev = Dev::start(&env).await;
    token(&dev.at(1), false).await;
    dev.interrupt().await;
    nothing_runs_on(&dir.0).await;
}

#[tokio::test]
async fn dev_killed_in_the_middle_of_its_first_start_starts_again() {
    let dir = TempDir::new();
    let env = environment(&dir.0);
    for after in [150, 400, 800, 1_300, 1_900] {
        let dev = Dev::begin(&env, "dev");
        sleep(Duration::from_millis(after)).await;
        dev.kill().await;
    }
    // What no sleep hits: killed between the two halves of a key.
    for (folder, name) in [("keys", "local-1"), ("provider", "hub88")] {
        let half = |half| dir.0.join(folder).join(format!("{name}.{half}.pem"));
        std::fs::create_dir_all(dir.0.join(folder)).unwrap();
        let _ = std::fs::remove_file(half("public"));
        std::fs::write(half("private"), "").unwrap();
    }
    let dev = Dev::start(&env).await;
    token(&dev.at(0), true).await;
    dev.interrupt().await;
    nothing_runs_on(&dir.0).await;
}

#[tokio::test]
async fn dev_is_interrupted_at_any_moment_of_its_start() {
    let dir = TempDir::new();
    let env = environment(&dir.0);
    for after in [30, 300, 1_000, 1_600, 2_200] {
        let dev = Dev::begin(&env, "dev");
        sleep(Duration::from_millis(after)).await;
        dev.signal("INT");
        let ended = dev.ended().await;
        // Before it listens for signals, the system ends it.
        assert!(
            matches!(ended.code, Some(0) | None),
            "after {after} ms: {ended:?}"
        );
        assert_eq!(ended.err, "", "after {after} ms");
        assert!(!dir.0.join("dev.json").exists());
    }
    nothing_runs_on(&dir.0).await;
}

#[tokio::test]
async fn a_taken_port_is_refused_before_anything_is_started() {
    let dir = TempDir::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    for variable in ["CROUPIER_PORT", "CROUPIER_ADMIN_PORT"] {
        let refused = environment(&dir.0).with(variable, &port).croupier(&["dev"]).await;
        refused.refused(&[
            &format!("port {port}"),
            "taken by pid",
            "Next: stop what holds it",
            &format!("set {variable} to another port"),
        ]);
        assert_eq!(refused.out, "");
    }
    assert_eq!(std::fs::read_dir(&dir.0).unwrap().count(), 0);
    let nonsense = environment(&dir.0)
        .with("CROUPIER_PORT", "http")
        .croupier(&["dev"])
        .await;
    assert_eq!(nonsense.code, Some(2), "{nonsense:?}");
    environment(&dir.0)
        .with("MULTI_BRAND_ENFORCEMENT", "strict")
        .croupier(&["dev"])
        .await
        .refused(&["MULTI_BRAND_ENFORCEMENT"]);
    assert_eq!(std::fs::read_dir(&dir.0).unwrap().count(), 0);
}

#[tokio::test]
async fn a_data_folder_that_cannot_be_used_is_refused_with_the_way_out() {
    let dir = TempDir::new();
    let file = dir.0.join("file");
    std::fs::write(&file, "not a folder").unwrap();
    for folder in [Path::new("/proc/croupier"), &file, &file.join("below")] {
        environment(folder)
            .croupier(&["dev"])
            .await
            .refused(&[folder.to_str().unwrap(), "CROUPIER_DATA_DIR"]);
    }
    // Half-written by hand or by a restore: a cluster without its passwords, and no cluster at all.
    let postgres = dir.0.join("data/postgres");
    std::fs::create_dir_all(&postgres).unwrap();
    std::fs::write(postgres.join("letter.txt"), "dear diary").unwrap();
    environment(&dir.0.join("data"))
        .croupier(&["dev"])
        .await
        .refused(&[
            "is not empty and is not a PostgreSQL cluster",
            "Next: look at what it is and move it away",
        ]);
    std::fs::write(postgres.join("PG_VERSION"), "17\n").unwrap();
    std::fs::remove_file(dir.0.join("data/secrets.json")).unwrap();
    environment(&dir.0.join("data"))
        .croupier(&["dev"])
        .await
        .refused(&["passwords", "Next: put that file back"]);
}

/// Root's home is closed to the account that PostgreSQL runs as. Anybody else is that account.
#[tokio::test]
async fn a_folder_the_servers_cannot_enter_is_replaced() {
    let parent = TempDir::new();
    std::fs::set_permissions(&parent.0, std::fs::Permissions::from_mode(0o700)).unwrap();
    let dir = parent.0.join("house");
    let env = environment(&dir);
    let dev = Dev::start(&env).await;
    assert_eq!(dev.at(0).get("/health", None).await.unwrap().status, 200);
    token(&dev.at(0), true).await;
    let first = dev.interrupt().await;
    let dev = Dev::start(&env).await;
    token(&dev.at(0), false).await;
    dev.interrupt().await;
    nothing_runs_on(&dir).await;
    let replaced = first.lines().find_map(|line| {
        line.split("the servers' data is in ")
            .nth(1)?
            .strip_suffix(" instead")
    });
    let is_root =
        std::fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0);
    assert_eq!(replaced.is_some(), is_root, "{first}");
    if let Some(replaced) = replaced {
        assert!(replaced.starts_with("/var/tmp/croupier-0-"), "{first}");
        nothing_runs_on(Path::new(replaced)).await;
        std::fs::remove_dir_all(replaced).unwrap();
    }
}
