//! The hop between a provider's adapter and the wallet.
//!
//! An adapter hands over a neutral [`RoundRequest`]; what every provider's rounds have in common is
//! decided here: whose token it is, whether the brand, the player and the launch take bets, whether
//! the game and the currency are the brand's. The wallet decides the rest. No adapter repeats a
//! rule of this file.
//!
//! | asked of | bet | promotional bet (nothing staked) | win | rollback |
//! |---|---|---|---|---|
//! | token known, of this player and brand | yes | yes | yes | yes |
//! | currency is the launch's | yes | yes | yes | not named |
//! | game | offered now | offered once | offered once | not asked |
//! | brand open, player active, launch not over | yes | no | no | no |
//!
//! What was bet is settled or given back whatever became of the launch, the player, the game or
//! the brand meanwhile. A refusal here is not stored: the wallet has not heard of it, and the
//! provider's rollback of it leaves a tombstone there. What the wallet decided before, accepted or
//! not, is not refused here but told again: the same data gets the same answer, other data under the
//! same id a conflict, for as long as the token shown is one of this player's.
mod admission;
mod request;

use std::{fmt, sync::Arc};

pub use admission::Refusal;
use admission::admit;
use croupier_brand::{BrandPool, BrandScope, Clock, Currency};
use croupier_wallet::{Action, Balance, Command, GameId, Outcome, Source, Wallet, WalletError};
pub use request::{Movement, RoundRequest};

use crate::{
    error::GameError,
    players::{PlayerSummary, Players, PlayersUnavailable},
    repo::GameReads,
    session::{RoundContext, SessionToken},
};

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ruling<T> {
    /// It was not admitted.
    Refused(Refusal),
    /// It was; the currency is the launch's.
    Given(T, Currency),
}

/// Why there is no answer. A repeat of the request is safe.
#[derive(Debug, thiserror::Error)]
pub enum RoundError {
    /// The launch could not be looked up.
    #[error(transparent)]
    Game(#[from] GameError),
    /// The player could not be looked up.
    #[error(transparent)]
    Players(#[from] PlayersUnavailable),
    /// The wallet has no answer.
    #[error(transparent)]
    Wallet(#[from] WalletError),
}

/// Rounds of every brand and provider.
#[derive(Clone)]
pub struct Rounds {
    pool: BrandPool,
    wallet: Arc<dyn Wallet>,
    players: Arc<dyn Players>,
    clock: Clock,
}

impl fmt::Debug for Rounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rounds")
    }
}

impl Rounds {
    /// Rounds played with this wallet by these players.
    #[must_use]
    pub fn new(pool: BrandPool, wallet: Arc<dyn Wallet>, players: Arc<dyn Players>, clock: Clock) -> Self {
        Self {
            pool,
            wallet,
            players,
            clock,
        }
    }

    /// The player of an account, whatever the status.
    ///
    /// # Errors
    /// [`RoundError::Players`].
    pub async fn player(
        &self,
        scope: &BrandScope,
        account: &str,
    ) -> Result<Option<PlayerSummary>, RoundError> {
        Ok(self.players.find_by_account(scope, account).await?)
    }

    /// What the player of a launch has. The launch may be over.
    ///
    /// # Errors
    /// [`RoundError`].
    pub async fn balance(
        &self,
        scope: &BrandScope,
        provider: &str,
        account: &str,
        token: &str,
    ) -> Result<Ruling<Balance>, RoundError> {
        let (player, context) = match self.introduce(scope, provider, account, token, None).await? {
            Ok(known) => known,
            Err(refusal) => return Ok(Ruling::Refused(refusal)),
        };
        let holdings = self.wallet.balance(scope, player.id, context.currency).await?;
        Ok(Ruling::Given(holdings.balance(), context.currency))
    }

    /// Admits a request and lets the wallet decide it.
    ///
    /// # Errors
    /// [`RoundError`]; nothing is known to have happened, and a repeat is safe.
    pub async fn submit(
        &self,
        scope: &BrandScope,
        request: RoundRequest,
    ) -> Result<Ruling<Outcome>, RoundError> {
        let game = request.movement.game().map(GameId::as_str);
        let (player, context) = match self
            .introduce(scope, request.provider, &request.account, &request.token, game)
            .await?
        {
            Ok(known) => known,
            Err(refusal) => return Ok(Ruling::Refused(refusal)),
        };
        let admitted = admit(
            &request.movement,
            &context,
            player.status,
            scope.brand().status,
            self.clock.now(),
        );
        let currency = context.currency;
        // As the request names it, since that is what a repeat must agree with; admitted, it is the
        // launch's.
        let named = request.movement.currency().unwrap_or(currency);
        let command = command(request, &player, named)?;
        if let Err(refusal) = admitted {
            let decided = self.wallet.recall(scope, &command).await?;
            return Ok(decided.map_or(Ruling::Refused(refusal), |outcome| {
                Ruling::Given(outcome, currency)
            }));
        }
        let outcome = self.wallet.submit(scope, command).await?;
        Ok(Ruling::Given(outcome, currency))
    }

    /// The player and the launch that a request speaks of, if they belong together.
    async fn introduce(
        &self,
        scope: &BrandScope,
        provider: &str,
        account: &str,
        token: &str,
        game: Option<&str>,
    ) -> Result<Result<(PlayerSummary, RoundContext), Refusal>, RoundError> {
        let Some(player) = self.player(scope, account).await? else {
            return Ok(Err(Refusal::UnknownUser));
        };
        let Some(token) = SessionToken::parse(token) else {
            return Ok(Err(Refusal::UnknownToken));
        };
        let mut reads = GameReads::open(&self.pool, scope).await?;
        let context = reads.round_context(provider, token.0, game).await?;
        Ok(match context {
            Some(context) if context.player == player.id => Ok((player, context)),
            Some(_) | None => Err(Refusal::UnknownToken),
        })
    }
}

fn command(request: RoundRequest, player: &PlayerSummary, currency: Currency) -> Result<Command, RoundError> {
    // A provider's name is a short constant of its adapter.
    let source = Source::provider(request.provider).map_err(|_| GameError::Unreadable("provider name"))?;
    let action = match request.movement {
        Movement::Bet {
            amount, round, game, ..
        } => Action::Bet { amount, round, game },
        Movement::Win {
            amount,
            round,
            game,
            bet,
            ..
        } => Action::Settle {
            amount,
            round,
            game,
            bet,
        },
        Movement::Rollback { of, round, game } => Action::Rollback {
            of,
            round,
            game,
            amount: None,
        },
    };
    let mut command =
        Command::new(player.id, currency, source, request.transaction, action).with_policy(request.policy);
    command.agreed = request.agreed;
    Ok(command)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use croupier_brand::token::PlayerId;
    use croupier_wallet::{Amount, Policy, RoundId, TransactionId};
    use uuid::Uuid;

    use super::*;
    use crate::players::PlayerStatus;

    fn win() -> Movement {
        Movement::Win {
            amount: Amount::new(500).unwrap(),
            currency: eur(),
            round: RoundId::new("r1").unwrap(),
            game: GameId::new("clt_northernlights").unwrap(),
            bet: TransactionId::new("b1").ok(),
        }
    }

    fn eur() -> Currency {
        Currency::parse("EUR").unwrap()
    }

    #[test]
    fn money_10_everything_the_provider_said_reaches_the_wallet() {
        let player = PlayerSummary {
            id: PlayerId(Uuid::nil()),
            account: "alice".to_owned(),
            status: PlayerStatus::Active,
        };
        let request = RoundRequest {
            provider: "hub88",
            account: "alice".to_owned(),
            token: String::new(),
            transaction: TransactionId::new("w1").unwrap(),
            movement: win(),
            policy: Policy::default(),
            agreed: vec![("nominal".to_owned(), "1".to_owned())],
        };
        let command = command(request, &player, eur()).unwrap();
        assert_eq!(
            (command.source.as_str(), command.transaction_id.as_str()),
            ("provider:hub88", "w1")
        );
        assert_eq!(command.action.reference().unwrap().as_str(), "b1");
        assert_eq!(command.action.round().unwrap().as_str(), "r1");
        assert_eq!(command.action.game().unwrap().as_str(), "clt_northernlights");
        assert_eq!(
            (command.action.amount().unwrap().minor(), command.agreed.len()),
            (500, 1)
        );
    }
}
