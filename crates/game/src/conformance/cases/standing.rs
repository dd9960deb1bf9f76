//! What stops a bet: launches that are over, players and games that are not welcome any more, tokens of others.

use super::Case;
use crate::conformance::{Kit, Need, Point, Rule, Seat, Step, Stop};

pub(super) const CASES: &[Case] = &[
    Case {
        group: 9,
        name: "a bet with a token that was never issued",
        rule: Rule::Of(Point::UnknownToken),
        needs: &[],
        run: unknown_token,
    },
    Case {
        group: 9,
        name: "a bet with another player's token",
        rule: Rule::Of(Point::UnknownToken),
        needs: &[Need::SecondPlayer],
        run: others_token,
    },
    Case {
        group: 9,
        name: "a bet with another brand's token",
        rule: Rule::Of(Point::UnknownToken),
        needs: &[Need::OtherBrand],
        run: foreign_token,
    },
    Case {
        group: 9,
        name: "a win with a token that was never issued",
        rule: Rule::Of(Point::UnknownToken),
        needs: &[],
        run: win_unknown_token,
    },
    Case {
        group: 9,
        name: "a bet of a player whom the brand does not have",
        rule: Rule::Of(Point::UnknownPlayer),
        needs: &[],
        run: unknown_player,
    },
    Case {
        group: 9,
        name: "a bet of an account of no brand",
        rule: Rule::Of(Point::UnknownPlayer),
        needs: &[],
        run: no_brand,
    },
    Case {
        group: 17,
        name: "a bet after the launch ended",
        rule: Rule::Of(Point::Expired),
        needs: &[Need::EndLaunch],
        run: bet_expired,
    },
    Case {
        group: 17,
        name: "a bet of a player who is blocked",
        rule: Rule::Of(Point::Disabled),
        needs: &[Need::Block],
        run: bet_blocked,
    },
    Case {
        group: 17,
        name: "a bet of a player who keeps out by their own decision",
        rule: Rule::OwnDecision,
        needs: &[Need::Exclude],
        run: bet_excluded,
    },
    Case {
        group: 17,
        name: "a bet in a game that was taken off",
        rule: Rule::Of(Point::UnknownGame),
        needs: &[Need::WithdrawGame],
        run: bet_withdrawn,
    },
    Case {
        group: 17,
        name: "a bet at a brand that is closed",
        rule: Rule::Of(Point::BrandClosed),
        needs: &[Need::CloseBrand],
        run: bet_closed,
    },
    Case {
        group: 17,
        name: "a bet above the brand's largest",
        rule: Rule::Of(Point::Limit),
        needs: &[Need::LargestBet],
        run: bet_above,
    },
    Case {
        group: 17,
        name: "a bet that was taken, again after the player was blocked",
        rule: Rule::Of(Point::Repeat),
        needs: &[Need::Block],
        run: repeat_blocked,
    },
];

const NO_TOKEN: Stop = Stop::NotSaid("bets show no token of the operator's");

fn with_token(kit: &Kit<'_>, token: &str) -> Result<Seat, Stop> {
    if kit.driver.shows_token() {
        Ok(Seat {
            token: token.to_owned(),
            ..kit.seat.clone()
        })
    } else {
        Err(NO_TOKEN)
    }
}

/// A token like those that are issued, which was not. The last letters alone change: a token may begin with its brand.
pub(super) fn forged(token: &str) -> String {
    let kept = token.chars().count().saturating_sub(12);
    let from_there = |from: usize| -> String {
        let letters = token.chars().enumerate();
        letters
            .map(|(at, letter)| if at < from { letter } else { turned(letter) })
            .collect()
    };
    let (end, whole) = (from_there(kept), from_there(0));
    if end != token {
        end
    } else if whole != token {
        whole
    } else {
        format!("{token}0")
    }
}

/// Another letter of its kind: what is hexadecimal stays so.
fn turned(letter: char) -> char {
    match letter {
        '9' => '0',
        'f' => 'a',
        'z' => 'g',
        'F' => 'A',
        'Z' => 'G',
        '0'..='8' | 'a'..='y' | 'A'..='Y' => char::from_u32(u32::from(letter) + 1).unwrap_or(letter),
        other => other,
    }
}

fn unknown_token<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let (seat, bet) = (with_token(kit, &forged(&kit.seat.token))?, kit.bet("b", 100));
        let wanted = kit.wants(Point::UnknownToken);
        kit.judge_from(&seat, &bet, wanted, 0).await?;
        Ok(())
    })
}

fn others_token<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let other = kit.hand.another().await?;
        let (seat, bet) = (with_token(kit, &other.token)?, kit.bet("b", 100));
        let wanted = kit.wants(Point::UnknownToken);
        kit.judge_from(&seat, &bet, wanted, 0).await?;
        Ok(())
    })
}

fn foreign_token<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let foreigner = kit.hand.foreigner().await?;
        let (seat, bet) = (with_token(kit, &foreigner.token)?, kit.bet("b", 100));
        let wanted = kit.wants(Point::UnknownToken);
        kit.judge_from(&seat, &bet, wanted, 0).await?;
        Ok(())
    })
}

fn win_unknown_token<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        kit.done(&kit.bet("b", 100)).await?;
        let (seat, win) = (with_token(kit, &forged(&kit.seat.token))?, kit.win("w", "b", 250));
        let wanted = kit.wants(Point::UnknownToken);
        kit.judge_from(&seat, &win, wanted, 0).await?;
        Ok(())
    })
}

fn unknown_player<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let (mut seat, bet) = (kit.seat.clone(), kit.bet("b", 100));
        seat.user.push_str("nobody");
        let wanted = kit.wants(Point::UnknownPlayer);
        kit.judge_from(&seat, &bet, wanted, 0).await?;
        Ok(())
    })
}

fn no_brand<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let (mut seat, bet) = (kit.seat.clone(), kit.bet("b", 100));
        seat.user = "zzzznobrand".to_owned();
        let wanted = kit.wants(Point::UnknownPlayer);
        kit.judge_from(&seat, &bet, wanted, 0).await?;
        Ok(())
    })
}

fn bet_expired<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let seat = kit.seat.clone();
        kit.hand.end_launch(&seat).await?;
        let wanted = kit.wants(Point::Expired);
        kit.judge(&kit.bet("b", 100), wanted, 0).await?;
        Ok(())
    })
}

fn bet_blocked<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let seat = kit.seat.clone();
        kit.hand.block(&seat).await?;
        let wanted = kit.wants(Point::Disabled);
        kit.judge(&kit.bet("b", 100), wanted, 0).await?;
        Ok(())
    })
}

fn bet_excluded<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let seat = kit.seat.clone();
        kit.hand.exclude(&seat).await?;
        // Operators end the launches of who keeps out, or call it a limit; all of them refuse.
        let points = [Point::Disabled, Point::Expired, Point::UnknownToken, Point::Limit];
        let wanted = points.map(|point| kit.wants(point)).concat();
        kit.judge(&kit.bet("b", 100), &wanted, 0).await?;
        Ok(())
    })
}

fn bet_withdrawn<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let seat = kit.seat.clone();
        kit.hand.withdraw_game(&seat).await?;
        let wanted = kit.wants(Point::UnknownGame);
        kit.judge(&kit.bet("b", 100), wanted, 0).await?;
        Ok(())
    })
}

fn repeat_blocked<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let (seat, bet) = (kit.seat.clone(), kit.bet("b", 100));
        kit.done(&bet).await?;
        kit.hand.block(&seat).await?;
        let wanted = kit.wants(Point::Repeat);
        kit.judge(&bet, wanted, 0).await?;
        Ok(())
    })
}

fn bet_closed<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let seat = kit.seat.clone();
        kit.hand.close_brand(&seat).await?;
        let wanted = kit.wants(Point::BrandClosed);
        kit.judge(&kit.bet("b", 100), wanted, 0).await?;
        Ok(())
    })
}

/// What is above the largest is refused for that, whatever the player has.
fn bet_above<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let largest = kit.hand.largest_bet().await?;
        let wanted = kit.wants(Point::Limit);
        kit.judge(&kit.bet("b", largest.saturating_add(1)), wanted, 0)
            .await?;
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::forged;

    #[test]
    fn a_forged_token_is_another_of_the_same_form() {
        for (token, other) in [
            ("alpha-token-000000000009", "alpha-token-111111111110"),
            ("0af9-ABCDEF-afzgFZ09", "0af9-ABCEFA-baghAG10"),
            ("no-digits-here-at-all", "no-digits-ifsf-bu-bmm"),
            ("короткий-é", "короткий-é0"),
            ("x1-éééééééééééé", "y2-éééééééééééé"),
            ("------------", "------------0"),
            ("a", "b"),
            ("", "0"),
        ] {
            assert_eq!(forged(token), other);
        }
        let hex = "3f9a6c0de1b2";
        assert!(
            forged(hex)
                .chars()
                .all(|letter| matches!(letter, '0'..='9' | 'a'..='f'))
        );
    }
}
