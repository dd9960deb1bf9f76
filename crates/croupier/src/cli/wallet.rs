//! `croupier wallet`.

use std::{fs, path::PathBuf};

use clap::{Args, Subcommand};
use croupier_wallet::{AdoptError, LocalWallet, WalletLimits, documents, topology::Topology};

use super::{Outcome, owner::Owner, say, trial_balance::TrialBalance};

/// Look after a brand's wallets.
#[derive(Subcommand)]
pub(crate) enum WalletCommand {
    /// Show or change a brand's document: its buckets, how stakes are spent, where wins go, its limits.
    Policy(Policy),
    /// What each account comes to, by brand and currency; names the accounts that drift, and exits 1 when one does.
    #[command(
        after_help = "Players' accounts are what the house owes them. What the wallets hold must be what the journal says."
    )]
    TrialBalance(TrialBalance),
}

#[derive(Args)]
pub(crate) struct Policy {
    /// The brand's code.
    #[arg(long, value_name = "CODE")]
    brand: String,
    #[command(subcommand)]
    act: Act,
    #[command(flatten)]
    owner: Owner,
}

#[derive(Subcommand)]
enum Act {
    /// Print the newest document, as `set` reads it.
    Show,
    /// Add a version of the document. It holds from the next command on; a round keeps its own.
    Set {
        /// A JSON file. Every fault of it is named, and nothing is changed.
        file: PathBuf,
    },
}

impl WalletCommand {
    pub(crate) async fn run(self) -> Outcome {
        match self {
            Self::Policy(policy) => policy.run().await,
            Self::TrialBalance(balance) => balance.run().await,
        }
    }
}

impl Policy {
    async fn run(self) -> Outcome {
        match &self.act {
            Act::Show => self.show().await,
            Act::Set { file } => self.set(file).await,
        }
    }

    async fn show(&self) -> Outcome {
        let desk = self.owner.desk(&self.brand, "wallet policy show").await?;
        let (_, topology) = documents::newest(&desk.pool, &desk.scope).await?;
        say(serde_json::to_string_pretty(&*topology)?);
        Ok(())
    }

    async fn set(&self, file: &PathBuf) -> Outcome {
        let shown = file.display();
        let text = fs::read_to_string(file).map_err(|fault| format!("{shown}: {fault}"))?;
        let invalid = |faults: &[String]| {
            let lines: String = faults.iter().map(|fault| format!("\n  {fault}")).collect();
            format!("{shown} cannot be the brand's next document:{lines}")
        };
        let topology = Topology::parse(&text).map_err(|fault| invalid(fault.faults()))?;
        let desk = self.owner.desk(&self.brand, "wallet policy set").await?;
        let wallet = LocalWallet::new(desk.pool, desk.clock, WalletLimits::default());
        match wallet.adopt_topology(&desk.scope, &topology).await {
            Ok(version) => {
                say(format_args!(
                    "{} plays by version {version} from now on",
                    desk.scope.code()
                ));
                Ok(())
            }
            Err(AdoptError::Invalid(fault)) => Err(invalid(fault.faults()).into()),
            Err(AdoptError::Wallet(fault)) => Err(fault.into()),
        }
    }
}
