//! `croupier demo`: it ends well only if every check holds, and every answer is checked.

use std::os::unix::fs::PermissionsExt;
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};
use std::time::Duration;

use axum::{Router, body::Body, extract::Request, response::Response};
use croupier::{
    demo::{
        client::Casino,
        story::{Story, StoryError, books_of},
    },
    local::BRANDS,
};
use croupier_game::hub88::simulator::{Simulator, SimulatorKey};
use tokio::time::sleep;

use super::{
    casino::{Dev, nothing_runs_on, running_on},
    process::{Env, TempDir},
};
use crate::{harness::House, kills::house::until};

#[tokio::test]
async fn the_demo_tells_its_story_and_leaves_nothing() {
    let dir = temporary();
    let env = Env::of([("TMPDIR", &dir.text(""))]);
    let said = env.croupier(&["demo"]).await.well();
    assert!(
        said.matches("✓").count() >= 30 && said.contains("checks held"),
        "{said}"
    );
    nothing_is_left(&dir).await;
}

#[tokio::test]
async fn a_demo_with_a_broken_check_names_it_and_fails() {
    for (variable, value, step) in [
        (
            "MULTI_BRAND_ENFORCEMENT",
            "off",
            "Aurora's token on Bonanza's domain is refused",
        ),
        (
            "CROUPIER_EDGE__MAX_BODY",
            "20",
            "an account is signed up at Aurora",
        ),
    ] {
        let ended = Env::of([(variable, value)]).croupier(&["demo"]).await;
        ended.refused(&["✗", step, "expected"]);
        assert!(ended.out.contains("✓"), "the checks before it held: {ended:?}");
    }
}

#[tokio::test]
async fn a_demo_whose_server_does_not_start_fails_and_says_why() {
    let ended = Env::of([("MULTI_BRAND_ENFORCEMENT", "strict")])
        .croupier(&["demo"])
        .await;
    ended.refused(&["MULTI_BRAND_ENFORCEMENT"]);
}

/// As /tmp is: the servers' account removes its own folder in it.
fn temporary() -> TempDir {
    let dir = TempDir::new();
    std::fs::set_permissions(&dir.0, std::fs::Permissions::from_mode(0o1777)).unwrap();
    dir
}

/// Neither a process nor a file; the watchdogs may take a moment.
async fn nothing_is_left(dir: &TempDir) {
    nothing_runs_on(&dir.0).await;
    until("every file is gone", async || {
        std::fs::read_dir(&dir.0).unwrap().next().is_none()
    })
    .await;
}

/// A demo on a folder, which has begun to use it.
async fn begun(dir: &TempDir) -> Dev {
    let demo = Dev::begin(&Env::of([("TMPDIR", &dir.text(""))]), "demo");
    until("it uses its folder", async || !running_on(&dir.0).is_empty()).await;
    demo
}

#[tokio::test]
async fn a_demo_that_is_ended_early_fails_and_leaves_nothing() {
    let dir = temporary();
    for after in [1_000, 3_000] {
        let demo = begun(&dir).await;
        sleep(Duration::from_millis(after)).await;
        demo.signal("INT");
        let ended = demo.ended().await;
        // A fast machine has told it all by then.
        if !ended.out.contains("checks held") {
            ended.refused(&["interrupted"]);
        }
        nothing_is_left(&dir).await;
    }
}

#[tokio::test]
async fn a_demo_that_is_killed_at_any_moment_leaves_nothing() {
    let dir = temporary();
    for after in [0, 10, 20, 40, 80, 160, 320, 640] {
        let demo = begun(&dir).await;
        sleep(Duration::from_millis(after)).await;
        demo.kill().await;
        nothing_is_left(&dir).await;
    }
    let demo = begun(&dir).await;
    until("its server runs", async || {
        running_on(&dir.0)
            .iter()
            .any(|process| process.contains("croupier serve"))
    })
    .await;
    demo.kill().await;
    nothing_is_left(&dir).await;
}

/// Passes requests on, but for one, which it answers itself with nothing.
struct Liar {
    edge: String,
    asked: Arc<AtomicUsize>,
}

impl Liar {
    async fn before(edge: &str, lie_at: Option<usize>) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let liar = Self {
            edge: format!("http://{}", listener.local_addr().unwrap()),
            asked: Arc::default(),
        };
        let (asked, edge) = (Arc::clone(&liar.asked), edge.to_owned());
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let pass_on = move |request: Request| {
            let (asked, edge, http) = (Arc::clone(&asked), edge.clone(), http.clone());
            async move {
                if lie_at == Some(asked.fetch_add(1, Ordering::SeqCst)) {
                    return Response::new(Body::from("{}"));
                }
                let (parts, body) = request.into_parts();
                let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
                let url = format!("{edge}{}", parts.uri.path_and_query().unwrap());
                let answer = http
                    .request(parts.method, url)
                    .headers(parts.headers)
                    .body(body)
                    .send()
                    .await
                    .unwrap();
                let mut response = Response::builder().status(answer.status());
                *response.headers_mut().unwrap() = answer.headers().clone();
                response.body(Body::from(answer.bytes().await.unwrap())).unwrap()
            }
        };
        tokio::spawn(axum::serve(listener, Router::new().fallback(pass_on)).into_future());
        liar
    }
}

/// How a story ended, the steps that held, and how much was asked.
type Played = (Result<(), StoryError>, Vec<String>, usize);

/// Plays the story for an account that is new in the house, through somebody who lies once.
async fn play(house: &House, account: &str, lie_at: Option<usize>) -> Played {
    let liar = Liar::before(&house.edge, lie_at).await;
    let (keys, kid) = house.local.provider_key();
    let key = SimulatorKey::from_pem(&std::fs::read(keys.private_path(&kid)).unwrap()).unwrap();
    let held = Mutex::new(Vec::new());
    let tell = |step: &str, _: &str| held.lock().unwrap().push(step.to_owned());
    let story = Story {
        account,
        aurora: Casino::new(&liar.edge, BRANDS[0].domain),
        bonanza: Casino::new(&liar.edge, BRANDS[1].domain),
        nowhere: Casino::new(&liar.edge, "nowhere.localhost"),
        provider: Simulator::new(&format!("{}/callbacks/hub88", liar.edge), key).unwrap(),
        auditor: house.owner.clone(),
        tell: &tell,
    };
    let played = story.play().await;
    let asked = liar.asked.load(Ordering::SeqCst);
    (played, held.into_inner().unwrap(), asked)
}

#[tokio::test]
async fn no_answer_of_the_story_goes_unchecked() {
    let house = House::open().await;
    let (played, steps, asked) = play(&house, "alice", None).await;
    played.unwrap();
    assert!(asked > 30, "{asked}");
    for at in 0..asked {
        let (played, held, _) = play(&house, &format!("alice{at}"), Some(at)).await;
        match played {
            Ok(()) => panic!("request {at} was answered with nothing, and the story held"),
            Err(StoryError::DoesNotHold { step, .. }) => {
                assert_eq!(held, steps[..held.len()], "the steps before it hold");
                assert_eq!(step, steps[held.len()], "and the one that does not is named");
            }
            Err(fault) => panic!("request {at}: {fault}"),
        }
    }
}

#[tokio::test]
async fn books_that_are_wrong_are_found() {
    let house = House::open().await;
    let (a, _) = house.player(&house.aurora, "alice", "100.00").await;
    house.player(&house.bonanza, "bob", "50.00").await;
    let [aurora, bonanza] = BRANDS;
    assert!(books_of(&house.owner, aurora.id).await.unwrap().is_empty());
    let falsify = async |statement: &'static str| {
        let mut tx = house
            .owner
            .begin_with("BEGIN; SET LOCAL croupier.brand_ids = ',1,'")
            .await
            .unwrap();
        sqlx::query(statement).execute(&mut *tx).await.unwrap();
        tx.commit().await.unwrap();
    };
    falsify("UPDATE wallet_account SET available[1] = available[1] + 1").await;
    let wrong = books_of(&house.owner, aurora.id).await.unwrap();
    assert_eq!(
        wrong,
        [
            format!(
                "aurora, wallet {} EUR: player:cash is 10001, its entries come to 10000",
                a.id
            ),
            "EUR player:cash drifts: the wallets hold 10001, the journal says 10000".to_owned(),
        ]
    );
    falsify("UPDATE wallet_account SET available[1] = available[1] - 1").await;
    assert!(books_of(&house.owner, aurora.id).await.unwrap().is_empty());
    falsify("ALTER DOMAIN wallet_posted DROP CONSTRAINT wallet_ledger_sums_to_zero").await;
    falsify("UPDATE wallet_ledger SET amounts[2] = amounts[2] - 1").await;
    let wrong = books_of(&house.owner, aurora.id).await.unwrap();
    assert!(
        wrong
            .iter()
            .any(|line| line.contains("EUR: all accounts sum to -1, not to zero")),
        "{wrong:?}"
    );
    assert!(
        books_of(&house.owner, bonanza.id).await.unwrap().is_empty(),
        "the other brand's books are right"
    );
}
