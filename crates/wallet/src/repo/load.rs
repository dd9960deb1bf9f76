//! What a batch needs: one statement, and one more for what its commands refer to.

use croupier_brand::{BatchLine, BrandId, BrandScope, brand_set_read, brand_set_read_as};
use sqlx::types::Json;

use super::{
    RepoError,
    items::{Items, KeyItem, OrderItem},
    rows::{CommandRow, GrantRow, HoldRow},
    topologies::{self, Topologies},
};
use crate::engine::{
    account::Account,
    books::{AccountKey, Books, CommandKey, GrantState, OpenGrant, Order, Tombstone},
    chain::Link,
    play_limit::PlayLimit,
};
use crate::maps::{HashMap, HashSet};

/// Orders, each with the scope it came with.
pub(crate) type Scoped<'a> = [(&'a BrandScope, &'a Order)];

/// What is known before a fold.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    /// What the engine reads.
    pub(crate) books: Books,
    /// The revision of each wallet that has a row.
    pub(crate) revisions: HashMap<AccountKey, i64>,
    /// Wallets that have tombstones, of whatever command.
    pub(crate) with_tombstones: HashSet<AccountKey>,
    /// Wallets of players whom their brand does not have.
    pub(crate) strangers: HashSet<AccountKey>,
}

/// Loads everything that the orders may touch.
pub(crate) async fn load(
    line: &mut BatchLine,
    topologies: &Topologies,
    orders: &Scoped<'_>,
) -> Result<Loaded, RepoError> {
    let mut loaded = Loaded::default();
    let mut wanted = HashSet::default();
    let mut newest = HashMap::default();
    wallets(line, orders, &mut loaded, &mut wanted, &mut newest).await?;
    for (_, order) in orders {
        if let Some(reference) = order.command.action.reference() {
            wanted.insert(order.key_of(reference));
        }
    }
    if !wanted.is_empty() {
        commands(line, orders, wanted, &mut loaded.books).await?;
    }
    topologies::fill(line, topologies, orders, &newest, &mut loaded.books).await?;
    if orders
        .iter()
        .any(|(_, order)| order.command.action.hold().is_some())
    {
        holds(line, orders, &mut loaded.books).await?;
    }
    if orders
        .iter()
        .any(|(_, order)| order.command.action.grant().is_some())
    {
        grants(line, orders, &mut loaded.books).await?;
    }
    Ok(loaded)
}

/// Of each order: its wallet, whether its id was decided, whether a rollback waits for it or for what it
/// refers to; and of each brand's first order, the newest version of the brand's topology.
///
/// A player is looked up only where there is no wallet yet: a key that is NULL ends a look-up before
/// it begins, and so does the reference of an order that has none. Whether a wallet has tombstones is asked by LIMIT 1:
/// for an EXISTS the planner may read the tombstones of all wallets once, and keep that plan when there are many.
async fn wallets(
    line: &mut BatchLine,
    orders: &Scoped<'_>,
    loaded: &mut Loaded,
    decided: &mut HashSet<CommandKey>,
    newest: &mut HashMap<BrandId, i32>,
) -> Result<(), RepoError> {
    let mut items = Items::with_capacity(orders.len());
    let mut asked = HashSet::default();
    for (scope, order) in orders {
        let command = &order.command;
        let item = OrderItem {
            player_id: command.player.0,
            currency: command.currency.code(),
            source: command.source.as_str(),
            transaction_id: command.transaction_id.as_str(),
            reference_id: command.action.reference().map(|id| id.as_str()),
            asks: asked.insert(order.brand),
        };
        items.push(scope, item);
    }
    let brands = line.brands(items.scopes)?;
    let query = brand_set_read!(
        line,
        brands,
        r#"SELECT item.n AS "n!", item.brand_id AS "brand_id!",
                  account.brand_id AS "account_brand_id?", account.version AS "version?", account.revision AS "revision?",
                  account.available AS "available?", account.held AS "held?", account.chain AS "chain?",
                  account.grants AS "grants?: Json<Vec<OpenGrant>>", account.limits AS "limits?: Json<Vec<PlayLimit>>",
                  player.brand_id AS "player_brand_id?", topology.brand_id AS "topology_brand_id?", topology.version AS "topology?",
                  (SELECT true FROM wallet_tombstone AS stone
                    WHERE stone.brand_id = item.brand_id AND stone.player_id = item.player_id
                      AND stone.currency = item.currency LIMIT 1) AS "has_stones?",
                  own.brand_id AS "own_brand_id?", own_stone.brand_id AS "own_stone_brand_id?",
                  other_stone.brand_id AS "other_stone_brand_id?"
             FROM unnest($1::int[], $2::wallet_order_item[]) WITH ORDINALITY
                  AS item (brand_id, player_id, currency, source, transaction_id, reference_id, asks, n)
             LEFT JOIN wallet_account AS account
                    ON account.brand_id = item.brand_id AND account.player_id = item.player_id AND account.currency = item.currency
             LEFT JOIN player
                    ON player.brand_id = item.brand_id
                   AND player.player_id = CASE WHEN account.brand_id IS NULL THEN item.player_id END
             LEFT JOIN wallet_topology AS topology
                    ON topology.brand_id = item.brand_id
                   AND topology.version = CASE WHEN item.asks
                       THEN (SELECT max(newest.version) FROM wallet_topology AS newest WHERE newest.brand_id = item.brand_id) END
             LEFT JOIN wallet_command AS own
                    ON own.brand_id = item.brand_id AND own.source = item.source AND own.transaction_id = item.transaction_id
             LEFT JOIN wallet_tombstone AS own_stone
                    ON own_stone.brand_id = item.brand_id AND own_stone.player_id = item.player_id AND own_stone.currency = item.currency
                   AND own_stone.source = item.source AND own_stone.transaction_id = item.transaction_id
             LEFT JOIN wallet_tombstone AS other_stone
                    ON other_stone.brand_id = item.brand_id AND other_stone.player_id = item.player_id AND other_stone.currency = item.currency
                   AND other_stone.source = item.source AND other_stone.transaction_id = item.reference_id"#,
        &items.rows as &[OrderItem<'_>],
    );
    for row in query.fetch_all(line.conn()).await? {
        let at = usize::try_from(row.n - 1).ok();
        let (_, order) = at
            .and_then(|at| orders.get(at))
            .ok_or(RepoError::Inconsistent("a row of no order"))?;
        let account = order.account();
        match (row.version, row.revision, row.available, row.held, row.chain) {
            (Some(version), Some(revision), Some(available), Some(held), Some(chain)) => {
                let chain = Link::try_from(chain.as_slice())
                    .map_err(|_| RepoError::Inconsistent("wallet_account.chain"))?;
                loaded.revisions.insert(account, revision);
                loaded.books.accounts.entry(account).or_insert(Account {
                    version,
                    available,
                    held,
                    chain,
                    grants: row.grants.map(|grants| grants.0).unwrap_or_default(),
                    limits: row.limits.map(|limits| limits.0).unwrap_or_default(),
                });
            }
            _ if row.player_brand_id.is_none() => {
                loaded.strangers.insert(account);
            }
            _ => {}
        }
        if row.has_stones == Some(true) {
            loaded.with_tombstones.insert(account);
        }
        if let Some(version) = row.topology {
            newest.insert(order.brand, version);
        }
        if row.own_brand_id.is_some() {
            decided.insert(order.key());
        }
        let own = row.own_stone_brand_id.map(|_| &order.command.transaction_id);
        let other = row
            .other_stone_brand_id
            .and_then(|_| order.command.action.reference());
        for of in own.into_iter().chain(other) {
            loaded.books.tombstones.insert(Tombstone {
                account,
                of: order.key_of(of),
            });
        }
    }
    Ok(())
}

/// Decisions by their ids, with the bets that settles among them stand on.
async fn commands(
    line: &mut BatchLine,
    orders: &Scoped<'_>,
    wanted: HashSet<CommandKey>,
    books: &mut Books,
) -> Result<(), RepoError> {
    let scopes = scopes_of(orders);
    let mut items = Items::with_capacity(wanted.len());
    for key in &wanted {
        if let Some(scope) = scopes.get(&key.brand) {
            let item = KeyItem {
                source: key.source.as_str(),
                transaction_id: key.transaction_id.as_str(),
            };
            items.push(scope, item);
        }
    }
    let brands = line.brands(items.scopes)?;
    let query = brand_set_read_as!(
        CommandRow,
        line,
        brands,
        r#"SELECT c.brand_id AS "brand_id!", c.source AS "source!", c.transaction_id AS "transaction_id!",
                  c.player_id AS "player_id!", c.currency AS "currency!", c.kind AS "kind!",
                  c.fingerprint AS "fingerprint!", c.verdict AS "verdict!", c.detail AS "detail?",
                  c.entry_id AS "entry_id?", c.available AS "available!", c.held AS "held!",
                  c.stakeable AS "stakeable!", c.usable AS "usable?", c.at AS "at!", c.state AS "state?",
                  c.amount AS "amount?", c.round_id AS "round_id?", c.game_id AS "game_id?", c.parts AS "parts?",
                  c.reversed AS "reversed?", c.rules AS "rules?", c.grant_id AS "grant_id?",
                  c.progress AS "progress?", c.bet_id AS "bet_id?", c.settles AS "settles?"
             FROM unnest($1::int[], $2::wallet_key_item[]) AS item (brand_id, source, transaction_id)
             JOIN wallet_command AS c
               ON c.brand_id = item.brand_id AND c.source = item.source AND c.transaction_id = item.transaction_id
           UNION ALL
           SELECT b.brand_id, b.source, b.transaction_id, b.player_id, b.currency, b.kind, b.fingerprint, b.verdict,
                  b.detail, b.entry_id, b.available, b.held, b.stakeable, b.usable, b.at, b.state, b.amount,
                  b.round_id, b.game_id, b.parts, b.reversed, b.rules, b.grant_id, b.progress, b.bet_id, b.settles
             FROM unnest($1::int[], $2::wallet_key_item[]) AS item (brand_id, source, transaction_id)
             JOIN wallet_command AS s
               ON s.brand_id = item.brand_id AND s.source = item.source AND s.transaction_id = item.transaction_id
             JOIN wallet_command AS b
               ON b.brand_id = item.brand_id AND b.source = item.source AND b.transaction_id = s.bet_id"#,
        &items.rows as &[KeyItem<'_>],
    );
    for row in query.fetch_all(line.conn()).await? {
        let brand = BrandId::new(row.brand_id.into())
            .map_err(|_| RepoError::Inconsistent("wallet_command.brand_id"))?;
        let (key, recorded, play) = row.read(brand)?;
        if let Some(play) = play {
            books.plays.insert(key.clone(), play);
        }
        books.recorded.insert(key, recorded);
    }
    Ok(())
}

async fn holds(line: &mut BatchLine, orders: &Scoped<'_>, books: &mut Books) -> Result<(), RepoError> {
    let named: Vec<_> = orders
        .iter()
        .filter_map(|(scope, order)| Some((*scope, order.command.action.hold()?.0)))
        .collect();
    let brands = line.brands(named.iter().map(|(scope, _)| *scope))?;
    let ids: Vec<_> = named.iter().map(|(_, id)| *id).collect();
    let query = brand_set_read_as!(
        HoldRow,
        line,
        brands,
        "SELECT hold.brand_id, hold.hold_id, hold.player_id, hold.currency, hold.amount, hold.parts, hold.state, hold.at
           FROM unnest($1::int[], $2::uuid[]) AS item (brand_id, hold_id)
           JOIN wallet_hold AS hold ON hold.brand_id = item.brand_id AND hold.hold_id = item.hold_id",
        &ids,
    );
    for row in query.fetch_all(line.conn()).await? {
        let brand =
            BrandId::new(row.brand_id.into()).map_err(|_| RepoError::Inconsistent("wallet_hold.brand_id"))?;
        let (id, hold) = row.read(brand)?;
        books.holds.insert((brand, id), hold);
    }
    Ok(())
}

/// Grants that orders name, open or ended.
async fn grants(line: &mut BatchLine, orders: &Scoped<'_>, books: &mut Books) -> Result<(), RepoError> {
    let named: Vec<_> = orders
        .iter()
        .filter_map(|(scope, order)| Some((*scope, order.command.action.grant()?.0)))
        .collect();
    let brands = line.brands(named.iter().map(|(scope, _)| *scope))?;
    let ids: Vec<_> = named.iter().map(|(_, id)| *id).collect();
    let query = brand_set_read_as!(
        GrantRow,
        line,
        brands,
        r#"SELECT g.brand_id, g.grant_id, g.player_id, g.currency, g.state, g.given AS "given: Json<OpenGrant>", g.ended_at
             FROM unnest($1::int[], $2::uuid[]) AS item (brand_id, grant_id)
             JOIN wallet_grant AS g ON g.brand_id = item.brand_id AND g.grant_id = item.grant_id"#,
        &ids,
    );
    for row in query.fetch_all(line.conn()).await? {
        let brand = BrandId::new(row.brand_id.into())
            .map_err(|_| RepoError::Inconsistent("wallet_grant.brand_id"))?;
        let (id, grant) = row.read(brand)?;
        if grant.state != GrantState::Open {
            books.grants.insert((brand, id), grant);
        }
    }
    Ok(())
}

/// The scope of each brand among the orders.
pub(super) fn scopes_of<'a>(orders: &Scoped<'a>) -> HashMap<BrandId, &'a BrandScope> {
    orders.iter().map(|(scope, _)| (scope.id(), *scope)).collect()
}
