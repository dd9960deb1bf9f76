//! What a running `croupier dev` says of itself: where it is, and how its servers are reached.

use std::path::{Path, PathBuf};

use croupier_game::provider::Protocol;
use serde::Deserialize;

use crate::local::LocalHouse;

/// What dev.json says, of what is needed here.
#[derive(Debug, Deserialize)]
pub(crate) struct Ready {
    /// `http://127.0.0.1:…`.
    pub(super) edge: String,
    /// As the application.
    pub(super) database_url: String,
    pub(super) owner_database_url: String,
    pub(super) redis_url: String,
    pub(super) brands: Vec<ReadyBrand>,
    /// The folder it is in.
    #[serde(skip)]
    folder: PathBuf,
}

/// A brand of the house.
#[derive(Debug, Deserialize)]
pub(super) struct ReadyBrand {
    pub(super) code: String,
    pub(super) domain: String,
}

impl Ready {
    /// Reads the file that `croupier dev` writes into its folder.
    ///
    /// # Errors
    /// What is wrong, and the next step.
    pub(crate) fn read(folder: &Path) -> Result<Self, String> {
        let file = folder.join("dev.json");
        let text = std::fs::read(&file).map_err(|fault| {
            format!(
                "--dev: {}: {fault}\n  next: start `croupier dev` (make dev) and leave it running",
                file.display()
            )
        })?;
        let ready = serde_json::from_slice(&text).map_err(|fault| {
            format!(
                "--dev: {} is not what this program's `croupier dev` writes: {fault}\n  next: start it again",
                file.display()
            )
        });
        ready.map(|ready| Self {
            folder: folder.to_owned(),
            ..ready
        })
    }

    /// Where a provider calls.
    pub(crate) fn callback(&self, protocol: &Protocol) -> String {
        format!("{}/callbacks/{}", self.edge, protocol.spec.name)
    }

    /// The file of what it signs with.
    pub(crate) fn key(&self, protocol: &Protocol) -> PathBuf {
        let house = LocalHouse {
            owner_url: self.owner_database_url.clone(),
            app_url: String::new(),
            redis_url: self.redis_url.clone(),
            dir: self.folder.clone(),
        };
        house.provider_signs_with(protocol)
    }
}
