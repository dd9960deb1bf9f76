//! Server and PostgreSQL are killed by turns, again and again, while a crowd plays on; after each kill the
//! product's own auditors go over the books, and every client over its answers.

use std::{process::Command, time::Duration};

use croupier::servers::{Data, Durability, Postgres, Servers, ServersConfig};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use sqlx::{Connection, PgConnection};
use tokio::time::sleep;

use super::{
    house::{Outside, croupier, house_on, until},
    traffic::{Playing, all_settle, crowd, done, during, note, put_off_or_lost, seed},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kill {
    /// `croupier serve`.
    Server,
    /// The whole of PostgreSQL.
    Postmaster,
    /// The server process of one connection of ours that is in a transaction: PostgreSQL then ends all of them and recovers.
    Backend,
}

/// Every other one is the server's.
const TURNS: [Kill; 4] = [Kill::Server, Kill::Postmaster, Kill::Server, Kill::Backend];

#[tokio::test]
async fn money_34_money_35_kills_by_turns_lose_nothing_double_nothing_and_leave_no_drift() {
    let seed = seed();
    let mut rng = StdRng::seed_from_u64(seed);
    // A long run is one with more of them: CROUPIER_KILLS=30.
    let kills = std::env::var("CROUPIER_KILLS").map_or(4, |kills| kills.parse().unwrap());
    // Of its own: killing the shared one would hurt the other tests.
    let servers = Servers::start(ServersConfig {
        durability: Durability::TestFast,
        ..ServersConfig::private(Data::Ephemeral)
    })
    .await
    .unwrap();
    let house = Outside::of(house_on(&servers).await);
    let mut server = house.serve().await;
    let mut clients = crowd(&house, seed).await;
    let mut tally = [(Kill::Server, 0), (Kill::Postmaster, 0), (Kill::Backend, 0)];
    let mut interrupted = 0;
    for (number, kill) in TURNS.into_iter().cycle().take(kills).enumerate() {
        let (answers, moment) = (
            rng.random_range(20..120),
            Duration::from_micros(rng.random_range(0..20_000)),
        );
        let (played, (again, said)) = during(clients, Playing::Repeating, async |progress| {
            progress.answers(answers).await;
            sleep(moment).await;
            let again = match kill {
                Kill::Server => {
                    server.kill().await;
                    house.serve().await
                }
                Kill::Postmaster => {
                    servers.postgres.kill().await.unwrap();
                    servers.postgres.restart().await.unwrap();
                    server
                }
                Kill::Backend => {
                    kill_a_backend(&servers).await;
                    server
                }
            };
            progress.answers(20).await;
            // The crowd plays on while the auditors read.
            let verified = croupier(&house.serving.house, &["journal", "verify"]).await;
            let balanced = croupier(&house.serving.house, &["wallet", "trial-balance"]).await;
            (again, [verified, balanced])
        })
        .await;
        server = again;
        clients = played;
        for (right, text) in said {
            assert!(right, "after a kill of the {kill:?}:\n{text}");
        }
        let hit = put_off_or_lost(&clients);
        interrupted += hit;
        all_settle(&house, &mut clients).await;
        // And with everybody's answers settled.
        for arguments in [["journal", "verify"], ["wallet", "trial-balance"]] {
            let (right, text) = croupier(&house.serving.house, &arguments).await;
            assert!(
                right && !text.contains("WRONG"),
                "after a kill of the {kill:?}:\n{text}"
            );
        }
        note(format_args!(
            "  ✓ kill {} of {kills}, {kill:?}: {hit} requests interrupted, {} movements acknowledged so far; the journal verifies, the balances hold",
            number + 1,
            done(&clients),
        ));
        tally
            .iter_mut()
            .filter(|(kind, _)| *kind == kill)
            .for_each(|(_, times)| *times += 1);
    }
    let (_, verified) = croupier(&house.serving.house, &["journal", "verify"]).await;
    note(format_args!(
        "{kills} kills {tally:?}: {} movements acknowledged, {interrupted} requests interrupted; 0 lost, 0 doubled, 0 drift\n{verified}",
        done(&clients),
    ));
    assert!(interrupted > 0, "the kills met no traffic");
    server.stop().await;
    servers.stop().await;
}

/// Kills the process that serves one of our connections in the middle of a transaction, and returns when PostgreSQL
/// has noticed.
async fn kill_a_backend(servers: &Servers) {
    assert!(matches!(servers.postgres, Postgres::Private(_)));
    let mut root = PgConnection::connect(&servers.superuser_url()).await.unwrap();
    let in_transaction =
        "SELECT pid FROM pg_stat_activity WHERE usename = 'croupier_app' AND xact_start IS NOT NULL
                           ORDER BY backend_xid IS NULL LIMIT 1";
    let mut victim = None;
    until("somebody is in a transaction", async || {
        victim = sqlx::query_scalar::<_, i32>(in_transaction)
            .fetch_optional(&mut root)
            .await
            .unwrap();
        victim.is_some()
    })
    .await;
    let killed = Command::new("kill")
        .args(["-9", &victim.unwrap().to_string()])
        .status()
        .unwrap();
    assert!(killed.success());
    until("PostgreSQL ends every connection", async || {
        sqlx::query("SELECT 1").execute(&mut root).await.is_err()
    })
    .await;
    until("PostgreSQL is back", async || {
        PgConnection::connect(&servers.superuser_url()).await.is_ok()
    })
    .await;
}
