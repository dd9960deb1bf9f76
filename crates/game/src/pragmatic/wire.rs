//! What comes over the wire, read strictly ([`crate::provider::form`]), and what goes back.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::{
    provider::form::{Fault, Form},
    rounds::Decimal,
};

/// A call, as far as anything is made of it. What else it says was signed, and is not looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Asks {
    Authenticate {
        token: String,
    },
    Balance(Player),
    /// A bet, and the bonus whose free round it is.
    Bet(Player, Transaction, Option<String>),
    Result(Player, Transaction, Option<Prize>),
    BonusWin(Player, Prize),
    JackpotWin(Player, Transaction, String),
    EndRound(Player, Round),
    Refund {
        player: Player,
        bet: String,
        round: Option<String>,
        game: Option<String>,
    },
    PromoWin(Player, Prize, String),
    Adjustment(Player, Transaction, Direction),
}

/// Whose call it is, and of which launch if it says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Player {
    pub(super) user_id: String,
    pub(super) token: Option<String>,
}

/// A round of a game.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Round {
    pub(super) game_id: String,
    pub(super) round_id: String,
}

/// What happened in a round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Transaction {
    pub(super) reference: String,
    pub(super) round: Round,
    pub(super) amount: Decimal,
}

/// What was won outside of rounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Prize {
    pub(super) reference: String,
    pub(super) promotion: String,
    pub(super) amount: Decimal,
}

/// Which way an adjustment goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Given,
    Taken,
}

impl Asks {
    /// Reads the call of this name.
    pub(super) fn parse(call: &str, body: &[u8]) -> Result<Self, Fault> {
        let form = &Form::parse(body)?;
        if call == "authenticate" {
            let token = form.text("token")?.to_owned();
            return Ok(Self::Authenticate { token });
        }
        let player = Player::read(form)?;
        Ok(match call {
            "balance" => Self::Balance(player),
            "bet" => {
                let bet = Transaction::read(form, amount(form, "amount")?)?;
                Self::Bet(player, bet, form.optional("bonusCode").map(str::to_owned))
            }
            "result" => {
                let won = Transaction::read(form, amount(form, "amount")?)?;
                Self::Result(player, won, prize_with_result(form)?)
            }
            "bonus_win" => Self::BonusWin(player, Prize::read(form, "bonusCode")?),
            "jackpot_win" => {
                let won = Transaction::read(form, amount(form, "amount")?)?;
                Self::JackpotWin(player, won, form.text("jackpotId")?.to_owned())
            }
            "end_round" => Self::EndRound(player, Round::read(form)?),
            "refund" => Self::Refund {
                player,
                bet: form.text("reference")?.to_owned(),
                round: form.optional("roundId").map(str::to_owned),
                game: form.optional("gameId").map(str::to_owned),
            },
            "promo_win" => {
                let prize = Prize::read(form, "campaignId")?;
                Self::PromoWin(player, prize, form.text("currency")?.to_owned())
            }
            "adjustment" => {
                let text = form.text("amount")?;
                let (direction, text) = match text.strip_prefix('-') {
                    Some(size) => (Direction::Taken, size),
                    None => (Direction::Given, text),
                };
                let amount = Decimal::parse(text).ok_or(Fault::Value("amount"))?;
                Self::Adjustment(player, Transaction::read(form, amount)?, direction)
            }
            _ => return Err(Fault::Syntax),
        })
    }
}

impl Player {
    fn read(form: &Form) -> Result<Self, Fault> {
        Ok(Self {
            user_id: form.text("userId")?.to_owned(),
            token: form.optional("token").map(str::to_owned),
        })
    }
}

impl Round {
    fn read(form: &Form) -> Result<Self, Fault> {
        Ok(Self {
            game_id: form.text("gameId")?.to_owned(),
            round_id: form.text("roundId")?.to_owned(),
        })
    }
}

impl Transaction {
    fn read(form: &Form, amount: Decimal) -> Result<Self, Fault> {
        Ok(Self {
            reference: form.text("reference")?.to_owned(),
            round: Round::read(form)?,
            amount,
        })
    }
}

impl Prize {
    fn read(form: &Form, promotion: &'static str) -> Result<Self, Fault> {
        Ok(Self {
            reference: form.text("reference")?.to_owned(),
            promotion: form.text(promotion)?.to_owned(),
            amount: amount(form, "amount")?,
        })
    }
}

/// A prize that a round's result brings along. One of nothing is none.
fn prize_with_result(form: &Form) -> Result<Option<Prize>, Fault> {
    if form.optional("promoWinAmount").is_none() {
        return Ok(None);
    }
    let amount = amount(form, "promoWinAmount")?;
    if amount.is_zero() {
        return Ok(None);
    }
    let reference = form.text("promoWinReference")?;
    Ok(Some(Prize {
        reference: reference.to_owned(),
        promotion: form.optional("promoCampaignID").unwrap_or(reference).to_owned(),
        amount,
    }))
}

fn amount(form: &Form, name: &'static str) -> Result<Decimal, Fault> {
    Decimal::parse(form.text(name)?).ok_or(Fault::Value(name))
}

/// An answer. Amounts are JSON numbers, written digit by digit.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Answer {
    #[serde(rename = "userId", skip_serializing_if = "Option::is_none")]
    pub(super) user_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) token: Option<String>,
    #[serde(rename = "transactionId", skip_serializing_if = "Option::is_none")]
    pub(super) transaction_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) currency: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cash: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) bonus: Option<Box<RawValue>>,
    #[serde(rename = "usedPromo", skip_serializing_if = "Option::is_none")]
    pub(super) used_promo: Option<Box<RawValue>>,
    pub(super) error: u16,
    pub(super) description: &'static str,
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BET: &str = "userId=auroraalice&gameId=vs50aladdin&roundId=5103188801&amount=0.50&reference=585c1306f89c56f5&providerId=pp&timestamp=1482429190374&roundDetails=spin";

    fn fault(call: &str, body: &str) -> Fault {
        Asks::parse(call, body.as_bytes()).unwrap_err()
    }

    #[test]
    fn a_call_is_read_whole_or_not_at_all() {
        let Asks::Bet(player, bet, None) = Asks::parse("bet", BET.as_bytes()).unwrap() else {
            unreachable!("a bet")
        };
        assert_eq!((player.user_id.as_str(), player.token), ("auroraalice", None));
        assert_eq!(
            (bet.reference.as_str(), bet.round.round_id.as_str()),
            ("585c1306f89c56f5", "5103188801")
        );
        for name in ["userId", "gameId", "roundId", "amount", "reference"] {
            let told = BET.replace(&format!("{name}="), &format!("{name}_="));
            assert_eq!(fault("bet", &told), Fault::Missing(name));
        }
        for amount in ["-0.50", "+1", "1e2", "ten", ".5", "1,5"] {
            assert_eq!(
                fault("bet", &BET.replace("0.50", amount)),
                Fault::Value("amount"),
                "{amount}"
            );
        }
        assert_eq!(fault("authenticate", BET), Fault::Missing("token"));
        assert_eq!(fault("jackpot_win", BET), Fault::Missing("jackpotId"));
        assert_eq!(fault("bonus_win", BET), Fault::Missing("bonusCode"));
        assert_eq!(
            fault("promo_win", &format!("{BET}&campaignId=7")),
            Fault::Missing("currency")
        );
    }

    #[test]
    fn an_adjustment_goes_either_way() {
        let way = |amount: &str| match Asks::parse("adjustment", BET.replace("0.50", amount).as_bytes()) {
            Ok(Asks::Adjustment(_, transaction, direction)) => Ok((transaction.amount, direction)),
            Ok(_) => unreachable!("an adjustment"),
            Err(fault) => Err(fault),
        };
        let half = Decimal::parse("0.50").unwrap();
        assert_eq!(way("0.50"), Ok((half.clone(), Direction::Given)));
        assert_eq!(way("-0.50"), Ok((half, Direction::Taken)));
        assert_eq!(way("--0.50"), Err(Fault::Value("amount")));
    }

    #[test]
    fn a_result_may_bring_a_prize_with_a_reference_of_its_own() {
        let prize = |more: &str| match Asks::parse("result", format!("{BET}{more}").as_bytes()) {
            Ok(Asks::Result(_, _, prize)) => Ok(prize.map(|prize| (prize.reference, prize.promotion))),
            Ok(_) => unreachable!("a result"),
            Err(fault) => Err(fault),
        };
        assert_eq!(prize(""), Ok(None));
        assert_eq!(prize("&promoWinAmount=0.00&promoWinReference="), Ok(None));
        assert_eq!(
            prize("&promoWinAmount=5&promoWinReference=p1"),
            Ok(Some(("p1".to_owned(), "p1".to_owned())))
        );
        assert_eq!(
            prize("&promoWinAmount=5&promoWinReference=p1&promoCampaignID=9"),
            Ok(Some(("p1".to_owned(), "9".to_owned())))
        );
        assert_eq!(
            prize("&promoWinAmount=5"),
            Err(Fault::Missing("promoWinReference"))
        );
        assert_eq!(prize("&promoWinAmount=five"), Err(Fault::Value("promoWinAmount")));
    }

    proptest! {
        #[test]
        fn no_body_panics(body in proptest::collection::vec(any::<u8>(), 0..200), at in 0..crate::pragmatic::CALLS.len()) {
            let _ = Asks::parse(crate::pragmatic::CALLS[at].name, &body);
        }
    }
}
