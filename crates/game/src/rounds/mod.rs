//! The hop between a provider's adapter and the wallet.
//!
//! An adapter hands over neutral [`Move`]s; what every provider's rounds have in common is
//! decided here: whose token it is, whether the brand, the player and the launch take bets, whether
//! the game and the currency are the brand's. The wallet decides the rest. No adapter repeats a
//! rule of this file.
//!
//! | asked of | bet | promotional bet (nothing staked) | win | promotion's win | rollback |
//! |---|---|---|---|---|---|
//! | token known, of this player and brand | yes | yes | yes | yes | yes |
//! | currency is the launch's | yes | yes | yes | yes | not named |
//! | game, or the one that was opened ([`UnknownGame`]) | offered now | offered once | offered once | not named | not asked |
//! | brand open, player active | yes | yes | no | no | no |
//! | launch not over | yes | no | no | no | no |
//!
//! Who sits down ([`Rounds::open`]) is asked for the token, the currency where one is named, and what a launch asks of brand
//! and player; the launch must not be over. What there is ([`Rounds::balance`]) may be asked at any time, also by who may
//! not play.
//!
//! Of a provider that shows no token of ours, the launch is the player's newest of that provider. Brand, player and
//! game are judged by [`croupier_brand::eligibility`].
//!
//! What was bet is settled or given back whatever became of the launch, the player, the game or
//! the brand meanwhile. A refusal here is not stored: the wallet has not heard of it, and the
//! provider's rollback of it leaves a tombstone there. What the wallet decided before, accepted or
//! not, is not refused here but told again: the same data gets the same answer, other data under the
//! same id a conflict, for as long as the token shown is one of this player's. Moves that stand or fall together
//! are refused together, unless what would be refused now was decided before.

mod admission;
mod asked;
mod ending;
mod moves;
mod told;

use std::{fmt, sync::Arc};

pub use admission::{Refusal, UnknownGame};
use admission::{admit, in_currency, opens};
pub use asked::{Integration, Shown, Who};
use croupier_brand::{BrandPool, BrandScope, Clock, Currency, tx::Gather};
use croupier_wallet::{Command, Outcome, Source, Verdict, Wallet};
pub use moves::{Decimal, Move, Play, Sum, Together};
pub use told::{Played, Purse, RoundError, Ruling};

use crate::{
    error::GameError,
    players::{PlayerSummary, Players},
    repo::{self, ByToken, GameReads},
    session::{RoundContext, SessionToken},
};

/// Rounds of every brand and provider.
#[derive(Clone)]
pub struct Rounds {
    pool: BrandPool,
    launches: Gather<ByToken>,
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
    /// Rounds played with this wallet by these players. Launches are looked up together, on this runtime.
    #[must_use]
    pub fn new(pool: BrandPool, wallet: Arc<dyn Wallet>, players: Arc<dyn Players>, clock: Clock) -> Self {
        Self {
            launches: Gather::start(&pool),
            pool,
            wallet,
            players,
            clock,
        }
    }

    /// Whether an account is a player's, whatever the status.
    ///
    /// # Errors
    /// [`RoundError::Players`].
    pub async fn knows(&self, scope: &BrandScope, account: &str) -> Result<bool, RoundError> {
        Ok(self.players.find_by_account(scope, account).await?.is_some())
    }

    /// What the player of a launch has. The launch may be over. A currency that is named must be the launch's.
    ///
    /// # Errors
    /// [`RoundError`].
    pub async fn balance(
        &self,
        scope: &BrandScope,
        integration: Integration,
        (who, shown): (Who<'_>, Shown<'_>),
        named: Option<Currency>,
    ) -> Result<Ruling<Purse>, RoundError> {
        self.purse(scope, integration, (who, shown), named, |_, _| Ok(()))
            .await
    }

    /// The same for a player who sits down: only while they may play and the launch is not over.
    ///
    /// # Errors
    /// [`RoundError`].
    pub async fn open(
        &self,
        scope: &BrandScope,
        integration: Integration,
        (who, shown): (Who<'_>, Shown<'_>),
        named: Option<Currency>,
    ) -> Result<Ruling<Purse>, RoundError> {
        let (brand, now) = (scope.brand().status, self.clock.now());
        self.purse(scope, integration, (who, shown), named, |player, context| {
            opens(context, player.standing, brand, now)
        })
        .await
    }

    async fn purse(
        &self,
        scope: &BrandScope,
        integration: Integration,
        (who, shown): (Who<'_>, Shown<'_>),
        named: Option<Currency>,
        allowed: impl Fn(&PlayerSummary, &RoundContext) -> Result<(), Refusal>,
    ) -> Result<Ruling<Purse>, RoundError> {
        let (player, context) = match self.introduce(scope, integration, (who, shown), None).await? {
            Ok(known) => known,
            Err(why) => return Ok(Ruling::Refused { why, balance: None }),
        };
        if let Err(why) = allowed(&player, &context).and_then(|()| in_currency(named, &context)) {
            return Ok(self.refuse(scope, integration, &player, &context, why).await);
        }
        let holdings = self.wallet.balance(scope, player.id, context.currency).await?;
        Ok(Ruling::Given(Purse {
            account: player.account,
            currency: context.currency,
            balance: holdings.balance(),
        }))
    }

    /// Admits what happened and lets the wallet decide it.
    ///
    /// # Errors
    /// [`RoundError`]; nothing is known to have happened, and a repeat is safe.
    pub async fn play(
        &self,
        scope: &BrandScope,
        integration: Integration,
        (who, shown): (Who<'_>, Shown<'_>),
        play: Play,
    ) -> Result<Ruling<Played>, RoundError> {
        // Before anything is asked: every repeat meets this too.
        if play.together == Together::Atomic && play.moves.len() > self.wallet.largest_group() {
            return Ok(Ruling::Refused {
                why: Refusal::TooMany,
                balance: None,
            });
        }
        let game = play.moves.iter().find_map(|asked| asked.action.game());
        let game = game.map(|game| game.as_str().to_owned());
        let known = self
            .introduce(scope, integration, (who, shown), game.as_deref())
            .await?;
        let (player, context) = match known {
            Ok(known) => known,
            Err(why) => return Ok(Ruling::Refused { why, balance: None }),
        };
        let context = self
            .as_launched(scope, integration, shown, game.as_deref(), context)
            .await?;
        let Play {
            moves,
            together,
            ends,
        } = play;
        let (mut commands, mut doubts) = (Vec::new(), Vec::new());
        for asked in moves {
            let asked = match asked.of_launch(context.currency) {
                Ok(asked) => asked,
                Err(why) => return Ok(self.refuse(scope, integration, &player, &context, why).await),
            };
            let (brand, now) = (scope.brand().status, self.clock.now());
            doubts.push(admit(&asked, &context, player.standing, brand, now).err());
            commands.push(command(integration.provider, asked, &player, &context)?);
        }
        let ending = ends.map(|ends| ending::command(integration.provider, ends, &player, &context));
        let ending = ending.transpose()?;
        let decided = match together {
            Together::Atomic => self.all_or_none(scope, commands, doubts).await?,
            Together::OneByOne => self.one_by_one(scope, commands, doubts).await?,
        };
        let outcomes = match decided {
            Ok(outcomes) => outcomes,
            Err(why) => return Ok(self.refuse(scope, integration, &player, &context, why).await),
        };
        let mut end = None;
        match ending {
            // The call says nothing else, so its answer is that of the end.
            Some(ending) if outcomes.is_empty() => end = Some(self.wallet.submit(scope, ending).await?),
            // Where nothing of the call was taken there is nothing to end, and nothing is left behind.
            Some(ending) if outcomes.iter().any(took_effect) => self.end(scope, ending).await,
            Some(_) | None => {}
        }
        Ok(Ruling::Given(Played {
            account: player.account,
            currency: context.currency,
            outcomes,
            end,
        }))
    }

    async fn all_or_none(
        &self,
        scope: &BrandScope,
        mut commands: Vec<Command>,
        doubts: Vec<Option<Refusal>>,
    ) -> Result<Result<Vec<Outcome>, Refusal>, RoundError> {
        for (command, doubt) in commands.iter().zip(doubts) {
            // What was decided before is told again by the wallet, and decides nothing now.
            if let Some(refusal) = doubt
                && self.wallet.recall(scope, command).await?.is_none()
            {
                return Ok(Err(refusal));
            }
        }
        Ok(Ok(match commands.len() {
            0 => Vec::new(),
            1 => vec![self.wallet.submit(scope, commands.remove(0)).await?],
            _ => self.wallet.submit_group(scope, commands).await?,
        }))
    }

    /// The first refusal refuses the call if nothing of it was decided; otherwise the rest is left undone, and the
    /// provider's repeat meets the refusal again.
    async fn one_by_one(
        &self,
        scope: &BrandScope,
        commands: Vec<Command>,
        doubts: Vec<Option<Refusal>>,
    ) -> Result<Result<Vec<Outcome>, Refusal>, RoundError> {
        let mut outcomes = Vec::with_capacity(commands.len());
        for (command, doubt) in commands.into_iter().zip(doubts) {
            outcomes.push(match doubt {
                None => self.wallet.submit(scope, command).await?,
                Some(refusal) => match self.wallet.recall(scope, &command).await? {
                    Some(decided) => decided,
                    None => return Ok(Err(refusal)),
                },
            });
        }
        Ok(Ok(outcomes))
    }

    /// The refusal stands where the wallet cannot say what there is.
    async fn refuse<T>(
        &self,
        scope: &BrandScope,
        integration: Integration,
        player: &PlayerSummary,
        context: &RoundContext,
        why: Refusal,
    ) -> Ruling<T> {
        if !integration.refusals_tell_balance {
            return Ruling::Refused { why, balance: None };
        }
        let holdings = self.wallet.balance(scope, player.id, context.currency).await;
        Ruling::Refused {
            why,
            balance: holdings.ok().map(|holdings| holdings.balance()),
        }
    }

    /// A round that could not be ended is found by its age (`croupier rounds`); the money is as the call said.
    async fn end(&self, scope: &BrandScope, ending: Command) {
        match self.wallet.submit(scope, ending).await {
            Ok(Outcome::Decided(_) | Outcome::Replayed { .. }) => {}
            other => {
                tracing::warn!(brand = %scope.code(), ?other, "a round's end could not be noted; it will be listed as hanging");
            }
        }
    }

    async fn launch(
        &self,
        scope: &BrandScope,
        provider: &'static str,
        token: SessionToken,
        game: Option<&str>,
    ) -> Result<Option<RoundContext>, GameError> {
        let shown = repo::Shown {
            provider,
            token: token.0,
            game_code: game.map(str::to_owned),
        };
        self.launches.ask(scope, shown).await
    }

    /// The launch's context, with its own game in the place of one that nobody knows, where that is agreed.
    async fn as_launched(
        &self,
        scope: &BrandScope,
        integration: Integration,
        shown: Shown<'_>,
        game: Option<&str>,
        context: RoundContext,
    ) -> Result<RoundContext, RoundError> {
        let (Some(game), None, UnknownGame::AsLaunched, Shown::Token(token)) =
            (game, &context.game, integration.unknown_game, shown)
        else {
            return Ok(context);
        };
        let Some(token) = integration.tokens.read(scope, token) else {
            return Ok(context);
        };
        let mut reads = GameReads::open(&self.pool, scope).await?;
        let launched = reads.launched_context(integration.provider, token, game).await?;
        Ok(launched.unwrap_or(context))
    }

    /// The player and the launch that a call speaks of, if they belong together.
    async fn introduce(
        &self,
        scope: &BrandScope,
        integration: Integration,
        (who, shown): (Who<'_>, Shown<'_>),
        game: Option<&str>,
    ) -> Result<Result<(PlayerSummary, RoundContext), Refusal>, RoundError> {
        let provider = integration.provider;
        let account = match who {
            Who::Account(account) => account,
            Who::Holder(token) => {
                let Some(token) = integration.tokens.read(scope, token) else {
                    return Ok(Err(Refusal::UnknownToken));
                };
                let Some(context) = self.launch(scope, provider, token, game).await? else {
                    return Ok(Err(Refusal::UnknownToken));
                };
                let player = self.players.find(scope, context.player).await?;
                return Ok(player.map(|player| (player, context)).ok_or(Refusal::UnknownUser));
            }
        };
        // Nothing of the player is needed to look a token up, so both are asked for at once.
        let token = match shown {
            Shown::Token(token) => integration.tokens.read(scope, token),
            Shown::Newest => None,
        };
        let launch = async {
            match token {
                Some(token) => self.launch(scope, provider, token, game).await,
                None => Ok(None),
            }
        };
        let player = self.players.find_by_account(scope, account);
        let (player, launch) = tokio::join!(player, launch);
        let Some(player) = player? else {
            return Ok(Err(Refusal::UnknownUser));
        };
        let context = match shown {
            Shown::Token(_) => launch?,
            Shown::Newest => {
                let mut reads = GameReads::open(&self.pool, scope).await?;
                reads.newest_context(provider, player.id, game).await?
            }
        };
        Ok(match context {
            Some(context) if context.player == player.id => Ok((player, context)),
            Some(_) | None => Err(Refusal::UnknownToken),
        })
    }
}

/// Whether it was done, now or before: of a repeat the end may have been lost.
fn took_effect(outcome: &Outcome) -> bool {
    matches!(outcome.verdict(), Some(Verdict::Applied(_)))
}

fn command(
    provider: &'static str,
    asked: Move,
    player: &PlayerSummary,
    context: &RoundContext,
) -> Result<Command, RoundError> {
    // As the call names it, since that is what a repeat must agree with; admitted, it is the launch's.
    let currency = asked.currency.unwrap_or(context.currency);
    let mut command = Command::new(
        player.id,
        currency,
        source(provider)?,
        asked.transaction,
        asked.action,
    )
    .with_policy(asked.policy);
    command.agreed = asked.agreed;
    Ok(command)
}

/// A provider's name is a short constant of its adapter.
fn source(provider: &'static str) -> Result<Source, RoundError> {
    Ok(Source::provider(provider).map_err(|_| GameError::Unreadable("provider name"))?)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use croupier_brand::{
        eligibility::{GameStanding, Standing},
        token::PlayerId,
    };
    use croupier_wallet::{Amount, GameId, Policy, RoundId, TransactionId};
    use time::OffsetDateTime;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn money_10_everything_the_provider_said_reaches_the_wallet() {
        let player = PlayerSummary {
            id: PlayerId(Uuid::nil()),
            account: "alice".to_owned(),
            standing: Standing::Active,
        };
        let context = RoundContext {
            player: player.id,
            currency: Currency::parse("EUR").unwrap(),
            expires_at: OffsetDateTime::UNIX_EPOCH,
            ended: false,
            game: crate::catalogue::GameId::parse("northern-lights")
                .map(|game| (game, GameStanding::Offered)),
        };
        let win = Move::win(
            TransactionId::new("w1").unwrap(),
            (Currency::parse("SEK").unwrap(), Amount::new(500).unwrap()),
            RoundId::new("r1").unwrap(),
            GameId::new("clt_northernlights").unwrap(),
            TransactionId::new("b1").ok(),
            Policy::default(),
        );
        let command = command("hub88", win.agreeing_on("nominal", "1"), &player, &context).unwrap();
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
        assert_eq!(command.currency.code(), "SEK", "what a repeat must agree with");
    }
}
