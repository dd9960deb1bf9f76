//! Players' own limits, as they are asked for and shown ([`personal`](crate::personal)).

use croupier_brand::{BrandScope, BrandTx, token::PlayerId};
use time::OffsetDateTime;

use super::{Cashier, CashierError};
use crate::{
    engine::play_limit::{Measure, PlayLimit},
    personal::{Limit, LimitKind, Shown, Wanted, changed},
    repo::{
        RepoError, gate,
        personal::{self, Asked, Whose},
        play_limits,
    },
};

impl Cashier {
    /// A player's own limits that hold, and now.
    pub(crate) async fn limits(
        &self,
        scope: &BrandScope,
        player: PlayerId,
    ) -> Result<(Vec<Shown>, OffsetDateTime), CashierError> {
        let (mut tx, now) = (self.open(scope).await?, self.clock.now());
        let whose = Whose {
            player,
            currency: scope.currency(),
        };
        let limits = shown(&mut tx, whose, now).await?;
        tx.commit().await.map_err(RepoError::from)?;
        Ok((limits, now))
    }

    /// Sets one of a player's own limits, to none where none is wanted; gives all that hold, and now. What is looser
    /// than what holds waits ([`personal`](crate::personal)). Doing it twice is doing it once.
    pub(crate) async fn limit(
        &self,
        scope: &BrandScope,
        player: PlayerId,
        wanted: Wanted,
    ) -> Result<(Vec<Shown>, OffsetDateTime), CashierError> {
        let mut tx = BrandTx::open_with_lock_timeout(&self.pool, scope, self.pool.acquire_timeout())
            .await
            .map_err(RepoError::from)?;
        // Deposits that are being taken up come before it, or are measured by it.
        gate::hold(&mut tx, player, self.clock.now()).await?;
        let whose = Whose {
            player,
            currency: scope.currency(),
        };
        let changed = match wanted.kind.measure() {
            None => self.limit_deposits(&mut tx, whose, wanted).await?,
            Some(measure) => self.limit_play(&mut tx, whose, wanted, measure).await?,
        };
        let now = self.clock.now();
        let limits = shown(&mut tx, whose, now).await?;
        tx.commit().await.map_err(RepoError::from)?;
        if changed {
            metrics::counter!("wallet_limit_changes_total", "brand" => scope.code().to_string(), "kind" => wanted.kind.as_str(), "period" => wanted.period.as_str())
                .increment(1);
        }
        Ok((limits, now))
    }

    /// Whether that changes anything.
    async fn limit_deposits(
        &self,
        tx: &mut BrandTx,
        whose: Whose,
        wanted: Wanted,
    ) -> Result<bool, CashierError> {
        let now = self.clock.now();
        let held = personal::limits(tx, whose).await?;
        let held = held.into_iter().find(|(of, _)| *of == wanted.period);
        let Some(asked) = self.asked_for(held.map(|(_, limit)| limit), wanted, now) else {
            return Ok(false);
        };
        personal::note(tx, whose, asked).await?;
        personal::set(tx, whose, asked).await?;
        Ok(true)
    }

    /// The same of a limit on play.
    async fn limit_play(
        &self,
        tx: &mut BrandTx,
        whose: Whose,
        wanted: Wanted,
        measure: Measure,
    ) -> Result<bool, CashierError> {
        if wanted.amount.is_none() && play_limits::read(tx, whose).await?.is_empty() {
            return Ok(false);
        }
        let mut limits = play_limits::hold(tx, whose, self.clock.now()).await?;
        // Read while nobody else counts: what was counted came before this.
        let now = self.clock.now();
        limits.retain(|limit| limit.limit.in_force(now).is_some());
        let held = limits
            .iter_mut()
            .find(|limit| (limit.measure, limit.period) == (measure, wanted.period));
        let Some(asked) = self.asked_for(held.as_ref().map(|held| held.limit), wanted, now) else {
            return Ok(false);
        };
        match held {
            Some(held) => held.limit = asked.limit,
            None => limits.push(PlayLimit::new(measure, wanted.period, asked.limit, now)),
        }
        personal::note(tx, whose, asked).await?;
        play_limits::keep(tx, whose, &limits).await?;
        Ok(true)
    }

    /// What a limit comes to; none where that changes nothing.
    fn asked_for(&self, held: Option<Limit>, wanted: Wanted, now: OffsetDateTime) -> Option<Asked> {
        let limit = changed(held, wanted.amount, now, self.limits)?;
        let is_new = !held.is_some_and(|held| held.comes_to(limit, now));
        is_new.then(|| Asked {
            id: self.clock.new_id(),
            wanted,
            limit,
            at: now,
        })
    }
}

/// All limits of a player's that hold: on deposits, on stakes, on losses; of each the shortest period's first.
async fn shown(tx: &mut BrandTx, whose: Whose, now: OffsetDateTime) -> Result<Vec<Shown>, RepoError> {
    let deposits = personal::measured(tx, whose, None, now).await?;
    let mut all: Vec<_> = deposits
        .into_iter()
        .filter_map(|measured| {
            Some(Shown {
                kind: LimitKind::Deposit,
                period: measured.period,
                limit: measured.limit,
                left: measured.left(now)?,
            })
        })
        .collect();
    let of_play = play_limits::read(tx, whose).await?;
    all.extend(of_play.into_iter().filter_map(|limit| {
        Some(Shown {
            kind: limit.measure.into(),
            period: limit.period,
            limit: limit.limit,
            left: limit.left(now)?,
        })
    }));
    all.sort_by_key(|limit| (limit.kind as u8, limit.period as u8));
    Ok(all)
}
