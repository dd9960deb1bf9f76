//! PostgreSQL is killed under the server's hands, or a connection to it is.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use croupier::servers::{Data, Durability, Servers, ServersConfig};
use croupier_game::hub88::simulator::Bet;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use sqlx::{Connection, PgConnection};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::sleep,
};

use super::{
    house::{Outside, house_on, until},
    seat::{CENT, Op, Said},
    traffic::{Playing, all_settle, clients, during, lost, note, put_off, seed},
};
use crate::harness::Cluster;

#[tokio::test]
async fn money_35_a_killed_database_loses_nothing_that_was_answered_and_play_goes_on() {
    let seed = seed();
    let mut rng = StdRng::seed_from_u64(seed);
    // Of its own: killing the shared one would hurt the other tests.
    let config = ServersConfig {
        durability: Durability::TestFast,
        ..ServersConfig::private(Data::Ephemeral)
    };
    let servers = Servers::start(config).await.unwrap();
    let house = Outside::of(house_on(&servers).await);
    let server = house.serve().await;
    let mut clients = clients(&house, seed).await;
    for _ in 0..2 {
        let (answers, down) = (
            rng.random_range(5..60),
            Duration::from_millis(rng.random_range(0..300)),
        );
        let (played, ()) = during(clients, Playing::UntilTold, async |progress| {
            progress.answers(answers).await;
            servers.postgres.kill().await.unwrap();
            progress.somebody_is_put_off().await;
            sleep(down).await;
            servers.postgres.restart().await.unwrap();
            progress.answers(10).await;
        })
        .await;
        clients = played;
        assert_eq!(
            lost(&clients),
            Vec::<String>::new(),
            "while PostgreSQL is away the server says so; it does not fall silent"
        );
        all_settle(&house, &mut clients).await;
    }
    server.stop().await;
    servers.stop().await;
}

#[tokio::test]
async fn money_37_iso_48_connections_that_die_in_mid_transaction_take_nothing_along() {
    let seed = seed();
    let cluster = Cluster::get().await;
    let house = Outside::of(cluster.house().await);
    let server = house.serve().await;
    let clients = clients(&house, seed).await;
    let mut root = PgConnection::connect(&cluster.servers().superuser_url())
        .await
        .unwrap();
    let database = house.serving.house.app_url.rsplit('/').next().unwrap().to_owned();
    let (mut clients, ended) = during(clients, Playing::UntilTold, async |progress| {
        let mut ended = 0;
        until("enough transactions were met", async || {
            sleep(Duration::from_millis(15)).await;
            let in_transaction = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                                   WHERE datname = $1 AND usename = 'croupier_app' AND xact_start IS NOT NULL";
            let killed: i64 = sqlx::query_scalar(in_transaction).bind(&database).fetch_one(&mut root).await.unwrap();
            ended += killed;
            ended >= 20
        })
        .await;
        progress.answers(10).await;
        ended
    })
    .await;
    note(format_args!(
        "{ended} connections ended, {} requests put off",
        put_off(&clients)
    ));
    assert!(put_off(&clients) > 0, "nobody noticed");
    assert_eq!(lost(&clients), Vec::<String>::new());
    all_settle(&house, &mut clients).await;
    server.stop().await;
}

/// A COMMIT, or the statement of a bet or a deposit, which is its own transaction and says that it is applied.
fn ends_a_write(asked: &[u8]) -> bool {
    asked.windows(6).any(|text| text == b"COMMIT") || asked.windows(7).any(|text| text == b"applied")
}

/// Between server and database: passes everything on, and cuts a connection after a write's end has gone through and
/// before the answer has come back.
struct Cutter {
    address: std::net::SocketAddr,
    /// Which of the commits to come is cut off: 1 is the next one, 0 none.
    next: Arc<AtomicUsize>,
}

impl Cutter {
    async fn before(database: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let cutter = Self {
            address: listener.local_addr().unwrap(),
            next: Arc::default(),
        };
        let (next, database) = (Arc::clone(&cutter.next), database.to_owned());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(pass_on(client, database.clone(), Arc::clone(&next)));
            }
        });
        cutter
    }
}

async fn pass_on(mut client: TcpStream, database: String, next: Arc<AtomicUsize>) {
    let Ok(mut database) = TcpStream::connect(database).await else {
        return;
    };
    let (mut asked, mut answered) = (vec![0; 64 * 1024], vec![0; 64 * 1024]);
    let mut cut = false;
    loop {
        tokio::select! {
            read = client.read(&mut asked) => {
                let Ok(length @ 1..) = read else { return };
                if ends_a_write(&asked[..length]) {
                    cut = next.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |next| next.checked_sub(1)) == Ok(1);
                }
                if database.write_all(&asked[..length]).await.is_err() { return }
            }
            read = database.read(&mut answered) => {
                let Ok(length @ 1..) = read else { return };
                // The database has committed; nobody will hear of it.
                if cut { return }
                if client.write_all(&answered[..length]).await.is_err() { return }
            }
        }
    }
}

#[tokio::test]
async fn money_37_a_connection_cut_between_commit_and_its_answer_is_asked_what_became_of_it() {
    let mut local = Cluster::get().await.house().await;
    let (login, rest) = local.app_url.split_once('@').unwrap();
    let (database, name) = rest.split_once('/').unwrap();
    let cutter = Cutter::before(database).await;
    local.app_url = format!("{login}@{}/{name}", cutter.address);
    let house = Outside::of(local);
    let server = house.serve().await;
    let mut clients = clients(&house, 1).await;
    let client = &mut clients[0];
    for kind in ["deposit", "bet"] {
        // Every commit of a call in turn; the last one is the wallet's.
        let mut last = None;
        for nth in 1.. {
            let op = match kind {
                "deposit" => Op::Deposit {
                    key: format!("cut-{nth}"),
                    cents: 10_000,
                },
                _ => Op::Bet(Bet::new(&format!("cut-{nth}"), 100 * CENT)),
            };
            cutter.next.store(nth, Ordering::SeqCst);
            let said = client.seat.say(&op).await;
            client.said.push((op, said.clone()));
            if cutter.next.swap(0, Ordering::SeqCst) > 0 {
                break; // There is no such commit.
            }
            last = Some(said);
        }
        assert!(
            matches!(last, Some(Said::Done(_))),
            "{kind}: what was committed was not found out: {last:?}"
        );
    }
    assert_eq!(lost(&clients), Vec::<String>::new());
    all_settle(&house, &mut clients).await;
    server.stop().await;
}
