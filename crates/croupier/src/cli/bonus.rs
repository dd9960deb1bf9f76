//! `croupier bonus`.

use clap::{Args, Subcommand, ValueEnum};
use croupier_brand::Currency;
use croupier_player::PlayerSummary;
use croupier_wallet::{
    Action, Amount, BucketCode, Command, EntryId, GrantKind, Note, Outcome as WalletOutcome, Reason, Source,
    TransactionId, Verdict,
    bonus::{self, Given},
    engine::grants::MAX_OPEN_GRANTS,
};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use uuid::Uuid;

use super::{Outcome, because, currency, owner::Owner, say, written};
use crate::{desk::Desk, till::Till};

/// Give a player bonus money, take it back, and see what was given.
#[derive(Subcommand)]
pub(crate) enum BonusCommand {
    /// Give bonus money or a coupon.
    #[command(
        after_help = "The wallet decides it by the brand's document (croupier wallet policy), in turn with what the player does: nobody who may not play is given a bonus.\nThe same --key again is told what was decided and gives nothing more; the same key for anything else is refused.\nMoney is moved as the application (DATABASE_URL); the audit trail is the owner's to write."
    )]
    Grant(Give),
    /// Take back what is left of a grant. Doing it again takes nothing more.
    #[command(
        after_help = "All that its bucket has is taken; where several grants share the bucket, no more than was given. What was converted before stays the player's."
    )]
    Forfeit(Forfeit),
    /// List a player's grants, the newest first: what is left to wager, and what became of them.
    List(List),
}

/// Whose wallet.
#[derive(Args)]
pub(crate) struct Whose {
    /// The brand's code.
    #[arg(long, value_name = "CODE")]
    brand: String,
    /// The player's account at the brand.
    #[arg(long, value_name = "ACCOUNT")]
    player: String,
    /// The wallet's currency, which is the brand's.
    #[arg(long, value_name = "CODE", value_parser = currency)]
    currency: Currency,
    #[command(flatten)]
    owner: Owner,
}

#[derive(Args)]
pub(crate) struct Give {
    #[command(flatten)]
    whose: Whose,
    /// How much, as 25.00.
    #[arg(long, value_name = "AMOUNT")]
    amount: String,
    /// Your name for this grant, 1 to 200 characters: a repeat of it gives nothing more.
    #[arg(long, value_name = "KEY", value_parser = TransactionId::new)]
    key: TransactionId,
    /// What it is.
    #[arg(long, value_name = "KIND", default_value = "bonus")]
    kind: What,
    /// How much must be staked before it can become the player's own.
    #[arg(long, value_name = "AMOUNT", default_value = "0")]
    wager: String,
    /// The most that becomes the player's own; no limit when left out.
    #[arg(long, value_name = "AMOUNT")]
    convert_cap: Option<String>,
    /// From when on it may be taken back for its age, as 2026-12-31T00:00:00Z; never when left out.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    expires_at: Option<OffsetDateTime>,
    /// The bucket it goes to; where the brand's document has this kind go when left out.
    #[arg(long, value_name = "CODE", value_parser = BucketCode::new)]
    bucket: Option<BucketCode>,
    /// Why, for the audit trail; 200 characters at the most.
    #[arg(long, value_name = "TEXT", value_parser = Note::new)]
    reason: Option<Note>,
}

#[derive(Clone, Copy, ValueEnum)]
enum What {
    /// Bonus money: while one is open, the brand's largest bet with bonus money applies.
    Bonus,
    /// A coupon.
    Coupon,
}

impl From<What> for GrantKind {
    fn from(what: What) -> Self {
        match what {
            What::Bonus => Self::Bonus,
            What::Coupon => Self::Coupon,
        }
    }
}

#[derive(Args)]
pub(crate) struct Forfeit {
    #[command(flatten)]
    whose: Whose,
    /// The grant, as `list` shows it.
    #[arg(long, value_name = "ID", value_parser = grant_id)]
    grant: EntryId,
    /// Why, for the audit trail; 200 characters at the most.
    #[arg(long, value_name = "TEXT", value_parser = Note::new)]
    reason: Option<Note>,
}

fn moment(text: &str) -> Result<OffsetDateTime, String> {
    OffsetDateTime::parse(text, &Rfc3339).map_err(|_| "must be a time as 2026-12-31T00:00:00Z".to_owned())
}

fn grant_id(text: &str) -> Result<EntryId, String> {
    let id = Uuid::try_parse(text).map(EntryId);
    id.map_err(|_| "must be a grant's id, as croupier bonus list shows it".to_owned())
}

impl BonusCommand {
    pub(crate) async fn run(self) -> Outcome {
        match self {
            Self::Grant(give) => give.run().await,
            Self::Forfeit(forfeit) => forfeit.run().await,
            Self::List(whose) => whose.list().await,
        }
    }
}

/// `list` has no argument of its own.
type List = Whose;

impl Whose {
    /// A wallet of the brand's, and what was done there written down.
    async fn sit_down(&self, action: &str) -> Result<(Desk, PlayerSummary), Box<dyn std::error::Error>> {
        let desk = self.owner.desk(&self.brand, action).await?;
        let own = desk.scope.currency();
        if self.currency != own {
            let code = desk.scope.code();
            return Err(format!(
                "--currency {}: the wallets of {code} are kept in {own}",
                self.currency
            )
            .into());
        }
        let player = desk.player(&self.player).await?;
        Ok((desk, player))
    }

    /// Has the wallet decide a command, and writes down what it came to.
    async fn decide(
        &self,
        desk: &Desk,
        command: Command,
        what: &str,
    ) -> Result<WalletOutcome, Box<dyn std::error::Error>> {
        let config = self.owner.config()?;
        let till = Till::open(
            &config.database,
            config.wallet,
            &desk.directory,
            desk.clock.clone(),
        )
        .await?;
        let outcome = till.decide(&desk.scope, command).await;
        till.close().await;
        let outcome = outcome?;
        let came_to = match (&outcome, outcome.verdict()) {
            (WalletOutcome::Replayed { .. }, Some(verdict)) => format!("as before, {}", told(&verdict)),
            (_, Some(verdict)) => told(&verdict),
            (outcome, None) => outcome.as_str().to_owned(),
        };
        desk.note(&format!("{what} came to: {came_to}")).await?;
        Ok(outcome)
    }

    async fn list(self) -> Outcome {
        let action = format!("bonus list {}", self.player);
        let (desk, player) = self.sit_down(&action).await?;
        let given = bonus::of_player(&desk.pool, &desk.scope, player.id, self.currency).await?;
        for given in &given {
            say(shown(given, self.currency));
        }
        let open = given
            .iter()
            .filter(|given| given.grant.ended_at.is_none())
            .count();
        say(format_args!(
            "{} at {}: {} of {} grants are open",
            player.account,
            desk.scope.code(),
            open,
            given.len()
        ));
        Ok(())
    }

    fn refused(&self, verdict: &Verdict) -> String {
        let player = format!("{} at {}", self.player, self.brand);
        let policy = format!("croupier wallet policy --brand {} show", self.brand);
        match verdict {
            Verdict::MissingReference { .. } => format!(
                "{player} has no such grant\n  next: croupier bonus list --brand {} --player {} --currency {}",
                self.brand, self.player, self.currency
            ),
            Verdict::Rejected { reason, .. } => match reason {
                Reason::NotEligible => format!(
                    "{player} may not be given a bonus now: the player is blocked, keeps out or has left, or the brand is closed; the key stays free"
                ),
                Reason::UnknownBucket => format!(
                    "--bucket: {} has no such bucket, or none that this --kind goes to\n  next: {policy}",
                    self.brand
                ),
                Reason::NotForGrants => {
                    format!("--bucket: its money can be withdrawn, so it takes no grants\n  next: {policy}")
                }
                Reason::TooManyGrants => {
                    format!("{player} has {MAX_OPEN_GRANTS} open grants, which is the most")
                }
                Reason::BalanceLimit => {
                    format!("--amount: the wallet of {player} cannot hold that much more")
                }
                other => format!("the wallet refused it: {}", other.as_str()),
            },
            other => format!("the wallet refused it: {}", other.as_str()),
        }
    }
}

/// What the audit trail says that a decision was.
fn told(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Applied(receipt) => format!("applied, entry {}", receipt.entry),
        Verdict::Rejected { reason, .. } => format!("rejected, {}", reason.as_str()),
        other => other.as_str().to_owned(),
    }
}

fn shown(Given { grant, bucket }: &Given, currency: Currency) -> String {
    let money = |minor: i64| currency.format(minor);
    let given = &grant.given;
    let mut text = format!(
        "{}  {}  {} {currency} to {bucket}  given {}  wagered {} of {}",
        given.id,
        given.kind.as_str(),
        money(given.amount),
        written(given.at),
        money(given.progress),
        money(given.wager),
    );
    if let Some(cap) = given.convert_cap {
        text += &format!("  at most {}", money(cap));
    }
    if let Some(expires) = given.expires_at {
        text += &format!("  expires {}", written(expires));
    }
    match grant.ended_at {
        Some(ended) => text + &format!("  {} {}", grant.state.as_str(), written(ended)),
        None => text + "  open",
    }
}

const AGAIN: &str =
    "the wallet could not decide now\n  next: the same again; what was done is not done twice";

impl Give {
    async fn run(self) -> Outcome {
        let currency = self.whose.currency;
        let faulty = |name: &'static str| move |fault: String| format!("--{name} {fault}");
        let amount = positive(currency, &self.amount).map_err(faulty("amount"))?;
        let wager = any(currency, &self.wager).map_err(faulty("wager"))?;
        let convert_cap = self.convert_cap.as_deref().map(|cap| any(currency, cap));
        let convert_cap = convert_cap.transpose().map_err(faulty("convert-cap"))?;
        let (desk, player) = self.whose.sit_down(&self.action(amount)).await?;
        let action = Action::Grant {
            kind: self.kind.into(),
            amount,
            bucket: self.bucket.clone(),
            wager,
            convert_cap,
            expires_at: self.expires_at,
        };
        let command = Command::new(player.id, currency, Source::operator(), self.key.clone(), action);
        let what = format!("bonus grant, key {}", self.key);
        let outcome = self.whose.decide(&desk, command, &what).await?;
        match (outcome.verdict(), &outcome) {
            (Some(Verdict::Applied(receipt)), outcome) => {
                say(format_args!(
                    "grant {}: {} {currency} to {} at {}{}",
                    receipt.entry,
                    currency.format(amount.minor()),
                    player.account,
                    desk.scope.code(),
                    if outcome.is_replay() {
                        ", given before under this key; nothing was given now"
                    } else {
                        ""
                    }
                ));
                Ok(())
            }
            (Some(verdict), _) => Err(self.whose.refused(&verdict).into()),
            (None, WalletOutcome::Conflict { .. }) => Err(format!(
                "--key {}: was used for something else at {}; nothing was given\n  next: croupier bonus list --brand {} --player {} --currency {currency}, or another key",
                self.key, self.whose.brand, self.whose.brand, self.whose.player
            )
            .into()),
            (None, _) => Err(AGAIN.into()),
        }
    }

    /// What the audit trail says is about to be done.
    fn action(&self, amount: Amount) -> String {
        let currency = self.whose.currency;
        format!(
            "bonus grant {} {currency} to {}, key {}{}",
            currency.format(amount.minor()),
            self.whose.player,
            self.key,
            because(self.reason.as_ref())
        )
    }
}

impl Forfeit {
    async fn run(self) -> Outcome {
        let what = format!("bonus forfeit {}", self.grant);
        let action = format!("{what} of {}{}", self.whose.player, because(self.reason.as_ref()));
        let (desk, player) = self.whose.sit_down(&action).await?;
        // A grant is taken back once, so player and grant are all there is to name it by.
        let key = TransactionId::ours(&format!("forfeit:{}:{}", player.id, self.grant))?;
        let forfeit = Action::Forfeit { grant: self.grant };
        let command = Command::new(player.id, self.whose.currency, Source::operator(), key, forfeit);
        let outcome = self.whose.decide(&desk, command, &what).await?;
        match outcome.verdict() {
            Some(Verdict::Applied(_)) if outcome.is_replay() => {
                say(format_args!("grant {} was taken back before", self.grant));
                Ok(())
            }
            Some(Verdict::Applied(_)) => {
                say(format_args!(
                    "grant {}: what was left of it is taken back",
                    self.grant
                ));
                Ok(())
            }
            Some(Verdict::AlreadySettled { .. }) => {
                say(format_args!(
                    "grant {} had ended before: nothing to take back",
                    self.grant
                ));
                Ok(())
            }
            Some(verdict) => Err(self.whose.refused(&verdict).into()),
            None => Err(AGAIN.into()),
        }
    }
}

fn positive(currency: Currency, text: &str) -> Result<Amount, String> {
    let minor = currency.parse_positive(text).map_err(|fault| fault.to_string())?;
    Amount::new(minor).map_err(|fault| fault.to_string())
}

fn any(currency: Currency, text: &str) -> Result<Amount, String> {
    let minor = currency.parse_amount(text).map_err(|fault| fault.to_string())?;
    Amount::new(minor).map_err(|fault| fault.to_string())
}
