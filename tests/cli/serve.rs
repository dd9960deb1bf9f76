//! `croupier serve`: what it refuses, and with which next step.

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

use super::{
    owner::empty_database,
    process::{Env, TempDir},
};
use crate::{harness::Cluster, kills::house::quiet_port};

/// A house with everything in place.
async fn ready() -> Env {
    let house = Cluster::get().await.house().await;
    Env::of([
        ("CROUPIER_HOUSE__ENVIRONMENT", "development"),
        ("OWNER_DATABASE_URL", &house.owner_url),
        ("DATABASE_URL", &house.app_url),
        ("REDIS_URL", &house.redis_url),
        (
            "CROUPIER_TOKENS__KEYS_DIR",
            house.dir.join("keys").to_str().unwrap(),
        ),
        ("CROUPIER_EDGE__LISTEN", &format!("127.0.0.1:{}", quiet_port())),
        ("CROUPIER_ADMIN__LISTEN", &format!("127.0.0.1:{}", quiet_port())),
        ("CROUPIER_LOG__FILTER", "off"),
    ])
}

#[tokio::test]
async fn a_schema_that_is_not_this_versions_is_refused() {
    let env = empty_database()
        .await
        .with("CROUPIER_HOUSE__ENVIRONMENT", "development")
        .with("CROUPIER_LOG__FILTER", "off");
    let next = "next: run: croupier migrate";
    env.croupier(&["serve"]).await.refused(&["schema", next]);
    env.croupier(&["migrate"]).await.well();
    let mut owner = PgConnection::connect(&env.get("OWNER_DATABASE_URL"))
        .await
        .unwrap();
    for (change, said) in [
        (
            "UPDATE _sqlx_migrations SET checksum = 'x' WHERE version = 1",
            "is not the one this program has",
        ),
        (
            "INSERT INTO _sqlx_migrations SELECT 9999, description, installed_on, success, checksum, execution_time FROM _sqlx_migrations WHERE version = 2",
            "newer than this program",
        ),
        (
            "DELETE FROM _sqlx_migrations WHERE version IN (9999, (SELECT max(version) FROM _sqlx_migrations WHERE version < 9999))",
            "it is at",
        ),
    ] {
        owner.execute(AssertSqlSafe(change)).await.unwrap();
        env.croupier(&["serve"]).await.refused(&["schema", said, next]);
    }
}

#[tokio::test]
async fn iso_44_a_role_above_row_security_is_refused() {
    let env = ready().await;
    let name = env.get("DATABASE_URL").rsplit('/').next().unwrap().to_owned();
    let root = Cluster::get().await.servers().superuser_url();
    let root = format!("{}/{name}", root.rsplit_once('/').unwrap().0);
    for url in [env.get("OWNER_DATABASE_URL"), root] {
        env.with("DATABASE_URL", url)
            .croupier(&["serve"])
            .await
            .refused(&["every brand's rows", "next: connect as croupier_app"]);
    }
}

#[tokio::test]
async fn servers_and_keys_that_are_not_there_are_refused() {
    let (env, dir) = (ready().await, TempDir::new());
    let away = env.with(
        "DATABASE_URL",
        "postgres://croupier_app:hunter2@127.0.0.1:1/croupier",
    );
    away.croupier(&["serve"])
        .await
        .refused(&["PostgreSQL", "next: check DATABASE_URL"]);
    env.with("REDIS_URL", "redis://:hunter2@no host")
        .croupier(&["serve"])
        .await
        .refused(&["REDIS_URL", "next: "]);
    for keys in [dir.text(""), dir.text("missing")] {
        env.with("CROUPIER_TOKENS__KEYS_DIR", keys)
            .croupier(&["serve"])
            .await
            .refused(&["next: ", "croupier keys generate"]);
    }
    std::fs::write(dir.0.join("k.public.pem"), "nonsense").unwrap();
    env.with("CROUPIER_TOKENS__KEYS_DIR", dir.text(""))
        .croupier(&["serve"])
        .await
        .refused(&["k.public.pem"]);
    env.with("CROUPIER_PROVIDERS__HUB88__KEYS", dir.text("none.pem"))
        .croupier(&["serve"])
        .await
        .refused(&["providers.hub88.keys", "none.pem"]);
}

#[tokio::test]
async fn every_fault_of_the_settings_is_said_at_once() {
    let env = ready().await;
    for (flag, shown) in [
        ("strict", "\"strict\""),
        ("", "\"\""),
        ("Enforce", "\"Enforce\""),
        ("enforce ", "\"enforce \""),
        ("on", "\"on\""),
        ("1", "\"1\""),
    ] {
        env.with("MULTI_BRAND_ENFORCEMENT", flag)
            .croupier(&["serve"])
            .await
            .refused(&[
                "MULTI_BRAND_ENFORCEMENT must be off, observe or enforce",
                shown,
                "config.default.toml",
            ]);
    }
    let faulty = env
        .with("MULTI_BRAND_ENFORCEMENT", "strict")
        .with("CROUPIER_EDGE__LISTEN", "everywhere")
        .with("CROUPIER_GAME__SESSION_HOURS", "0")
        .with("CROUPIER_WALLET__ATTEMPTS", "0")
        .with("CROUPIER_CASINO__NAME", "x")
        .with("BRAND_SIGNING_KEY", "k1:hunter2")
        .with("DATABASE_URL", "mysql://root:hunter2@db/x");
    faulty.croupier(&["serve"]).await.refused(&[
        "MULTI_BRAND_ENFORCEMENT",
        "[edge]",
        "session_hours",
        "wallet.attempts",
        "[casino]",
        "BRAND_SIGNING_KEY",
        "database.url",
    ]);
}

#[tokio::test]
async fn a_file_of_settings_is_read_and_an_unknown_key_refused() {
    let (env, dir) = (ready().await, TempDir::new());
    let file = dir.text("croupier.toml");
    std::fs::write(
        &file,
        "[edge]\nlisten = \"127.0.0.1:0\"\nlisen = \"127.0.0.1:1\"\n[game]\nsession_hours = 0\n[casino]\n",
    )
    .unwrap();
    for (arguments, env) in [
        (vec!["serve", "--config", &file], env.clone()),
        (vec!["serve"], env.with("CROUPIER_CONFIG", &file)),
    ] {
        env.croupier(&arguments).await.refused(&[
            "[edge]",
            "lisen",
            "session_hours",
            "[casino]",
            "config.default.toml",
        ]);
    }
    env.croupier(&["serve", "--config", &dir.text("none.toml")])
        .await
        .refused(&["none.toml"]);
    std::fs::write(&file, "[edge\n").unwrap();
    env.croupier(&["serve", "--config", &file])
        .await
        .refused(&["croupier.toml"]);
}

#[tokio::test]
async fn a_port_that_is_taken_is_refused() {
    let env = ready().await;
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for (variable, setting) in [
        ("CROUPIER_EDGE__LISTEN", "edge.listen"),
        ("CROUPIER_ADMIN__LISTEN", "admin.listen"),
    ] {
        env.with(variable, &address).croupier(&["serve"]).await.refused(&[
            &address,
            "next: free it",
            setting,
        ]);
    }
}

#[tokio::test]
async fn a_role_alone_says_what_it_needs_to_know_of_the_others() {
    let env = ready().await.with("CROUPIER_INTERNAL__LISTEN", "127.0.0.1:0");
    let next = "next: set it; [internal] in config.default.toml";
    let mut gateway = env.clone();
    // What is missing is said at once, and before anything is asked of a server.
    gateway
        .with("DATABASE_URL", "postgres://croupier_app@127.0.0.1:1/croupier")
        .croupier(&["serve", "--role", "gateway"])
        .await
        .refused(&[
            "internal.player",
            "internal.wallet",
            "internal.game",
            "BRAND_SIGNING_KEY",
            "INTERNAL_SERVICE_TOKEN_GATEWAY",
        ]);
    for (what, variable, value) in [
        (
            "internal.player",
            "CROUPIER_INTERNAL__PLAYER",
            "127.0.0.1:1".to_owned(),
        ),
        (
            "BRAND_SIGNING_KEY",
            "BRAND_SIGNING_KEY",
            format!("k1:{}", "s".repeat(64)),
        ),
        (
            "INTERNAL_SERVICE_TOKEN_GATEWAY",
            "INTERNAL_SERVICE_TOKEN_GATEWAY",
            "g".repeat(64),
        ),
        (
            "internal.wallet",
            "CROUPIER_INTERNAL__WALLET",
            "127.0.0.1:1".to_owned(),
        ),
        (
            "internal.game",
            "CROUPIER_INTERNAL__GAME",
            "127.0.0.1:1".to_owned(),
        ),
    ] {
        gateway.croupier(&["serve", "--role", "gateway"]).await.refused(&[
            "the gateway role needs",
            what,
            next,
        ]);
        gateway = gateway.with(variable, value);
    }
    for role in ["player", "wallet", "game"] {
        env.croupier(&["serve", "--role", role])
            .await
            .refused(&[&format!("the {role} role needs BRAND_SIGNING_KEY"), next]);
    }
    // The game role moves money by the wallet role's hand.
    env.with("DATABASE_URL", "postgres://croupier_app@127.0.0.1:1/croupier")
        .croupier(&["serve", "--role", "game"])
        .await
        .refused(&[
            "the game role needs BRAND_SIGNING_KEY",
            "the game role needs internal.wallet, where the wallet role is",
            "the game role needs INTERNAL_SERVICE_TOKEN_GAME",
            next,
        ]);
    // A token of somebody whom the role does not answer is no caller's.
    let env = env
        .with("BRAND_SIGNING_KEY", format!("k1:{}", "s".repeat(64)))
        .with("INTERNAL_SERVICE_TOKEN_PLAYER", "p".repeat(64));
    for (role, wanted) in [
        ("player", "INTERNAL_SERVICE_TOKEN_GATEWAY,"),
        (
            "wallet",
            "INTERNAL_SERVICE_TOKEN_GATEWAY or INTERNAL_SERVICE_TOKEN_GAME,",
        ),
        ("game", "INTERNAL_SERVICE_TOKEN_GATEWAY,"),
    ] {
        env.croupier(&["serve", "--role", role])
            .await
            .refused(&[&format!("the {role} role needs {wanted}"), next]);
    }
    env.with("CROUPIER_INTERNAL__GAME_CALLERS", "gateway,casino")
        .croupier(&["serve", "--role", "wallet"])
        .await
        .refused(&["[internal] game_callers", "casino", "gateway", "player", "wallet"]);
}
