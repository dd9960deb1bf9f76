//! A hanging round is brought to an end.
//!
//! Each of its bets that has no result is given one by a command like any other, through the wallet: so it is decided
//! in turn with whatever its provider still sends, and the books need to know of nothing new.
//!
//! | | the bet | a win that comes later | a rollback that comes later |
//! |---|---|---|---|
//! | void | is given back, to the buckets it came from | `AlreadySettled`, nothing is paid | `Neutralised`, nothing moves |
//! | settle-zero | has a win of nothing | is paid | as the provider's contract has it of a settled bet |
//!
//! A provider's result that comes first stands: a void of that bet is then refused (`AlreadySettled`), and a win of
//! nothing beside it changes nothing.
//!
//! The command's id is made from round, bet and resolution. So whoever resolves a round again, after a crash or
//! beside somebody else, gives the same commands, which are done once. Only where one was refused, because the bet had
//! a result which was taken back since, the next attempt has another id.

use croupier_brand::{BrandPool, BrandScope};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

use super::{Patience, RoundBet, RoundKey, RoundState, record};
use crate::{
    engine::{
        command::{Action, Amount, Command},
        ids::{GameId, InvalidName, TransactionId},
        outcome::{Outcome, Verdict},
        policy::{Policy, RollbackOfSettledBet, UnknownRollback},
    },
    service::{Wallet, WalletError},
};

/// How often a bet's result may have been taken back.
const ATTEMPTS: u8 = 16;

/// What a hanging round's bets are given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// Their stakes back.
    Void,
    /// A win of nothing.
    SettleZero,
}

impl Resolution {
    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Void => "void",
            Self::SettleZero => "settle-zero",
        }
    }
}

/// What a bet was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolvedBet {
    /// The provider's id of the bet.
    pub bet: String,
    /// The wallet's answer. `Applied`, decided now or before: it was given what was asked for. `Conflict`: the id that
    /// it would have been given it under was used for something else, and nothing was done. Any other: it had a result
    /// already.
    pub outcome: Outcome,
}

impl ResolvedBet {
    /// Whether the resolution took effect, now or before.
    #[must_use]
    pub fn took_effect(&self) -> bool {
        matches!(self.outcome.verdict(), Some(Verdict::Applied(_)))
    }
}

/// What became of a round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// What its bets without a result were given; none where it had none.
    pub bets: Vec<ResolvedBet>,
    /// What the round is now.
    pub state: RoundState,
}

/// Why a round was not resolved.
#[derive(Debug, thiserror::Error)]
pub enum Unresolved {
    /// The wallet has no entry of it.
    #[error("there is no such round")]
    NoSuchRound,
    /// Its provider may still be at it.
    #[error("a bet without a result was made at {0}, which is not long enough ago")]
    TooYoung(OffsetDateTime),
    /// Where its provider pays by the round, nothing of it hangs.
    #[error("a win of the round came after the bet {0:?}, and may be the result of that too")]
    Paid(String),
    /// The wallet could not decide now. What was decided stays; do it again.
    #[error("the wallet could not decide now")]
    Later,
    /// The wallet failed.
    #[error(transparent)]
    Wallet(#[from] WalletError),
}

/// Gives a result to each bet of a round that has none. Doing it again does nothing more.
///
/// Bets must have been waited for as long as the patience lasts. Those that a later win of the round may have been the result of
/// ([`RoundBet::paid`]) are refused unless `paid` says that they hang too.
///
/// # Errors
/// [`Unresolved`]. Of a round that cannot be resolved whole nothing is; what [`Unresolved::Later`] leaves half done,
/// the next time does.
pub async fn resolve(
    wallet: &dyn Wallet,
    pool: &BrandPool,
    scope: &BrandScope,
    round: &RoundKey,
    how: Resolution,
    patience: Patience,
    paid: bool,
) -> Result<Resolved, Unresolved> {
    let before = record(pool, scope, round, patience)
        .await?
        .ok_or(Unresolved::NoSuchRound)?;
    let waiting: Vec<_> = before.bets.iter().filter(|bet| bet.open).collect();
    if let Some(young) = waiting.iter().find(|bet| bet.at > patience.until()) {
        return Err(Unresolved::TooYoung(young.at));
    }
    if let Some(bet) = waiting.iter().find(|bet| bet.paid && !paid) {
        return Err(Unresolved::Paid(bet.transaction.clone()));
    }
    let mut bets = Vec::with_capacity(waiting.len());
    for bet in waiting {
        let outcome = end(wallet, pool, scope, (round, patience), how, bet).await?;
        bets.push(ResolvedBet {
            bet: bet.transaction.clone(),
            outcome,
        });
    }
    let after = record(pool, scope, round, patience)
        .await?
        .ok_or(Unresolved::NoSuchRound)?;
    Ok(Resolved {
        bets,
        state: after.state,
    })
}

/// Gives one bet its result.
async fn end(
    wallet: &dyn Wallet,
    pool: &BrandPool,
    scope: &BrandScope,
    (round, patience): (&RoundKey, Patience),
    how: Resolution,
    bet: &RoundBet,
) -> Result<Outcome, Unresolved> {
    for attempt in 0..ATTEMPTS {
        let outcome = wallet.submit(scope, command(round, how, attempt, bet)?).await?;
        match outcome {
            Outcome::Retryable => return Err(Unresolved::Later),
            // Refused before, for a result that the bet had then. If it has none now, that was taken back.
            Outcome::Replayed { verdict, .. } if !matches!(verdict, Verdict::Applied(_)) => {
                let now = record(pool, scope, round, patience)
                    .await?
                    .ok_or(Unresolved::NoSuchRound)?;
                let open = |now: &RoundBet| now.transaction == bet.transaction && now.open;
                if !now.bets.iter().any(open) {
                    return Ok(outcome);
                }
            }
            outcome => return Ok(outcome),
        }
    }
    Err(broken("a bet whose result was taken back too often"))
}

fn command(round: &RoundKey, how: Resolution, attempt: u8, bet: &RoundBet) -> Result<Command, Unresolved> {
    let of = TransactionId::kept(&bet.transaction).map_err(|_| broken("wallet_ledger.transaction_id"))?;
    let id = id_of(how, attempt, round.round.as_str(), &bet.transaction);
    let action = match how {
        Resolution::Void => Action::Rollback {
            of,
            round: Some(round.round.clone()),
            game: None,
            amount: None,
        },
        Resolution::SettleZero => Action::Settle {
            amount: Amount::ZERO,
            round: round.round.clone(),
            game: bet
                .game
                .as_deref()
                .and_then(|game| GameId::new(game).ok())
                .ok_or_else(|| broken("wallet_ledger.game_id"))?,
            bet: Some(of),
        },
    };
    let policy = Policy {
        rollback_of_settled_bet: RollbackOfSettledBet::Refuse,
        unknown_rollback: UnknownRollback::Refuse,
        ..Policy::default()
    };
    Ok(Command::new(
        round.player,
        round.currency,
        // Its provider's: what is undone or won must be of the source that asks.
        round.source.clone(),
        id.map_err(|_| broken("an id of ours"))?,
        action,
    )
    .with_policy(policy))
}

/// Begins the ids that bets are given back under.
const VOID: &str = "croupier:void:";
/// And those of wins of nothing.
const SETTLE_ZERO: &str = "croupier:settle-zero:";

/// Whether an id is one of those that the house gives bets back under.
pub(super) fn is_void(transaction: &str) -> bool {
    transaction.starts_with(VOID)
}

/// Whether an id is one of those that the house gives bets a result under.
pub(super) fn is_resolution(transaction: &str) -> bool {
    is_void(transaction) || transaction.starts_with(SETTLE_ZERO)
}

/// The id of a resolution of a bet: always the same for the same.
pub(super) fn id_of(
    how: Resolution,
    attempt: u8,
    round: &str,
    bet: &str,
) -> Result<TransactionId, InvalidName> {
    let mut digest = Sha256::new();
    for text in [round, bet] {
        digest.update((text.len() as u64).to_be_bytes());
        digest.update(text);
    }
    let digest = hex::encode(digest.finalize());
    TransactionId::ours(&format!("{}:{attempt}:{digest}", how.as_str()))
}

fn broken(what: &str) -> Unresolved {
    Unresolved::Wallet(WalletError::Broken(what.to_owned()))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn money_31_a_resolution_has_one_id_and_no_two_share_one() {
        let of = |how, attempt, round, bet| id_of(how, attempt, round, bet).unwrap();
        let id = of(Resolution::Void, 0, "round", "bet");
        assert_eq!(id, of(Resolution::Void, 0, "round", "bet"));
        let zero = of(Resolution::SettleZero, 0, "round", "bet");
        for other in [
            &zero,
            &of(Resolution::Void, 1, "round", "bet"),
            &of(Resolution::Void, 0, "roun", "dbet"),
            &of(Resolution::Void, 0, "round", "bet2"),
        ] {
            assert_ne!(id, *other);
        }
        assert!(is_void(id.as_str()) && !is_void(zero.as_str()));
        assert!(is_resolution(id.as_str()) && is_resolution(zero.as_str()) && !is_resolution("croupier:w"));
    }
}
