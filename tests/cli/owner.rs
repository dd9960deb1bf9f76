//! `croupier migrate`, `croupier brand`, `croupier domain`: what the database's owner does.

use croupier::demo::client::Casino;
use croupier_brand::global;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

use super::{operator::owner, process::Env};
use crate::{
    harness::Cluster,
    kills::house::{Outside, until},
};

/// An empty database of the owner's, and the environment that names it.
pub async fn empty_database() -> Env {
    let cluster = Cluster::get().await;
    let house = cluster.house().await;
    let name = format!("empty_{}", uuid::Uuid::new_v4().simple());
    let mut root = PgConnection::connect(&cluster.servers().superuser_url())
        .await
        .unwrap();
    root.execute(AssertSqlSafe(format!(
        "CREATE DATABASE {name} OWNER croupier_owner"
    )))
    .await
    .unwrap();
    let url = |url: &str| format!("{}/{name}", url.rsplit_once('/').unwrap().0);
    Env::of([
        ("OWNER_DATABASE_URL", &url(&house.owner_url)),
        ("DATABASE_URL", &url(&house.app_url)),
        ("REDIS_URL", &house.redis_url),
        (
            "CROUPIER_TOKENS__KEYS_DIR",
            house.dir.join("keys").to_str().unwrap(),
        ),
    ])
}

#[tokio::test]
async fn migrate_can_be_run_again_and_brands_need_it() {
    let env = empty_database().await;
    env.croupier(&["brand", "list"])
        .await
        .refused(&["schema", "next: run: croupier migrate"]);
    env.croupier(&["domain", "list"])
        .await
        .refused(&["next: run: croupier migrate"]);
    let first = env.croupier(&["migrate"]).await.well();
    assert!(first.starts_with("the schema is at "), "{first}");
    assert_eq!(env.croupier(&["migrate"]).await.well(), first);
    assert_eq!(
        env.croupier(&["brand", "list"]).await.well().lines().count(),
        1,
        "a heading and no brand"
    );
    // The application's role may not.
    let app = env.with("OWNER_DATABASE_URL", env.get("DATABASE_URL"));
    assert_eq!(
        app.croupier(&["brand", "create", "aurora", "--name", "A", "--currency", "EUR"])
            .await
            .code,
        Some(1)
    );
}

#[tokio::test]
async fn an_owner_who_cannot_connect_is_told_what_to_check() {
    let env = Env::default();
    let unset = env.croupier(&["migrate"]).await;
    assert_eq!(unset.code, Some(2), "{unset:?}");
    assert!(unset.err.contains("--owner-url"), "{unset:?}");
    let away = env.with(
        "OWNER_DATABASE_URL",
        "postgres://owner:hunter2@127.0.0.1:1/croupier",
    );
    for arguments in [vec!["migrate"], vec!["brand", "list"], vec!["domain", "list"]] {
        away.croupier(&arguments)
            .await
            .refused(&["next: check OWNER_DATABASE_URL"]);
    }
}

#[tokio::test]
async fn brands_are_made_listed_opened_and_closed() {
    let house = Outside::of(Cluster::get().await.house().await);
    let (server, env) = (house.serve().await, owner(&house.serving.house));
    let said = env
        .croupier(&[
            "brand",
            "create",
            "cosmo",
            "--name",
            "Cosmo",
            "--currency",
            "EUR",
            "--theme",
            r#"{"accent":"red"}"#,
        ])
        .await
        .well();
    assert_eq!(
        said.trim(),
        "brand cosmo is number 3; next: croupier domain add cosmo <domain>"
    );
    for (code, currency, theme, parts) in [
        ("cosmo", "EUR", "{}", ["cosmo is taken", "choose one"]),
        ("cos", "EUR", "{}", ["prefix", "choose one"]),
        ("aurora2", "EUR", "{}", ["prefix", "choose one"]),
        ("Dot.", "EUR", "{}", ["a-z", "0-9"]),
        ("dot", "EURO", "{}", ["currency", "ISO 4217"]),
        ("dot", "EUR", "red", ["--theme", ""]),
        ("dot", "EUR", "[]", ["--theme", "JSON object"]),
    ] {
        env.croupier(&[
            "brand",
            "create",
            code,
            "--name",
            "Dot",
            "--currency",
            currency,
            "--theme",
            theme,
        ])
        .await
        .refused(&parts);
    }
    let listed = env.croupier(&["brand", "list"]).await.well();
    let listed: Vec<Vec<&str>> = listed
        .lines()
        .skip(1)
        .map(|line| line.split_whitespace().take(4).collect())
        .collect();
    assert_eq!(
        listed,
        [
            ["1", "aurora", "EUR", "active"],
            ["2", "bonanza", "EUR", "active"],
            ["3", "cosmo", "EUR", "active"]
        ]
    );

    env.croupier(&["domain", "add", "cosmo", "cosmo.localhost"])
        .await
        .well();
    until("the new brand is served", async || {
        house.lead("cosmo.localhost").await == "cosmo"
    })
    .await;
    let cosmo = Casino::new(&house.serving.edge(), "cosmo.localhost");
    assert_eq!(
        cosmo.get("/api/v1/brand", None).await.unwrap().body["theme"]["accent"],
        "red"
    );
    let games = cosmo.get("/api/v1/games", None).await.unwrap();
    assert!(
        !games.body["games"].as_array().unwrap().is_empty(),
        "a new brand offers the active games: {games:?}"
    );

    for (status, code) in [
        ("maintenance", "brand_maintenance"),
        ("suspended", "brand_suspended"),
    ] {
        assert_eq!(
            env.croupier(&["brand", "status", "cosmo", status])
                .await
                .well()
                .trim(),
            format!("brand cosmo is {status}")
        );
        until(status, async || {
            cosmo.get("/api/v1/games", None).await.unwrap().code() == code
        })
        .await;
        assert_eq!(
            house.lead("aurora.localhost").await,
            "aurora",
            "the others stay open"
        );
    }
    env.croupier(&["brand", "status", "cosmo", "active"]).await.well();
    until("open again", async || {
        cosmo.get("/api/v1/games", None).await.unwrap().status == 200
    })
    .await;
    env.croupier(&["brand", "status", "nobody", "active"])
        .await
        .refused(&["no brand nobody", "croupier brand list"]);

    let mut tx = house
        .owner
        .begin_with("BEGIN; SET LOCAL croupier.brand_ids = ',3,'")
        .await
        .unwrap();
    let audit: Vec<(String, String)> =
        sqlx::query_as("SELECT operator, action FROM operator_audit ORDER BY at")
            .fetch_all(&mut *tx)
            .await
            .unwrap();
    let audit: Vec<(&str, &str)> = audit
        .iter()
        .map(|(operator, action)| (operator.as_str(), action.as_str()))
        .collect();
    assert_eq!(
        audit,
        [
            ("olga", "brand create"),
            ("olga", "domain add cosmo.localhost"),
            ("olga", "brand status maintenance"),
            ("olga", "brand status suspended"),
            ("olga", "brand status active")
        ]
    );
    server.stop().await;
}

#[tokio::test]
async fn domains_are_bound_moved_and_removed_and_a_running_server_sees_it() {
    let house = Outside::of(Cluster::get().await.house().await);
    let (server, env) = (house.serve().await, owner(&house.serving.house));
    assert_eq!(
        house.lead("fresh.localhost").await,
        "unknown_domain",
        "and the server remembers that it knows no such domain"
    );
    // Spelled as people spell it.
    assert_eq!(
        env.croupier(&["domain", "add", "aurora", "Fresh.LOCALHOST."])
            .await
            .well()
            .trim(),
        "fresh.localhost leads to aurora"
    );
    until("it leads to aurora", async || {
        house.lead("fresh.localhost").await == "aurora"
    })
    .await;
    env.croupier(&["domain", "add", "aurora", "fresh.localhost"])
        .await
        .well();

    env.croupier(&["domain", "add", "bonanza", "fresh.localhost"])
        .await
        .refused(&["fresh.localhost belongs to another brand", "croupier domain move"]);
    assert_eq!(house.lead("fresh.localhost").await, "aurora");
    env.croupier(&["domain", "move", "bonanza", "fresh.localhost"])
        .await
        .well();
    until("it leads to bonanza", async || {
        house.lead("fresh.localhost").await == "bonanza"
    })
    .await;

    let listed = env.croupier(&["domain", "list"]).await.well();
    let listed: Vec<Vec<&str>> = listed
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(
        listed,
        [
            ["aurora.localhost", "aurora"],
            ["bonanza.localhost", "bonanza"],
            ["fresh.localhost", "bonanza"]
        ]
    );

    assert_eq!(
        env.croupier(&["domain", "remove", "fresh.localhost"])
            .await
            .well()
            .trim(),
        "fresh.localhost leads nowhere"
    );
    until("it leads nowhere", async || {
        house.lead("fresh.localhost").await == "unknown_domain"
    })
    .await;
    env.croupier(&["domain", "remove", "fresh.localhost"])
        .await
        .refused(&["fresh.localhost belongs to no brand"]);
    env.croupier(&["domain", "add", "nobody", "fresh.localhost"])
        .await
        .refused(&["no brand", "croupier brand list"]);
    for nonsense in ["10.0.0.1", "a b", "a@b", "", "*.example"] {
        env.croupier(&["domain", "add", "aurora", nonsense])
            .await
            .refused(&["the domain"]);
    }
    // A slip of the fingers is not another brand's loss.
    assert_eq!(global::all_domains(&house.owner).await.unwrap().len(), 2);
    server.stop().await;
}

#[tokio::test]
async fn a_domain_is_bound_while_redis_is_away() {
    let house = Outside::of(Cluster::get().await.house().await);
    let (server, env) = (
        house.serve().await,
        owner(&house.serving.house).with("REDIS_URL", "redis://127.0.0.1:1"),
    );
    let bound = env
        .croupier(&["domain", "add", "aurora", "fresh.localhost"])
        .await;
    assert_eq!(bound.code, Some(0), "PostgreSQL is the truth: {bound:?}");
    until("the server finds it in PostgreSQL", async || {
        house.lead("fresh.localhost").await == "aurora"
    })
    .await;
    server.stop().await;
}
