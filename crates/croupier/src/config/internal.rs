//! `[internal]`: the hop between roles in processes of their own, and who may call whom.

use std::{collections::HashMap, fmt, net::SocketAddr};

use croupier_brand::signature::Secret;
use http::uri::Authority;
use serde::Deserialize;

use crate::runtime::Role;

/// Where the roles are, and what they believe of one another.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct InternalConfig {
    /// Where a role that runs alone listens.
    pub listen: SocketAddr,
    /// Where the player role is.
    pub player: Option<HostPort>,
    /// Where the wallet role is.
    pub wallet: Option<HostPort>,
    /// Where the game role is.
    pub game: Option<HostPort>,
    /// The callers that the player role answers.
    pub player_callers: Vec<Caller>,
    /// The callers that the wallet role answers.
    pub wallet_callers: Vec<Caller>,
    /// Those of them that may give the wallet commands and read any wallet, whatever the flag says.
    pub money_callers: Vec<Caller>,
    /// The largest body that such a call may have, in bytes.
    pub money_max_body: usize,
    /// The callers that the game role answers.
    pub game_callers: Vec<Caller>,
    /// The oldest signature version that is believed: 1 or 2.
    pub signature_min_version: u8,
}

impl Default for InternalConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8081)),
            player: None,
            wallet: None,
            game: None,
            player_callers: vec![Caller::Gateway],
            wallet_callers: vec![Caller::Gateway, Caller::Game],
            money_callers: vec![Caller::Game],
            money_max_body: 1024 * 1024,
            game_callers: vec![Caller::Gateway],
            signature_min_version: 2,
        }
    }
}

impl InternalConfig {
    /// What is wrong with these settings, each fault with its key.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if !(1..=2).contains(&self.signature_min_version) {
            faults.push("internal.signature_min_version must be 1 or 2".to_owned());
        }
        if self.money_max_body == 0 {
            faults.push("internal.money_max_body must be at least 1".to_owned());
        }
        let lists = [
            ("player", &self.player_callers),
            ("wallet", &self.wallet_callers),
            ("game", &self.game_callers),
        ];
        for (role, _) in lists.iter().filter(|(_, callers)| callers.is_empty()) {
            faults.push(format!(
                "internal.{role}_callers must name at least one of {}",
                Caller::ALL.map(Caller::as_str).join(", ")
            ));
        }
        faults
    }

    /// The callers that a role answers; none where the role is behind nothing.
    #[must_use]
    pub fn callers_of(&self, role: Role) -> &[Caller] {
        match role {
            Role::Player => &self.player_callers,
            Role::Wallet => &self.wallet_callers,
            Role::Game => &self.game_callers,
            Role::All | Role::Gateway => &[],
        }
    }

    /// Those of them that have a token here, by name, with it: who has none is not answered.
    #[must_use]
    pub fn answered(&self, role: Role, tokens: &HashMap<Caller, Secret>) -> HashMap<String, Secret> {
        self.callers_of(role)
            .iter()
            .filter_map(|caller| Some((caller.as_str().to_owned(), tokens.get(caller)?.clone())))
            .collect()
    }
}

/// A service that calls others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub enum Caller {
    /// The edge.
    Gateway,
    /// Players and their tokens.
    Player,
    /// Money.
    Wallet,
    /// Games and providers' callbacks.
    Game,
}

impl Caller {
    /// Every caller.
    pub const ALL: [Self; 4] = [Self::Gateway, Self::Player, Self::Wallet, Self::Game];

    /// Its name, as settings and `X-Caller-Service` spell it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::Player => "player",
            Self::Wallet => "wallet",
            Self::Game => "game",
        }
    }

    /// The variable that holds its token.
    #[must_use]
    pub fn token_variable(self) -> String {
        format!("INTERNAL_SERVICE_TOKEN_{}", self.as_str().to_uppercase())
    }
}

impl TryFrom<String> for Caller {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|caller| caller.as_str() == text);
        found.ok_or_else(|| {
            format!(
                "{text:?} is no caller; there are {}",
                Self::ALL.map(Self::as_str).join(", ")
            )
        })
    }
}

impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// `host:port` of another role.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct HostPort(pub Authority);

impl TryFrom<String> for HostPort {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let authority: Authority = text.parse().map_err(|_| format!("{text:?} is not host:port"))?;
        if authority.port_u16().is_none() || text.contains('@') {
            Err(format!("{text:?} is not host:port"))
        } else {
            Ok(Self(authority))
        }
    }
}
