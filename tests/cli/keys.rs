//! `croupier keys`.

use std::os::unix::fs::PermissionsExt;

use super::process::{Env, TempDir};
use crate::{harness::Cluster, kills::house::Outside};

#[tokio::test]
async fn keys_are_made_once_listed_and_private() {
    let (env, dir) = (Env::default(), TempDir::new());
    let folder = dir.text("keys");
    let said = env
        .croupier(&["keys", "generate", "2026-11", "--dir", &folder])
        .await
        .well();
    let files: Vec<&str> = said.lines().collect();
    assert_eq!(
        files,
        [
            format!("{folder}/2026-11.private.pem"),
            format!("{folder}/2026-11.public.pem")
        ]
    );
    assert_eq!(
        std::fs::metadata(files[0]).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let before = std::fs::read(files[0]).unwrap();
    env.croupier(&["keys", "generate", "2026-11", "--dir", &folder])
        .await
        .refused(&["exists already", "choose another key id"]);
    assert_eq!(
        std::fs::read(files[0]).unwrap(),
        before,
        "a key is never written over"
    );
    env.croupier(&["keys", "generate", "../evil", "--dir", &folder])
        .await
        .refused(&["key id"]);

    env.croupier(&["keys", "generate", "2026-12", "--dir", &folder])
        .await
        .well();
    std::fs::remove_file(format!("{folder}/2026-11.private.pem")).unwrap();
    // The folder can come from the environment that the server reads.
    let listed = env
        .with("CROUPIER_TOKENS__KEYS_DIR", &folder)
        .croupier(&["keys", "list"])
        .await
        .well();
    let listed: Vec<Vec<&str>> = listed
        .lines()
        .map(|line| line.splitn(2, "  ").map(str::trim).collect())
        .collect();
    assert_eq!(
        listed,
        [["2026-11", "verifies"], ["2026-12", "signs and verifies"]]
    );
}

#[tokio::test]
async fn what_keys_cannot_do_says_the_next_step() {
    let (env, dir) = (Env::default(), TempDir::new());
    let empty = dir.text("none");
    for arguments in [
        vec!["keys", "list", "--dir", &empty],
        vec!["keys", "operator-token", "olga", "--dir", &empty],
    ] {
        env.croupier(&arguments)
            .await
            .refused(&["next: ", "croupier keys generate"]);
    }
    env.croupier(&["keys", "generate", "k", "--dir", "/proc/keys"])
        .await
        .refused(&["/proc/keys"]);
}

#[tokio::test]
async fn an_operators_token_opens_the_back_office_of_its_house_alone() {
    let house = Outside::of(Cluster::get().await.house().await);
    let server = house.serve().await;
    let url = format!("http://127.0.0.1:{}/admin/v1/brands", house.serving.admin_port);
    let ask = async |token: &str| {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let request = http
            .get(&url)
            .bearer_auth(token.trim())
            .header("x-operator-id", "olga");
        request.send().await.unwrap().status().as_u16()
    };
    let keys = house.serving.house.dir.join("keys").display().to_string();
    let (env, dir) = (Env::default(), TempDir::new());
    let token = env
        .croupier(&["keys", "operator-token", "olga", "--dir", &keys])
        .await
        .well();
    assert_eq!(ask(&token).await, 200);
    let other = env
        .croupier(&["keys", "operator-token", "otto", "--dir", &keys])
        .await
        .well();
    assert_eq!(ask(&other).await, 403, "somebody else's token");
    let issuer = [
        "keys",
        "operator-token",
        "olga",
        "--issuer",
        "elsewhere",
        "--dir",
        &keys,
    ];
    assert_eq!(ask(&env.croupier(&issuer).await.well()).await, 401);
    env.croupier(&["keys", "generate", "local-1", "--dir", &dir.text("keys")])
        .await
        .well();
    let foreign = ["keys", "operator-token", "olga", "--dir", &dir.text("keys")];
    assert_eq!(
        ask(&env.croupier(&foreign).await.well()).await,
        401,
        "another house's key of the same name"
    );
    server.stop().await;
}
