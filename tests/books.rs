//! The books from outside: everything that must be true of a brand's money, whatever was played.
//!
//! [`audit`] knows the schema and nothing of the engine. The other tests call it when they are done;
//! here it looks at what a storm of random callbacks leaves behind, and is shown to find what is wrong.

mod storm;

use croupier::local::BRANDS;
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

/// What must never be found, each with a query for it. `$B` is the brand.
const NEVER: [(&str, &str); 22] = [
    (
        "money_01: an entry's lines do not sum to zero",
        "SELECT entry_id::text FROM wallet_ledger WHERE (SELECT coalesce(sum(x), 0) FROM unnest(amounts) x) <> 0",
    ),
    (
        "money_02: a bucket is not the fold of its lines",
        "SELECT a.player_id || ' ' || b.name || ' has ' || coalesce(b.sum, 0) || ', its lines say ' || j.sum
           FROM wallet_account a
          CROSS JOIN LATERAL (VALUES ('cash', a.available[1]), ('bonus', a.available[2]), ('cash:held', a.held[1]),
                                     ('bonus:held', a.held[2])) AS b (name, sum)
          CROSS JOIN LATERAL (SELECT coalesce(sum(p.amount), 0) AS sum FROM wallet_posting p
                               WHERE p.player_id = a.player_id AND p.currency = a.currency AND p.account = 'player:' || b.name) j
          WHERE coalesce(b.sum, 0) <> j.sum",
    ),
    (
        "money_02: a line of no account that there is",
        "SELECT account FROM wallet_posting
          WHERE account NOT IN ('player:cash', 'player:bonus', 'player:cash:held', 'player:bonus:held', 'house:gaming', 'house:payments')",
    ),
    (
        "money_02: an entry's balance is not the running sum",
        "SELECT l.entry_id || ' says ' || l.balance || ', not ' || l.running FROM (
             SELECT entry_id, balance, sum(change) OVER (PARTITION BY player_id, currency ORDER BY version) AS running
               FROM wallet_ledger CROSS JOIN LATERAL (
                    SELECT coalesce(sum(amount), 0) AS change FROM unnest(accounts, amounts) AS p (account, amount)
                     WHERE account LIKE 'player:%') c) l
          WHERE l.balance <> l.running",
    ),
    (
        "money_03: a wallet's version is not the number of its entries, or its entries are not 1, 2, 3 …",
        "SELECT a.player_id || ' is at ' || a.version || ' after ' || count(l.version) || ' entries' FROM wallet_account a
           LEFT JOIN wallet_ledger l ON l.player_id = a.player_id AND l.currency = a.currency
          GROUP BY a.player_id, a.currency, a.version
         HAVING a.version <> count(l.version) OR a.version <> coalesce(max(l.version), 0)
             OR count(l.version) <> count(DISTINCT l.version)",
    ),
    (
        "money_28: a wallet is below zero though no policy allows it",
        "SELECT player_id::text FROM wallet_account WHERE 0 > ANY (available) OR 0 > ANY (held)",
    ),
    (
        "an entry without the decision that made it, or one that says something else",
        "SELECT l.entry_id::text FROM wallet_ledger l LEFT JOIN wallet_command c
             ON c.source = l.source AND c.transaction_id = l.transaction_id AND c.player_id = l.player_id AND c.currency = l.currency
          WHERE (c.verdict, c.entry_id, c.kind, c.available::numeric + c.held, c.at)
                IS DISTINCT FROM ('applied', l.entry_id, l.kind, l.balance::numeric, l.at)",
    ),
    (
        "a decision to do something without exactly one entry",
        "SELECT c.transaction_id FROM wallet_command c
          WHERE (c.verdict = 'applied')::int
             <> (SELECT count(*) FROM wallet_ledger l WHERE l.source = c.source AND l.transaction_id = c.transaction_id)",
    ),
    (
        "a bet or win that is not the entry it came from",
        "SELECT coalesce(l.transaction_id, w.transaction_id) FROM (SELECT * FROM wallet_command WHERE state IS NOT NULL) w
           FULL JOIN (SELECT * FROM wallet_ledger WHERE kind IN ('bet', 'settle')) l
             ON l.source = w.source AND l.transaction_id = w.transaction_id
          WHERE (w.player_id, w.currency, w.kind, w.round_id, w.game_id, w.amount, w.bet_id)
                IS DISTINCT FROM (l.player_id, l.currency, l.kind, l.round_id, l.game_id, l.amount, l.reference_id)
             OR (SELECT sum(x) FROM unnest(w.parts) x) <> w.amount",
    ),
    (
        "money_14: a bet or win reversed more than once, or reversed and not marked so",
        "SELECT w.transaction_id FROM wallet_command w
          WHERE w.state IS NOT NULL
            AND (w.state = 'rolled_back')::int <> (SELECT count(*) FROM wallet_ledger l
                 WHERE l.kind = 'rollback' AND l.source = w.source AND l.reference_id = w.transaction_id)",
    ),
    (
        "a rollback that gave back another sum, to another player or of another round",
        "SELECT l.entry_id::text FROM wallet_ledger l LEFT JOIN wallet_command w
             ON w.source = l.source AND w.transaction_id = l.reference_id AND w.state IS NOT NULL
          WHERE l.kind = 'rollback' AND (l.player_id, l.currency, l.amount, l.round_id, l.game_id)
                IS DISTINCT FROM (w.player_id, w.currency, w.amount, w.round_id, w.game_id)",
    ),
    (
        "a bet that counts other settles than stand on it",
        "SELECT b.transaction_id FROM wallet_command b
          WHERE b.kind = 'bet' AND b.settles <> (SELECT count(*) FROM wallet_command s
                 WHERE s.kind = 'settle' AND s.source = b.source AND s.bet_id = b.transaction_id AND s.state <> 'rolled_back')",
    ),
    (
        "money_13: something stands although its rollback came first",
        "SELECT t.transaction_id || ' ' || l.kind FROM wallet_tombstone t JOIN wallet_ledger l ON l.source = t.source
            AND l.transaction_id = t.transaction_id AND l.player_id = t.player_id AND l.currency = t.currency
            AND l.kind IN ('bet', 'settle')",
    ),
    (
        "held money is not the sum of the holds",
        "SELECT a.player_id || ' holds ' || (SELECT sum(x) FROM unnest(a.held) x) FROM wallet_account a
          WHERE (SELECT coalesce(sum(x), 0) FROM unnest(a.held) x) <> (SELECT coalesce(sum(h.amount), 0) FROM wallet_hold h
                 WHERE h.player_id = a.player_id AND h.currency = a.currency AND h.state = 'held')",
    ),
    (
        "money_07: a wallet in another currency than its brand's",
        "SELECT a.player_id || ' ' || a.currency FROM wallet_account a JOIN brand b ON b.id = a.brand_id WHERE a.currency <> b.currency",
    ),
    (
        "an entry of no wallet that there is",
        "SELECT l.entry_id::text FROM wallet_ledger l
          WHERE NOT EXISTS (SELECT FROM wallet_account a WHERE a.player_id = l.player_id AND a.currency = l.currency)",
    ),
    (
        "a decision for no player that there is",
        "SELECT c.transaction_id FROM wallet_command c WHERE NOT EXISTS (SELECT FROM player p WHERE p.player_id = c.player_id)",
    ),
    (
        "a bet or win of no wallet that there is",
        "SELECT w.transaction_id FROM wallet_command w
          WHERE w.state IS NOT NULL
            AND NOT EXISTS (SELECT FROM wallet_account a WHERE a.player_id = w.player_id AND a.currency = w.currency)",
    ),
    (
        "an entry's id that another has too",
        "SELECT entry_id::text FROM wallet_ledger GROUP BY entry_id HAVING count(*) > 1",
    ),
    (
        "a win that others stand on, or that is not of a kind that can be played",
        "SELECT transaction_id FROM wallet_command
          WHERE state IS NOT NULL AND (kind NOT IN ('bet', 'settle') OR kind <> 'bet' AND (settles > 0 OR state = 'settled'))",
    ),
    (
        "something other than a win that stands on a bet",
        "SELECT transaction_id FROM wallet_command WHERE kind <> 'settle' AND bet_id IS NOT NULL",
    ),
    (
        "a wallet whose hash is not its newest entry's",
        "SELECT a.player_id::text FROM wallet_account a
           LEFT JOIN wallet_ledger l ON l.player_id = a.player_id AND l.currency = a.currency AND l.version = a.version
          WHERE a.chain IS DISTINCT FROM coalesce(l.hash, decode(repeat('00', 32), 'hex'))",
    ),
];

/// What is wrong with a brand's books.
async fn wrong(house: &House, brand: i64) -> Vec<String> {
    let mut tx = house.owner.begin().await.unwrap();
    scope(&mut tx, brand).await;
    let mut found = Vec::new();
    for (what, query) in NEVER {
        let rows = tx
            .fetch_all(query)
            .await
            .unwrap_or_else(|fault| panic!("{what}: {fault}"));
        found.extend(
            rows.iter()
                .map(|row| format!("{what}: {}", row.get::<Option<String>, _>(0).unwrap_or_default())),
        );
    }
    tx.rollback().await.unwrap();
    found
}

/// Fails unless every brand's books are right, line by line.
pub(crate) async fn audit(house: &House) {
    house.audit().await;
    for brand in BRANDS {
        let wrong = wrong(house, brand.id).await;
        assert!(wrong.is_empty(), "brand {}: {wrong:#?}", brand.code);
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
            "money_02",
        ),
        (
            "UPDATE wallet_account SET held[1] = held[1] + 1, available[1] = available[1] - 1",
            "held money",
        ),
        (
            "UPDATE wallet_account SET version = version + 1, revision = revision + 1",
            "money_03",
        ),
        ("UPDATE wallet_account SET available[1] = -1", "money_28"),
        (
            "UPDATE wallet_ledger SET balance = balance + 1 WHERE kind = 'bet'",
            "running sum",
        ),
        (
            "UPDATE wallet_ledger SET amounts = '{1500,-1500}' WHERE kind = 'settle'",
            "money_02",
        ),
        (
            "UPDATE wallet_ledger SET accounts[1] = 'player:points' WHERE kind = 'deposit'",
            "no account",
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
            "an entry of no wallet",
        ),
        (
            "UPDATE wallet_command SET player_id = gen_random_uuid() WHERE kind = 'withdraw_hold'",
            "for no player",
        ),
        (
            "UPDATE wallet_command SET currency = 'USD' WHERE kind = 'settle'",
            "a bet or win of no wallet",
        ),
        (
            "UPDATE wallet_ledger SET entry_id = (SELECT entry_id FROM wallet_ledger WHERE kind = 'withdraw_hold') WHERE kind = 'deposit'",
            "that another has too",
        ),
        (
            "UPDATE wallet_command SET kind = 'deposit' WHERE kind = 'settle'",
            "a kind that can be played",
        ),
        (
            "UPDATE wallet_command SET bet_id = 'x' WHERE kind = 'bet'",
            "something other than a win",
        ),
        (
            "UPDATE wallet_account SET chain = decode(repeat('00', 32), 'hex')",
            "whose hash",
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
        let mut found = Vec::new();
        for (what, query) in NEVER {
            if !tx.fetch_all(query).await.unwrap().is_empty() {
                found.push(what);
            }
        }
        assert!(
            found.iter().any(|what| what.contains(noticed)),
            "{damage}: {found:?}"
        );
        tx.rollback().await.unwrap();
    }
}
