//! A round that ends without a win.

use croupier_wallet::{Action, Amount, Command, GameId, Policy, RoundId, WinWithoutBet, rounds::end};

use super::{RoundError, source};
use crate::{error::GameError, named::name_of, players::PlayerSummary, session::RoundContext};

/// A settle of nothing, so that the round is not waited for. Its id is made of whose and which round it is, so that a
/// repeat is the same command whatever else the call says.
pub(super) fn command(
    provider: &'static str,
    (round, game): (RoundId, GameId),
    player: &PlayerSummary,
    context: &RoundContext,
) -> Result<Command, RoundError> {
    let named = name_of(&[
        player.id.0.to_string().as_str(),
        context.currency.code(),
        round.as_str(),
        game.as_str(),
    ]);
    let id = end::id_of(&named).map_err(|_| GameError::Unreadable("round id"))?;
    let action = Action::Settle {
        amount: Amount::ZERO,
        round,
        game,
        bet: None,
    };
    let policy = Policy {
        win_without_bet: WinWithoutBet::Allow,
        ..Policy::default()
    };
    Ok(Command::new(player.id, context.currency, source(provider)?, id, action).with_policy(policy))
}
