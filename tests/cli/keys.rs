//! `croupier keys`.

use std::os::unix::fs::PermissionsExt;

use time::format_description::well_known::Rfc3339;

use super::process::{Env, TempDir};
use crate::{
    harness::Cluster,
    kills::house::{Outside, until},
    players::PASSWORD,
};

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

    // Not the first: nobody knows it yet, so it signs later.
    let second = env
        .croupier(&["keys", "generate", "2026-12", "--dir", &folder])
        .await
        .well();
    assert!(
        second.contains("(in 600 seconds)") && second.contains("croupier keys retire 2026-11"),
        "{second}"
    );
    // The folder can come from the environment that the server reads.
    let env = env.with("CROUPIER_TOKENS__KEYS_DIR", &folder);
    let listed = listed(&env, &[]).await;
    assert_eq!(listed[0], ["2026-11", "signs and verifies"]);
    assert_eq!(listed[1][0], "2026-12");
    assert!(listed[1][1].starts_with("published; signs from "), "{listed:?}");
    std::fs::remove_file(format!("{folder}/2026-12.private.pem")).unwrap();
    std::fs::remove_file(format!("{folder}/2026-11.private.pem")).unwrap();
    assert_eq!(
        self::listed(&env, &[]).await[0],
        ["2026-11", "verifies; signs where its private half is"]
    );
}

async fn listed(env: &Env, more: &[&str]) -> Vec<Vec<String>> {
    let said = env.croupier(&[&["keys", "list"], more].concat()).await.well();
    said.lines()
        .map(|line| line.splitn(2, "  ").map(|part| part.trim().to_owned()).collect())
        .collect()
}

/// Moves the time from which a key signs, as if that much time had gone by.
fn age(folder: &str, kid: &str, by: time::Duration) {
    for half in ["public", "private"] {
        let path = format!("{folder}/{kid}.{half}.pem");
        let text = std::fs::read_to_string(&path).unwrap();
        let (line, rest) = text.split_once('\n').unwrap();
        let said = line.strip_prefix("croupier-signs-from: ").unwrap();
        let from = time::OffsetDateTime::parse(said, &Rfc3339).unwrap() - by;
        let aged = format!("croupier-signs-from: {}\n{rest}", from.format(&Rfc3339).unwrap());
        std::fs::write(&path, aged).unwrap();
    }
}

#[tokio::test]
async fn a_key_is_rotated_and_retired_by_hand() {
    for operator in [false, true] {
        let dir = TempDir::new();
        let folder = dir.text("keys");
        let (variable, flag): (_, &[&str]) = if operator {
            ("CROUPIER_TOKENS__OPERATOR_KEYS_DIR", &["--operator"])
        } else {
            ("CROUPIER_TOKENS__KEYS_DIR", &[])
        };
        let env = Env::default().with(variable, &folder);
        let keys = async |arguments: &[&str]| env.croupier(&[&["keys"], arguments, flag].concat()).await;
        keys(&["rotate", "2026-12"])
            .await
            .refused(&["holds no key", "next: ", "croupier keys generate"]);
        keys(&["generate", "2026-11"]).await.well();
        age(&folder, "2026-11", time::Duration::days(100));
        for force in [&[][..], &["--force"]] {
            keys(&[&["retire", "2026-11"], force].concat())
                .await
                .refused(&["the only key", "croupier keys rotate"]);
            keys(&[&["retire", "2026-10"], force].concat())
                .await
                .refused(&["no key 2026-10", "croupier keys list"]);
        }
        let said = keys(&["rotate", "2026-12"]).await.well();
        for part in [
            "2026-12.public.pem",
            "published from now on",
            "(in 600 seconds)",
            "every machine that verifies",
            "run: croupier keys retire 2026-11",
        ] {
            assert!(said.contains(part), "{part:?} is missing in {said}");
        }
        assert!(!said.contains("careful"), "{said}");
        keys(&["retire", "2026-11"])
            .await
            .refused(&["2026-11 is the key that signs"]);

        // Ten minutes later, and a moment.
        age(&folder, "2026-12", time::Duration::seconds(602));
        let standing = listed(&env, flag).await;
        assert!(
            standing[0][1].starts_with("verifies; may be retired from "),
            "{standing:?}"
        );
        assert_eq!(standing[1], ["2026-12", "signs and verifies"]);
        let left = if operator {
            "721 hours left"
        } else {
            "61 minutes left"
        };
        keys(&["retire", "2026-11"]).await.refused(&[left, "--force"]);
        // And when its last token has ended.
        age(
            &folder,
            "2026-12",
            if operator {
                time::Duration::hours(721)
            } else {
                time::Duration::minutes(61)
            },
        );
        assert_eq!(
            listed(&env, flag).await[0],
            ["2026-11", "verifies; may be retired"]
        );
        let said = keys(&["retire", "2026-11"]).await.well();
        assert!(
            said.contains("2026-11 is retired") && !said.contains("breaks") && said.contains("2026-12 signs"),
            "{said}"
        );
        assert_eq!(listed(&env, flag).await.len(), 1);

        // Somebody else has it: sooner than others can know, and what that breaks is said.
        let said = keys(&["rotate", "--after", "1"]).await.well();
        assert!(
            said.contains("careful") && said.contains("publish_seconds"),
            "{said}"
        );
        let said = keys(&["retire", "2026-12", "--force"]).await.well();
        assert!(
            said.contains("this breaks") && said.contains("signs in again"),
            "{said}"
        );
        let left = listed(&env, flag).await;
        assert_eq!(left.len(), 1);
        assert!(left[0][0].starts_with("20"), "an id that nobody chose: {left:?}");
    }
}

#[tokio::test]
async fn a_server_follows_its_folder() {
    let mut house = Outside::of(Cluster::get().await.house().await);
    let dir = TempDir::new();
    let folder = dir.text("keys");
    let env = Env::default().with("CROUPIER_TOKENS__KEYS_DIR", &folder);
    env.croupier(&["keys", "generate", "first"]).await.well();
    house.serving.settings.extend([
        ("CROUPIER_TOKENS__KEYS_DIR", folder.clone()),
        ("CROUPIER_TOKENS__RELOAD_MS", "50".to_owned()),
    ]);
    let server = house.serve().await;
    let casino = &house.aurora;
    casino.sign_up("alice", PASSWORD).await.unwrap();
    let sign_in = async || {
        let session = casino.sign_in("alice", PASSWORD).await.unwrap();
        session.text("access_token").to_owned()
    };
    let me = async |token: &str| {
        casino
            .get("/api/v1/me", Some(token))
            .await
            .unwrap()
            .status
            .as_u16()
    };
    let kids = async || {
        let set = casino.get("/.well-known/jwks.json", None).await.unwrap();
        set.body["keys"].as_array().unwrap().len()
    };
    let old = sign_in().await;
    env.croupier(&["keys", "rotate", "second", "--after", "1"])
        .await
        .well();
    until("both are published", async || kids().await == 2).await;
    let signer = |token: &str| token.split('.').next().unwrap().to_owned();
    until("the second signs", async || {
        signer(&sign_in().await) != signer(&old)
    })
    .await;
    let new = sign_in().await;
    assert_eq!((me(&old).await, me(&new).await), (200, 200));
    env.croupier(&["keys", "retire", "first"])
        .await
        .refused(&["minutes left"]);
    env.croupier(&["keys", "retire", "first", "--force"]).await.well();
    until("the first is forgotten", async || me(&old).await == 401).await;
    assert_eq!((me(&new).await, kids().await), (200, 1));
    server.stop().await;
}

#[tokio::test]
async fn what_keys_cannot_do_says_the_next_step() {
    let (env, dir) = (Env::default(), TempDir::new());
    let empty = dir.text("none");
    for arguments in [
        vec!["keys", "list", "--dir", &empty],
        vec!["keys", "operator-token", "olga", "--dir", &empty],
        vec!["keys", "rotate", "--dir", &empty],
        vec!["keys", "retire", "k", "--dir", &empty],
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
    let keys = house.serving.house.operator_keys().path().display().to_string();
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
