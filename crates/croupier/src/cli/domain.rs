//! `croupier domain`.

use std::sync::Arc;

use clap::{Args, Subcommand};
use croupier_brand::{
    Brand,
    directory::BrandDirectory,
    domain::DomainTarget,
    global::{self, GlobalError},
    host::CanonicalHost,
};
use sqlx::PgPool;

use super::{Outcome, owner::Owner, say};
use crate::desk;

/// Say which domains lead to which brand. A change is seen by every process within a second; a domain that
/// changes hands is nobody's for half of it (503 domain_moving), so that it is never two brands' at once.
#[derive(Subcommand)]
pub(crate) enum DomainCommand {
    /// Lead a domain to a brand. Refused while it is another brand's.
    Add(Target),
    /// Lead a domain to a brand, also away from another. Stopped half way, it goes over all the same; run it
    /// again to see it done.
    Move(Target),
    /// Take a domain off its brand.
    Remove(Remove),
    /// List the domains.
    List(List),
}

#[derive(Args)]
pub(crate) struct Target {
    /// The brand's code.
    brand: String,
    /// The domain, such as casino.example. Sub-domains are domains of their own.
    domain: String,
    /// The agent whose players come through it.
    #[arg(long)]
    agent: Option<i64>,
    /// The level its players start at.
    #[arg(long)]
    level: Option<String>,
    #[command(flatten)]
    owner: Owner,
}

#[derive(Args)]
pub(crate) struct Remove {
    /// The domain.
    domain: String,
    #[command(flatten)]
    owner: Owner,
}

#[derive(Args)]
pub(crate) struct List {
    #[command(flatten)]
    owner: Owner,
}

impl DomainCommand {
    pub(crate) async fn run(self) -> Outcome {
        match self {
            Self::Add(target) => target.bind(false).await,
            Self::Move(target) => target.bind(true).await,
            Self::Remove(remove) => remove.run().await,
            Self::List(list) => list.run().await,
        }
    }
}

fn host(text: &str) -> Result<CanonicalHost, String> {
    CanonicalHost::parse(text).map_err(|fault| format!("the domain {fault}: {text:?}"))
}

/// The brand whose a domain is now.
async fn holder(
    pool: &PgPool,
    directory: &BrandDirectory,
    host: &CanonicalHost,
) -> Result<Option<Arc<Brand>>, GlobalError> {
    let bound = global::all_domains(pool).await?;
    Ok(bound
        .iter()
        .find(|bound| bound.domain == host.as_str())
        .and_then(|bound| directory.by_code(&bound.code)))
}

impl Target {
    async fn bind(self, take_over: bool) -> Outcome {
        let host = host(&self.domain)?;
        let pool = self.owner.connect_migrated().await?;
        let (mover, directory) = self.owner.domain_mover(&pool).await?;
        let brand = desk::brand(&directory, &self.brand)?;
        let target = DomainTarget {
            brand: brand.id,
            agent_id: self.agent,
            level: self.level,
        };
        let act = format!("domain {} {host}", if take_over { "move" } else { "add" });
        for brand in std::iter::once(brand.clone()).chain(
            holder(&pool, &directory, &host)
                .await?
                .filter(|holder| take_over && holder.id != brand.id),
        ) {
            self.owner.audit(&pool, brand, &act).await?;
        }
        mover.bind(&host, target, take_over).await?;
        say(format_args!("{host} leads to {}", brand.code));
        Ok(())
    }
}

impl Remove {
    async fn run(self) -> Outcome {
        let host = host(&self.domain)?;
        let pool = self.owner.connect_migrated().await?;
        let (mover, directory) = self.owner.domain_mover(&pool).await?;
        if let Some(brand) = holder(&pool, &directory, &host).await? {
            self.owner
                .audit(&pool, brand, &format!("domain remove {host}"))
                .await?;
        }
        mover.unbind(&host).await?;
        say(format_args!("{host} leads nowhere"));
        Ok(())
    }
}

impl List {
    async fn run(self) -> Outcome {
        for bound in global::all_domains(&self.owner.connect_migrated().await?).await? {
            let moving = if bound.moving { "  (moving)" } else { "" };
            say(format_args!("{:<40}  {}{moving}", bound.domain, bound.code));
        }
        Ok(())
    }
}
