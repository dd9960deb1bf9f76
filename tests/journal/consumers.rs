//! Who reads the journal as an outbox.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use croupier_brand::Clock;
use croupier_wallet::journal::{ReaderError, Row};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, Row as _};
use uuid::Uuid;

use super::{reader, settled, superuser, traffic};
use crate::{harness::House, wallet::Till};

/// An entry of the first brand's player, as the wallet would write it, in the transaction that is open on `db`.
async fn entry(db: &mut PgConnection, till: &Till, version: i64) {
    let insert = format!(
        "INSERT INTO wallet_ledger (brand_id, player_id, currency, version, at, entry_id, n, kind, source, transaction_id, amount,
                                    accounts, amounts, balance, hash)
         VALUES ({}, '{}', 'EUR', {version}, clock_timestamp(), gen_random_uuid(), 0, 'deposit', 'test', 'slow-{version}', 0, '{{}}', '{{}}', 0,
                 sha256('x'))",
        till.scope.id(),
        till.player
    );
    db.execute(AssertSqlSafe(insert)).await.unwrap();
}

async fn as_app(till: &Till) -> PgConnection {
    let mut app = PgConnection::connect(&till.house.local.app_url).await.unwrap();
    let begin = format!("BEGIN; SET LOCAL croupier.brand_ids = ',{},'", till.scope.id());
    app.execute(sqlx::raw_sql(AssertSqlSafe(begin))).await.unwrap();
    app
}

/// Reads pages of `limit` to the end of what can be read now.
async fn drain(reader: &mut croupier_wallet::journal::Reader, limit: u16) -> Vec<Row> {
    let mut rows = Vec::new();
    loop {
        let page = reader.next(limit).await.unwrap();
        reader.done(&page).await.unwrap();
        rows.extend(page.rows.iter().cloned());
        if !page.more {
            return rows;
        }
    }
}

fn in_order(rows: &[Row]) -> bool {
    rows.windows(2)
        .all(|pair| (pair[0].xid, pair[0].n) < (pair[1].xid, pair[1].n))
}

#[tokio::test]
async fn money_04_a_reader_skips_nothing_that_is_committed_late_and_one_by_time_does() {
    let till = Till::open().await;
    let mut outbox = reader(&till.house, "stats").await;
    settled(&till.house).await;
    let before = drain(&mut outbox, 100).await.len();
    // Somebody writes early and commits late.
    let mut slow = as_app(&till).await;
    entry(&mut slow, &till, 1_001).await;
    traffic(&till, "while", 20).await;
    // Who reads by time remembers the newest time that it saw.
    let mut by_time = superuser(&till.house).await;
    let newest = "SELECT count(*), max(at)::text FROM wallet_ledger";
    let seen = by_time.fetch_one(newest).await.unwrap();
    let (seen, newest): (i64, String) = (seen.get(0), seen.get(1));
    assert_eq!(usize::try_from(seen).unwrap(), before + 20);
    assert_eq!(
        drain(&mut outbox, 7).await.len(),
        0,
        "what is not certain to be whole waits"
    );
    slow.execute("COMMIT").await.unwrap();
    let later = format!("SELECT count(*) FROM wallet_ledger WHERE at > '{newest}'");
    let by_time: i64 = by_time.fetch_one(AssertSqlSafe(later)).await.unwrap().get(0);
    assert_eq!(by_time, 0, "the late one is behind who reads by time, for good");
    settled(&till.house).await;
    let rows = drain(&mut outbox, 7).await;
    assert!(in_order(&rows));
    assert_eq!(rows.len(), 21);
    assert!(rows.iter().any(|row| row.version == 1_001));
    assert_eq!(drain(&mut outbox, 7).await, []);
}

#[tokio::test]
async fn money_04_under_concurrent_writers_of_all_brands_every_entry_comes_once_and_in_its_wallets_order() {
    let till = Arc::new(Till::open().await);
    let house = &till.house;
    let (bob, _) = house.player(&house.bonanza, "bob", "50.00").await;
    let over = Arc::new(AtomicBool::new(false));
    // How many rounds were written, and how often it was read to the end of what can be.
    let (written, read) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    // How many transactions ended late.
    let late = Arc::new(AtomicU64::new(0));
    let mut outbox = reader(house, "stats").await;
    // Transactions that write early and end late: not before others have written after them and it was read to the end.
    let stalling = tokio::spawn({
        let (till, over) = (Arc::clone(&till), Arc::clone(&over));
        let (written, read, late) = (Arc::clone(&written), Arc::clone(&read), Arc::clone(&late));
        async move {
            let mut version = 2_000;
            let past = async |count: &AtomicU64, most: u64| {
                while count.load(Ordering::SeqCst) < most && !over.load(Ordering::SeqCst) {
                    tokio::time::sleep(std::time::Duration::from_millis(1)).await;
                }
                count.load(Ordering::SeqCst) >= most
            };
            while !over.load(Ordering::SeqCst) {
                let mut slow = as_app(&till).await;
                entry(&mut slow, &till, version).await;
                // The round that is being written may have begun before.
                let after = past(&written, written.load(Ordering::SeqCst) + 2).await
                    && past(&read, read.load(Ordering::SeqCst) + 2).await;
                let undone = version % 3 == 0;
                slow.execute(if undone { "ROLLBACK" } else { "COMMIT" })
                    .await
                    .unwrap();
                version += 1;
                late.fetch_add(u64::from(after && !undone), Ordering::SeqCst);
            }
        }
    });
    let writing = tokio::spawn({
        let (till, over, written) = (Arc::clone(&till), Arc::clone(&over), Arc::clone(&written));
        async move {
            for round in 0.. {
                if round >= 25 && late.load(Ordering::SeqCst) > 1 {
                    break;
                }
                assert!(round < 1_000, "nothing is late");
                traffic(&till, &format!("r{round}"), 20).await;
                let key = format!("k{round}");
                bob.casino
                    .move_money("deposits", &bob.token, &key, "1.00")
                    .await
                    .unwrap();
                written.fetch_add(1, Ordering::SeqCst);
            }
            over.store(true, Ordering::SeqCst);
        }
    });
    let mut rows = Vec::new();
    // In pages so large that it is always at the end of what can be read.
    while !over.load(Ordering::SeqCst) {
        rows.extend(drain(&mut outbox, 1_000).await);
        read.fetch_add(1, Ordering::SeqCst);
    }
    writing.await.unwrap();
    stalling.await.unwrap();
    settled(house).await;
    rows.extend(drain(&mut outbox, 13).await);
    assert!(in_order(&rows));
    let mut root = superuser(house).await;
    let all = root
        .fetch_all("SELECT entry_id FROM wallet_ledger")
        .await
        .unwrap();
    let all: BTreeSet<Uuid> = all.iter().map(|row| row.get(0)).collect();
    let read: BTreeSet<Uuid> = rows.iter().map(|row| row.entry_id).collect();
    assert_eq!(read.len(), rows.len(), "none twice");
    assert!(read == all, "{} left out", all.difference(&read).count());
    assert_eq!(
        rows.iter().map(|row| row.brand_id).collect::<BTreeSet<_>>(),
        [1, 2].into()
    );
    let mut last = BTreeMap::new();
    for row in rows.iter().filter(|row| row.source != "test") {
        let before = last.insert(row.player_id, row.version).unwrap_or(0);
        assert_eq!(
            row.version,
            before + 1,
            "a wallet's entries come one after the other"
        );
    }
}

#[tokio::test]
async fn money_42_a_consumer_that_ends_between_dealing_with_a_page_and_saying_so_is_given_it_again() {
    let till = Till::open().await;
    traffic(&till, "b", 30).await;
    settled(&till.house).await;
    let (mut dealt_with, mut restarts) = (Vec::new(), 0);
    loop {
        // A new process each time; every third ends after it dealt with its page, before it could say so.
        let mut outbox = reader(&till.house, "mail").await;
        let page = outbox.next(4).await.unwrap();
        dealt_with.extend(page.rows.clone());
        restarts += 1;
        if restarts % 3 == 0 {
            continue;
        }
        outbox.done(&page).await.unwrap();
        if !page.more {
            break;
        }
    }
    let mut first_time = Vec::new();
    for row in &dealt_with {
        if !first_time.contains(row) {
            first_time.push(row.clone());
        }
    }
    assert_eq!(first_time.len(), 31);
    assert!(dealt_with.len() > 31, "some came twice");
    assert!(
        in_order(&first_time),
        "what is given again is not given out of order"
    );
    // Others have their own place.
    assert_eq!(
        drain(&mut reader(&till.house, "stats").await, 100).await,
        first_time
    );
    assert_eq!(drain(&mut reader(&till.house, "mail").await, 100).await, []);
}

#[tokio::test]
async fn money_42_of_two_workers_under_one_name_the_slower_is_told_so() {
    let till = Till::open().await;
    traffic(&till, "b", 10).await;
    let (mut one, mut other) = (
        reader(&till.house, "mail").await,
        reader(&till.house, "mail").await,
    );
    settled(&till.house).await;
    // What was before this house's first entry is looked through first. How many entries of it come on a page depends on how
    // far each looks at a time, and on how many transactions other tests have in between; the first one does not.
    let page = loop {
        let page = one.next(1).await.unwrap();
        if !page.rows.is_empty() {
            break page;
        }
        one.done(&page).await.unwrap();
    };
    let same = loop {
        let same = other.next(1).await.unwrap();
        if !same.rows.is_empty() {
            break same;
        }
    };
    assert_eq!(page.rows, same.rows);
    one.done(&page).await.unwrap();
    let late = other.done(&same).await.unwrap_err();
    assert!(matches!(late, ReaderError::ReadElsewhere(_)), "{late}");
    // And goes on where the other one is.
    let next = drain(&mut other, 5).await;
    assert_eq!(next.len() + page.rows.len(), 11);
    assert!(next.iter().all(|row| !page.rows.contains(row)));
}

#[tokio::test]
async fn money_04_a_brand_that_is_new_is_not_passed_over() {
    let house = House::open().await;
    let mut outbox = reader(&house, "stats").await;
    let mut sealer = super::sealer(&house).await;
    drain(&mut outbox, 100).await;
    let brand = croupier_brand::global::NewBrand {
        id: None,
        code: croupier_brand::BrandCode::parse("casa").unwrap(),
        name: "Casa".to_owned(),
        currency: croupier_brand::Currency::parse("EUR").unwrap(),
        theme: serde_json::json!({}),
    };
    croupier::provision::create(&house.owner, brand, "test", &Clock::system())
        .await
        .unwrap();
    let mut root = superuser(&house).await;
    let id = super::number(&mut root, "SELECT id::bigint FROM brand WHERE code = 'casa'").await;
    let insert = format!(
        "INSERT INTO wallet_ledger (brand_id, player_id, currency, version, at, entry_id, n, kind, source, transaction_id, amount,
                                    accounts, amounts, balance, hash)
         VALUES ({id}, gen_random_uuid(), 'EUR', 1, now(), gen_random_uuid(), 0, 'deposit', 'test', 't', 0, '{{}}', '{{}}', 0, sha256('x'))"
    );
    root.execute(AssertSqlSafe(insert)).await.unwrap();
    // Neither knows the brand yet, nor passes its entry over.
    settled(&house).await;
    let mut sealed = 0;
    for _ in 0..10 {
        sealed += sealer.seal().await.unwrap();
    }
    assert_eq!(sealed, 1);
    settled(&house).await;
    let rows = drain(&mut outbox, 100).await;
    assert_eq!(
        rows.iter().map(|row| i64::from(row.brand_id)).collect::<Vec<_>>(),
        [id]
    );
    let sealed = format!("SELECT count(*) FROM journal_seal WHERE brand_id = {id}");
    assert_eq!(super::number(&mut root, &sealed).await, 1);
}
