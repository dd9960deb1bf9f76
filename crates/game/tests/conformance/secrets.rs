//! An operator that says the shared secret wherever it can: no verdict, no finding and no report repeats it. And one
//! whose balances nobody has.

use axum::{Router, body::Bytes, http::Uri};
use croupier_game::{
    conformance::{
        Hand, Manner, ProviderKey, Seat, Step, Suite, Verdict,
        cases::Case,
        report::{Format, Report},
    },
    provider::Protocol,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// With signs that addresses, forms and documents write in different ways.
const SECRET: &str = "tell*nobody/of-this+one=\"";

/// How a program may write any sign in JSON and in an address, whether it had to or not.
const SPELLINGS: [fn(u8) -> String; 3] = [
    |sign| format!("\\u00{sign:02x}"),
    |sign| format!("\\u00{sign:02X}"),
    |sign| format!("%{sign:02x}"),
];

fn spelled(spell: fn(u8) -> String, text: &str) -> String {
    text.bytes().map(spell).collect()
}

struct OnePlayer;

impl Hand for OnePlayer {
    fn player<'a>(&'a self, _: &'a [croupier_game::conformance::Need]) -> Step<'a, Seat> {
        Box::pin(async {
            Ok(Seat {
                user: "player".to_owned(),
                token: "token-000000000001".to_owned(),
                game: "game".to_owned(),
                currency: "EUR".to_owned(),
            })
        })
    }
}

/// A balance, as Evolution and Slotegrator are told one.
fn has(balance: &str, asked: &[u8]) -> String {
    let asked: Value = serde_json::from_slice(asked).unwrap_or_default();
    let uuid = &asked["uuid"];
    format!(r#"{{"status":"OK","balance":{balance},"bonus":0,"uuid":{uuid}}}"#)
}

/// Tells a balance, and to everything else the secret as each protocol's code, and what it was sent.
async fn parrot(uri: Uri, body: Bytes) -> String {
    let asks = uri.path().ends_with("/check") || uri.path().ends_with("/balance");
    if asks || body.windows(14).any(|part| part == b"action=balance") {
        return has("500.00", &body);
    }
    let told = json!({
        "status": SECRET,
        "error_code": SECRET,
        "error_description": SECRET,
        "transaction_id": SECRET,
        "heard": uri.to_string(),
    });
    let slashed = SECRET.replace('/', "\\/").replace('"', "\\\"");
    let spelled: String = SPELLINGS.map(|spell| spelled(spell, SECRET) + " ").concat();
    told.to_string().replacen(
        '{',
        &format!("{{\"slashed\":\"{slashed}\",\"spelled\":\"{spelled}\","),
        1,
    )
}

fn some(case: &Case) -> bool {
    matches!(case.group, 1 | 2) && case.needs.is_empty()
}

async fn told_by(name: &str, router: Router) -> Report {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/wallet", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let protocol = Protocol::named(name).unwrap();
    let key = ProviderKey::read(protocol.spec.keys, SECRET.as_bytes()).unwrap();
    let (driver, base) = (protocol.driver(), base.parse().unwrap());
    let suite = Suite {
        protocol,
        driver: &*driver,
        key: &key,
        base: &base,
        hand: &OnePlayer,
        manner: Manner {
            bets: 4,
            ..Manner::default()
        },
        chosen: &some,
    };
    suite.run(&|_| {}).await
}

#[tokio::test]
async fn a_secret_that_an_operator_says_as_its_code_is_in_no_verdict_and_in_no_report() {
    // However it is written: this part has no sign that anything writes otherwise.
    let part = "of-this";
    for name in ["evolution", "slotegrator"] {
        let report = told_by(name, Router::new().fallback(parrot)).await;
        let failed = |ended: &&croupier_game::conformance::Ended| matches!(&ended.verdict, Verdict::Failed(why) if why.contains("[secret]"));
        assert!(report.cases.iter().any(|ended| failed(&ended)), "{name}");
        let found = |ended: &croupier_game::conformance::Ended| {
            let finding = ended.finding.as_ref();
            finding.is_some_and(|finding| finding.wire.contains("[secret]"))
        };
        assert!(report.cases.iter().any(found), "{name}");
        for ended in &report.cases {
            let all = format!("{:?} {:?} {:?}", ended.verdict, ended.finding, ended.exchanges);
            let at = all.find(part);
            let around = at.map(|at| all.get(at.saturating_sub(60)..at + 40));
            assert_eq!(around, None, "{name}: {}", ended.case.name);
            for exchange in &ended.exchanges {
                for spell in SPELLINGS {
                    let part = spelled(spell, part);
                    assert!(!exchange.came.contains(&part), "{name}: {}", exchange.came);
                }
            }
        }
        for format in [Format::Html, Format::Json, Format::Junit] {
            assert!(!format.write(&report).contains(part), "{name}");
        }
    }
}

#[tokio::test]
async fn a_balance_that_nobody_has_is_a_failure_and_overflows_nothing() {
    let rich = |body: Bytes| async move { has("92233720368547758.07", &body) };
    let report = told_by("evolution", Router::new().fallback(rich)).await;
    assert!(report.counts().failed > 0 && report.counts().held == 0);
    let whys = report.cases.iter().filter_map(|ended| ended.verdict.why());
    assert!(whys.into_iter().any(|why| why.contains("not plausible")));
}
