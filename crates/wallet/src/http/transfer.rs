//! What deposits and withdrawals are asked for with: an amount of the brand's currency.

use croupier_brand::{
    Currency,
    http::{fields::Fields, problem::Problem},
};
use utoipa::ToSchema;

use crate::engine::command::Amount;

/// An amount of the wallet's currency.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "only its schema is used: the body is read field by field"
)]
pub(crate) struct TransferBody {
    /// A decimal string, more than zero, with no more digits than the currency has.
    #[schema(example = "25.00")]
    amount: String,
    /// The brand's currency.
    #[schema(example = "EUR")]
    currency: String,
}

/// Reads the body, naming every fault of it.
pub(super) fn read(mut fields: Fields, currency: Currency) -> Result<Amount, Problem> {
    let amount = fields.text("amount", |text| {
        let minor = currency.parse_positive(text).map_err(|fault| fault.to_string())?;
        Amount::new(minor).map_err(|fault| fault.to_string())
    });
    let agreed = fields.text("currency", |text| {
        if text == currency.code() {
            Ok(())
        } else {
            Err(format!("must be {currency}, the currency of this wallet"))
        }
    });
    fields.finish((amount, agreed)).map(|(amount, ())| amount)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn body(text: &str) -> Result<i64, Vec<String>> {
        let read = read(
            Fields::parse(text.as_bytes()).unwrap(),
            Currency::parse("EUR").unwrap(),
        );
        read.map(Amount::minor).map_err(|problem| {
            assert_eq!(problem.code(), "invalid_fields");
            problem.errors().iter().map(|error| error.field.clone()).collect()
        })
    }

    #[test]
    fn money_06_only_plain_amounts_of_the_currency_are_read() {
        assert_eq!(body(r#"{"amount":"12.5","currency":"EUR"}"#), Ok(1250));
        let bad = [
            "0",
            "0.00",
            "-1",
            "1.001",
            "1e2",
            "NaN",
            "",
            "10000000000000.01",
            "92233720368547758.08",
        ];
        for amount in bad {
            assert_eq!(
                body(&format!(r#"{{"amount":"{amount}","currency":"EUR"}}"#)),
                Err(vec!["amount".to_owned()]),
                "{amount}"
            );
        }
        for amount in ["12.5", "1e400", "null", "[]", "true"] {
            assert_eq!(
                body(&format!(r#"{{"amount":{amount},"currency":"EUR"}}"#)),
                Err(vec!["amount".to_owned()]),
                "{amount}"
            );
        }
    }

    #[test]
    fn money_07_a_foreign_currency_is_named() {
        assert_eq!(
            body(r#"{"amount":"1","currency":"USD"}"#),
            Err(vec!["currency".to_owned()])
        );
        assert_eq!(
            body(r#"{"amount":"1","currency":"eur"}"#),
            Err(vec!["currency".to_owned()])
        );
        assert_eq!(
            body(r#"{"amount":"-1","currency":"USD","bucket":"bonus"}"#).unwrap_err(),
            ["amount", "currency", "bucket"]
        );
    }
}
