//! What rounds are made of.

use super::Case;
use crate::conformance::{Class, Kit, Need, Point, Rule, Say, Step, Stop};

pub(super) const CASES: &[Case] = &[
    Case {
        group: 6,
        name: "the second win of a round of three bets",
        rule: Rule::Round,
        needs: &[],
        run: many,
    },
    Case {
        group: 7,
        name: "a bet and a win in one call",
        rule: Rule::Together,
        needs: &[],
        run: together,
    },
    Case {
        group: 7,
        name: "a bet beyond the balance and its win in one call",
        rule: Rule::Together,
        needs: &[],
        run: no_funding,
    },
    Case {
        group: 7,
        name: "a call whose bet was applied before, with a win that was not",
        rule: Rule::Together,
        needs: &[],
        run: half_applied,
    },
    Case {
        group: 8,
        name: "a win without its bet",
        rule: Rule::Of(Point::WinWithoutBet),
        needs: &[],
        run: without_bet,
    },
    Case {
        group: 8,
        name: "a promotion's win",
        rule: Rule::Promotion,
        needs: &[Need::IssuedSpins],
        run: promo,
    },
    Case {
        group: 8,
        name: "a promotion's win again",
        rule: Rule::Promotion,
        needs: &[Need::IssuedSpins],
        run: promo_again,
    },
    Case {
        group: 7,
        name: "a win that brings a prize along",
        rule: Rule::Promotion,
        needs: &[],
        run: prize,
    },
    Case {
        group: 7,
        name: "a win that brings a prize along, again",
        rule: Rule::Promotion,
        needs: &[],
        run: prize_again,
    },
    Case {
        group: 8,
        name: "a jackpot",
        rule: Rule::Promotion,
        needs: &[],
        run: jackpot,
    },
    Case {
        group: 8,
        name: "a jackpot again",
        rule: Rule::Promotion,
        needs: &[],
        run: jackpot_again,
    },
    Case {
        group: 8,
        name: "a second win after the round was over",
        rule: Rule::Round,
        needs: &[],
        run: after_end,
    },
    Case {
        group: 8,
        name: "the end of a round, told apart",
        rule: Rule::RoundEnd,
        needs: &[],
        run: ended,
    },
    Case {
        group: 13,
        name: "a win that overtook its bet",
        rule: Rule::Order,
        needs: &[],
        run: overtaken,
    },
    Case {
        group: 10,
        name: "a bet of nothing",
        rule: Rule::Nothing,
        needs: &[],
        run: zero_bet,
    },
    Case {
        group: 10,
        name: "a win of nothing",
        rule: Rule::Nothing,
        needs: &[],
        run: zero_win,
    },
    Case {
        group: 10,
        name: "a free round's bet",
        rule: Rule::FreeRound,
        needs: &[],
        run: free_bet,
    },
    Case {
        group: 13,
        name: "a bet in another game of the same launch",
        rule: Rule::OtherGame,
        needs: &[Need::OtherGame],
        run: other_game,
    },
];

fn many<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        for name in ["b1", "b2", "b3"] {
            kit.done(&kit.bet(name, 100)).await?;
        }
        kit.done(&kit.win("w1", "b1", 50)).await?;
        kit.judge(&kit.win("w2", "b2", 250), &[Class::Done], 250).await?;
        Ok(())
    })
}

fn together<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let both = Say::Together(vec![kit.bet("b", 100), kit.win("w", "b", 250)]);
        kit.judge(&both, &[Class::Done], 150).await?;
        Ok(())
    })
}

fn no_funding<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let has = kit.balance().await?;
        let both = Say::Together(vec![kit.win("w", "b", 500), kit.bet("b", has + 100)]);
        kit.judge(&both, &[Class::NoFunds], 0).await?;
        Ok(())
    })
}

fn half_applied<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let bet = kit.bet("b", 100);
        kit.done(&Say::Together(vec![bet.clone()])).await?;
        let both = Say::Together(vec![bet, kit.win("w", "b", 250)]);
        kit.judge(&both, &[Class::Done], 250).await?;
        Ok(())
    })
}

fn without_bet<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let wanted = kit.wants(Point::WinWithoutBet);
        let paid = wanted.contains(&Class::Done);
        kit.judge(&kit.win("w", "never", 250), wanted, if paid { 250 } else { 0 })
            .await?;
        Ok(())
    })
}

/// Where a win that came first was refused it is paid once its bet is there; where it was paid the bet is still taken.
fn overtaken<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let (bet, win) = (kit.bet("b", 100), kit.win("w", "b", 250));
        let wanted = kit.wants(Point::WinWithoutBet);
        let first = kit.must(&win, wanted).await?;
        if first.class == Class::Done {
            kit.judge(&bet, &[Class::Done], -100).await?;
        } else {
            kit.done(&bet).await?;
            kit.judge(&win, &[Class::Done], 250).await?;
        }
        Ok(())
    })
}

/// What the provider gives away to this case's player.
pub(super) async fn given(kit: &Kit<'_>) -> Result<Say, Stop> {
    let wish = kit.id("p");
    let id = if kit.driver.promotions_are_issued() {
        kit.hand.promotion(&kit.seat, wish).await?
    } else {
        wish
    };
    Ok(Say::PromoWin {
        id,
        round: kit.round("promotion"),
        amount: 300,
    })
}

fn promo<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let given = given(kit).await?;
        kit.judge(&given, &[Class::Done], 300).await?;
        Ok(())
    })
}

fn promo_again<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let given = given(kit).await?;
        kit.done(&given).await?;
        let wanted = kit.wants(Point::RepeatOfPromotion);
        kit.judge(&given, wanted, 0).await?;
        Ok(())
    })
}

/// What was played for, and what is given away beside it under an id of its own.
fn with_prize(kit: &Kit<'_>) -> Say {
    let prize = Say::PromoWin {
        id: kit.id("p"),
        round: kit.round("r"),
        amount: 300,
    };
    Say::Together(vec![kit.win("w", "b", 250), prize])
}

fn prize<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let won = with_prize(kit);
        kit.can_say(&won)?;
        kit.done(&kit.bet("b", 100)).await?;
        kit.judge(&won, &[Class::Done], 550).await?;
        Ok(())
    })
}

fn prize_again<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let won = with_prize(kit);
        kit.can_say(&won)?;
        kit.done(&kit.bet("b", 100)).await?;
        kit.done(&won).await?;
        let wanted = kit.wants(Point::RepeatOfWin);
        kit.judge(&won, wanted, 0).await?;
        Ok(())
    })
}

fn fallen(kit: &Kit<'_>) -> Say {
    Say::Jackpot {
        id: kit.id("j"),
        round: kit.round("r"),
        amount: 500,
    }
}

/// It falls where nothing else was won, and as late as it will.
fn jackpot<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let fallen = fallen(kit);
        kit.can_say(&fallen)?;
        kit.done(&kit.bet("b", 100)).await?;
        kit.done(&kit.win("w", "b", 0)).await?;
        kit.judge(&fallen, &[Class::Done], 500).await?;
        Ok(())
    })
}

fn jackpot_again<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let fallen = fallen(kit);
        kit.can_say(&fallen)?;
        kit.done(&kit.bet("b", 100)).await?;
        kit.done(&kit.win("w", "b", 0)).await?;
        kit.done(&fallen).await?;
        let wanted = kit.wants(Point::RepeatOfPromotion);
        kit.judge(&fallen, wanted, 0).await?;
        Ok(())
    })
}

fn after_end<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        if kit.driver.bets_are_won_once() {
            return Err(Stop::NotSaid("a bet has one win"));
        }
        kit.done(&kit.bet("b", 100)).await?;
        kit.done(&kit.win("w1", "b", 0)).await?;
        kit.judge(&kit.win("w2", "b", 250), &[Class::Done], 250).await?;
        Ok(())
    })
}

fn ended<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        kit.done(&kit.bet("b", 100)).await?;
        let end = Say::EndRound {
            round: kit.round("r"),
        };
        kit.done(&end).await?;
        kit.judge(&end, &[Class::Done], 0).await?;
        Ok(())
    })
}

fn zero_bet<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        kit.judge(&kit.bet("b", 0), &[Class::Done], 0).await?;
        Ok(())
    })
}

fn zero_win<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        kit.done(&kit.bet("b", 100)).await?;
        kit.judge(&kit.win("w", "b", 0), &[Class::Done], 0).await?;
        Ok(())
    })
}

fn free_bet<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let free = Say::FreeBet {
            id: kit.id("b"),
            round: kit.round("r"),
            amount: 100,
        };
        kit.judge(&free, &[Class::Done], 0).await?;
        Ok(())
    })
}

fn other_game<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let mut seat = kit.seat.clone();
        seat.game = kit.hand.other_game(&seat).await?;
        let bet = kit.bet("b", 100);
        kit.judge_from(&seat, &bet, &[Class::Done], -100).await?;
        Ok(())
    })
}
