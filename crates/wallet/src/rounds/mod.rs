//! Rounds as operators look at them: what a round came to, which rounds hang, and how those are brought to an end.
//!
//! A round belongs to one wallet and one provider; two players at one table have two, and two brands' rounds of one
//! id never meet.
//!
//! | state | when |
//! |---|---|
//! | open | a bet of it waits for its result |
//! | interrupted | the same, and nothing was heard of the round for longer than the house's patience |
//! | resumed | a bet waits for its result, and its provider went on with the round after it was interrupted |
//! | settled | no bet waits, and a bet or a win stands |
//! | rolled back | every bet was given back |
//! | voided | the same, and the house gave back one of them |
//!
//! [`hanging`](hanging::hanging) goes by the bet: it finds each that waits for longer than the same patience. A round
//! that is interrupted has one; so may a round that is open or resumed, where its other bets are younger.
//!
//! Nothing of this is written down: it is read from what the bets, wins and rollbacks left (see `repo::rounds`), so it
//! cannot disagree with them.

pub mod end;
pub mod hanging;
pub mod record;
pub mod resolve;
mod state;

use croupier_brand::{BrandPool, BrandRead, BrandScope, Currency, token::PlayerId};
use time::{Duration, OffsetDateTime};

pub use hanging::{Hanging, HangingRound, Search};
pub use record::{Line, RoundBet, RoundRecord};
pub use resolve::{Resolution, Resolved, ResolvedBet, Unresolved};
pub use state::{Interruption, RoundState};

use crate::{
    engine::ids::{RoundId, Source},
    repo::{RepoError, rounds as repo},
    service::WalletError,
};

/// Which round of a brand.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RoundKey {
    /// The provider.
    pub source: Source,
    /// The player.
    pub player: PlayerId,
    /// Which of the player's wallets.
    pub currency: Currency,
    /// The provider's name for it.
    pub round: RoundId,
}

/// How long a house waits for a bet's result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// The time that it is.
    pub now: OffsetDateTime,
    /// How long.
    pub lasts: Duration,
}

impl Patience {
    /// What was made until then was waited for long enough.
    #[must_use]
    pub fn until(self) -> OffsetDateTime {
        self.now - self.lasts
    }
}

/// What a round came to until now; none where no entry of the wallet is of it. Entries that were archived are not seen.
///
/// # Errors
/// [`WalletError`].
pub async fn record(
    pool: &BrandPool,
    scope: &BrandScope,
    round: &RoundKey,
    patience: Patience,
) -> Result<Option<RoundRecord>, WalletError> {
    let mut reads = BrandRead::open(pool, scope).await.map_err(RepoError::from)?;
    Ok(RoundRecord::of(repo::lines(&mut reads, round).await?, patience))
}
