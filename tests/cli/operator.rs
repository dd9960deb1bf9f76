//! Olga, who runs the program for a house, and what shows that she did.

use croupier::local::LocalHouse;
use croupier_game::hub88::{
    Status,
    simulator::{Bet, Launch},
};

use super::process::Env;
use crate::harness::{EUR, House};

/// The environment of who runs commands over the owner's connection.
pub fn owner(local: &LocalHouse) -> Env {
    Env::of([
        ("OWNER_DATABASE_URL", &local.owner_url),
        ("REDIS_URL", &local.redis_url),
        ("USER", "olga"),
    ])
}

/// The same, of who may have the wallet move money too.
pub fn operator(house: &House) -> Env {
    owner(&house.local).with("DATABASE_URL", &house.local.app_url)
}

/// What the audit trail says olga did, the oldest first, with whose brand it was.
pub async fn trail(house: &House, begins: &str) -> Vec<String> {
    let mut all = Vec::new();
    for brand in [1, 2] {
        let mut rows = house.rows_of(brand).await;
        let said: Vec<(i64, String)> = sqlx::query_as(
            "SELECT (extract(epoch FROM at) * 1000000)::bigint, brand_id || ' ' || action FROM operator_audit WHERE operator = 'olga' AND action LIKE $1 || '%'",
        )
        .bind(begins)
        .fetch_all(&mut *rows)
        .await
        .unwrap();
        all.extend(said);
    }
    all.sort();
    all.into_iter().map(|(_, action)| action).collect()
}

/// A bet that was never made before.
pub async fn bet(house: &House, launch: &Launch, round: &str) -> Status {
    let bet = Bet {
        transaction: uuid::Uuid::new_v4().to_string(),
        ..Bet::new(round, EUR)
    };
    let told = house.provider.bet(launch, &bet).await.unwrap();
    told.status.unwrap()
}
