//! A round that ends without a win.

use aws_lc_rs::digest::{SHA256, digest};
use croupier_wallet::{Action, Amount, Command, GameId, Policy, RoundId, WinWithoutBet, rounds::end};

use super::{RoundError, source};
use crate::{error::GameError, players::PlayerSummary, session::RoundContext};

/// A settle of nothing, so that the round is not waited for. Its id is made of whose and which round it is, so that a
/// repeat is the same command whatever else the call says.
pub(super) fn command(
    provider: &'static str,
    (round, game): (RoundId, GameId),
    player: &PlayerSummary,
    context: &RoundContext,
) -> Result<Command, RoundError> {
    let mut named = Vec::new();
    for part in [
        player.id.0.to_string().as_str(),
        context.currency.code(),
        round.as_str(),
        game.as_str(),
    ] {
        named.extend((part.len() as u64).to_be_bytes());
        named.extend(part.as_bytes());
    }
    let hash = digest(&SHA256, &named);
    let hex: String = hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    let id = end::id_of(&hex).map_err(|_| GameError::Unreadable("round id"))?;
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
