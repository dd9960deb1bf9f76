//! Start, stop, crash, and what a failed start says.

use std::{fs, net::TcpListener, os::unix::fs::MetadataExt as _, path::Path};

use super::*;
use crate::servers::{Port, ServersError};

#[tokio::test]
async fn an_ephemeral_pair_answers_and_leaves_nothing_behind() {
    let servers = Servers::start(fast(Data::Ephemeral)).await.unwrap();
    let home = servers.home().unwrap().to_path_buf();
    let pids = [
        servers.postgres.pid().await.unwrap(),
        servers.redis.pid().await.unwrap(),
    ];

    assert_eq!(
        text(
            &servers.owner_url(),
            "SELECT current_user || '@' || current_database()"
        )
        .await,
        "croupier_owner@croupier"
    );
    assert_eq!(text(&servers.superuser_url(), "SHOW fsync").await, "off");
    redis_command(&servers.redis_url(), &["SET", "key", "value"]).await;
    assert_eq!(
        redis_command(&servers.redis_url(), &["GET", "key"])
            .await
            .as_deref(),
        Some("value")
    );

    servers.stop().await;
    for pid in pids {
        assert!(!is_alive(pid), "stop returns when the servers are gone");
    }
    assert!(!home.exists());
}

#[tokio::test]
async fn the_roles_can_do_what_they_are_for_and_no_more() {
    let servers = Servers::start(fast(Data::Ephemeral)).await.unwrap();
    let privileges =
        "SELECT rolname || ':' || rolsuper || rolbypassrls || rolcreatedb || rolcreaterole FROM pg_roles
                      WHERE rolname = current_user";
    for (url, role) in [
        (servers.owner_url(), "croupier_owner"),
        (servers.app_url(), "croupier_app"),
    ] {
        assert_eq!(
            text(&url, privileges).await,
            format!("{role}:falsefalsefalsefalse")
        );
    }
    sql(
        &servers.owner_url(),
        "CREATE TABLE t (i int); GRANT SELECT ON t TO croupier_app",
    )
    .await
    .unwrap();
    sql(&servers.app_url(), "SELECT i FROM t").await.unwrap();
    assert!(sql(&servers.app_url(), "CREATE TABLE u (i int)").await.is_err());
    assert!(sql(&servers.app_url(), "INSERT INTO t VALUES (1)").await.is_err());

    // Without its password nobody gets in, and nobody but this machine can try.
    let app_url = servers.app_url();
    let (login, rest) = app_url.split_once('@').unwrap();
    let guess = format!("{}:guess@{rest}", login.rsplit_once(':').unwrap().0);
    assert!(
        sql(&guess, "SELECT 1")
            .await
            .unwrap_err()
            .to_string()
            .contains("password authentication failed")
    );
    assert_eq!(
        text(&servers.superuser_url(), "SHOW listen_addresses").await,
        "127.0.0.1"
    );
    assert_eq!(
        text(&servers.superuser_url(), "SHOW unix_socket_directories").await,
        ""
    );
    servers.stop().await;
}

#[tokio::test]
async fn no_server_runs_as_root() {
    let servers = Servers::start(fast(Data::Ephemeral)).await.unwrap();
    for pid in [
        servers.postgres.pid().await.unwrap(),
        servers.redis.pid().await.unwrap(),
    ] {
        if let Ok(process) = fs::metadata(Path::new("/proc").join(pid.to_string())) {
            assert_ne!(process.uid(), 0);
        }
    }
    servers.stop().await;
}

#[tokio::test]
async fn an_interrupt_from_the_terminal_reaches_only_us() {
    // The terminal sends it to the foreground process group, which is the fifth field of stat.
    let group = |pid: u32| -> Option<u32> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        stat.rsplit(')').next()?.split_whitespace().nth(2)?.parse().ok()
    };
    let servers = Servers::start(fast(Data::Ephemeral)).await.unwrap();
    let ours = group(std::process::id());
    for pid in [
        servers.postgres.pid().await.unwrap(),
        servers.redis.pid().await.unwrap(),
    ] {
        assert!(ours.is_none() || group(pid) != ours);
    }
    servers.stop().await;
}

#[tokio::test]
async fn a_crashed_server_is_restarted_with_its_data_on_its_port() {
    let servers = Servers::start(fast(Data::Ephemeral)).await.unwrap();
    sql(&servers.owner_url(), "CREATE TABLE t AS SELECT 'kept' AS word")
        .await
        .unwrap();
    let before = servers.postgres.pid().await.unwrap();

    servers.postgres.kill().await.unwrap();
    assert!(!is_alive(before));
    assert!(sql(&servers.owner_url(), "SELECT 1").await.is_err());
    servers.postgres.restart().await.unwrap();
    assert_eq!(text(&servers.owner_url(), "SELECT word FROM t").await, "kept");
    assert_ne!(servers.postgres.pid().await.unwrap(), before);

    // A restart of a server that runs stops it in order first.
    servers.postgres.restart().await.unwrap();
    assert_eq!(text(&servers.owner_url(), "SELECT word FROM t").await, "kept");

    servers.redis.kill().await.unwrap();
    servers.redis.restart().await.unwrap();
    redis_command(&servers.redis_url(), &["SET", "a", "b"]).await;

    let home = servers.home().unwrap().to_path_buf();
    servers.stop().await;
    assert!(!home.exists());
}

#[tokio::test]
async fn a_server_that_does_not_start_shows_the_end_of_its_log() {
    let scratch = Scratch::new();
    let config = ServersConfig {
        postgres_settings: vec![("no_such_setting".to_owned(), "1".to_owned())],
        ..fast(Data::Kept(scratch.join("data")))
    };
    let error = Servers::start(config).await.unwrap_err().to_string();
    assert!(
        error.contains("PostgreSQL did not become ready: it ended"),
        "{error}"
    );
    assert!(
        error.contains("unrecognized configuration parameter \"no_such_setting\""),
        "{error}"
    );
    assert!(error.contains("log/postgres.log"), "{error}");
    // Redis had started by then, and has been stopped.
    let pid: u32 = fs::read_to_string(scratch.join("data/redis/redis.pid"))
        .map_or(u32::MAX, |pid| pid.trim().parse().unwrap());
    assert!(!is_alive(pid));
    start_kept(&scratch.join("data")).await.stop().await;
}

#[tokio::test]
async fn a_taken_port_is_named_with_the_variable_that_changes_it() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let fixed = |set_by| Port::Fixed { port, set_by };
    let postgres = ServersConfig {
        postgres_port: fixed("CROUPIER_POSTGRES_PORT"),
        ..fast(Data::Ephemeral)
    };
    let redis = ServersConfig {
        redis_port: fixed("CROUPIER_REDIS_PORT"),
        ..fast(Data::Ephemeral)
    };
    for (config, variable) in [
        (postgres, "CROUPIER_POSTGRES_PORT"),
        (redis, "CROUPIER_REDIS_PORT"),
    ] {
        let error = Servers::start(config).await.unwrap_err();
        assert!(matches!(error, ServersError::PortTaken { .. }), "{error}");
        let message = error.to_string();
        assert!(
            message.contains(&port.to_string()) && message.contains(variable),
            "{message}"
        );
    }
}

#[tokio::test]
async fn without_programs_and_docker_the_next_step_is_named() {
    let scratch = Scratch::new();
    let nowhere = crate::servers::programs::Search::only(vec![scratch.to_path_buf()]);
    let config = ServersConfig {
        search: nowhere,
        ..fast(Data::Ephemeral)
    };
    let error = Servers::start(config).await.unwrap_err().to_string();
    assert!(
        error.contains("script/bootstrap") && error.contains("Docker"),
        "{error}"
    );
}
