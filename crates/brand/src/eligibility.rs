//! Who may do what: the one place that says so.
//!
//! Whoever opens a game, takes a bet, a deposit or a withdrawal, or gives a bonus asks [`eligible`] with
//! what it knows. Each act has its own verdict, because what keeps a player from betting does not keep
//! them from their money, and nothing keeps a round from being settled:
//!
//! | | launch | bet | free round | settle | deposit | withdrawal | bonus |
//! |---|---|---|---|---|---|---|---|
//! | brand in maintenance or suspended | no | no | no | yes | no | no | no |
//! | player blocked | no | no | no | yes | no | no | no |
//! | player excluded | no | no | no | yes | no | yes | no |
//! | player closed | no | no | no | yes | no | no | no |
//! | a limit of the player's or the house's reached | yes | no | yes | yes | no | yes | yes |
//! | game taken off | no | no | yes | yes | | | |
//! | game never the brand's | no | no | no | no | | | |
//!
//! A free round stakes nothing, so no limit of money stops it; but it is play, and who may not play begins none. What it is
//! played in was promised with the promotion.
//!
//! To settle is to pay a win or to give a stake back: providers report both however late, and what was
//! bet is owed.

use time::OffsetDateTime;

use crate::{brand::BrandStatus, exclusion::Exclusion};

/// What somebody is about to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Act {
    /// Open a game.
    Launch,
    /// Stake money.
    Bet,
    /// Begin a round of a promotion, which stakes nothing.
    FreeRound,
    /// Pay a win or give a stake back.
    Settle,
    /// Bring money in.
    Deposit,
    /// Take money out.
    Withdrawal,
    /// Be given a bonus.
    Bonus,
}

/// How a player stands at their brand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Standing {
    /// In good standing.
    Active,
    /// Kept out by the house's decision for now.
    Blocked,
    /// Keeps out by the player's own decision.
    Excluded,
    /// Gone for good.
    Closed,
}

impl Standing {
    /// What the house made of a player's account, as the database names it; none of another name.
    #[must_use]
    pub fn of_account(status: &str) -> Option<Self> {
        match status {
            "active" => Some(Self::Active),
            "blocked" => Some(Self::Blocked),
            "closed" => Some(Self::Closed),
            _ => None,
        }
    }

    /// The same of a player who keeps out, if that holds at `now`. It loosens nothing.
    #[must_use]
    pub fn keeping_out(self, exclusion: Option<Exclusion>, now: OffsetDateTime) -> Self {
        match (self, exclusion) {
            (Self::Active, Some(exclusion)) if exclusion.holds(now) => Self::Excluded,
            (standing, _) => standing,
        }
    }
}

/// How a game stands at a brand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GameStanding {
    /// In the lobby.
    Offered,
    /// Taken off by the brand or its maker.
    Withdrawn,
    /// Never was the brand's.
    Unknown,
}

/// What is known when somebody asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Whether the brand is open.
    pub brand: BrandStatus,
    /// How the player stands.
    pub player: Standing,
    /// A limit that this act would exceed.
    pub limit_reached: bool,
    /// The game, where the act is about one.
    pub game: Option<GameStanding>,
}

/// Why not. The first that holds, in the order of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ineligible {
    /// The brand is closed.
    BrandClosed,
    /// The player is kept out by the house.
    PlayerBlocked,
    /// The player keeps out.
    PlayerExcluded,
    /// The player has left.
    PlayerClosed,
    /// A limit is reached.
    LimitReached,
    /// The game was taken off.
    GameWithdrawn,
    /// The game is not the brand's.
    GameUnknown,
}

impl Ineligible {
    /// The stable code, as answers and metrics name it.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::BrandClosed => "brand_closed",
            Self::PlayerBlocked => "player_blocked",
            Self::PlayerExcluded => "player_excluded",
            Self::PlayerClosed => "player_closed",
            Self::LimitReached => "limit_reached",
            Self::GameWithdrawn | Self::GameUnknown => "unknown_game",
        }
    }
}

/// The table of this module.
///
/// # Errors
/// [`Ineligible`], the first reason of the table.
pub fn eligible(act: Act, facts: &Facts) -> Result<(), Ineligible> {
    if act == Act::Settle {
        return match facts.game {
            Some(GameStanding::Unknown) => Err(Ineligible::GameUnknown),
            _ => Ok(()),
        };
    }
    if facts.brand != BrandStatus::Active {
        return Err(Ineligible::BrandClosed);
    }
    match facts.player {
        Standing::Blocked => return Err(Ineligible::PlayerBlocked),
        Standing::Closed => return Err(Ineligible::PlayerClosed),
        Standing::Excluded if act != Act::Withdrawal => return Err(Ineligible::PlayerExcluded),
        Standing::Active | Standing::Excluded => {}
    }
    if facts.limit_reached && matches!(act, Act::Bet | Act::Deposit) {
        return Err(Ineligible::LimitReached);
    }
    // Last: who may not play learns nothing of games.
    match facts.game {
        Some(GameStanding::Unknown) => Err(Ineligible::GameUnknown),
        Some(GameStanding::Withdrawn) if act != Act::FreeRound => Err(Ineligible::GameWithdrawn),
        Some(GameStanding::Offered | GameStanding::Withdrawn) | None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exclusion::ExclusionKind;

    const ALL: [Act; 7] = [
        Act::Launch,
        Act::Bet,
        Act::FreeRound,
        Act::Settle,
        Act::Deposit,
        Act::Withdrawal,
        Act::Bonus,
    ];
    const FINE: Facts = Facts {
        brand: BrandStatus::Active,
        player: Standing::Active,
        limit_reached: false,
        game: None,
    };

    /// Which acts are refused, in the order of `ALL`, and why.
    fn refused(facts: Facts) -> (Vec<Act>, Vec<Ineligible>) {
        let refusals = ALL
            .into_iter()
            .filter_map(|act| Some((act, eligible(act, &facts).err()?)));
        let (acts, mut reasons): (Vec<_>, Vec<_>) = refusals.unzip();
        reasons.dedup();
        (acts, reasons)
    }

    #[test]
    fn who_keeps_out_is_excluded_to_the_moment_and_nothing_is_loosened_by_it() {
        let now = OffsetDateTime::UNIX_EPOCH;
        let until = |seconds: i64| Exclusion {
            kind: ExclusionKind::TimeOut,
            until: Some(now + time::Duration::seconds(seconds)),
        };
        let at = |standing: Standing, exclusion| standing.keeping_out(exclusion, now);
        assert_eq!(at(Standing::Active, None), Standing::Active);
        assert_eq!(at(Standing::Active, Some(until(1))), Standing::Excluded);
        assert_eq!(at(Standing::Active, Some(until(0))), Standing::Active);
        assert_eq!(at(Standing::Active, Some(until(-1))), Standing::Active);
        for standing in [Standing::Blocked, Standing::Closed] {
            assert_eq!(at(standing, Some(until(1))), standing);
        }
        for name in ["", "Active", "excluded", "gone"] {
            assert_eq!(Standing::of_account(name), None);
        }
    }

    #[test]
    fn the_table_is_what_is_decided() {
        let all_but =
            |kept: &[Act]| -> Vec<Act> { ALL.into_iter().filter(|act| !kept.contains(act)).collect() };
        assert_eq!(refused(FINE).0, []);
        for brand in [BrandStatus::Maintenance, BrandStatus::Suspended] {
            let closed = refused(Facts { brand, ..FINE });
            assert_eq!(closed, (all_but(&[Act::Settle]), vec![Ineligible::BrandClosed]));
        }
        let of = |player| refused(Facts { player, ..FINE });
        assert_eq!(
            of(Standing::Blocked),
            (all_but(&[Act::Settle]), vec![Ineligible::PlayerBlocked])
        );
        assert_eq!(
            of(Standing::Closed),
            (all_but(&[Act::Settle]), vec![Ineligible::PlayerClosed])
        );
        assert_eq!(
            of(Standing::Excluded),
            (
                all_but(&[Act::Settle, Act::Withdrawal]),
                vec![Ineligible::PlayerExcluded]
            )
        );
        assert_eq!(
            refused(Facts {
                limit_reached: true,
                ..FINE
            }),
            (vec![Act::Bet, Act::Deposit], vec![Ineligible::LimitReached])
        );
        let at = |game| {
            refused(Facts {
                game: Some(game),
                ..FINE
            })
        };
        assert_eq!(at(GameStanding::Offered).0, []);
        assert_eq!(
            at(GameStanding::Withdrawn),
            (
                all_but(&[Act::FreeRound, Act::Settle]),
                vec![Ineligible::GameWithdrawn]
            )
        );
        assert_eq!(
            at(GameStanding::Unknown),
            (ALL.to_vec(), vec![Ineligible::GameUnknown])
        );
    }
}
