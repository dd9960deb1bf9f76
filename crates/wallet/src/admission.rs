//! Whether the cashier takes up what a player asks for: the key is theirs for it, and they may.
//!
//! It is asked and written down in one transaction that holds the player's row: a block or an exclusion
//! that was answered comes before it, and of two requests of a player one sees the other. What was taken up is gone on
//! with whatever changes afterwards.

use croupier_brand::{
    BrandPool, BrandScope, BrandTx,
    eligibility::{Act, Facts, Ineligible, Standing, eligible},
};
use time::OffsetDateTime;

use crate::{
    cashier::{Request, State, Wish},
    personal::{Exceeded, exceeded},
    repo::{
        RepoError, gate,
        personal::{self, Whose},
        requests::{self, Kept},
    },
};

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    /// It is taken up, now or before; of a deposit, how far it is.
    Admitted(Option<State>),
    /// The player may not.
    Refused {
        why: Ineligible,
        /// Which limit of theirs, where that is why.
        limit: Option<Exceeded>,
        /// It was taken up before, last at this moment, and may have been carried out or be on its way.
        begun: Option<OffsetDateTime>,
    },
    /// The key is another request's.
    KeyReused,
}

/// Takes a request up, or says why not.
///
/// # Errors
/// [`RepoError`].
pub(crate) async fn admit(
    pool: &BrandPool,
    scope: &BrandScope,
    request: &Request,
    now: OffsetDateTime,
) -> Result<Admission, RepoError> {
    let mut tx = BrandTx::open_with_lock_timeout(pool, scope, pool.acquire_timeout()).await?;
    let standing = gate::hold(&mut tx, request.player, now).await?;
    let kept = requests::kept(&mut tx, request.player, &request.key).await?;
    if let Some(Kept {
        request: kept, state, ..
    }) = &kept
    {
        if kept != request {
            tx.rollback().await?;
            return Ok(Admission::KeyReused);
        }
        // What is charged is booked, what is over is told.
        if let Some(state @ (State::Charged | State::Credited | State::Refused)) = state {
            tx.rollback().await?;
            return Ok(Admission::Admitted(Some(*state)));
        }
    }
    let limit = match request.wish {
        Wish::Deposit if may(scope, request.wish, standing, false).is_ok() => {
            let whose = Whose {
                player: request.player,
                currency: request.currency,
            };
            let limits = personal::measured(&mut tx, whose, Some(request.key.as_str()), now).await?;
            exceeded(&limits, request.amount, now)
        }
        Wish::Deposit | Wish::Withdrawal => None,
    };
    if let Err(why) = may(scope, request.wish, standing, limit.is_some()) {
        tx.rollback().await?;
        return Ok(Admission::Refused {
            why,
            limit: limit.filter(|_| why == Ineligible::LimitReached),
            begun: kept.map(|kept| kept.begun_at),
        });
    }
    let state = kept.as_ref().and_then(|kept| kept.state);
    match (kept, state) {
        (None, _) => requests::keep(&mut tx, request, now).await?,
        (Some(_), Some(_)) => requests::begin_again(&mut tx, request, now).await?,
        (Some(_), None) => {}
    }
    tx.commit().await?;
    Ok(Admission::Admitted(state))
}

fn may(scope: &BrandScope, wish: Wish, player: Standing, limit_reached: bool) -> Result<(), Ineligible> {
    let act = match wish {
        Wish::Deposit => Act::Deposit,
        Wish::Withdrawal => Act::Withdrawal,
    };
    let facts = Facts {
        brand: scope.brand().status,
        player,
        limit_reached,
        game: None,
    };
    eligible(act, &facts)
}
