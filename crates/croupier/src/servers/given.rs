//! Servers that are somebody else's: `DATABASE_URL`, `OWNER_DATABASE_URL`, `REDIS_URL`.
//!
//! | set | sets up and migrates | the application connects |
//! |---|---|---|
//! | `DATABASE_URL` alone | as `DATABASE_URL` says | to the same database as `croupier_app` |
//! | both | as `OWNER_DATABASE_URL` says | as `DATABASE_URL` says |
//!
//! Alone, `DATABASE_URL` has to name a role that may create roles (a superuser will do), because `croupier_app` is made
//! when it is missing. Its password is derived from the one in `DATABASE_URL`: everybody who has that URL arrives at the
//! same one, nothing has to be stored, and who knows only the derived one has not learnt the other. When the URL has no
//! password, because the server trusts whoever connects, `croupier_app` has none either.
//!
//! With both, nothing is derived and no role is changed: the role of `DATABASE_URL` has to be `croupier_app` or a member
//! of it, since that is whom the migrations grant to.
//!
//! Either way the database is created when it is missing, and nothing is stopped or removed when we end.

use sha2::{Digest as _, Sha256};
use sqlx::{Connection as _, PgConnection, Postgres, migrate::MigrateDatabase as _};

use super::{
    config::{Progress, ServersConfig},
    error::ServersError,
    programs::OLDEST_POSTGRES,
    redis::ping,
    roles::{self, APP_ROLE, Role},
};

/// The URLs of a PostgreSQL that is not ours.
#[derive(Clone)]
pub struct GivenPostgres {
    /// For set-up and migrations.
    pub owner_url: String,
    /// For the application.
    pub app_url: String,
}

impl std::fmt::Debug for GivenPostgres {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("GivenPostgres(…)")
    }
}

/// Checks the given PostgreSQL and makes the application's role where needed. None when none is given.
pub(crate) async fn postgres(config: &ServersConfig) -> Result<Option<GivenPostgres>, ServersError> {
    let (owner_url, app_url, variable) = match (&config.database_url, &config.owner_database_url) {
        (None, None) => return Ok(None),
        (None, Some(_)) => {
            return Err(ServersError::Given {
                variable: "OWNER_DATABASE_URL",
                why: "DATABASE_URL, which the application connects to, is not set".to_owned(),
                next: "set both, or DATABASE_URL alone",
            });
        }
        (Some(database), Some(owner)) => (owner, Some(database), "OWNER_DATABASE_URL"),
        (Some(database), None) => (database, None, "DATABASE_URL"),
    };
    check_server(owner_url, variable, &config.progress).await?;
    let app_url = match app_url {
        Some(app_url) => {
            can_connect(app_url).await.map_err(|why| ServersError::Given {
                variable: "DATABASE_URL",
                why,
                next: "check the URL and that its role may log in",
            })?;
            app_url.clone()
        }
        None => derive_app(owner_url, &config.progress).await?,
    };
    Ok(Some(GivenPostgres {
        owner_url: owner_url.clone(),
        app_url,
    }))
}

/// Checks the given Redis. None when none is given.
pub(crate) async fn redis(config: &ServersConfig) -> Result<Option<String>, ServersError> {
    let Some(url) = &config.redis_url else {
        return Ok(None);
    };
    ping(url).await.map_err(|why| ServersError::Given {
        variable: "REDIS_URL",
        why,
        next: "check the URL and that the server runs, or unset REDIS_URL to use a private one",
    })?;
    Ok(Some(url.clone()))
}

async fn check_server(url: &str, variable: &'static str, progress: &Progress) -> Result<(), ServersError> {
    let given = |why: String, next| ServersError::Given { variable, why, next };
    const REACH: &str = "check the URL and that the server runs, or unset it to use a private server";
    if !Postgres::database_exists(url)
        .await
        .map_err(|error| given(error.to_string(), REACH))?
    {
        progress(&format!("creating the database {variable} names"));
        Postgres::create_database(url).await.map_err(|error| {
            given(
                error.to_string(),
                "create the database by hand, or use a role with CREATEDB",
            )
        })?;
    }
    let connection = PgConnection::connect(url)
        .await
        .map_err(|error| given(error.to_string(), REACH))?;
    // 150018 is version 15.18; servers that do not say are let pass to fail on their own terms.
    let version = connection.server_version_num().unwrap_or(u32::MAX) / 10_000;
    let _ = connection.close().await;
    if version < OLDEST_POSTGRES {
        let why = format!("it is PostgreSQL {version}, and {OLDEST_POSTGRES} or newer is needed");
        return Err(given(
            why,
            "name a newer server, or unset it to use a private one",
        ));
    }
    Ok(())
}

async fn derive_app(owner_url: &str, progress: &Progress) -> Result<String, ServersError> {
    let given = |why: String, next| ServersError::Given {
        variable: "DATABASE_URL",
        why,
        next,
    };
    let Some(login) = Login::of(owner_url) else {
        return Err(given(
            "it names no role (postgres://role:password@host/database)".to_owned(),
            "put the role into the URL",
        ));
    };
    if login.role == APP_ROLE {
        return Err(given(
            format!("its role is {APP_ROLE}, which may not set anything up"),
            "set OWNER_DATABASE_URL to the owner's URL beside it",
        ));
    }
    let password = login.password.map(derive_password);
    let app_url = login.replaced(APP_ROLE, password.as_deref());
    if can_connect(&app_url).await.is_ok() {
        return Ok(app_url);
    }
    progress(&format!("giving the role {APP_ROLE} a login"));
    roles::ensure(
        owner_url,
        &[Role {
            name: APP_ROLE,
            password: password.as_deref(),
        }],
    )
    .await
    .map_err(|error| {
        given(
            error.to_string(),
            "use a role that may create roles, or set OWNER_DATABASE_URL and DATABASE_URL both",
        )
    })?;
    can_connect(&app_url).await.map_err(|why| {
        given(
            format!("{APP_ROLE} cannot log in: {why}"),
            "let it in (pg_hba.conf, CONNECT on the database), or set OWNER_DATABASE_URL and DATABASE_URL both",
        )
    })?;
    Ok(app_url)
}

async fn can_connect(url: &str) -> Result<(), String> {
    let connection = PgConnection::connect(url)
        .await
        .map_err(|error| error.to_string())?;
    connection.close().await.map_err(|error| error.to_string())
}

fn derive_password(owner_password: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(APP_ROLE.as_bytes());
    hash.update([0]);
    hash.update(owner_password.as_bytes());
    hex::encode(hash.finalize())
}

/// The part of a URL that says who logs in, and what stands around it.
struct Login<'a> {
    scheme: &'a str,
    role: &'a str,
    password: Option<&'a str>,
    /// Host, port, database and parameters.
    rest: &'a str,
}

impl<'a> Login<'a> {
    fn of(url: &'a str) -> Option<Self> {
        let (scheme, after) = url.split_once("://")?;
        let authority = after.split(['/', '?', '#']).next()?;
        let (login, _) = authority.rsplit_once('@')?;
        let rest = &after[login.len() + 1..];
        let (role, password) = match login.split_once(':') {
            Some((role, password)) => (role, Some(password).filter(|password| !password.is_empty())),
            None => (login, None),
        };
        (!role.is_empty()).then_some(Self {
            scheme,
            role,
            password,
            rest,
        })
    }

    fn replaced(&self, role: &str, password: Option<&str>) -> String {
        let colon = if password.is_some() { ":" } else { "" };
        format!(
            "{}://{role}{colon}{}@{}",
            self.scheme,
            password.unwrap_or_default(),
            self.rest
        )
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn the_login_is_replaced_and_nothing_else() {
        let login = Login::of("postgres://root:p%40s@db.example:5433/casino?sslmode=require").unwrap();
        assert_eq!((login.role, login.password), ("root", Some("p%40s")));
        assert_eq!(
            login.replaced("croupier_app", Some("x")),
            "postgres://croupier_app:x@db.example:5433/casino?sslmode=require"
        );
        let trusted = Login::of("postgresql://me@localhost/db?options=a@b").unwrap();
        assert_eq!(
            trusted.replaced("croupier_app", None),
            "postgresql://croupier_app@localhost/db?options=a@b"
        );
        assert!(Login::of("postgres://localhost/db").is_none());
    }

    #[test]
    fn a_derived_password_says_nothing_of_its_source_and_never_changes() {
        let derived = derive_password("secret");
        assert_eq!(derived, derive_password("secret"));
        assert_ne!(derived, derive_password("secret2"));
        assert!(!derived.contains("secret") && derived.len() == 64);
    }
}
