//! What goes back.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The answer's `status` (Seamless Wallet response statuses, Operator API).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub enum Status {
    /// Done, or done before.
    #[serde(rename = "RS_OK")]
    Ok,
    /// Something of ours failed; nothing is known to have happened.
    #[serde(rename = "RS_ERROR_UNKNOWN")]
    Unknown,
    /// The brand takes no bets now.
    #[serde(rename = "RS_ERROR_INVALID_PARTNER")]
    InvalidPartner,
    /// The token was not issued, or is not this user's; also a user of no brand.
    #[serde(rename = "RS_ERROR_INVALID_TOKEN")]
    InvalidToken,
    /// The brand does not offer the game.
    #[serde(rename = "RS_ERROR_INVALID_GAME")]
    InvalidGame,
    /// Not the wallet's currency.
    #[serde(rename = "RS_ERROR_WRONG_CURRENCY")]
    WrongCurrency,
    /// Not enough money for the bet; the balance is in the answer.
    #[serde(rename = "RS_ERROR_NOT_ENOUGH_MONEY")]
    NotEnoughMoney,
    /// The player may not bet.
    #[serde(rename = "RS_ERROR_USER_DISABLED")]
    UserDisabled,
    /// The body was not signed by the provider.
    #[serde(rename = "RS_ERROR_INVALID_SIGNATURE")]
    InvalidSignature,
    /// The launch no longer takes bets.
    #[serde(rename = "RS_ERROR_TOKEN_EXPIRED")]
    TokenExpired,
    /// Not a JSON object, a field that is missing or comes twice, or a value that cannot be meant.
    #[serde(rename = "RS_ERROR_WRONG_SYNTAX")]
    WrongSyntax,
    /// A field of another type.
    #[serde(rename = "RS_ERROR_WRONG_TYPES")]
    WrongTypes,
    /// The transaction id was used for another transaction.
    #[serde(rename = "RS_ERROR_DUPLICATE_TRANSACTION")]
    DuplicateTransaction,
    /// The bet that a win refers to is not there, or was rolled back.
    #[serde(rename = "RS_ERROR_TRANSACTION_DOES_NOT_EXIST")]
    TransactionDoesNotExist,
    /// A limit of the player's or the house's stops the bet.
    #[serde(rename = "RS_ERROR_LIMIT_REACHED")]
    LimitReached,
}

impl Status {
    /// The name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "RS_OK",
            Self::Unknown => "RS_ERROR_UNKNOWN",
            Self::InvalidPartner => "RS_ERROR_INVALID_PARTNER",
            Self::InvalidToken => "RS_ERROR_INVALID_TOKEN",
            Self::InvalidGame => "RS_ERROR_INVALID_GAME",
            Self::WrongCurrency => "RS_ERROR_WRONG_CURRENCY",
            Self::NotEnoughMoney => "RS_ERROR_NOT_ENOUGH_MONEY",
            Self::UserDisabled => "RS_ERROR_USER_DISABLED",
            Self::InvalidSignature => "RS_ERROR_INVALID_SIGNATURE",
            Self::TokenExpired => "RS_ERROR_TOKEN_EXPIRED",
            Self::WrongSyntax => "RS_ERROR_WRONG_SYNTAX",
            Self::WrongTypes => "RS_ERROR_WRONG_TYPES",
            Self::DuplicateTransaction => "RS_ERROR_DUPLICATE_TRANSACTION",
            Self::TransactionDoesNotExist => "RS_ERROR_TRANSACTION_DOES_NOT_EXIST",
            Self::LimitReached => "RS_ERROR_LIMIT_REACHED",
        }
    }
}

/// The answer to `/user/balance` and `/transaction/*`, and to `/user/info` where the provider
/// learns nothing more from us. What is not known is left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Answer {
    /// The user that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// What became of the request.
    pub status: Status,
    /// The request's own id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_uuid: Option<String>,
    /// The wallet's currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<&'static str>,
    /// What the player has, × 100 000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub balance: Option<i64>,
}

impl Answer {
    /// An answer that says no more than a status.
    #[must_use]
    pub fn bare(status: Status, request_uuid: Option<String>) -> Self {
        Self {
            user: None,
            status,
            request_uuid,
            currency: None,
            balance: None,
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_named_as_it_is_written() {
        for suffix in [
            "UNKNOWN",
            "INVALID_PARTNER",
            "INVALID_TOKEN",
            "INVALID_GAME",
            "WRONG_CURRENCY",
            "NOT_ENOUGH_MONEY",
            "USER_DISABLED",
            "INVALID_SIGNATURE",
            "TOKEN_EXPIRED",
            "WRONG_SYNTAX",
            "WRONG_TYPES",
            "DUPLICATE_TRANSACTION",
            "TRANSACTION_DOES_NOT_EXIST",
            "LIMIT_REACHED",
        ] {
            let name = format!("RS_ERROR_{suffix}");
            let status: Status = serde_json::from_value(serde_json::Value::String(name.clone())).unwrap();
            assert_eq!(status.as_str(), name);
            assert_eq!(serde_json::to_value(status).unwrap(), name);
        }
        assert_eq!(
            serde_json::to_string(&Status::Ok).unwrap(),
            format!("{:?}", Status::Ok.as_str())
        );
    }

    #[test]
    fn what_is_not_known_is_left_out() {
        assert_eq!(
            serde_json::to_string(&Answer::bare(Status::InvalidSignature, None)).unwrap(),
            r#"{"status":"RS_ERROR_INVALID_SIGNATURE"}"#
        );
        let full = Answer {
            user: Some("u".into()),
            status: Status::Ok,
            request_uuid: Some("q".into()),
            currency: Some("EUR"),
            balance: Some(-5),
        };
        assert_eq!(
            serde_json::to_string(&full).unwrap(),
            r#"{"user":"u","status":"RS_OK","request_uuid":"q","currency":"EUR","balance":-5}"#
        );
    }
}
