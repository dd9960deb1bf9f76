//! `croupier brand`.

use clap::{Args, Subcommand, ValueEnum};
use croupier_brand::{
    BrandCode, BrandId, BrandStatus, Clock, Currency,
    global::{self, NewBrand},
};

use super::{Outcome, owner::Owner, say};
use crate::provision;

/// Make, list, open and close brands.
#[derive(Subcommand)]
pub(crate) enum BrandCommand {
    /// Make a brand that offers every active game. It is reached once it has a domain.
    Create(Create),
    /// List the brands.
    List(List),
    /// Open or close a brand; seen by every process within a second.
    Status(Status),
}

#[derive(Args)]
pub(crate) struct Create {
    /// 2 to 16 of a-z 0-9, a letter first; no code may begin another. It can never change.
    code: String,
    /// The name players read.
    #[arg(long)]
    name: String,
    /// The currency of its wallets: ISO 4217, or BTC, ETH, USDT …
    #[arg(long)]
    currency: String,
    /// Its number; the next free one when it is left out.
    #[arg(long)]
    id: Option<i64>,
    /// What its front end looks like: a JSON object.
    #[arg(long, default_value = "{}")]
    theme: String,
    #[command(flatten)]
    owner: Owner,
}

#[derive(Args)]
pub(crate) struct List {
    #[command(flatten)]
    owner: Owner,
}

#[derive(Args)]
pub(crate) struct Status {
    /// The brand's code.
    code: String,
    /// What it shall be.
    status: To,
    #[command(flatten)]
    owner: Owner,
}

#[derive(Clone, Copy, ValueEnum)]
enum To {
    Active,
    Maintenance,
    Suspended,
}

impl BrandCommand {
    pub(crate) async fn run(self) -> Outcome {
        match self {
            Self::Create(create) => create.run().await,
            Self::List(list) => list.run().await,
            Self::Status(status) => status.run().await,
        }
    }
}

impl Create {
    async fn run(self) -> Outcome {
        let theme: serde_json::Value =
            serde_json::from_str(&self.theme).map_err(|fault| format!("--theme: {fault}"))?;
        if !theme.is_object() {
            return Err("--theme must be a JSON object, such as '{\"accent\":\"#c9a227\"}'".into());
        }
        let brand = NewBrand {
            id: self.id.map(BrandId::new).transpose()?,
            code: BrandCode::parse(&self.code)?,
            name: self.name,
            currency: Currency::parse(&self.currency)?,
            theme,
        };
        let pool = self.owner.connect_migrated().await?;
        let brand = provision::create(&pool, brand, &self.owner.operator, &Clock::system()).await?;
        say(format_args!(
            "brand {} is number {}; next: croupier domain add {} <domain>",
            brand.code, brand.id, brand.code
        ));
        Ok(())
    }
}

impl List {
    async fn run(self) -> Outcome {
        let pool = self.owner.connect_migrated().await?;
        say(format_args!(
            "{:>4}  {:<16}  {:<8}  {:<11}  name",
            "id", "code", "currency", "status"
        ));
        for brand in global::all_brands(&pool).await? {
            say(format_args!(
                "{:>4}  {:<16}  {:<8}  {:<11}  {}",
                brand.id,
                brand.code,
                brand.currency,
                brand.status.as_str(),
                brand.name
            ));
        }
        Ok(())
    }
}

impl Status {
    async fn run(self) -> Outcome {
        let status = match self.status {
            To::Active => BrandStatus::Active,
            To::Maintenance => BrandStatus::Maintenance,
            To::Suspended => BrandStatus::Suspended,
        };
        let (pool, code) = (
            self.owner.connect_migrated().await?,
            BrandCode::parse(&self.code)?,
        );
        if provision::set_status(&pool, &code, status, &self.owner.operator, &Clock::system()).await? {
            say(format_args!("brand {code} is {}", status.as_str()));
            Ok(())
        } else {
            Err(format!("there is no brand {code}; croupier brand list shows those there are").into())
        }
    }
}
