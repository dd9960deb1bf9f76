//! The books from outside: everything that must be true of a brand's money, whatever was played.
//!
//! [`audit`] knows the schema and nothing of the engine. The other tests call it when they are done;
//! here it looks at what a storm of random callbacks leaves behind, and is shown to find what is wrong.

mod storm;

use croupier::local::{BRANDS, SeedBrand};
use croupier_brand::{BrandCode, BrandId};
use croupier_wallet::journal::audit;
use sqlx::{AssertSqlSafe, Executor, PgConnection, Row, postgres::PgRow};

use crate::harness::{EUR, House};

/// The rows of a statement that sees one brand. It may have changed something: that stays.
pub(crate) async fn sql(house: &House, brand: i64, statement: &str) -> Vec<PgRow> {
    let mut tx = house.owner.begin().await.unwrap();
    scope(&mut tx, brand).await;
    let rows = tx.fetch_all(AssertSqlSafe(statement.to_owned())).await.unwrap();
    tx.commit().await.unwrap();
    rows
}

/// The single number of a query that sees one brand.
pub(crate) async fn number(house: &House, brand: i64, query: &str) -> i64 {
    sql(house, brand, query).await[0]
        .get::<Option<i64>, _>(0)
        .unwrap_or(0)
}

/// How many decisions and entries a brand has: two numbers that what is refused at the door leaves alone.
pub(crate) async fn written(house: &House, brand: i64) -> (i64, i64) {
    let count = async |table: &str| number(house, brand, &format!("SELECT count(*) FROM {table}")).await;
    (count("wallet_command").await, count("wallet_ledger").await)
}

async fn scope(connection: &mut PgConnection, brand: i64) {
    let setting = format!("SELECT set_config('croupier.brand_ids', ',{brand},', true)");
    connection.execute(AssertSqlSafe(setting)).await.unwrap();
}

/// Wallets below zero, which no policy of these tests allows.
const OVERDRAWN: &str =
    "SELECT player_id::text FROM wallet_account WHERE 0 > ANY (available) OR 0 > ANY (held)";

/// What is wrong with a brand's books: what the product finds, and what these tests' policies rule out.
pub(crate) async fn wrong(tx: &mut PgConnection, brand: &SeedBrand) -> Vec<String> {
    let (id, code) = (
        BrandId::new(brand.id).unwrap(),
        BrandCode::parse(brand.code).unwrap(),
    );
    let examined = audit::examine(tx, id, &code).await.unwrap();
    let balance = audit::trial_balance(tx, id).await.unwrap();
    let overdrawn = tx.fetch_all(OVERDRAWN).await.unwrap();
    let overdrawn = overdrawn
        .iter()
        .map(|row| format!("money_28: overdrawn: {}", row.get::<String, _>(0)));
    let faults = examined.faults.iter().map(ToString::to_string);
    faults.chain(balance.faults()).chain(overdrawn).collect()
}

/// Fails unless every brand's books are right, line by line.
pub(crate) async fn audit(house: &House) {
    for brand in BRANDS {
        let mut tx = house.rows_of(brand.id).await;
        let wrong = wrong(&mut tx, &brand).await;
        assert!(wrong.is_empty(), "brand {}: {wrong:#?}", brand.code);
        tx.rollback().await.unwrap();
    }
}

#[tokio::test]
async fn the_audit_finds_what_is_wrong() {
    use croupier_game::hub88::simulator::{Bet, Rollback, Win};
    let house = House::open().await;
    let (alice, seat) = house.player(&house.aurora, "alice", "100.00").await;
    let (bet, undone) = (Bet::new("r1", 10 * EUR), Bet::new("r2", 5 * EUR));
    assert!(house.provider.bet(&seat, &bet).await.unwrap().is_ok());
    assert!(
        house
            .provider
            .win(&seat, &Win::of(&bet, 20 * EUR))
            .await
            .unwrap()
            .is_ok()
    );
    assert!(house.provider.bet(&seat, &undone).await.unwrap().is_ok());
    assert!(
        house
            .provider
            .rollback(&seat, &Rollback::of(&undone.transaction, "r2"))
            .await
            .unwrap()
            .is_ok()
    );
    alice
        .casino
        .move_money("withdrawals", &alice.token, "out", "15.00")
        .await
        .unwrap();
    audit(&house).await;
    for (damage, noticed) in [
        (
            "UPDATE wallet_account SET available[1] = available[1] + 1",
            "player:cash drifts",
        ),
        (
            "UPDATE wallet_account SET held[1] = held[1] + 1, available[1] = available[1] - 1",
            "held money",
        ),
        (
            "UPDATE wallet_account SET version = version + 1, revision = revision + 1",
            "it is at version 7, its entries end at 6",
        ),
        ("UPDATE wallet_account SET available[1] = -1", "money_28"),
        (
            "UPDATE wallet_ledger SET balance = balance + 1 WHERE kind = 'bet'",
            "its hash is not",
        ),
        (
            "UPDATE wallet_ledger SET amounts = '{1500,-1500}' WHERE kind = 'settle'",
            "money_02: an entry that does not move",
        ),
        (
            "UPDATE wallet_ledger SET accounts[1] = 'player:points' WHERE kind = 'deposit'",
            "player:points drifts",
        ),
        (
            "UPDATE wallet_ledger SET reference_id = 'x' WHERE kind = 'rollback'",
            "money_14",
        ),
        (
            "UPDATE wallet_ledger SET amount = amount + 1 WHERE kind = 'rollback'",
            "another sum",
        ),
        (
            "UPDATE wallet_ledger SET round_id = 'x' WHERE kind = 'bet'",
            "not the entry",
        ),
        (
            "UPDATE wallet_command SET state = 'open' WHERE state = 'rolled_back'",
            "money_14",
        ),
        (
            "UPDATE wallet_command SET settles = 2 WHERE settles = 1",
            "other settles",
        ),
        ("UPDATE wallet_hold SET state = 'released'", "held money"),
        (
            "DELETE FROM wallet_command WHERE transaction_id = 'float'",
            "without the decision",
        ),
        (
            "DELETE FROM wallet_ledger WHERE kind = 'withdraw_hold'",
            "exactly one entry",
        ),
        (
            "INSERT INTO wallet_tombstone SELECT brand_id, player_id, currency, source, transaction_id, at FROM wallet_ledger WHERE kind = 'settle'",
            "money_13",
        ),
        (
            "UPDATE wallet_ledger SET player_id = gen_random_uuid() WHERE kind = 'withdraw_hold'",
            "comes after version 0",
        ),
        (
            "UPDATE wallet_command SET player_id = gen_random_uuid() WHERE kind = 'withdraw_hold'",
            "for no player",
        ),
        (
            "UPDATE wallet_command SET currency = 'USD' WHERE kind = 'settle'",
            "a play of no wallet",
        ),
        (
            "UPDATE wallet_ledger SET entry_id = (SELECT entry_id FROM wallet_ledger WHERE kind = 'withdraw_hold') WHERE kind = 'deposit'",
            "that another has too",
        ),
        (
            "UPDATE wallet_command SET kind = 'deposit' WHERE kind = 'settle'",
            "of a kind that is none",
        ),
        (
            "UPDATE wallet_command SET bet_id = 'x' WHERE kind = 'bet'",
            "something other than a win",
        ),
        (
            "UPDATE wallet_account SET chain = decode(repeat('00', 32), 'hex')",
            "its hash is not its newest",
        ),
        (
            "UPDATE wallet_command SET available = available + 1 WHERE kind = 'deposit'",
            "says something else",
        ),
        (
            "UPDATE wallet_command SET at = at + interval '1 second' WHERE kind = 'deposit'",
            "says something else",
        ),
    ] {
        let mut tx = house.owner.begin().await.unwrap();
        scope(&mut tx, 1).await;
        assert!(tx.execute(damage).await.unwrap().rows_affected() > 0, "{damage}");
        let found = wrong(&mut tx, &BRANDS[0]).await;
        assert!(
            found.iter().any(|what| what.contains(noticed)),
            "{damage}: {found:?}"
        );
        tx.rollback().await.unwrap();
    }
}
