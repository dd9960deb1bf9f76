//! The roles and the database the migrations expect: made when missing, left alone when there.

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use super::error::ServersError;

/// Owns the database and everything in it; runs the migrations.
pub const OWNER_ROLE: &str = "croupier_owner";
/// What the application connects as: owns nothing, cannot bypass row security.
pub const APP_ROLE: &str = "croupier_app";
/// Reads every brand's books and changes nothing. Nobody logs in as it until it is given a password.
pub const OPERATIONS_ROLE: &str = "croupier_operations";
/// The database of a private server.
pub const DATABASE: &str = "croupier";

/// Serialises set-ups of one server: two at once would both find a role missing. Any constant will do.
const SETUP_LOCK: i64 = 0x0063_726f_7570_6965;

/// A login to make, or to give a password.
#[derive(Clone, Copy, Debug)]
pub struct Role<'a> {
    /// Its name; one of the constants of this module.
    pub name: &'static str,
    /// Letters and digits only. None for servers that trust whoever connects.
    pub password: Option<&'a str>,
}

/// Makes each role that is missing, as a login without any privilege, and sets the passwords given. Roles that exist
/// keep their privileges. `setup_url` needs a role that may create roles; nothing is created twice.
///
/// # Errors
/// [`ServersError::Sql`].
pub async fn ensure(setup_url: &str, roles: &[Role<'_>]) -> Result<(), ServersError> {
    let mut connection = PgConnection::connect(setup_url).await?;
    run(&mut connection, format!("SELECT pg_advisory_lock({SETUP_LOCK})")).await?;
    for role in roles {
        let password = match role.password {
            Some(password) => format!(" PASSWORD {}", literal(password)),
            None => String::new(),
        };
        let name = role.name;
        let exists = exists(
            &mut connection,
            format!("SELECT FROM pg_roles WHERE rolname = {}", literal(name)),
        );
        let verb = if exists.await? {
            "ALTER ROLE"
        } else {
            "CREATE ROLE"
        };
        run(&mut connection, format!("{verb} {name} LOGIN{password}")).await?;
    }
    connection.close().await?;
    Ok(())
}

/// Makes the database of a private server, owned by [`OWNER_ROLE`] and closed to everybody but the two roles.
///
/// # Errors
/// [`ServersError::Sql`].
pub async fn ensure_database(superuser_url: &str) -> Result<(), ServersError> {
    let mut connection = PgConnection::connect(superuser_url).await?;
    run(&mut connection, format!("SELECT pg_advisory_lock({SETUP_LOCK})")).await?;
    let operations = format!(
        "SELECT FROM pg_roles WHERE rolname = {}",
        literal(OPERATIONS_ROLE)
    );
    if !exists(&mut connection, operations).await? {
        run(&mut connection, format!("CREATE ROLE {OPERATIONS_ROLE} NOLOGIN")).await?;
    }
    let there = format!("SELECT FROM pg_database WHERE datname = {}", literal(DATABASE));
    if !exists(&mut connection, there).await? {
        run(
            &mut connection,
            format!("CREATE DATABASE {DATABASE} OWNER {OWNER_ROLE}"),
        )
        .await?;
    }
    run(
        &mut connection,
        format!("REVOKE ALL ON DATABASE {DATABASE} FROM PUBLIC"),
    )
    .await?;
    run(
        &mut connection,
        format!("GRANT CONNECT ON DATABASE {DATABASE} TO {APP_ROLE}"),
    )
    .await?;
    connection.close().await?;
    Ok(())
}

/// For a superuser, in the house's database. Only set_config() could change row security's brand in the middle of a
/// statement; the application needs it for nothing.
pub const KEEP_SET_CONFIG: &str =
    "REVOKE EXECUTE ON FUNCTION pg_catalog.set_config(text, text, boolean) FROM PUBLIC";

/// What a login may do, as far as brands' isolation and set-up depend on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Privileges {
    /// The role's name.
    pub role: String,
    /// It is a superuser, or row security does not bind it.
    pub above_row_security: bool,
    /// It may make roles.
    pub creates_roles: bool,
    /// It owns tables of this database, so it could take the policies off them.
    pub owns_tables: bool,
    /// It may call set_config(), and so could set row security's brand from within a statement.
    pub sets_config: bool,
    /// The server's major version.
    pub server_major: u32,
}

/// Asks the server what the role of a URL may do.
///
/// # Errors
/// What connecting or asking failed with.
#[expect(clippy::disallowed_methods, reason = "roles and databases belong to no brand")]
pub async fn privileges(url: &str) -> Result<Privileges, sqlx::Error> {
    const ASK: &str = "SELECT rolname::text, rolsuper OR rolbypassrls, rolsuper OR rolcreaterole,
                              EXISTS (SELECT FROM pg_class WHERE relowner = pg_roles.oid AND relkind IN ('r', 'p')),
                              has_function_privilege('pg_catalog.set_config(text, text, boolean)', 'EXECUTE')
                       FROM pg_roles WHERE rolname = current_user";
    let mut connection = PgConnection::connect(url).await?;
    let (role, above_row_security, creates_roles, owns_tables, sets_config) =
        sqlx::query_as(ASK).fetch_one(&mut connection).await?;
    // 150018 is version 15.18; a server that does not say is taken for a new one.
    let server_major = connection.server_version_num().unwrap_or(u32::MAX) / 10_000;
    connection.close().await?;
    Ok(Privileges {
        role,
        above_row_security,
        creates_roles,
        owns_tables,
        sets_config,
        server_major,
    })
}

#[expect(clippy::disallowed_methods, reason = "roles and databases belong to no brand")]
async fn run(connection: &mut PgConnection, sql: String) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(connection)
        .await
        .map(|_| ())
}

#[expect(clippy::disallowed_methods, reason = "roles and databases belong to no brand")]
async fn exists(connection: &mut PgConnection, sql: String) -> Result<bool, sqlx::Error> {
    Ok(sqlx::raw_sql(AssertSqlSafe(sql))
        .fetch_optional(connection)
        .await?
        .is_some())
}

/// DDL takes no parameters, so the text is quoted here; with the default `standard_conforming_strings` only the quote
/// itself is special.
fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_cannot_end_a_literal() {
        assert_eq!(literal("a'; DROP ROLE x; --"), "'a''; DROP ROLE x; --'");
    }
}
