//! `croupier keys`.

use std::os::unix::fs::PermissionsExt;

use super::process::{Env, TempDir};

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
