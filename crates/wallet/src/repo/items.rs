//! What statements on sets are given: an array of rows, each of a type of the database's (migrations/0003_wallet.sql).
//!
//! The fields stand in the order of the type's; PostgreSQL refuses another.

use croupier_brand::BrandScope;
use sqlx::{
    Postgres, Type,
    postgres::{PgHasArrayType, PgTypeInfo},
    types::Json,
};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::engine::{books::OpenGrant, play_limit::PlayLimit};

/// Rows for a statement, each with the scope of its brand.
#[derive(Debug)]
pub(super) struct Items<'a, T> {
    pub(super) scopes: Vec<&'a BrandScope>,
    pub(super) rows: Vec<T>,
}

impl<'a, T> Items<'a, T> {
    pub(super) fn with_capacity(rows: usize) -> Self {
        Self {
            scopes: Vec::with_capacity(rows),
            rows: Vec::with_capacity(rows),
        }
    }

    pub(super) fn push(&mut self, scope: &'a BrandScope, row: T) {
        self.scopes.push(scope);
        self.rows.push(row);
    }
}

/// Says which type of the database's a row is of.
macro_rules! of_type {
    ($row:ident, $name:literal) => {
        impl Type<Postgres> for $row<'_> {
            fn type_info() -> PgTypeInfo {
                PgTypeInfo::with_name($name)
            }
        }

        impl PgHasArrayType for $row<'_> {
            fn array_type_info() -> PgTypeInfo {
                PgTypeInfo::array_of($name)
            }
        }
    };
}

/// What is looked up for an order.
#[derive(Debug, sqlx::Encode)]
pub(super) struct OrderItem<'a> {
    pub(super) player_id: Uuid,
    pub(super) currency: &'a str,
    pub(super) source: &'a str,
    pub(super) transaction_id: &'a str,
    pub(super) reference_id: Option<&'a str>,
    /// Whether the newest version of its brand's documents is looked up with it.
    pub(super) asks: bool,
}
of_type!(OrderItem, "wallet_order_item");

/// A decision's id.
#[derive(Debug, sqlx::Encode)]
pub(super) struct KeyItem<'a> {
    pub(super) source: &'a str,
    pub(super) transaction_id: &'a str,
}
of_type!(KeyItem, "wallet_key_item");

/// A wallet as it is from now on.
#[derive(Debug, sqlx::Encode)]
pub(super) struct AccountItem<'a> {
    pub(super) player_id: Uuid,
    pub(super) currency: &'a str,
    /// The one it was read at.
    pub(super) revision: i64,
    pub(super) version: i64,
    pub(super) available: &'a [i64],
    pub(super) held: &'a [i64],
    pub(super) chain: &'a [u8],
    pub(super) grants: Option<Json<&'a [OpenGrant]>>,
    pub(super) limits: Option<Json<&'a [PlayLimit]>>,
    /// The version of the brand's document that was decided by, at the first wallet of each brand.
    pub(super) rules: Option<i32>,
}
of_type!(AccountItem, "wallet_account_item");

/// An entry of the journal.
#[derive(Debug, sqlx::Encode)]
pub(super) struct LedgerItem<'a> {
    pub(super) player_id: Uuid,
    pub(super) currency: &'a str,
    pub(super) version: i64,
    pub(super) at: OffsetDateTime,
    pub(super) entry_id: Uuid,
    pub(super) n: i32,
    pub(super) kind: &'a str,
    pub(super) source: &'a str,
    pub(super) transaction_id: &'a str,
    pub(super) reference_id: Option<&'a str>,
    pub(super) round_id: Option<&'a str>,
    pub(super) game_id: Option<&'a str>,
    pub(super) amount: i64,
    pub(super) accounts: Vec<&'a str>,
    pub(super) amounts: Vec<i64>,
    pub(super) balance: i64,
    pub(super) hash: &'a [u8],
}
of_type!(LedgerItem, "wallet_ledger_item");

/// A decision, and the play where it is one.
#[derive(Debug, sqlx::Encode)]
pub(super) struct CommandItem<'a> {
    pub(super) source: &'a str,
    pub(super) transaction_id: &'a str,
    pub(super) player_id: Uuid,
    pub(super) currency: &'a str,
    pub(super) kind: &'a str,
    pub(super) fingerprint: &'a [u8],
    pub(super) verdict: &'a str,
    pub(super) detail: Option<&'a str>,
    pub(super) entry_id: Option<Uuid>,
    pub(super) available: i64,
    pub(super) held: i64,
    pub(super) stakeable: i64,
    pub(super) usable: Option<i64>,
    pub(super) at: OffsetDateTime,
    pub(super) state: Option<&'a str>,
    pub(super) amount: Option<i64>,
    pub(super) round_id: Option<&'a str>,
    pub(super) game_id: Option<&'a str>,
    pub(super) parts: Option<&'a [i64]>,
    pub(super) reversed: Option<&'a [i64]>,
    pub(super) rules: Option<i32>,
    pub(super) grant_id: Option<Uuid>,
    pub(super) progress: Option<i64>,
    pub(super) bet_id: Option<&'a str>,
    pub(super) settles: Option<i32>,
}
of_type!(CommandItem, "wallet_command_item");

/// What has become of a play.
#[derive(Debug, sqlx::Encode)]
pub(super) struct PlayItem<'a> {
    pub(super) source: &'a str,
    pub(super) transaction_id: &'a str,
    pub(super) player_id: Uuid,
    pub(super) state: &'a str,
    pub(super) settles: i32,
    pub(super) reversed: Option<&'a [i64]>,
    pub(super) progress: Option<i64>,
}
of_type!(PlayItem, "wallet_play_item");

/// A sum set aside.
#[derive(Debug, sqlx::Encode)]
pub(super) struct HoldItem<'a> {
    pub(super) hold_id: Uuid,
    pub(super) player_id: Uuid,
    pub(super) currency: &'a str,
    pub(super) amount: i64,
    pub(super) parts: &'a [i64],
    pub(super) state: &'a str,
    pub(super) at: OffsetDateTime,
}
of_type!(HoldItem, "wallet_hold_item");

/// A bonus or coupon that began or ended.
#[derive(Debug, sqlx::Encode)]
pub(super) struct GrantItem<'a> {
    pub(super) grant_id: Uuid,
    pub(super) player_id: Uuid,
    pub(super) currency: &'a str,
    pub(super) state: &'a str,
    pub(super) given: Json<&'a OpenGrant>,
    pub(super) ended_at: Option<OffsetDateTime>,
}
of_type!(GrantItem, "wallet_grant_item");

/// What a rollback waits for.
#[derive(Debug, sqlx::Encode)]
pub(super) struct TombstoneItem<'a> {
    pub(super) player_id: Uuid,
    pub(super) currency: &'a str,
    pub(super) source: &'a str,
    pub(super) transaction_id: &'a str,
    pub(super) at: OffsetDateTime,
}
of_type!(TombstoneItem, "wallet_tombstone_item");
