//! The servers that the environment names.

use croupier_brand::redis_link::{Eviction, RedisLink};

use super::{Finding, journal};
use crate::servers::{
    ServersConfig,
    programs::OLDEST_POSTGRES,
    redis::ping,
    roles::{KEEP_SET_CONFIG, Privileges, privileges},
};

/// PostgreSQL, as its application and its owner.
pub(super) async fn postgres(servers: &ServersConfig) -> Vec<Finding> {
    let Some(database_url) = &servers.database_url else {
        return vec![Finding::good(
            "DATABASE_URL",
            "not set; a private server will be used",
        )];
    };
    match &servers.owner_database_url {
        None => vec![
            describe("DATABASE_URL", database_url, |role| {
                (!role.creates_roles).then(|| {
                    "use a role that may create roles, or set OWNER_DATABASE_URL and DATABASE_URL both"
                        .to_owned()
                })
            })
            .await,
        ],
        Some(owner_url) => {
            let mut findings = vec![describe("OWNER_DATABASE_URL", owner_url, |_| None).await];
            findings.extend(journal::findings(owner_url).await);
            let application = describe("DATABASE_URL", database_url, |role| {
                (role.above_row_security || role.owns_tables).then(|| {
                    format!(
                        "{} is above row security; let the application connect as croupier_app, \
                         which owns nothing and is no superuser",
                        role.role
                    )
                })
            });
            findings.push(application.await);
            findings
        }
    }
}

/// Redis, and whether it keeps what it is told to keep.
pub(super) async fn redis(servers: &ServersConfig) -> Finding {
    const WHAT: &str = "REDIS_URL";
    let Some(url) = &servers.redis_url else {
        return Finding::good(WHAT, "not set; a private server will be used");
    };
    match ping(url).await {
        Ok(()) => kept_by_redis(WHAT, url).await,
        Err(why) => Finding::missing(WHAT, why, "check the URL and that the server runs, or unset it"),
    }
}

/// Whether a Redis that answers keeps what it is told to keep.
async fn kept_by_redis(what: &'static str, url: &str) -> Finding {
    let told = match RedisLink::new(url) {
        Ok(link) => link.eviction().await.ok(),
        Err(_) => None,
    };
    match told {
        Some(Eviction::Refuses) => Finding::good(what, "answers"),
        Some(Eviction::TakesOut(policy)) => Finding::missing(
            what,
            format!(
                "answers; when its memory is full it takes out what it holds (maxmemory-policy {policy})"
            ),
            Eviction::NEXT,
        ),
        Some(Eviction::Unsaid) | None => Finding::note(
            what,
            "answers, and does not say what it does when its memory is full; its maxmemory-policy must be noeviction",
        ),
    }
}

/// Connects, and asks of the role what `objection` thinks of it.
async fn describe(
    what: &'static str,
    url: &str,
    objection: impl Fn(&Privileges) -> Option<String>,
) -> Finding {
    match privileges(url).await {
        Err(error) => Finding::missing(
            what,
            error.to_string(),
            "check the URL and that the server runs, or unset it",
        ),
        Ok(role) if role.server_major < OLDEST_POSTGRES => Finding::missing(
            what,
            format!("it is PostgreSQL {}", role.server_major),
            format!("name a server of version {OLDEST_POSTGRES} or newer"),
        ),
        Ok(role) => {
            let found = format!("PostgreSQL {}, as {}", role.server_major, role.role);
            match objection(&role) {
                // The application's own; a role that may make roles gives it one.
                None if what == "DATABASE_URL" && role.sets_config && !role.creates_roles => Finding::note(
                    what,
                    format!(
                        "{found}; it may call set_config(), which it needs for nothing. Better, as a superuser in this database: {KEEP_SET_CONFIG}"
                    ),
                ),
                None => Finding::good(what, found),
                Some(next) => Finding::missing(what, found, next),
            }
        }
    }
}
