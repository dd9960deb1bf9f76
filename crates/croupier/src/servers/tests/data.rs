//! What happens to the data folder: kept, interrupted, foreign, locked, out of reach.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use tokio::time::Instant;

use super::*;
use crate::servers::{ServersError, data_dir::substitute, unprivileged::RunAs};

#[tokio::test]
async fn a_second_start_finds_the_data_and_is_quick() {
    let scratch = Scratch::new();
    let dir = scratch.join("made/on/the/way");
    let servers = start_kept(&dir).await;
    let urls = servers.app_url();
    sql(&servers.owner_url(), "CREATE TABLE t AS SELECT 'kept' AS word")
        .await
        .unwrap();
    redis_command(&servers.redis_url(), &["SET", "word", "kept"]).await;
    servers.stop().await;
    assert!(dir.join("postgres/PG_VERSION").exists());

    let began = Instant::now();
    let servers = start_kept(&dir).await;
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "the second start took {:?}",
        began.elapsed()
    );
    assert_eq!(text(&servers.owner_url(), "SELECT word FROM t").await, "kept");
    assert_eq!(
        redis_command(&servers.redis_url(), &["GET", "word"])
            .await
            .as_deref(),
        Some("kept")
    );
    assert_eq!(text(&servers.superuser_url(), "SHOW data_checksums").await, "on");
    // The same passwords, so what was written down still works but for the port.
    assert_eq!(servers.app_url().split('@').next(), urls.split('@').next());
    servers.stop().await;
}

#[tokio::test]
async fn passwords_are_for_our_eyes_only() {
    let scratch = Scratch::new();
    let servers = start_kept(&scratch.join("data")).await;
    let mode = |file: &str| {
        fs::metadata(scratch.join("data").join(file))
            .unwrap()
            .permissions()
            .mode()
            & 0o777
    };
    assert_eq!(mode("secrets.json"), 0o600);
    assert_eq!(mode("redis/redis.conf"), 0o600);
    assert_eq!(mode("postgres"), 0o700);
    assert_eq!(
        attempts(&scratch.join("data")),
        [] as [PathBuf; 0],
        "it held the superuser's password"
    );
    servers.stop().await;
}

#[tokio::test]
async fn a_folder_in_use_is_refused_with_its_holder() {
    let scratch = Scratch::new();
    let servers = start_kept(&scratch).await;
    let error = Servers::start(fast(Data::Kept(scratch.to_path_buf())))
        .await
        .unwrap_err();
    assert!(matches!(error, ServersError::AlreadyRunning { .. }), "{error}");
    assert!(
        error.to_string().contains(&format!("pid {}", std::process::id())),
        "{error}"
    );
    servers.stop().await;
    start_kept(&scratch).await.stop().await;
}

#[tokio::test]
async fn an_interrupted_first_start_is_done_again() {
    let scratch = Scratch::new();
    fs::create_dir_all(scratch.join("postgres.incomplete/cluster/base")).unwrap();
    fs::write(scratch.join("postgres.incomplete/cluster/PG_VERSION"), "15\n").unwrap();
    fs::create_dir(scratch.join("postgres")).unwrap();
    let servers = start_kept(&scratch).await;
    assert_eq!(attempts(&scratch), [] as [PathBuf; 0]);
    assert_eq!(
        text(&servers.app_url(), "SELECT current_user::text").await,
        "croupier_app"
    );
    servers.stop().await;
}

/// Folders of attempts to make the cluster.
fn attempts(home: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(home).unwrap().flatten();
    entries
        .filter(|entry| entry.file_name().to_str().unwrap().contains("incomplete"))
        .map(|entry| entry.path())
        .collect()
}

/// An `initdb` that outlived its start for longer than any real one: it never stops, and puts back what is removed.
struct Orphan {
    stop: Arc<AtomicBool>,
    writer: Option<thread::JoinHandle<()>>,
}

impl Orphan {
    /// In every folder of an earlier attempt.
    fn of(home: &Path) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let told = stop.clone();
        let known = attempts(home);
        let writer = thread::spawn(move || {
            while !told.load(Ordering::Relaxed) {
                for (n, attempt) in known.iter().cycle().take(64).enumerate() {
                    let base = attempt.join("cluster/base");
                    let _ = fs::create_dir_all(&base);
                    let _ = fs::write(base.join(n.to_string()), "a page");
                }
                thread::sleep(Duration::from_millis(1));
            }
        });
        Self {
            stop,
            writer: Some(writer),
        }
    }
}

impl Drop for Orphan {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.writer.take().unwrap().join().unwrap();
    }
}

#[tokio::test]
async fn an_attempt_that_is_still_writing_disturbs_no_later_one() {
    let scratch = Scratch::new();
    // A real one, dropped when its folder is there: its watchdog and its initdb go on by themselves.
    let mut start = Box::pin(Servers::start(fast(Data::Kept(scratch.to_path_buf()))));
    while attempts(&scratch).is_empty() {
        tokio::select! {
            biased;
            _ = &mut start => panic!("it was to be interrupted"),
            () = tokio::time::sleep(Duration::from_millis(1)) => {}
        }
    }
    drop(start);
    let orphan = Orphan::of(&scratch);
    let servers = start_kept(&scratch).await;
    assert_eq!(
        text(&servers.app_url(), "SELECT current_user::text").await,
        "croupier_app"
    );
    servers.stop().await;
    drop(orphan);
    assert_ne!(attempts(&scratch), [] as [PathBuf; 0], "the orphan wrote");
    start_kept(&scratch).await.stop().await;
    assert_eq!(attempts(&scratch), [] as [PathBuf; 0]);
}

#[tokio::test]
async fn data_of_another_major_version_is_left_alone() {
    let scratch = Scratch::new();
    fs::create_dir_all(scratch.join("postgres/global")).unwrap();
    fs::write(scratch.join("postgres/PG_VERSION"), "9.6\n").unwrap();
    fs::write(scratch.join("postgres/global/pg_control"), "").unwrap();
    fs::write(
        scratch.join("secrets.json"),
        r#"{"superuser":"a","owner":"b","app":"c","redis":"d"}"#,
    )
    .unwrap();
    let error = Servers::start(fast(Data::Kept(scratch.to_path_buf())))
        .await
        .unwrap_err();
    assert!(matches!(error, ServersError::WrongMajor { .. }), "{error}");
    let message = error.to_string();
    assert!(
        message.contains("written by PostgreSQL 9.6") && message.contains("move that folder away"),
        "{message}"
    );
    assert_eq!(
        fs::read_to_string(scratch.join("postgres/PG_VERSION")).unwrap(),
        "9.6\n"
    );
}

#[tokio::test]
async fn a_folder_that_is_no_cluster_is_left_alone() {
    let scratch = Scratch::new();
    fs::create_dir(scratch.join("postgres")).unwrap();
    fs::write(scratch.join("postgres/thesis.txt"), "the only copy").unwrap();
    fs::write(
        scratch.join("secrets.json"),
        r#"{"superuser":"a","owner":"b","app":"c","redis":"d"}"#,
    )
    .unwrap();
    let error = Servers::start(fast(Data::Kept(scratch.to_path_buf())))
        .await
        .unwrap_err();
    assert!(matches!(error, ServersError::NotACluster(_)), "{error}");
    assert!(scratch.join("postgres/thesis.txt").exists());
}

#[tokio::test]
async fn lost_passwords_are_said_to_be_lost() {
    let scratch = Scratch::new();
    start_kept(&scratch).await.stop().await;
    for text in [
        None,
        Some("{"),
        Some(r#"{"superuser":"'","owner":"b","app":"c","redis":"d"}"#),
    ] {
        match text {
            None => fs::remove_file(scratch.join("secrets.json")).unwrap(),
            Some(text) => fs::write(scratch.join("secrets.json"), text).unwrap(),
        }
        let error = Servers::start(fast(Data::Kept(scratch.to_path_buf())))
            .await
            .unwrap_err();
        assert!(matches!(error, ServersError::SecretsLost { .. }), "{error}");
        assert!(error.to_string().contains("secrets.json"), "{error}");
    }
}

#[tokio::test]
async fn a_folder_the_server_cannot_enter_has_a_substitute() {
    let scratch = Scratch::new();
    let closed = scratch.join("home");
    fs::create_dir(&closed).unwrap();
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).unwrap();
    let asked = closed.join("croupier");
    let run_as = RunAs::detect().unwrap();
    let expected = match run_as.account() {
        Some(_) => substitute(&asked, run_as.own_uid()),
        None => asked.clone(), // Our own folder is never closed to ourselves.
    };

    let lines = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let told = lines.clone();
    let config = || ServersConfig {
        progress: {
            let told = told.clone();
            std::sync::Arc::new(move |line: &str| told.lock().unwrap().push(line.to_owned()))
        },
        ..fast(Data::Kept(asked.clone()))
    };
    let servers = Servers::start(config()).await.unwrap();
    assert_eq!(servers.home().unwrap(), expected);
    sql(&servers.owner_url(), "CREATE TABLE t AS SELECT 'kept' AS word")
        .await
        .unwrap();
    servers.stop().await;
    let servers = Servers::start(config()).await.unwrap();
    assert_eq!(text(&servers.owner_url(), "SELECT word FROM t").await, "kept");
    servers.stop().await;

    if run_as.account().is_some() {
        let said = lines.lock().unwrap().join("\n");
        assert!(
            said.contains(asked.to_str().unwrap()) && said.contains(expected.to_str().unwrap()),
            "{said}"
        );
        // Somebody else's folder of that name is not trusted.
        fs::set_permissions(&expected, fs::Permissions::from_mode(0o777)).unwrap();
        let error = Servers::start(config()).await.unwrap_err();
        assert!(matches!(error, ServersError::NotOurs(_)), "{error}");
        fs::remove_dir_all(expected).unwrap();
    }
}

#[tokio::test]
async fn a_folder_closed_by_our_own_umask_is_opened() {
    let scratch = Scratch::new();
    let dir = scratch.join("data");
    fs::create_dir(&dir).unwrap();
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o700)).unwrap();
    let servers = start_kept(&dir).await;
    assert_eq!(servers.home().unwrap(), dir);
    servers.stop().await;
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_named() {
    let scratch = Scratch::new();
    fs::write(scratch.join("file"), "").unwrap();
    let error = Servers::start(fast(Data::Kept(scratch.join("file/data"))))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("CROUPIER_DATA_DIR"), "{error}");
}
