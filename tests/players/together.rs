//! Accounts that many callbacks ask for at once, of whatever brands: one statement, and nobody's answer is another's.

use croupier_brand::{BrandPool, scope::BrandScope};
use croupier_player::{PlayerLookup, PlayerStatus};
use futures_util::future::join_all;
use sqlx::{AssertSqlSafe, Connection, Executor, postgres::PgPoolOptions};

use crate::{harness::House, walk::estate::scope_of};

const PLAYERS: usize = 12;

struct Many {
    house: House,
    brands: [BrandScope; 2],
    /// Of each brand, its players of the same accounts.
    ids: [Vec<String>; 2],
}

fn account(at: usize) -> String {
    format!("guest{at}")
}

impl Many {
    async fn open() -> Self {
        let house = House::open().await;
        let mut ids = [Vec::new(), Vec::new()];
        for at in 0..PLAYERS {
            ids[0].push(house.guest(&house.aurora, &account(at)).await.id);
            ids[1].push(house.guest(&house.bonanza, &account(at)).await.id);
        }
        let brands = [scope_of(&house, 1).await, scope_of(&house, 2).await];
        Self { house, brands, ids }
    }

    /// Everybody at once, many times, and some whom neither brand has.
    async fn all(&self, lookup: &PlayerLookup) -> Vec<(usize, usize, Found)> {
        let asks = (0..600).map(|turn| {
            let (brand, at) = (turn % 2, (turn / 2) % (PLAYERS + 1));
            async move {
                (
                    brand,
                    at,
                    lookup
                        .find_by_account(&self.brands[brand], &account(at))
                        .await
                        .map_err(|_| ()),
                )
            }
        });
        join_all(asks).await
    }
}

type Found = Result<Option<croupier_player::PlayerSummary>, ()>;

#[tokio::test]
async fn iso_19_who_asks_at_once_is_told_of_players_of_the_own_brand() {
    let many = Many::open().await;
    let lookup = PlayerLookup::gathered(many.house.brand_pool(4).await);
    for (brand, at, found) in many.all(&lookup).await {
        let found = found.unwrap();
        match many.ids[brand].get(at) {
            Some(id) => assert_eq!(found.unwrap().id.0.to_string(), *id, "{brand} {at}"),
            None => assert_eq!(found, None),
        }
    }
    // What is changed is seen by the next who asks.
    let mut tx = many.house.rows_of(1).await;
    sqlx::query("UPDATE player SET status = 'blocked' WHERE account = $1")
        .bind(account(3))
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let [aurora, bonanza] = &many.brands;
    let status = async |scope| {
        let found = lookup.find_by_account(scope, &account(3)).await.unwrap();
        found.unwrap().status
    };
    assert_eq!(status(aurora).await, PlayerStatus::Blocked);
    assert_eq!(status(bonanza).await, PlayerStatus::Active);
}

#[tokio::test]
async fn iso_57_a_row_of_one_brand_that_cannot_be_read_fails_nobody_else_who_asks() {
    let many = Many::open().await;
    many.house
        .owner
        .execute("ALTER TABLE player DROP CONSTRAINT player_status_check")
        .await
        .unwrap();
    let mut tx = many.house.rows_of(2).await;
    tx.execute(AssertSqlSafe(format!(
        "UPDATE player SET status = 'of a later version' WHERE account = '{}'",
        account(5)
    )))
    .await
    .unwrap();
    tx.commit().await.unwrap();
    let lookup = PlayerLookup::gathered(many.house.brand_pool(4).await);
    for (brand, at, found) in many.all(&lookup).await {
        match (brand, at) {
            (1, 5) => assert_eq!(found, Err(())),
            (_, PLAYERS) => assert_eq!(found, Ok(None)),
            _ => assert!(found.unwrap().is_some(), "{brand} {at}"),
        }
    }
}

#[tokio::test]
async fn readers_whose_connections_were_lost_have_others_and_let_go_of_them_in_the_end() {
    let many = Many::open().await;
    let pool = PgPoolOptions::new()
        .max_connections(3)
        .connect(&format!("{}?application_name=readers", many.house.local.app_url))
        .await
        .unwrap();
    let mut killer = sqlx::PgConnection::connect(&many.house.local.app_url)
        .await
        .unwrap();
    let lookup = PlayerLookup::gathered(BrandPool::new(pool.clone()));
    let [aurora, _] = &many.brands;
    for _ in 0..3 {
        let found = join_all((0..20).map(|_| lookup.find_by_account(aurora, "guest1"))).await;
        assert!(
            found.iter().all(|found| matches!(found, Ok(Some(_)))),
            "{found:?}"
        );
        let lost: Vec<bool> = sqlx::query_scalar(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'readers'",
        )
        .fetch_all(&mut killer)
        .await
        .unwrap();
        assert!(lost.contains(&true), "nobody was there");
    }
    drop(lookup);
    // It waits for every connection that somebody still has.
    tokio::time::timeout(std::time::Duration::from_secs(20), pool.close())
        .await
        .unwrap();
}
