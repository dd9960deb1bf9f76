//! Any single field changes the fingerprint.

use std::collections::HashSet;

use super::*;
use crate::engine::{
    command::Correction,
    fingerprint::Fingerprint,
    ids::{Note, Promotion},
};

#[test]
fn money_10_any_single_field_changes_the_fingerprint() {
    let text = |text: &str| (RoundId::new(text).unwrap(), GameId::new(text).unwrap());
    let ((r, g), (r2, g2)) = (text("a"), text("b"));
    let usd = Currency::parse("USD").unwrap();
    let bet = |minor, round: &RoundId, game: &GameId| Action::Bet {
        amount: amount(minor),
        round: round.clone(),
        game: game.clone(),
    };
    let settle = |minor, round: &RoundId, game: &GameId, of: Option<&str>| Action::Settle {
        amount: amount(minor),
        round: round.clone(),
        game: game.clone(),
        bet: of.map(id),
    };
    let rollback = |of: &str, round: Option<&RoundId>, game: Option<&GameId>| Action::Rollback {
        of: id(of),
        round: round.cloned(),
        game: game.cloned(),
        amount: None,
    };
    let hold = |number| EntryId(Uuid::from_u128(number));
    let approved = |minor| Action::Deposit {
        amount: amount(minor),
        payment: Payment::Approved,
    };
    let commands = [
        play("x", bet(1, &r, &g)),
        play("y", bet(1, &r, &g)),
        of(BERT, play("x", bet(1, &r, &g))),
        Command {
            currency: usd,
            ..play("x", bet(1, &r, &g))
        },
        Command {
            source: Source::provider("other").unwrap(),
            ..play("x", bet(1, &r, &g))
        },
        play("x", bet(2, &r, &g)),
        play("x", bet(1, &r2, &g)),
        play("x", bet(1, &r, &g2)),
        play("x", bet(1, &r, &g)).agreeing_on("free", "true"),
        play("x", bet(1, &r, &g)).agreeing_on("free", "false"),
        play("x", bet(1, &r, &g)).agreeing_on("promo", "true"),
        play("x", bet(1, &r, &g)).agreeing_on("freetrue", ""),
        play("x", bet(1, &r, &g))
            .agreeing_on("free", "true")
            .agreeing_on("promo", "true"),
        play("x", settle(1, &r, &g, None)),
        play("x", settle(2, &r, &g, None)),
        play("x", settle(1, &r2, &g, None)),
        play("x", settle(1, &r, &g2, None)),
        play("x", settle(1, &r, &g, Some("a"))),
        play("x", settle(1, &r, &g, Some("b"))),
        play("x", rollback("a", None, None)),
        play("x", rollback("b", None, None)),
        play("x", rollback("a", Some(&r), None)),
        play("x", rollback("a", Some(&r2), None)),
        play("x", rollback("a", None, Some(&g))),
        play("x", rollback("a", Some(&r), Some(&g))),
        play("x", approved(1)),
        play("x", approved(2)),
        play("x", Action::WithdrawHold { amount: amount(1) }),
        play("x", Action::WithdrawHold { amount: amount(2) }),
        play("x", Action::WithdrawSettle { hold: hold(1) }),
        play("x", Action::WithdrawSettle { hold: hold(2) }),
        play("x", Action::WithdrawRelease { hold: hold(1) }),
        play("x", Action::WithdrawRelease { hold: hold(2) }),
    ];
    let commands: Vec<_> = commands
        .into_iter()
        .chain(
            newer(&r, &r2, &g, &g2)
                .into_iter()
                .map(|action| play("x", action)),
        )
        .collect();
    let fingerprints: HashSet<_> = commands.iter().map(Fingerprint::of).collect();
    assert_eq!(fingerprints.len(), commands.len());
    for command in &commands {
        assert_eq!(Fingerprint::of(command), Fingerprint::of(&command.clone()));
    }
}

/// Actions that differ in one field each.
fn newer(r: &RoundId, r2: &RoundId, g: &GameId, g2: &GameId) -> Vec<Action> {
    let note = |text| Note::new(text).unwrap();
    let entry = |number| EntryId(Uuid::from_u128(number));
    let partial = |minor| Action::Rollback {
        of: id("a"),
        round: None,
        game: None,
        amount: Some(amount(minor)),
    };
    let transfer = |minor, from, to| Action::Transfer {
        amount: amount(minor),
        from: code(from),
        to: code(to),
    };
    let given =
        |kind, minor, bucket: Option<&str>, wager, cap: Option<i64>, second: Option<i64>| Action::Grant {
            kind,
            amount: amount(minor),
            bucket: bucket.map(code),
            wager: amount(wager),
            convert_cap: cap.map(amount),
            expires_at: second.map(|second| OffsetDateTime::UNIX_EPOCH + time::Duration::seconds(second)),
        };
    let adjust = |minor, bucket, text| Action::Adjust {
        amount: Correction::new(minor).unwrap(),
        bucket: code(bucket),
        note: note(text),
    };
    let tip = |minor, round: Option<&RoundId>, game: Option<&GameId>| Action::Tip {
        amount: amount(minor),
        round: round.cloned(),
        game: game.cloned(),
    };
    let jackpot = |minor, round: &RoundId, game: &GameId, bet: Option<&str>| Action::JackpotWin {
        amount: amount(minor),
        round: round.clone(),
        game: game.clone(),
        bet: bet.map(id),
    };
    let promo = |minor, promotion| Action::PromoWin {
        amount: amount(minor),
        promotion: Promotion::new(promotion).unwrap(),
    };
    let (bonus, coupon) = (GrantKind::Bonus, GrantKind::Coupon);
    vec![
        partial(1),
        partial(2),
        transfer(1, "cash", "bonus"),
        transfer(2, "cash", "bonus"),
        transfer(1, "bonus", "bonus"),
        transfer(1, "cash", "cash"),
        given(bonus, 1, None, 0, None, None),
        given(coupon, 1, None, 0, None, None),
        given(bonus, 2, None, 0, None, None),
        given(bonus, 1, Some("bonus"), 0, None, None),
        given(bonus, 1, Some("coupon"), 0, None, None),
        given(bonus, 1, None, 1, None, None),
        given(bonus, 1, None, 0, Some(0), None),
        given(bonus, 1, None, 0, Some(1), None),
        given(bonus, 1, None, 0, None, Some(0)),
        given(bonus, 1, None, 0, None, Some(1)),
        Action::Convert { grant: entry(1) },
        Action::Convert { grant: entry(2) },
        Action::Forfeit { grant: entry(1) },
        Action::Forfeit { grant: entry(2) },
        Action::Expire { grant: entry(1) },
        Action::Expire { grant: entry(2) },
        adjust(1, "cash", "why"),
        adjust(-1, "cash", "why"),
        adjust(1, "bonus", "why"),
        adjust(1, "cash", "why not"),
        tip(1, None, None),
        tip(2, None, None),
        tip(1, Some(r), None),
        tip(1, Some(r2), None),
        tip(1, None, Some(g)),
        tip(1, None, Some(g2)),
        jackpot(1, r, g, None),
        jackpot(2, r, g, None),
        jackpot(1, r2, g, None),
        jackpot(1, r, g2, None),
        jackpot(1, r, g, Some("a")),
        jackpot(1, r, g, Some("b")),
        promo(1, "spring"),
        promo(2, "spring"),
        promo(1, "autumn"),
    ]
}

#[test]
fn money_10_text_does_not_run_from_one_field_into_the_next() {
    let bet = |round: &str, game: &str| {
        let (round, game) = (RoundId::new(round).unwrap(), GameId::new(game).unwrap());
        Fingerprint::of(&play(
            "x",
            Action::Bet {
                amount: amount(1),
                round,
                game,
            },
        ))
    };
    assert_ne!(bet("ab", "c"), bet("a", "bc"));
}

#[test]
fn what_is_kept_is_read_back() {
    let fingerprint = Fingerprint::of(&super::bet("b", 1));
    assert_eq!(Fingerprint::from_bytes(fingerprint.as_bytes()), Some(fingerprint));
    assert_eq!(Fingerprint::from_bytes(&[0; 31]), None);
}

#[test]
fn every_action_is_read_back_as_it_is_written() {
    let text = |text: &str| (RoundId::new(text).unwrap(), GameId::new(text).unwrap());
    let ((r, g), (r2, g2)) = (text("a"), text("b"));
    for action in newer(&r, &r2, &g, &g2) {
        let command = play("x", action);
        let written = serde_json::to_string(&command).unwrap();
        assert_eq!(
            serde_json::from_str::<Command>(&written).unwrap(),
            command,
            "{written}"
        );
    }
}
