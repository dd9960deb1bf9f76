//! A connection as statements get it: what they may leave behind on it depends on what is behind it.
//!
//! sqlx prepares each statement under a name and keeps it on the connection. Behind a pooler in
//! transaction mode a connection is another one for every transaction, so a name that was prepared
//! is not there the next time, or is somebody else's. There a statement is prepared without a name,
//! used at once, and leaves nothing. sqlx sends it in two messages, "prepare" and "run"; only inside a
//! transaction do both reach the same server, and outside of one "run" could meet what another
//! client prepared. So behind a pooler nothing runs outside a transaction.

use futures_util::{
    TryFutureExt, TryStreamExt,
    future::BoxFuture,
    stream::{self, BoxStream},
};
use serde::Deserialize;
use sqlx::{
    Either, Execute, Executor, PgConnection, PgPool, Postgres, SqlStr,
    error::BoxDynError,
    postgres::{PgArguments, PgQueryResult, PgRow, PgStatement, PgTypeInfo},
};

use super::{
    guard::Open,
    limits::StatementLimits,
    pool::{Borrowed, connection},
};

/// What stands between the application and PostgreSQL.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pooler {
    /// Nothing: a connection is one of PostgreSQL's own.
    #[default]
    None,
    /// A pooler that lends one of PostgreSQL's connections for a transaction at a time, as PgBouncer does
    /// in `pool_mode = transaction`.
    Transaction,
}

/// What a statement gives, as sqlx has it.
type Given = Either<PgQueryResult, PgRow>;

/// A connection for the statements that the macros make. Run them on it with sqlx's `execute` and
/// `fetch_…`.
#[derive(Debug)]
pub struct BrandConn<'c> {
    conn: &'c mut PgConnection,
    pooler: Pooler,
    limits: StatementLimits,
}

impl<'c> BrandConn<'c> {
    pub(super) fn new(conn: &'c mut PgConnection, pooler: Pooler, limits: StatementLimits) -> Self {
        Self { conn, pooler, limits }
    }
}

impl<'c> Executor<'c> for BrandConn<'c> {
    type Database = Postgres;

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> BoxStream<'e, Result<Given, sqlx::Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        self.limits.parts(match self.pooler {
            Pooler::None => self.conn.fetch_many(query),
            Pooler::Transaction => self.conn.fetch_many(Unnamed(query)),
        })
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<PgRow>, sqlx::Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        Box::pin(self.limits.answered(match self.pooler {
            Pooler::None => self.conn.fetch_optional(query),
            Pooler::Transaction => self.conn.fetch_optional(Unnamed(query)),
        }))
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [PgTypeInfo],
    ) -> BoxFuture<'e, Result<PgStatement, sqlx::Error>>
    where
        'c: 'e,
    {
        self.conn.prepare_with(sql, parameters)
    }

    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, Result<sqlx::Describe<Postgres>, sqlx::Error>>
    where
        'c: 'e,
    {
        self.conn.describe(sql)
    }
}

/// A statement that is prepared without a name.
struct Unnamed<E>(E);

impl<'q, E: Execute<'q, Postgres>> Execute<'q, Postgres> for Unnamed<E> {
    fn sql(self) -> SqlStr {
        self.0.sql()
    }

    fn statement(&self) -> Option<&PgStatement> {
        self.0.statement()
    }

    fn take_arguments(&mut self) -> Result<Option<PgArguments>, BoxDynError> {
        self.0.take_arguments()
    }

    fn persistent(&self) -> bool {
        false
    }
}

/// Connections for what is asked before there is a brand: the statements on global tables
/// ([`crate::global`]). On a scoped table they see no rows. Cloning it shares them.
///
/// Give a reference to it where sqlx wants an executor.
#[derive(Clone, Debug)]
pub struct Brandless {
    pool: PgPool,
    pooler: Pooler,
    limits: StatementLimits,
}

impl From<PgPool> for Brandless {
    /// A pool of PostgreSQL's own connections.
    fn from(pool: PgPool) -> Self {
        Self::behind(pool, Pooler::None)
    }
}

impl Brandless {
    /// The connections of a pool that goes through this.
    #[must_use]
    pub fn behind(pool: PgPool, pooler: Pooler) -> Self {
        Self {
            pool,
            pooler,
            limits: StatementLimits::default(),
        }
    }

    /// The same, their statements held to these limits.
    #[must_use]
    pub fn within(self, limits: StatementLimits) -> Self {
        Self { limits, ..self }
    }

    async fn run<'q>(&self, query: impl Execute<'q, Postgres> + 'q) -> Result<Vec<Given>, sqlx::Error> {
        let conn = Borrowed::alone(connection(&self.pool).await?, self.pooler, self.limits);
        match self.pooler {
            Pooler::None => {
                let mut conn = conn;
                conn.for_statements().fetch_many(query).try_collect().await
            }
            Pooler::Transaction => {
                let mut open = Open::begin_brandless(conn).await?;
                let given = open.conn().fetch_many(query).try_collect().await?;
                drop(open.commit().await?);
                Ok(given)
            }
        }
    }
}

impl<'c> Executor<'c> for &'c Brandless {
    type Database = Postgres;

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> BoxStream<'e, Result<Given, sqlx::Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        let given = self.run(query);
        Box::pin(
            given
                .map_ok(|given| stream::iter(given.into_iter().map(Ok)))
                .try_flatten_stream(),
        )
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<PgRow>, sqlx::Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        let given = self.run(query);
        Box::pin(given.map_ok(|given| given.into_iter().find_map(Either::right)))
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [PgTypeInfo],
    ) -> BoxFuture<'e, Result<PgStatement, sqlx::Error>>
    where
        'c: 'e,
    {
        self.pool.prepare_with(sql, parameters)
    }

    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, Result<sqlx::Describe<Postgres>, sqlx::Error>>
    where
        'c: 'e,
    {
        self.pool.describe(sql)
    }
}
