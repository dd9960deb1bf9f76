//! The statements on tables that belong to no brand: `brand` itself and `brand_domain`.
//!
//! They are read before a scope exists, because reading them is how one is earned. The
//! application may only read them; changing them takes the owner's connection.

use std::collections::HashMap;

use sqlx::{PgExecutor, PgPool};
use time::OffsetDateTime;

use crate::{
    brand::{Brand, BrandCode, BrandId, BrandStatus},
    domain::Binding,
    host::CanonicalHost,
    money::Currency,
};

/// A checked query on a global table. It belongs to this module alone; elsewhere clippy denies
/// sqlx's macros in favour of the brand's.
macro_rules! global_query {
    (as $row:ty, $sql:expr $(, $arg:expr)* $(,)?) => {
        sqlx::sqlx_macros::expand_query!(record = $row, source = $sql, args = [$($arg),*])
    };
    ($sql:expr $(, $arg:expr)* $(,)?) => {
        sqlx::sqlx_macros::expand_query!(source = $sql, args = [$($arg),*])
    };
}

pub mod games;
pub mod outbox;

/// Why a brand or a domain could not be written.
#[derive(Debug, thiserror::Error)]
pub enum GlobalError {
    /// The code is taken, is a prefix of another brand's or has another's as its prefix.
    #[error(
        "brand code {0} is taken, or is a prefix of another brand's code, or has one as its prefix; choose one that is not"
    )]
    CodeTaken(BrandCode),
    /// The domain is another brand's.
    #[error("{0} belongs to another brand; take it over with: croupier domain move")]
    DomainTaken(CanonicalHost),
    /// There is no such domain.
    #[error("{0} belongs to no brand")]
    NoDomain(CanonicalHost),
    /// Another changed the domain while it was changing hands.
    #[error("{0} was changed by another command meanwhile; see croupier domain list")]
    ChangedMeanwhile(CanonicalHost),
    /// A row that this version cannot read.
    #[error("the database holds a brand this version cannot read: {0}")]
    Unreadable(&'static str),
    /// The database failed or refused.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

struct BrandRow {
    id: i32,
    code: String,
    name: String,
    currency: String,
    status: String,
    theme: serde_json::Value,
}

impl TryFrom<BrandRow> for Brand {
    type Error = GlobalError;

    fn try_from(row: BrandRow) -> Result<Self, GlobalError> {
        Ok(Self {
            id: BrandId::new(row.id.into()).map_err(|_| GlobalError::Unreadable("id"))?,
            code: BrandCode::parse(&row.code).map_err(|_| GlobalError::Unreadable("code"))?,
            name: row.name,
            currency: Currency::parse(&row.currency).map_err(|_| GlobalError::Unreadable("currency"))?,
            status: BrandStatus::parse(&row.status).ok_or(GlobalError::Unreadable("status"))?,
            theme: row.theme,
        })
    }
}

/// Every brand that this version can read. One that it cannot, as a newer version may have written it,
/// is left out and logged: it must not keep the others from being opened and closed.
///
/// # Errors
/// [`GlobalError::Database`].
pub async fn all_brands(db: impl PgExecutor<'_>) -> Result<Vec<Brand>, GlobalError> {
    let rows =
        global_query!(as BrandRow, "SELECT id, code, name, currency, status, theme FROM brand ORDER BY id")
            .fetch_all(db)
            .await?;
    let read = |row: BrandRow| {
        let id = row.id;
        Brand::try_from(row)
            .inspect_err(|fault| tracing::error!(brand_id = id, %fault, "a brand is left out"))
            .ok()
    };
    Ok(rows.into_iter().filter_map(read).collect())
}

/// A brand to be.
#[derive(Clone, Debug)]
pub struct NewBrand {
    /// Its number, or none to take the next.
    pub id: Option<BrandId>,
    /// Its short, stable name.
    pub code: BrandCode,
    /// Its name as players read it.
    pub name: String,
    /// The currency its wallets are kept in.
    pub currency: Currency,
    /// What its front end looks like: a JSON object.
    pub theme: serde_json::Value,
}

/// Writes a brand. Takes the owner's connection.
///
/// # Errors
/// [`GlobalError::CodeTaken`], also when another brand's code is being written at this moment.
pub async fn insert_brand(
    owner: impl PgExecutor<'_>,
    brand: &NewBrand,
    at: OffsetDateTime,
) -> Result<Brand, GlobalError> {
    let row = global_query!(as BrandRow,
        "INSERT INTO brand (id, code, name, currency, theme, created_at, updated_at)
         SELECT coalesce($1::int, coalesce(max(id), 0) + 1), $2, $3, $4, $5, $6, $6 FROM brand
         RETURNING id, code, name, currency, status, theme",
        brand.id.map(BrandId::get),
        brand.code.as_str(),
        brand.name,
        brand.currency.code(),
        brand.theme,
        at
    );
    match row.fetch_one(owner).await {
        Ok(row) => row.try_into(),
        Err(sqlx::Error::Database(fault))
            if matches!(
                fault.constraint(),
                Some("brand_code_key" | "brand_code_prefix_free")
            ) =>
        {
            Err(GlobalError::CodeTaken(brand.code.clone()))
        }
        Err(fault) => Err(fault.into()),
    }
}

/// A provider's game to be.
#[derive(Clone, Copy, Debug)]
pub struct NewGame<'a> {
    /// Its name in URLs.
    pub id: &'a str,
    /// The provider's short name.
    pub provider: &'a str,
    /// The provider's name for it.
    pub code: &'a str,
    /// Its name for people.
    pub name: &'a str,
    /// Its kind.
    pub category: &'a str,
    /// Where a lobby shows it.
    pub position: i32,
}

/// Adds a game to the catalogue, if it has none of that id. No brand offers it by that.
///
/// # Errors
/// [`GlobalError`].
pub async fn insert_game(owner: impl PgExecutor<'_>, game: NewGame<'_>) -> Result<(), GlobalError> {
    let insert = global_query!(
        "INSERT INTO game (position, game_id, provider, game_code, name, category) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (game_id) DO NOTHING",
        game.position,
        game.id,
        game.provider,
        game.code,
        game.name,
        game.category
    );
    insert.execute(owner).await?;
    Ok(())
}

/// Opens or closes a brand. Takes the owner's connection. False when there is no such brand.
///
/// # Errors
/// [`GlobalError::Database`].
pub async fn set_status(
    owner: &PgPool,
    code: &BrandCode,
    status: BrandStatus,
    at: OffsetDateTime,
) -> Result<bool, GlobalError> {
    let done = global_query!(
        "UPDATE brand SET status = $2, updated_at = $3 WHERE code = $1",
        code.as_str(),
        status.as_str(),
        at
    );
    Ok(done.execute(owner).await?.rows_affected() == 1)
}

/// What PostgreSQL knows of these domains. One that never belonged to a brand is left out.
pub(crate) async fn domains(
    db: impl PgExecutor<'_>,
    hosts: &[String],
) -> Result<HashMap<String, Binding>, sqlx::Error> {
    let rows = global_query!(
        "SELECT domain, brand_id, agent_id, level, moving, version FROM brand_domain WHERE domain = ANY($1)",
        hosts
    )
    .fetch_all(db)
    .await?;
    let bindings = rows.into_iter().map(|row| {
        let binding = Binding {
            brand_id: row.brand_id,
            agent_id: row.agent_id,
            level: row.level,
            moving: row.moving,
            version: row.version,
        };
        (row.domain, binding)
    });
    Ok(bindings.collect())
}

/// A domain that belongs to a brand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoundDomain {
    /// The domain.
    pub domain: String,
    /// The brand's code.
    pub code: String,
    /// Whether it is on its way there.
    pub moving: bool,
}

/// Every domain that belongs to a brand.
///
/// # Errors
/// [`GlobalError::Database`].
pub async fn all_domains(db: impl PgExecutor<'_>) -> Result<Vec<BoundDomain>, GlobalError> {
    let domains = global_query!(as BoundDomain,
        "SELECT d.domain, b.code, d.moving FROM brand_domain d JOIN brand b ON b.id = d.brand_id ORDER BY d.domain"
    );
    Ok(domains.fetch_all(db).await?)
}

/// Binds a domain to a brand; `take_over` allows it to be another's before. Where the brand changes it is
/// put on hold: [`settle_domain`] takes that off.
///
/// # Errors
/// [`GlobalError::DomainTaken`].
pub(crate) async fn bind_domain(
    owner: impl PgExecutor<'_>,
    host: &CanonicalHost,
    binding: &Binding,
    take_over: bool,
    at: OffsetDateTime,
) -> Result<Binding, GlobalError> {
    let bound = global_query!(as Binding,
        "INSERT INTO brand_domain AS d (domain, brand_id, agent_id, level, moving, version, updated_at) VALUES ($1, $2, $3, $4, true, 1, $5)
         ON CONFLICT (domain) DO UPDATE
            SET brand_id = $2, agent_id = $3, level = $4, version = d.version + 1, updated_at = $5,
                moving = d.moving OR d.brand_id IS DISTINCT FROM $2
          WHERE $6 OR d.brand_id IS NULL OR d.brand_id = $2
         RETURNING brand_id, agent_id, level, moving, version",
        host.as_str(),
        binding.brand_id,
        binding.agent_id,
        binding.level,
        at,
        take_over
    );
    bound
        .fetch_optional(owner)
        .await?
        .ok_or_else(|| GlobalError::DomainTaken(host.clone()))
}

/// Takes a domain off its brand; the row stays as a tombstone with a higher version, on hold.
///
/// # Errors
/// [`GlobalError::NoDomain`].
pub(crate) async fn unbind_domain(
    owner: impl PgExecutor<'_>,
    host: &CanonicalHost,
    at: OffsetDateTime,
) -> Result<Binding, GlobalError> {
    let unbound = global_query!(as Binding,
        "UPDATE brand_domain SET brand_id = NULL, agent_id = NULL, level = NULL, moving = true, version = version + 1, updated_at = $2
          WHERE domain = $1 AND (brand_id IS NOT NULL OR moving) RETURNING brand_id, agent_id, level, moving, version",
        host.as_str(),
        at
    );
    unbound
        .fetch_optional(owner)
        .await?
        .ok_or_else(|| GlobalError::NoDomain(host.clone()))
}

/// Takes the hold off a domain that was put on it in this version.
///
/// # Errors
/// [`GlobalError::ChangedMeanwhile`].
pub(crate) async fn settle_domain(
    owner: impl PgExecutor<'_>,
    host: &CanonicalHost,
    version: i64,
    at: OffsetDateTime,
) -> Result<Binding, GlobalError> {
    let settled = global_query!(as Binding,
        "UPDATE brand_domain SET moving = false, version = version + 1, updated_at = $3
          WHERE domain = $1 AND version = $2 AND moving RETURNING brand_id, agent_id, level, moving, version",
        host.as_str(),
        version,
        at
    );
    settled
        .fetch_optional(owner)
        .await?
        .ok_or_else(|| GlobalError::ChangedMeanwhile(host.clone()))
}

/// Whether the connected role could step over row security, by itself or as a role it may become:
/// superuser, BYPASSRLS, owner of a table or a function, the operations role, which reads every brand, PostgreSQL's
/// own roles that reach the server's files (where rows lie unfiltered) or all data; by CREATEROLE, which before PostgreSQL 16 may make itself a
/// member of the owner; by REPLICATION, which reads what no policy filters. The role that logged in
/// counts as well as the one it took on: `RESET ROLE` leads back.
///
/// # Errors
/// [`GlobalError::Database`].
pub async fn role_is_over_privileged(db: impl PgExecutor<'_>) -> Result<bool, GlobalError> {
    let row = global_query!(
        r#"SELECT EXISTS (SELECT FROM pg_roles us JOIN pg_roles r ON pg_has_role(us.oid, r.oid, 'MEMBER')
                           WHERE us.rolname IN (current_user, session_user)
                             AND (r.rolsuper OR r.rolbypassrls OR r.rolcreaterole OR r.rolreplication OR r.rolname IN ('croupier_operations', 'pg_read_all_data', 'pg_write_all_data', 'pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program')
                                  OR EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                                              WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p', 'v', 'm') AND c.relowner = r.oid)
                                  OR EXISTS (SELECT FROM pg_proc f JOIN pg_namespace n ON n.oid = f.pronamespace
                                              WHERE n.nspname = 'public' AND f.proowner = r.oid))) AS "over!""#
    );
    Ok(row.fetch_one(db).await?.over)
}

/// Whether connections begin inside a brand, because a role's, a database's or a URL's settings say so. What
/// forgot to open a scope would then see that brand's rows.
///
/// # Errors
/// [`GlobalError::Database`].
pub async fn begins_inside_a_brand(db: impl PgExecutor<'_>) -> Result<bool, GlobalError> {
    let row = global_query!(
        r#"SELECT coalesce(current_setting('croupier.brand_ids', true), '') <> '' AS "inside!""#
    );
    Ok(row.fetch_one(db).await?.inside)
}
