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

mod limits;
mod request;
mod sweep;

use std::{fmt, sync::Arc, time::Duration};

use croupier_brand::{
    BrandPool, BrandScope, BrandTx, Clock, eligibility::Ineligible, http::idempotency::IdempotencyKey,
    token::PlayerId,
};
use tokio::time::{Instant, sleep};

pub(crate) use self::request::{Request, State, Wish};
use crate::{
    admission::{Admission, admit},
    engine::{
        account::MAX_BALANCE,
        command::{Action, Amount, Command, Payment},
        ids::{Source, TransactionId},
        outcome::{Outcome, Reason, Verdict},
    },
    limits::WalletLimits,
    payments::{Charge, GatewayError, PaymentGateway},
    personal::{Exceeded, PersonalLimits},
    repo::{RepoError, requests},
    service::{Wallet, WalletError},
};

/// How soon a wallet that had no answer is asked again to book what was charged; each time after twice as long, up to the
/// longest.
const PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// For how long the gateway is asked about a deposit of which it knows nothing: by then it will not any more.
pub(crate) const ASKED_FOR: Duration = Duration::from_hours(48);

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
