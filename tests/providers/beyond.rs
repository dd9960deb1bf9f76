//! What no provider brings about by itself, played at a house of the tests: the lines of docs/providers.md beside the
//! kit's cases.

use std::time::Duration;

use croupier_brand::Clock;
use croupier_game::{
    conformance::{Class, Kit, ProviderKey, Step, Stop},
    provider::Protocol,
};

use super::{HouseHand, key, kit_at};
use crate::{books::sql, harness::House};

/// How long ago, where something was.
const DAYS: Duration = Duration::from_secs(3 * 24 * 60 * 60);

/// One line.
pub struct Line {
    /// The group of cases it is of.
    pub group: u8,
    pub name: &'static str,
    pub run: for<'k, 'h> fn(&'k mut Kit<'h>, &'k Table<'h>) -> Step<'k, ()>,
}

pub const LINES: [Line; 5] = [
    Line {
        group: 4,
        name: "the same bet id at another provider",
        run: elsewhere,
    },
    Line {
        group: 5,
        name: "a bet again that could not be written down at first",
        run: failed_first,
    },
    Line {
        group: 13,
        name: "a win three days after its launch",
        run: days_later,
    },
    Line {
        group: 18,
        name: "a rollback that was signed three days ago, where a signature says a time",
        run: signed_long_ago,
    },
    Line {
        group: 18,
        name: "a bet signed with the key that replaces another, while both are good",
        run: rotated,
    },
];

/// Where a line is played.
pub struct Table<'h> {
    pub house: &'h House,
    pub protocol: &'static Protocol,
    pub hand: &'h HouseHand<'h>,
    pub next_key: &'h ProviderKey,
}

/// The same player, the same id, of two providers: two bets.
fn elsewhere<'k>(kit: &'k mut Kit<'_>, table: &'k Table<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let bet = kit.bet("b", 100);
        // One that takes any text for an id.
        let other = if table.protocol.spec.name == "softswiss" {
            "spribe"
        } else {
            "softswiss"
        };
        let other = Protocol::named(other).unwrap();
        let (driver, key) = (other.driver(), key(table.house, other));
        let hand = HouseHand::of(table.house, other, 0);
        let seat = hand.beside(table.hand, &kit.seat).await;
        let mut there = kit_at(table.house, &*driver, &key, &hand, seat);
        there.done(&bet).await?;
        kit.judge(&bet, &[Class::Done], -100).await?;
        Ok(())
    })
}

/// A failure of the moment is no decision: the provider is told to say it again, and then it is decided.
fn failed_first<'k>(kit: &'k mut Kit<'_>, table: &'k Table<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let bet = kit.bet("b", 100);
        sql(
            table.house,
            1,
            "REVOKE INSERT ON wallet_command FROM croupier_app",
        )
        .await;
        let heard = kit.must(&bet, &[Class::Retry]).await;
        sql(table.house, 1, "GRANT INSERT ON wallet_command TO croupier_app").await;
        heard?;
        kit.judge(&bet, &[Class::Done], -100).await?;
        Ok(())
    })
}

fn days_later<'k>(kit: &'k mut Kit<'_>, table: &'k Table<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        kit.done(&kit.bet("b", 100)).await?;
        let player = table.hand.player(&kit.seat).0;
        let launch = format!(
            "UPDATE game_session SET created_at = created_at - interval '3 days', expires_at = created_at - interval '2 days' WHERE player_id = '{player}'"
        );
        sql(table.house, 1, &launch).await;
        kit.judge(&kit.win("w", "b", 250), &[Class::Done], 250).await?;
        Ok(())
    })
}

/// Where calls say no time there is nothing to be long ago, and it is a rollback like any other.
fn signed_long_ago<'k>(kit: &'k mut Kit<'_>, _: &'k Table<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        kit.done(&kit.bet("b", 100)).await?;
        let (seat, undo) = (kit.seat.clone(), kit.undo("x", "b", 100));
        let message = kit.signed_before(DAYS, &seat, &undo)?;
        kit.judge_message((&seat, &undo), message, &[Class::Done], 100)
            .await?;
        Ok(())
    })
}

fn rotated<'k>(kit: &'k mut Kit<'_>, table: &'k Table<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        kit.done(&kit.bet("b1", 100)).await?;
        let (seat, bet) = (kit.seat.clone(), kit.bet("b2", 100));
        let message = kit.driver.phrase(&seat, &bet).map_err(Stop::NotSaid)?;
        let prefix = format!("/callbacks/{}", table.protocol.spec.name);
        let message = kit
            .driver
            .sign(table.next_key, &prefix, message, Clock::system().now());
        kit.judge_message((&seat, &bet), message, &[Class::Done], -100)
            .await?;
        Ok(())
    })
}
