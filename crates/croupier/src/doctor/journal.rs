//! The journal, of a database whose owner was named.

use std::time::Duration;

use croupier_brand::Clock;
use sqlx::{PgPool, postgres::PgPoolOptions};

use super::Finding;
use crate::journal::partition;

const PARTS: &str = "journal";
const READERS: &str = "journal readers";

/// What the owner sees of it.
pub(super) async fn findings(owner_url: &str) -> [Finding; 2] {
    let connected = PgPoolOptions::new()
        .max_connections(1)
        .acquire_timeout(Duration::from_secs(5))
        .connect(owner_url)
        .await;
    match connected {
        Ok(owner) => [parts(&owner).await, horizon(&owner).await],
        Err(_) => [PARTS, READERS].map(|what| Finding::note(what, "cannot be looked at")),
    }
}

/// Whether the journal has parts for the months to come. Before the schema is there, there is nothing to say.
async fn parts(owner: &PgPool) -> Finding {
    let next = "croupier journal partition";
    match partition::parts(owner).await {
        Err(fault) => Finding::note(PARTS, format!("cannot be looked at: {fault}")),
        Ok(parts) => match (parts.ahead(Clock::system().now()), parts.in_rest.first()) {
            (_, Some(month)) => Finding {
                next: Some(next.to_owned()),
                ..Finding::note(PARTS, format!("entries of {month} are in the default part"))
            },
            (0, None) => Finding {
                next: Some(next.to_owned()),
                ..Finding::note(PARTS, "no part is made for next month")
            },
            (months, None) => Finding::good(PARTS, format!("parts for {months} months ahead")),
        },
    }
}

/// Whether a transaction of any database of the cluster holds back the journal's seals and readers: the oldest that has
/// a number and had it a second before, when an older one, or many that are short, may have been open too.
#[expect(
    clippy::disallowed_methods,
    reason = "the server's own catalogues, on the owner's connection"
)]
async fn horizon(owner: &PgPool) -> Finding {
    const OPEN: &str =
        "SELECT l.transactionid::text, l.pid, coalesce(a.datname::text, 'no session: a prepared transaction')
                            FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid
                           WHERE l.locktype = 'transactionid' AND l.mode = 'ExclusiveLock' AND l.granted
                           ORDER BY age(l.transactionid) DESC";
    let open = async || {
        sqlx::query_as::<_, (String, Option<i32>, String)>(OPEN)
            .fetch_all(owner)
            .await
    };
    let before = open().await;
    if before.as_ref().is_ok_and(|before| !before.is_empty()) {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let (before, now) = match (before, open().await) {
        (Ok(before), Ok(now)) => (before, now),
        (Err(fault), _) | (_, Err(fault)) => {
            return Finding::note(READERS, format!("cannot be looked at: {fault}"));
        }
    };
    match now.into_iter().find(|one| before.contains(one)) {
        Some((_, pid, database)) => {
            let pid = pid.map_or_else(String::new, |pid| format!(" of process {pid}"));
            Finding {
                next: Some(
                    "let it end (pg_stat_activity says what it does, pg_prepared_xacts what was prepared)"
                        .to_owned(),
                ),
                ..Finding::note(
                    READERS,
                    format!(
                        "held back by a transaction{pid} that stays open (database {database}): what was written since is sealed and read when it has ended"
                    ),
                )
            }
        }
        None => Finding::good(READERS, "held back by nobody"),
    }
}
