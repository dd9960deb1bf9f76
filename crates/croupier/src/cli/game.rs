//! `croupier game`.

use std::sync::Arc;

use clap::{Args, Subcommand};
use croupier_brand::global::{self, games};
use croupier_game::{
    catalogue::GameId,
    offers::{self, Turned},
};
use croupier_wallet::Note;

use super::{Outcome, because, game_id, owner::Owner, plain, say};

/// Put games on and take them off, for the whole house or one brand.
#[derive(Subcommand)]
pub(crate) enum GameCommand {
    /// List the games: of the catalogue, or of one brand.
    List(List),
    /// Take a game off: it is in no lobby, is not opened and takes no bet, in launches that are open too.
    #[command(
        after_help = "Wins and rollbacks of what was bet go on, and rounds of a promotion in it. Seen by every process with the next call.\nDoing it again changes nothing."
    )]
    Disable(Turn),
    /// Put a game on again, or into the list of a brand that never had it. Players see what both house and brand have on.
    Enable(Turn),
}

#[derive(Args)]
pub(crate) struct List {
    /// A brand's code; the whole catalogue when left out.
    #[arg(long, value_name = "CODE")]
    brand: Option<String>,
    #[command(flatten)]
    owner: Owner,
}

#[derive(Args)]
pub(crate) struct Turn {
    /// The game's id, as `list` shows it.
    #[arg(value_name = "GAME", value_parser = game_id)]
    game: GameId,
    /// Only at this brand, by its code; for the whole house when left out.
    #[arg(long, value_name = "CODE")]
    brand: Option<String>,
    /// Why, for the audit trail; 200 characters at the most.
    #[arg(long, value_name = "TEXT", value_parser = Note::new)]
    reason: Option<Note>,
    #[command(flatten)]
    owner: Owner,
}

impl GameCommand {
    pub(crate) async fn run(self) -> Outcome {
        match self {
            Self::List(list) => list.run().await,
            Self::Disable(turn) => turn.run(false).await,
            Self::Enable(turn) => turn.run(true).await,
        }
    }
}

impl List {
    async fn run(self) -> Outcome {
        match &self.brand {
            Some(brand) => self.of_brand(brand).await,
            None => self.of_house().await,
        }
    }

    async fn of_brand(&self, brand: &str) -> Outcome {
        let desk = self.owner.desk(brand, "game list").await?;
        for offer in offers::of_brand(&desk.pool, &desk.scope).await? {
            let state = match (offer.active, offer.enabled) {
                (true, true) => "on",
                (true, false) => "off at this brand",
                (false, true) => "off for the whole house",
                (false, false) => "off at this brand and for the whole house",
            };
            line(
                (offer.game.as_str(), &offer.provider, &offer.game_code),
                &offer.name,
                state,
            );
        }
        Ok(())
    }

    async fn of_house(&self) -> Outcome {
        let pool = self.owner.connect_migrated().await?;
        for game in games::all(&pool).await? {
            let state = if game.active {
                "on"
            } else {
                "off for the whole house"
            };
            line((&game.id, &game.provider, &game.code), &game.name, state);
        }
        Ok(())
    }
}

fn line((id, provider, code): (&str, &str, &str), name: &str, state: &str) {
    say(format_args!(
        "{id}  provider {provider}  code {}  {}: {state}",
        plain(code),
        plain(name)
    ));
}

impl Turn {
    async fn run(self, on: bool) -> Outcome {
        match &self.brand {
            Some(brand) => self.at_brand(brand, on).await,
            None => self.for_all(on).await,
        }
    }

    /// What the audit trail says.
    fn action(&self, where_to: &str, on: bool) -> String {
        let (act, game) = (if on { "enable" } else { "disable" }, self.game.as_str());
        format!("game {act} {game} {where_to}{}", because(self.reason.as_ref()))
    }

    async fn at_brand(&self, brand: &str, on: bool) -> Outcome {
        let desk = self.owner.desk(brand, &self.action("at this brand", on)).await?;
        let turned = offers::turn(&desk.pool, &desk.scope, &self.game, on).await?;
        if turned == Turned::NoSuchGame {
            return Err(if on {
                self.unknown().into()
            } else {
                desk.no_game(&self.game).into()
            });
        }
        self.said(
            on,
            turned == Turned::Changed,
            &format!("at {}", desk.scope.code()),
        );
        if !on {
            return Ok(());
        }
        let all = offers::of_brand(&desk.pool, &desk.scope).await?;
        if all.iter().any(|offer| offer.game == self.game && !offer.active) {
            say(format_args!(
                "it is off for the whole house, so players do not see it\n  next: croupier game enable {}",
                self.game.as_str()
            ));
        }
        Ok(())
    }

    async fn for_all(&self, on: bool) -> Outcome {
        let pool = self.owner.connect_migrated().await?;
        let before = games::all(&pool).await?;
        let before = before.iter().find(|game| game.id == self.game.as_str());
        let before = before.ok_or_else(|| self.unknown())?.active;
        // It concerns every brand, so each one's trail has it.
        let action = self.action("for the whole house", on);
        for brand in global::all_brands(&pool).await? {
            self.owner.audit(&pool, Arc::new(brand), &action).await?;
        }
        if !games::set_active(&pool, self.game.as_str(), on).await? {
            return Err(self.unknown().into());
        }
        self.said(on, before != on, "for the whole house");
        Ok(())
    }

    fn said(&self, on: bool, changed: bool, where_to: &str) {
        let (game, state) = (self.game.as_str(), if on { "on" } else { "off" });
        if changed {
            say(format_args!("{game} is {state} {where_to}"));
        } else {
            say(format_args!("{game} was {state} {where_to} already"));
        }
    }

    fn unknown(&self) -> String {
        format!(
            "there is no game {:?}; croupier game list shows those there are",
            self.game.as_str()
        )
    }
}
