//! `croupier wallet trial-balance`.

use clap::Args;
use croupier_brand::Currency;
use croupier_wallet::journal::audit::{self, AccountLine};

use super::{Outcome, journal::brands, money, owner::Owner, say};

#[derive(Args)]
pub(crate) struct TrialBalance {
    /// Only this brand's.
    #[arg(long, value_name = "CODE")]
    brand: Option<String>,
    #[command(flatten)]
    owner: Owner,
}

impl TrialBalance {
    pub(super) async fn run(self) -> Outcome {
        let pool = self.owner.connect_migrated().await?;
        let mut drifting = false;
        for brand in brands(&self.owner, &pool, self.brand.as_deref(), "wallet trial-balance").await? {
            let mut tx = audit::begin(&pool, brand.id).await?;
            let balance = audit::trial_balance(&mut tx, brand.id).await?;
            tx.rollback().await?;
            say(format_args!(
                "{}\n  {:<8} {:<28} {:>20} {:>20} {:>20} {:>20}",
                brand.code.as_str(),
                "currency",
                "account",
                "archived",
                "debits",
                "credits",
                "balance"
            ));
            balance.lines.iter().for_each(|line| say(row(line)));
            for fault in balance.faults() {
                drifting = true;
                say(format_args!("WRONG  {}: {fault}", brand.code.as_str()));
            }
        }
        if drifting {
            return Err("accounts drift; see above\n  next: croupier journal verify names the entry".into());
        }
        Ok(())
    }
}

fn row(line: &AccountLine) -> String {
    let currency = Currency::parse(&line.currency).ok();
    format!(
        "  {:<8} {:<28} {:>20} {:>20} {:>20} {:>20}",
        line.currency,
        line.account,
        money(currency, line.opening),
        money(currency, line.debits),
        money(currency, line.credits),
        money(currency, line.balance())
    )
}
