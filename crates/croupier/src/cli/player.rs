//! `croupier player`.

use clap::{Args, Subcommand};
use croupier_brand::{BrandScope, exclusion::ExclusionKind, token::Revocations};
use croupier_player::{
    AccountName, AskedBy, Given, Length, PlayerLookup, PlayerStanding, PlayerStatus, StandingRefusal,
    Whom as Player,
};
use croupier_wallet::{
    Amount,
    personal::{self, Change},
};
use time::format_description::well_known::Rfc3339;

use super::{Outcome, owner::Owner, say};
use crate::desk::Desk;

/// Block, close and reopen players of a brand, and keep them out by their own decision. Whoever it is is signed out
/// everywhere at once.
#[derive(Subcommand)]
pub(crate) enum PlayerCommand {
    /// Refuse a player until reopened.
    Block(Whom),
    /// Close a player's account for good.
    Close(Whom),
    /// Let a blocked player sign in again.
    Reopen(Whom),
    /// Keep a player out who asked for it: no game, bet, deposit or bonus until it is over, by the clock. Nobody can shorten it.
    Exclude(Exclude),
    /// Show who asked for which exclusion and which limit of a player's, and when. Reading it is audited too.
    History(Whom),
}

#[derive(Args)]
pub(crate) struct Exclude {
    #[command(flatten)]
    whom: Whom,
    /// For how long: days from now, such as 184d, or for_good.
    #[arg(long = "for", value_name = "LENGTH", value_parser = Length::parse)]
    length: Length,
    /// A break rather than a self-exclusion.
    #[arg(long)]
    time_out: bool,
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
            Self::Exclude(exclude) => return exclude.run().await,
            Self::History(whom) => return whom.history().await,
        };
        whom.change(act, to).await
    }
}

impl Whom {
    fn account(&self) -> Result<AccountName, String> {
        AccountName::parse(&self.account).map_err(|fault| format!("the account {fault}: {:?}", self.account))
    }

    /// The player's standing in an operator's hands, what is done with it being written down.
    async fn standing(
        &self,
        action: &str,
    ) -> Result<(PlayerStanding, BrandScope), Box<dyn std::error::Error>> {
        let Desk {
            pool, scope, clock, ..
        } = self.owner.desk(&self.brand, action).await?;
        let revocations = Revocations::new(pool.clone(), self.owner.redis()?, clock.clone());
        Ok((PlayerStanding::new(pool, revocations, clock), scope))
    }

    async fn change(self, act: &str, to: PlayerStatus) -> Outcome {
        let account = self.account()?;
        let action = format!("player {act} {}", account.as_str());
        let (standing, scope) = self.standing(&action).await?;
        let changed = standing
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
        say_where_known(changed.known_everywhere);
        Ok(())
    }
}

impl Whom {
    async fn history(self) -> Outcome {
        let account = self.account()?;
        let action = format!("player history {}", account.as_str());
        let Desk { pool, scope, .. } = self.owner.desk(&self.brand, &action).await?;
        let players = PlayerLookup::new(pool.clone());
        let player = players
            .find_by_account(&scope, account.as_str())
            .await?
            .ok_or_else(|| {
                let refusal = StandingRefusal::NoSuchPlayer;
                format!("{} at {}: {refusal}", account.as_str(), scope.code())
            })?;
        let exclusions = players.exclusions(&scope, player.id).await?;
        let limits = personal::changes(&pool, &scope, player.id).await?;
        let mut told = Vec::with_capacity(exclusions.len() + limits.len());
        for given in &exclusions {
            told.push((given.at, excluded(given)?));
        }
        for change in &limits {
            told.push((change.at, limited(change)?));
        }
        told.sort_by_key(|(at, _)| *at);
        for (at, what) in &told {
            say(format_args!("{}  {what}", at.format(&Rfc3339)?));
        }
        say(format_args!(
            "{} at {}: {} exclusions, {} changes of limits",
            account.as_str(),
            scope.code(),
            exclusions.len(),
            limits.len()
        ));
        Ok(())
    }
}

fn excluded(given: &Given) -> Result<String, time::error::Format> {
    let kind = given.exclusion.kind.as_str();
    let until = match given.exclusion.until {
        Some(until) => format!("until {}", until.format(&Rfc3339)?),
        None => "for good".to_owned(),
    };
    Ok(format!("{} asked: {kind} {until}", given.asked_by.as_str()))
}

fn limited(change: &Change) -> Result<String, time::error::Format> {
    let shown = |amount: Option<Amount>| {
        amount.map_or_else(
            || "none".to_owned(),
            |amount| format!("{} {}", change.currency.format(amount.minor()), change.currency),
        )
    };
    let told = format!(
        "{} asked: {} limit of a {} {}; {} holds",
        change.asked_by,
        change.kind.as_str(),
        change.period.as_str(),
        shown(change.wanted),
        shown(Some(change.holds))
    );
    Ok(match change.from {
        Some((from, then)) => format!("{told}, and from {} on {}", from.format(&Rfc3339)?, shown(then)),
        None => told,
    })
}

impl Exclude {
    async fn run(self) -> Outcome {
        let account = self.whom.account()?;
        let kind = if self.time_out {
            ExclusionKind::TimeOut
        } else {
            ExclusionKind::SelfExclusion
        };
        let length = match self.length {
            Length::Days(days) => format!("{days}d"),
            Length::ForGood => "for_good".to_owned(),
        };
        let action = format!("player exclude {} {} {length}", account.as_str(), kind.as_str());
        let (standing, scope) = self.whom.standing(&action).await?;
        let whom = Player::Account(&account);
        let excluded = standing
            .exclude(&scope, whom, (kind, self.length), AskedBy::Operator)
            .await?
            .map_err(|refusal| format!("{} at {}: {refusal}", account.as_str(), scope.code()))?;
        let until = match excluded.exclusion.until {
            Some(until) => format!("until {}", until.format(&Rfc3339)?),
            None => "for good".to_owned(),
        };
        say(format_args!(
            "{} at {} keeps out {until}; {} sessions ended",
            account.as_str(),
            scope.code(),
            excluded.sessions
        ));
        say_where_known(excluded.known_everywhere);
        Ok(())
    }
}

fn say_where_known(everywhere: bool) {
    if !everywhere {
        say(format_args!(
            "Redis was not reached: processes that reach it may believe their tokens for up to a minute"
        ));
    }
}
