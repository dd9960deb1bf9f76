//! Amounts, currencies and ids.

use super::Case;
use crate::conformance::{Class, Kit, Odd, Point, Rule, Say, Seat, Step, Stop};

pub(super) const CASES: &[Case] = &[
    Case {
        group: 14,
        name: "a bet in another currency",
        rule: Rule::Of(Point::ForeignCurrency),
        needs: &[],
        run: foreign_currency,
    },
    Case {
        group: 14,
        name: "a bet's id in another currency",
        rule: Rule::Of(Point::Conflict),
        needs: &[],
        run: foreign_repeat,
    },
    Case {
        group: 14,
        name: "a bet of less than nothing",
        rule: Rule::Of(Point::OddAmount),
        needs: &[],
        run: negative,
    },
    Case {
        group: 14,
        name: "a bet finer than the currency",
        rule: Rule::Of(Point::OddAmount),
        needs: &[],
        run: precise,
    },
    Case {
        group: 14,
        name: "a bet of more than 64 bits hold",
        rule: Rule::Of(Point::OddAmount),
        needs: &[],
        run: large,
    },
    Case {
        group: 14,
        name: "a bet of a word",
        rule: Rule::Of(Point::OddAmount),
        needs: &[],
        run: word,
    },
    Case {
        group: 14,
        name: "a win in another currency",
        rule: Rule::Of(Point::ForeignCurrency),
        needs: &[],
        run: foreign_win,
    },
    Case {
        group: 14,
        name: "a promotion's win in another currency",
        rule: Rule::Of(Point::ForeignCurrency),
        needs: &[],
        run: foreign_promotion,
    },
    Case {
        group: 14,
        name: "a win of less than nothing",
        rule: Rule::Of(Point::OddAmount),
        needs: &[],
        run: negative_win,
    },
    Case {
        group: 14,
        name: "a win finer than the currency",
        rule: Rule::Of(Point::OddAmount),
        needs: &[],
        run: precise_win,
    },
    Case {
        group: 14,
        name: "a win of more than 64 bits hold",
        rule: Rule::Of(Point::OddAmount),
        needs: &[],
        run: large_win,
    },
    Case {
        group: 14,
        name: "a win of a word",
        rule: Rule::Of(Point::OddAmount),
        needs: &[],
        run: word_win,
    },
    Case {
        group: 14,
        name: "a signed body that is cut short",
        rule: Rule::Of(Point::Malformed),
        needs: &[],
        run: cut_short,
    },
    Case {
        group: 14,
        name: "the last of amounts that binary fractions do not hold",
        rule: Rule::Digits,
        needs: &[],
        run: digits,
    },
    Case {
        group: 17,
        name: "a bet of more than there is",
        rule: Rule::NoFunds,
        needs: &[],
        run: no_funds,
    },
    Case {
        group: 18,
        name: "a bet in a round whose number is beyond 64 bits",
        rule: Rule::Ids,
        needs: &[],
        run: long_round,
    },
    Case {
        group: 18,
        name: "a bet whose id differs in case alone",
        rule: Rule::Ids,
        needs: &[],
        run: other_case,
    },
];

/// The player's seat, in another currency.
fn abroad(kit: &Kit<'_>) -> Seat {
    let other = if kit.seat.currency == "SEK" { "EUR" } else { "SEK" };
    Seat {
        currency: other.to_owned(),
        ..kit.seat.clone()
    }
}

fn foreign_currency<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        if !kit.driver.bets_name_currency() {
            return Err(Stop::NotSaid("a bet names no currency"));
        }
        let (seat, bet) = (abroad(kit), kit.bet("b", 100));
        let wanted = kit.wants(Point::ForeignCurrency);
        kit.judge_from(&seat, &bet, wanted, 0).await?;
        Ok(())
    })
}

/// Whether an operator says what is wrong first of the id or of the currency is its own affair.
fn foreign_repeat<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        if !kit.driver.bets_name_currency() {
            return Err(Stop::NotSaid("a bet names no currency"));
        }
        let (seat, bet) = (abroad(kit), kit.bet("b", 100));
        kit.done(&bet).await?;
        let wanted = [kit.wants(Point::Conflict), kit.wants(Point::ForeignCurrency)].concat();
        kit.judge_from(&seat, &bet, &wanted, 0).await?;
        Ok(())
    })
}

fn foreign_win<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        if !kit.driver.bets_name_currency() {
            return Err(Stop::NotSaid("a win names no currency"));
        }
        kit.done(&kit.bet("b", 100)).await?;
        let (seat, win) = (abroad(kit), kit.win("w", "b", 250));
        let wanted = kit.wants(Point::ForeignCurrency);
        kit.judge_from(&seat, &win, wanted, 0).await?;
        Ok(())
    })
}

fn foreign_promotion<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let (seat, given) = (
            abroad(kit),
            Say::PromoWin {
                id: kit.id("p"),
                round: kit.round("promotion"),
                amount: 300,
            },
        );
        if !kit.driver.promotions_name_currency() {
            return Err(Stop::NotSaid("a promotion's win names no currency"));
        }
        let wanted = kit.wants(Point::ForeignCurrency);
        kit.judge_from(&seat, &given, wanted, 0).await?;
        Ok(())
    })
}

fn odd_win<'k>(kit: &'k mut Kit<'_>, odd: Odd) -> Step<'k, ()> {
    Box::pin(async move {
        kit.done(&kit.bet("b", 100)).await?;
        let win = Say::OddWin {
            id: kit.id("w"),
            bet: kit.id("b"),
            round: kit.round("r"),
            odd,
        };
        let wanted = kit.wants(Point::OddAmount);
        kit.judge(&win, wanted, 0).await?;
        Ok(())
    })
}

fn negative_win<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    odd_win(kit, Odd::Negative)
}

fn precise_win<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    odd_win(kit, Odd::TooPrecise)
}

fn large_win<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    odd_win(kit, Odd::TooLarge)
}

fn word_win<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    odd_win(kit, Odd::Word)
}

fn odd<'k>(kit: &'k mut Kit<'_>, odd: Odd) -> Step<'k, ()> {
    Box::pin(async move {
        let bet = Say::OddBet {
            id: kit.id("b"),
            round: kit.round("r"),
            odd,
        };
        let wanted = kit.wants(Point::OddAmount);
        kit.judge(&bet, wanted, 0).await?;
        Ok(())
    })
}

fn negative<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    odd(kit, Odd::Negative)
}

fn precise<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    odd(kit, Odd::TooPrecise)
}

fn large<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    odd(kit, Odd::TooLarge)
}

fn word<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    odd(kit, Odd::Word)
}

fn no_funds<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let has = kit.balance().await?;
        kit.judge(&kit.bet("b", has + 1), &[Class::NoFunds], 0).await?;
        Ok(())
    })
}

fn long_round<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let bet = Say::Bet {
            id: kit.id("b"),
            round: beyond_64_bits(&kit.id("r")),
            amount: 100,
        };
        kit.judge(&bet, &[Class::Done], -100).await?;
        Ok(())
    })
}

/// A number of 39 digits, made of an id so that no two runs have the same.
fn beyond_64_bits(id: &str) -> String {
    let digits = id
        .bytes()
        .flat_map(|byte| [b'0' + byte / 10 % 10, b'0' + byte % 10]);
    let digits: String = digits.map(char::from).take(37).collect();
    format!("34{digits:0<37}")
}

fn cut_short<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let (seat, bet) = (kit.seat.clone(), kit.bet("b", 100));
        let mut message = kit.driver.phrase(&seat, &bet).map_err(Stop::NotSaid)?;
        message.body.truncate(message.body.len() / 2);
        // Half of a form may be none, which is not signed, or end in nothing, which is signed in two ways: less of it is one.
        let mut signed = kit.sign(message.clone());
        while (signed == message || message.body.ends_with(b"=")) && message.body.pop().is_some() {
            signed = kit.sign(message.clone());
        }
        let wanted = kit.wants(Point::Malformed);
        kit.judge_message((&seat, &bet), signed, wanted, 0).await?;
        Ok(())
    })
}

/// Minor units whose hundredths, times a hundred, are one less as a binary fraction is cut off.
const LOST: [i64; 10] = [29, 57, 58, 113, 114, 115, 201, 402, 435, 819];

fn digits<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let mut has = kit.balance().await?;
        for (at, amount) in LOST.into_iter().enumerate() {
            let (bet, win) = (format!("b{at}"), format!("w{at}"));
            kit.done(&kit.bet(&bet, amount)).await?;
            kit.has(has - amount).await?;
            kit.done(&kit.win(&win, &bet, amount + 1)).await?;
            has += 1;
            kit.has(has).await?;
        }
        kit.judge(&kit.bet("b", 29), &[Class::Done], -29).await?;
        Ok(())
    })
}

fn other_case<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let lower = kit.id("case").to_ascii_lowercase();
        let bet = |id: String, round: String| Say::Bet {
            id,
            round,
            amount: 100,
        };
        kit.done(&bet(lower.clone(), kit.round("r"))).await?;
        let upper = bet(lower.to_ascii_uppercase(), kit.round("r"));
        kit.judge(&upper, &[Class::Done], -100).await?;
        Ok(())
    })
}
