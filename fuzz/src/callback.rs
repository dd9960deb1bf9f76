//! A provider's call of any bytes, as its adapter takes it: judged, read, answered.

use std::sync::LazyLock;

use croupier_brand::{
    Currency,
    scope::{Mac, ProviderCredential, ProviderSecret},
};
use croupier_game::{
    provider::{Adapter, Asked, Call, CallSpec, Reply, Told, Unserved, Verified, What},
    rounds::Refusal,
};
use croupier_wallet::{Action, Balance, EntryId, Neutral, Outcome, Reason, Receipt, Verdict};
use http::{HeaderMap, HeaderName, HeaderValue};
use uuid::Uuid;

/// What proves the bytes to be the provider's here, whatever its protocol asks for: what is tried is the reading.
const SECRET: &str = "a-secret-of-the-fuzzer";

/// A public key: bytes that were not signed are refused by any.
static SOMEBODYS: LazyLock<ProviderCredential> =
    LazyLock::new(|| ProviderCredential::rsa_sha256_pem(include_bytes!("somebodys.public.pem")).unwrap());

/// An input: which call it is and what it is told (one byte each), a line with the query, lines of headers, an empty
/// line, and the body.
struct Input<'a> {
    call: u8,
    told: u8,
    query: &'a str,
    headers: HeaderMap,
    body: &'a [u8],
}

impl<'a> Input<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let (&[call, told], rest) = bytes.split_first_chunk()?;
        let (query, mut rest) = line(rest)?;
        let mut headers = HeaderMap::new();
        loop {
            let (header, after) = line(rest)?;
            rest = after;
            if header.is_empty() {
                break;
            }
            let (name, value) = header.split_once(':')?;
            let value = HeaderValue::from_bytes(value.trim().as_bytes()).ok()?;
            headers.append(HeaderName::try_from(name).ok()?, value);
        }
        Some(Self {
            call,
            told,
            query,
            headers,
            body: rest,
        })
    }

    fn call(&self, calls: &'static [CallSpec]) -> Option<Call> {
        let spec = &calls[usize::from(self.call) % calls.len()];
        let target = match self.query {
            "" => spec.path.to_owned(),
            query => format!("{}?{query}", spec.path),
        };
        Some(Call {
            spec,
            uri: target.parse().ok()?,
            headers: self.headers.clone(),
            body: self.body.to_vec().into(),
        })
    }
}

fn line(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    Some((std::str::from_utf8(&bytes[..end]).ok()?, &bytes[end + 1..]))
}

/// Tries one adapter: nothing panics, every answer is a document of the protocol, and none says that something of ours
/// failed unless something did.
pub fn run<A: Adapter>(bytes: &[u8]) {
    let Some(input) = Input::read(bytes) else { return };
    let Some(call) = input.call(A::SPEC.calls) else {
        return;
    };
    let secrets = ProviderCredential::Secrets(vec![ProviderSecret::parse(SECRET).unwrap()]);
    for credential in [&secrets, &*SOMEBODYS] {
        // By chance alone; `refuse` is what is told otherwise.
        let _ = A::verify(credential, &call);
    }
    for why in [Unserved::Body, Unserved::Signature] {
        whole(&A::refuse(call.spec, why));
    }
    let verified = Verified {
        call: &call,
        callback: secrets.verify_mac(Mac::Shown, &[], SECRET, &call.body).unwrap(),
    };
    let read = || A::read(&verified, &A::SPEC.contract);
    let (asked, echo) = match read() {
        Ok(read) => read,
        Err(reply) => {
            whole(&reply);
            assert!(reply.http.as_u16() < 500, "{reply:?}");
            return;
        }
    };
    named(&asked);
    // What is said when something of ours failed, and nowhere else.
    let failed = A::answer(echo, Told::NoAnswer);
    whole(&failed);
    let Ok((asked, echo)) = read() else {
        panic!("what was read once is not read again: {asked:?}")
    };
    let told = told(&asked.what, input.told, call.spec.name);
    let shown = format!("{told:?}");
    let reply = A::answer(echo, told);
    whole(&reply);
    let ours = |reply: &Reply| (reply.http, reply.code, reply.body().to_vec());
    assert!(
        reply.http.as_u16() < 500 && ours(&reply) != ours(&failed),
        "{asked:?} was told {shown} as {reply:?}"
    );
}

fn whole(reply: &Reply) {
    let document: serde_json::Value = serde_json::from_slice(reply.body()).unwrap();
    assert!(document.is_object() && !reply.code.is_empty(), "{reply:?}");
}

/// What is handed over keeps the bounds that the house relies on.
fn named(asked: &Asked) {
    let What::Play(_, play) = &asked.what else { return };
    assert!(!play.moves.is_empty() || play.ends.is_some());
    for one in &play.moves {
        let action = one.action();
        assert!(
            action.amount().is_none_or(|amount| amount.minor() >= 0),
            "{one:?}"
        );
        // A win that names itself is the wallet's to answer: its id may be a bet's that there is.
        let undoes = matches!(action, Action::Rollback { .. });
        assert!(!undoes || action.reference() != Some(&one.transaction), "{one:?}");
        // Ids of the house's are nobody else's to use or to name.
        let ids = action.reference().into_iter().chain([&one.transaction]);
        assert!(
            ids.into_iter().all(|id| !id.as_str().starts_with("croupier:")),
            "{one:?}"
        );
        for (name, value) in &one.agreed {
            assert!(name.len() + value.len() < 1_000, "{one:?}");
        }
    }
}

const BALANCES: [i64; 4] = [0, 12_345, -7, i64::MAX];

/// What the house may come to of what is asked.
fn told(what: &What, chosen: u8, call: &str) -> Told {
    let (kind, chosen) = (chosen & 3, usize::from(chosen >> 2));
    let stakeable = BALANCES[chosen % BALANCES.len()];
    let balance = Balance {
        available: stakeable,
        held: 0,
        stakeable,
    };
    if kind == 0 {
        return Told::Refused {
            why: Refusal::ALL[chosen % Refusal::ALL.len()],
            balance: (chosen % 2 == 0).then_some(balance),
        };
    }
    let (account, currency) = ("auroraalice".to_owned(), Currency::parse("EUR").unwrap());
    match what {
        What::Known => Told::Known,
        What::Balance(..) | What::Open(..) => Told::Balance {
            account,
            currency,
            balance,
        },
        What::Play(_, play) => {
            let of = |at: usize, action: &Action| outcome(action, kind, chosen + at, balance, call);
            let moves = play.moves.iter().enumerate();
            Told::Played {
                account,
                currency,
                outcomes: moves.map(|(at, one)| of(at, one.action())).collect(),
                balance: Some(balance),
            }
        }
    }
}

fn outcome(action: &Action, kind: u8, chosen: usize, balance: Balance, call: &str) -> Outcome {
    let receipt = Receipt {
        entry: EntryId(Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_0000)),
        balance,
    };
    let undoes = matches!(action, Action::Rollback { .. });
    let verdict = match (kind, chosen % 6) {
        (1, _) | (_, 0) => Verdict::Applied(receipt),
        (_, 1) => Verdict::Neutralised {
            receipt,
            why: Neutral::ALL[chosen % 4],
        },
        (_, 2) => Verdict::AlreadySettled { balance },
        (_, 3) => Verdict::InsufficientFunds { balance, usable: 1 },
        (_, 4) if undoes => Verdict::Rejected {
            reason: Reason::NotReversible,
            balance,
        },
        // An adjustment that is refused by a limit waits for somebody to look at it.
        (_, 4) if action.is_debit() && call != "adjustment" => Verdict::Rejected {
            reason: Reason::MaxBet,
            balance,
        },
        _ => return Outcome::Conflict { balance },
    };
    if kind == 3 {
        Outcome::Replayed { verdict, balance }
    } else {
        Outcome::Decided(verdict)
    }
}
