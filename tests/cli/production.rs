//! What a house for players' money does not start with.

use std::{fs, os::unix::fs::PermissionsExt};

use croupier_game::provider::{KeyKind, PROTOCOLS};

use super::{
    by_hand::{chance, end, serve},
    process::{Env, TempDir},
};
use crate::{harness::Cluster, kills::house::quiet_port};

/// A house with everything in place, and where its files are.
struct Place {
    env: Env,
    dir: TempDir,
}

impl Place {
    /// As the README sets one up. What it is for is said nowhere.
    async fn new() -> Self {
        let (house, dir) = (Cluster::get().await.house().await, TempDir::new());
        let cli = Env::default();
        for (folder, more) in [("keys", None), ("operator-private", Some("--operator"))] {
            let folder = dir.text(folder);
            let mut arguments = vec!["keys", "generate", "2026-11", "--dir", &folder];
            arguments.extend(more);
            cli.croupier(&arguments).await.well();
        }
        for (from, to) in [("keys", "public"), ("operator-private", "operator")] {
            fs::create_dir(dir.text(to)).unwrap();
            fs::copy(
                dir.text(&format!("{from}/2026-11.public.pem")),
                dir.text(&format!("{to}/2026-11.public.pem")),
            )
            .unwrap();
        }
        fs::copy(dir.text("keys/2026-11.public.pem"), dir.text("hub88.public.pem")).unwrap();
        let env = Env::of([
            ("DATABASE_URL", &house.app_url),
            ("REDIS_URL", &house.redis_url),
            ("MULTI_BRAND_ENFORCEMENT", "enforce"),
            ("BRAND_SIGNING_KEY", &format!("k1:{},k2:{}", chance(), chance())),
            ("INTERNAL_SERVICE_TOKEN_GATEWAY", &chance()),
            ("INTERNAL_SERVICE_TOKEN_GAME", &chance()),
            ("CROUPIER_INTERNAL__PLAYER", "127.0.0.1:1"),
            ("CROUPIER_INTERNAL__WALLET", "127.0.0.1:1"),
            ("CROUPIER_INTERNAL__GAME", "127.0.0.1:1"),
            ("CROUPIER_TOKENS__KEYS_DIR", &dir.text("keys")),
            ("CROUPIER_TOKENS__OPERATOR_KEYS_DIR", &dir.text("operator")),
            ("CROUPIER_PROVIDERS__HUB88__KEYS", &dir.text("hub88.public.pem")),
            ("CROUPIER_GAME__LAUNCH_BASE", "https://launcher.example/games"),
            ("CROUPIER_LOG__FILTER", "error"),
        ]);
        Self { env, dir }
    }

    fn write(&self, name: &str, mode: u32) {
        let path = self.dir.text(name);
        fs::write(&path, "a key").unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    fn remove(&self, name: &str) {
        fs::remove_file(self.dir.text(name)).unwrap();
    }

    /// Fails unless the role starts, serves and ends.
    async fn starts(&self, env: &Env, role: &str) {
        let port = quiet_port();
        let env = ["EDGE", "INTERNAL"].iter().fold(env.clone(), |env, section| {
            env.with(
                &format!("CROUPIER_{section}__LISTEN"),
                format!("127.0.0.1:{port}"),
            )
        });
        let env = env.with("CROUPIER_ADMIN__LISTEN", format!("127.0.0.1:{}", quiet_port()));
        end(serve(&env, role, port).await).await;
    }
}

/// Fails unless the role refuses for these reasons, each with its next step, and for no other.
async fn refuses(env: &Env, role: &str, reasons: &[&str]) {
    let ended = env.croupier(&["serve", "--role", role]).await;
    ended.refused(&[&format!("the {role} role is not ready for production:")]);
    ended.refused(reasons);
    let count = |what: &str| ended.err.matches(what).count();
    assert_eq!(
        (count("\n  - "), count("\n    next: ")),
        (reasons.len(), reasons.len()),
        "{}",
        ended.err
    );
}

#[tokio::test]
async fn a_house_in_order_starts_and_one_fault_is_enough_to_keep_it_shut() {
    let place = Place::new().await;
    let env = &place.env;
    place.starts(env, "all").await;
    place
        .starts(&env.with("MULTI_BRAND_ENFORCEMENT", "observe"), "all")
        .await;
    // Where nothing sets the flag it observes.
    place.starts(&env.without("MULTI_BRAND_ENFORCEMENT"), "all").await;

    let settings = [
        ("MULTI_BRAND_ENFORCEMENT", "off", "MULTI_BRAND_ENFORCEMENT is off"),
        ("CROUPIER_PAYMENTS__SANDBOX", "true", "payments.sandbox is on"),
        (
            "CROUPIER_GAME__LAUNCH_BASE",
            "http://127.0.0.1:8080/sandbox/launch",
            "game.launch_base",
        ),
    ];
    let files = [
        (
            "operator/x.private.pem",
            0o600,
            "operator/x.private.pem is a private key of operators' tokens",
        ),
        (
            "hub88.private.pem",
            0o600,
            "providers.hub88.keys: the private half is beside",
        ),
        (
            "keys/x.private.pem",
            0o640,
            "keys/x.private.pem can be read by other users",
        ),
        (
            "keys/local-1.public.pem",
            0o644,
            "keys/local-1.public.pem was made for a house for development",
        ),
        (
            "operator/local-1.public.pem",
            0o644,
            "operator/local-1.public.pem was made for",
        ),
    ];
    for (name, value, reason) in settings {
        refuses(&env.with(name, value), "all", &[reason]).await;
    }
    refuses(
        &env.without("CROUPIER_GAME__LAUNCH_BASE"),
        "all",
        &["game.launch_base"],
    )
    .await;
    for (name, mode, reason) in files {
        place.write(name, mode);
        refuses(env, "all", &[reason]).await;
        place.remove(name);
    }
    place.starts(env, "all").await;

    // All of them at once, each with what to do.
    let mut everything = settings
        .iter()
        .fold(env.clone(), |env, (name, value, _)| env.with(name, *value));
    for (name, mode, _) in files {
        place.write(name, mode);
    }
    let reasons = settings.map(|(_, _, reason)| reason).into_iter();
    let reasons: Vec<_> = reasons.chain(files.map(|(_, _, reason)| reason)).collect();
    refuses(&everything, "all", &reasons).await;
    // That it is production need not be said; what it is for must be one of the two.
    everything = everything.with("CROUPIER_HOUSE__ENVIRONMENT", "production");
    refuses(&everything, "all", &reasons).await;
    everything
        .with("CROUPIER_HOUSE__ENVIRONMENT", "Development")
        .croupier(&["serve"])
        .await
        .refused(&["[house] environment", "production", "development"]);
}

#[tokio::test]
async fn without_keys_nothing_starts() {
    let place = Place::new().await;
    for folder in ["none", "empty"] {
        fs::create_dir_all(place.dir.text("empty")).unwrap();
        let env = place
            .env
            .with("CROUPIER_TOKENS__KEYS_DIR", place.dir.text(folder));
        for (role, reasons) in [
            ("all", &["holds no public key", "holds no private key"][..]),
            ("player", &["holds no public key", "holds no private key"]),
            ("gateway", &["holds no public key"]),
            ("wallet", &["holds no public key"]),
            ("game", &["holds no public key"]),
        ] {
            refuses(&env, role, reasons).await;
        }
    }
    let public = place
        .env
        .with("CROUPIER_TOKENS__KEYS_DIR", place.dir.text("public"));
    refuses(&public, "player", &["holds no private key"]).await;
}

#[tokio::test]
async fn iso_20_a_role_that_issues_no_tokens_holds_no_private_key() {
    let place = Place::new().await;
    let public = place
        .env
        .with("CROUPIER_TOKENS__KEYS_DIR", place.dir.text("public"));
    for role in ["gateway", "wallet", "game"] {
        // The folder that the player role starts with.
        refuses(
            &place.env,
            role,
            &[&format!("is a private key, and the {role} role issues no tokens")],
        )
        .await;
        place.starts(&public, role).await;
    }
    place.starts(&place.env, "player").await;
}

#[tokio::test]
async fn secrets_between_roles_are_made_by_chance_and_each_for_one_thing() {
    let place = Place::new().await;
    let env = place
        .env
        .with("CROUPIER_TOKENS__KEYS_DIR", place.dir.text("public"));
    let shared = chance();
    for role in ["gateway", "wallet", "game"] {
        let guessed = [
            "x".repeat(64),
            "changeme".repeat(8),
            "0".repeat(32),
            "secret-secret-secret-secret-secret".to_owned(),
        ];
        for secret in &guessed {
            refuses(
                &env.with("BRAND_SIGNING_KEY", format!("k1:{},k2:{secret}", chance())),
                role,
                &["the secret of BRAND_SIGNING_KEY \"k2\" can be guessed"],
            )
            .await;
        }
        refuses(
            &env.with("INTERNAL_SERVICE_TOKEN_GATEWAY", &guessed[0]),
            role,
            &["the secret of INTERNAL_SERVICE_TOKEN_GATEWAY can be guessed"],
        )
        .await;
        refuses(
            &env.with("BRAND_SIGNING_KEY", format!("k1:{shared}"))
                .with("INTERNAL_SERVICE_TOKEN_GATEWAY", &shared)
                .with("INTERNAL_SERVICE_TOKEN_GAME", &shared),
            role,
            &["BRAND_SIGNING_KEY \"k1\", INTERNAL_SERVICE_TOKEN_GAME, INTERNAL_SERVICE_TOKEN_GATEWAY are one secret"],
        )
        .await;
    }
    // And what a role needs of the others is said in the same breath.
    refuses(
        &env.without("BRAND_SIGNING_KEY")
            .without("CROUPIER_INTERNAL__WALLET")
            .with("MULTI_BRAND_ENFORCEMENT", "off"),
        "gateway",
        &[
            "needs internal.wallet",
            "needs BRAND_SIGNING_KEY",
            "MULTI_BRAND_ENFORCEMENT is off",
        ],
    )
    .await;
}

/// A public key that every library reads and none verifies with any more: RSA of 1024 bits.
const SMALL: &str = "-----BEGIN PUBLIC KEY-----
MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCoV2miuGDYz2k2QUlcxOTInG8Z
j1vS4Ddbt3AS56wgE06Sh58DxBmtsKr/N+Z0CY1FinuqxK0gDE1VF91UAnY//tIr
5S1iKQqsgU1cPc19RVeGznY7bbOEo0KX+ydHMHvxWYey6T7hVFiVZv/UPiGOj6Vk
qYGbxOQhXnaP3lLpVwIDAQAB
-----END PUBLIC KEY-----
";

/// Such a house would start and refuse every call of the provider's.
#[tokio::test]
async fn a_provider_whose_key_proves_nothing_keeps_the_house_shut() {
    let place = Place::new().await;
    let public = fs::read_to_string(place.dir.text("hub88.public.pem")).unwrap();
    let (path, key) = (place.dir.text("provider.key"), "provider.key");
    let put = |content: &str| {
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    };
    for protocol in &PROTOCOLS {
        let name = protocol.spec.name;
        let env = place.env.with(
            &format!("CROUPIER_PROVIDERS__{}__KEYS", name.to_uppercase()),
            &path,
        );
        let field = format!("providers.{name}.keys");
        let wrong: &[(String, &str)] = match protocol.spec.keys {
            KeyKind::PublicKeys => &[
                (SMALL.to_owned(), "RSA keys of 2048 to 8192 bits"),
                (format!("{public}{SMALL}"), "number 2"),
                (String::new(), "RSA keys of 2048 to 8192 bits"),
                (public.replace("PUBLIC", "RSA PUBLIC"), "a BEGIN PUBLIC KEY"),
            ],
            KeyKind::Secrets => &[
                (String::new(), "8 to 512 printable characters without spaces"),
                ("\n".to_owned(), "8 to 512 printable characters"),
                ("short\n".to_owned(), "8 to 512 printable characters"),
                (
                    "one-secret\nanother-secret\n".to_owned(),
                    "8 to 512 printable characters",
                ),
                (public.clone(), "8 to 512 printable characters"),
            ],
        };
        for (content, accepted) in wrong {
            put(content);
            let ended = env.croupier(&["serve"]).await;
            ended.refused(&[&field, key, accepted]);
        }
        if protocol.spec.keys == KeyKind::Secrets {
            let variable = format!("PROVIDER_SECRET_{}", name.to_uppercase());
            for secrets in [" ", "good-enough,", "good-enough,short"] {
                let ended = place.env.with(&variable, secrets).croupier(&["serve"]).await;
                ended.refused(&[&variable, "8 to 512 printable characters"]);
            }
        }
    }
    place.starts(&place.env, "all").await;
}
