//! A house on this machine: schema, keys, two brands and their domains, on servers that run already.
//!
//! `croupier dev`, `croupier demo` and the tests all set up theirs here.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use croupier_brand::{
    BrandCode, BrandId, Clock, Currency,
    directory::BrandDirectory,
    domain::{DomainMover, DomainTarget},
    enforcement::Mode,
    global::{self, GlobalError, NewBrand, NewGame},
    host::CanonicalHost,
    redis_link::RedisLink,
    token::{KeyDir, KeyError, Kid},
};
use croupier_game::provider::{KeyKind, PROTOCOLS, Protocol};
use sqlx::{PgPool, postgres::PgPoolOptions};

use crate::{
    config::{Config, ConfigError, Environment, SecretUrl, Stage},
    migrate,
    provision::{self, ProvisionError},
};

/// What the ids of a local house's keys begin with. Production starts with none of them.
pub(crate) const LOCAL_KEYS: &str = "local-";
/// The id of a local house's first keys.
const LOCAL_KEY: &str = "local-1";

/// Who the audit trail says did it.
const OPERATOR: &str = "local";

/// A brand that a local house has from the start.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub struct SeedBrand {
    /// Its number.
    pub id: i64,
    /// Its code.
    pub code: &'static str,
    /// Its domain. `*.localhost` leads to this machine without any set-up (RFC 6761, 6.3).
    pub domain: &'static str,
    #[serde(skip)]
    name: &'static str,
    #[serde(skip)]
    accent: &'static str,
}

/// The two brands of a local house.
pub const BRANDS: [SeedBrand; 2] = [
    SeedBrand {
        id: 1,
        code: "aurora",
        domain: "aurora.localhost",
        name: "Aurora Casino",
        accent: "#3fb8af",
    },
    SeedBrand {
        id: 2,
        code: "bonanza",
        domain: "bonanza.localhost",
        name: "Bonanza Club",
        accent: "#d97b29",
    },
];

/// Why a local house could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    /// The database refused.
    #[error("the database cannot be set up: {0}")]
    Database(#[from] sqlx::Error),
    /// A migration failed.
    #[error(
        "the schema cannot be brought up to date: {0}\n  next: if this database is only for development, remove its folder and start again"
    )]
    Migration(#[from] migrate::SchemaError),
    /// A brand could not be made.
    #[error(transparent)]
    Brand(#[from] ProvisionError),
    /// A domain could not be bound.
    #[error(transparent)]
    Domain(#[from] GlobalError),
    /// A key could not be made.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Settings in the environment are wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A file could not be written.
    #[error("{0}: {1}")]
    File(PathBuf, io::Error),
    /// Redis's URL is none.
    #[error("REDIS_URL is not a Redis URL")]
    Redis,
}

/// Where a local house's servers and files are.
#[derive(Clone)]
pub struct LocalHouse {
    /// The owner's database URL.
    pub owner_url: String,
    /// The application's database URL.
    pub app_url: String,
    /// Redis's URL.
    pub redis_url: String,
    /// Where keys are kept.
    pub dir: PathBuf,
}

impl LocalHouse {
    /// The folder of the keys that players' tokens are signed with.
    #[must_use]
    pub fn keys(&self) -> KeyDir {
        KeyDir::new(self.dir.join("keys"))
    }

    /// The folder of the keys that operators' tokens are signed with.
    #[must_use]
    pub fn operator_keys(&self) -> KeyDir {
        KeyDir::new(self.dir.join("operator-keys"))
    }

    /// The key that stands in for the provider's: the simulator signs with its private half.
    #[must_use]
    pub fn provider_key(&self) -> (KeyDir, Kid) {
        #[expect(clippy::expect_used, reason = "a fixed text that is a key id")]
        let kid = Kid::parse("hub88").expect("hub88 is a key id");
        (KeyDir::new(self.dir.join("provider")), kid)
    }

    /// The file of the secret that this house and a provider's simulator share.
    #[must_use]
    pub fn provider_secret(&self, protocol: &Protocol) -> PathBuf {
        self.dir
            .join("provider")
            .join(format!("{}.secret", protocol.spec.name))
    }

    /// What a provider's simulator signs with.
    #[must_use]
    pub fn provider_signs_with(&self, protocol: &Protocol) -> PathBuf {
        let (provider, kid) = self.provider_key();
        match protocol.spec.keys {
            KeyKind::PublicKeys => provider.private_path(&kid),
            KeyKind::Secrets => self.provider_secret(protocol),
        }
    }

    /// The settings that serve this house: the environment's, with this house's addresses.
    ///
    /// # Errors
    /// [`LocalError::Config`].
    pub fn config(&self, env: &Environment) -> Result<Config, LocalError> {
        let mut config = Config::load(None, env)?;
        if env.get("MULTI_BRAND_ENFORCEMENT").is_none() {
            config.enforcement = Mode::Enforce;
        }
        let (provider, kid) = self.provider_key();
        config.house.environment = Stage::Development;
        config.database.url = SecretUrl(self.app_url.clone());
        config.redis.url = SecretUrl(self.redis_url.clone());
        config.tokens.keys_dir = self.keys().path().to_owned();
        config.tokens.operator_keys_dir = self.operator_keys().path().to_owned();
        config.payments.sandbox = true;
        for protocol in &PROTOCOLS {
            config.providers.of_mut(protocol.spec.name).keys = vec![match protocol.spec.keys {
                KeyKind::PublicKeys => provider.public_path(&kid),
                KeyKind::Secrets => self.provider_secret(protocol),
            }];
        }
        Ok(config)
    }

    /// Brings the schema up to date and makes what is missing: keys, the two brands, their domains.
    ///
    /// # Errors
    /// [`LocalError`]; running it again goes on where it stopped.
    pub async fn set_up(&self) -> Result<(), LocalError> {
        let owner = PgPoolOptions::new()
            .max_connections(2)
            .connect(&self.owner_url)
            .await?;
        migrate::run(&owner, Clock::system().now()).await?;
        self.make_keys()?;
        self.seed(&owner).await?;
        owner.close().await;
        Ok(())
    }

    /// The keys alone.
    ///
    /// # Errors
    /// [`LocalError::Key`].
    pub fn make_keys(&self) -> Result<(), LocalError> {
        let clock = Clock::system();
        let (provider, provider_kid) = self.provider_key();
        for (keys, kid) in [
            (self.keys(), Kid::parse(LOCAL_KEY)?),
            (self.operator_keys(), Kid::parse(LOCAL_KEY)?),
            (provider, provider_kid),
        ] {
            // The private half is written first: without its public half it is what a killed start left, and nothing
            // was ever signed with it.
            let (private, public) = (keys.private_path(&kid), keys.public_path(&kid));
            if private.exists() && fs::metadata(&public).map_or(0, |public| public.len()) == 0 {
                for half in [public, private] {
                    let _ = fs::remove_file(half);
                }
            }
            match keys.generate(&kid, clock.now()) {
                Ok(()) | Err(KeyError::Exists(_)) => {}
                Err(fault) => return Err(fault.into()),
            }
        }
        for protocol in &PROTOCOLS {
            let path = self.provider_secret(protocol);
            let whole = || fs::metadata(&path).is_ok_and(|file| file.len() > 0);
            if protocol.spec.keys == KeyKind::Secrets && !whole() {
                let secret = hex::encode(rand::random::<[u8; 32]>());
                write_private(&path, secret.as_bytes()).map_err(|fault| LocalError::File(path, fault))?;
            }
        }
        Ok(())
    }

    /// The brands and their domains.
    ///
    /// # Errors
    /// [`LocalError`].
    pub async fn seed(&self, owner: &PgPool) -> Result<(), LocalError> {
        let clock = Clock::system();
        self.seed_games(owner).await?;
        let there = global::all_brands(owner).await?;
        for seed in BRANDS {
            if !there.iter().any(|brand| brand.code.as_str() == seed.code) {
                provision::create(owner, seed.brand(), OPERATOR, &clock).await?;
            }
        }
        let redis = RedisLink::new(&self.redis_url).map_err(|_| LocalError::Redis)?;
        let directory = BrandDirectory::start(owner.clone()).await?;
        let mover = DomainMover::new(owner.clone(), redis, clock);
        let bound = global::all_domains(owner).await?;
        // At the same time: each takes its half a second to come from nobody.
        let bind = async |seed: SeedBrand| {
            let (Ok(host), Some(brand)) = (CanonicalHost::parse(seed.domain), directory.by_code(seed.code))
            else {
                return Ok(());
            };
            // One that a killed start left on its way is nobody's for a while to each process that comes.
            if bound
                .iter()
                .any(|bound| bound.domain == seed.domain && !bound.moving)
            {
                return Ok(());
            }
            let target = DomainTarget {
                brand: brand.id,
                agent_id: None,
                level: None,
            };
            mover.bind(&host, target, false).await
        };
        let [aurora, bonanza] = BRANDS;
        tokio::try_join!(bind(aurora), bind(bonanza))?;
        Ok(())
    }

    /// Two games of every provider, so that each can be played, and changed for another.
    async fn seed_games(&self, owner: &PgPool) -> Result<(), LocalError> {
        for spec in PROTOCOLS.iter().map(|protocol| protocol.spec) {
            for game in [spec.game, spec.other_game] {
                let game = NewGame {
                    id: game.id,
                    provider: spec.name,
                    code: game.code,
                    name: game.name,
                    category: game.category,
                    position: game.position,
                };
                global::insert_game(owner, game).await?;
            }
        }
        Ok(())
    }

    /// Writes a file of this house, readable by its user alone, in one step.
    ///
    /// # Errors
    /// [`LocalError::File`].
    pub fn write_private(&self, name: &str, content: &[u8]) -> Result<PathBuf, LocalError> {
        let path = self.dir.join(name);
        write_private(&path, content).map_err(|fault| LocalError::File(path.clone(), fault))?;
        Ok(path)
    }
}

impl SeedBrand {
    fn brand(&self) -> NewBrand {
        #[expect(clippy::expect_used, reason = "the seeds are fixed texts; a test reads them")]
        NewBrand {
            id: BrandId::new(self.id).ok(),
            code: BrandCode::parse(self.code).expect("a seed's code is a code"),
            name: self.name.to_owned(),
            currency: Currency::parse("EUR").expect("EUR is a currency"),
            theme: serde_json::json!({ "accent": self.accent }),
        }
    }
}

fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    use std::{io::Write, os::unix::fs::OpenOptionsExt};
    let fresh = path.with_extension("new");
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&fresh)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(fresh, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seeds_are_brands_with_domains() {
        for seed in BRANDS {
            assert_eq!(seed.brand().code.as_str(), seed.code);
            assert!(CanonicalHost::parse(seed.domain).is_ok());
        }
    }
}
