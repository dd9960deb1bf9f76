//! Amounts, currencies and ids.

use super::Case;
use crate::conformance::{Class, Kit, Odd, Point, Say, Step, Stop};

pub(super) const CASES: &[Case] = &[
    Case {
        group: 14,
        name: "a bet in another currency",
        run: foreign_currency,
    },
    Case {
        group: 14,
        name: "a bet of less than nothing",
        run: negative,
    },
    Case {
        group: 14,
        name: "a bet finer than the currency",
        run: precise,
    },
    Case {
        group: 14,
        name: "a bet of more than 64 bits hold",
        run: large,
    },
    Case {
        group: 14,
        name: "a bet of a word",
        run: word,
    },
    Case {
        group: 17,
        name: "a bet of more than there is",
        run: no_funds,
    },
    Case {
        group: 18,
        name: "a bet in a round whose number is beyond 64 bits",
        run: long_round,
    },
    Case {
        group: 18,
        name: "a bet whose id differs in case alone",
        run: other_case,
    },
];

fn foreign_currency<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        if !kit.driver.bets_name_currency() {
            return Err(Stop::NotSaid("a bet names no currency"));
        }
        let (mut seat, bet) = (kit.seat.clone(), kit.bet("b", 100));
        seat.currency = if seat.currency == "SEK" { "EUR" } else { "SEK" }.to_owned();
        let wanted = kit.wants(Point::ForeignCurrency);
        kit.judge_from(&seat, &bet, wanted, 0).await?;
        Ok(())
    })
}

fn odd<'k>(kit: &'k mut Kit<'_>, odd: Odd) -> Step<'k, ()> {
    Box::pin(async move {
        let bet = Say::OddBet {
            id: kit.id("b"),
            round: kit.id("r"),
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
        let heard = kit.judge(&kit.bet("b", has + 1), &[Class::NoFunds], 0).await?;
        match heard.balance {
            Some(told) if told != has => {
                Err(Stop::Failed(format!("the balance is {has} and {told} was told")))
            }
            Some(_) | None => Ok(()),
        }
    })
}

fn long_round<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let bet = Say::Bet {
            id: kit.id("b"),
            round: "340282366920938463463374607431768211456".to_owned(),
            amount: 100,
        };
        kit.judge(&bet, &[Class::Done], -100).await?;
        Ok(())
    })
}

fn other_case<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        kit.done(&kit.bet("case", 100)).await?;
        kit.judge(&kit.bet("CASE", 100), &[Class::Done], -100).await?;
        Ok(())
    })
}
