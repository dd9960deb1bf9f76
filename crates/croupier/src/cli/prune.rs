//! `croupier prune`.

use std::sync::Arc;

use clap::Args;
use croupier_brand::{Brand, BrandPool, BrandScope, Clock, directory::BrandDirectory, token::Revocations};
use croupier_game::prune as launches;
use croupier_player::prune as sessions;
use time::{Duration, OffsetDateTime};

use super::{Outcome, owner::Owner, say};
use crate::desk;

pub(super) const AFTER_HELP: &str = "Sessions that may still be refreshed keep all their tokens, and a player's newest launch of a provider is kept: some providers show no token.
A win or rollback on a launch that was removed is refused, its token being unknown: keep launches for longer than any provider takes to settle.
Wallets, requests and commands, the journal, the audit trail, exclusions and limits are never removed.
A few thousand rows at a time: it may run while the house does, be interrupted, be run again, and twice at once.";

/// Rows that are looked at between two words of how far it is.
const TOLD_EVERY: u64 = 100_000;

/// A hundred years: more than anybody keeps, and less than the calendar has.
const MOST_DAYS: i64 = 36_500;

/// Remove what ended long ago.
#[derive(Args)]
pub(crate) struct Prune {
    /// Only this brand's.
    #[arg(long, value_name = "CODE")]
    brand: Option<String>,
    /// Days for which a session is kept after it ended or was revoked, whichever is later; at least 1.
    #[arg(long, value_name = "DAYS", default_value_t = 30, value_parser = clap::value_parser!(u16).range(1..=MOST_DAYS))]
    sessions_after: u16,
    /// Days for which a launch is kept after its time was over or it was ended, whichever is later; at least 30.
    #[arg(long, value_name = "DAYS", default_value_t = 400,
          value_parser = clap::value_parser!(u16).range(i64::from(launches::KEPT_DAYS)..=MOST_DAYS))]
    launches_after: u16,
    /// Say what would be removed, and remove nothing.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    owner: Owner,
}

/// A brand's rows, and the moment that old is counted from.
struct At<'a> {
    pool: &'a BrandPool,
    scope: BrandScope,
    now: OffsetDateTime,
}

/// Rows of a brand that were removed, or would be.
#[derive(Default)]
struct Removed {
    sessions: u64,
    refresh_tokens: u64,
    revocations: u64,
    launches: u64,
}

/// How far it is, told now and then where it is long.
struct Progress<'a> {
    at: &'a At<'a>,
    what: &'static str,
    seen: u64,
    told: u64,
}

impl Prune {
    pub(super) async fn run(self) -> Outcome {
        let owner = self.owner.connect_migrated().await?;
        let directory = BrandDirectory::start(owner.clone()).await?;
        let brands = match &self.brand {
            Some(code) => vec![desk::brand(&directory, code)?],
            None => directory.all(),
        };
        let pool = BrandPool::new(owner);
        for brand in brands {
            self.prune(&pool, brand).await?;
        }
        Ok(())
    }

    async fn prune(&self, pool: &BrandPool, brand: Arc<Brand>) -> Outcome {
        let clock = Clock::system();
        let audited = async |action: &str| {
            BrandScope::for_operator(pool, Arc::clone(&brand), &self.owner.operator, action, &clock).await
        };
        let at = At {
            pool,
            scope: audited(&self.action()).await?,
            now: clock.now(),
        };
        let mut removed = Removed::default();
        self.sessions(&at, &mut removed).await?;
        self.revocations(&at, &mut removed).await?;
        self.launches(&at, &mut removed).await?;
        let word = if self.dry_run {
            "would be removed"
        } else {
            "removed"
        };
        for (table, count) in removed.each() {
            say(format_args!("{}  {table}  {count} {word}", at.scope.code()));
        }
        if !self.dry_run {
            audited(&format!("prune removed {removed}")).await?;
        }
        Ok(())
    }

    /// What the audit trail says.
    fn action(&self) -> String {
        format!(
            "prune sessions after {} days, launches after {} days{}",
            self.sessions_after,
            self.launches_after,
            if self.dry_run { ": dry run" } else { "" }
        )
    }

    async fn sessions(&self, at: &At<'_>, removed: &mut Removed) -> Outcome {
        let ended_before = at.now - Duration::days(self.sessions_after.into());
        let mut progress = Progress::of(at, "sessions");
        let mut from = None;
        loop {
            let page = if self.dry_run {
                sessions::would_remove(at.pool, &at.scope, from, ended_before).await?
            } else {
                sessions::remove(at.pool, &at.scope, from, ended_before).await?
            };
            removed.sessions += page.sessions;
            removed.refresh_tokens += page.refresh_tokens;
            progress.tell(page.seen, removed.sessions);
            from = page.next;
            if from.is_none() {
                return Ok(());
            }
        }
    }

    async fn revocations(&self, at: &At<'_>, removed: &mut Removed) -> Outcome {
        if self.dry_run {
            removed.revocations = Revocations::count_ended(at.pool, &at.scope, at.now).await?;
            return Ok(());
        }
        let mut progress = Progress::of(at, "revocations");
        loop {
            let some = Revocations::remove_ended(at.pool, &at.scope, at.now).await?;
            removed.revocations += some;
            progress.tell(some, removed.revocations);
            if some < Revocations::SWEPT_AT_ONCE {
                return Ok(());
            }
        }
    }

    async fn launches(&self, at: &At<'_>, removed: &mut Removed) -> Outcome {
        let mut progress = Progress::of(at, "launches");
        let mut old = launches::Old {
            from: None,
            now: at.now,
            days: self.launches_after,
        };
        loop {
            let page = if self.dry_run {
                launches::would_remove(at.pool, &at.scope, old).await?
            } else {
                launches::remove(at.pool, &at.scope, old).await?
            };
            removed.launches += page.launches;
            progress.tell(page.seen, removed.launches);
            old.from = page.next;
            if old.from.is_none() {
                return Ok(());
            }
        }
    }
}

impl Removed {
    fn each(&self) -> [(&'static str, u64); 4] {
        [
            ("sessions", self.sessions),
            ("refresh tokens", self.refresh_tokens),
            ("revocations", self.revocations),
            ("launches", self.launches),
        ]
    }
}

impl std::fmt::Display for Removed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let each = self.each().map(|(table, count)| format!("{table} {count}"));
        f.write_str(&each.join(", "))
    }
}

impl<'a> Progress<'a> {
    fn of(at: &'a At<'a>, what: &'static str) -> Self {
        Self {
            at,
            what,
            seen: 0,
            told: 0,
        }
    }

    fn tell(&mut self, seen: u64, gone: u64) {
        self.seen += seen;
        if self.seen - self.told < TOLD_EVERY {
            return;
        }
        self.told = self.seen;
        say(format_args!(
            "{}  {}  {} looked at, {gone} of them old",
            self.at.scope.code(),
            self.what,
            self.seen
        ));
    }
}
