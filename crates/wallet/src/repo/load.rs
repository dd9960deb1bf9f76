//! What a command needs, in two statements.

use croupier_brand::{BrandTx, brand_query};
use sqlx::types::Json;

use super::{
    RepoError,
    rows::{DecisionRow, HoldRow, PlayRow},
    topologies::Topologies,
};
use crate::engine::{
    account::Account,
    books::{Books, Order, Rules, Tombstone},
};

/// Locks the orders' wallet, which is one, and loads everything they may touch.
pub(crate) async fn load(
    tx: &mut BrandTx,
    topologies: &Topologies,
    orders: &[Order],
) -> Result<Books, RepoError> {
    let mut books = Books::default();
    let Some(order) = orders.first() else {
        return Ok(books);
    };
    if !lock_account(tx, order, &mut books).await? {
        create_account(tx, order).await?;
        if !lock_account(tx, order, &mut books).await? {
            return Err(RepoError::Inconsistent(
                "a wallet that is not there after it was made",
            ));
        }
    }
    for order in orders {
        load_records(tx, topologies, order, &mut books).await?;
    }
    Ok(books)
}

/// The wallet, `FOR UPDATE`. False when the wallet has no row yet.
async fn lock_account(tx: &mut BrandTx, order: &Order, books: &mut Books) -> Result<bool, RepoError> {
    let query = brand_query!(
        tx,
        "SELECT brand_id, version, available, held
           FROM wallet_account
          WHERE brand_id = $1 AND player_id = $2 AND currency = $3
            FOR UPDATE",
        order.command.player.0,
        order.command.currency.code(),
    );
    let Some(row) = query.fetch_optional(tx.conn()).await? else {
        return Ok(false);
    };
    let account = Account {
        version: row.version,
        available: row.available,
        held: row.held,
        grants: Vec::new(),
    };
    books.accounts.insert(order.account(), account);
    Ok(true)
}

/// A row for a wallet that never had one. One bucket is enough: the engine widens it.
async fn create_account(tx: &mut BrandTx, order: &Order) -> Result<(), RepoError> {
    let query = brand_query!(
        tx,
        "INSERT INTO wallet_account (brand_id, player_id, currency, version, available, held, created_at)
         VALUES ($1, $2, $3, 0, '{0}', '{0}', $4)
         ON CONFLICT (brand_id, player_id, currency) DO NOTHING",
        order.command.player.0,
        order.command.currency.code(),
        order.at,
    );
    query.execute(tx.conn()).await?;
    Ok(())
}

/// The brand's topology, the decision on the order's own id, what its reference names, and its hold,
/// in one statement.
///
/// Each row may be absent, so each comes whole, as one value. The topology is read here, behind the
/// lock: whoever had the wallet before us may have used buckets that were not there when we began to
/// wait.
async fn load_records(
    tx: &mut BrandTx,
    topologies: &Topologies,
    order: &Order,
    books: &mut Books,
) -> Result<(), RepoError> {
    let command = &order.command;
    let reference = command.action.reference();
    let query = brand_query!(
        tx,
        r#"SELECT topology.brand_id AS "brand_id?", topology.version AS "topology_version?", topology.document AS "topology?",
                  to_jsonb(own) AS "own?: Json<DecisionRow>",
                  to_jsonb(other) AS "other?: Json<DecisionRow>",
                  to_jsonb(play) AS "play?: Json<PlayRow>",
                  to_jsonb(bet) AS "bet?: Json<PlayRow>",
                  to_jsonb(hold) AS "hold?: Json<HoldRow>",
                  own_stone.transaction_id IS NOT NULL AS "own_stone!",
                  other_stone.transaction_id IS NOT NULL AS "other_stone!"
             FROM (SELECT 1 AS one) AS one
             LEFT JOIN wallet_topology AS topology
                    ON topology.brand_id = $1
                   AND topology.version = (SELECT max(newest.version) FROM wallet_topology AS newest WHERE newest.brand_id = $1)
             LEFT JOIN wallet_idempotency AS own
                    ON own.brand_id = $1 AND own.source = $2 AND own.transaction_id = $3
             LEFT JOIN wallet_idempotency AS other
                    ON other.brand_id = $1 AND other.source = $2 AND other.transaction_id = $4
             LEFT JOIN wallet_bet_authorization AS play
                    ON play.brand_id = $1 AND play.source = $2 AND play.transaction_id = $4
             LEFT JOIN wallet_bet_authorization AS bet
                    ON bet.brand_id = $1 AND bet.source = $2 AND bet.transaction_id = play.bet_id
             LEFT JOIN wallet_hold AS hold
                    ON hold.brand_id = $1 AND hold.hold_id = $5
             LEFT JOIN wallet_tombstone AS own_stone
                    ON own_stone.brand_id = $1 AND own_stone.player_id = $6 AND own_stone.currency = $7
                   AND own_stone.source = $2 AND own_stone.transaction_id = $3
             LEFT JOIN wallet_tombstone AS other_stone
                    ON other_stone.brand_id = $1 AND other_stone.player_id = $6 AND other_stone.currency = $7
                   AND other_stone.source = $2 AND other_stone.transaction_id = $4"#,
        command.source.as_str(),
        command.transaction_id.as_str(),
        reference.map(|id| id.as_str()),
        command.action.hold().map(|hold| hold.0),
        command.player.0,
        command.currency.code(),
    );
    let row = query.fetch_one(tx.conn()).await?;
    let topology = topologies.of(tx.scope(), row.topology_version, row.topology)?;
    let version = row.topology_version.unwrap_or(0);
    books.topologies.insert(order.brand, Rules { version, topology });
    for decision in [row.own, row.other].into_iter().flatten() {
        let (key, recorded) = decision.0.read(tx.scope())?;
        books.recorded.insert(key, recorded);
    }
    for play in [row.play, row.bet].into_iter().flatten() {
        let (key, play) = play.0.read(tx.scope(), version)?;
        books.plays.insert(key, play);
    }
    if let Some(hold) = row.hold {
        let (id, hold) = hold.0.read(tx.scope())?;
        books.holds.insert((order.brand, id), hold);
    }
    let own = row.own_stone.then_some(&command.transaction_id);
    for of in own.into_iter().chain(reference.filter(|_| row.other_stone)) {
        books.tombstones.insert(Tombstone {
            account: order.account(),
            of: order.key_of(of),
        });
    }
    Ok(())
}
