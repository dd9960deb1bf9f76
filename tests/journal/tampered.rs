//! Somebody who may do everything in the database rewrites history.

use croupier::local::BRANDS;
use sqlx::{AssertSqlSafe, Connection, Executor};

use super::{croupier, folder, seal_all, sealer, superuser, traffic};
use crate::{books, wallet::Till};

/// What somebody does, and what the auditor says of it.
const TAMPERED: [(&str, &str, &str); 13] = [
    (
        "an amount",
        "UPDATE wallet_ledger SET amount = 99 WHERE transaction_id = 'b-3'",
        "its hash is not that of what it says",
    ),
    (
        "a time",
        "UPDATE wallet_ledger SET at = at + interval '1 microsecond' WHERE transaction_id = 'b-3'",
        "its hash is not that of what it says",
    ),
    (
        "a game",
        "UPDATE wallet_ledger SET game_id = 'other' WHERE transaction_id = 'b-3'",
        "its hash is not that of what it says",
    ),
    (
        "a kind that is none",
        "ALTER TABLE wallet_ledger DROP CONSTRAINT wallet_ledger_kind_check; UPDATE wallet_ledger SET kind = 'gift' WHERE transaction_id = 'b-3'",
        "its kind is none",
    ),
    (
        "one in the middle is gone",
        "DELETE FROM wallet_ledger WHERE transaction_id = 'b-3'",
        "an entry is missing",
    ),
    (
        "the last one is gone, and the wallet as if it had never been",
        "UPDATE wallet_account a SET version = a.version - 1, available[1] = available[1] + l.amount,
                chain = (SELECT hash FROM wallet_ledger p WHERE p.player_id = a.player_id AND p.version = a.version - 1)
           FROM wallet_ledger l WHERE l.player_id = a.player_id AND l.version = a.version AND l.brand_id = 1 AND a.version = 11;
         DELETE FROM wallet_command c USING wallet_ledger l WHERE l.entry_id = c.entry_id AND l.brand_id = 1 AND l.version = 11;
         DELETE FROM wallet_ledger WHERE brand_id = 1 AND version = 11",
        "seal 1 holds 12 entries, and there are 11",
    ),
    (
        "one is put in between",
        "INSERT INTO wallet_ledger SELECT brand_id, player_id, currency, version, at + interval '1 second', gen_random_uuid(), xid, n + 1000, kind,
                source, 'forged', reference_id, round_id, game_id, amount, accounts, amounts, balance, hash
           FROM wallet_ledger WHERE transaction_id = 'b-3'",
        "twice there or in another's place",
    ),
    (
        "one is put at the end, where nobody looks",
        "INSERT INTO wallet_ledger SELECT brand_id, gen_random_uuid(), currency, 1, at, gen_random_uuid(), xid, n + 1000, kind,
                source, 'forged', reference_id, round_id, game_id, amount, accounts, amounts, balance, hash
           FROM wallet_ledger WHERE transaction_id = 'b-3'",
        "its hash is not that of what it says",
    ),
    (
        "two of a wallet change places",
        "UPDATE wallet_ledger l SET xid = o.xid, n = o.n FROM wallet_ledger o
          WHERE (l.transaction_id, o.transaction_id) IN (('b-3', 'b-4'), ('b-4', 'b-3'))",
        "twice there or in another's place",
    ),
    (
        "two wallets' places in the order are changed",
        "WITH two AS (SELECT entry_id, xid, n FROM wallet_ledger WHERE brand_id = 1 AND version = 1 ORDER BY xid, n LIMIT 2)
         UPDATE wallet_ledger l SET xid = o.xid, n = o.n FROM two o
          WHERE l.entry_id IN (SELECT entry_id FROM two) AND l.entry_id <> o.entry_id",
        "the entries are others than seal 1 was made of",
    ),
    (
        "a seal's digest",
        "UPDATE journal_seal SET digest = sha256('x') WHERE number = 1",
        "seal 1 does not have the hash of what it says",
    ),
    (
        "a seal is gone",
        "DELETE FROM journal_seal WHERE number = 1",
        "seal 1 is missing",
    ),
    (
        "a wallet's sum, with a line that explains it",
        "UPDATE wallet_account SET available[1] = available[1] + 100",
        "player:cash is",
    ),
];

#[tokio::test]
async fn money_05_whatever_is_changed_removed_added_or_swapped_is_found_and_named() {
    let till = Till::open().await;
    // Another wallet of the brand.
    till.house.player(&till.house.aurora, "carl", "20.00").await;
    for at in 0..10 {
        till.applied(till.bet(&format!("b-{at}"), 10)).await;
    }
    let mut sealer = sealer(&till.house).await;
    seal_all(&till.house, &mut sealer).await;
    // One more seal, so that the first is not the last.
    till.house.player(&till.house.aurora, "dora", "20.00").await;
    seal_all(&till.house, &mut sealer).await;
    books::audit(&till.house).await;
    let mut root = superuser(&till.house).await;
    for (name, tampering, noticed) in TAMPERED {
        let mut tx = root.begin().await.unwrap();
        tx.execute(sqlx::raw_sql(AssertSqlSafe(format!(
            "SET LOCAL croupier.brand_ids = ',1,'; SET LOCAL session_replication_role = replica; {tampering}"
        ))))
        .await
        .unwrap_or_else(|fault| panic!("{name}: {fault}"));
        let found = books::wrong(&mut tx, &BRANDS[0]).await;
        assert!(
            found
                .first()
                .is_some_and(|first| first.starts_with("aurora") && first.contains(noticed)),
            "{name}: {found:#?}"
        );
        tx.rollback().await.unwrap();
    }
    books::audit(&till.house).await;
}

#[tokio::test]
async fn money_05_the_program_says_what_is_wrong_and_where_in_the_database_and_in_an_export() {
    let till = Till::open().await;
    traffic(&till, "b", 8).await;
    seal_all(&till.house, &mut sealer(&till.house).await).await;
    let (well, said) = croupier(&till.house, &["journal", "verify"]).await;
    assert!(well, "{said}");
    assert!(said.contains("aurora: 9 entries, 1 wallets, seal 1 "), "{said}");
    let (well, said) = croupier(&till.house, &["wallet", "trial-balance", "--brand", "aurora"]).await;
    assert!(well, "{said}");
    for line in ["player:cash", "house:gaming", "house:payments"] {
        assert!(said.contains(line), "{said}");
    }
    let file = folder("exports").join("aurora.jsonl");
    let _ = std::fs::remove_file(&file);
    let to = file.to_str().unwrap();
    let (well, said) = croupier(
        &till.house,
        &["journal", "export", "--brand", "aurora", "--to", to],
    )
    .await;
    assert!(well, "{said}");
    let (well, said) = croupier(&till.house, &["journal", "verify", "--export", to]).await;
    assert!(well && said.contains("aurora: 9 entries"), "{said}");

    // In the file: a figure, a line less, a line twice, two lines in each other's place, the end cut off.
    let right = std::fs::read_to_string(&file).unwrap();
    let lines: Vec<_> = right.lines().collect();
    let entries: Vec<_> = (0..lines.len())
        .filter(|at| lines[*at].starts_with("{\"entry\""))
        .collect();
    let (some, next) = (entries[4], entries[5]);
    let changed = |change: &dyn Fn(&mut Vec<String>)| {
        let mut lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        change(&mut lines);
        lines.join("\n")
    };
    for (name, text) in [
        (
            "a figure",
            changed(&|lines| lines[some] = lines[some].replace("\"amount\":1,", "\"amount\":2,")),
        ),
        ("a line less", changed(&|lines| drop(lines.remove(some)))),
        (
            "the last entry less",
            changed(&|lines| drop(lines.remove(*entries.last().unwrap()))),
        ),
        (
            "a line twice",
            changed(&|lines| lines.insert(some, lines[some].clone())),
        ),
        ("swapped", changed(&|lines| lines.swap(some, next))),
        ("cut off", changed(&|lines| lines.truncate(next))),
        (
            "no seals",
            changed(&|lines| lines.retain(|line| !line.starts_with("{\"seal\""))),
        ),
        ("nothing", String::new()),
    ] {
        let bad = file.with_extension("bad");
        std::fs::write(&bad, &text).unwrap();
        let (well, said) = croupier(
            &till.house,
            &["journal", "verify", "--export", bad.to_str().unwrap()],
        )
        .await;
        // Without its seals a journal is one that nobody sealed yet, and says so.
        let unsealed = name == "no seals" && said.contains("nothing sealed yet");
        assert!(text != right && (!well || unsealed), "{name}: {said}");
    }

    let mut root = superuser(&till.house).await;
    root.execute("UPDATE wallet_account SET available[1] = available[1] + 1 WHERE brand_id = 1")
        .await
        .unwrap();
    let (well, said) = croupier(&till.house, &["wallet", "trial-balance"]).await;
    assert!(
        !well && said.contains("WRONG  aurora: EUR player:cash drifts"),
        "{said}"
    );
    let (well, said) = croupier(&till.house, &["journal", "verify"]).await;
    assert!(
        !well
            && said.contains(&format!(
                "WRONG  aurora, wallet {} EUR: player:cash is",
                till.player
            )),
        "{said}"
    );
    let (well, said) = croupier(&till.house, &["journal", "verify", "--brand", "bonanza"]).await;
    assert!(well, "the other brand's are right: {said}");
    let (well, said) = croupier(&till.house, &["journal", "verify", "--brand", "nobody"]).await;
    assert!(!well && said.contains("croupier brand list"), "{said}");
}
