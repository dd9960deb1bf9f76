//! A batch of two brands' items in which items name the other brand's rows: it meets none of them.

use croupier::provision;
use croupier_brand::{
    BatchLine, BatchTx, BrandCode, BrandScope, Clock, Currency, brand_set_query, brand_set_read,
    brand_set_write, global::NewBrand, tx::BatchConnection,
};
use serde_json::json;
use sqlx::Executor;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::drop_policies;
use crate::{
    harness::{House, sqlstate},
    walk::{
        estate::{Estate, scope_of},
        kept::Kept,
    },
};

/// What holds in turn; what is dropped stays so.
const WALLS: [&str; 2] = ["all", "without row security"];

/// Two brands' scopes, and what each brand knows its player and a sign-in by.
struct Two {
    estate: Estate,
    scopes: [BrandScope; 2],
    players: [Uuid; 2],
    sessions: [Uuid; 2],
}

impl Two {
    async fn open() -> Self {
        let estate = Estate::open().await;
        let scopes = [scope_of(&estate.house, 1).await, scope_of(&estate.house, 2).await];
        let ids = |side: usize| &estate.sides[side].ids;
        let uuid = |text: &str| text.parse::<Uuid>().unwrap();
        Self {
            players: [uuid(&ids(0).player), uuid(&ids(1).player)],
            sessions: [uuid(&ids(0).session), uuid(&ids(1).session)],
            scopes,
            estate,
        }
    }

    /// Every item that there can be: each brand with each brand's id. Two of the four are a smuggler's.
    fn items(&self, ids: [Uuid; 2]) -> (Vec<&BrandScope>, Vec<Uuid>) {
        let pairs = [(0, 0), (0, 1), (1, 0), (1, 1)];
        pairs
            .iter()
            .map(|(brand, whose)| (&self.scopes[*brand], ids[*whose]))
            .unzip()
    }

    async fn behind(&self, walls: &str) {
        if walls != "all" {
            drop_policies(&self.estate.house).await;
        }
    }

    async fn kept(&self) -> [Kept; 2] {
        let [first, second] = &self.estate.sides;
        [
            Kept::rows(&self.estate.house, &first.brand).await,
            Kept::rows(&self.estate.house, &second.brand).await,
        ]
    }
}

#[tokio::test]
async fn iso_39_an_item_reads_no_row_of_another_brands() {
    let two = Two::open().await;
    for walls in WALLS {
        two.behind(walls).await;
        let pool = two.estate.house.brand_pool(2).await;
        let mut tx = BatchTx::open(&pool, &two.scopes).await.unwrap();
        let (scopes, players) = two.items(two.players);
        let brands = tx.brands(scopes).unwrap();
        let read = brand_set_query!(
            tx,
            brands,
            "SELECT w.brand_id, w.player_id, w.version FROM unnest($1::int[], $2::uuid[]) AS item (brand_id, player_id)
               JOIN wallet_account w ON w.brand_id = item.brand_id AND w.player_id = item.player_id",
            &players
        );
        let rows = read.fetch_all(tx.conn()).await.unwrap();
        let mut found: Vec<_> = rows.iter().map(|row| (row.brand_id, row.player_id)).collect();
        found.sort_unstable();
        assert_eq!(found, [(1, two.players[0]), (2, two.players[1])], "{walls}");
        // One that must have an answer for each item has none for a smuggler's.
        let (scopes, players) = two.items(two.players);
        let brands = tx.brands(scopes).unwrap();
        let read = brand_set_query!(
            tx,
            brands,
            r#"SELECT item.at AS "at!", w.brand_id AS "brand_id?", w.version AS "version?"
                 FROM unnest($1::int[], $2::uuid[]) WITH ORDINALITY AS item (brand_id, player_id, at)
                 LEFT JOIN wallet_account w ON w.brand_id = item.brand_id AND w.player_id = item.player_id"#,
            &players
        );
        let rows = read.fetch_all(tx.conn()).await.unwrap();
        let mut found: Vec<_> = rows
            .iter()
            .map(|row| (row.at, row.brand_id, row.version.is_some()))
            .collect();
        found.sort_unstable();
        let expected = [
            (1, Some(1), true),
            (2, None, false),
            (3, None, false),
            (4, Some(2), true),
        ];
        assert_eq!(found, expected, "{walls}");
        tx.rollback().await.unwrap();
    }
}

#[tokio::test]
async fn iso_39_an_item_changes_and_deletes_no_row_of_another_brands() {
    let two = Two::open().await;
    for walls in WALLS {
        two.behind(walls).await;
        let pool = two.estate.house.brand_pool(2).await;
        let before = two.kept().await;
        // The smugglers alone: each brand with the other's ids.
        let scopes = [&two.scopes[1], &two.scopes[0]];
        let mut tx = BatchTx::open(&pool, &two.scopes).await.unwrap();
        let brands = tx.brands(scopes).unwrap();
        let update = brand_set_query!(
            tx,
            brands,
            "UPDATE wallet_account w SET version = w.version + 1000
               FROM unnest($1::int[], $2::uuid[]) AS item (brand_id, player_id)
              WHERE w.brand_id = item.brand_id AND w.player_id = item.player_id",
            &two.players
        );
        assert_eq!(
            update.execute(tx.conn()).await.unwrap().rows_affected(),
            0,
            "{walls}"
        );
        let spend = brand_set_query!(
            tx,
            brands,
            "UPDATE player_session s SET revoked_at = s.created_at
               FROM unnest($1::int[], $2::uuid[]) AS item (brand_id, session_id)
              WHERE s.brand_id = item.brand_id AND s.session_id = item.session_id
          RETURNING s.brand_id",
            &two.sessions
        );
        assert!(spend.fetch_all(tx.conn()).await.unwrap().is_empty(), "{walls}");
        let revoked = revoked_sessions(&two.estate.house).await;
        let delete = brand_set_query!(
            tx,
            brands,
            "DELETE FROM token_revocation r USING unnest($1::int[], $2::uuid[]) AS item (brand_id, session_id)
              WHERE r.brand_id = item.brand_id AND r.session_id = item.session_id",
            &revoked
        );
        assert_eq!(
            delete.execute(tx.conn()).await.unwrap().rows_affected(),
            0,
            "{walls}"
        );
        tx.commit().await.unwrap();
        let after = two.kept().await;
        for side in [0, 1] {
            assert_eq!(after[side].differs(&before[side]), [""; 0], "{walls}");
        }
        // And with the ids where they belong each of them is done.
        let mut tx = BatchTx::open(&pool, &two.scopes).await.unwrap();
        let brands = tx.brands(&two.scopes).unwrap();
        let delete = brand_set_query!(
            tx,
            brands,
            "DELETE FROM token_revocation r USING unnest($1::int[], $2::uuid[]) AS item (brand_id, session_id)
              WHERE r.brand_id = item.brand_id AND r.session_id = item.session_id",
            &revoked
        );
        assert_eq!(delete.execute(tx.conn()).await.unwrap().rows_affected(), 2);
        tx.rollback().await.unwrap();
    }
}

/// A session of each brand that was ended.
async fn revoked_sessions(house: &House) -> [Uuid; 2] {
    let mut sessions = [Uuid::nil(); 2];
    for (at, brand) in [1, 2].into_iter().enumerate() {
        let mut rows = house.rows_of(brand).await;
        sessions[at] = sqlx::query_scalar(
            "SELECT session_id FROM token_revocation WHERE brand_id = $1 ORDER BY 1 LIMIT 1",
        )
        .bind(i32::try_from(brand).unwrap())
        .fetch_one(&mut *rows)
        .await
        .unwrap();
    }
    sessions
}

#[tokio::test]
async fn iso_39_an_item_inserts_no_row_for_another_brand() {
    let two = Two::open().await;
    for walls in WALLS {
        two.behind(walls).await;
        let pool = two.estate.house.brand_pool(2).await;
        let before = two.kept().await;
        let end = OffsetDateTime::UNIX_EPOCH + Duration::days(40_000);
        // A sign-in for the other brand's player: there is no such player here.
        let mut tx = BatchTx::open(&pool, &two.scopes).await.unwrap();
        let brands = tx.brands([&two.scopes[1], &two.scopes[0]]).unwrap();
        let insert = brand_set_query!(
            tx,
            brands,
            "INSERT INTO player_session (brand_id, session_id, player_id, created_at, expires_at)
             SELECT item.brand_id, item.session_id, item.player_id, $4, $4
               FROM unnest($1::int[], $2::uuid[], $3::uuid[]) AS item (brand_id, session_id, player_id)",
            &[Uuid::new_v4(), Uuid::new_v4()],
            &two.players,
            end
        );
        let refused = insert.execute(tx.conn()).await.unwrap_err();
        assert_eq!(sqlstate(&refused), "23503", "{walls}: {refused}");
        drop(tx);
        // What needs no row of theirs becomes a row of one's own: the other brand's session is not ended by it.
        let mut tx = BatchTx::open(&pool, &two.scopes).await.unwrap();
        let brands = tx.brands([&two.scopes[0]]).unwrap();
        let insert = brand_set_query!(
            tx,
            brands,
            "INSERT INTO token_revocation (brand_id, session_id, expires_at)
             SELECT item.brand_id, item.session_id, $3 FROM unnest($1::int[], $2::uuid[]) AS item (brand_id, session_id)
                 ON CONFLICT (brand_id, session_id) DO NOTHING",
            &[two.sessions[1]],
            end
        );
        assert_eq!(
            insert.execute(tx.conn()).await.unwrap().rows_affected(),
            u64::from(walls == "all")
        );
        tx.commit().await.unwrap();
        let after = two.kept().await;
        assert_eq!(after[1].differs(&before[1]), [""; 0], "{walls}");
        let own: &[&str] = if walls == "all" {
            &["token_revocation"]
        } else {
            &[]
        };
        assert_eq!(after[0].differs(&before[0]), own, "{walls}");
    }
}

#[tokio::test]
async fn iso_39_a_batch_is_its_own_brands_and_nobody_elses() {
    let two = Two::open().await;
    let house = &two.estate.house;
    let third = NewBrand {
        id: None,
        code: BrandCode::parse("cascade").unwrap(),
        name: "Cascade".to_owned(),
        currency: Currency::parse("EUR").unwrap(),
        theme: json!({}),
    };
    let third = provision::create(&house.owner, third, "test", &Clock::system())
        .await
        .unwrap();
    let third = scope_of(house, third.id.get().into()).await;
    let pool = house.brand_pool(2).await;
    let brands_seen = async |scopes: &[&BrandScope]| -> Vec<i32> {
        let mut tx = BatchTx::open(&pool, scopes.iter().copied()).await.unwrap();
        let seen = tx
            .conn()
            .fetch_all("SELECT DISTINCT brand_id FROM brand_game ORDER BY 1")
            .await
            .unwrap();
        tx.rollback().await.unwrap();
        seen.iter().map(|row| sqlx::Row::get(row, 0)).collect()
    };
    let [aurora, bonanza] = &two.scopes;
    let id = third.id().get();
    assert_eq!(brands_seen(&[aurora, bonanza]).await, [1, 2]);
    assert_eq!(brands_seen(&[&third, aurora, &third, aurora]).await, [1, id]);
    assert_eq!(brands_seen(&[bonanza]).await, [2]);
    assert_eq!(brands_seen(&[]).await, [0; 0]);

    let tx = BatchTx::open(&pool, [aurora, bonanza]).await.unwrap();
    assert!(tx.brands([bonanza, aurora, bonanza]).is_ok());
    for items in [vec![&third], vec![aurora, &third], vec![aurora, bonanza, &third]] {
        let refused = tx.brands(items).unwrap_err();
        assert_eq!(refused.to_string(), format!("brand {id} is none of the batch's"));
    }
    let wall = tx.wall();
    assert!(wall.check(&1).is_ok() && wall.check(&2).is_ok());
    assert!(super::is_foreign_row(&wall.check(&id)));
}

/// A line of the two brands, its connection kept in `home`.
async fn line<'a>(
    two: &'a Two,
    home: &BatchConnection,
    scopes: impl IntoIterator<Item = &'a BrandScope>,
) -> BatchLine {
    let pool = two.estate.house.brand_pool(2).await;
    BatchLine::open(home, &pool, scopes, std::time::Duration::from_millis(500))
        .await
        .unwrap()
}

#[tokio::test]
async fn iso_39_a_statement_that_is_its_own_transaction_reads_no_row_of_another_brands() {
    let two = Two::open().await;
    for walls in WALLS {
        two.behind(walls).await;
        let home = BatchConnection::default();
        let mut line = line(&two, &home, &two.scopes).await;
        let (scopes, players) = two.items(two.players);
        let brands = line.brands(scopes).unwrap();
        let read = brand_set_read!(
            line,
            brands,
            "SELECT w.brand_id, w.player_id FROM unnest($1::int[], $2::uuid[]) AS item (brand_id, player_id)
               JOIN wallet_account w ON w.brand_id = item.brand_id AND w.player_id = item.player_id",
            &players
        );
        let rows = read.fetch_all(line.conn()).await.unwrap();
        let mut found: Vec<_> = rows.iter().map(|row| (row.brand_id, row.player_id)).collect();
        found.sort_unstable();
        assert_eq!(found, [(1, two.players[0]), (2, two.players[1])], "{walls}");
        if walls == "all" {
            // What a statement opened was its own: any other one sees no row.
            let seen = line.conn().fetch_all("SELECT brand_id FROM wallet_account").await;
            assert!(seen.unwrap().is_empty());
            line.finish().await.unwrap();
            // And the next batch's are its own brands', on the same connection.
            let [aurora, _] = &two.scopes;
            let mut line = self::line(&two, &home, [aurora]).await;
            let brands = line.brands([aurora, aurora]).unwrap();
            let read = brand_set_read!(
                line,
                brands,
                "SELECT w.brand_id, w.player_id FROM unnest($1::int[], $2::uuid[]) AS item (brand_id, player_id)
                   JOIN wallet_account w ON w.brand_id = item.brand_id AND w.player_id = item.player_id",
                &two.players
            );
            let rows = read.fetch_all(line.conn()).await.unwrap();
            assert_eq!(rows.iter().map(|row| row.brand_id).collect::<Vec<_>>(), [1]);
            assert!(line.brands([&two.scopes[1]]).is_err());
        }
    }
}

#[tokio::test]
async fn iso_39_a_write_that_is_its_own_transaction_is_whole_and_its_own_brands_or_nothing() {
    let two = Two::open().await;
    for walls in WALLS {
        two.behind(walls).await;
        let home = BatchConnection::default();
        let before = two.kept().await;
        let write = async |scopes: Vec<&BrandScope>, players: Vec<Uuid>, expected: i64| {
            let mut line = line(&two, &home, &two.scopes).await;
            let brands = line.brands(scopes).unwrap();
            let write = brand_set_write!(
                line,
                expected,
                brands,
                "UPDATE wallet_account w SET version = w.version + 1000
                   FROM unnest($1::int[], $2::uuid[]) AS item (brand_id, player_id)
                  WHERE w.brand_id = item.brand_id AND w.player_id = item.player_id",
                &players
            );
            let written = write.fetch_one(line.conn()).await;
            line.abandon().await.unwrap();
            written.map(|row| row.changed)
        };
        // A smuggler beside an item of its own brand: one row is changed where two were to be, so none is.
        let [aurora, bonanza] = &two.scopes;
        for (scopes, players) in [
            (vec![aurora, aurora], two.players.to_vec()),
            (vec![bonanza, aurora], two.players.to_vec()),
        ] {
            let refused = write(scopes, players, 2).await.unwrap_err();
            assert_eq!(sqlstate(&refused), "40001", "{walls}: {refused}");
        }
        let after = two.kept().await;
        for side in [0, 1] {
            assert_eq!(after[side].differs(&before[side]), [""; 0], "{walls}");
        }
        let own = write(vec![aurora, bonanza], two.players.to_vec(), 2).await;
        assert_eq!(own.unwrap(), Some(2), "{walls}");
        let after = two.kept().await;
        for side in [0, 1] {
            assert_eq!(after[side].differs(&before[side]), ["wallet_account"], "{walls}");
        }
    }
}

#[tokio::test]
async fn iso_39_a_write_of_its_own_inserts_no_row_for_another_brand() {
    let two = Two::open().await;
    let [aurora, bonanza] = &two.scopes;
    let before = two.kept().await;
    let end = OffsetDateTime::UNIX_EPOCH + Duration::days(40_000);
    let home = BatchConnection::default();
    // The brand of an item is its scope's; a line that was opened for one brand has none of another's.
    let mut line = line(&two, &home, [aurora]).await;
    assert!(line.brands([bonanza]).is_err());
    let brands = line.brands([aurora]).unwrap();
    let insert = brand_set_write!(
        line,
        1_i64,
        brands,
        "INSERT INTO token_revocation (brand_id, session_id, expires_at)
         SELECT item.brand_id, item.session_id, $3 FROM unnest($1::int[], $2::uuid[]) AS item (brand_id, session_id)",
        &[two.sessions[1]],
        end
    );
    insert.fetch_one(line.conn()).await.unwrap();
    line.finish().await.unwrap();
    let after = two.kept().await;
    assert_eq!(after[0].differs(&before[0]), ["token_revocation"]);
    assert_eq!(after[1].differs(&before[1]), [""; 0]);
}
