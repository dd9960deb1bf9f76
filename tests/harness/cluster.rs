//! The servers that all tests share, and a database for each.

use std::sync::{
    LazyLock,
    atomic::{AtomicUsize, Ordering},
};

use croupier::{
    local::LocalHouse,
    servers::{Data, Durability, Servers, ServersConfig, roles::KEEP_SET_CONFIG},
};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tokio::{runtime::Runtime, sync::OnceCell};

use super::until;

/// The servers live on a runtime of their own: a test's runtime ends with its test.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap()
});
static CLUSTER: OnceCell<Cluster> = OnceCell::const_new();
static NEXT: AtomicUsize = AtomicUsize::new(0);

const TEMPLATE: &str = "croupier_template";

/// One PostgreSQL and one Redis, with a template of a local house in it.
pub struct Cluster {
    servers: Servers,
    template: LocalHouse,
    redis_databases: usize,
}

impl Cluster {
    /// The one cluster, started by whichever test comes first.
    pub async fn get() -> &'static Self {
        CLUSTER
            .get_or_init(|| async { RUNTIME.spawn(Self::start()).await.unwrap() })
            .await
    }

    async fn start() -> Self {
        let config = ServersConfig {
            durability: Durability::TestFast,
            postgres_settings: vec![("max_connections".to_owned(), "300".to_owned())],
            ..ServersConfig::from_env(Data::Ephemeral)
        };
        let servers = Servers::start(config).await.unwrap();
        let dir = own_folder();
        std::fs::create_dir_all(&dir).unwrap();
        let mut root = PgConnection::connect(&servers.superuser_url()).await.unwrap();
        root.execute(AssertSqlSafe(format!("DROP DATABASE IF EXISTS {TEMPLATE}")))
            .await
            .unwrap();
        root.execute(AssertSqlSafe(format!(
            "CREATE DATABASE {TEMPLATE} OWNER croupier_owner"
        )))
        .await
        .unwrap();
        let template = LocalHouse {
            owner_url: with_database(&servers.owner_url(), TEMPLATE),
            app_url: with_database(&servers.app_url(), TEMPLATE),
            redis_url: redis_database(&servers.redis_url(), 0),
            dir,
        };
        template.set_up().await.unwrap();
        // As one who runs this for real is advised to. The owner keeps it, for the audits of these tests.
        let mut root = PgConnection::connect(&with_database(&servers.superuser_url(), TEMPLATE))
            .await
            .unwrap();
        root.execute(KEEP_SET_CONFIG).await.unwrap();
        root.execute(
            "GRANT EXECUTE ON FUNCTION pg_catalog.set_config(text, text, boolean) TO croupier_owner",
        )
        .await
        .unwrap();
        root.close().await.unwrap();
        let client = redis::Client::open(servers.redis_url()).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        let (_, databases): (String, usize) = redis::cmd("CONFIG")
            .arg("GET")
            .arg("databases")
            .query_async(&mut connection)
            .await
            .unwrap();
        Self {
            servers,
            template,
            redis_databases: databases,
        }
    }

    /// The servers themselves; killing them hurts every test that runs.
    pub fn servers(&self) -> &Servers {
        &self.servers
    }

    /// A house of one's own: a fresh copy of the template and an empty Redis database.
    pub async fn house(&self) -> LocalHouse {
        let number = NEXT.fetch_add(1, Ordering::SeqCst) + 1;
        let name = format!("house_{}_{number}", std::process::id());
        let mut root = PgConnection::connect(&self.servers.superuser_url())
            .await
            .unwrap();
        let create =
            format!("CREATE DATABASE {name} TEMPLATE {TEMPLATE} OWNER croupier_owner STRATEGY wal_log");
        // A template can be copied only while nobody is connected to it; another test may be just now.
        until("nobody is connected to the template", async || {
            match root.execute(AssertSqlSafe(create.clone())).await {
                Ok(_) => true,
                Err(sqlx::Error::Database(fault)) if fault.code().as_deref() == Some("55006") => false,
                Err(fault) => panic!("{fault}"),
            }
        })
        .await;
        // As the database of a private server is. What a database grants is not copied from its template.
        let close = format!(
            "REVOKE ALL ON DATABASE {name} FROM PUBLIC; GRANT CONNECT ON DATABASE {name} TO croupier_app"
        );
        root.execute(sqlx::raw_sql(AssertSqlSafe(close))).await.unwrap();
        // 0 is the template's.
        let redis_url = redis_database(&self.servers.redis_url(), 1 + number % (self.redis_databases - 1));
        let mut connection = redis::Client::open(redis_url.as_str())
            .unwrap()
            .get_multiplexed_async_connection()
            .await
            .unwrap();
        redis::cmd("FLUSHDB")
            .query_async::<()>(&mut connection)
            .await
            .unwrap();
        LocalHouse {
            owner_url: with_database(&self.template.owner_url, &name),
            app_url: with_database(&self.template.app_url, &name),
            redis_url,
            dir: self.template.dir.clone(),
        }
    }
}

fn with_database(url: &str, name: &str) -> String {
    let (base, _) = url.rsplit_once('/').unwrap();
    format!("{base}/{name}")
}

fn redis_database(url: &str, number: usize) -> String {
    let (scheme, rest) = url.split_once("://").unwrap();
    format!("{scheme}://{}/{number}", rest.split('/').next().unwrap())
}

/// A folder for keys, of this run. Those of runs that have ended are swept away: nothing runs when a
/// test binary ends, so the next one tidies up.
fn own_folder() -> std::path::PathBuf {
    let temp = std::env::temp_dir();
    for entry in std::fs::read_dir(&temp).unwrap().flatten() {
        let name = entry.file_name().into_string().unwrap_or_default();
        let ended = name
            .strip_prefix("croupier-tests-")
            .is_some_and(|pid| !std::path::Path::new("/proc").join(pid).exists());
        if ended {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
    temp.join(format!("croupier-tests-{}", std::process::id()))
}
