//! The brand's document in the model's own words, and how it splits money.

use serde_json::Value;

use super::{Lines, share};

const CODES: [&str; 5] = ["cash", "bonus", "coupon", "locked", "points"];

/// A brand's document.
#[derive(Clone, Debug, Default)]
pub(crate) struct Buckets {
    pub(in super::super) codes: Vec<&'static str>,
    pub(in super::super) withdrawable: Vec<&'static str>,
    pub(in super::super) bet_order: Vec<&'static str>,
    /// A code, or `as_staked`.
    pub(in super::super) win_to: &'static str,
    pub(in super::super) deposit_to: &'static str,
    pub(in super::super) bonus: Vec<&'static str>,
    pub(in super::super) proportional: bool,
    pub(in super::super) convert_to: &'static str,
    pub(in super::super) grants: Vec<(String, &'static str)>,
    pub(in super::super) owing: bool,
    /// By currency code: of any bet, and with bonus.
    pub(in super::super) limits: Vec<(String, Option<i128>, Option<i128>)>,
}

fn code(value: &Value) -> &'static str {
    let known = CODES.iter().chain(&["as_staked"]);
    known.copied().find(|known| *value == **known).unwrap()
}

impl Buckets {
    /// Reads a document that leaves nothing out.
    pub(crate) fn of(document: &Value) -> Self {
        let rows = document["buckets"].as_array().unwrap();
        let flagged = |flag: &str| {
            let flagged = rows.iter().filter(|row| row[flag] == true);
            flagged.map(|row| code(&row["code"])).collect::<Vec<_>>()
        };
        let object = |field: &str| document[field].as_object().unwrap().iter();
        let limit = |value: &Value| value.as_i64().map(i128::from);
        Self {
            codes: rows.iter().map(|row| code(&row["code"])).collect(),
            withdrawable: flagged("withdrawable"),
            bonus: flagged("bonus"),
            bet_order: document["bet_order"]
                .as_array()
                .unwrap()
                .iter()
                .map(code)
                .collect(),
            win_to: code(&document["win_to"]),
            deposit_to: code(&document["deposit_to"]),
            convert_to: code(&document["convert_to"]),
            proportional: document["spending"] == "proportional",
            grants: object("grant_to")
                .map(|(kind, to)| (kind.clone(), code(to)))
                .collect(),
            owing: document["negative_balance"] == true,
            limits: object("limits")
                .map(|(currency, of)| {
                    (
                        currency.clone(),
                        limit(&of["max_bet"]),
                        limit(&of["max_bet_with_bonus"]),
                    )
                })
                .collect(),
        }
    }

    /// What a stake takes from each bucket; else how much there is.
    pub(super) fn stake(&self, wallet: impl Fn(&str) -> i128, stake: i128) -> Result<Lines, i128> {
        let in_order = share(&self.bet_order, &wallet, stake)?;
        let there: i128 = self.bet_order.iter().map(|code| wallet(code).max(0)).sum();
        if !self.proportional || there == 0 {
            return Ok(in_order);
        }
        let mut parts: Lines = Vec::new();
        for code in &self.bet_order {
            parts.push((*code, stake * wallet(code).max(0) / there));
        }
        // One unit at a time, round and round, until it is all there.
        while parts.iter().map(|(_, part)| part).sum::<i128>() < stake {
            for at in 0..parts.len() {
                let whole = parts.iter().map(|(_, part)| part).sum::<i128>() == stake;
                if !whole && parts[at].1 < wallet(parts[at].0).max(0) {
                    parts[at].1 += 1;
                }
            }
        }
        Ok(parts)
    }

    /// Where a win goes whose bet took these parts.
    pub(super) fn win(&self, win: i128, staked: &Lines) -> Lines {
        if self.win_to != "as_staked" {
            return vec![(self.win_to, win)];
        }
        let stake: i128 = staked.iter().map(|(_, part)| part).sum();
        if stake == 0 {
            return vec![(self.deposit_to, win)];
        }
        let of = |code: &str| {
            staked
                .iter()
                .filter(|(other, _)| *other == code)
                .map(|(_, part)| *part)
                .sum::<i128>()
        };
        let mut lines: Lines = self
            .codes
            .iter()
            .map(|code| (*code, win * of(code) / stake))
            .collect();
        let paid: i128 = lines.iter().map(|(_, part)| part).sum();
        let first = self.bet_order.iter().find(|code| of(code) > 0).unwrap();
        lines.push((*first, win - paid));
        lines
    }
}
