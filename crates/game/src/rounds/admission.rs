//! Who may, and when.

use croupier_brand::BrandStatus;
use croupier_wallet::Amount;
use time::OffsetDateTime;

use super::Movement;
use crate::{
    players::PlayerStatus,
    session::{RoundContext, Standing},
};

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

/// The table of [`crate::rounds`].
pub(super) fn admit(
    movement: &Movement,
    context: &RoundContext,
    player: PlayerStatus,
    brand: BrandStatus,
    now: OffsetDateTime,
) -> Result<(), Refusal> {
    let (currency, staked) = match movement {
        Movement::Rollback { .. } => return Ok(()),
        Movement::Win { currency, .. } => (*currency, false),
        Movement::Bet {
            currency,
            promotional,
            amount,
            ..
        } => (*currency, !*promotional || *amount != Amount::ZERO),
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

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use croupier_brand::{Currency, token::PlayerId};
    use croupier_wallet::{GameId, RoundId, TransactionId};
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
        Movement::Rollback {
            of: TransactionId::new("b1").unwrap(),
            round: None,
            game: None,
        }
    }

    fn context(standing: Option<Standing>) -> RoundContext {
        RoundContext {
            player: PlayerId(Uuid::nil()),
            currency: eur(),
            expires_at: NOW + Duration::hours(12),
            game: standing.map(|standing| {
                (
                    crate::catalogue::GameId::parse("northern-lights").unwrap(),
                    standing,
                )
            }),
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
        for (late, refused) in [
            (Duration::hours(12), true),
            (Duration::hours(12) - Duration::milliseconds(1), false),
            (Duration::days(30), true),
        ] {
            let at = |movement: &Movement| {
                admit(
                    movement,
                    &offered(),
                    PlayerStatus::Active,
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
        let late = admit(
            &bet(1, true),
            &offered(),
            PlayerStatus::Active,
            BrandStatus::Active,
            NOW + Duration::days(1),
        );
        assert_eq!(late, Err(Refusal::TokenExpired));
    }

    #[test]
    fn a_game_taken_off_takes_no_bets_but_is_settled() {
        let withdrawn = context(Some(Standing::Withdrawn));
        assert_eq!(check(&bet(100, false), &withdrawn), Err(Refusal::UnknownGame));
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
