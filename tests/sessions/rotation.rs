//! A key is rotated and retired while people play: nobody notices.

use std::{
    collections::BTreeSet,
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as B64};
use croupier_brand::token::{KeyError, Standing};
use tokio::time::Instant;

use super::*;
use crate::kills::house::until;

/// Seconds for which a new key is published before it signs.
const PUBLISHED: u32 = 4;
/// The longest an access token is good for.
const LONGEST: Duration = Duration::hours(1);

/// A folder of keys of this test's own, with the house's key in it.
struct Folder {
    dir: KeyDir,
    path: PathBuf,
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

impl Folder {
    async fn new() -> Self {
        let house = crate::harness::Cluster::get().await.house().await;
        let path = std::env::temp_dir().join(format!("croupier-rotation-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir(&path).unwrap();
        let (dir, kid) = (KeyDir::new(&path), Kid::parse("local-1").unwrap());
        std::fs::copy(house.keys().private_path(&kid), dir.private_path(&kid)).unwrap();
        std::fs::copy(house.keys().public_path(&kid), dir.public_path(&kid)).unwrap();
        Self { dir, path }
    }
}

fn kid_of(token: &str) -> String {
    let header: Value =
        serde_json::from_slice(&B64.decode(token.split('.').next().unwrap()).unwrap()).unwrap();
    header["kid"].as_str().unwrap().to_owned()
}

/// The key set, and for how long it may be kept.
async fn published(casino: &Casino) -> (BTreeSet<String>, std::time::Duration) {
    let set = casino.get("/.well-known/jwks.json", None).await.unwrap();
    assert_eq!(set.status, 200, "{set:?}");
    let kids = set.body["keys"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| key["kid"].as_str().unwrap().to_owned());
    let cache = set.headers["cache-control"].to_str().unwrap();
    let seconds = cache.strip_prefix("public, max-age=").unwrap().parse().unwrap();
    (kids.collect(), std::time::Duration::from_secs(seconds))
}

/// What all clients share.
#[derive(Default)]
struct Watch {
    answers: AtomicUsize,
    wrong: Mutex<Vec<String>>,
    stop: AtomicBool,
}

impl Watch {
    fn note(&self, what: &str, good: bool) {
        self.answers.fetch_add(1, Ordering::SeqCst);
        if !good {
            self.wrong.lock().unwrap().push(what.to_owned());
        }
    }

    async fn answers(&self, more: usize) {
        let wanted = self.answers.load(Ordering::SeqCst) + more;
        until("clients are answered", async || {
            self.answers.load(Ordering::SeqCst) >= wanted
        })
        .await;
    }
}

/// Somebody who signs in, plays and refreshes, over and over; and who verifies their tokens with the
/// published keys, which they keep for as long as they may.
struct Client {
    casino: Casino,
    account: String,
    watch: Arc<Watch>,
    /// The key of the token that is being used.
    uses: Arc<Mutex<String>>,
    known: (Instant, BTreeSet<String>, std::time::Duration),
}

impl Client {
    async fn play(mut self) {
        while !self.watch.stop.load(Ordering::SeqCst) {
            let session = self.casino.sign_in(&self.account, PASSWORD).await.unwrap();
            self.watch
                .note(&format!("sign in: {session:?}"), session.status == 201);
            let mut pair = session;
            for _ in 0..3 {
                self.use_token(pair.text("access_token")).await;
                pair = refresh(&self.casino, pair.text("refresh_token")).await;
                self.watch.note(&format!("refresh: {pair:?}"), pair.status == 201);
            }
            self.use_token(pair.text("access_token")).await;
            let out = sign_out(&self.casino, pair.text("access_token")).await;
            self.watch.note(&format!("sign out: {out}"), out == 204);
        }
    }

    async fn use_token(&mut self, token: &str) {
        let kid = kid_of(token);
        self.uses.lock().unwrap().clone_from(&kid);
        if self.known.0.elapsed() >= self.known.2 {
            let (kids, keep) = published(&self.casino).await;
            self.known = (Instant::now(), kids, keep);
        }
        self.watch
            .note(&format!("{kid} is not published"), self.known.1.contains(&kid));
        for path in ["/api/v1/me", "/api/v1/wallet"] {
            let answer = self.casino.get(path, Some(token)).await.unwrap();
            self.watch
                .note(&format!("{path} by {kid}: {answer:?}"), answer.status == 200);
        }
        let key = uuid::Uuid::new_v4().to_string();
        let deposit = self
            .casino
            .move_money("deposits", token, &key, "1.00")
            .await
            .unwrap();
        self.watch
            .note(&format!("deposit by {kid}: {deposit:?}"), deposit.status == 201);
    }
}

async fn nobody_notices(composition: Composition) {
    let folder = Folder::new().await;
    let house = House::composed(composition, |config| {
        config.tokens.keys_dir.clone_from(&folder.path);
        config.tokens.publish_seconds = PUBLISHED;
        config.tokens.reload_ms = 100;
    })
    .await;
    let (watch, mut clients, mut uses) = (Arc::<Watch>::default(), Vec::new(), Vec::new());
    for number in 0..4 {
        let casino = [&house.aurora, &house.bonanza][number % 2];
        let account = format!("player.{number}");
        house.guest(casino, &account).await;
        let kid = Arc::new(Mutex::new(String::new()));
        uses.push(Arc::clone(&kid));
        let (kids, keep) = published(casino).await;
        let client = Client {
            casino: casino.clone(),
            account,
            watch: Arc::clone(&watch),
            uses: kid,
            known: (Instant::now(), kids, keep),
        };
        clients.push(tokio::spawn(client.play()));
    }
    let holder = house.guest(&house.aurora, "holder").await;
    let of = |kids: &[&str]| kids.iter().map(|kid| (*kid).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(
        published(&house.aurora).await,
        (of(&["local-1"]), std::time::Duration::from_secs(2))
    );
    watch.answers(100).await;

    // Published, and not used yet.
    let (old, new) = (Kid::parse("local-1").unwrap(), Kid::parse("local-2").unwrap());
    let now = Clock::system().now();
    let from = folder
        .dir
        .rotate(&new, now + Duration::seconds(i64::from(PUBLISHED)))
        .unwrap();
    until("both keys are published", async || {
        published(&house.aurora).await.0 == of(&["local-1", "local-2"])
    })
    .await;
    let before_its_time = house.aurora.sign_in("holder", PASSWORD).await.unwrap();
    assert!(
        kid_of(before_its_time.text("access_token")) == "local-1" || Clock::system().now() >= from,
        "it signs before others can know it"
    );

    // It signs; what the old one signed goes on.
    until("everybody's token is signed with the new key", async || {
        uses.iter().all(|kid| *kid.lock().unwrap() == "local-2")
    })
    .await;
    assert!(Clock::system().now() >= from);
    assert_eq!(me(&house.aurora, &holder.token).await, 200);
    assert_eq!(kid_of(&holder.token), "local-1");
    let keys = folder.dir.list().unwrap();
    assert_eq!(
        keys.iter()
            .map(|key| key.standing(&keys, Clock::system().now()))
            .collect::<Vec<_>>(),
        [Standing::Replaced(from), Standing::Signs]
    );
    let now = Clock::system().now();
    assert!(matches!(
        folder.dir.retire(&old, LONGEST, false, now),
        Err(KeyError::InUse { left, .. }) if left > 3_000
    ));
    watch.answers(100).await;
    assert_eq!(me(&house.aurora, &holder.token).await, 200);

    // Two hours later nobody has a token of the old key, but for one whose clock stands still.
    let retired = folder
        .dir
        .retire(&old, LONGEST, false, now + Duration::hours(2))
        .unwrap();
    assert_eq!(retired.tokens_until, None);
    until("one key is published", async || {
        published(&house.aurora).await.0 == of(&["local-2"])
    })
    .await;
    until("the old key is forgotten", async || {
        me(&house.aurora, &holder.token).await == 401
    })
    .await;
    until("and its tokens are refused everywhere", async || {
        let wallet = house.aurora.get("/api/v1/wallet", Some(&holder.token)).await;
        wallet.unwrap().status == 401
    })
    .await;
    watch.answers(100).await;

    watch.stop.store(true, Ordering::SeqCst);
    for client in clients {
        client.await.unwrap();
    }
    assert_eq!(
        *watch.wrong.lock().unwrap(),
        Vec::<String>::new(),
        "somebody noticed"
    );
    house.audit().await;
}

#[tokio::test]
async fn iso_20_keys_rotate_under_traffic_and_nobody_notices() {
    nobody_notices(Composition::Together).await;
}

#[tokio::test]
async fn iso_20_keys_rotate_under_traffic_with_the_roles_apart_and_nobody_notices() {
    nobody_notices(Composition::Apart).await;
}

#[tokio::test]
async fn a_key_folder_that_is_away_for_a_while_signs_nobody_out() {
    let folder = Folder::new().await;
    let house = House::with(|config| {
        config.tokens.keys_dir.clone_from(&folder.path);
        config.tokens.publish_seconds = PUBLISHED;
        config.tokens.reload_ms = 20;
    })
    .await;
    let a = house.guest(&house.aurora, "alice").await;
    let away = folder.path.with_extension("away");
    let failures = async || {
        let metrics = house.aurora.get("/metrics", None).await.unwrap();
        let metrics = metrics.body.as_str().unwrap_or_default().to_owned();
        let line = metrics
            .lines()
            .find(|line| line.starts_with("token_key_reloads_failed_total"));
        line.map_or(0, |line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap())
    };
    let before = failures().await;
    std::fs::rename(&folder.path, &away).unwrap();
    until("the folder is missed", async || failures().await > before + 2).await;
    assert_eq!(me(&house.aurora, &a.token).await, 200);
    assert_eq!(me(&house.aurora, &again(&a, "alice").await.token).await, 200);
    std::fs::rename(&away, &folder.path).unwrap();
    // And what is broken in it is passed over, and does not keep what is good from being read.
    std::fs::write(folder.path.join("broken.public.pem"), "nonsense").unwrap();
    let new = Kid::parse("local-2").unwrap();
    folder.dir.generate(&new, Clock::system().now()).unwrap();
    until("the new key signs", async || {
        kid_of(&again(&a, "alice").await.token) == "local-2"
    })
    .await;
    assert_eq!(me(&house.aurora, &a.token).await, 200);
}
