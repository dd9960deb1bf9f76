//! A cluster is lost, a backup of it is restored, and everybody says again what they said.

use std::{
    collections::{BTreeSet, HashMap},
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::Command as Program,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use croupier::{
    config::Environment,
    local::LocalHouse,
    runtime::{self, Role},
    servers::{Data, Durability, Postgres, Servers, ServersConfig},
};
use croupier_brand::token::PlayerId;
use croupier_wallet::{
    Balance, Command, Outcome, Verdict, Wallet, WalletLimits,
    journal::{Reader, Row, Sealer},
};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use sqlx::{Connection, Executor, PgConnection, Row as _};
use tokio::sync::watch;
use uuid::Uuid;

use crate::{
    harness::{Composition, House},
    journal::{croupier, folder, reader, sealer},
    kills::house::{croupier as owners, house_on, until},
    wallet::Till,
};

/// What was asked of the wallet by one client, in order, and what it was told.
type Said = Vec<(Command, Outcome)>;

/// A house on servers of its own, with clients at it.
struct Doomed {
    servers: Servers,
    till: Arc<Till>,
    players: Vec<PlayerId>,
}

impl Doomed {
    async fn open() -> Self {
        let config = ServersConfig {
            durability: Durability::TestFast,
            ..ServersConfig::private(Data::Ephemeral)
        };
        let servers = Servers::start(config).await.unwrap();
        let till = on(house_on(&servers).await).await;
        let mut players = vec![till.player];
        for account in ["bert", "cleo", "dora"] {
            players.push(till.other(account).await);
        }
        Self {
            servers,
            till: Arc::new(till),
            players,
        }
    }

    /// Plays while `backup` runs, for some time before and after. Gives what each client said.
    async fn under_load(&self, backup: impl FnOnce() + Send + 'static) -> Vec<Said> {
        let (over, answers) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let clients: Vec<_> = self
            .players
            .iter()
            .zip(0..)
            .map(|(player, seed)| {
                let (till, over, answers) = (Arc::clone(&self.till), Arc::clone(&over), Arc::clone(&answers));
                tokio::spawn(play(till, *player, seed, over, answers))
            })
            .collect();
        let more = async |count: usize| {
            let wanted = answers.load(Ordering::SeqCst) + count;
            until("the clients are answered", async || {
                answers.load(Ordering::SeqCst) >= wanted
            })
            .await;
        };
        more(100).await;
        tokio::task::spawn_blocking(backup).await.unwrap();
        more(100).await;
        over.store(true, Ordering::SeqCst);
        let mut said = Vec::new();
        for client in clients {
            said.push(client.await.unwrap());
        }
        said
    }

    async fn balances(&self) -> Vec<Balance> {
        balances(&self.till, &self.players).await
    }
}

/// The till of a house that is there, or was restored.
async fn on(local: LocalHouse) -> Till {
    Till::on(
        House::over(local, Composition::Together, |_| {}).await,
        WalletLimits::default(),
    )
    .await
}

async fn balances(till: &Till, players: &[PlayerId]) -> Vec<Balance> {
    let mut balances = Vec::new();
    for player in players {
        let holdings = till
            .wallet
            .balance(&till.scope, *player, till.scope.currency())
            .await;
        balances.push(holdings.unwrap().balance());
    }
    balances
}

/// One client: bets, wins, rollbacks and refusals of one player, one after the other.
async fn play(
    till: Arc<Till>,
    player: PlayerId,
    seed: u64,
    over: Arc<AtomicBool>,
    answers: Arc<AtomicUsize>,
) -> Said {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut said = Said::new();
    let mut bets = Vec::new();
    for step in 0.. {
        if over.load(Ordering::SeqCst) {
            break;
        }
        let id = format!("p{seed}-{step}");
        let command = match (step, rng.random_range(0..8), bets.last()) {
            (0, ..) => till.deposit(&id, 50_000),
            (_, 0..4, _) | (_, _, None) => {
                bets.push(id.clone());
                till.bet(&id, rng.random_range(1..400))
            }
            (_, 4..6, Some(bet)) => till.win(&id, rng.random_range(0..500), bet),
            (_, 6, Some(bet)) => till.rollback(&id, bet),
            _ => till.bet(&id, 90_000_000),
        };
        let command = Command { player, ..command };
        let outcome = till.wallet.submit(&till.scope, command.clone()).await.unwrap();
        assert!(matches!(outcome, Outcome::Decided(_)), "{outcome:?}");
        said.push((command, outcome));
        answers.fetch_add(1, Ordering::SeqCst);
    }
    said
}

/// A verdict without the entry's id, which is another when it is decided anew.
fn anonymous(verdict: Option<Verdict>) -> String {
    let entry = |verdict: &Verdict| verdict.receipt().map(|receipt| receipt.entry.0);
    let text = format!("{verdict:?}");
    match verdict.as_ref().and_then(entry) {
        Some(entry) => text.replace(&entry.to_string(), "…"),
        None => text,
    }
}

/// Everybody says everything again. What was in the backup is told as it was told, what was lost is done, once and with
/// the same result. Gives how many of either there were.
async fn replay(till: &Till, said: &[Said]) -> (usize, usize) {
    let (mut kept, mut lost) = (0, 0);
    for client in said {
        let mut from_here = false;
        for (command, told) in client {
            let now = till.wallet.submit(&till.scope, command.clone()).await.unwrap();
            if now.is_replay() {
                assert!(!from_here, "a hole in the backup: {command:?}");
                assert_eq!(now.verdict(), told.verdict(), "{command:?}");
                kept += 1;
            } else {
                from_here = true;
                assert_eq!(anonymous(now.verdict()), anonymous(told.verdict()), "{command:?}");
                lost += 1;
            }
        }
    }
    for (command, told) in said.iter().flatten() {
        let again = till.wallet.submit(&till.scope, command.clone()).await.unwrap();
        assert!(again.is_replay(), "{command:?}: {again:?}");
        assert_eq!(anonymous(again.verdict()), anonymous(told.verdict()));
    }
    (kept, lost)
}

/// A program of PostgreSQL's.
fn postgres(program: &str) -> Program {
    let bindir = Program::new("pg_config").arg("--bindir").output();
    let bindir = bindir.map(|said| String::from_utf8(said.stdout).unwrap());
    let path = bindir.map_or_else(
        |_| PathBuf::from(program),
        |bindir| Path::new(bindir.trim()).join(program),
    );
    Program::new(path)
}

fn done(program: &mut Program) {
    let output = program.output().unwrap();
    assert!(
        output.status.success(),
        "{program:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// The superuser's URL, to the house's database.
fn superuser(servers: &Servers) -> String {
    let url = servers.superuser_url();
    let (server, rest) = url.rsplit_once('/').unwrap();
    let (_, options) = rest.split_once('?').unwrap();
    format!("{server}/croupier?{options}")
}

async fn drain(reader: &mut Reader) -> Vec<Row> {
    let mut rows = Vec::new();
    loop {
        let page = reader.next(500).await.unwrap();
        reader.done(&page).await.unwrap();
        rows.extend(page.rows.iter().cloned());
        if !page.more {
            return rows;
        }
    }
}

/// Each wallet's entries come in the order of their versions.
fn in_order(rows: &[Row]) -> bool {
    let mut versions = HashMap::new();
    rows.iter().all(|row| {
        versions
            .insert(row.player_id, row.version)
            .is_none_or(|before| before < row.version)
    })
}

async fn entries(till: &Till) -> BTreeSet<Uuid> {
    let mut tx = till.house.rows_of(i64::from(till.scope.id().get())).await;
    let rows = sqlx::query("SELECT entry_id FROM wallet_ledger")
        .fetch_all(&mut *tx)
        .await
        .unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

async fn seal(sealer: &mut Sealer) {
    until("there is something to seal", async || {
        sealer.seal().await.unwrap() > 0
    })
    .await;
}

async fn refused(local: &LocalHouse) -> String {
    let env = Environment::of([
        ("CROUPIER_EDGE__LISTEN", "127.0.0.1:0"),
        ("CROUPIER_ADMIN__LISTEN", "127.0.0.1:0"),
    ]);
    let (_stop, shutdown) = watch::channel(false);
    match runtime::start(local.config(&env).unwrap(), Role::All, shutdown).await {
        Ok(_) => panic!("it starts on a journal that another cluster numbered"),
        Err(refusal) => refusal.to_string(),
    }
}

/// A till over a restored house, whose players are there already.
async fn reopened(local: LocalHouse, players: &[PlayerId]) -> Till {
    let house = House::over(local, Composition::Together, |_| {}).await;
    Till::again(house, players[0]).await
}

#[tokio::test]
async fn money_43_a_dump_restored_into_a_new_cluster_and_everything_said_again_is_a_house_that_never_failed()
{
    let doomed = Doomed::open().await;
    let dump = folder("restore").join("house.dump");
    // A cluster that has been at work for a while, so that a new one counts from far behind it.
    let mut root = PgConnection::connect(&superuser(&doomed.servers)).await.unwrap();
    root.execute("DO $$ BEGIN FOR i IN 1..20000 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$")
        .await
        .unwrap();
    root.close().await.unwrap();
    let mut consumer = reader(&doomed.till.house, "stats").await;
    let mut sealing = sealer(&doomed.till.house).await;
    let early: Said = play_some(&doomed, 40).await;
    seal(&mut sealing).await;
    let mut seen = drain(&mut consumer).await;
    assert!(!seen.is_empty());
    let (from, file) = (superuser(&doomed.servers), dump.clone());
    let mut said = doomed
        .under_load(move || {
            done(
                postgres("pg_dump")
                    .args(["--format=custom", "--file"])
                    .arg(&file)
                    .arg(format!("--dbname={from}")),
            );
        })
        .await;
    said.push(early);
    let expected = doomed.balances().await;
    // Gone, with everything that was said since.
    let Doomed {
        servers,
        till,
        players,
    } = doomed;
    let keys = till.house.local.dir.clone();
    let last_number = newest(&till).await;
    drop((till, consumer, sealing));
    servers.stop().await;

    let config = ServersConfig {
        durability: Durability::TestFast,
        ..ServersConfig::private(Data::Ephemeral)
    };
    let servers = Servers::start(config).await.unwrap();
    done(
        postgres("pg_restore")
            .args(["--exit-on-error", "--jobs=2"])
            .arg(format!("--dbname={}", superuser(&servers)))
            .arg(&dump),
    );
    let local = LocalHouse {
        owner_url: servers.owner_url(),
        app_url: servers.app_url(),
        redis_url: servers.redis_url(),
        dir: keys,
    };
    // What is there is right, and nothing is written to it before its numbers are.
    let books = owners(&local, &["journal", "verify"]).await;
    assert!(books.0, "{}", books.1);
    let refusal = refused(&local).await;
    assert!(
        refusal.contains("restored from a dump") && refusal.contains("croupier journal adopt"),
        "{refusal}"
    );
    let round = [
        "--brand",
        "aurora",
        "--provider",
        "test",
        "--player",
        "anna",
        "--round",
        "round",
    ];
    let resolve = [
        &[
            "rounds",
            "resolve",
            "--as",
            "void",
            "--older-than",
            "0s",
            "--paid-too",
        ][..],
        &round,
    ]
    .concat();
    let (well, said_so) = owners(&local, &resolve).await;
    assert!(!well && said_so.contains("croupier journal adopt"), "{said_so}");
    let (well, told) = owners(&local, &["journal", "adopt"]).await;
    assert!(well && told.contains("is added"), "{told}");
    let (well, told) = owners(&local, &["journal", "adopt"]).await;
    assert!(well && told.contains("nothing was changed"), "{told}");

    let till = reopened(local, &players).await;
    let (kept, lost) = replay(&till, &said).await;
    assert!(kept > 50 && lost > 50, "{kept} were in the dump, {lost} were not");
    assert_eq!(balances(&till, &players).await, expected);
    till.house.audit().await;

    // The consumer goes on where the dump has it, and nothing is passed over.
    let before: BTreeSet<_> = seen.iter().map(|row| row.entry_id).collect();
    let mut consumer = reader(&till.house, "stats").await;
    let all = entries(&till).await;
    let mut later = Vec::new();
    until("the consumer is given everything", async || {
        later.extend(drain(&mut consumer).await);
        later.len() + before.len() >= all.len()
    })
    .await;
    let ids: BTreeSet<_> = later.iter().map(|row| row.entry_id).collect();
    assert_eq!(ids.len(), later.len(), "an entry came twice");
    assert!(before.is_disjoint(&ids));
    assert_eq!(before.union(&ids).copied().collect::<BTreeSet<_>>(), all);
    assert!(later.last().unwrap().xid > last_number);
    seen.extend(later);
    assert!(in_order(&seen));
    let mut sealing = sealer(&till.house).await;
    until("everything is sealed", async || {
        sealing.seal().await.unwrap();
        let (well, books) = croupier(&till.house, &["journal", "verify", "--brand", "aurora"]).await;
        assert!(well, "{books}");
        books.contains(" 0 entries since")
    })
    .await;
    drop((till, consumer, sealing));
    servers.stop().await;
}

/// The number of the newest entry's transaction.
async fn newest(till: &Till) -> u64 {
    let mut tx = till.house.rows_of(i64::from(till.scope.id().get())).await;
    let row = sqlx::query("SELECT max(xid)::text FROM wallet_ledger")
        .fetch_one(&mut *tx)
        .await
        .unwrap();
    row.get::<String, _>(0).parse().unwrap()
}

/// A few commands of the first player's.
async fn play_some(doomed: &Doomed, count: i64) -> Said {
    let mut said = Said::new();
    for at in 0..count {
        let command = doomed.till.deposit(&format!("early-{at}"), 1_000 + at);
        let outcome = doomed.till.submit(command.clone()).await;
        said.push((command, outcome));
    }
    said
}

#[tokio::test]
async fn money_43_a_base_backup_taken_under_load_is_gone_on_from_without_more_ado() {
    let doomed = Doomed::open().await;
    let backup = folder("restore").join("base");
    let _ = fs::remove_dir_all(&backup);
    let (from, to) = (doomed.servers.superuser_url(), backup.clone());
    let said = doomed
        .under_load(move || {
            done(
                postgres("pg_basebackup")
                    .args(["--wal-method=stream", "--checkpoint=fast", "--pgdata"])
                    .arg(&to)
                    .arg(format!("--dbname={from}")),
            );
        })
        .await;
    let expected = doomed.balances().await;
    let Doomed {
        servers,
        till,
        players,
    } = doomed;
    let local = till.house.local.clone();
    drop(till);
    let Postgres::Private(server) = &servers.postgres else {
        panic!("a private server");
    };
    server.kill().await;
    // The cluster is lost; the backup takes its place.
    let cluster = servers.home().unwrap().join("postgres");
    done(
        Program::new("chown")
            .arg("-R")
            .arg(reference(&cluster))
            .arg(&backup),
    );
    fs::remove_dir_all(&cluster).unwrap();
    done(Program::new("cp").arg("-a").arg(&backup).arg(&cluster));
    server.restart().await.unwrap();

    let books = owners(&local, &["journal", "verify"]).await;
    assert!(books.0, "{}", books.1);
    let till = reopened(local, &players).await;
    let (kept, lost) = replay(&till, &said).await;
    assert!(
        kept > 50 && lost > 50,
        "{kept} were in the backup, {lost} were not"
    );
    assert_eq!(balances(&till, &players).await, expected);
    till.house.audit().await;
    let (well, books) = croupier(&till.house, &["journal", "verify"]).await;
    assert!(well, "{books}");
    drop(till);
    servers.stop().await;
}

/// `--reference` of a folder.
fn reference(folder: &Path) -> std::ffi::OsString {
    let mut text = std::ffi::OsString::from("--reference=");
    text.push(OsStr::new(folder));
    text
}
