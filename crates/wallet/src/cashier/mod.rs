//! The cashier: deposits and withdrawals as players ask for them, each under a key of the player's.
//!
//! A key is for one request, for ever. It is kept for that request in the database (`wallet_request`) before anything is
//! done about it, so of requests that race for a key with other contents one is taken and nobody is charged for
//! the others; nor for a player whom the brand does not have, or who may not (`admission`).
//!
//! What was decided under a key is told again whatever became of the player since. What was begun under it and is not known to
//! have ended is not declared free: its charge may be on its way to the payment gateway.
//!
//! # A deposit
//! | | written | then |
//! |---|---|---|
//! | 1 | `begun` | the payment gateway is asked, under the same key: it has one answer for a key, for ever |
//! | 2 | `charged`, where it took the money | the ledger books it, under the same key |
//! | 3 | `credited`, or `refused` | the player is told |
//!
//! Where the wallet cannot book what was charged at once, it is asked again within the request ([`Cashier::over_wallet_of`]).
//!
//! Whatever ends in between (the player's patience, this process, a connection) leaves a row that says how far it came. The
//! repeat of the key goes on from there, and so does [`Cashier::finish_begun`], which the wallet role runs when it starts and
//! again and again: money that was taken is booked without the player's help. It asks the gateway what it knows and never to
//! charge: that is for the player to repeat. The ledger decides a key once, so all of them together book it once.

use std::{fmt, sync::Arc, time::Duration};

use croupier_brand::{
    BatchTx, BrandPool, BrandScope, BrandTx, Clock, Currency,
    directory::BrandDirectory,
    eligibility::Ineligible,
    http::idempotency::IdempotencyKey,
    scope::{Envelope, Worker},
    token::PlayerId,
};
use serde_json::Value;
use time::OffsetDateTime;
use tokio::time::{Instant, sleep};

use crate::{
    admission::{Admission, admit},
    engine::{
        account::MAX_BALANCE,
        command::{Action, Amount, Command, Payment},
        ids::{Source, TransactionId},
        outcome::{Outcome, Reason, Verdict},
        play_limit::PlayLimit,
    },
    limits::WalletLimits,
    payments::{Charge, GatewayError, PaymentGateway},
    personal::{Exceeded, Limit, LimitKind, PersonalLimits, Shown, Wanted, changed},
    repo::{
        RepoError, gate,
        personal::{self, Whose, Wish as Wished},
        play_limits, requests,
    },
    service::{Wallet, WalletError},
};

/// How many deposits a sweep takes up at a time.
const AT_ONCE: u16 = 100;

/// How soon a wallet that had no answer is asked again to book what was charged; each time after twice as long, up to the
/// longest.
const PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// For how long the gateway is asked about a deposit of which it knows nothing: by then it will not any more.
pub(crate) const ASKED_FOR: Duration = Duration::from_hours(48);

/// What a player asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    Deposit,
    Withdrawal,
}

impl Wish {
    pub(crate) fn parse(name: &str) -> Option<Self> {
        [Self::Deposit, Self::Withdrawal]
            .into_iter()
            .find(|wish| wish.as_str() == name)
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Deposit => "deposit",
            Self::Withdrawal => "withdrawal",
        }
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
            kind: limit.kind,
            period: limit.period,
            limit: limit.limit,
            left: limit.left(now)?,
        })
    }));
    all.sort_by_key(|limit| (limit.kind as u8, limit.period as u8));
    Ok(all)
}

/// How far a deposit has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// The gateway may have been asked.
    Begun,
    /// It took the money, which is not booked.
    Charged,
    /// It is booked.
    Credited,
    /// The gateway took nothing, and will not.
    Refused,
}

impl State {
    pub(crate) fn parse(name: &str) -> Option<Self> {
        [Self::Begun, Self::Charged, Self::Credited, Self::Refused]
            .into_iter()
            .find(|state| state.as_str() == name)
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Begun => "begun",
            Self::Charged => "charged",
            Self::Credited => "credited",
            Self::Refused => "refused",
        }
    }
}

/// What a key is kept for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) player: PlayerId,
    pub(crate) key: IdempotencyKey,
    pub(crate) wish: Wish,
    pub(crate) currency: Currency,
    pub(crate) amount: Amount,
}

/// Why the cashier has no outcome.
#[derive(Debug, thiserror::Error)]
pub enum CashierError {
    /// The key was used for another request.
    #[error("the key was used for another request")]
    KeyReused,
    /// The brand has no such player.
    #[error("there is no such player")]
    UnknownPlayer,
    /// The player may not; nothing was charged, or by this request set aside. The key is as free as it was.
    #[error("the player may not: {}", .0.code())]
    Ineligible(Ineligible),
    /// A limit of the player's own leaves less than that; nothing was charged, and the key is free.
    #[error("a limit of the player's leaves less than that")]
    DepositLimit(Exceeded),
    /// The player may not, and a deposit under this key was begun when they might: the gateway knows of no charge, but
    /// one may be on its way to it. Nothing is charged for this request; the same key is told what became of it.
    #[error("a deposit was begun and may be charged yet")]
    Pending,
    /// The wallet has no room for that much; nothing was charged for this request.
    #[error("the wallet would hold more than it may")]
    BalanceLimit,
    /// The gateway has no answer; the same key may be used again, and the deposit is looked after.
    #[error(transparent)]
    Gateway(GatewayError),
    /// The money was taken and could not be booked yet; it will be.
    #[error("a deposit was charged and is not booked yet")]
    NotBooked,
    /// The wallet failed.
    #[error(transparent)]
    Wallet(#[from] WalletError),
}

impl From<RepoError> for CashierError {
    fn from(fault: RepoError) -> Self {
        match fault {
            RepoError::UnknownPlayer => Self::UnknownPlayer,
            // Two that met on a key: a repeat sees which of them it is kept for.
            RepoError::Overtaken | RepoError::Locked => Self::Wallet(WalletError::Unavailable(fault.into())),
            other => Self::Wallet(other.into()),
        }
    }
}

/// Between players, a payment gateway and the wallet. Cloning it shares them.
#[derive(Clone)]
pub struct Cashier {
    wallet: Arc<dyn Wallet>,
    payments: Arc<dyn PaymentGateway>,
    pool: BrandPool,
    clock: Clock,
    limits: PersonalLimits,
    patience: Duration,
}

impl fmt::Debug for Cashier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cashier")
    }
}

impl Cashier {
    /// Over this wallet, this payment gateway and the application's pool.
    #[must_use]
    pub fn new(
        wallet: Arc<dyn Wallet>,
        payments: Arc<dyn PaymentGateway>,
        pool: BrandPool,
        clock: Clock,
    ) -> Self {
        Self {
            wallet,
            payments,
            pool,
            clock,
            limits: PersonalLimits::default(),
            patience: WalletLimits::default().deadline(),
        }
    }

    /// The same, keeping players' own limits so.
    #[must_use]
    pub fn with_limits(self, limits: PersonalLimits) -> Self {
        Self { limits, ..self }
    }

    /// The same over a wallet of these limits. Where it has no answer for a deposit that was charged, it is asked again
    /// for [`WalletLimits::deadline_ms`].
    #[must_use]
    pub fn over_wallet_of(self, limits: WalletLimits) -> Self {
        Self {
            patience: limits.deadline(),
            ..self
        }
    }

    pub(crate) fn wallet(&self) -> &dyn Wallet {
        self.wallet.as_ref()
    }

    /// Charges the gateway and books what it said. A repeat of the key with the same amount is told the same and
    /// moves nothing.
    ///
    /// # Errors
    /// [`CashierError`].
    pub async fn deposit(
        &self,
        scope: &BrandScope,
        player: PlayerId,
        key: IdempotencyKey,
        amount: Amount,
    ) -> Result<Outcome, CashierError> {
        let request = Request {
            player,
            key,
            wish: Wish::Deposit,
            currency: scope.currency(),
            amount,
        };
        // What the gateway says is no part of what makes two commands the same.
        let approved = command(&request, Payment::Approved)?;
        if let Some(decided) = self.wallet.recall(scope, &approved).await? {
            return Ok(decided);
        }
        // Before anything is taken, not after.
        let holdings = self.wallet.balance(scope, player, request.currency).await?;
        if holdings.balance().total().saturating_add(amount.minor()) > MAX_BALANCE {
            return Err(CashierError::BalanceLimit);
        }
        let payment = match self.admit(scope, &request).await? {
            Admission::KeyReused => return Err(CashierError::KeyReused),
            // The ledger repeats what it booked.
            Admission::Admitted(Some(State::Charged | State::Credited)) => Payment::Approved,
            Admission::Admitted(Some(State::Refused)) => Payment::Declined,
            Admission::Admitted(Some(State::Begun) | None) => {
                let charge = charge_of(&request);
                self.payments
                    .charge(scope, &charge)
                    .await
                    .map_err(CashierError::Gateway)?
            }
            Admission::Refused {
                why,
                limit,
                begun: None,
            } => return Err(refusal(why, limit)),
            // It may have been charged when the player still might: that is booked, and nothing is charged now.
            Admission::Refused {
                why,
                limit,
                begun: Some(begun),
            } => {
                let known = self.payments.known(scope, &charge_of(&request)).await;
                match known.map_err(CashierError::Gateway)? {
                    Some(payment) => payment,
                    // Who asked first may be waiting for the gateway at this moment.
                    None if self.clock.now() - ASKED_FOR < begun => return Err(CashierError::Pending),
                    None => return Err(refusal(why, limit)),
                }
            }
        };
        self.book(scope, &request, payment, self.patience).await
    }

    /// Sets a sum aside. A repeat of the key with the same amount is told the same and holds nothing more.
    ///
    /// # Errors
    /// [`CashierError`].
    pub async fn withdraw(
        &self,
        scope: &BrandScope,
        player: PlayerId,
        key: IdempotencyKey,
        amount: Amount,
    ) -> Result<Outcome, CashierError> {
        let request = Request {
            player,
            key,
            wish: Wish::Withdrawal,
            currency: scope.currency(),
            amount,
        };
        let admission = self.admit(scope, &request).await?;
        let command = named(&request, Action::WithdrawHold { amount })?;
        match admission {
            Admission::KeyReused => Err(CashierError::KeyReused),
            Admission::Admitted(_) => Ok(self.wallet.submit(scope, command).await?),
            Admission::Refused { why, limit, begun } => {
                let decided = if begun.is_some() {
                    self.wallet.recall(scope, &command).await?
                } else {
                    None
                };
                decided.ok_or_else(|| refusal(why, limit))
            }
        }
    }

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
        let changed = match wanted.kind {
            LimitKind::Deposit => self.limit_deposits(&mut tx, whose, wanted).await?,
            LimitKind::Stake | LimitKind::Loss => self.limit_play(&mut tx, whose, wanted).await?,
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
        let Some(wish) = self.wish(held.map(|(_, limit)| limit), wanted, now) else {
            return Ok(false);
        };
        personal::note(tx, whose, wish).await?;
        personal::set(tx, whose, wish).await?;
        Ok(true)
    }

    /// The same of a limit on play.
    async fn limit_play(&self, tx: &mut BrandTx, whose: Whose, wanted: Wanted) -> Result<bool, CashierError> {
        if wanted.amount.is_none() && play_limits::read(tx, whose).await?.is_empty() {
            return Ok(false);
        }
        let mut limits = play_limits::hold(tx, whose, self.clock.now()).await?;
        // Read while nobody else counts: what was counted came before this.
        let now = self.clock.now();
        limits.retain(|limit| limit.limit.in_force(now).is_some());
        let held = limits
            .iter_mut()
            .find(|limit| (limit.kind, limit.period) == (wanted.kind, wanted.period));
        let Some(wish) = self.wish(held.as_ref().map(|held| held.limit), wanted, now) else {
            return Ok(false);
        };
        match held {
            Some(held) => held.limit = wish.limit,
            None => limits.push(PlayLimit::new(wanted.kind, wanted.period, wish.limit, now)),
        }
        personal::note(tx, whose, wish).await?;
        play_limits::keep(tx, whose, &limits).await?;
        Ok(true)
    }

    /// What a limit comes to; none where that changes nothing.
    fn wish(&self, held: Option<Limit>, wanted: Wanted, now: OffsetDateTime) -> Option<Wished> {
        let limit = changed(held, wanted.amount, now, self.limits)?;
        let is_new = !held.is_some_and(|held| held.comes_to(limit, now));
        is_new.then(|| Wished {
            id: self.clock.new_id(),
            wanted,
            limit,
            at: now,
        })
    }

    async fn admit(&self, scope: &BrandScope, request: &Request) -> Result<Admission, CashierError> {
        let admission = admit(&self.pool, scope, request, self.clock.now()).await?;
        if let Admission::Refused { why, .. } = admission {
            metrics::counter!("wallet_requests_refused_total", "brand" => scope.code().to_string(), "kind" => request.wish.as_str(), "reason" => why.code())
                .increment(1);
        }
        Ok(admission)
    }

    /// Books what the gateway said.
    async fn book(
        &self,
        scope: &BrandScope,
        request: &Request,
        payment: Payment,
        patience: Duration,
    ) -> Result<Outcome, CashierError> {
        let outcome = self.decided(scope, request, payment, patience).await?;
        match (payment, outcome.verdict()) {
            (Payment::Approved, Some(Verdict::Applied(_))) => {
                self.ended(scope, request, State::Credited).await;
            }
            (
                Payment::Declined,
                Some(Verdict::Rejected {
                    reason: Reason::PaymentDeclined,
                    ..
                }),
            ) => self.ended(scope, request, State::Refused).await,
            (Payment::Approved, _) => {
                tracing::error!(brand = %scope.code(), outcome = outcome.as_str(), "a deposit was charged and is not booked yet");
                return Err(CashierError::NotBooked);
            }
            // Nothing was taken: who repeats it is told so then.
            (Payment::Declined, _) => {}
        }
        Ok(outcome)
    }

    /// What the ledger makes of what the gateway said. Of money that was taken the wallet is asked again where it has no
    /// answer: the player paid, and a repeat of theirs would ask no more than this does. Who hangs up meanwhile, or whom the
    /// edge gives up, leaves what a sweep finds.
    async fn decided(
        &self,
        scope: &BrandScope,
        request: &Request,
        payment: Payment,
        patience: Duration,
    ) -> Result<Outcome, CashierError> {
        let (until, mut pause) = (Instant::now() + patience, PAUSE);
        loop {
            let outcome = self.submit(scope, request, payment).await;
            let passes = matches!(
                outcome,
                Ok(Outcome::Retryable) | Err(CashierError::Wallet(WalletError::Unavailable(_)))
            );
            if payment != Payment::Approved || !passes || Instant::now() + pause > until {
                return outcome;
            }
            metrics::counter!("wallet_deposits_booked_again_total", "brand" => scope.code().to_string())
                .increment(1);
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Asks the ledger once. That the gateway took the money is written down first.
    async fn submit(
        &self,
        scope: &BrandScope,
        request: &Request,
        payment: Payment,
    ) -> Result<Outcome, CashierError> {
        if payment == Payment::Approved {
            self.advance(scope, request, State::Charged).await?;
        }
        Ok(self.wallet.submit(scope, command(request, payment)?).await?)
    }

    /// It is over. Where that cannot be written down, it is found again, and the ledger says what became of it.
    async fn ended(&self, scope: &BrandScope, request: &Request, state: State) {
        if let Err(fault) = self.advance(scope, request, state).await {
            tracing::warn!(%fault, brand = %scope.code(), state = state.as_str(), "a deposit is over, and its record says so later");
        }
    }

    async fn advance(&self, scope: &BrandScope, request: &Request, state: State) -> Result<(), CashierError> {
        let mut tx = self.open(scope).await?;
        requests::advance(&mut tx, request, state, self.clock.now()).await?;
        tx.commit().await.map_err(RepoError::from)?;
        Ok(())
    }

    async fn open(&self, scope: &BrandScope) -> Result<BrandTx, CashierError> {
        Ok(BrandTx::open(&self.pool, scope).await.map_err(RepoError::from)?)
    }

    /// Goes on with the deposits of every brand that nobody looked after for `patience`. Gives how many are over now,
    /// and how many are not.
    ///
    /// # Errors
    /// [`WalletError`] when they cannot be read. What happens to one of them stops no other.
    pub async fn finish_begun(
        &self,
        directory: &BrandDirectory,
        worker: &Worker,
        patience: Duration,
    ) -> Result<(usize, usize), WalletError> {
        let now = self.clock.now();
        let (mut over, mut waiting) = (0, 0);
        let mut tx = BatchTx::open_for_upkeep(&self.pool, directory)
            .await
            .map_err(RepoError::from)?;
        let found = requests::waiting(&mut tx, now - patience, now - ASKED_FOR, AT_ONCE).await?;
        tx.rollback().await.map_err(RepoError::from)?;
        for (brand, request, state) in found {
            let envelope = Envelope {
                schema_version: Envelope::VERSION,
                event_id: self.clock.new_id(),
                kind: "wallet.deposit_begun".to_owned(),
                brand_id: Some(brand.into()),
                at: self.clock.now(),
                payload: Value::Null,
            };
            let Ok(scope) = worker.scope(&envelope) else {
                waiting += 1;
                continue;
            };
            match self.take_up(&scope, &request, state).await {
                Ok(true) => over += 1,
                Ok(false) => waiting += 1,
                Err(fault) => {
                    waiting += 1;
                    tracing::warn!(%fault, brand = %scope.code(), state = state.as_str(), "a deposit waits");
                }
            }
        }
        Ok((over, waiting))
    }

    /// Whether a deposit is over now.
    async fn take_up(
        &self,
        scope: &BrandScope,
        request: &Request,
        state: State,
    ) -> Result<bool, CashierError> {
        // The next sweep takes others first.
        self.advance(scope, request, state).await?;
        let payment = match state {
            State::Begun => {
                let known = self.payments.known(scope, &charge_of(request)).await;
                known.map_err(CashierError::Gateway)?
            }
            _ => Some(Payment::Approved),
        };
        match payment {
            // The next sweep is the next try: others wait for this one.
            Some(payment) => self
                .book(scope, request, payment, Duration::ZERO)
                .await
                .map(|_| true),
            None => Ok(false),
        }
    }

    /// Finishes what was begun, at once and then every so often, for ever.
    pub async fn run(self, directory: BrandDirectory, worker: Worker, every: Duration) {
        loop {
            match self.finish_begun(&directory, &worker, every).await {
                Ok((over, waiting)) => {
                    metrics::counter!("wallet_deposits_finished_total").increment(over as u64);
                    metrics::gauge!("wallet_deposits_waiting")
                        .set(u32::try_from(waiting).unwrap_or(u32::MAX));
                }
                Err(fault) => tracing::warn!(%fault, "deposits that were begun are looked after later"),
            }
            tokio::time::sleep(every).await;
        }
    }
}

fn refusal(why: Ineligible, limit: Option<Exceeded>) -> CashierError {
    limit.map_or(CashierError::Ineligible(why), CashierError::DepositLimit)
}

fn charge_of(request: &Request) -> Charge {
    Charge {
        player: request.player,
        key: request.key.clone(),
        amount: request.amount,
        currency: request.currency,
    }
}

fn command(request: &Request, payment: Payment) -> Result<Command, CashierError> {
    let amount = request.amount;
    named(request, Action::Deposit { amount, payment })
}

fn named(request: &Request, action: Action) -> Result<Command, CashierError> {
    // A key is shorter than a transaction id may be, and meets none of the house's: its source is the player.
    let id = TransactionId::kept(request.key.as_str())
        .map_err(|_| WalletError::Broken("a key that is no transaction id".to_owned()))?;
    let source = Source::player(request.player);
    Ok(Command::new(request.player, request.currency, source, id, action))
}
