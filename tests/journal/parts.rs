//! Months of the journal: made ahead, and archived.

use croupier::journal::{Month, partition};
use croupier_brand::Clock;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use time::{Duration, OffsetDateTime};

use super::{croupier, folder, number, seal_all, sealer, superuser, traffic};
use crate::{
    books,
    harness::{House, sqlstate},
    wallet::{Till, available},
};

/// A till whose wallet lives at another time.
async fn at(till: &Till, at: OffsetDateTime) -> croupier_wallet::LocalWallet {
    croupier_wallet::LocalWallet::new(
        till.house.brand_pool(4).await,
        Clock::manual(at),
        croupier_wallet::WalletLimits::default(),
    )
}

fn months_ago(months: u32) -> OffsetDateTime {
    let this = Month::of(Clock::system().now()).begins().unwrap();
    // The middle of the month.
    let middle = this + Duration::days(15) - Duration::days(30 * i64::from(months));
    Month::of(middle).begins().unwrap() + Duration::days(14)
}

async fn count(db: &mut PgConnection, table: &str) -> i64 {
    number(db, &format!("SELECT count(*) FROM {table}")).await
}

#[tokio::test]
async fn months_are_made_ahead_and_each_has_the_journals_walls() {
    let house = House::open().await;
    let now = Clock::system().now();
    let parts = partition::parts(&house.owner).await.unwrap();
    assert_eq!(parts.ahead(now), 3, "as the schema was set up");
    let (well, said) = croupier(&house, &["journal", "partition", "--months", "5"]).await;
    assert!(well && said.contains("parts for 5 months ahead"), "{said}");
    let (well, said) = croupier(&house, &["journal", "partition", "--months", "5"]).await;
    assert!(well && !said.contains("made"), "{said}");
    let part = Month::of(now).next().part();
    let mut app = PgConnection::connect(&house.local.app_url).await.unwrap();
    app.execute("SET croupier.brand_ids = ',1,'").await.unwrap();
    for statement in [
        format!("SELECT FROM {part}"),
        format!("DELETE FROM {part}"),
        format!("INSERT INTO {part} SELECT * FROM wallet_ledger"),
    ] {
        let refused = app.execute(AssertSqlSafe(statement)).await.unwrap_err();
        assert_eq!(sqlstate(&refused), "42501");
    }
}

#[tokio::test]
async fn a_month_that_was_forgotten_is_taken_out_of_the_default_part_under_traffic() {
    let till = Till::open().await;
    let old = at(&till, months_ago(2)).await;
    for bet in 0..5 {
        use croupier_wallet::Wallet;
        let outcome = old
            .submit(&till.scope, till.bet(&format!("old-{bet}"), 10))
            .await
            .unwrap();
        assert!(outcome.verdict().is_some(), "{outcome:?}");
    }
    let mut root = superuser(&till.house).await;
    assert_eq!(count(&mut root, "wallet_ledger_rest").await, 5);
    // A long report holds the journal: it is said, and nothing is changed.
    let mut report = superuser(&till.house).await;
    report
        .execute("BEGIN; LOCK TABLE wallet_ledger_rest IN ACCESS SHARE MODE")
        .await
        .unwrap();
    let (well, said) = croupier(&till.house, &["journal", "partition"]).await;
    assert!(!well && said.contains("try again"), "{said}");
    assert_eq!(count(&mut root, "wallet_ledger_rest").await, 5);
    report.execute("ROLLBACK").await.unwrap();
    let (moved, ()) = tokio::join!(croupier(&till.house, &["journal", "partition"]), async {
        for round in 0..10 {
            traffic(&till, &format!("r{round}"), 10).await;
        }
    });
    let (well, said) = moved;
    assert!(well && said.contains("with 5 entries"), "{said}");
    assert_eq!(count(&mut root, "wallet_ledger_rest").await, 0);
    assert_eq!(count(&mut root, &Month::of(months_ago(2)).part()).await, 5);
    books::audit(&till.house).await;
}

#[tokio::test]
async fn money_02_a_month_is_archived_when_it_is_sealed_and_balances_go_on_without_it() {
    use croupier_wallet::Wallet;
    let house = House::open().await;
    let (old, before) = (months_ago(1), Month::of(Clock::system().now()));
    let till = Till::on(house, croupier_wallet::WalletLimits::default()).await;
    let mut root = superuser(&till.house).await;
    let past = at(&till, old).await;
    let applied = async |wallet: &croupier_wallet::LocalWallet, command| {
        let outcome = wallet.submit(&till.scope, command).await.unwrap();
        assert_eq!(outcome.as_str(), "applied", "{outcome:?}");
    };
    applied(&past, till.deposit("float", 10_000)).await;
    applied(&past, till.bet("old", 100)).await;
    applied(&past, till.bet("open", 50)).await;
    let mut sealer = sealer(&till.house).await;
    let dir = folder("archive");
    let _ = std::fs::remove_file(dir.join(format!("aurora-before-{before}.jsonl")));
    let (to, month) = (dir.to_str().unwrap(), before.to_string());
    let archive = async |more: &[&str]| {
        let arguments = [&["journal", "archive", "--before", &month, "--to", to], more].concat();
        croupier(&till.house, &arguments).await
    };
    let (well, said) = archive(&["--drop"]).await;
    assert!(!well && said.contains("not sealed"), "{said}");
    // A seal that holds entries of both months.
    applied(&till.wallet, till.win("w", 300, "old")).await;
    seal_all(&till.house, &mut sealer).await;
    applied(&till.wallet, till.bet("new", 20)).await;
    seal_all(&till.house, &mut sealer).await;
    let (well, said) = archive(&["--drop"]).await;
    assert!(!well && said.contains("croupier journal partition"), "{said}");
    let (well, said) = croupier(&till.house, &["journal", "partition"]).await;
    assert!(well, "{said}");
    let (well, said) = archive(&[]).await;
    assert!(well && said.contains("nothing was dropped"), "{said}");
    assert_eq!(count(&mut root, "wallet_ledger").await, 5);
    let (well, said) = archive(&["--drop"]).await;
    assert!(well && said.contains("is not in the database any more"), "{said}");
    assert_eq!(count(&mut root, "wallet_ledger").await, 2);
    // Everything goes on, and everything is right.
    books::audit(&till.house).await;
    applied(&till.wallet, till.rollback("back", "open")).await;
    applied(&till.wallet, till.bet("newer", 30)).await;
    assert_eq!(till.balance().await, available(10_000 - 100 + 300 - 20 - 30));
    seal_all(&till.house, &mut sealer).await;
    books::audit(&till.house).await;
    let (well, said) = croupier(&till.house, &["journal", "verify"]).await;
    assert!(well && said.contains("4 entries"), "{said}");
    let (well, said) = croupier(&till.house, &["wallet", "trial-balance"]).await;
    assert!(well, "{said}");
    // The archive by itself, and what is left by itself.
    let file = dir.join(format!("aurora-before-{before}.jsonl"));
    let (well, said) = croupier(
        &till.house,
        &["journal", "verify", "--export", file.to_str().unwrap()],
    )
    .await;
    assert!(well && said.contains("aurora: 3 entries"), "{said}");
    let rest = dir.join("rest.jsonl");
    let _ = std::fs::remove_file(&rest);
    let rest = rest.to_str().unwrap();
    let (well, said) = croupier(
        &till.house,
        &["journal", "export", "--brand", "aurora", "--to", rest],
    )
    .await;
    assert!(well, "{said}");
    let (well, said) = croupier(&till.house, &["journal", "verify", "--export", rest]).await;
    assert!(well && said.contains("aurora: 4 entries"), "{said}");
    // A figure of what was archived.
    root.execute("UPDATE journal_opening SET amounts[1] = amounts[1] + 1")
        .await
        .unwrap();
    let (well, said) = croupier(&till.house, &["wallet", "trial-balance"]).await;
    assert!(!well && said.contains("all accounts sum to 1"), "{said}");
    let (well, said) = croupier(&till.house, &["journal", "verify"]).await;
    assert!(
        !well && said.contains("what is archived of it sums to 1"),
        "{said}"
    );
    let (well, said) = croupier(
        &till.house,
        &[
            "journal",
            "archive",
            "--before",
            &before.next().to_string(),
            "--to",
            to,
        ],
    )
    .await;
    assert!(!well && said.contains("has not begun"), "{said}");
}

#[tokio::test]
async fn money_02_months_that_one_seal_holds_are_archived_one_after_the_other() {
    use croupier_wallet::Wallet;
    let till = Till::on(House::open().await, croupier_wallet::WalletLimits::default()).await;
    for (months, name) in [(2, "older"), (1, "old"), (0, "new")] {
        let then = at(&till, months_ago(months)).await;
        let outcome = then.submit(&till.scope, till.deposit(name, 1_000)).await.unwrap();
        assert_eq!(outcome.as_str(), "applied");
    }
    let mut sealer = sealer(&till.house).await;
    seal_all(&till.house, &mut sealer).await;
    let (well, said) = croupier(&till.house, &["journal", "partition"]).await;
    assert!(well, "{said}");
    let mut root = superuser(&till.house).await;
    let dir = folder("two-months");
    for left in [1, 0] {
        let before = Month::of(months_ago(left)).to_string();
        let file = dir.join(format!("aurora-before-{before}.jsonl"));
        let _ = std::fs::remove_file(&file);
        let archive = async |more: &[&str]| {
            let to = dir.to_str().unwrap();
            let arguments = [&["journal", "archive", "--before", &before, "--to", to], more].concat();
            croupier(&till.house, &arguments).await
        };
        let (well, said) = archive(&[]).await;
        assert!(well, "{said}");
        // A file of another house, with as many entries, in the place of this one's.
        let hash = "UPDATE journal_seal SET hash = sha256(hash)";
        let mend = "UPDATE journal_seal SET hash = $1";
        let was: Vec<u8> = sqlx::query_scalar("SELECT hash FROM journal_seal")
            .fetch_one(&mut root)
            .await
            .unwrap();
        root.execute(hash).await.unwrap();
        let (well, said) = archive(&["--drop"]).await;
        assert!(!well && said.contains("is of another journal"), "{said}");
        sqlx::query(mend).bind(&was).execute(&mut root).await.unwrap();
        // Another time's.
        let other = dir.join("kept.jsonl");
        std::fs::rename(&file, &other).unwrap();
        let text = std::fs::read_to_string(&other).unwrap();
        std::fs::write(&file, text.replacen("-01T00:00:00Z", "-02T00:00:00Z", 1)).unwrap();
        let (well, said) = archive(&["--drop"]).await;
        assert!(!well && said.contains("is not this brand's archive"), "{said}");
        assert_eq!(count(&mut root, "wallet_ledger").await, i64::from(left) + 2);
        std::fs::rename(&other, &file).unwrap();
        let (well, said) = archive(&["--drop"]).await;
        assert!(well, "{said}");
        assert_eq!(count(&mut root, "wallet_ledger").await, i64::from(left) + 1);
        books::audit(&till.house).await;
    }
    assert_eq!(till.balance().await, available(3_000));
}

#[tokio::test]
async fn an_export_in_which_a_hash_stands_for_an_entry_is_none() {
    let till = Till::open().await;
    till.applied(till.bet("b", 100)).await;
    let dir = folder("hidden");
    let file = dir.join("aurora.jsonl");
    let _ = std::fs::remove_file(&file);
    let path = file.to_str().unwrap();
    let (well, said) = croupier(
        &till.house,
        &["journal", "export", "--brand", "aurora", "--to", path],
    )
    .await;
    assert!(well, "{said}");
    let text = std::fs::read_to_string(&file).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let at = lines.len() - 2;
    let entry: serde_json::Value = serde_json::from_str(&lines[at]).unwrap();
    let entry = &entry["entry"];
    lines[at] = serde_json::json!({"place": {"xid": entry["xid"], "n": entry["n"], "hash": entry["hash"]}})
        .to_string();
    lines[at + 1] = r#"{"end":{"entries":1}}"#.to_owned();
    std::fs::write(&file, lines.join("\n")).unwrap();
    let (well, said) = croupier(&till.house, &["journal", "verify", "--export", path]).await;
    assert!(!well && said.contains("not in its place"), "{said}");
}
