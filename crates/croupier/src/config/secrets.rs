//! Secrets that come from the environment alone.

use std::collections::HashMap;

use croupier_brand::signature::{BrandKey, Secret};

use super::{internal::Caller, source::Environment};

/// `BRAND_SIGNING_KEY`: `id:secret[,id:secret…]`.
pub(super) fn signing_keys(env: &Environment, faults: &mut Vec<String>) -> Vec<BrandKey> {
    let Some(text) = env.get("BRAND_SIGNING_KEY") else {
        return Vec::new();
    };
    let mut keys = Vec::new();
    for (at, part) in text.split(',').enumerate() {
        match part.split_once(':') {
            Some((id, secret)) if !id.is_empty() => match Secret::new(secret.to_owned()) {
                Ok(secret) => keys.push(BrandKey {
                    id: id.to_owned(),
                    secret,
                }),
                Err(fault) => faults.push(format!("BRAND_SIGNING_KEY: the secret of key {id:?} {fault}")),
            },
            _ => faults.push(format!("BRAND_SIGNING_KEY: part {} must be id:secret", at + 1)),
        }
    }
    keys
}

/// `INTERNAL_SERVICE_TOKEN_<CALLER>` of each caller that has one.
pub(super) fn service_tokens(env: &Environment, faults: &mut Vec<String>) -> HashMap<Caller, Secret> {
    let mut tokens = HashMap::new();
    for caller in Caller::ALL {
        let name = caller.token_variable();
        let Some(text) = env.get(&name) else { continue };
        match Secret::new(text.to_owned()) {
            Ok(secret) => {
                tokens.insert(caller, secret);
            }
            Err(fault) => faults.push(format!("{name} {fault}")),
        }
    }
    tokens
}
