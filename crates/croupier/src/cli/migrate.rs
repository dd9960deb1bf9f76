//! `croupier migrate`.

use clap::Args;
use croupier_brand::Clock;

use super::{Outcome, owner::Owner, say};

/// Apply the schema's migrations.
#[derive(Args)]
pub(crate) struct Migrate {
    #[command(flatten)]
    owner: Owner,
}

impl Migrate {
    pub(crate) async fn run(self) -> Outcome {
        let pool = self.owner.connect().await?;
        let count = crate::migrate::run(&pool, Clock::system().now()).await?;
        say(format_args!("the schema is at {count} of {count} migrations"));
        Ok(())
    }
}
