//! Money: a whole number of a currency's minor units. No floats anywhere.
//!
//! Inside, an amount is an `i64` of minor units (cents of EUR, yen of JPY, satoshi of BTC). At the
//! edges it is a decimal string, read exactly: a string with more digits than its currency has is
//! an error, never rounded.

use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A currency and how many decimal digits its minor unit has.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency(&'static (&'static str, u32));

/// Code and digits of the minor unit: ISO 4217 (list one, amendment 177) for money, and for
/// crypto the chain's own unit, capped at 8 digits, which is what game providers exchange.
static CURRENCIES: &[(&str, u32)] = &[
    ("AED", 2),
    ("ARS", 2),
    ("AUD", 2),
    ("AZN", 2),
    ("BDT", 2),
    ("BGN", 2),
    ("BHD", 3),
    ("BRL", 2),
    ("CAD", 2),
    ("CHF", 2),
    ("CLP", 0),
    ("CNY", 2),
    ("COP", 2),
    ("CZK", 2),
    ("DKK", 2),
    ("EUR", 2),
    ("GBP", 2),
    ("GEL", 2),
    ("HKD", 2),
    ("HUF", 2),
    ("IDR", 2),
    ("ILS", 2),
    ("INR", 2),
    ("ISK", 0),
    ("JPY", 0),
    ("KES", 2),
    ("KRW", 0),
    ("KWD", 3),
    ("KZT", 2),
    ("LKR", 2),
    ("MAD", 2),
    ("MXN", 2),
    ("MYR", 2),
    ("NGN", 2),
    ("NOK", 2),
    ("NZD", 2),
    ("PEN", 2),
    ("PHP", 2),
    ("PKR", 2),
    ("PLN", 2),
    ("PYG", 0),
    ("QAR", 2),
    ("RON", 2),
    ("RSD", 2),
    ("SAR", 2),
    ("SEK", 2),
    ("SGD", 2),
    ("THB", 2),
    ("TND", 3),
    ("TRY", 2),
    ("TWD", 2),
    ("UAH", 2),
    ("UGX", 0),
    ("USD", 2),
    ("UYU", 2),
    ("UZS", 2),
    ("VND", 0),
    ("XAF", 0),
    ("XOF", 0),
    ("ZAR", 2),
    ("ADA", 6),
    ("BCH", 8),
    ("BTC", 8),
    ("DOGE", 8),
    ("ETH", 8),
    ("LTC", 8),
    ("MBTC", 5),
    ("SOL", 8),
    ("TRX", 6),
    ("USDC", 6),
    ("USDT", 6),
    ("XRP", 6),
];

/// Why a text is not an amount of a currency. The message says what is accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// Not plain digits with an optional fraction.
    #[error("must be a decimal string such as \"12.50\": digits, at most one point, no sign, no exponent")]
    Syntax,
    /// More fraction digits than the currency has; never rounded.
    #[error("has more than the {digits} decimal digits of {currency}")]
    TooPrecise {
        /// The currency's code.
        currency: &'static str,
        /// How many digits its minor unit has.
        digits: u32,
    },
    /// Outside what an `i64` of minor units holds.
    #[error("is too large")]
    TooLarge,
    /// Zero where something has to move.
    #[error("must be more than zero")]
    Zero,
}

/// Longest amount text looked at; an `i64` never needs more.
const MAX_AMOUNT_TEXT: usize = 40;

impl Currency {
    /// Looks a currency up by its code, upper case.
    ///
    /// # Errors
    /// The code, when it is not in the table.
    pub fn parse(code: &str) -> Result<Self, UnknownCurrency> {
        CURRENCIES
            .iter()
            .find(|entry| entry.0 == code)
            .map(Self)
            .ok_or_else(|| UnknownCurrency(code.chars().take(16).collect()))
    }

    /// The currency's code, upper case.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.0.0
    }

    /// How many decimal digits the minor unit has (EUR 2, JPY 0, BTC 8).
    #[must_use]
    pub fn digits(self) -> u32 {
        self.0.1
    }

    /// Reads a decimal string (`"12.5"`) as minor units. Zero is read; negative is not.
    ///
    /// # Errors
    /// [`AmountError`] for anything but plain decimal digits that this currency can hold.
    pub fn parse_amount(self, text: &str) -> Result<i64, AmountError> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || !digits(fraction) {
            return Err(AmountError::Syntax);
        }
        if text.len() > MAX_AMOUNT_TEXT {
            return Err(AmountError::TooLarge);
        }
        let too_precise = AmountError::TooPrecise {
            currency: self.code(),
            digits: self.digits(),
        };
        if fraction.trim_end_matches('0').len() > self.digits() as usize {
            return Err(too_precise);
        }
        let value = Decimal::from_str_exact(
            text.trim_end_matches(|c| c == '0' && text.contains('.'))
                .trim_end_matches('.'),
        )
        .map_err(|_| AmountError::TooLarge)?;
        let minor = value
            .checked_mul(Decimal::from(10_i64.pow(self.digits())))
            .ok_or(AmountError::TooLarge)?;
        i64::try_from(minor).map_err(|_| AmountError::TooLarge)
    }

    /// [`Self::parse_amount`], with zero refused.
    ///
    /// # Errors
    /// [`AmountError`].
    pub fn parse_positive(self, text: &str) -> Result<i64, AmountError> {
        match self.parse_amount(text)? {
            0 => Err(AmountError::Zero),
            minor => Ok(minor),
        }
    }

    /// Writes minor units as a decimal string with all of the currency's digits: `1250` → `"12.50"`.
    #[must_use]
    pub fn format(self, minor: i64) -> String {
        Decimal::from_i128_with_scale(i128::from(minor), self.digits()).to_string()
    }

    /// Minor units from an integer scaled by `10^scale`, as providers send amounts
    /// (Hub88: scale 5, so 356000 is 3.56).
    ///
    /// # Errors
    /// [`AmountError::TooPrecise`] when the integer is not a whole number of minor units.
    pub fn from_scaled(self, value: i64, scale: u32) -> Result<i64, AmountError> {
        let too_precise = AmountError::TooPrecise {
            currency: self.code(),
            digits: self.digits(),
        };
        match scale.checked_sub(self.digits()) {
            Some(excess) => {
                let unit = 10_i64.checked_pow(excess).ok_or(AmountError::TooLarge)?;
                if value % unit == 0 {
                    Ok(value / unit)
                } else {
                    Err(too_precise)
                }
            }
            None => {
                let unit = 10_i64
                    .checked_pow(self.digits() - scale)
                    .ok_or(AmountError::TooLarge)?;
                value.checked_mul(unit).ok_or(AmountError::TooLarge)
            }
        }
    }

    /// The inverse of [`Self::from_scaled`]. Where the scale is coarser than the minor unit the
    /// result is rounded down: a balance shown is never more than the balance there is.
    ///
    /// # Errors
    /// [`AmountError::TooLarge`] when the scaled number does not fit an `i64`.
    pub fn to_scaled(self, minor: i64, scale: u32) -> Result<i64, AmountError> {
        match scale.checked_sub(self.digits()) {
            Some(excess) => {
                let unit = 10_i64.checked_pow(excess).ok_or(AmountError::TooLarge)?;
                minor.checked_mul(unit).ok_or(AmountError::TooLarge)
            }
            None => {
                let unit = 10_i64
                    .checked_pow(self.digits() - scale)
                    .ok_or(AmountError::TooLarge)?;
                Ok(minor.div_euclid(unit))
            }
        }
    }
}

/// A currency code that is not in the table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a currency this server knows; use an ISO 4217 code such as EUR, or BTC, ETH, USDT …")]
pub struct UnknownCurrency(String);

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        Self::parse(&code).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn eur() -> Currency {
        Currency::parse("EUR").unwrap()
    }

    #[test]
    fn money_06_amounts_are_read_exactly() {
        for (text, minor) in [
            ("0", 0),
            ("0.00", 0),
            ("1", 100),
            ("12.5", 1250),
            ("12.50", 1250),
            ("007.01", 701),
            ("100", 10_000),
            ("12.500", 1250),
        ] {
            assert_eq!(eur().parse_amount(text), Ok(minor), "{text}");
        }
        assert_eq!(Currency::parse("JPY").unwrap().parse_amount("100"), Ok(100));
        assert_eq!(Currency::parse("JPY").unwrap().parse_amount("10.0"), Ok(10));
        assert_eq!(Currency::parse("BTC").unwrap().parse_amount("0.00000001"), Ok(1));
        assert_eq!(eur().parse_amount("92233720368547758.07"), Ok(i64::MAX));
    }

    #[test]
    fn money_06_what_is_not_an_amount_is_refused_by_name() {
        for text in [
            "", ".", "-1", "+1", "1e2", "1E400", "NaN", "inf", "1_000", "1,5", " 1", "1 ", "0x10", "1.",
            ".5", "1.2.3", "１",
        ] {
            assert_eq!(eur().parse_amount(text), Err(AmountError::Syntax), "{text:?}");
        }
        assert!(matches!(
            eur().parse_amount("1.001"),
            Err(AmountError::TooPrecise {
                currency: "EUR",
                digits: 2
            })
        ));
        assert_eq!(
            eur().parse_amount("92233720368547758.08"),
            Err(AmountError::TooLarge)
        );
        assert_eq!(eur().parse_amount(&"9".repeat(5_000)), Err(AmountError::TooLarge));
        assert_eq!(eur().parse_positive("0.00"), Err(AmountError::Zero));
    }

    #[test]
    fn formatting_keeps_every_digit() {
        assert_eq!(eur().format(1250), "12.50");
        assert_eq!(eur().format(-5), "-0.05");
        assert_eq!(eur().format(i64::MIN), "-92233720368547758.08");
        assert_eq!(Currency::parse("JPY").unwrap().format(7), "7");
    }

    #[test]
    fn scaled_amounts_convert_without_rounding() {
        let btc = Currency::parse("BTC").unwrap();
        assert_eq!(eur().from_scaled(356_000, 5), Ok(356));
        assert!(eur().from_scaled(356_001, 5).is_err());
        assert_eq!(btc.from_scaled(1, 5), Ok(1_000));
        assert_eq!(btc.from_scaled(i64::MAX, 5), Err(AmountError::TooLarge));
        assert_eq!(eur().to_scaled(356, 5), Ok(356_000));
        assert_eq!(eur().to_scaled(i64::MAX, 5), Err(AmountError::TooLarge));
        assert_eq!(btc.to_scaled(1_999, 5), Ok(1));
        assert_eq!(btc.to_scaled(-1, 5), Ok(-1));
    }

    proptest::proptest! {
        #[test]
        fn money_06_what_is_written_is_read_back(minor in 0..=i64::MAX, index in 0..CURRENCIES.len()) {
            let currency = Currency(&CURRENCIES[index]);
            proptest::prop_assert_eq!(currency.parse_amount(&currency.format(minor)), Ok(minor));
        }

        #[test]
        fn money_06_no_text_panics(text in "\\PC{0,60}") {
            let _ = eur().parse_amount(&text);
        }
    }
}
