//! `GET /api/v1/wallet/entries`: the wallet's history, newest first.

use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
};
use croupier_brand::{
    BrandScope, Currency,
    http::{
        authenticate::AuthenticatedPlayer,
        problem::{FieldError, Problem},
    },
};
use http::StatusCode;
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{WalletApi, answer};
use crate::{
    engine::books::AccountKey,
    page::{Cursor, Entry, PageLimit},
};

/// Some entries of a wallet.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EntryPage {
    /// Newest first.
    entries: Vec<EntryView>,
    /// What to ask for the next page with; null on the last.
    next_cursor: Option<String>,
}

/// An entry of a wallet.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EntryView {
    /// Its id, as deposits, withdrawals and games name it.
    entry_id: Uuid,
    /// deposit, withdraw_hold, withdraw_settle, withdraw_release, bet, settle, rollback, transfer, grant, convert,
    /// forfeit, expire, adjust, tip, jackpot_win or promo_win.
    #[schema(example = "bet")]
    kind: &'static str,
    /// The amount it is about: a decimal string, never negative.
    #[schema(example = "5.00")]
    amount: String,
    /// How it changed what the player owns, available and held: a decimal string.
    #[schema(example = "-5.00")]
    change: String,
    /// What the player owned after it, available and held: a decimal string.
    #[schema(example = "120.00")]
    balance: String,
    /// The game round, of play.
    round_id: Option<String>,
    /// The game, of play.
    game_id: Option<String>,
    /// When, UTC.
    #[serde(with = "time::serde::rfc3339")]
    at: OffsetDateTime,
}

/// The wallet's history, newest first. Entries that arrive while it is paged through neither repeat
/// nor hide one.
#[utoipa::path(
    get, path = "/api/v1/wallet/entries", tag = "wallet",
    params(
        ("limit" = Option<u8>, Query, description = "1 to 100, 20 where it is left out", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
    ),
    responses(
        (status = 200, description = "A page.", body = EntryPage),
        (status = 401, description = "`unauthenticated`", content_type = "application/problem+json"),
        (status = 422, description = "`invalid_fields`: every parameter at fault, by name", content_type = "application/problem+json"),
        (status = 503, description = "`unavailable`", content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get(
    State(api): State<WalletApi>,
    scope: BrandScope,
    player: AuthenticatedPlayer,
    query: Result<Query<Vec<(String, String)>>, QueryRejection>,
) -> Result<Json<EntryPage>, Problem> {
    let Query(parameters) = query.map_err(|_| answer::invalid("query", "cannot be read"))?;
    let (player, currency) = (player.id(), scope.currency());
    let wallet = AccountKey {
        brand: scope.id(),
        player,
        currency,
    };
    let (limit, cursor) = read(parameters, wallet)?;
    let page = api
        .cashier
        .wallet()
        .entries(&scope, player, currency, cursor, limit)
        .await?;
    let next_cursor = page.next.map(|next| next.to_text(wallet));
    let entries = page
        .entries
        .into_iter()
        .map(|entry| view(entry, currency))
        .collect();
    Ok(Json(EntryPage { entries, next_cursor }))
}

fn read(
    parameters: Vec<(String, String)>,
    wallet: AccountKey,
) -> Result<(PageLimit, Option<Cursor>), Problem> {
    let (mut limit, mut cursor, mut faults) = (None, None, Vec::new());
    for (name, value) in parameters {
        let fault = match name.as_str() {
            "limit" if limit.is_some() => Some("appears more than once".to_owned()),
            "limit" => {
                limit = Some(whole_number(&value).and_then(PageLimit::new));
                (limit == Some(None)).then(|| "must be a whole number from 1 to 100".to_owned())
            }
            "cursor" if cursor.is_some() => Some("appears more than once".to_owned()),
            "cursor" => {
                let read = Cursor::parse(&value, wallet);
                cursor = Some(read.ok());
                read.err().map(|fault| fault.to_string())
            }
            _ => Some("is not a parameter of this request".to_owned()),
        };
        let field = name.chars().take(64).collect();
        faults.extend(fault.map(|message| FieldError { field, message }));
    }
    if faults.is_empty() {
        Ok((limit.flatten().unwrap_or_default(), cursor.flatten()))
    } else {
        let detail = "Some parameters are not as they must be.";
        Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_fields", detail).with_errors(faults))
    }
}

/// Digits only: `u8::from_str` would take a plus sign as well.
fn whole_number(text: &str) -> Option<u8> {
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())
        .flatten()
}

fn view(entry: Entry, currency: Currency) -> EntryView {
    EntryView {
        entry_id: entry.entry.0,
        kind: entry.kind.as_str(),
        amount: currency.format(entry.amount),
        change: currency.format(entry.change),
        balance: currency.format(entry.balance),
        round_id: entry.round.map(String::from),
        game_id: entry.game.map(String::from),
        at: entry.at,
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use croupier_brand::{BrandId, token::PlayerId};
    use uuid::Uuid;

    use super::*;

    fn faults(parameters: &[(&str, &str)]) -> Vec<String> {
        let wallet = AccountKey {
            brand: BrandId::new(1).unwrap(),
            player: PlayerId(Uuid::nil()),
            currency: Currency::parse("EUR").unwrap(),
        };
        let parameters = parameters
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        match read(parameters, wallet) {
            Ok(_) => Vec::new(),
            Err(problem) => problem.errors().iter().map(|error| error.field.clone()).collect(),
        }
    }

    #[test]
    fn every_parameter_at_fault_is_named() {
        assert!(faults(&[]).is_empty());
        assert!(faults(&[("limit", "100")]).is_empty());
        assert_eq!(
            faults(&[("limit", "0"), ("cursor", "x"), ("offset", "3")]),
            ["limit", "cursor", "offset"]
        );
        assert_eq!(faults(&[("limit", "5"), ("limit", "5")]), ["limit"]);
        assert_eq!(faults(&[("LIMIT", "5")]), ["LIMIT"]);
    }

    #[test]
    fn a_limit_is_plain_digits() {
        for (text, number) in [
            ("1", Some(1)),
            ("100", Some(100)),
            ("007", Some(7)),
            ("0", Some(0)),
            ("255", Some(255)),
        ] {
            assert_eq!(whole_number(text), number, "{text}");
        }
        for text in ["", "+1", "-1", "1.0", "256", " 1", "1e1", "٣", "ten"] {
            assert_eq!(whole_number(text), None, "{text}");
        }
        assert!(PageLimit::new(0).is_none() && PageLimit::new(101).is_none());
        assert_eq!(PageLimit::default().get(), 20);
    }
}
