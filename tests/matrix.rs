//! Every reason for which a claim about a brand is not believed, in each mode of the flag, over HTTP.
//!
//! A row for each reason: how somebody makes the claim, who judges it, what `enforce` answers, and what
//! comes of it where it is let pass. A reason without a row does not compile; one whose part is not built
//! yet says which.

use std::{future::Future, pin::Pin};

use croupier::{
    demo::client::{Answer, Casino},
    runtime::Role,
};
use croupier_brand::{
    Clock,
    enforcement::{Mode, Reason},
};
use croupier_game::hub88::simulator::{Bet, Launch, Signing, bet_body};
use http::{HeaderMap, StatusCode};
use serde_json::json;

use crate::{
    harness::{Composition, Counted, EUR, Guest, House},
    split::{Call, gateway, off_by, signer_of},
    tokens::{claims, forge, header, with, without},
};

const MODES: [Mode; 3] = [Mode::Off, Mode::Observe, Mode::Enforce];

/// A house whose default brand is Aurora, a player of each brand, and a game that is open.
struct Stage {
    house: House,
    alice: Guest,
    bob: Guest,
    launch: Launch,
}

type Asked<'a> = Pin<Box<dyn Future<Output = Answer> + 'a>>;

/// What is known of a reason.
enum Row {
    Checked(Check),
    /// Its part is not built yet.
    Waiting(&'static str),
}

struct Check {
    judge: Judge,
    /// Makes the claim once. What the claim says of a brand is Bonanza, or nothing.
    claim: fn(&Stage) -> Asked<'_>,
    /// The status and the code in `enforce`.
    refused: (u16, &'static str),
    passes: Passes,
}

/// Who judges, and counts.
#[derive(Clone, Copy)]
enum Judge {
    /// The edge, whether it stands alone or with everything behind it.
    Edge,
    /// A role that stands alone.
    Service(Role),
    /// The role that has the provider's callbacks, or the process that runs everything.
    Callbacks,
}

/// What becomes of the claim in the modes that let it pass.
enum Passes {
    /// It runs under the brand of the domain or, where there is none, the default brand: Aurora.
    AsAurora(fn(&Stage, &Answer)),
    /// It runs under the brand that was signed, of which there is no doubt: Bonanza.
    AsSigned(fn(&Stage, &Answer)),
    /// It does not: there is no brand that it could run under.
    Never,
}

fn row(reason: Reason) -> Row {
    use Judge::{Callbacks, Edge, Service};
    let check = |judge, claim, refused, passes| {
        Row::Checked(Check {
            judge,
            claim,
            refused,
            passes,
        })
    };
    match reason {
        Reason::UnknownDomain => check(
            Edge,
            |stage| {
                Box::pin(async {
                    let nowhere = stage.house.at("nowhere.localhost");
                    nowhere.get("/api/v1/brand", None).await.unwrap()
                })
            },
            (404, "unknown_domain"),
            Passes::AsAurora(|_, answer| assert_eq!(answer.text("code"), "aurora", "{answer:?}")),
        ),
        Reason::JwtMissingBrand => check(
            Edge,
            |stage| me(stage, without(&claims(&stage.alice), "brand_id")),
            (403, "brand_mismatch"),
            Passes::AsAurora(is_alice),
        ),
        Reason::JwtBrandMismatch => check(
            Edge,
            |stage| me(stage, with(&claims(&stage.alice), "brand_id", json!(2))),
            (403, "brand_mismatch"),
            Passes::AsAurora(is_alice),
        ),
        Reason::MissingBrandHeader => check(
            Service(Role::Player),
            |stage| to_player(stage, |_, call| call.with("x-brand-id", "2")),
            (403, "missing_brand_header"),
            Passes::AsAurora(is_alice),
        ),
        Reason::BadSignature => check(
            Service(Role::Player),
            |stage| {
                to_player(stage, |house, call| {
                    call.signed(&gateway(house), 1).with("x-brand-id", "2")
                })
            },
            (403, "bad_signature"),
            Passes::AsAurora(is_alice),
        ),
        Reason::StaleSignature => check(
            Service(Role::Player),
            |stage| {
                to_player(stage, |house, call| {
                    call.signed(&signer_of(house, "gateway", None, None, off_by(-60)), 2)
                })
            },
            (403, "stale_signature"),
            Passes::AsAurora(is_alice),
        ),
        Reason::ReplayedSignature => check(
            Service(Role::Wallet),
            |stage| {
                Box::pin(async {
                    let deposit = Call::deposit("again", "7.00").by(&stage.bob.token);
                    let signed = deposit.signed(&gateway(&stage.house), 2);
                    let wallet = stage.house.service(Role::Wallet);
                    assert_eq!(signed.to(wallet).await.status, 201, "the first of two");
                    signed.to(wallet).await
                })
            },
            (403, "replayed_signature"),
            Passes::AsSigned(|_, answer| {
                assert_eq!(
                    (answer.status.as_u16(), answer.text("balance")),
                    (201, "7.00"),
                    "{answer:?}"
                );
            }),
        ),
        Reason::CallerNotAllowed => check(
            Service(Role::Player),
            |stage| {
                to_player(stage, |house, call| {
                    call.signed(&signer_of(house, "wallet", None, None, Clock::system()), 2)
                })
            },
            (403, "caller_not_allowed"),
            Passes::AsAurora(is_alice),
        ),
        Reason::CrossBrandTarget => check(
            Service(Role::Player),
            |stage| to_player(stage, |house, call| call.signed(&gateway(house), 99)),
            (403, "cross_brand_target"),
            Passes::AsAurora(is_alice),
        ),
        Reason::UnknownCallbackBrand => check(
            Callbacks,
            |stage| {
                Box::pin(async {
                    let nobodys = Launch {
                        user: "zzzzalice".to_owned(),
                        ..stage.launch.clone()
                    };
                    let body = serde_json::to_vec(&bet_body(&nobodys, &Bet::new("r", EUR))).unwrap();
                    let provider = &stage.house.provider;
                    let reply = provider
                        .send_raw("/transaction/bet", body, &Signing::Proper)
                        .await
                        .unwrap();
                    Answer {
                        status: StatusCode::from_u16(reply.http_status).unwrap(),
                        headers: HeaderMap::new(),
                        body: serde_json::from_str(&reply.raw).unwrap(),
                    }
                })
            },
            // The provider's own words.
            (200, "RS_ERROR_INVALID_TOKEN"),
            Passes::Never,
        ),
        Reason::AgentNotAllowed => Row::Waiting("agents"),
        Reason::EventLegacySchema => {
            Row::Waiting("the stream of events; tests/events.rs has the judge alone")
        }
    }
}

/// Asks at Aurora's domain who one is, by a token that says this.
fn me(stage: &Stage, payload: String) -> Asked<'_> {
    Box::pin(async move {
        let token = forge(&stage.house, &header(), &payload);
        stage.house.aurora.get("/api/v1/me", Some(&token)).await.unwrap()
    })
}

/// Asks the player role who Alice is, past the edge.
fn to_player(stage: &Stage, sign: fn(&House, Call) -> Call) -> Asked<'_> {
    Box::pin(async move {
        let call = Call::get("/api/v1/me").by(&stage.alice.token);
        sign(&stage.house, call)
            .to(stage.house.service(Role::Player))
            .await
    })
}

fn is_alice(stage: &Stage, answer: &Answer) {
    assert_eq!(
        (answer.status.as_u16(), answer.text("player_id")),
        (200, stage.alice.id.as_str()),
        "{answer:?}"
    );
}

impl Judge {
    /// The name it counts under; none where it does not stand alone and this composition has no such judge.
    fn service(self, composition: Composition) -> Option<&'static str> {
        match (self, composition) {
            (Self::Edge | Self::Callbacks, Composition::Together) => Some("all"),
            (Self::Edge, Composition::Apart) => Some("gateway"),
            (Self::Callbacks, Composition::Apart) => Some("game"),
            (Self::Service(role), Composition::Apart) => Some(role.as_str()),
            (Self::Service(_), Composition::Together) => None,
        }
    }
}

async fn set(composition: Composition, mode: Mode) -> Stage {
    let house = House::composed(composition, |config| {
        config.enforcement = mode;
        config.brands.default = Some("aurora".to_owned());
    })
    .await;
    let (alice, launch) = house.player(&house.aurora, "alice", "100.00").await;
    Stage {
        bob: house.guest(&house.bonanza, "bob").await,
        alice,
        launch,
        house,
    }
}

/// The code of a problem, or a provider's.
fn code(answer: &Answer) -> &str {
    match answer.code() {
        "" => answer.text("status"),
        code => code,
    }
}

#[tokio::test]
async fn iso_33_every_reason_in_every_mode() {
    let mut waiting = Vec::new();
    for composition in [Composition::Apart, Composition::Together] {
        for mode in MODES {
            let counted = Counted::here();
            let stage = set(composition, mode).await;
            for reason in Reason::ALL {
                let check = match row(reason) {
                    Row::Checked(check) => check,
                    Row::Waiting(part) => {
                        waiting.push((reason, part));
                        continue;
                    }
                };
                let Some(service) = check.judge.service(composition) else {
                    continue;
                };
                let what = format!("{} {mode} {composition:?}", reason.as_str());
                let counts = || Reason::ALL.map(|each| counted.failed(each.as_str(), service));
                let before = counts();
                let answer = (check.claim)(&stage).await;
                let refusal = (answer.status.as_u16(), code(&answer));
                match (mode, check.passes) {
                    (Mode::Enforce, _) | (_, Passes::Never) => {
                        assert_eq!(refusal, check.refused, "{what}: {answer:?}");
                    }
                    (_, Passes::AsAurora(holds) | Passes::AsSigned(holds)) => {
                        assert_ne!(refusal, check.refused, "{what}");
                        holds(&stage, &answer);
                    }
                }
                let expected = Reason::ALL.map(|each| u64::from(each == reason && mode != Mode::Off));
                let after = counts();
                let rise: Vec<_> = after
                    .iter()
                    .zip(before)
                    .map(|(after, before)| after - before)
                    .collect();
                assert_eq!(rise, expected, "{what}: counted at {service}");
            }
            stage.house.audit().await;
        }
    }
    waiting.sort_by_key(|(reason, _)| reason.as_str());
    waiting.dedup();
    let waiting: Vec<_> = waiting.into_iter().map(|(reason, _)| reason).collect();
    assert_eq!(
        waiting,
        [Reason::AgentNotAllowed, Reason::EventLegacySchema],
        "what waits is said here, and taken off when its part is built"
    );
}

#[tokio::test]
async fn iso_33_without_a_default_brand_what_has_no_domain_is_refused_in_every_mode() {
    for mode in MODES {
        let counted = Counted::here();
        let house = House::composed(Composition::Apart, |config| config.enforcement = mode).await;
        let a = house.guest(&house.aurora, "alice").await;
        let player = house.service(Role::Player);
        let nowhere: Casino = house.at("nowhere.localhost");
        let me = Call::get("/api/v1/me").by(&a.token);
        let answers = [
            (
                "unknown_domain",
                "gateway",
                nowhere.get("/api/v1/brand", None).await.unwrap(),
            ),
            ("missing_brand_header", "player", me.to(player).await),
            (
                "bad_signature",
                "player",
                me.clone()
                    .signed(&gateway(&house), 1)
                    .with("x-brand-id", "2")
                    .to(player)
                    .await,
            ),
            (
                "cross_brand_target",
                "player",
                me.clone().signed(&gateway(&house), 99).to(player).await,
            ),
        ];
        for (reason, service, answer) in answers {
            assert_eq!(code(&answer), reason, "{mode}: {answer:?}");
            assert_eq!(
                counted.failed(reason, service),
                u64::from(mode != Mode::Off),
                "{mode} {reason}"
            );
        }
    }
}
