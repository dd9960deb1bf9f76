//! From Pragmatic Play's words to neutral ones.

use croupier_brand::Currency;
use croupier_wallet::{Amount, GameId, Promotion, RoundId, TransactionId};

use super::{Code, Echo, Kind};
use crate::{
    pragmatic::wire::{Asks, Direction, Player, Prize, Round, Transaction},
    provider::{Asked, Contract, Ids, Launch, Named, What},
    rounds::{Move, Play, Sum, Together},
};

/// Before the reference of a bet, the id of its refund, which has none of its own. All others have.
const REFUND: &str = "refund";
const IDS: Ids = Ids::reserving(&[REFUND]);

/// What a call asks.
pub(in crate::pragmatic) fn asked(asks: Asks, contract: &Contract) -> Result<(Asked, Echo), Code> {
    match asks {
        Asks::Authenticate { token } => {
            let asked = Asked {
                who: Named::Holder(token.clone()),
                what: What::Open(Launch::Token(token.clone()), None),
                id: None,
            };
            Ok((asked, Echo(Kind::Authenticate(token))))
        }
        Asks::Balance(player) => {
            let launch = player.launch();
            Ok(player.asks(None, What::Balance(launch, None), Kind::Balance))
        }
        Asks::Bet(player, bet, bonus) => {
            let (round, game) = round(&bet.round)?;
            let (id, policy) = (id(&bet.reference)?, contract.policy());
            let stake = match bonus {
                None => Move::bet(id, bet.amount, round, game, policy),
                // The house gave it: nothing is staked, whatever it is worth.
                Some(bonus) => Move::bet(id, (None, Amount::ZERO), round, game, policy)
                    .agreeing_on("worth", bet.amount.shortest())
                    .agreeing_on("bonus", bonus)
                    .promotional(),
            };
            Ok(player.plays(bet.reference, Play::one(stake), Kind::Bet))
        }
        Asks::Result(player, won, prize) => {
            let reference = won.reference.clone();
            let mut moves = vec![win(won, contract)?];
            if let Some(prize) = prize {
                let sum = prize.amount.clone().into();
                moves.push(promotion(&prize, sum, contract)?);
            }
            let play = Play {
                moves,
                together: Together::Atomic,
                ends: None,
            };
            Ok(player.plays(reference, play, Kind::Win))
        }
        Asks::BonusWin(player, prize) => {
            let sum = prize.amount.clone().into();
            let win = promotion(&prize, sum, contract)?;
            Ok(player.plays(prize.reference, Play::one(win), Kind::Win))
        }
        Asks::PromoWin(player, prize, currency) => {
            let currency = Currency::parse(&currency).map_err(|_| Code::Parameters)?;
            let minor = prize.amount.in_currency(currency).ok_or(Code::Parameters)?;
            let win = promotion(&prize, (currency, minor).into(), contract)?;
            Ok(player.plays(prize.reference, Play::one(win), Kind::Win))
        }
        Asks::JackpotWin(player, won, jackpot) => {
            let (round, game) = round(&won.round)?;
            let policy = contract.policy();
            // A name like any other: of no more characters, and none that a log line cannot hold.
            let jackpot = Promotion::new(&jackpot).map_err(|_| Code::Parameters)?;
            let win = Move::jackpot(id(&won.reference)?, won.amount, round, game, None, policy)
                .agreeing_on("jackpot", jackpot.as_str());
            Ok(player.plays(won.reference, Play::one(win), Kind::Win))
        }
        Asks::Adjustment(player, told, direction) => {
            let reference = told.reference.clone();
            let moved = match direction {
                Direction::Given => win(told, contract)?,
                Direction::Taken => {
                    let (round, game) = round(&told.round)?;
                    Move::taken_back(id(&told.reference)?, told.amount, round, game, contract.policy())
                }
            };
            Ok(player.plays(reference, Play::one(moved), Kind::Win))
        }
        Asks::EndRound(player, told) => {
            let play = Play {
                moves: Vec::new(),
                together: Together::Atomic,
                ends: Some(round(&told)?),
            };
            Ok(player.plays(told.round_id, play, Kind::EndRound))
        }
        Asks::Refund {
            player,
            bet,
            round,
            game,
        } => {
            // Read, so that nonsense is refused; it is all of the bet that is given back, and a bet has one refund whatever
            // else that says.
            round
                .as_deref()
                .map(RoundId::new)
                .transpose()
                .map_err(|_| Code::Parameters)?;
            game.as_deref()
                .map(GameId::new)
                .transpose()
                .map_err(|_| Code::Parameters)?;
            let undone = Move::rollback(
                IDS.made(REFUND, &bet).ok_or(Code::Parameters)?,
                id(&bet)?,
                None,
                None,
                None,
                contract.policy_of_refunds(),
            );
            Ok(player.plays(bet, Play::one(undone), Kind::Refund))
        }
    }
}

impl Player {
    /// That of the token where one is shown: calls may leave it out, and some are made hours later.
    fn launch(&self) -> Launch {
        self.token.clone().map_or(Launch::Newest, Launch::Token)
    }

    fn asks(self, id: Option<String>, what: What, kind: Kind) -> (Asked, Echo) {
        let who = Named::Account(self.user_id);
        (Asked { who, what, id }, Echo(kind))
    }

    fn plays(self, reference: String, play: Play, kind: Kind) -> (Asked, Echo) {
        let launch = self.launch();
        self.asks(Some(reference), What::Play(launch, play), kind)
    }
}

fn win(won: Transaction, contract: &Contract) -> Result<Move, Code> {
    let (round, game) = round(&won.round)?;
    let policy = contract.policy();
    Ok(Move::win(
        id(&won.reference)?,
        won.amount,
        round,
        game,
        None,
        policy,
    ))
}

fn promotion(prize: &Prize, sum: Sum, contract: &Contract) -> Result<Move, Code> {
    let promotion = Promotion::new(&prize.promotion).map_err(|_| Code::Parameters)?;
    Ok(Move::promo(
        id(&prize.reference)?,
        sum,
        promotion,
        contract.policy(),
    ))
}

fn id(reference: &str) -> Result<TransactionId, Code> {
    IDS.own(reference).ok_or(Code::Parameters)
}

fn round(told: &Round) -> Result<(RoundId, GameId), Code> {
    let round = RoundId::new(&told.round_id).map_err(|_| Code::Parameters)?;
    Ok((round, GameId::new(&told.game_id).map_err(|_| Code::Parameters)?))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use croupier_wallet::Action;

    use super::*;
    use crate::pragmatic::policy::CONTRACT;

    const BODY: &str = "userId=auroraalice&gameId=vs50aladdin&roundId=51&amount=0.50&reference=ref1&bonusCode=B&jackpotId=J&campaignId=C&currency=EUR";

    fn read(call: &str, body: &str) -> Result<(Asked, Echo), Code> {
        asked(Asks::parse(call, body.as_bytes()).unwrap(), &CONTRACT)
    }

    fn moves(call: &str, body: &str) -> Vec<(String, Action)> {
        let What::Play(_, play) = read(call, body).unwrap().0.what else {
            unreachable!("a play")
        };
        let each = |told: &Move| (told.transaction.as_str().to_owned(), told.action().clone());
        play.moves.iter().map(each).collect()
    }

    #[test]
    fn each_call_is_what_it_says() {
        for (call, kind) in [
            ("bet", "bet"),
            ("result", "settle"),
            ("bonus_win", "promo_win"),
            ("jackpot_win", "jackpot_win"),
            ("promo_win", "promo_win"),
            ("adjustment", "settle"),
            ("refund", "rollback"),
        ] {
            let all = moves(call, BODY);
            assert_eq!(all.len(), 1);
            assert_eq!(all[0].1.kind().as_str(), kind, "{call}");
            let id = if call == "refund" { "refund:ref1" } else { "ref1" };
            assert_eq!(all[0].0, id, "{call}");
        }
        let taken = moves("adjustment", &BODY.replace("0.50", "-0.50"));
        assert_eq!(taken[0].1.kind().as_str(), "bet");
        assert_eq!(moves("refund", BODY)[0].1.reference().unwrap().as_str(), "ref1");
    }

    #[test]
    fn a_bet_of_a_bonus_stakes_nothing_and_says_what_it_is_worth() {
        let stake = |body: &str| {
            let What::Play(_, play) = read("bet", body).unwrap().0.what else {
                unreachable!("a play")
            };
            let bet = play.moves.into_iter().next().unwrap();
            (bet.action().amount().unwrap().minor(), bet.agreed)
        };
        let worth = |amount: &str, bonus: &str| {
            let agreed = [("worth", amount), ("bonus", bonus)];
            (
                0,
                agreed
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .into(),
            )
        };
        assert_eq!(stake(BODY), worth(".5", "B"));
        assert_eq!(stake(&BODY.replace("0.50", "0.00")), worth(".", "B"));
        let paid = read("bet", &BODY.replace("&bonusCode=B", "")).unwrap().0.what;
        let What::Play(_, paid) = paid else {
            unreachable!("a play")
        };
        assert!(paid.moves[0].agreed.is_empty());
        // An empty one is none.
        assert!(stake(&BODY.replace("bonusCode=B", "bonusCode=")).1.is_empty());
    }

    #[test]
    fn a_result_with_a_prize_is_two_that_stand_or_fall_together() {
        let body = format!("{BODY}&promoWinAmount=5.00&promoWinReference=ref2&promoCampaignID=9");
        let ids: Vec<_> = moves("result", &body).into_iter().map(|(id, _)| id).collect();
        assert_eq!(ids, ["ref1", "ref2"]);
        let What::Play(_, play) = read("result", &body).unwrap().0.what else {
            unreachable!("a play")
        };
        assert_eq!(play.together, Together::Atomic);
    }

    #[test]
    fn a_token_says_which_launch_and_without_one_it_is_the_newest() {
        let launch = |body: &str| match read("bet", body).unwrap().0.what {
            What::Play(Launch::Token(token), _) => Some(token),
            What::Play(Launch::Newest, _) => None,
            _ => unreachable!("a play"),
        };
        assert_eq!(launch(BODY), None);
        assert_eq!(launch(&format!("{BODY}&token=aurora55")).unwrap(), "aurora55");
        let (asked, echo) = read("authenticate", "token=aurora55").unwrap();
        assert!(matches!(asked.who, Named::Holder(token) if token == "aurora55"));
        assert_eq!(echo.0, Kind::Authenticate("aurora55".to_owned()));
    }

    #[test]
    fn a_promotions_currency_is_read_and_its_amount_is_of_it() {
        let with = |from: &str, to: &str| read("promo_win", &BODY.replace(from, to)).map(|_| ());
        assert_eq!(with("EUR", "eur"), Err(Code::Parameters));
        assert_eq!(with("0.50", "0.505"), Err(Code::Parameters));
        assert_eq!(with("EUR", "JPY"), Err(Code::Parameters));
        assert_eq!(with("", ""), Ok(()));
    }

    #[test]
    fn names_the_wallet_cannot_hold_are_bad_parameters() {
        for (from, to) in [
            ("ref1", "a%0Ab"),
            ("roundId=51", "roundId=a%00"),
            ("vs50aladdin", "a%7F"),
        ] {
            assert_eq!(
                read("bet", &BODY.replace(from, to)).map(|_| ()),
                Err(Code::Parameters),
                "{to}"
            );
        }
        for jackpot in ["a%0Ab".to_owned(), "x".repeat(201)] {
            let body = BODY.replace("jackpotId=J", &format!("jackpotId={jackpot}"));
            assert_eq!(
                read("jackpot_win", &body).map(|_| ()),
                Err(Code::Parameters),
                "{jackpot}"
            );
        }
        let long = "x".repeat(201);
        assert_eq!(
            read("bet", &BODY.replace("ref1", &long)).map(|_| ()),
            Err(Code::Parameters)
        );
    }
}
