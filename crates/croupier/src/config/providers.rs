//! `[providers.<name>]`: a table for every provider that the house has an agreement with.

use std::{
    collections::{BTreeMap, HashMap},
    path::PathBuf,
};

use croupier_brand::scope::{ProviderCredential, ProviderSecret};
use croupier_game::{
    provider::{ContractOverrides, KeyKind, PROTOCOLS, Protocol, ReplayBalance},
    rounds::UnknownGame,
};
use croupier_wallet::{RollbackOfSettledBet, RollbackOfSpentWin, UnknownRollback};
use ipnet::IpNet;
use serde::Deserialize;

use super::source::Environment;
use crate::base_url::base_url;

/// Every provider's settings, by its short name.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(transparent)]
pub struct ProvidersConfig(BTreeMap<String, ProviderConfig>);

/// One provider's settings.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ProviderConfig {
    /// Files with its keys: public keys (PEM), or a secret each. All of them are good.
    pub keys: Vec<PathBuf>,
    /// The addresses that it calls from; none is anywhere. Read where the edge is.
    pub peers: Vec<IpNet>,
    /// Where its games are launched; none is `game.launch_base`.
    pub launch_base: Option<String>,
    /// What was agreed on a rollback of a bet that was won or lost.
    pub rollback_of_settled_bet: Option<RollbackOfSettledBet>,
    /// On a rollback of what was never seen.
    pub unknown_rollback: Option<UnknownRollback>,
    /// On a rollback of a win that was spent.
    pub rollback_of_spent_win: Option<RollbackOfSpentWin>,
    /// On the balance in the answer to a repeat.
    pub replay_balance: Option<ReplayBalance>,
    /// On a bet or win in a game that the catalogue does not have.
    pub unknown_game: Option<UnknownGame>,
    /// Where its API is, that an operator calls (`croupier self-validate`). Of Slotegrator alone.
    pub api: Option<String>,
    /// Who we are to it. Of Slotegrator alone.
    pub merchant: Option<String>,
    /// `PROVIDER_SECRET_<NAME>`: secrets from the environment, good beside those of the files.
    #[serde(skip)]
    pub secrets: Vec<ProviderSecret>,
}

impl ProvidersConfig {
    /// A provider's settings.
    #[must_use]
    pub fn of(&self, name: &str) -> ProviderConfig {
        self.0.get(name).cloned().unwrap_or_default()
    }

    /// A provider's settings, to be changed.
    pub fn of_mut(&mut self, name: &str) -> &mut ProviderConfig {
        self.0.entry(name.to_owned()).or_default()
    }

    /// Every provider with settings.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &ProviderConfig)> {
        self.0.iter().map(|(name, config)| (name.as_str(), config))
    }

    /// The addresses that providers call from, by short name.
    #[must_use]
    pub fn peers(&self) -> HashMap<String, Vec<IpNet>> {
        self.iter()
            .map(|(name, config)| (name.to_owned(), config.peers.clone()))
            .collect()
    }

    /// Adds the environment's secrets.
    pub(super) fn read_secrets(&mut self, env: &Environment, faults: &mut Vec<String>) {
        for protocol in &PROTOCOLS {
            let name = protocol.spec.name;
            let variable = format!("PROVIDER_SECRET_{}", name.to_uppercase());
            let Some(text) = env.get(&variable) else { continue };
            if protocol.spec.keys != KeyKind::Secrets {
                faults.push(format!(
                    "{variable}: {} signs with a key of its own; name its public half in providers.{name}.keys",
                    protocol.spec.title
                ));
                continue;
            }
            for (at, part) in text.split(',').enumerate() {
                match ProviderSecret::parse(part) {
                    Ok(secret) => self.of_mut(name).secrets.push(secret),
                    Err(fault) => faults.push(format!("{variable}: part {} {fault}", at + 1)),
                }
            }
        }
    }

    pub(super) fn faults(&self) -> Vec<String> {
        let names: Vec<_> = PROTOCOLS.iter().map(|protocol| protocol.spec.name).collect();
        let unknown = self.0.keys().filter(|name| Protocol::named(name).is_none());
        let unknown = unknown.map(|name| {
            format!(
                "[providers.{name}] is no provider; there are {}",
                names.join(", ")
            )
        });
        unknown
            .chain(self.iter().flat_map(|(name, config)| config.api_faults(name)))
            .collect()
    }
}

impl ProviderConfig {
    /// Where a provider's API may be, for people to compare with.
    pub(crate) const API_EXAMPLE: &'static str = "https://staging.slotegrator.com/api/index.php/v1";

    /// What is wrong with where its API is and who we are there.
    fn api_faults(&self, name: &str) -> Vec<String> {
        let mut faults = Vec::new();
        for (setting, value) in [("api", &self.api), ("merchant", &self.merchant)] {
            if value.is_some() && name != "slotegrator" {
                faults.push(format!(
                    "providers.{name}.{setting}: nothing is asked of {name}; it is a setting of slotegrator"
                ));
            }
        }
        if let Some(Err(fault)) = self.api.as_deref().map(|api| base_url(api, Self::API_EXAMPLE)) {
            faults.push(format!("providers.{name}.api {fault}"));
        }
        faults
    }

    /// What was agreed otherwise than the adapter chooses.
    #[must_use]
    pub fn agreed(&self) -> ContractOverrides {
        ContractOverrides {
            rollback_of_settled_bet: self.rollback_of_settled_bet,
            unknown_rollback: self.unknown_rollback,
            rollback_of_spent_win: self.rollback_of_spent_win,
            replay_balance: self.replay_balance,
            unknown_game: self.unknown_game,
        }
    }

    /// The keys of its files and of the environment.
    ///
    /// # Errors
    /// What is wrong with which file.
    pub fn credential(&self, name: &str, kind: KeyKind) -> Result<ProviderCredential, String> {
        let mut all = match kind {
            KeyKind::PublicKeys => ProviderCredential::RsaSha256(Vec::new()),
            KeyKind::Secrets => ProviderCredential::Secrets(self.secrets.clone()),
        };
        for path in &self.keys {
            let fault =
                |fault: &dyn std::fmt::Display| format!("providers.{name}.keys: {} {fault}", path.display());
            let content = std::fs::read(path).map_err(|cause| fault(&format!("cannot be read: {cause}")))?;
            let read = match kind {
                KeyKind::PublicKeys => ProviderCredential::rsa_sha256_pem(&content),
                KeyKind::Secrets => ProviderSecret::parse(&String::from_utf8_lossy(&content))
                    .map(|secret| ProviderCredential::Secrets(vec![secret])),
            };
            all = all.and(read.map_err(|cause| fault(&cause))?);
        }
        Ok(all)
    }
}
