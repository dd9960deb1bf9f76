//! Real servers, started, crashed, orphaned and stopped. Right as root and as an ordinary user.
#![expect(clippy::unwrap_used, reason = "tests")]

mod data;
mod docker;
mod given;
mod lifecycle;
mod orphans;

use std::{
    env, fs,
    ops::Deref,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row as _, postgres::PgRow};

use super::{
    Data, Durability, Servers, ServersConfig,
    supervise::{signal, wait_gone},
};

/// A folder that is removed at the end of the test and that every account can enter.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        let dir = env::temp_dir().join(format!("croupier-test-{:016x}", rand::random::<u64>()));
        fs::create_dir(&dir).unwrap();
        fs::set_permissions(&dir, fs::Permissions::from_mode(0o755)).unwrap();
        Self(fs::canonicalize(dir).unwrap())
    }
}

impl Deref for Scratch {
    type Target = Path;
    fn deref(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn fast(data: Data) -> ServersConfig {
    ServersConfig {
        durability: Durability::TestFast,
        ..ServersConfig::private(data)
    }
}

async fn start_kept(dir: &Path) -> Servers {
    Servers::start(fast(Data::Kept(dir.to_path_buf()))).await.unwrap()
}

/// Runs statements and gives the last row.
#[expect(clippy::disallowed_methods, reason = "the servers' own tests, of no brand")]
async fn sql(url: &str, statements: &str) -> Result<Option<PgRow>, sqlx::Error> {
    let mut connection = PgConnection::connect(url).await?;
    let rows = sqlx::raw_sql(AssertSqlSafe(statements.to_owned()))
        .fetch_all(&mut connection)
        .await?;
    connection.close().await?;
    Ok(rows.into_iter().last())
}

async fn text(url: &str, query: &str) -> String {
    sql(url, query).await.unwrap().unwrap().get::<String, _>(0)
}

async fn redis_command(url: &str, words: &[&str]) -> Option<String> {
    let mut connection = redis::Client::open(url)
        .unwrap()
        .get_multiplexed_async_connection()
        .await
        .unwrap();
    let mut command = redis::cmd(words[0]);
    command
        .arg(&words[1..])
        .query_async(&mut connection)
        .await
        .unwrap()
}

async fn assert_gone(pid: u32) {
    assert!(
        wait_gone(pid, Duration::from_secs(15)).await,
        "process {pid} is still there"
    );
}

async fn assert_folder_gone(path: &std::path::Path) {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(15);
    while path.exists() {
        assert!(
            tokio::time::Instant::now() < deadline,
            "{} is still there",
            path.display()
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn is_alive(pid: u32) -> bool {
    signal(pid, "0")
}
