//! Who may, and when.

use croupier_brand::{
    BrandStatus, Currency,
    eligibility::{Act, Facts, GameStanding, Ineligible, Standing, eligible},
};
use croupier_wallet::Action;
use serde::Deserialize;
use time::OffsetDateTime;

use super::Move;
use crate::session::RoundContext;

/// Why the wallet was not asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// The brand has no player of this account, or the account is of no brand.
    UnknownUser,
    /// The token was not issued to this player of this brand, or the player never opened a game of this provider.
    UnknownToken,
    /// The brand does not offer the game (for a win: never did).
    UnknownGame,
    /// Not the launch's currency.
    ForeignCurrency,
    /// Not an amount of the launch's currency: finer than it, or too large.
    OddAmount,
    /// The brand takes no bets now.
    BrandClosed,
    /// The launch takes no bets any more.
    TokenExpired,
    /// The player may not bet.
    PlayerDisabled,
    /// A limit stops the bet.
    LimitReached,
    /// More at once than the wallet decides together.
    TooMany,
}

/// A bet or win in a game that the provider's catalogue here does not have: a table of a live lobby, or a game that was
/// never taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnknownGame {
    /// [`Refusal::UnknownGame`].
    Refuse,
    /// It counts as the game that was opened, where the call shows the token of that launch. What the catalogue has and
    /// the brand does not offer is refused all the same.
    AsLaunched,
}

impl Refusal {
    /// Every one.
    pub const ALL: [Self; 10] = [
        Self::UnknownUser,
        Self::UnknownToken,
        Self::UnknownGame,
        Self::ForeignCurrency,
        Self::OddAmount,
        Self::BrandClosed,
        Self::TokenExpired,
        Self::PlayerDisabled,
        Self::LimitReached,
        Self::TooMany,
    ];
}

impl From<Ineligible> for Refusal {
    fn from(why: Ineligible) -> Self {
        match why {
            Ineligible::BrandClosed => Self::BrandClosed,
            Ineligible::PlayerBlocked | Ineligible::PlayerExcluded | Ineligible::PlayerClosed => {
                Self::PlayerDisabled
            }
            Ineligible::LimitReached => Self::LimitReached,
            Ineligible::GameWithdrawn | Ineligible::GameUnknown => Self::UnknownGame,
        }
    }
}

/// The table of [`crate::rounds`].
pub(super) fn admit(
    asked: &Move,
    context: &RoundContext,
    player: Standing,
    brand: BrandStatus,
    now: OffsetDateTime,
) -> Result<(), Refusal> {
    let game = match &asked.action {
        Action::Rollback { .. } | Action::PromoWin { .. } => None,
        action => action.game().map(|_| {
            let named = context.game.as_ref();
            named.map_or(GameStanding::Unknown, |(_, standing)| *standing)
        }),
    };
    let facts = Facts {
        brand,
        player,
        limit_reached: false,
        game,
    };
    eligible(asked.act, &facts)?;
    in_currency(asked.currency, context)?;
    if asked.act == Act::Bet && is_over(context, now) {
        return Err(Refusal::TokenExpired);
    }
    Ok(())
}

/// What sitting down asks: what opening a launch asks of the brand and the player, and that the launch is not over.
pub(super) fn opens(
    context: &RoundContext,
    player: Standing,
    brand: BrandStatus,
    now: OffsetDateTime,
) -> Result<(), Refusal> {
    let facts = Facts {
        brand,
        player,
        limit_reached: false,
        game: None,
    };
    eligible(Act::Launch, &facts)?;
    if is_over(context, now) {
        return Err(Refusal::TokenExpired);
    }
    Ok(())
}

fn is_over(context: &RoundContext, now: OffsetDateTime) -> bool {
    context.ended || now >= context.expires_at
}

/// The launch's currency, or none named.
pub(super) fn in_currency(named: Option<Currency>, context: &RoundContext) -> Result<(), Refusal> {
    match named {
        Some(named) if named != context.currency => Err(Refusal::ForeignCurrency),
        Some(_) | None => Ok(()),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use croupier_brand::{Currency, token::PlayerId};
    use croupier_wallet::{Amount, GameId, Policy, RoundId, TransactionId};
    use time::Duration;
    use uuid::Uuid;

    use super::*;

    const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    fn eur() -> Currency {
        Currency::parse("EUR").unwrap()
    }

    fn bet(minor: i64, promotional: bool) -> Move {
        let bet = Move::bet(
            TransactionId::new("b1").unwrap(),
            (eur(), Amount::new(minor).unwrap()),
            RoundId::new("r1").unwrap(),
            GameId::new("clt_northernlights").unwrap(),
            Policy::default(),
        );
        if promotional { bet.promotional() } else { bet }
    }

    fn win() -> Move {
        Move::win(
            TransactionId::new("w1").unwrap(),
            (eur(), Amount::new(500).unwrap()),
            RoundId::new("r1").unwrap(),
            GameId::new("clt_northernlights").unwrap(),
            TransactionId::new("b1").ok(),
            Policy::default(),
        )
    }

    fn rollback() -> Move {
        Move::rollback(
            TransactionId::new("x1").unwrap(),
            TransactionId::new("b1").unwrap(),
            None,
            None,
            None,
            Policy::default(),
        )
    }

    fn context(standing: Option<GameStanding>) -> RoundContext {
        RoundContext {
            player: PlayerId(Uuid::nil()),
            currency: eur(),
            expires_at: NOW + Duration::hours(12),
            ended: false,
            game: standing.map(|standing| {
                (
                    crate::catalogue::GameId::parse("northern-lights").unwrap(),
                    standing,
                )
            }),
        }
    }

    fn offered() -> RoundContext {
        context(Some(GameStanding::Offered))
    }

    fn check(asked: &Move, context: &RoundContext) -> Result<(), Refusal> {
        admit(asked, context, Standing::Active, BrandStatus::Active, NOW)
    }

    #[test]
    fn an_ordinary_round_is_admitted() {
        for movement in [bet(100, false), bet(0, false), bet(0, true), win(), rollback()] {
            assert_eq!(check(&movement, &offered()), Ok(()), "{movement:?}");
        }
    }

    #[test]
    fn money_18_only_bets_ask_whether_the_launch_is_over() {
        for (late, refused) in [
            (Duration::hours(12), true),
            (Duration::hours(12) - Duration::milliseconds(1), false),
            (Duration::days(30), true),
        ] {
            let at = |asked: &Move| {
                admit(
                    asked,
                    &offered(),
                    Standing::Active,
                    BrandStatus::Active,
                    NOW + late,
                )
            };
            assert_eq!(
                at(&bet(100, false)),
                if refused {
                    Err(Refusal::TokenExpired)
                } else {
                    Ok(())
                },
                "{late}"
            );
            assert_eq!(at(&bet(0, false)).is_err(), refused);
            for movement in [bet(0, true), win(), rollback()] {
                assert_eq!(at(&movement), Ok(()), "{movement:?}");
            }
        }
    }

    #[test]
    fn money_18_a_launch_that_was_ended_takes_no_bets_whatever_the_clock_says() {
        let ended = RoundContext {
            ended: true,
            ..offered()
        };
        for staked in [bet(100, false), bet(0, false), bet(1, true)] {
            assert_eq!(check(&staked, &ended), Err(Refusal::TokenExpired), "{staked:?}");
        }
        for movement in [bet(0, true), win(), rollback()] {
            assert_eq!(check(&movement, &ended), Ok(()), "{movement:?}");
        }
    }

    #[test]
    fn money_18_only_who_begins_a_round_asks_about_the_player_and_the_brand() {
        for player in [Standing::Blocked, Standing::Excluded, Standing::Closed] {
            let at = |asked: &Move| admit(asked, &offered(), player, BrandStatus::Active, NOW);
            for begun in [bet(100, false), bet(0, false), bet(0, true)] {
                assert_eq!(at(&begun), Err(Refusal::PlayerDisabled), "{begun:?}");
            }
            assert_eq!((at(&win()), at(&rollback())), (Ok(()), Ok(())));
        }
        for brand in [BrandStatus::Maintenance, BrandStatus::Suspended] {
            let at = |asked: &Move| admit(asked, &offered(), Standing::Active, brand, NOW);
            for begun in [bet(100, false), bet(0, true)] {
                assert_eq!(at(&begun), Err(Refusal::BrandClosed), "{begun:?}");
            }
            assert_eq!((at(&win()), at(&rollback())), (Ok(()), Ok(())));
        }
    }

    #[test]
    fn money_18_who_sits_down_is_asked_about_the_player_the_brand_and_the_launch() {
        let at = |context: &RoundContext, player, brand, late| opens(context, player, brand, NOW + late);
        let (active, open) = (Standing::Active, BrandStatus::Active);
        let (soon, late) = (Duration::hours(1), Duration::hours(12));
        assert_eq!(at(&offered(), active, open, soon), Ok(()));
        // Which game is not said.
        assert_eq!(at(&context(None), active, open, soon), Ok(()));
        assert_eq!(at(&offered(), active, open, late), Err(Refusal::TokenExpired));
        let ended = RoundContext {
            ended: true,
            ..offered()
        };
        assert_eq!(at(&ended, active, open, soon), Err(Refusal::TokenExpired));
        for player in [Standing::Blocked, Standing::Excluded, Standing::Closed] {
            assert_eq!(at(&ended, player, open, late), Err(Refusal::PlayerDisabled));
        }
        for brand in [BrandStatus::Maintenance, BrandStatus::Suspended] {
            assert_eq!(at(&offered(), active, brand, soon), Err(Refusal::BrandClosed));
        }
    }

    #[test]
    fn a_promotional_bet_that_stakes_something_is_a_bet() {
        let late = admit(
            &bet(1, true),
            &offered(),
            Standing::Active,
            BrandStatus::Active,
            NOW + Duration::days(1),
        );
        assert_eq!(late, Err(Refusal::TokenExpired));
    }

    #[test]
    fn a_game_taken_off_takes_no_bets_but_is_settled() {
        let withdrawn = context(Some(GameStanding::Withdrawn));
        assert_eq!(check(&bet(100, false), &withdrawn), Err(Refusal::UnknownGame));
        assert_eq!(check(&bet(0, true), &withdrawn), Ok(()));
        assert_eq!(
            (check(&win(), &withdrawn), check(&rollback(), &withdrawn)),
            (Ok(()), Ok(()))
        );
        for movement in [bet(100, false), win()] {
            assert_eq!(
                check(&movement, &context(None)),
                Err(Refusal::UnknownGame),
                "{movement:?}"
            );
        }
        assert_eq!(check(&rollback(), &context(None)), Ok(()));
    }

    #[test]
    fn the_currency_is_the_launchs() {
        let mut dollars = offered();
        dollars.currency = Currency::parse("USD").unwrap();
        for movement in [bet(100, false), win()] {
            assert_eq!(
                check(&movement, &dollars),
                Err(Refusal::ForeignCurrency),
                "{movement:?}"
            );
        }
        assert_eq!(check(&rollback(), &dollars), Ok(()));
    }
}
