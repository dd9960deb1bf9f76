//! The way of every call: nothing is parsed before the signature holds, and no brand is known before
//! the call is read.

use std::sync::Arc;

use axum::{RequestExt, body::to_bytes, extract::Request as HttpRequest};
use croupier_brand::{
    BrandScope, directory::BrandDirectory, enforcement::Enforcement, scope::ProviderCredential,
};

use super::{Adapter, Asked, Call, CallSpec, Contract, Launch, Named, Reply, Told, Unserved, Verified, What};
use crate::rounds::{Integration, Purse, Refusal, RoundError, Rounds, Ruling, Shown, Who};

/// What one provider's callbacks work with.
#[derive(Clone, Debug)]
pub struct CallbackState {
    /// The brands, to find whose account a call names.
    pub directory: BrandDirectory,
    /// Counts accounts of no brand.
    pub enforcement: Enforcement,
    /// What every provider's rounds have in common.
    pub rounds: Rounds,
    /// The provider's keys.
    pub credential: Arc<ProviderCredential>,
    /// What its contract says.
    pub contract: Contract,
}

/// Serves one call.
pub(super) async fn serve<A: Adapter>(
    state: &CallbackState,
    spec: &'static CallSpec,
    request: HttpRequest,
) -> Reply {
    // `DefaultBodyLimit` says how large: of this house it is `edge.max_body`.
    let (parts, body) = request.with_limited_body().into_parts();
    let Ok(body) = to_bytes(body, usize::MAX).await else {
        return refused::<A>(spec, None, A::refuse(spec, Unserved::Body));
    };
    let call = Call {
        spec,
        uri: parts.uri,
        headers: parts.headers,
        body,
    };
    let Some(callback) = A::verify(&state.credential, &call) else {
        return refused::<A>(spec, None, A::refuse(spec, Unserved::Signature));
    };
    let verified = Verified {
        call: &call,
        callback,
    };
    let (asked, echo) = match A::read(&verified, &state.contract) {
        Ok(read) => read,
        Err(reply) => return refused::<A>(spec, None, reply),
    };
    let (Named::Account(named) | Named::Holder(named)) = &asked.who;
    let Ok((scope, own)) = callback.scope(&state.directory, &state.enforcement, named) else {
        // What is of no brand gets the answer of what its brand does not know.
        let unknown = match asked.who {
            Named::Account(_) => Refusal::UnknownUser,
            Named::Holder(_) => Refusal::UnknownToken,
        };
        let reply = A::answer(echo, refusal(unknown));
        return refused::<A>(spec, asked.id.as_deref(), reply);
    };
    let own = own.to_owned();
    let id = asked.id.clone();
    let told = hear::<A>(state, &scope, asked, &own)
        .await
        .unwrap_or_else(|fault| {
            tracing::error!(%fault, brand = %scope.code(), provider = A::SPEC.name, call = spec.name, id, "a callback could not be served");
            Told::NoAnswer
        });
    let reply = A::answer(echo, told);
    noted::<A>(&scope, spec, id.as_deref(), &reply);
    reply
}

/// `own` is what the named account or token says without the brand's code.
async fn hear<A: Adapter>(
    state: &CallbackState,
    scope: &BrandScope,
    asked: Asked,
    own: &str,
) -> Result<Told, RoundError> {
    let integration = Integration {
        provider: A::SPEC.name,
        tokens: A::SPEC.tokens,
        unknown_game: state.contract.unknown_game,
        refusals_tell_balance: A::REFUSALS_TELL_BALANCE,
    };
    let who = match &asked.who {
        Named::Account(_) => Who::Account(own),
        Named::Holder(token) => Who::Holder(token),
    };
    let account = |own: String| format!("{}{own}", scope.code());
    let told = |ruling| match ruling {
        Ruling::Refused { why, balance } => Told::Refused { why, balance },
        Ruling::Given(Purse {
            account: own,
            currency,
            balance,
        }) => Told::Balance {
            account: account(own),
            currency,
            balance,
        },
    };
    Ok(match asked.what {
        What::Known => {
            if state.rounds.knows(scope, own).await? {
                Told::Known
            } else {
                refusal(Refusal::UnknownUser)
            }
        }
        What::Balance(launch, named) => {
            let asks = (who, shown(&launch));
            told(state.rounds.balance(scope, integration, asks, named).await?)
        }
        What::Open(launch, named) => {
            let asks = (who, shown(&launch));
            told(state.rounds.open(scope, integration, asks, named).await?)
        }
        What::Play(launch, play) => {
            let debits: Vec<_> = play.moves.iter().map(|asked| asked.action().is_debit()).collect();
            let asks = (who, shown(&launch));
            match state.rounds.play(scope, integration, asks, play).await? {
                Ruling::Refused { why, balance } => Told::Refused { why, balance },
                Ruling::Given(played) => Told::Played {
                    balance: state.contract.balance(&played, &debits),
                    account: account(played.account),
                    currency: played.currency,
                    outcomes: played.outcomes,
                },
            }
        }
    })
}

/// One of a call whose player is not known.
fn refusal(why: Refusal) -> Told {
    Told::Refused { why, balance: None }
}

fn shown(launch: &Launch) -> Shown<'_> {
    match launch {
        Launch::Token(token) => Shown::Token(token),
        Launch::Newest => Shown::Newest,
    }
}

/// A call that no brand can be made out for.
fn refused<A: Adapter>(spec: &CallSpec, id: Option<&str>, reply: Reply) -> Reply {
    let (provider, call, status) = (A::SPEC.name, spec.name, reply.code);
    metrics::counter!("provider_callbacks_refused_total", "provider" => provider, "call" => call, "status" => status).increment(1);
    tracing::warn!(provider, call, status, id, "a callback was refused");
    reply
}

fn noted<A: Adapter>(scope: &BrandScope, spec: &CallSpec, id: Option<&str>, reply: &Reply) {
    let (provider, call, status) = (A::SPEC.name, spec.name, reply.code);
    let brand = scope.code().to_string();
    metrics::counter!("provider_callbacks_total", "brand" => brand, "provider" => provider, "call" => call, "status" => status).increment(1);
    tracing::debug!(brand = %scope.code(), provider, call, status, id, "a callback was answered");
}
