//! From SOFTSWISS's words to neutral ones.

use croupier_brand::Currency;
use croupier_wallet::{Amount, GameId, Promotion, RoundId, TransactionId};

use super::{Code, Echo};
use crate::{
    provider::{Asked, Contract, Ids, Launch, Named, What},
    rounds::{Move, Play, Together},
    softswiss::wire::{Action, Freespins, Report},
};

/// Before an issue's id, the id of what came of it. Actions have ids of their own.
const FREESPINS: &str = "freespins";
const IDS: Ids = Ids::reserving(&[FREESPINS]);
/// Between the player and the rest of an issue's id. No account has it.
const ISSUE_SEPARATOR: char = ':';
/// The status of an issue whose spins were all played; others come to nothing yet, or to nothing at all.
const PLAYED: &str = "played";

/// A report of a round. Its actions stand or fall together.
pub(in crate::softswiss) fn play(report: Report, contract: &Contract) -> Result<(Asked, Echo), Code> {
    let currency = Currency::parse(&report.currency).map_err(|_| Code::Currency)?;
    let echo = Echo {
        game_id: report.game_id.clone(),
        action_ids: report
            .actions
            .iter()
            .map(|action| action.id().to_owned())
            .collect(),
    };
    let asked = |what| Asked {
        who: Named::Account(report.user_id.clone()),
        what,
        id: report.game_id.clone(),
    };
    let round = report.game_id.as_deref().map(round).transpose()?;
    let game = GameId::new(&report.game).map_err(|_| Code::BadRequest)?;
    if report.actions.is_empty() && !report.finished {
        return Ok((asked(What::Balance(Launch::Newest, Some(currency))), echo));
    }
    // Of an action the round must be known; a round that ends without any is ended by nothing that moved.
    let Some(round) = round else {
        return if report.actions.is_empty() {
            Ok((asked(What::Balance(Launch::Newest, Some(currency))), echo))
        } else {
            Err(Code::BadRequest)
        };
    };
    let moves = report
        .actions
        .iter()
        .map(|action| one(action, currency, &round, &game, contract))
        .collect::<Result<Vec<_>, _>>()?;
    let settled = report
        .actions
        .iter()
        .any(|action| !matches!(action, Action::Bet { .. }));
    let ends = (report.finished && !settled).then_some((round, game));
    let play = Play {
        moves,
        together: Together::Atomic,
        ends,
    };
    Ok((asked(What::Play(Launch::Newest, play)), echo))
}

fn one(
    action: &Action,
    currency: Currency,
    round: &RoundId,
    game: &GameId,
    contract: &Contract,
) -> Result<Move, Code> {
    let (round, game, policy) = (round.clone(), game.clone(), contract.policy());
    // Amounts are minor units already.
    let minor = |amount: i64| Amount::new(amount).map_err(|_| Code::BadRequest);
    Ok(match action {
        Action::Bet { id, amount } => {
            Move::bet(transaction(id)?, (currency, minor(*amount)?), round, game, policy)
        }
        Action::Win { id, amount } => Move::win(
            transaction(id)?,
            (currency, minor(*amount)?),
            round,
            game,
            None,
            policy,
        ),
        // A transaction cannot undo itself.
        Action::Rollback { id, original } if id == original => return Err(Code::BadRequest),
        Action::Rollback { id, original } => Move::rollback(
            transaction(id)?,
            transaction(original)?,
            Some(round),
            Some(game),
            None,
            policy,
        ),
    })
}

/// What came of spins that were given away: the issue's id, which is ours, begins with the player's account.
pub(in crate::softswiss) fn freespins(told: Freespins, contract: &Contract) -> Result<(Asked, Echo), Code> {
    let account = told.issue_id.split_once(ISSUE_SEPARATOR);
    let (account, _) = account.ok_or(Code::Player)?;
    let what = if told.status == PLAYED {
        let id = IDS.made(FREESPINS, &told.issue_id).ok_or(Code::BadRequest)?;
        let amount = Amount::new(told.total_amount).map_err(|_| Code::BadRequest)?;
        let promotion = Promotion::new(&told.issue_id).map_err(|_| Code::BadRequest)?;
        let win = Move::promo(id, (None, amount), promotion, contract.policy());
        What::Play(Launch::Newest, Play::one(win))
    } else {
        What::Balance(Launch::Newest, None)
    };
    let asked = Asked {
        who: Named::Account(account.to_owned()),
        what,
        id: Some(told.issue_id),
    };
    Ok((asked, Echo::default()))
}

fn transaction(text: &str) -> Result<TransactionId, Code> {
    IDS.own(text).ok_or(Code::BadRequest)
}

fn round(text: &str) -> Result<RoundId, Code> {
    RoundId::new(text).map_err(|_| Code::BadRequest)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::softswiss::policy::CONTRACT;

    fn read(finished: bool, actions: Value) -> What {
        let body = json!({ "user_id": "auroraalice", "currency": "JPY", "game": "g", "game_id": "r1", "finished": finished, "actions": actions });
        let report = Report::parse(body.to_string().as_bytes()).unwrap();
        play(report, &CONTRACT).unwrap().0.what
    }

    #[test]
    fn several_actions_are_one_group_in_their_order() {
        let actions = json!([
            {"action": "win", "action_id": "w1", "amount": 7},
            {"action": "bet", "action_id": "b1", "amount": 5},
            {"action": "rollback", "action_id": "x1", "original_action_id": "b0"},
        ]);
        let What::Play(Launch::Newest, play) = read(true, actions) else {
            unreachable!("a play")
        };
        let ids: Vec<_> = play
            .moves
            .iter()
            .map(|asked| asked.transaction.as_str().to_owned())
            .collect();
        assert_eq!(ids, ["w1", "b1", "x1"]);
        assert_eq!((play.together, play.ends), (Together::Atomic, None));
        assert_eq!(
            play.moves[0].action().amount().unwrap().minor(),
            7,
            "yen have no cents"
        );
    }

    #[test]
    fn a_round_that_ends_without_a_win_is_ended_and_a_question_is_a_question() {
        let bet = json!([{"action": "bet", "action_id": "b1", "amount": 5}]);
        let ends = |finished| match read(finished, bet.clone()) {
            What::Play(_, play) => play.ends.is_some(),
            _ => unreachable!("a play"),
        };
        assert_eq!((ends(true), ends(false)), (true, false));
        assert!(matches!(read(false, json!([])), What::Balance(..)));
    }

    #[test]
    fn spins_that_were_given_away_are_paid_once_they_are_played() {
        let told = |status: &str, issue_id: &str| {
            freespins(
                Freespins {
                    issue_id: issue_id.to_owned(),
                    status: status.to_owned(),
                    total_amount: 300,
                },
                &CONTRACT,
            )
        };
        let (asked, _) = told("played", "auroraalice:77").unwrap();
        assert!(matches!(&asked.who, Named::Account(account) if account == "auroraalice"));
        assert!(matches!(asked.what, What::Play(..)));
        assert!(matches!(
            told("active", "auroraalice:77").unwrap().0.what,
            What::Balance(..)
        ));
        assert_eq!(told("played", "77").unwrap_err(), Code::Player);
    }
}
