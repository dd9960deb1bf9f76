//! The document as it is written: read with every fault of it at once, and written whole.

use std::collections::{BTreeMap, BTreeSet};

use croupier_brand::Currency;
use serde_json::{Map, Value, json};

use super::{AS_STAKED, BetLimits, Bucket, GrantTo, InvalidTopology, MAX_BUCKETS, Spending, Topology, WinTo};
use crate::engine::command::MAX_AMOUNT;

const FIELDS: [&str; 9] = [
    "buckets",
    "bet_order",
    "spending",
    "win_to",
    "deposit_to",
    "grant_to",
    "convert_to",
    "negative_balance",
    "limits",
];

/// Reads a document; every fault is named.
pub(super) fn read(document: &Value) -> Result<Topology, InvalidTopology> {
    let Some(fields) = document.as_object() else {
        return Err(InvalidTopology(vec!["the document must be an object".to_owned()]));
    };
    let mut reader = Reader::default();
    reader.only("", fields, &FIELDS);
    let topology = reader.topology(fields);
    match topology {
        Some(topology) if reader.faults.is_empty() => Ok(topology),
        _ => Err(InvalidTopology(reader.faults)),
    }
}

/// Reads on after a fault. What cannot be read is none, with its fault kept.
#[derive(Default)]
struct Reader {
    faults: Vec<String>,
    buckets: Vec<Bucket>,
}

impl Reader {
    fn fault(&mut self, field: &str, fault: impl std::fmt::Display) {
        self.faults.push(format!("{field}: {fault}"));
    }

    fn topology(&mut self, fields: &Map<String, Value>) -> Option<Topology> {
        self.buckets = self.read_buckets(fields.get("buckets"));
        let bet_order = self.bet_order(fields.get("bet_order"));
        let spending = match fields.get("spending").map(Value::as_str) {
            None | Some(Some("in_order")) => Spending::InOrder,
            Some(Some("proportional")) => Spending::Proportional,
            Some(_) => {
                self.fault("spending", "must be \"in_order\" or \"proportional\"");
                Spending::InOrder
            }
        };
        let win_to = match fields.get("win_to").and_then(Value::as_str) {
            Some(AS_STAKED) => Some(WinTo::AsStaked),
            _ => self.required("win_to", fields).map(WinTo::Bucket),
        };
        let deposit_to = self.required("deposit_to", fields);
        let convert_to = match fields.get("convert_to") {
            None => deposit_to,
            Some(code) => self.position("convert_to", code),
        };
        let grant_to = self.grant_to(fields.get("grant_to"));
        self.check_grants(grant_to, [deposit_to, convert_to]);
        let negative_balance = self.flag("negative_balance", fields.get("negative_balance"));
        let limits = self.limits(fields.get("limits"));
        Some(Topology {
            withdraw_order: (0..self.buckets.len())
                .filter(|at| self.buckets[*at].withdrawable)
                .collect(),
            buckets: self.buckets.clone(),
            bet_order,
            spending,
            win_to: win_to?,
            deposit_to: deposit_to?,
            grant_to,
            convert_to: convert_to?,
            negative_balance,
            limits,
        })
    }

    fn only(&mut self, prefix: &str, fields: &Map<String, Value>, known: &[&str]) {
        for name in fields.keys().filter(|name| !known.contains(&name.as_str())) {
            self.fault(
                &format!("{prefix}{name}"),
                format!("is not a field; there are {}", known.join(", ")),
            );
        }
    }

    fn read_buckets(&mut self, value: Option<&Value>) -> Vec<Bucket> {
        let Some(rows) = value.and_then(Value::as_array) else {
            self.fault("buckets", "must be a list of buckets");
            return Vec::new();
        };
        if !(1..=MAX_BUCKETS).contains(&rows.len()) {
            self.fault(
                "buckets",
                format!("there must be 1 to {MAX_BUCKETS}, not {}", rows.len()),
            );
        }
        let mut seen = BTreeSet::new();
        let mut buckets = Vec::new();
        for (at, row) in rows.iter().enumerate() {
            let field = format!("buckets[{at}]");
            let Some(row) = row.as_object() else {
                self.fault(&field, "must be an object");
                continue;
            };
            self.only(&format!("{field}."), row, &["code", "withdrawable", "bonus"]);
            let Some(code) = row.get("code").and_then(Value::as_str) else {
                self.fault(&format!("{field}.code"), "must be a text");
                continue;
            };
            if !(2..=20).contains(&code.len())
                || !code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
            {
                self.fault("buckets", format!("{code:?} must be 2 to 20 of a-z and _"));
            }
            if code == AS_STAKED {
                self.fault(
                    "buckets",
                    format!("{code:?} means something else in win_to; choose another code"),
                );
            }
            if !seen.insert(code) {
                self.fault("buckets", format!("{code:?} appears more than once"));
            }
            if !row.contains_key("withdrawable") {
                self.fault(&format!("{field}.withdrawable"), "is missing");
            }
            buckets.push(Bucket {
                code: code.to_owned(),
                withdrawable: self.flag(&format!("{field}.withdrawable"), row.get("withdrawable")),
                bonus: self.flag(&format!("{field}.bonus"), row.get("bonus")),
            });
        }
        buckets
    }

    fn bet_order(&mut self, value: Option<&Value>) -> Vec<usize> {
        let Some(codes) = value.and_then(Value::as_array) else {
            self.fault("bet_order", "must be a list of bucket codes");
            return Vec::new();
        };
        if codes.is_empty() {
            self.fault("bet_order", "names no bucket");
        }
        let mut order = Vec::new();
        for code in codes {
            match self.position("bet_order", code) {
                Some(at) if order.contains(&at) => {
                    self.fault("bet_order", format!("{code} appears more than once"));
                }
                Some(at) => order.push(at),
                None => {}
            }
        }
        order
    }

    fn required(&mut self, field: &str, fields: &Map<String, Value>) -> Option<usize> {
        match fields.get(field) {
            Some(code) => self.position(field, code),
            None => {
                self.fault(field, "is missing");
                None
            }
        }
    }

    fn position(&mut self, field: &str, code: &Value) -> Option<usize> {
        let Some(code) = code.as_str() else {
            self.fault(field, "must be a bucket's code");
            return None;
        };
        let found = self.buckets.iter().position(|bucket| bucket.code == code);
        if found.is_none() {
            self.fault(field, format!("{code:?} is not one of the buckets"));
        }
        found
    }

    fn grant_to(&mut self, value: Option<&Value>) -> GrantTo {
        let Some(value) = value else {
            return GrantTo::default();
        };
        let Some(kinds) = value.as_object() else {
            self.fault("grant_to", "must be an object of bonus and coupon");
            return GrantTo::default();
        };
        self.only("grant_to.", kinds, &["bonus", "coupon"]);
        let mut of = |kind: &str| {
            let code = kinds.get(kind)?;
            self.position(&format!("grant_to.{kind}"), code)
        };
        GrantTo {
            bonus: of("bonus"),
            coupon: of("coupon"),
        }
    }

    /// As [`Topology::takes_grants`] says, as far as the rest could be read.
    fn check_grants(&mut self, grant_to: GrantTo, own_money: [Option<usize>; 2]) {
        for (kind, at) in [("bonus", grant_to.bonus), ("coupon", grant_to.coupon)] {
            let unfit = |at: &usize| self.buckets[*at].withdrawable || own_money.contains(&Some(*at));
            if let Some(at) = at.filter(unfit) {
                let code = self.buckets[at].code.clone();
                self.fault(
                    &format!("grant_to.{kind}"),
                    format!(
                        "{code:?} is no bucket for grants: they need one that is not withdrawable and that is neither deposit_to nor convert_to"
                    ),
                );
            }
        }
    }

    fn flag(&mut self, field: &str, value: Option<&Value>) -> bool {
        match value {
            None => false,
            Some(Value::Bool(flag)) => *flag,
            Some(_) => {
                self.fault(field, "must be true or false");
                false
            }
        }
    }

    fn limits(&mut self, value: Option<&Value>) -> BTreeMap<Currency, BetLimits> {
        let Some(value) = value else {
            return BTreeMap::new();
        };
        let Some(currencies) = value.as_object() else {
            self.fault("limits", "must be an object of currency codes");
            return BTreeMap::new();
        };
        let mut limits = BTreeMap::new();
        for (code, value) in currencies {
            let field = format!("limits.{code}");
            let currency = Currency::parse(code);
            if currency.is_err() {
                self.fault(&field, "is not a currency");
            }
            let Some(value) = value.as_object() else {
                self.fault(&field, "must be an object of max_bet and max_bet_with_bonus");
                continue;
            };
            self.only(&format!("{field}."), value, &["max_bet", "max_bet_with_bonus"]);
            let max_bet = self.limit(&format!("{field}.max_bet"), value.get("max_bet"));
            let with_bonus = format!("{field}.max_bet_with_bonus");
            let max_bet_with_bonus = self.limit(&with_bonus, value.get("max_bet_with_bonus"));
            if let (Some(all), Some(bonus)) = (max_bet, max_bet_with_bonus)
                && bonus > all
            {
                self.fault(
                    &with_bonus,
                    format!("is above max_bet, {all}, and would never apply"),
                );
            }
            if let Ok(currency) = currency {
                limits.insert(
                    currency,
                    BetLimits {
                        max_bet,
                        max_bet_with_bonus,
                    },
                );
            }
        }
        limits
    }

    fn limit(&mut self, field: &str, value: Option<&Value>) -> Option<i64> {
        let value = value?;
        let limit = value.as_i64().filter(|limit| (0..=MAX_AMOUNT).contains(limit));
        if limit.is_none() {
            self.fault(
                field,
                format!("must be a whole number of minor units, 0 to {MAX_AMOUNT}"),
            );
        }
        limit
    }
}

/// The document, with what it left out.
pub(super) fn write(topology: &Topology) -> Value {
    let code = |at: usize| topology.buckets[at].code.as_str();
    let mut document = json!({
        "buckets": topology.buckets.iter().map(|bucket| json!({
            "code": bucket.code,
            "withdrawable": bucket.withdrawable,
            "bonus": bucket.bonus,
        })).collect::<Vec<_>>(),
        "bet_order": topology.bet_order.iter().map(|at| code(*at)).collect::<Vec<_>>(),
        "spending": match topology.spending {
            Spending::InOrder => "in_order",
            Spending::Proportional => "proportional",
        },
        "win_to": match topology.win_to {
            WinTo::Bucket(at) => code(at),
            WinTo::AsStaked => AS_STAKED,
        },
        "deposit_to": code(topology.deposit_to),
        "convert_to": code(topology.convert_to),
        "negative_balance": topology.negative_balance,
    });
    let grants: Map<_, _> = [
        ("bonus", topology.grant_to.bonus),
        ("coupon", topology.grant_to.coupon),
    ]
    .into_iter()
    .filter_map(|(kind, at)| at.map(|at| (kind.to_owned(), code(at).into())))
    .collect();
    document["grant_to"] = grants.into();
    let limits: Map<_, _> = topology
        .limits
        .iter()
        .map(|(currency, limits)| {
            let written: Map<_, _> = [
                ("max_bet", limits.max_bet),
                ("max_bet_with_bonus", limits.max_bet_with_bonus),
            ]
            .into_iter()
            .filter_map(|(name, limit)| limit.map(|limit| (name.to_owned(), limit.into())))
            .collect();
            (currency.code().to_owned(), written.into())
        })
        .collect();
    document["limits"] = limits.into();
    document
}
