//! The README's "Running it for real", step by step: a house set up by hand, each role in a process of its own.

use croupier::demo::client::Casino;
use tokio::{process::Child, time::timeout};
use uuid::Uuid;

use super::{
    owner::empty_database,
    process::{Env, TempDir},
};
use crate::kills::house::{LONG, quiet_port, until};

/// A secret as `openssl rand -hex 32` makes it.
pub fn chance() -> String {
    [Uuid::new_v4(), Uuid::new_v4()]
        .map(|half| half.simple().to_string())
        .concat()
}

pub async fn serve(env: &Env, role: &str, port: u16) -> Child {
    let child = env.command(&["serve", "--role", role]).spawn().unwrap();
    let here = Casino::new(&format!("http://127.0.0.1:{port}"), "127.0.0.1");
    until(&format!("the {role} role answers"), async || {
        here.get("/health/live", None)
            .await
            .is_ok_and(|answer| answer.status == 204)
    })
    .await;
    child
}

#[tokio::test]
async fn a_house_set_up_by_hand_is_served_by_roles_in_processes_of_their_own() {
    let (dir, env) = (TempDir::new(), empty_database().await);
    let env = env.with("CROUPIER_LOG__FILTER", "error").with("USER", "olga");
    env.croupier(&["migrate"]).await.well();
    env.croupier(&["keys", "generate", "2026-11", "--dir", &dir.text("private")])
        .await
        .well();
    env.croupier(&[
        "brand",
        "create",
        "aurora",
        "--name",
        "Aurora Casino",
        "--currency",
        "EUR",
    ])
    .await
    .well();
    env.croupier(&["domain", "add", "aurora", "aurora.example"])
        .await
        .well();

    // Private halves belong only where the player role runs; and the owner's login nowhere.
    std::fs::create_dir(dir.0.join("public")).unwrap();
    std::fs::copy(
        dir.0.join("private/2026-11.public.pem"),
        dir.0.join("public/2026-11.public.pem"),
    )
    .unwrap();
    let [edge, player, wallet, game] = [(); 4].map(|()| quiet_port());
    let at = |port: u16| format!("127.0.0.1:{port}");
    let role = env
        .without("OWNER_DATABASE_URL")
        .with("MULTI_BRAND_ENFORCEMENT", "enforce")
        .with("BRAND_SIGNING_KEY", format!("k1:{}", chance()))
        .with("INTERNAL_SERVICE_TOKEN_GATEWAY", chance())
        .with("INTERNAL_SERVICE_TOKEN_GAME", chance())
        .with("CROUPIER_GAME__LAUNCH_BASE", "https://launcher.example/games")
        .with("CROUPIER_TOKENS__KEYS_DIR", dir.text("public"));
    let players = role
        .with("CROUPIER_TOKENS__KEYS_DIR", dir.text("private"))
        .with("CROUPIER_INTERNAL__LISTEN", at(player));
    let gateway = role
        .with("CROUPIER_EDGE__LISTEN", at(edge))
        .with("CROUPIER_INTERNAL__PLAYER", at(player))
        .with("CROUPIER_INTERNAL__WALLET", at(wallet))
        .with("CROUPIER_INTERNAL__GAME", at(game));
    let games = role
        .with("CROUPIER_INTERNAL__LISTEN", at(game))
        .with("CROUPIER_INTERNAL__WALLET", at(wallet));
    let processes = [
        serve(&players, "player", player).await,
        serve(
            &role.with("CROUPIER_INTERNAL__LISTEN", at(wallet)),
            "wallet",
            wallet,
        )
        .await,
        serve(&games, "game", game).await,
        serve(&gateway, "gateway", edge).await,
    ];

    let aurora = Casino::new(&format!("http://{}", at(edge)), "aurora.example");
    assert_eq!(
        aurora.get("/api/v1/brand", None).await.unwrap().text("code"),
        "aurora"
    );
    assert_eq!(
        aurora
            .sign_up("alice", "correct horse battery")
            .await
            .unwrap()
            .status,
        201
    );
    let session = aurora.sign_in("alice", "correct horse battery").await.unwrap();
    let token = session.text("access_token");
    let deposit = aurora
        .move_money("deposits", token, "first", "12.00")
        .await
        .unwrap();
    assert_eq!(
        (
            deposit.status.as_u16(),
            deposit.headers.contains_key("retry-after")
        ),
        (503, true),
        "no payment gateway is built in: {deposit:?}"
    );
    let game = serde_json::json!({});
    let launch = aurora
        .post("/api/v1/games/northern-lights/sessions", Some(token), &game)
        .await
        .unwrap();
    assert_eq!(launch.text("provider_account"), "auroraalice", "{launch:?}");

    for process in processes {
        end(process).await;
    }
}

/// Tells it to end, which it does in order and without a word.
pub async fn end(process: Child) {
    let pid = process.id().unwrap().to_string();
    assert!(
        std::process::Command::new("kill")
            .args(["-TERM", &pid])
            .status()
            .unwrap()
            .success()
    );
    let output = timeout(LONG, process.wait_with_output())
        .await
        .expect("it ends")
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}
