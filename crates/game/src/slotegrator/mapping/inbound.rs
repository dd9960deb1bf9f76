//! From Slotegrator's words to neutral ones.

use std::collections::BTreeSet;

use croupier_brand::Currency;
use croupier_wallet::{Amount, GameId, Policy, RoundId, TransactionId};

use super::{Echo, Why};
use crate::{
    named::name_of,
    provider::{Asked, Contract, Ids, Launch, Named, What},
    rounds::{Move, Play, Together},
    slotegrator::wire::{Action, Asks, BetKind, Listed, Transaction, WinKind},
};

/// Before the id of a rollback and one that it lists, the id of what is done about that one, but for the first. All others
/// have their own.
const ROLLBACK: &str = "rollback";
const IDS: Ids = Ids::reserving(&[ROLLBACK]);

/// What a call asks.
pub(in crate::slotegrator) fn asked(asks: Asks, contract: &Contract) -> Result<(Asked, Echo), Why> {
    let currency = Currency::parse(&asks.currency).map_err(|_| Why::Currency)?;
    let launch = asks.session_id.map_or(Launch::Newest, Launch::Token);
    let (mut echo, mut id) = (Echo::default(), None);
    let what = match asks.action {
        Action::Balance => What::Balance(launch, Some(currency)),
        Action::Bet(told, kind) => {
            id = Some(told.id.clone());
            What::Play(launch, bet(&told, kind, currency, contract)?)
        }
        Action::Win(told, kind) => {
            id = Some(told.id.clone());
            What::Play(launch, Play::one(win(&told, kind, currency, contract)?))
        }
        Action::Refund { id: own, bet } => {
            // A transaction cannot undo itself.
            if own == bet {
                return Err(Why::Parameters);
            }
            let undone = undo(transaction(&own)?, &bet, contract.policy_of_refunds())?;
            id = Some(own);
            What::Play(launch, Play::one(undone))
        }
        Action::Rollback { id: own, of } => {
            let each = rollback(&own, &of, contract);
            let play = Play {
                moves: each?,
                together: Together::Atomic,
                ends: None,
            };
            let listed = of.into_iter().map(|one| one.id).collect();
            (echo.rolled_back, id) = (Some(listed), Some(own));
            What::Play(launch, play)
        }
    };
    let who = Named::Account(asks.player_id);
    Ok((Asked { who, what, id }, echo))
}

fn bet(told: &Transaction, kind: BetKind, currency: Currency, contract: &Contract) -> Result<Play, Why> {
    let (id, amount, policy) = (transaction(&told.id)?, minor(told, currency)?, contract.policy());
    let (round, game) = round(told)?;
    let (of, at) = (round.clone(), game.clone());
    let stake = match kind {
        BetKind::Bet => Move::bet(id, (currency, amount), round, game, policy),
        BetKind::Tip => Move::tip(id, (currency, amount), Some(round), Some(game), policy),
        // The house gave it: nothing is staked, whatever it is worth.
        BetKind::Freespin => Move::bet(id, (currency, Amount::ZERO), round, game, policy)
            .agreeing_on("worth", amount.minor().to_string())
            .promotional(),
    };
    let ends = (told.finished && kind != BetKind::Tip).then_some((of, at));
    Ok(Play {
        moves: vec![stake],
        together: Together::Atomic,
        ends,
    })
}

fn win(told: &Transaction, kind: WinKind, currency: Currency, contract: &Contract) -> Result<Move, Why> {
    let (id, sum, policy) = (
        transaction(&told.id)?,
        (currency, minor(told, currency)?),
        contract.policy(),
    );
    let (round, game) = round(told)?;
    Ok(match kind {
        WinKind::Win => Move::win(id, sum, round, game, None, policy),
        WinKind::Jackpot => Move::jackpot(id, sum, round, game, None, policy),
    })
}

fn undo(id: TransactionId, of: &str, policy: Policy) -> Result<Move, Why> {
    Ok(Move::rollback(id, transaction(of)?, None, None, None, policy))
}

/// What is done about each transaction that a rollback lists. The call's own id is that of what is done first, which agrees on
/// all that is listed: with another list it is a conflict. What is listed twice, or in another order, is the same.
fn rollback(own: &str, of: &[Listed], contract: &Contract) -> Result<Vec<Move>, Why> {
    // What the others give back may pay for the wins that are taken back, whichever the call lists first.
    let all: BTreeSet<_> = of.iter().map(|one| (one.is_win, one.id.as_str())).collect();
    let listed: Vec<_> = all.iter().map(|(_, id)| *id).collect();
    if listed.contains(&own) {
        return Err(Why::Parameters);
    }
    let each = listed.iter().enumerate().map(|(at, id)| {
        Ok(if at == 0 {
            undo(transaction(own)?, id, contract.policy())?.agreeing_on("listed", name_of(&listed))
        } else {
            let made = IDS.made_of_two(ROLLBACK, own, id).ok_or(Why::Parameters)?;
            undo(made, id, contract.policy())?
        })
    });
    each.collect()
}

fn minor(told: &Transaction, currency: Currency) -> Result<Amount, Why> {
    told.amount.in_currency(currency).ok_or(Why::Amount)
}

fn transaction(text: &str) -> Result<TransactionId, Why> {
    IDS.own(text).ok_or(Why::Parameters)
}

fn round(told: &Transaction) -> Result<(RoundId, GameId), Why> {
    let round = RoundId::new(&told.round).map_err(|_| Why::Parameters)?;
    Ok((round, GameId::new(&told.game).map_err(|_| Why::Parameters)?))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::slotegrator::policy::CONTRACT;

    const BET: &str = "action=bet&player_id=auroraalice&currency=EUR&session_id=s1&game_uuid=g&transaction_id=b1&amount=1.50&type=bet&round_id=r1";

    fn read(body: &str) -> Result<(Asked, Echo), Why> {
        asked(Asks::parse(body.as_bytes()).unwrap(), &CONTRACT)
    }

    fn play(body: &str) -> Play {
        match read(body).unwrap().0.what {
            What::Play(_, play) => play,
            _ => unreachable!("a play"),
        }
    }

    #[test]
    fn each_kind_is_what_it_says() {
        for (from, to, kind, minor) in [
            ("", "", "bet", 150),
            ("type=bet", "type=tip", "tip", 150),
            ("type=bet", "type=freespin", "bet", 0),
            ("action=bet", "action=win", "settle", 150),
            ("action=bet&", "action=win&was=1&", "settle", 150),
        ] {
            let play = play(&BET.replace(from, to));
            let action = play.moves[0].action();
            assert_eq!(
                (action.kind().as_str(), action.amount().unwrap().minor()),
                (kind, minor),
                "{to}"
            );
        }
        let jackpot = BET
            .replace("action=bet", "action=win")
            .replace("type=bet", "type=jackpot");
        assert_eq!(play(&jackpot).moves[0].action().kind().as_str(), "jackpot_win");
    }

    #[test]
    fn only_a_bet_that_finishes_its_round_ends_it() {
        let finished = format!("{BET}&finished=1");
        assert!(play(&finished).ends.is_some() && play(BET).ends.is_none());
        assert!(play(&finished.replace("action=bet", "action=win")).ends.is_none());
        assert!(play(&finished.replace("type=bet", "type=tip")).ends.is_none());
    }

    #[test]
    fn a_rollback_undoes_each_that_it_lists_and_all_or_none() {
        let body = "action=rollback&player_id=auroraalice&currency=EUR&transaction_id=x1&rollback_transactions[0][transaction_id]=b1&rollback_transactions[1][transaction_id]=w1";
        let play = play(body);
        let each: Vec<_> = play
            .moves
            .iter()
            .map(|told| {
                (
                    told.transaction.as_str().to_owned(),
                    told.action().reference().unwrap().as_str().to_owned(),
                )
            })
            .collect();
        let wanted =
            [("x1", "b1"), ("rollback:2:x1:w1", "w1")].map(|(id, of)| (id.to_owned(), of.to_owned()));
        assert_eq!(each, wanted);
        assert_eq!(play.together, Together::Atomic);
        assert_eq!(read(body).unwrap().1.rolled_back.unwrap(), ["b1", "w1"]);
    }

    #[test]
    fn what_cannot_be_is_refused_by_name() {
        let why = |from: &str, to: &str| read(&BET.replace(from, to)).map(|_| ()).unwrap_err();
        assert_eq!(why("EUR", "eur"), Why::Currency);
        assert_eq!(why("1.50", "1.505"), Why::Amount);
        assert_eq!(why("1.50", "99999999999999999999"), Why::Amount);
        assert_eq!(why("b1", "a%0Ab"), Why::Parameters);
        let own = "action=refund&player_id=a&currency=EUR&transaction_id=b1&bet_transaction_id=b1";
        assert_eq!(read(own).map(|_| ()).unwrap_err(), Why::Parameters);
    }
}
