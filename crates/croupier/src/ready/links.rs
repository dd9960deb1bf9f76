//! What a role has to know of the others: where they are, and how they believe each other.

use std::collections::HashMap;

use croupier_brand::{
    Clock,
    http::call::ServiceCaller,
    signature::{BrandKey, BrandSigner, Secret},
};
use http::uri::Authority;

use super::Fault;
use crate::{
    config::{Caller, Config, HostPort},
    runtime::Role,
};

const NEXT: &str = "set it; [internal] in config.default.toml says how roles find and trust each other";
const WALLET: &str = "internal.wallet, where the wallet role is";
const KEY: &str = "BRAND_SIGNING_KEY=id:secret, the same for every role";

/// How a role's process stands to the others.
#[derive(Clone, Debug)]
pub(crate) enum Links {
    /// There are no others.
    None,
    /// It is called by others.
    Called(Box<Called>),
    /// It calls others.
    Calls(Box<Calls>),
}

/// The roles that others call.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Service {
    Player,
    Wallet,
    Game,
}

/// Whom a role that is called believes.
#[derive(Clone, Debug)]
pub(crate) struct Called {
    pub(crate) role: Service,
    pub(crate) keys: Vec<BrandKey>,
    pub(crate) callers: HashMap<String, Secret>,
    /// Where the wallet is, for the role that moves money and does not have it.
    pub(crate) wallet: Option<ServiceCaller>,
}

/// Where the others are, for the role that calls them.
#[derive(Clone, Debug)]
pub(crate) struct Calls {
    pub(crate) signer: BrandSigner,
    pub(crate) player: Authority,
    pub(crate) wallet: Authority,
    pub(crate) game: Authority,
}

impl Links {
    pub(super) fn read(config: &Config, role: Role, clock: &Clock) -> Result<Self, Vec<Fault>> {
        match role {
            Role::All => Ok(Self::None),
            Role::Gateway => calls(config, role, clock).map(|calls| Self::Calls(Box::new(calls))),
            Role::Player => called(config, role, Service::Player, clock),
            Role::Wallet => called(config, role, Service::Wallet, clock),
            Role::Game => called(config, role, Service::Game, clock),
        }
    }
}

fn needs(role: Role, what: &str) -> Fault {
    Fault::new(format!("the {role} role needs {what}"), NEXT)
}

fn called(config: &Config, role: Role, service: Service, clock: &Clock) -> Result<Links, Vec<Fault>> {
    let mut faults = Vec::new();
    if config.signing_keys.is_empty() {
        faults.push(needs(role, KEY));
    }
    let callers = config.internal.answered(role, &config.service_tokens);
    if callers.is_empty() {
        let names = config.internal.callers_of(role).iter();
        let names: Vec<_> = names.map(|caller| caller.token_variable()).collect();
        let names = names.join(" or ");
        faults.push(needs(
            role,
            &format!("{names}, the token that its caller presents"),
        ));
    }
    let wallet = match service {
        Service::Player | Service::Wallet => None,
        Service::Game => {
            let wallet = place(role, &config.internal.wallet, WALLET, &mut faults);
            let signer = signer(config, role, Caller::Game, clock, &mut faults);
            wallet
                .zip(signer)
                .map(|(wallet, signer)| ServiceCaller::new(wallet, signer))
        }
    };
    if faults.is_empty() {
        Ok(Links::Called(Box::new(Called {
            role: service,
            keys: config.signing_keys.clone(),
            callers,
            wallet,
        })))
    } else {
        Err(faults)
    }
}

fn calls(config: &Config, role: Role, clock: &Clock) -> Result<Calls, Vec<Fault>> {
    let (internal, mut faults) = (&config.internal, Vec::new());
    let mut at = |at, what| place(role, at, what, &mut faults);
    let (player, wallet, game) = (
        at(&internal.player, "internal.player, where the player role is"),
        at(&internal.wallet, WALLET),
        at(&internal.game, "internal.game, where the game role is"),
    );
    if config.signing_keys.is_empty() {
        faults.push(needs(role, KEY));
    }
    let signer = signer(config, role, Caller::Gateway, clock, &mut faults);
    match (signer, player, wallet, game) {
        (Some(signer), Some(player), Some(wallet), Some(game)) => Ok(Calls {
            signer,
            player,
            wallet,
            game,
        }),
        _ => Err(faults),
    }
}

fn place(role: Role, at: &Option<HostPort>, what: &str, faults: &mut Vec<Fault>) -> Option<Authority> {
    let at = at.as_ref().map(|at| at.0.clone());
    if at.is_none() {
        faults.push(needs(role, what));
    }
    at
}

/// What the role signs its calls with. That there is no key is somebody else's to say.
fn signer(
    config: &Config,
    role: Role,
    caller: Caller,
    clock: &Clock,
    faults: &mut Vec<Fault>,
) -> Option<BrandSigner> {
    let token = config.service_tokens.get(&caller);
    if token.is_none() {
        faults.push(needs(role, &caller.token_variable()));
    }
    let (key, token) = config.signing_keys.first().zip(token)?;
    let signer = BrandSigner::new(caller.as_str(), key.clone(), token, clock.clone());
    if signer.is_none() {
        faults.push(needs(role, "a BRAND_SIGNING_KEY id and a token of visible ASCII"));
    }
    signer
}
