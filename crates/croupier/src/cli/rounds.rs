//! `croupier rounds`.

use clap::{Args, Subcommand, ValueEnum};
use croupier_brand::Currency;
use croupier_player::PlayerLookup;
use croupier_wallet::{
    Note, Outcome as WalletOutcome, RoundId, Source,
    rounds::{self, Line, Patience, Resolution, RoundKey, RoundRecord, Search, Unresolved},
};
use time::Duration;

use super::{Outcome, age::Age, money, owner::Owner, say, written};
use crate::{desk::Desk, till::Till};

/// Find rounds that hang, and bring them to an end.
#[derive(Subcommand)]
pub(crate) enum RoundsCommand {
    /// List the rounds with a bet that had no result for too long, the oldest first.
    #[command(
        after_help = "A round hangs until its provider goes on with it; ask the provider before you resolve one."
    )]
    List(List),
    /// Show a round: its entries, when it was interrupted (rounds.hang_after_minutes), what was staked and won by bucket, and the wallet before and after.
    Show(Which),
    /// Give every bet of a round that has no result one: its stake back (void), or a win of nothing (settle-zero).
    #[command(
        after_help = "void: a win that comes later is refused.  settle-zero: a win that comes later is paid.\nA result that the provider gave in the meantime stands. Doing it again, or twice at once, does it once.\nMoney is moved as the application (DATABASE_URL); the audit trail is the owner's to write."
    )]
    Resolve(Resolve),
}

#[derive(Args)]
pub(crate) struct List {
    /// The brand's code.
    #[arg(long, value_name = "CODE")]
    brand: String,
    /// Only this provider's, by the name of its integration.
    #[arg(long, value_name = "NAME")]
    provider: Option<String>,
    /// How long a bet must have been without a result, as 90s, 15m, 48h or 7d; rounds.hang_after_minutes when left out.
    #[arg(long, value_name = "AGE")]
    older_than: Option<Age>,
    /// How far to look back; rounds.look_back_days when left out.
    #[arg(long, value_name = "AGE")]
    within: Option<Age>,
    /// Also bets that a later win of their round may have been the result of, where a provider pays by the round.
    #[arg(long)]
    paid_too: bool,
    /// How many open bets are looked at, the oldest first.
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u16).range(1..))]
    limit: u16,
    #[command(flatten)]
    owner: Owner,
}

#[derive(Args)]
pub(crate) struct Which {
    /// The brand's code.
    #[arg(long, value_name = "CODE")]
    brand: String,
    /// The provider, by the name of its integration.
    #[arg(long, value_name = "NAME")]
    provider: String,
    /// The player's account at the brand.
    #[arg(long, value_name = "ACCOUNT")]
    player: String,
    /// The round, as its provider names it.
    #[arg(long, value_name = "ID")]
    round: String,
    #[command(flatten)]
    owner: Owner,
}

#[derive(Args)]
pub(crate) struct Resolve {
    #[command(flatten)]
    which: Which,
    /// What its bets are given.
    #[arg(long = "as", value_name = "RESULT")]
    how: How,
    /// Why, for the audit trail; 200 characters at the most.
    #[arg(long, value_name = "TEXT", value_parser = Note::new)]
    reason: Option<Note>,
    /// How long every bet must have been without a result; rounds.hang_after_minutes when left out.
    #[arg(long, value_name = "AGE")]
    older_than: Option<Age>,
    /// Also bets that a later win of the round may have been the result of.
    #[arg(long)]
    paid_too: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum How {
    /// Their stakes back, to the buckets they came from.
    Void,
    /// A win of nothing.
    SettleZero,
}

impl From<How> for Resolution {
    fn from(how: How) -> Self {
        match how {
            How::Void => Self::Void,
            How::SettleZero => Self::SettleZero,
        }
    }
}

impl RoundsCommand {
    pub(crate) async fn run(self) -> Outcome {
        match self {
            Self::List(list) => list.run().await,
            Self::Show(which) => which.show().await,
            Self::Resolve(resolve) => resolve.run().await,
        }
    }
}

impl List {
    async fn run(self) -> Outcome {
        let config = self.owner.config()?.rounds;
        let older = self.older_than.unwrap_or(hangs_after(config.hang_after_minutes));
        let within = self
            .within
            .unwrap_or(Age(Duration::days(config.look_back_days.into())));
        let source = self.provider.as_deref().map(source).transpose()?;
        let desk = self.owner.desk(&self.brand, "rounds list").await?;
        let now = desk.clock.now();
        let search = Search {
            source,
            from: now - within.0,
            until: now - older.0,
            paid: self.paid_too,
            limit: self.limit,
        };
        let hanging = rounds::hanging::hanging(&desk.pool, &desk.scope, &search).await?;
        let players = PlayerLookup::new(desk.pool.clone());
        for round in &hanging.rounds {
            let player = players.find(&desk.scope, round.key.player).await?;
            say(format_args!(
                "{}  provider {}  player {}  round {}  bets {}  stake {}",
                written(round.since),
                provider(&round.key.source),
                player.map_or_else(
                    || round.key.player.to_string(),
                    |player| player.account.to_string()
                ),
                round.key.round,
                round.bets,
                money(round.key.currency, round.stake)
            ));
        }
        say(format_args!(
            "{} of {} hang: bets without a result for {older}, made within {within}",
            match hanging.rounds.len() {
                1 => "1 round".to_owned(),
                count => format!("{count} rounds"),
            },
            desk.scope.code()
        ));
        if hanging.more {
            say(format_args!(
                "there are more open bets than the {} that were looked at\n  next: resolve these, or look at more with --limit",
                self.limit
            ));
        }
        Ok(())
    }
}

impl Which {
    /// The round, and the desk it is looked at.
    async fn find(&self, action: &str) -> Result<(Desk, RoundKey), Box<dyn std::error::Error>> {
        let source = source(&self.provider)?;
        let round = RoundId::new(&self.round).map_err(|fault| format!("--round {fault}"))?;
        let desk = self.owner.desk(&self.brand, action).await?;
        let player = desk.player(&self.player).await?;
        let key = RoundKey {
            source,
            player: player.id,
            currency: desk.scope.currency(),
            round,
        };
        Ok((desk, key))
    }

    fn unknown(&self) -> String {
        format!(
            "{} has no round {:?} of {} at {}\n  next: croupier rounds list --brand {} shows those that hang",
            self.brand, self.round, self.player, self.provider, self.brand
        )
    }

    async fn show(&self) -> Outcome {
        let hangs = hangs_after(self.owner.config()?.rounds.hang_after_minutes);
        let (desk, key) = self.find("rounds show").await?;
        let patience = Patience {
            now: desk.clock.now(),
            lasts: hangs.0,
        };
        let record = rounds::record(&desk.pool, &desk.scope, &key, patience)
            .await?
            .ok_or_else(|| self.unknown())?;
        told(&record, key.currency);
        Ok(())
    }
}

impl Resolve {
    async fn run(self) -> Outcome {
        let how = Resolution::from(self.how);
        let config = self.which.owner.config()?;
        let hang_after = hangs_after(config.rounds.hang_after_minutes);
        let older = self.older_than.unwrap_or(hang_after);
        let (desk, key) = self.which.find(&self.action(how)).await?;
        let till = Till::open(
            &config.database,
            config.wallet,
            &desk.directory,
            desk.clock.clone(),
        )
        .await?;
        let patience = Patience {
            now: desk.clock.now(),
            lasts: older.0,
        };
        let resolved = rounds::resolve::resolve(
            till.wallet(),
            &desk.pool,
            &desk.scope,
            &key,
            how,
            patience,
            self.paid_too,
        )
        .await;
        till.close().await;
        let resolved = resolved.map_err(|fault| self.explained(&fault, older))?;
        for bet in &resolved.bets {
            let said = match (&bet.outcome, how) {
                // Not the provider's result, so it must not be taken for one.
                (WalletOutcome::Conflict { .. }, _) => {
                    "nothing: the id that this would have been done under was used for something else"
                }
                _ if !bet.took_effect() => "nothing: its provider's own result came first",
                (_, Resolution::Void) => "its stake was given back",
                (_, Resolution::SettleZero) => "it has a win of nothing",
            };
            say(format_args!("bet {}: {said}", bet.bet));
        }
        if resolved.bets.is_empty() {
            say("no bet of it was without a result");
        }
        say(format_args!("round {} is {}", key.round, resolved.state.as_str()));
        Ok(())
    }

    /// What the audit trail says.
    fn action(&self, how: Resolution) -> String {
        let which = &self.which;
        let reason = self.reason.as_ref().map_or("no reason given", Note::as_str);
        format!(
            "rounds resolve as {}: {} of {} at {}: {reason}",
            how.as_str(),
            which.round,
            which.player,
            which.provider
        )
    }

    fn explained(&self, fault: &Unresolved, older: Age) -> String {
        match fault {
            Unresolved::NoSuchRound => self.which.unknown(),
            Unresolved::TooYoung(at) => format!(
                "a bet of the round was made at {} and is not {older} old: its provider may still be at it\n  next: wait, or say --older-than",
                written(*at)
            ),
            Unresolved::Paid(_) => format!("{fault}\n  next: if it is not, say --paid-too"),
            Unresolved::Later => format!("{fault}\n  next: the same again; what was done is not done twice"),
            Unresolved::Wallet(_) => fault.to_string(),
        }
    }
}

fn told(record: &RoundRecord, currency: Currency) {
    for line in &record.lines {
        say(format_args!(
            "{}  {:<11} {:>14}  balance {:>14}  {}{}{}",
            written(line.at),
            line.kind.as_str(),
            money(currency, line.change().into()),
            money(currency, line.balance.into()),
            line.transaction,
            line.reference
                .as_deref()
                .map_or_else(String::new, |of| format!("  of {of}")),
            split(line, currency),
        ));
    }
    for interruption in &record.interruptions {
        let from = written(interruption.from);
        match interruption.resumed {
            Some(at) => say(format_args!(
                "interrupted from {from}, resumed at {}",
                written(at)
            )),
            None => say(format_args!("interrupted from {from}")),
        }
    }
    let parts = |sums: &std::collections::BTreeMap<String, i128>| {
        let parts = sums.iter().filter(|(_, part)| **part != 0);
        let parts: Vec<_> = parts
            .map(|(bucket, part)| format!("{bucket} {}", money(currency, *part)))
            .collect();
        if parts.is_empty() {
            String::new()
        } else {
            format!(" ({})", parts.join(", "))
        }
    };
    say(format_args!(
        "round is {}: staked {}{}, won {}{}; the wallet had {} before and {} after",
        record.state.as_str(),
        money(currency, record.staked()),
        parts(&record.stake),
        money(currency, record.won()),
        parts(&record.win),
        money(currency, record.balance_before.into()),
        money(currency, record.balance_after.into()),
    ));
}

/// Which buckets an entry changed.
fn split(line: &Line, currency: Currency) -> String {
    line.buckets()
        .filter(|(_, amount)| *amount != 0)
        .map(|(bucket, amount)| format!("  {bucket} {}", money(currency, amount.into())))
        .collect()
}

fn hangs_after(minutes: u32) -> Age {
    Age(Duration::minutes(minutes.into()))
}

fn source(provider: &str) -> Result<Source, String> {
    Source::provider(provider).map_err(|fault| format!("--provider {fault}"))
}

fn provider(source: &Source) -> &str {
    source
        .as_str()
        .strip_prefix("provider:")
        .unwrap_or(source.as_str())
}
