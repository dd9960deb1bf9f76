//! Any single field changes the fingerprint.

use std::collections::HashSet;

use super::*;
use crate::engine::fingerprint::Fingerprint;

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
    let fingerprints: HashSet<_> = commands.iter().map(Fingerprint::of).collect();
    assert_eq!(fingerprints.len(), commands.len());
    for command in &commands {
        assert_eq!(Fingerprint::of(command), Fingerprint::of(&command.clone()));
    }
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
