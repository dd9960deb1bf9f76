//! The journal, sealed.

use croupier::journal::Month;
use croupier_brand::Clock;
use sqlx::{AssertSqlSafe, Executor, Row};

use super::{number, seal_all, sealer, settled, superuser, traffic};
use crate::{books, wallet::Till};

#[tokio::test]
async fn money_05_every_entry_is_sealed_once_however_many_seal_at_once() {
    let till = Till::open().await;
    till.house.player(&till.house.bonanza, "bob", "50.00").await;
    let mut sealers = Vec::new();
    for _ in 0..4 {
        sealers.push(sealer(&till.house).await);
    }
    let (mut made, mut lost) = (0, 0);
    for round in 0..12 {
        traffic(&till, &format!("r{round}"), 10).await;
        // There is something to seal, whatever other tests' transactions hold back.
        settled(&till.house).await;
        let [one, two, three, four] = sealers.as_mut_slice() else {
            unreachable!()
        };
        let all = tokio::join!(one.seal(), two.seal(), three.seal(), four.seal());
        for outcome in [all.0, all.1, all.2, all.3] {
            match outcome {
                Ok(brands) => made += brands,
                Err(_) => lost += 1,
            }
        }
    }
    let mut root = superuser(&till.house).await;
    let seals = number(&mut root, "SELECT count(*) FROM journal_seal").await;
    assert_eq!(usize::try_from(seals).unwrap(), made, "{lost} were second");
    assert!(seals > 12, "a seal each round, and one of the other brand");
    let sealed = number(&mut root, "SELECT sum(entries)::bigint FROM journal_seal").await;
    assert_eq!(
        sealed,
        number(&mut root, "SELECT count(*) FROM wallet_ledger").await
    );
    books::audit(&till.house).await;
    // Nothing moved: nothing is sealed.
    for sealer in &mut sealers {
        let _ = sealer.seal().await;
        assert_eq!(sealer.seal().await.unwrap(), 0);
    }
}

#[tokio::test]
async fn money_04_what_is_written_early_and_committed_late_is_in_a_later_seal() {
    let till = Till::open().await;
    let mut sealer = sealer(&till.house).await;
    seal_all(&till.house, &mut sealer).await;
    let mut root = superuser(&till.house).await;
    let before = number(&mut root, "SELECT sum(entries)::bigint FROM journal_seal").await;
    // A transaction with a number, which has written nothing yet.
    let mut slow = superuser(&till.house).await;
    slow.execute("BEGIN").await.unwrap();
    slow.execute("SELECT pg_current_xact_id()").await.unwrap();
    traffic(&till, "while", 10).await;
    assert_eq!(
        sealer.seal().await.unwrap(),
        0,
        "what may not be whole is not sealed"
    );
    slow.execute("COMMIT").await.unwrap();
    assert_eq!(seal_all(&till.house, &mut sealer).await, 1);
    let after = number(&mut root, "SELECT sum(entries)::bigint FROM journal_seal").await;
    assert_eq!(after, before + 10);
    books::audit(&till.house).await;
}

#[tokio::test]
async fn sealing_and_reading_go_along_the_journals_order() {
    let till = Till::open().await;
    traffic(&till, "b", 40).await;
    let mut root = superuser(&till.house).await;
    // Enough for a planner to have a choice.
    let many = "INSERT INTO wallet_ledger SELECT brand_id, gen_random_uuid(), currency, 1, at, gen_random_uuid(), '3'::xid8, row_number() OVER (),
                       kind, source, transaction_id, reference_id, round_id, game_id, amount, accounts, amounts, balance, hash
                  FROM wallet_ledger, generate_series(1, 500)";
    root.execute(many).await.unwrap();
    root.execute("ANALYZE wallet_ledger").await.unwrap();
    root.execute("SET plan_cache_mode = force_custom_plan; SET croupier.brand_ids = ',1,2,'; SET enable_seqscan = off; SET enable_nestloop = off; SET enable_mergejoin = off; SET jit = off")
        .await
        .unwrap();
    let part = Month::of(Clock::system().now()).part();
    for statement in ["ORDER BY entry.xid, entry.n LIMIT $5", "INSERT INTO journal_seal"] {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../.sqlx");
        let sql = std::fs::read_dir(folder).unwrap().find_map(|file| {
            let file: serde_json::Value =
                serde_json::from_slice(&std::fs::read(file.unwrap().path()).unwrap()).unwrap();
            let sql = file["query"].as_str().unwrap().to_owned();
            sql.split_whitespace()
                .collect::<Vec<_>>()
                .join(" ")
                .contains(statement)
                .then_some(sql)
        });
        let sql = sql.unwrap();
        for role in ["croupier_app", "postgres"] {
            let values = if statement.starts_with("ORDER") {
                "'{1,2}', '100', 0, '400', 10"
            } else {
                "'{1,2}', '{1,1}', array[sha256('x'), sha256('x')], array[sha256('x'), sha256('x')], '100', '400', '401', now()"
            };
            let explain = format!("SET ROLE {role}; PREPARE look AS {sql}; EXPLAIN EXECUTE look ({values})");
            let plan = root
                .fetch_all(sqlx::raw_sql(AssertSqlSafe(explain)))
                .await
                .unwrap();
            let plan: Vec<String> = plan.iter().map(|row| row.get(0)).collect();
            let plan = plan.join("\n");
            assert!(plan.contains("Hash Join"), "{plan}");
            assert!(plan.contains(&format!("{part}_xid_n_idx")), "{plan}");
            assert!(!plan.contains(&format!("{part}_pkey")), "{plan}");
            root.execute("DEALLOCATE look; RESET ROLE").await.unwrap();
        }
    }
}
