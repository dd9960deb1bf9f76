//! Stakes: bets and tips.

use std::sync::Arc;

use super::{
    account::{Account, Movement},
    books::{Play, PlayKind},
    command::{Amount, GrantKind},
    ids::{GameId, RoundId},
    outcome::{Neutral, Reason, Verdict},
    play_limit::{self, Counted},
    spend,
    turn::{Draft, Turn},
    wager,
};
use crate::topology::{BetLimits, Topology};

/// The brand's limits and the player's own are looked at before the money: a bet above one is refused for that,
/// whatever the wallet has.
pub(super) fn bet(turn: &mut Turn<'_>, amount: Amount, round: &RoundId, game: &GameId) -> Verdict {
    if turn.is_tombstoned(&turn.order.command.transaction_id) {
        return turn.neutralised(Neutral::RolledBackBefore);
    }
    let topology = Arc::clone(&turn.rules.topology);
    let limits = topology.limits(turn.order.command.currency);
    if let Some(reason) = beyond(limits, turn.account(), &topology, amount.minor()) {
        return turn.rejected(reason);
    }
    if let Some(reason) = play_limit::exceeded(&turn.account().limits, amount.minor(), turn.order.at) {
        return turn.rejected(reason);
    }
    let Some(parts) = spend::stake(turn.account(), &topology, amount.minor()) else {
        return turn.insufficient_funds(turn.account().usable(topology.bet_order()));
    };
    let (grants, progress) = wager::counted(&turn.account().grants, amount.minor()).unzip();
    let movement = Movement::debit(&parts, PlayKind::Bet.house());
    let play = Play {
        round: Some(round.clone()),
        game: Some(game.clone()),
        progress,
        ..turn.new_play(PlayKind::Bet, amount, parts)
    };
    let draft = Draft {
        grants,
        counted: Some(Counted::Staked(amount.minor())),
        ..Draft::default()
    };
    turn.play(&movement, draft, play)
}

/// Neither a wager nor a largest bet knows of tips: nothing can be won with one.
pub(super) fn tip(
    turn: &mut Turn<'_>,
    amount: Amount,
    round: Option<&RoundId>,
    game: Option<&GameId>,
) -> Verdict {
    if turn.is_tombstoned(&turn.order.command.transaction_id) {
        return turn.neutralised(Neutral::RolledBackBefore);
    }
    if amount == Amount::ZERO {
        return turn.rejected(Reason::ZeroAmount);
    }
    let topology = Arc::clone(&turn.rules.topology);
    let Some(parts) = spend::stake(turn.account(), &topology, amount.minor()) else {
        return turn.insufficient_funds(turn.account().usable(topology.bet_order()));
    };
    let movement = Movement::debit(&parts, PlayKind::Tip.house());
    let play = Play {
        round: round.cloned(),
        game: game.cloned(),
        ..turn.new_play(PlayKind::Tip, amount, parts)
    };
    turn.play(&movement, Draft::default(), play)
}

fn beyond(limits: BetLimits, account: &Account, topology: &Topology, stake: i64) -> Option<Reason> {
    let above = |limit: Option<i64>| limit.is_some_and(|most| stake > most);
    if above(limits.max_bet) {
        Some(Reason::MaxBet)
    } else if above(limits.max_bet_with_bonus) && with_bonus(account, topology, stake) {
        Some(Reason::MaxBetWithBonus)
    } else {
        None
    }
}

/// Whether a bonus grant is open, or some of the stake would come from a bonus bucket. Of a stake that is
/// more than there is, all there is would be staked.
fn with_bonus(account: &Account, topology: &Topology, stake: i64) -> bool {
    if account.grants.iter().any(|grant| grant.kind == GrantKind::Bonus) {
        return true;
    }
    let stake = stake.min(account.usable(topology.bet_order()));
    let parts = spend::stake(account, topology, stake).unwrap_or_default();
    let mut staked = parts.iter().zip(topology.buckets());
    staked.any(|(part, bucket)| *part > 0 && bucket.bonus)
}
