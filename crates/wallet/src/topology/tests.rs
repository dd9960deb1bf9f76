#![expect(clippy::unwrap_used, reason = "tests")]
//! Documents read and written, and their faults.

use serde_json::{Value, json};

use super::*;

fn read(document: Value) -> Result<Topology, String> {
    serde_json::from_value(document).map_err(|fault| fault.to_string())
}

fn buckets(codes: &[&str]) -> Value {
    codes
        .iter()
        .map(|code| json!({"code": code, "withdrawable": *code == "cash", "bonus": *code == "bonus"}))
        .collect()
}

#[test]
fn the_standard_topology_is_a_valid_document() {
    let written = serde_json::to_value(&*Topology::standard()).unwrap();
    assert_eq!(
        written,
        json!({
            "buckets": buckets(&["cash", "bonus"]), "bet_order": ["cash", "bonus"], "spending": "in_order",
            "win_to": "cash", "deposit_to": "cash", "convert_to": "cash",
            "grant_to": {"bonus": "bonus", "coupon": "bonus"}, "negative_balance": false, "limits": {},
        })
    );
    assert_eq!(read(written).unwrap(), *Topology::standard());
}

#[test]
fn everything_a_document_says_is_read_back() {
    let document = json!({
        "buckets": buckets(&["cash", "bonus", "locked", "coupon", "points"]),
        "bet_order": ["bonus", "cash"], "spending": "proportional", "win_to": "as_staked",
        "deposit_to": "cash", "convert_to": "locked", "grant_to": {"coupon": "coupon"},
        "negative_balance": true,
        "limits": {"EUR": {"max_bet": 10_000, "max_bet_with_bonus": 500}, "BTC": {"max_bet": 0}},
    });
    let topology = read(document.clone()).unwrap();
    assert_eq!(serde_json::to_value(&topology).unwrap(), document);
    assert_eq!(Topology::parse(&document.to_string()).unwrap(), topology);
    assert_eq!(topology.bet_order(), [1, 0]);
    assert_eq!(topology.withdraw_order(), [0]);
    assert_eq!(
        (topology.spending(), topology.win_to()),
        (Spending::Proportional, WinTo::AsStaked)
    );
    assert_eq!((topology.convert_to(), topology.negative_balance()), (2, true));
    assert_eq!(topology.grant_to(GrantKind::Coupon), Some(3));
    assert_eq!(topology.grant_to(GrantKind::Bonus), None);
    let limits = |code: &str| topology.limits(Currency::parse(code).unwrap());
    assert_eq!(limits("EUR").max_bet_with_bonus, Some(500));
    assert_eq!(limits("BTC").max_bet, Some(0));
    assert_eq!(limits("USD"), BetLimits::default());
}

#[test]
fn what_is_left_out_is_as_it_always_was() {
    let topology = read(json!({
        "buckets": [{"code": "cash", "withdrawable": true}, {"code": "points", "withdrawable": false}],
        "bet_order": ["cash"], "win_to": "points", "deposit_to": "cash",
    }))
    .unwrap();
    assert_eq!(
        (topology.spending(), topology.convert_to()),
        (Spending::InOrder, topology.deposit_to())
    );
    assert!(!topology.negative_balance() && !topology.buckets()[1].bonus);
    assert_eq!(topology.grant_to(GrantKind::Bonus), None);
}

#[test]
fn every_fault_is_named_at_once() {
    let faults = read(json!({
        "buckets": [
            {"code": "cash", "withdrawable": true}, {"code": "Cash", "withdrawable": 1}, {"code": "x"},
            {"code": "cash", "withdrawable": false, "color": "red"}, {"code": "as_staked", "withdrawable": false},
            7, {"withdrawable": false},
        ],
        "bet_order": ["cash", "gold", "cash", 3],
        "spending": "at_random",
        "win_to": "silver",
        "deposit_to": "bonus",
        "convert_to": 5,
        "grant_to": {"bonus": "platinum", "coupon": "cash", "cheque": "cash"},
        "negative_balance": "yes",
        "limits": {
            "EUR": {"max_bet": 10, "max_bet_with_bonus": 11}, "XXXX": {"max_bet": 1}, "USD": {"max_bet": -1, "min_bet": 1},
            "GBP": {"max_bet": 1.5}, "SEK": 9,
        },
        "colour": "red",
    }))
    .unwrap_err();
    for expected in [
        "buckets: \"Cash\" must be 2 to 20 of a-z and _",
        "buckets: \"x\" must be",
        "buckets[1].withdrawable: must be true or false",
        "buckets[2].withdrawable: is missing",
        "buckets[3].color: is not a field; there are code, withdrawable, bonus",
        "buckets: \"as_staked\" means something else",
        "buckets[5]: must be an object",
        "buckets[6].code: must be a text",
        "buckets: \"cash\" appears more than once",
        "bet_order: \"gold\" is not one of the buckets",
        "bet_order: \"cash\" appears more than once",
        "bet_order: must be a bucket's code",
        "spending: must be",
        "win_to: \"silver\" is not",
        "deposit_to: \"bonus\" is not",
        "convert_to: must be a bucket's code",
        "grant_to.bonus: \"platinum\" is not",
        "grant_to.coupon: \"cash\" is no bucket for grants",
        "grant_to.cheque: is not a field; there are bonus, coupon",
        "negative_balance: must be true or false",
        "limits.EUR.max_bet_with_bonus: is above max_bet, 10",
        "limits.XXXX: is not a currency",
        "limits.USD.max_bet: must be a whole number of minor units, 0 to 1000000000000000",
        "limits.USD.min_bet: is not a field",
        "limits.GBP.max_bet: must be a whole number",
        "limits.SEK: must be an object",
        "colour: is not a field; there are buckets, bet_order",
    ] {
        assert!(faults.contains(expected), "{expected} in {faults}");
    }
    assert!(
        read(json!({"buckets": [], "bet_order": [], "win_to": "a", "deposit_to": "a"}))
            .unwrap_err()
            .contains("there must be 1 to 8, not 0")
    );
    let nothing = read(json!({})).unwrap_err();
    for field in ["buckets", "bet_order", "win_to", "deposit_to"] {
        assert!(nothing.contains(&format!("{field}: ")), "{field} in {nothing}");
    }
    assert!(read(json!([])).unwrap_err().contains("must be an object"));
    assert!(
        Topology::parse("{")
            .unwrap_err()
            .to_string()
            .contains("is not JSON")
    );
}

#[test]
fn grants_go_where_nobodys_own_money_is() {
    let with = |grant_to: &str, convert_to: &str| {
        read(json!({
            "buckets": buckets(&["cash", "bonus", "locked"]), "bet_order": ["cash"], "win_to": "cash",
            "deposit_to": "cash", "convert_to": convert_to, "grant_to": {"bonus": grant_to},
        }))
    };
    assert!(with("bonus", "cash").is_ok());
    for (grant_to, convert_to) in [("cash", "cash"), ("cash", "locked"), ("locked", "locked")] {
        let fault = with(grant_to, convert_to).unwrap_err();
        assert!(
            fault.contains("grant_to.bonus") && fault.contains("is no bucket for grants"),
            "{fault}"
        );
    }
}

#[test]
fn buckets_are_only_appended() {
    let version = |codes: &[&str]| {
        read(
            json!({"buckets": buckets(codes), "bet_order": ["cash"], "win_to": "cash", "deposit_to": "cash"}),
        )
        .unwrap()
    };
    let first = version(&["cash", "bonus"]);
    assert!(version(&["cash", "bonus", "points"]).follows(&first).is_ok());
    assert!(first.follows(&first).is_ok());
    assert_eq!(
        version(&["bonus", "cash"])
            .follows(&first)
            .unwrap_err()
            .faults()
            .len(),
        2
    );
    assert_eq!(version(&["cash"]).follows(&first).unwrap_err().faults().len(), 1);
}

#[test]
fn money_25_players_own_money_never_comes_where_a_grants_end_takes_all_there_is() {
    let version = |bonus_withdrawable: bool, deposit_to: &str, convert_to: &str| {
        read(json!({
            "buckets": [
                {"code": "cash", "withdrawable": true},
                {"code": "bonus", "withdrawable": bonus_withdrawable},
                {"code": "wallet", "withdrawable": true},
            ],
            "bet_order": ["cash"], "win_to": "cash", "deposit_to": deposit_to, "convert_to": convert_to,
        }))
        .unwrap()
    };
    let first = version(false, "cash", "cash");
    assert!(version(false, "wallet", "cash").follows(&first).is_ok());
    for (withdrawable, deposit_to, convert_to) in [
        (true, "cash", "cash"),
        (false, "bonus", "cash"),
        (false, "cash", "bonus"),
    ] {
        let next = version(withdrawable, deposit_to, convert_to);
        for (one, other) in [(&next, &first), (&first, &next)] {
            let fault = one.follows(other).unwrap_err();
            assert!(
                fault.faults().len() == 1 && fault.faults()[0].contains("\"bonus\" may hold"),
                "{fault}"
            );
        }
    }
}
