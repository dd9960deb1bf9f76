//! `POST /callbacks/hub88/…`: signature, reading, brand, rounds, answer, in this order.
//!
//! Every answer is HTTP 200 with a status in its body, refusals and our own failures included.

use axum::{
    Json,
    body::{Bytes, to_bytes},
    extract::{Request as HttpRequest, State},
};
use croupier_brand::{BrandScope, scope::VerifiedCallback};
use http::HeaderMap;

use super::{
    Hub88State, PROVIDER,
    mapping::{IntoRound, of_outcome, of_refusal, scaled},
    signature,
    wire::{Answer, BalanceRequest, BetRequest, Envelope, Request, RollbackRequest, Status, WinRequest},
};
use crate::rounds::{RoundError, Ruling};

/// The largest body read, in bytes. The largest call has a `meta` document of a few kilobytes.
const MAX_BODY: usize = 64 * 1024;

/// Who a player is. Answers whatever the player's status; there is nothing to tell beyond that
/// the player exists.
#[utoipa::path(
    post, path = "/callbacks/hub88/user/info", tag = "hub88",
    params(("X-Hub88-Signature" = String, Header, description = "base64(RSA-SHA256(body))")),
    request_body(content = Object, description = "user, request_uuid", content_type = "application/json"),
    responses((status = 200, description = "The protocol's status is in the body", body = Answer))
)]
pub async fn user_info(State(state): State<Hub88State>, request: HttpRequest) -> Json<Answer> {
    let served = serve::<Envelope, _>(&state, request, "info", async |caller: Caller<'_>, _| {
        let known = state.rounds.player(caller.scope, caller.account).await?.is_some();
        Ok(Said::only(if known { Status::Ok } else { Status::InvalidToken }))
    });
    served.await
}

/// What a player can stake.
#[utoipa::path(
    post, path = "/callbacks/hub88/user/balance", tag = "hub88",
    params(("X-Hub88-Signature" = String, Header, description = "base64(RSA-SHA256(body))")),
    request_body(content = Object, description = "user, token, request_uuid, game_code?", content_type = "application/json"),
    responses((status = 200, description = "The protocol's status is in the body", body = Answer))
)]
pub async fn user_balance(State(state): State<Hub88State>, request: HttpRequest) -> Json<Answer> {
    let served = serve::<BalanceRequest, _>(
        &state,
        request,
        "balance",
        async |caller: Caller<'_>, request: BalanceRequest| {
            Ok(
                match state
                    .rounds
                    .balance(caller.scope, PROVIDER, caller.account, &request.token)
                    .await?
                {
                    Ruling::Refused(refusal) => Said::only(of_refusal(refusal)),
                    Ruling::Given(balance, currency) => Said {
                        status: Status::Ok,
                        currency: Some(currency.code()),
                        balance: Some(scaled(balance, currency)),
                    },
                },
            )
        },
    );
    served.await
}

/// Takes a stake.
#[utoipa::path(
    post, path = "/callbacks/hub88/transaction/bet", tag = "hub88",
    params(("X-Hub88-Signature" = String, Header, description = "base64(RSA-SHA256(body))")),
    request_body(content = Object, description = "user, token, request_uuid, transaction_uuid, round, game_code, amount (× 100 000), currency, is_free, is_supplier_promo", content_type = "application/json"),
    responses((status = 200, description = "The protocol's status is in the body", body = Answer))
)]
pub async fn bet(State(state): State<Hub88State>, request: HttpRequest) -> Json<Answer> {
    transact::<BetRequest>(&state, request, "bet").await
}

/// Pays a win, or records that nothing was won.
#[utoipa::path(
    post, path = "/callbacks/hub88/transaction/win", tag = "hub88",
    params(("X-Hub88-Signature" = String, Header, description = "base64(RSA-SHA256(body))")),
    request_body(content = Object, description = "As a bet, with reference_transaction_uuid: the bet's transaction_uuid", content_type = "application/json"),
    responses((status = 200, description = "The protocol's status is in the body", body = Answer))
)]
pub async fn win(State(state): State<Hub88State>, request: HttpRequest) -> Json<Answer> {
    transact::<WinRequest>(&state, request, "win").await
}

/// Undoes a transaction.
#[utoipa::path(
    post, path = "/callbacks/hub88/transaction/rollback", tag = "hub88",
    params(("X-Hub88-Signature" = String, Header, description = "base64(RSA-SHA256(body))")),
    request_body(content = Object, description = "user, token, request_uuid, transaction_uuid, reference_transaction_uuid, round?, game_code?", content_type = "application/json"),
    responses((status = 200, description = "The protocol's status is in the body", body = Answer))
)]
pub async fn rollback(State(state): State<Hub88State>, request: HttpRequest) -> Json<Answer> {
    transact::<RollbackRequest>(&state, request, "rollback").await
}

async fn transact<R: Request + IntoRound>(
    state: &Hub88State,
    request: HttpRequest,
    call: &'static str,
) -> Json<Answer> {
    let served = serve::<R, _>(state, request, call, async |caller: Caller<'_>, request: R| {
        let round = match request.into_round(caller.account, state.policy) {
            Ok(round) => round,
            Err(status) => return Ok(Said::only(status)),
        };
        Ok(match state.rounds.submit(caller.scope, round).await? {
            Ruling::Refused(refusal) => Said::only(of_refusal(refusal)),
            Ruling::Given(outcome, currency) => {
                let (status, balance) = of_outcome(R::CALL, outcome);
                Said {
                    status,
                    currency: Some(currency.code()),
                    balance: balance.map(|balance| scaled(balance, currency)),
                }
            }
        })
    });
    served.await
}

/// Whose behalf a verified call is on.
struct Caller<'a> {
    scope: &'a BrandScope,
    /// The brand's own account.
    account: &'a str,
}

/// What a call is answered with, beside what it said itself.
struct Said {
    status: Status,
    currency: Option<&'static str>,
    balance: Option<i64>,
}

impl Said {
    fn only(status: Status) -> Self {
        Self {
            status,
            currency: None,
            balance: None,
        }
    }
}

/// The way of every call: nothing is parsed before the signature holds, and no brand is known
/// before the body is read.
async fn serve<R, F>(state: &Hub88State, request: HttpRequest, call: &'static str, handle: F) -> Json<Answer>
where
    R: Request,
    F: AsyncFnOnce(Caller<'_>, R) -> Result<Said, RoundError>,
{
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        return refuse(call, Answer::bare(Status::WrongSyntax, None));
    };
    let (request, callback) = match read::<R>(state, &parts.headers, &body) {
        Ok(read) => read,
        Err(answer) => return refuse(call, answer),
    };
    let Envelope { request_uuid, user } = request.envelope().clone();
    // A user of no brand gets the answer of a user that its brand does not know.
    let Ok((scope, account)) = callback.scope(&state.directory, &state.enforcement, &user) else {
        return refuse(
            call,
            Answer {
                user: Some(user),
                ..Answer::bare(Status::InvalidToken, Some(request_uuid))
            },
        );
    };
    let said = handle(Caller { scope: &scope, account }, request).await.unwrap_or_else(|fault| {
        tracing::error!(%fault, brand = %scope.code(), provider = PROVIDER, call, request_uuid, "a callback could not be served");
        Said::only(Status::Unknown)
    });
    note(&scope, call, said.status, &request_uuid);
    Json(Answer {
        user: Some(user),
        status: said.status,
        request_uuid: Some(request_uuid),
        currency: said.currency,
        balance: said.balance,
    })
}

type Read<'a, R> = (R, VerifiedCallback<'a>);

fn read<'a, R: Request>(
    state: &Hub88State,
    headers: &HeaderMap,
    body: &'a Bytes,
) -> Result<Read<'a, R>, Answer> {
    // Nothing of a body that is not the provider's is read, its request id included.
    let callback = signature::verify(&state.credential, headers, body)
        .ok_or_else(|| Answer::bare(Status::InvalidSignature, None))?;
    let request =
        R::parse(callback.body()).map_err(|fault| Answer::bare(fault.status, fault.request_uuid))?;
    Ok((request, callback))
}

/// Answers a call that no brand can be made out for.
fn refuse(call: &'static str, answer: Answer) -> Json<Answer> {
    metrics::counter!("provider_callbacks_refused_total", "provider" => PROVIDER, "call" => call, "status" => answer.status.as_str()).increment(1);
    tracing::warn!(
        provider = PROVIDER,
        call,
        status = answer.status.as_str(),
        request_uuid = answer.request_uuid,
        "a callback was refused"
    );
    Json(answer)
}

fn note(scope: &BrandScope, call: &'static str, status: Status, request_uuid: &str) {
    let brand = scope.code().to_string();
    metrics::counter!("provider_callbacks_total", "brand" => brand, "provider" => PROVIDER, "call" => call, "status" => status.as_str()).increment(1);
    tracing::debug!(brand = %scope.code(), provider = PROVIDER, call, status = status.as_str(), request_uuid, "a callback was answered");
}
