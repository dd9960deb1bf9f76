//! Who plays, and that they can.

use std::{path::PathBuf, sync::Mutex};

use clap::Args;
use croupier_brand::Currency;
use croupier_game::conformance::{Need, Seat, Stop, Suite};

use super::{not_played, teller::last_words};
use crate::{
    cli::{Outcome, currency, money, plain},
    conformance::Given,
};

/// What a player must have, minor units: what a run takes at most, with room for a largest stake, beside `--bets`, of one
/// minor unit each.
const NEEDED: i64 = 10_000;

/// Who plays.
#[derive(Args)]
#[command(next_help_heading = "Players and what only the operator can do")]
pub(super) struct Players {
    /// The player's account, as the provider knows it; with at least 100.00 and 0.01 for each of --bets, all of which may be staked.
    #[arg(long, value_name = "ACCOUNT", required_unless_present_any = ["dev", "list"])]
    user: Option<String>,
    /// The token of a launch of the game by this player, which takes bets during the whole run.
    #[arg(long, value_name = "TOKEN", required_unless_present_any = ["dev", "list"])]
    token: Option<String>,
    /// The game's code, as the provider names it.
    #[arg(long, value_name = "CODE", required_unless_present_any = ["dev", "list"])]
    game: Option<String>,
    /// The currency of the players' wallets (ISO 4217).
    #[arg(long, value_name = "CODE", default_value = "EUR", value_parser = currency)]
    currency: Currency,
    /// A second player of the same brand, for cases about somebody else's bets.
    #[arg(long, value_name = "ACCOUNT", requires = "second_token")]
    second_user: Option<String>,
    /// The second player's launch.
    #[arg(long, value_name = "TOKEN", requires = "second_user")]
    second_token: Option<String>,
    /// A player of another brand at the same provider.
    #[arg(long, value_name = "ACCOUNT", requires = "other_brand_token")]
    other_brand_user: Option<String>,
    /// That player's launch, of the same game.
    #[arg(long, value_name = "TOKEN", requires = "other_brand_user")]
    other_brand_token: Option<String>,
    /// Another game of the same provider that the brand offers.
    #[arg(long, value_name = "CODE")]
    other_game: Option<String>,
    /// The brand's largest bet, which is more than the player has.
    #[arg(long, value_name = "AMOUNT")]
    largest_bet: Option<String>,
    /// The id of free spins that the operator issued to the player and that were not used yet (SOFTSWISS). Three are needed, the third with --hand.
    #[arg(long, value_name = "ID")]
    promotion: Vec<String>,
    /// A program that does what only the operator can: see below.
    #[arg(long, value_name = "PROGRAM")]
    hand: Option<PathBuf>,
}

impl Players {
    /// What was given, for the cases.
    pub(super) fn given(&self) -> Result<Given, String> {
        let seat = |user: &Option<String>, token: &Option<String>| {
            let (user, token, game) = (user.clone()?, token.clone()?, self.game.clone()?);
            Some(Seat {
                user,
                token,
                game,
                currency: self.currency.code().to_owned(),
            })
        };
        let largest_bet = match &self.largest_bet {
            Some(text) => Some(
                self.currency
                    .parse_positive(text)
                    .map_err(|fault| format!("--largest-bet {fault}"))?,
            ),
            None => None,
        };
        Ok(Given {
            player: seat(&self.user, &self.token),
            second: seat(&self.second_user, &self.second_token),
            foreigner: seat(&self.other_brand_user, &self.other_brand_token),
            other_game: self.other_game.clone(),
            largest_bet,
            promotions: Mutex::new(self.promotion.clone()),
            hand: self.hand.clone(),
            changed: Mutex::default(),
        })
    }
}

/// That the players are there and have what the cases take: what is wrong here would be wrong in every case.
pub(super) async fn sit_down(suite: &Suite<'_>) -> Outcome {
    let seated = async |who: &str, arguments: &str, needed: i64, seat: Result<Seat, Stop>| {
        let seat = seat.map_err(|stop| not_played(format!("{who}: {}", plain(&stop.to_string()))))?;
        let told = suite.sit_down(&seat).await;
        let has = told.map_err(|(stop, said)| {
            not_played(format!(
                "the wallet at {} does not tell what {who} has: {}\n{}  next: check --target, --key and {arguments}",
                suite.target(),
                plain(&stop.to_string()),
                said.last().map(last_words).unwrap_or_default()
            ))
        })?;
        if has < needed {
            let shown = |minor| money(Currency::parse(&seat.currency).ok(), minor);
            return Err(not_played(format!(
                "{who} has {}; the cases take at least {}",
                shown(i128::from(has)),
                shown(i128::from(needed))
            )));
        }
        Ok(())
    };
    seated(
        "the player",
        "--user, --token, --currency",
        NEEDED.saturating_add(i64::try_from(suite.manner.bets).unwrap_or(i64::MAX)),
        suite.hand.player(&[]).await,
    )
    .await?;
    if suite.hand.lacks(Need::SecondPlayer).is_none() {
        let second = suite.hand.another().await;
        seated(
            "the second player",
            "--second-user, --second-token",
            NEEDED,
            second,
        )
        .await?;
    }
    if suite.hand.lacks(Need::OtherBrand).is_none() {
        let foreigner = suite.hand.foreigner().await;
        seated(
            "the player of another brand",
            "--other-brand-user, --other-brand-token",
            NEEDED,
            foreigner,
        )
        .await?;
    }
    Ok(())
}
