//! `croupier launch`.

use clap::{ArgGroup, Args, Subcommand};
use croupier_game::{
    catalogue::GameId,
    launches::{self, Ended, LaunchId, Whose},
};
use croupier_wallet::Note;

use super::{Outcome, because, game_id, owner::Owner, plain, say, written};
use crate::desk::Desk;

/// See and end the launches of players: what they opened games with, and what providers show with every bet.
#[derive(Subcommand)]
pub(crate) enum LaunchCommand {
    /// List the launches that take bets, the newest first.
    List(List),
    /// End launches: no bet is taken on them any more.
    #[command(
        after_help = "Wins and rollbacks of what was bet go on, and rounds of a promotion. Seen by every process with the next call.\nThe player may open another one: croupier player block, and croupier game disable, are for who or what is to stay away.\nDoing it again ends nothing more."
    )]
    End(End),
}

/// Which launches.
#[derive(Args)]
struct Which {
    /// The brand's code.
    #[arg(long, value_name = "CODE")]
    brand: String,
    /// Only this player's: the account at the brand.
    #[arg(long, value_name = "ACCOUNT")]
    player: Option<String>,
    /// Only those of this game, by its id: croupier game list shows it.
    #[arg(long, value_name = "GAME", value_parser = game_id)]
    game: Option<GameId>,
    #[command(flatten)]
    owner: Owner,
}

#[derive(Args)]
pub(crate) struct List {
    #[command(flatten)]
    which: Which,
    /// How many are shown.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..))]
    limit: u16,
}

#[derive(Args)]
#[command(group = ArgGroup::new("whose").args(["player", "game"]).required(true).multiple(true))]
pub(crate) struct End {
    #[command(flatten)]
    which: Which,
    /// Only this one of the player's, as `list` shows it.
    #[arg(long, value_name = "ID", value_parser = LaunchId::parse, requires = "player", conflicts_with = "game")]
    launch: Option<LaunchId>,
    /// Why, for the audit trail; 200 characters at the most.
    #[arg(long, value_name = "TEXT", value_parser = Note::new)]
    reason: Option<Note>,
}

impl LaunchCommand {
    pub(crate) async fn run(self) -> Outcome {
        match self {
            Self::List(list) => list.run().await,
            Self::End(end) => end.run().await,
        }
    }
}

impl Which {
    /// A desk of the brand's, what is done there being written down, and who and what was named, as the brand has it.
    async fn sit_down(&self, action: &str) -> Result<(Desk, Whose), Box<dyn std::error::Error>> {
        let desk = self.owner.desk(&self.brand, action).await?;
        let player = match &self.player {
            Some(account) => Some(desk.player(account).await?.id),
            None => None,
        };
        if let Some(game) = &self.game {
            desk.has_game(game).await?;
        }
        let game = self.game.clone();
        Ok((desk, Whose { player, game }))
    }

    /// Who and what was named, as a person reads it.
    fn told(&self) -> String {
        match (&self.player, &self.game) {
            (Some(player), Some(game)) => format!("{} in {}", plain(player), game.as_str()),
            (Some(player), None) => plain(player),
            (None, Some(game)) => game.as_str().to_owned(),
            (None, None) => String::new(),
        }
    }
}

impl List {
    async fn run(self) -> Outcome {
        let (desk, whose) = self.which.sit_down("launch list").await?;
        let now = desk.clock.now();
        let more = usize::from(self.limit);
        // One more than is shown says whether there are more.
        let mut live =
            launches::live(&desk.pool, &desk.scope, &whose, now, self.limit.saturating_add(1)).await?;
        let rest = live.len() > more;
        live.truncate(more);
        for launch in &live {
            say(format_args!(
                "{}  {}  player {}  game {}  {}  since {}  until {}",
                launch.id,
                launch.provider,
                plain(&launch.account),
                launch.game.as_str(),
                launch.currency,
                written(launch.created_at),
                written(launch.expires_at),
            ));
        }
        say(format_args!(
            "{} of {} take bets{}",
            counted(live.len() as u64),
            desk.scope.code(),
            if rest {
                ", and there are more: --limit shows them"
            } else {
                ""
            }
        ));
        Ok(())
    }
}

impl End {
    async fn run(self) -> Outcome {
        let (desk, whose) = self.which.sit_down(&self.action()).await?;
        let now = desk.clock.now();
        let count = match (&self.launch, whose.player) {
            (Some(launch), Some(player)) => {
                match launches::end_one(&desk.pool, &desk.scope, (player, launch), now).await? {
                    Ended::These(count) => count,
                    Ended::NoSuchLaunch => return Err(self.unknown(launch).into()),
                    Ended::SeveralOfThatName => return Err(self.several(launch).into()),
                }
            }
            _ => launches::end(&desk.pool, &desk.scope, &whose, now).await?,
        };
        say(match count {
            0 => format!("no launch of {} took bets: nothing to end", self.which.told()),
            count => format!(
                "{} of {} ended: no bet is taken any more",
                counted(count),
                self.which.told()
            ),
        });
        Ok(())
    }

    /// What the audit trail says.
    fn action(&self) -> String {
        let launch = self
            .launch
            .as_ref()
            .map_or_else(String::new, |id| format!("{id} "));
        format!(
            "launch end {launch}of {}{}",
            self.which.told(),
            because(self.reason.as_ref())
        )
    }

    fn unknown(&self, launch: &LaunchId) -> String {
        format!(
            "{} at {} has no launch {launch}\n  next: croupier launch list --brand {} --player {}",
            self.which.told(),
            self.which.brand,
            self.which.brand,
            self.which.told()
        )
    }

    fn several(&self, launch: &LaunchId) -> String {
        format!(
            "{} at {} has several launches {launch}\n  next: leave --launch out, or say --game",
            self.which.told(),
            self.which.brand
        )
    }
}

fn counted(count: u64) -> String {
    match count {
        1 => "1 launch".to_owned(),
        count => format!("{count} launches"),
    }
}
