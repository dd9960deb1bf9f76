//! `croupier journal`.

use std::{
    fs::{File, OpenOptions},
    io::{BufReader, BufWriter},
    os::unix::fs::OpenOptionsExt,
    path::PathBuf,
    sync::Arc,
};

use clap::{Args, Subcommand};
use croupier_brand::{Brand, Clock, directory::BrandDirectory};
use croupier_wallet::journal::{Verified, audit, export, numbering};
use sqlx::PgPool;

use super::{
    Outcome,
    owner::{Owner, PerhapsOwner},
    say,
};
use crate::{
    desk,
    journal::{Month, archive, partition},
};

/// Look after the journal: every movement of money, for good.
#[derive(Subcommand)]
pub(crate) enum JournalCommand {
    /// Verify every entry, hash, seal and wallet, and say the first that is wrong; exits 1 when one is.
    #[command(
        after_help = "Whoever keeps a seal's number and hash elsewhere sees any later change of what it seals, also one by somebody who may do everything in the database."
    )]
    Verify(Verify),
    /// Write a brand's journal to a file that can be verified without a database.
    Export(Export),
    /// Make the journal's parts for the months to come.
    Partition(Partition),
    /// After a restore from a dump: make this cluster's numbers of transactions follow those in the journal.
    #[command(
        after_help = "With every process stopped, before the first is started. Where the numbers follow already nothing is changed."
    )]
    Adopt(Adopt),
    /// Write everything before a month to files, a brand each, and verify them; --drop then takes it out of the database.
    Archive(Archive),
}

#[derive(Args)]
pub(crate) struct Verify {
    /// Only this brand's.
    #[arg(long, value_name = "CODE", conflicts_with = "export")]
    brand: Option<String>,
    /// A file of croupier journal export or archive, instead of the database.
    #[arg(long, value_name = "FILE")]
    export: Option<PathBuf>,
    #[command(flatten)]
    owner: PerhapsOwner,
}

#[derive(Args)]
pub(crate) struct Export {
    /// The brand's code.
    #[arg(long, value_name = "CODE")]
    brand: String,
    /// The file to write; it must not be there.
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    #[command(flatten)]
    owner: Owner,
}

#[derive(Args)]
pub(crate) struct Partition {
    /// How many months after this one.
    #[arg(long, value_name = "N", default_value_t = partition::AHEAD, value_parser = clap::value_parser!(u32).range(1..=120))]
    months: u32,
    #[command(flatten)]
    owner: Owner,
}

#[derive(Args)]
pub(crate) struct Adopt {
    #[command(flatten)]
    owner: Owner,
}

#[derive(Args)]
pub(crate) struct Archive {
    /// The first month that stays, as 2026-11.
    #[arg(long, value_name = "YYYY-MM")]
    before: Month,
    /// The folder to write to.
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// Take out of the database what was written.
    #[arg(long)]
    drop: bool,
    #[command(flatten)]
    owner: Owner,
}

impl JournalCommand {
    pub(crate) async fn run(self) -> Outcome {
        match self {
            Self::Verify(verify) => verify.run().await,
            Self::Export(export) => export.run().await,
            Self::Partition(partition) => partition.run().await,
            Self::Adopt(adopt) => adopt.run().await,
            Self::Archive(archive) => archive.run().await,
        }
    }
}

/// The brand of a code, or all of them; what is about to be read is written down for each.
pub(super) async fn brands(
    owner: &Owner,
    pool: &PgPool,
    code: Option<&str>,
    act: &str,
) -> Result<Vec<Arc<Brand>>, Box<dyn std::error::Error>> {
    let directory = BrandDirectory::start(pool.clone()).await?;
    let brands = match code {
        None => directory.all(),
        Some(code) => vec![desk::brand(&directory, code)?],
    };
    for brand in &brands {
        owner.audit(pool, Arc::clone(brand), act).await?;
    }
    Ok(brands)
}

fn told(code: &str, verified: &Verified) {
    let sealed = verified.sealed.map_or_else(
        || "nothing sealed yet".to_owned(),
        |(number, hash)| format!("seal {number} {}", hex::encode(hash)),
    );
    say(format_args!(
        "{code}: {} entries, {} wallets, {sealed}, {} entries since",
        verified.entries, verified.wallets, verified.unsealed
    ));
}

impl Verify {
    async fn run(self) -> Outcome {
        if let Some(path) = self.export {
            let file = File::open(&path).map_err(|fault| format!("{}: {fault}", path.display()))?;
            let read =
                export::read(BufReader::new(file)).map_err(|fault| format!("{}: {fault}", path.display()))?;
            told(&read.head.brand, &read.verified);
            return Ok(());
        }
        let owner = self.owner.given().ok_or(
            "say where: the database's owner (OWNER_DATABASE_URL, --owner-url), or --export and a file",
        )?;
        let pool = owner.connect_migrated().await?;
        let mut faults = 0;
        for brand in brands(&owner, &pool, self.brand.as_deref(), "journal verify").await? {
            let mut tx = audit::begin(&pool, brand.id).await?;
            let examined = audit::examine(&mut tx, brand.id, &brand.code).await?;
            tx.rollback().await?;
            if let Some(verified) = examined.verified {
                told(brand.code.as_str(), &verified);
            }
            faults += examined.faults.len();
            examined
                .faults
                .iter()
                .for_each(|fault| say(format_args!("WRONG  {fault}")));
        }
        match faults {
            0 => Ok(()),
            _ => Err("the books are not right; see above".into()),
        }
    }
}

impl Adopt {
    async fn run(self) -> Outcome {
        let pool = self.owner.connect_migrated().await?;
        brands(&self.owner, &pool, None, "journal adopt").await?;
        match numbering::adopt(&pool, &Clock::system()).await? {
            Some(added) => say(format_args!(
                "the journal is gone on with: {added} is added to this cluster's numbers from now on"
            )),
            None => say("this cluster's numbers follow the journal's already; nothing was changed"),
        }
        Ok(())
    }
}

impl Export {
    async fn run(self) -> Outcome {
        let pool = self.owner.connect_migrated().await?;
        let named = |fault: &dyn std::fmt::Display| format!("{}: {fault}", self.to.display());
        for brand in brands(&self.owner, &pool, Some(&self.brand), "journal export").await? {
            let mut options = OpenOptions::new();
            let file = options
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(&self.to)
                .map_err(|fault| named(&fault))?;
            let mut out = BufWriter::new(file);
            let mut tx = audit::begin(&pool, brand.id).await?;
            let entries = export::write(&mut tx, brand.id, &brand.code, None, &mut out)
                .await
                .map_err(|fault| named(&fault))?;
            tx.rollback().await?;
            out.into_inner()
                .map_err(|fault| named(&fault))?
                .sync_all()
                .map_err(|fault| named(&fault))?;
            say(format_args!("{}: {entries} entries", self.to.display()));
        }
        Ok(())
    }
}

impl Partition {
    async fn run(self) -> Outcome {
        let pool = self.owner.connect_migrated().await?;
        let now = Clock::system().now();
        for made in partition::make(&pool, now, self.months).await? {
            say(format_args!(
                "made {}, with {} entries that were in the default part",
                made.month, made.moved
            ));
        }
        let parts = partition::parts(&pool).await?;
        say(format_args!(
            "the journal has parts for {} months ahead",
            parts.ahead(now)
        ));
        Ok(())
    }
}

impl Archive {
    async fn run(self) -> Outcome {
        let pool = self.owner.connect_migrated().await?;
        let this = Month::of(Clock::system().now());
        if self.before > this {
            return Err(format!("{} has not begun: --before {this} at the latest", self.before).into());
        }
        let act = format!("journal archive --before {}", self.before);
        let mut archived = Vec::new();
        for brand in brands(&self.owner, &pool, None, &act).await? {
            match archive::export(&pool, &brand, self.before, &self.to).await? {
                Some(archive) => {
                    say(format_args!("{} is written and right", archive.path.display()));
                    told(&archive.read.head.brand, &archive.read.verified);
                    archived.push(archive);
                }
                None => say(format_args!(
                    "{}: nothing before {}",
                    brand.code.as_str(),
                    self.before
                )),
            }
        }
        if !self.drop {
            say("nothing was dropped (--drop)");
            return Ok(());
        }
        let dropped = archive::drop_parts(&pool, self.before, &archived).await?;
        for month in &dropped {
            say(format_args!("{month} is not in the database any more"));
        }
        Ok(())
    }
}
