//! `croupier player`.

use clap::{Args, Subcommand};
use croupier_brand::token::Revocations;
use croupier_player::{AccountName, PlayerStanding, PlayerStatus};

use super::{
    Outcome,
    owner::{Desk, Owner},
    say,
};

/// Block, close and reopen players of a brand. Who is blocked or closed is signed out everywhere at once.
#[derive(Subcommand)]
pub(crate) enum PlayerCommand {
    /// Refuse a player until reopened.
    Block(Whom),
    /// Close a player's account for good.
    Close(Whom),
    /// Let a blocked player sign in again.
    Reopen(Whom),
}

#[derive(Args)]
pub(crate) struct Whom {
    /// The brand's code.
    brand: String,
    /// The player's account at that brand.
    account: String,
    #[command(flatten)]
    owner: Owner,
}

impl PlayerCommand {
    pub(crate) async fn run(self) -> Outcome {
        let (whom, act, to) = match self {
            Self::Block(whom) => (whom, "block", PlayerStatus::Blocked),
            Self::Close(whom) => (whom, "close", PlayerStatus::Closed),
            Self::Reopen(whom) => (whom, "reopen", PlayerStatus::Active),
        };
        whom.change(act, to).await
    }
}

impl Whom {
    async fn change(self, act: &str, to: PlayerStatus) -> Outcome {
        let account = AccountName::parse(&self.account)
            .map_err(|fault| format!("the account {fault}: {:?}", self.account))?;
        let action = format!("player {act} {}", account.as_str());
        let Desk {
            pool, scope, clock, ..
        } = self.owner.desk(&self.brand, &action).await?;
        let revocations = Revocations::new(pool.clone(), self.owner.redis()?, clock.clone());
        let changed = PlayerStanding::new(pool, revocations, clock)
            .change(&scope, &account, to)
            .await?
            .map_err(|refusal| format!("{} at {}: {refusal}", account.as_str(), scope.code()))?;
        say(format_args!(
            "{} at {} was {} and is {to}; {} sessions ended",
            account.as_str(),
            scope.code(),
            changed.from,
            changed.sessions
        ));
        if !changed.known_everywhere {
            say(format_args!(
                "Redis was not reached: processes that reach it may believe their tokens for up to a minute"
            ));
        }
        Ok(())
    }
}
