//! `croupier doctor`.

use sqlx::Executor;

use super::process::{Env, TempDir};
use crate::{harness::House, kills::house::quiet_port};

#[tokio::test]
async fn doctor_says_what_is_there_and_what_is_missing() {
    let dir = TempDir::new();
    let env = Env::of([
        ("CROUPIER_DATA_DIR", &dir.text("house")),
        ("CROUPIER_PORT", &quiet_port().to_string()),
        ("CROUPIER_ADMIN_PORT", &quiet_port().to_string()),
    ]);
    let said = env.croupier(&["doctor"]).await.well();
    for what in ["PostgreSQL", "Redis", "data folder", "CROUPIER_PORT"] {
        let line = said.lines().find(|line| line.contains(what)).expect(what);
        assert!(line.starts_with("ok "), "{said}");
    }
    assert!(!dir.0.join("house").exists(), "it changes nothing");

    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let missing = env
        .with("CROUPIER_PORT", taken.local_addr().unwrap().port().to_string())
        .with("REDIS_URL", "redis://:hunter2@127.0.0.1:1")
        .croupier(&["doctor"])
        .await;
    missing.refused(&["2 things are missing", "next steps"]);
    assert_eq!(missing.out.matches("FAIL ").count(), 2, "{missing:?}");
    assert_eq!(missing.out.matches("next: ").count(), 2, "{missing:?}");
    assert!(!missing.out.contains("hunter2"), "{missing:?}");
}

#[tokio::test]
async fn money_04_doctor_names_the_transaction_that_holds_the_journals_readers_back() {
    let house = House::open().await;
    let dir = TempDir::new();
    let env = Env::of([
        ("CROUPIER_DATA_DIR", dir.text("house").as_str()),
        ("OWNER_DATABASE_URL", house.local.owner_url.as_str()),
        ("DATABASE_URL", house.local.app_url.as_str()),
        ("REDIS_URL", house.local.redis_url.as_str()),
    ]);
    // In any database of the cluster, as long as it has a number.
    let mut open = house.owner.begin().await.unwrap();
    open.execute("SELECT pg_current_xact_id()").await.unwrap();
    let said = env.croupier(&["doctor"]).await.out;
    let line = said
        .lines()
        .find(|line| line.contains("journal readers"))
        .unwrap();
    assert!(
        line.contains("held back by a transaction of process") && line.starts_with("note"),
        "{said}"
    );
    open.rollback().await.unwrap();
}
