//! Grants: how far they come, what they allow, how they end.

use serde_json::json;
use time::Duration;

use super::*;
use crate::engine::grants::{GrantState, MAX_OPEN_GRANTS};

/// Cash and two buckets for grants.
fn document() -> serde_json::Value {
    json!({
        "buckets": [
            {"code": "cash", "withdrawable": true},
            {"code": "bonus", "withdrawable": false, "bonus": true},
            {"code": "coupon", "withdrawable": false},
        ],
        "bet_order": ["cash", "bonus", "coupon"], "win_to": "bonus", "deposit_to": "cash",
        "grant_to": {"bonus": "bonus", "coupon": "coupon"},
    })
}

fn limited(max_bet: i64, with_bonus: i64) -> serde_json::Value {
    let mut document = document();
    document["limits"] = json!({"EUR": {"max_bet": max_bet, "max_bet_with_bonus": with_bonus}});
    document
}

/// A grant with every term named.
fn terms(transaction_id: &str, bucket: Option<&str>, cap: Option<i64>, expires: Option<i64>) -> Command {
    play(
        transaction_id,
        Action::Grant {
            kind: GrantKind::Coupon,
            amount: amount(50),
            bucket: bucket.map(code),
            wager: Amount::ZERO,
            convert_cap: cap.map(amount),
            expires_at: expires.map(|second| OffsetDateTime::UNIX_EPOCH + Duration::seconds(second)),
        },
    )
}

#[test]
fn a_grant_goes_to_its_bucket_and_to_none_that_holds_own_money() {
    let mut house = House::with(0, 0).under(document());
    house.apply(grant("g1", 30, 100));
    house.apply(terms("g2", None, None, None));
    house.apply(terms("g3", Some("bonus"), None, None));
    assert_eq!((house.bucket(0), house.bucket(1), house.bucket(2)), (0, 80, 50));
    assert_eq!(
        rejected(house.decide(terms("x1", Some("gold"), None, None))),
        Reason::UnknownBucket
    );
    assert_eq!(
        rejected(house.decide(terms("x2", Some("cash"), None, None))),
        Reason::NotForGrants
    );
    assert_eq!(rejected(house.decide(grant("x3", 0, 0))), Reason::ZeroAmount);
    let entry = &house.journal[0];
    assert_eq!(entry.postings.last().unwrap().account, "house:bonus");
    // A brand whose document names no bucket for grants gives none.
    let mut bare = document();
    bare["grant_to"] = json!({});
    house.adopt(bare);
    assert_eq!(rejected(house.decide(grant("x4", 1, 0))), Reason::UnknownBucket);
}

#[test]
fn a_wallet_has_no_more_open_grants_than_its_row_may_keep() {
    let mut house = House::default();
    let first = house.apply(grant("g0", 1, 0));
    for number in 1..MAX_OPEN_GRANTS {
        house.apply(grant(&format!("g{number}"), 1, 0));
    }
    assert_eq!(rejected(house.decide(grant("more", 1, 0))), Reason::TooManyGrants);
    house.apply(forfeit("f", first));
    house.apply(grant("now", 1, 0));
}

#[test]
fn money_23_a_bet_counts_once_for_the_oldest_grant_and_never_beyond_its_wager() {
    let mut house = House::with(1_000, 0);
    house.apply(grant("g1", 10, 100));
    house.apply(grant("g2", 10, 50));
    house.apply(bet("b1", 60));
    assert_eq!(house.progress(), [60, 0]);
    assert!(house.submit(bet("b1", 60)).is_replay());
    assert_eq!(house.progress(), [60, 0], "a repeat counts for nothing");
    house.apply(bet("b2", 60));
    assert_eq!(house.progress(), [100, 0], "what is over counts for no other");
    house.decide(bet("too much", 5_000));
    house.apply(bet("zero", 0));
    assert_eq!(house.progress(), [100, 0]);
    house.apply(bet("b3", 60));
    assert_eq!(house.progress(), [100, 50]);
    house.apply(bet("b4", 60));
    assert_eq!(house.progress(), [100, 50]);
}

#[test]
fn money_23_a_rollback_takes_back_exactly_what_the_bet_counted() {
    let mut house = House::with(1_000, 0);
    house.apply(grant("g1", 10, 100));
    house.apply(bet("b1", 70));
    house.apply(bet("b2", 70));
    assert_eq!(house.progress(), [100]);
    house.apply(rollback("r2", "b2"));
    assert_eq!(house.progress(), [70], "it had counted for 30");
    house.decide(rollback("r2 again", "b2"));
    assert_eq!(house.progress(), [70]);
    house.apply(rollback("r1", "b1"));
    assert_eq!(house.progress(), [0]);
}

#[test]
fn money_23_what_is_left_of_a_bet_counts_as_if_it_had_been_the_bet() {
    let mut house = House::with(1_000, 0);
    house.apply(grant("g1", 10, 100));
    house.apply(bet("b1", 150));
    assert_eq!(house.progress(), [100]);
    house.apply(partial("p1", "b1", 40));
    assert_eq!(house.progress(), [100], "110 of it still stand");
    house.apply(partial("p2", "b1", 40));
    assert_eq!(house.progress(), [70]);
    house.apply(partial("p3", "b1", 500));
    assert_eq!(house.progress(), [0]);
}

#[test]
fn money_23_a_bet_before_the_grant_and_one_of_an_ended_grant_take_nothing_back() {
    let mut house = House::with(1_000, 0);
    house.apply(bet("early", 50));
    let first = house.apply(grant("g1", 10, 100));
    house.apply(bet("b1", 40));
    house.apply(rollback("r", "early"));
    assert_eq!(house.progress(), [40]);
    house.apply(forfeit("f", first));
    house.apply(grant("g2", 10, 100));
    house.apply(bet("b2", 5));
    house.apply(rollback("r1", "b1"));
    assert_eq!(
        house.progress(),
        [5],
        "the ended grant's bet is none of the other's business"
    );
}

#[test]
fn money_24_a_bet_above_a_limit_is_refused_for_that_and_not_for_want_of_money() {
    let mut house = House::with(500, 0).under(limited(100, 20));
    assert_eq!(rejected(house.decide(bet("b1", 101))), Reason::MaxBet);
    // More than the wallet has, too: the limit is what is told.
    assert_eq!(rejected(house.decide(bet("b2", 9_000))), Reason::MaxBet);
    house.apply(bet("b3", 100));
    // Without bonus money the smaller limit does not apply, whether there is enough or not.
    let mut poor = House::with(30, 0).under(limited(100, 20));
    assert!(matches!(
        poor.decide(bet("p", 50)),
        Verdict::InsufficientFunds { usable: 30, .. }
    ));
    poor.apply(bet("p2", 30));
    // A refusal is final: the same bet stays refused when the limit is raised.
    house.adopt(document());
    let again = house.submit(bet("b1", 101));
    assert!(again.is_replay() && again.verdict().map(rejected) == Some(Reason::MaxBet));
}

#[test]
fn money_24_a_bet_with_bonus_has_a_limit_of_its_own() {
    let mut house = House::with(50, 50).under(limited(100, 20));
    // From cash alone.
    house.apply(bet("b1", 50));
    // Some of it would be bonus money.
    assert_eq!(rejected(house.decide(bet("b2", 21))), Reason::MaxBetWithBonus);
    house.apply(bet("b3", 20));
    // All there is would be, and it is still not enough.
    assert_eq!(rejected(house.decide(bet("b4", 99))), Reason::MaxBetWithBonus);
    assert_eq!(rejected(house.decide(bet("b5", 101))), Reason::MaxBet);
    // A tip is no bet.
    house.apply(play(
        "tip",
        Action::Tip {
            amount: amount(25),
            round: None,
            game: None,
        },
    ));
    // With a bonus open, cash is staked with bonus as well; with a coupon it is not.
    let mut cash = House::with(500, 0).under(limited(100, 20));
    cash.apply(terms("c", None, None, None));
    cash.apply(bet("b1", 100));
    let bonus = cash.apply(grant("g", 10, 0));
    assert_eq!(rejected(cash.decide(bet("b2", 21))), Reason::MaxBetWithBonus);
    cash.apply(convert("conv", bonus));
    cash.apply(bet("b3", 21));
    // Limits are of a currency.
    let mut dollars = House::with(0, 0).under(limited(100, 20));
    let usd = Command {
        currency: Currency::parse("USD").unwrap(),
        ..bet("b", 5_000)
    };
    assert!(matches!(dollars.decide(usd), Verdict::InsufficientFunds { .. }));
}

#[test]
fn money_25_an_open_round_survives_the_end_of_the_grant_it_was_staked_from() {
    for end in ["forfeit", "expire", "convert"] {
        let mut house = House::with(0, 0).under(document());
        let given = house.apply(play(
            "g",
            Action::Grant {
                kind: GrantKind::Bonus,
                amount: amount(100),
                bucket: None,
                wager: amount(40),
                convert_cap: None,
                expires_at: Some(OffsetDateTime::UNIX_EPOCH),
            },
        ));
        house.apply(bet("b", 40));
        house.apply(play(
            "end",
            match end {
                "forfeit" => Action::Forfeit { grant: given },
                "expire" => Action::Expire { grant: given },
                _ => Action::Convert { grant: given },
            },
        ));
        let cash = if end == "convert" { 60 } else { 0 };
        assert_eq!(
            (house.bucket(0), house.bucket(1)),
            (cash, 0),
            "{end}: the stake is in the round"
        );
        let (mut won, mut undone) = (house, House::default());
        undone.books = won.books.clone();
        undone.orders = won.orders;
        undone.apply(rollback("r", "b"));
        assert_eq!(
            (undone.bucket(0), undone.bucket(1)),
            (cash, 40),
            "{end}: the stake goes back where it came from"
        );
        assert!(undone.progress().is_empty());
        won.apply(win("w", 70, Some("b")));
        assert_eq!(
            (won.bucket(0), won.bucket(1)),
            (cash, 70),
            "{end}: the win goes where it would have"
        );
    }
}

#[test]
fn money_25_a_grant_expires_at_its_time_and_not_before() {
    let mut house = House::with(0, 0).under(document());
    let given = house.apply(terms("g", None, None, Some(4)));
    let forever = house.apply(terms("never", None, None, None));
    // The house's clock is the number of its orders: this is second 3.
    assert_eq!(
        rejected(house.decide(play("e", Action::Expire { grant: given }))),
        Reason::NotYetExpired
    );
    // The same command again, when its time has come.
    house.apply(play("e", Action::Expire { grant: given }));
    assert_eq!(
        rejected(house.decide(play("e2", Action::Expire { grant: forever }))),
        Reason::NotYetExpired
    );
    let ended: Vec<_> = house.books.grants.values().map(|grant| grant.state).collect();
    assert_eq!((ended, house.bucket(2)), (vec![GrantState::Expired], 50));
}

#[test]
fn money_25_a_grants_time_is_what_the_database_keeps_of_it_before_it_is_stored_too() {
    let mut house = House::with(0, 0).under(document());
    let mut finer = terms("g", None, None, None);
    let (at, whole) = (
        Duration::nanoseconds(4_000_001_999),
        Duration::microseconds(4_000_001),
    );
    if let Action::Grant { expires_at, .. } = &mut finer.action {
        *expires_at = Some(OffsetDateTime::UNIX_EPOCH + at);
    }
    house.apply(finer);
    let given = &house.books.accounts[&key(ANNA)].grants[0];
    assert_eq!(given.expires_at, Some(OffsetDateTime::UNIX_EPOCH + whole));
}

#[test]
fn money_26_a_grant_is_converted_when_it_is_wagered_once_and_capped() {
    let mut house = House::with(100, 0).under(document());
    let given = house.apply(play(
        "g",
        Action::Grant {
            kind: GrantKind::Bonus,
            amount: amount(50),
            bucket: None,
            wager: amount(100),
            convert_cap: Some(amount(70)),
            expires_at: None,
        },
    ));
    house.apply(bet("b1", 60));
    assert_eq!(rejected(house.decide(convert("c", given))), Reason::WagerOpen);
    house.apply(win("w1", 200, Some("b1")));
    house.apply(bet("b2", 40));
    assert_eq!((house.bucket(0), house.bucket(1)), (0, 250));
    // The same command again, now that it is wagered: 70 are the player's, 180 are not.
    house.apply(convert("c", given));
    assert_eq!((house.bucket(0), house.bucket(1)), (70, 0));
    let entry = house.journal.last().unwrap().clone();
    let lines: Vec<_> = entry
        .postings
        .iter()
        .map(|line| (line.account.as_str(), line.amount))
        .collect();
    assert_eq!(
        lines,
        [("player:cash", 70), ("player:bonus", -250), ("house:bonus", 180)]
    );
    assert_eq!((entry.amount, entry.reference), (70, Some(given.to_string())));
    assert!(house.submit(convert("c", given)).is_replay());
    for (name, again) in [
        ("c2", Action::Convert { grant: given }),
        ("f2", Action::Forfeit { grant: given }),
        ("e2", Action::Expire { grant: given }),
    ] {
        assert!(matches!(
            house.decide(play(name, again)),
            Verdict::AlreadySettled { .. }
        ));
    }
    assert_eq!((house.bucket(0), house.bucket(1)), (70, 0));
}

#[test]
fn money_26_grants_in_one_bucket_do_not_convert_one_anothers_money() {
    let mut house = House::default();
    let first = house.apply(grant("g1", 50, 0));
    let second = house.apply(grant("g2", 30, 0));
    house.apply(convert("c1", first));
    assert_eq!(house.available(), (50, 30));
    // Alone in the bucket, it has all that is there.
    house.apply(convert("c2", second));
    assert_eq!(house.available(), (80, 0));
    // A bucket that owes has nothing to convert, and is not repaid from nowhere.
    let mut owing = House::with(0, -20);
    let given = owing.apply(grant("g", 15, 0));
    owing.apply(convert("c", given));
    assert_eq!(owing.available(), (0, -5));
}

#[test]
fn another_players_grant_does_not_exist() {
    let mut house = House::default();
    let given = house.apply(grant("g", 50, 0));
    for ended in [false, true] {
        if ended {
            house.apply(forfeit("mine", given));
        }
        for (name, action) in [
            ("c", Action::Convert { grant: given }),
            ("f", Action::Forfeit { grant: given }),
        ] {
            let theirs = of(BERT, play(&format!("{name}{ended}"), action));
            assert!(matches!(house.decide(theirs), Verdict::MissingReference { .. }));
        }
    }
    assert!(matches!(
        house.decide(convert("nobody's", EntryId(Uuid::from_u128(999)))),
        Verdict::MissingReference { .. }
    ));
}

#[test]
fn what_a_wallets_row_keeps_of_a_grant_is_read_back() {
    let mut house = House::default();
    house.apply(terms("g", Some("bonus"), Some(7), Some(90)));
    house.apply(grant("g2", 1, 2));
    let kept = &house.books.accounts[&key(ANNA)].grants;
    let written = serde_json::to_value(kept).unwrap();
    assert_eq!(
        &serde_json::from_value::<Vec<crate::engine::grants::OpenGrant>>(written).unwrap(),
        kept
    );
}
