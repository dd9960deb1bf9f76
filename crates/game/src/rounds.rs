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
//! provider's rollback of it leaves a tombstone there.

use std::{fmt, sync::Arc};

use croupier_brand::{BrandScope, BrandStatus, Clock, Currency};
use croupier_wallet::{Action, Amount, Balance, Command, GameId, Outcome, Policy, RoundId, Source, TransactionId, Wallet, WalletError};
use sqlx::PgPool;
use time::OffsetDateTime;

use crate::{
    error::GameError,
    players::{PlayerStatus, PlayerSummary, Players, PlayersUnavailable},
    repo::GameRepo,
    session::{RoundContext, SessionToken, Standing},
};

/// What a provider reports or asks, in nobody's wire format.
#[derive(Clone, Debug)]
pub struct RoundRequest {
    /// The integration's short name.
    pub provider: &'static str,
    /// The brand's own account of the player.
    pub account: String,
    /// The launch's token, as it was sent.
    pub token: String,
    /// The provider's id of this transaction.
    pub transaction: TransactionId,
    /// What happened.
    pub movement: Movement,
    /// How the provider's contract differs from others.
    pub policy: Policy,
    /// What a repeat must say again although the wallet makes nothing of it.
    pub agreed: Vec<(String, String)>,
}

/// What happened in a round.
#[derive(Clone, Debug)]
pub enum Movement {
    /// A stake.
    Bet {
        /// How much; zero for a free round.
        amount: Amount,
        /// The amount's currency.
        currency: Currency,
        /// The round.
        round: RoundId,
        /// The provider's name of the game.
        game: GameId,
        /// The record of a promotion's payout, not a wager.
        promotional: bool,
    },
    /// A win, or a loss (zero).
    Win {
        /// How much.
        amount: Amount,
        /// The amount's currency.
        currency: Currency,
        /// The round.
        round: RoundId,
        /// The provider's name of the game.
        game: GameId,
        /// The bet it answers.
        bet: Option<TransactionId>,
    },
    /// A bet or win undone.
    Rollback {
        /// Which.
        of: TransactionId,
        /// The round.
        round: Option<RoundId>,
        /// The provider's name of the game.
        game: Option<GameId>,
    },
}

/// Why the wallet was not asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// The brand has no player of this account.
    UnknownUser,
    /// The token was not issued to this player of this brand.
    UnknownToken,
    /// The brand does not offer the game (for a win: never did).
    UnknownGame,
    /// Not the launch's currency.
    ForeignCurrency,
    /// The brand takes no bets now.
    BrandClosed,
    /// The launch takes no bets any more.
    TokenExpired,
    /// The player may not bet.
    PlayerDisabled,
}

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer<T> {
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
    pool: PgPool,
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
    pub fn new(pool: PgPool, wallet: Arc<dyn Wallet>, players: Arc<dyn Players>, clock: Clock) -> Self {
        Self { pool, wallet, players, clock }
    }

    /// The player of an account, whatever the status.
    ///
    /// # Errors
    /// [`RoundError::Players`].
    pub async fn player(&self, scope: &BrandScope, account: &str) -> Result<Option<PlayerSummary>, RoundError> {
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
    ) -> Result<Answer<Balance>, RoundError> {
        let (player, context) = match self.introduce(scope, provider, account, token, None).await? {
            Ok(known) => known,
            Err(refusal) => return Ok(Answer::Refused(refusal)),
        };
        let holdings = self.wallet.balance(scope, player.id, context.currency).await?;
        Ok(Answer::Given(holdings.balance(), context.currency))
    }

    /// Admits a request and lets the wallet decide it.
    ///
    /// # Errors
    /// [`RoundError`]; nothing is known to have happened, and a repeat is safe.
    pub async fn submit(&self, scope: &BrandScope, request: RoundRequest) -> Result<Answer<Outcome>, RoundError> {
        let game = request.movement.game().map(GameId::as_str);
        let (player, context) = match self.introduce(scope, request.provider, &request.account, &request.token, game).await? {
            Ok(known) => known,
            Err(refusal) => return Ok(Answer::Refused(refusal)),
        };
        if let Err(refusal) = admit(&request.movement, &context, player.status, scope.brand().status, self.clock.now()) {
            return Ok(Answer::Refused(refusal));
        }
        let currency = context.currency;
        let outcome = self.wallet.submit(scope, command(request, &player, currency)?).await?;
        Ok(Answer::Given(outcome, currency))
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
        let Some(player) = self.player(scope, account).await? else { return Ok(Err(Refusal::UnknownUser)) };
        let Some(token) = SessionToken::parse(token) else { return Ok(Err(Refusal::UnknownToken)) };
        let mut repo = GameRepo::open(&self.pool, scope).await?;
        let context = repo.round_context(provider, token.0, game).await?;
        repo.commit().await?;
        Ok(match context {
            Some(context) if context.player == player.id => Ok((player, context)),
            Some(_) | None => Err(Refusal::UnknownToken),
        })
    }
}

impl Movement {
    fn game(&self) -> Option<&GameId> {
        match self {
            Self::Bet { game, .. } | Self::Win { game, .. } => Some(game),
            Self::Rollback { game, .. } => game.as_ref(),
        }
    }
}

/// The table of the module's head.
fn admit(movement: &Movement, context: &RoundContext, player: PlayerStatus, brand: BrandStatus, now: OffsetDateTime) -> Result<(), Refusal> {
    let (currency, staked) = match movement {
        Movement::Rollback { .. } => return Ok(()),
        Movement::Win { currency, .. } => (*currency, false),
        Movement::Bet { currency, promotional, amount, .. } => (*currency, !*promotional || *amount != Amount::ZERO),
    };
    match &context.game {
        Some((_, Standing::Offered)) => {}
        Some((_, Standing::Withdrawn)) if !staked => {}
        Some((_, Standing::Withdrawn)) | None => return Err(Refusal::UnknownGame),
    }
    if currency != context.currency {
        return Err(Refusal::ForeignCurrency);
    }
    if !staked {
        return Ok(());
    }
    if brand != BrandStatus::Active {
        return Err(Refusal::BrandClosed);
    }
    if now >= context.expires_at {
        return Err(Refusal::TokenExpired);
    }
    if player != PlayerStatus::Active {
        return Err(Refusal::PlayerDisabled);
    }
    Ok(())
}

fn command(request: RoundRequest, player: &PlayerSummary, currency: Currency) -> Result<Command, RoundError> {
    // A provider's name is a short constant of its adapter.
    let source = Source::provider(request.provider).map_err(|_| GameError::Unreadable("provider name"))?;
    let action = match request.movement {
        Movement::Bet { amount, round, game, .. } => Action::Bet { amount, round, game },
        Movement::Win { amount, round, game, bet, .. } => Action::Settle { amount, round, game, bet },
        Movement::Rollback { of, round, game } => Action::Rollback { of, round, game },
    };
    let mut command = Command::new(player.id, currency, source, request.transaction, action).with_policy(request.policy);
    command.agreed = request.agreed;
    Ok(command)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use croupier_brand::token::PlayerId;
    use time::Duration;
    use uuid::Uuid;

    use super::*;

    const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    fn eur() -> Currency {
        Currency::parse("EUR").unwrap()
    }

    fn bet(minor: i64, promotional: bool) -> Movement {
        Movement::Bet {
            amount: Amount::new(minor).unwrap(),
            currency: eur(),
            round: RoundId::new("r1").unwrap(),
            game: GameId::new("clt_northernlights").unwrap(),
            promotional,
        }
    }

    fn win() -> Movement {
        Movement::Win {
            amount: Amount::new(500).unwrap(),
            currency: eur(),
            round: RoundId::new("r1").unwrap(),
            game: GameId::new("clt_northernlights").unwrap(),
            bet: TransactionId::new("b1").ok(),
        }
    }

    fn rollback() -> Movement {
        Movement::Rollback { of: TransactionId::new("b1").unwrap(), round: None, game: None }
    }

    fn context(standing: Option<Standing>) -> RoundContext {
        RoundContext {
            player: PlayerId(Uuid::nil()),
            currency: eur(),
            expires_at: NOW + Duration::hours(12),
            game: standing.map(|standing| (crate::catalogue::GameId::parse("northern-lights").unwrap(), standing)),
        }
    }

    fn offered() -> RoundContext {
        context(Some(Standing::Offered))
    }

    fn check(movement: &Movement, context: &RoundContext) -> Result<(), Refusal> {
        admit(movement, context, PlayerStatus::Active, BrandStatus::Active, NOW)
    }

    #[test]
    fn an_ordinary_round_is_admitted() {
        for movement in [bet(100, false), bet(0, false), bet(0, true), win(), rollback()] {
            assert_eq!(check(&movement, &offered()), Ok(()), "{movement:?}");
        }
    }

    #[test]
    fn money_18_only_bets_ask_whether_the_launch_is_over() {
        for (late, refused) in [(Duration::hours(12), true), (Duration::hours(12) - Duration::milliseconds(1), false), (Duration::days(30), true)] {
            let at = |movement: &Movement| admit(movement, &offered(), PlayerStatus::Active, BrandStatus::Active, NOW + late);
            assert_eq!(at(&bet(100, false)), if refused { Err(Refusal::TokenExpired) } else { Ok(()) }, "{late}");
            assert_eq!(at(&bet(0, false)).is_err(), refused);
            for movement in [bet(0, true), win(), rollback()] {
                assert_eq!(at(&movement), Ok(()), "{movement:?}");
            }
        }
    }

    #[test]
    fn money_18_only_bets_ask_about_the_player_and_the_brand() {
        for player in [PlayerStatus::Blocked, PlayerStatus::Closed] {
            let at = |movement: &Movement| admit(movement, &offered(), player, BrandStatus::Active, NOW);
            assert_eq!(at(&bet(100, false)), Err(Refusal::PlayerDisabled));
            assert_eq!((at(&win()), at(&rollback())), (Ok(()), Ok(())));
        }
        for brand in [BrandStatus::Maintenance, BrandStatus::Suspended] {
            let at = |movement: &Movement| admit(movement, &offered(), PlayerStatus::Active, brand, NOW);
            assert_eq!(at(&bet(100, false)), Err(Refusal::BrandClosed));
            assert_eq!((at(&win()), at(&rollback())), (Ok(()), Ok(())));
        }
    }

    #[test]
    fn a_promotional_bet_that_stakes_something_is_a_bet() {
        let late = admit(&bet(1, true), &offered(), PlayerStatus::Active, BrandStatus::Active, NOW + Duration::days(1));
        assert_eq!(late, Err(Refusal::TokenExpired));
    }

    #[test]
    fn a_game_taken_off_takes_no_bets_but_is_settled() {
        let withdrawn = context(Some(Standing::Withdrawn));
        assert_eq!(check(&bet(100, false), &withdrawn), Err(Refusal::UnknownGame));
        assert_eq!((check(&win(), &withdrawn), check(&rollback(), &withdrawn)), (Ok(()), Ok(())));
        for movement in [bet(100, false), win()] {
            assert_eq!(check(&movement, &context(None)), Err(Refusal::UnknownGame), "{movement:?}");
        }
        assert_eq!(check(&rollback(), &context(None)), Ok(()));
    }

    #[test]
    fn the_currency_is_the_launchs() {
        let mut dollars = offered();
        dollars.currency = Currency::parse("USD").unwrap();
        for movement in [bet(100, false), win()] {
            assert_eq!(check(&movement, &dollars), Err(Refusal::ForeignCurrency), "{movement:?}");
        }
        assert_eq!(check(&rollback(), &dollars), Ok(()));
    }

    #[test]
    fn money_10_everything_the_provider_said_reaches_the_wallet() {
        let player = PlayerSummary { id: PlayerId(Uuid::nil()), account: "alice".to_owned(), status: PlayerStatus::Active };
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
        assert_eq!((command.source.as_str(), command.transaction_id.as_str()), ("provider:hub88", "w1"));
        assert_eq!(command.action.reference().unwrap().as_str(), "b1");
        assert_eq!(command.action.round().unwrap().as_str(), "r1");
        assert_eq!(command.action.game().unwrap().as_str(), "clt_northernlights");
        assert_eq!((command.action.amount().unwrap().minor(), command.agreed.len()), (500, 1));
    }
}
