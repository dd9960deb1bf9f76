//! Amounts as decimals with two digits: `1.50` is 150 minor units.

use serde_json::Value;

use crate::{fault::Fault, operator::minor};

/// An amount as this operator reads it; what is `careless` is not looked at.
pub fn amount(fault: Option<Fault>, text: &str, careless: bool) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let fraction = format!("{fraction:0<2}");
    let all: i64 = format!("{whole}{fraction}").parse().ok()?;
    let digits = u32::try_from(fraction.len()).ok()?;
    let scale = 10_i64.checked_pow(digits - 2)?;
    if careless {
        Some(all / scale)
    } else {
        minor(fault, all, scale)
    }
}

/// A JSON number of this many minor units, with `more` digits after its own.
pub fn number(minor: i64, more: &str) -> Value {
    let sign = if minor < 0 { "-" } else { "" };
    let size = minor.unsigned_abs();
    let text = format!("{sign}{}.{:02}{more}", size / 100, size % 100);
    serde_json::from_str(&text).unwrap()
}
