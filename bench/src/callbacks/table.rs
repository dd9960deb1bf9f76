//! Who plays: launches of every player, and bets that are signed before they are timed.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use croupier_brand::BrandScope;
use croupier_game::hub88::simulator::{Bet, Launch, SimulatorKey, bet_body};
use sqlx::{AssertSqlSafe, PgPool};
use uuid::Uuid;

use crate::floor::Floor;

const GAME_CODE: &str = "clt_northernlights";
/// One minor unit is a thousand of Hub88's.
const ONE_CENT: i64 = 1_000;

/// Every player's launch, as the product's launches are.
pub(crate) async fn open(owner: &PgPool, floor: &Floor) -> Vec<Launch> {
    let mut launches = Vec::new();
    for (scope, players) in &floor.houses {
        launches.extend(of_brand(owner, scope, players.len()).await);
    }
    launches
}

async fn of_brand(owner: &PgPool, scope: &BrandScope, players: usize) -> Vec<Launch> {
    let begin = AssertSqlSafe(format!(
        "BEGIN; SET LOCAL croupier.brand_ids = ',{},'",
        scope.id()
    ));
    let mut tx = owner.begin_with(begin).await.unwrap();
    let opened: Vec<(Uuid, String)> = sqlx::query_as(
        "INSERT INTO game_session (brand_id, token, player_id, provider, game_id, provider_account, currency, created_at, expires_at)
         SELECT $1, gen_random_uuid(), player_id, 'hub88', 'northern-lights', $2 || account, 'EUR', now(), now() + interval '1 day'
           FROM player WHERE brand_id = $1
         RETURNING token, provider_account",
    )
    .bind(scope.id().get())
    .bind(scope.code().as_str())
    .fetch_all(&mut *tx)
    .await
    .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(opened.len(), players, "every player has a launch");
    let launch = |(token, user): (Uuid, String)| Launch {
        user,
        token: token.to_string(),
        game_code: GAME_CODE.to_owned(),
        currency: "EUR".to_owned(),
    };
    opened.into_iter().map(launch).collect()
}

/// Requests that wait to be sent, each once.
#[derive(Debug)]
pub(crate) struct Signed {
    requests: Vec<Vec<u8>>,
    next: AtomicUsize,
}

impl Signed {
    /// Bets of one cent of random players: whole HTTP requests to `host`. Signing one costs a provider more than
    /// answering it costs the house, so it is done before, on every core.
    pub(crate) fn bets(launches: &Arc<Vec<Launch>>, key: &[u8], host: &str, count: usize) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let each = count.div_ceil(cores);
        let parts: Vec<_> = (0..cores)
            .map(|_| {
                let (launches, host) = (Arc::clone(launches), host.to_owned());
                let key = SimulatorKey::from_pem(key).unwrap();
                std::thread::spawn(move || (0..each).map(|_| bet(&launches, &key, &host)).collect::<Vec<_>>())
            })
            .collect();
        let requests = parts.into_iter().flat_map(|part| part.join().unwrap()).collect();
        Self {
            requests,
            next: AtomicUsize::new(0),
        }
    }

    /// The next one; it is never sent twice.
    pub(crate) fn next(&self) -> &[u8] {
        let at = self.next.fetch_add(1, Ordering::Relaxed);
        self.requests
            .get(at)
            .expect("fewer bets were signed than the cell sends")
    }
}

fn bet(launches: &[Launch], key: &SimulatorKey, host: &str) -> Vec<u8> {
    let id = Uuid::new_v4();
    let at = usize::try_from(id.as_u128() % launches.len() as u128).unwrap();
    let body = bet_body(&launches[at], &Bet::new(&id.to_string(), ONE_CENT)).to_string();
    let signature = key.sign(body.as_bytes()).unwrap();
    format!(
        "POST /callbacks/hub88/transaction/bet HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nX-Hub88-Signature: {signature}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}
