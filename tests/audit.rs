//! The books as somebody would attack them who knows them well: rows that fool a CHECK, an order of
//! commands in which money stays behind, a database that is set up otherwise than we think.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use axum::{Extension, middleware::from_fn_with_state};
use croupier::{
    demo::client::{Answer, Casino},
    local::BRANDS,
};
use croupier_brand::{
    BrandPool, BrandScope, Clock,
    enforcement::{Enforcement, Mode},
    http::{authenticate::TokenGate, routes::Access},
    redis_link::RedisLink,
    token::{Halves, KeyDir, KeyRing, PlayerId, Revocations, TokenVerifier},
};
use croupier_game::hub88::{
    Status,
    simulator::{Bet, Reply, Rollback, Win},
};
use croupier_wallet::{
    Action, Amount, EntryId, LocalWallet, Neutral, Outcome, Payment, Policy, UnknownRollback, Verdict,
    Wallet, WalletLimits,
    cashier::Cashier,
    engine::chain::{Link, link},
    http::{WalletApi, routes},
    journal::Row as JournalRow,
    payments::{Charge, GatewayError, KnownFuture, PaymentFuture, PaymentGateway},
};
use serde_json::json;
use sqlx::{
    AssertSqlSafe, ConnectOptions, Executor, PgConnection, Row,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tokio::net::TcpListener;
use uuid::Uuid;

use crate::{
    books,
    harness::{EUR, Guest, House, sqlstate, until},
    wallet::{Till, available},
};

const LEDGER: &str = "INSERT INTO wallet_ledger (brand_id, entry_id, player_id, currency, version, kind, source, transaction_id, \
                                                 n, hash, amount, accounts, amounts, balance, at)
                      SELECT brand_id, gen_random_uuid(), player_id, currency, version + 1, 'deposit', 'player:x', 'forged', \
                             0, sha256('forged'), 1000, ";

/// Runs a statement as the owner, in a transaction that is undone; the SQLSTATE it was refused with.
async fn refused_as_owner(house: &House, statement: &str) -> Option<String> {
    let mut tx = house.rows_of(1).await;
    match tx.execute(AssertSqlSafe(statement.to_owned())).await {
        Ok(done) => {
            assert!(done.rows_affected() > 0, "nothing was tried: {statement}");
            None
        }
        Err(fault) => fault
            .as_database_error()
            .and_then(|fault| fault.code())
            .map(|code| code.to_string()),
    }
}

#[tokio::test]
async fn money_01_no_shape_of_array_steps_over_the_checks() {
    let till = Till::open().await;
    till.applied(till.bet("b", 100)).await;
    till.applied(till.hold("h", 100)).await;
    let entry = |accounts: &str, amounts: &str| {
        format!("{LEDGER} '{accounts}', '{amounts}', 10000, now() FROM wallet_account")
    };
    let two = "{player:cash,house:payments}";
    assert_eq!(
        refused_as_owner(&till.house, &entry(two, "{1000,-1000}")).await,
        None,
        "an honest entry is taken"
    );
    assert_eq!(refused_as_owner(&till.house, &entry("{}", "{}")).await, None);
    for (accounts, amounts) in [
        (two, "{1000,-999}"),
        // What stands before [1] or after [16] is not added up; of two dimensions nothing is.
        ("{player:cash,house:gaming,house:payments}", "[0:2]={1000,5,-5}"),
        ("{player:cash}", "[17:17]={1000}"),
        ("{player:cash}", "{{1000}}"),
        (two, "{{1000},{1}}"),
        (two, "{NULL,NULL}"),
        ("{NULL,house:payments}", "{1000,-1000}"),
        ("[2:3]={player:cash,house:payments}", "{1000,-1000}"),
        (two, "{1000}"),
        (
            "{player:cash,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a}",
            "{1000,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0}",
        ),
    ] {
        assert_eq!(
            refused_as_owner(&till.house, &entry(accounts, amounts))
                .await
                .as_deref(),
            Some("23514"),
            "{accounts} {amounts}"
        );
    }
    let most = "{9223372036854775807,9223372036854775807,2}";
    let wrapping = entry("{player:cash,house:gaming,house:payments}", most);
    assert_eq!(
        refused_as_owner(&till.house, &wrapping).await.as_deref(),
        Some("22003"),
        "a sum never wraps around to zero"
    );
    for damage in [
        "UPDATE wallet_account SET held = '{NULL,0}'",
        "UPDATE wallet_account SET available = '{NULL,0}'",
        "UPDATE wallet_account SET held = '{-1,0}'",
        "UPDATE wallet_account SET available = '[0:1]={9900,0}'",
        "UPDATE wallet_account SET available = '{{9900,0}}'",
        "UPDATE wallet_account SET available = '{}', held = '{}'",
        "UPDATE wallet_account SET chain = ''",
        "UPDATE wallet_account SET revision = 0",
        "UPDATE wallet_account SET revision = -1",
        "UPDATE wallet_account SET grants = '{}'",
        "UPDATE wallet_command SET parts = '{99,0}' WHERE state IS NOT NULL",
        "UPDATE wallet_command SET parts = '{101,-1}' WHERE state IS NOT NULL",
        "UPDATE wallet_command SET parts = '{NULL,100}' WHERE state IS NOT NULL",
        "UPDATE wallet_command SET parts = '[0:1]={0,100}' WHERE state IS NOT NULL",
        "UPDATE wallet_command SET parts = NULL WHERE state IS NOT NULL",
        "UPDATE wallet_command SET settles = NULL WHERE state IS NOT NULL",
        "UPDATE wallet_command SET settles = 1 WHERE state = 'open'",
        "UPDATE wallet_command SET amount = 101 WHERE state IS NOT NULL",
        "UPDATE wallet_command SET verdict = 'already_settled', entry_id = NULL WHERE state IS NOT NULL",
        "UPDATE wallet_command SET entry_id = NULL WHERE verdict = 'applied'",
        "UPDATE wallet_command SET usable = 0 WHERE verdict = 'applied'",
        "UPDATE wallet_command SET fingerprint = ''",
        "UPDATE wallet_ledger SET hash = ''",
        "UPDATE wallet_hold SET parts = '{0,99}'",
        "UPDATE wallet_hold SET parts = '[0:1]={100,100}'",
        "UPDATE wallet_hold SET parts = '{}'",
    ] {
        assert_eq!(
            refused_as_owner(&till.house, damage).await.as_deref(),
            Some("23514"),
            "{damage}"
        );
    }
    till.house.audit().await;
}

#[tokio::test]
async fn money_05_of_what_was_played_the_application_can_change_its_fate_only() {
    let till = Till::open().await;
    till.applied(till.bet("b", 100)).await;
    till.applied(till.hold("h", 100)).await;
    let mut app = till.app().await;
    for table in ["wallet_account", "wallet_command", "wallet_hold"] {
        let columns = format!(
            "SELECT column_name::text FROM information_schema.column_privileges
              WHERE grantee = 'croupier_app' AND table_name = '{table}' AND privilege_type = 'UPDATE' ORDER BY 1"
        );
        let columns: Vec<(String,)> = sqlx::query_as(AssertSqlSafe(columns))
            .fetch_all(&mut app)
            .await
            .unwrap();
        let columns: Vec<_> = columns.iter().map(|(column,)| column.as_str()).collect();
        let fate: &[&str] = match table {
            "wallet_account" => &[
                "available",
                "chain",
                "grants",
                "held",
                "limits",
                "revision",
                "version",
            ],
            "wallet_hold" => &["state"],
            _ => &["progress", "reversed", "settles", "state"],
        };
        assert_eq!(columns, fate, "{table}");
    }
    for statement in [
        "UPDATE wallet_command SET amount = 200, parts = '{200,0}'",
        "UPDATE wallet_command SET verdict = 'rejected', entry_id = NULL",
        "UPDATE wallet_command SET player_id = gen_random_uuid()",
        "UPDATE wallet_hold SET amount = 200, parts = '{200,0}'",
        "UPDATE wallet_account SET currency = 'USD'",
    ] {
        let fault = app.execute(statement).await.unwrap_err();
        assert_eq!(sqlstate(&fault), "42501", "{statement}");
    }
}

fn told(reply: Reply) -> (Option<Status>, Option<i64>) {
    (reply.status, reply.balance)
}

#[tokio::test]
async fn money_08_a_win_that_overtakes_its_bet_is_paid_when_the_provider_repeats_it() {
    let house = House::open().await;
    let (alice, seat) = house.player(&house.aurora, "alice", "100.00").await;
    let bet = Bet::new("r", 10 * EUR);
    let win = Win::of(&bet, 25 * EUR);
    let before = books::written(&house, 1).await;
    for _ in 0..2 {
        let early = told(house.provider.win(&seat, &win).await.unwrap());
        assert_eq!(early, (Some(Status::TransactionDoesNotExist), Some(100 * EUR)));
    }
    assert_eq!(
        books::written(&house, 1).await,
        before,
        "nothing is decided while it may still come"
    );
    assert_eq!(
        told(house.provider.bet(&seat, &bet).await.unwrap()),
        (Some(Status::Ok), Some(90 * EUR))
    );
    for _ in 0..2 {
        assert_eq!(
            told(house.provider.win(&seat, &win).await.unwrap()),
            (Some(Status::Ok), Some(115 * EUR))
        );
    }
    // One that was rolled back while it was refused is not.
    let (bet, next) = (Bet::new("r2", 10 * EUR), Bet::new("r2", 0));
    let win = Win::of(&bet, 25 * EUR);
    house.provider.win(&seat, &win).await.unwrap();
    house
        .provider
        .rollback(&seat, &Rollback::of(&win.transaction, "r2"))
        .await
        .unwrap();
    house.provider.bet(&seat, &bet).await.unwrap();
    house.provider.win(&seat, &win).await.unwrap();
    assert_eq!(
        told(house.provider.bet(&seat, &next).await.unwrap()),
        (Some(Status::Ok), Some(105 * EUR))
    );
    assert_eq!(alice.total().await, "105.00");
    books::audit(&house).await;
}

#[tokio::test]
async fn money_13_a_rollback_that_was_refused_as_unknown_undoes_a_bet_that_comes_later() {
    let till = Till::open().await;
    let refuse = Policy {
        unknown_rollback: UnknownRollback::Refuse,
        ..Policy::default()
    };
    let rollback = || till.rollback("r", "b").with_policy(refuse);
    for _ in 0..2 {
        assert!(matches!(
            till.submit(rollback()).await,
            Outcome::Decided(Verdict::MissingReference { .. })
        ));
    }
    till.applied(till.bet("b", 3_000)).await;
    till.applied(rollback()).await;
    assert!(till.submit(rollback()).await.is_replay());
    assert_eq!(till.balance().await, available(10_000));
    till.house.audit().await;
}

/// Holds the player's wallet as another process would, until it is told to let go.
async fn hold_wallet(till: &Till) -> PgConnection {
    let mut holder = connect(till).await;
    holder.execute("BEGIN").await.unwrap();
    holder
        .execute(AssertSqlSafe(format!(
            "SET LOCAL croupier.brand_ids = ',{},'",
            till.scope.id()
        )))
        .await
        .unwrap();
    let held = holder
        .execute(AssertSqlSafe(format!(
            "SELECT FROM wallet_account WHERE player_id = '{}' FOR UPDATE",
            till.player
        )))
        .await
        .unwrap();
    assert_eq!(held.rows_affected(), 1);
    holder
}

async fn connect(till: &Till) -> PgConnection {
    let options: PgConnectOptions = till.house.local.owner_url.parse().unwrap();
    options.connect().await.unwrap()
}

/// Waits until so many of the database's sessions wait for a lock.
async fn waiting(till: &Till, sessions: i64) {
    let mut eye = connect(till).await;
    let count = "SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted AND pid IN
                 (SELECT pid FROM pg_stat_activity WHERE datname = current_database())";
    until("so many sessions wait for a lock", async || {
        let (waiting,): (i64,) = sqlx::query_as(count).fetch_one(&mut eye).await.unwrap();
        waiting == sessions
    })
    .await;
}

/// A wallet over connections for which somebody chose another isolation level than PostgreSQL does.
async fn strict(till: &Till, level: &str) -> LocalWallet {
    let options: PgConnectOptions = till.house.local.app_url.parse().unwrap();
    let options = options.options([("default_transaction_isolation", level)]);
    let pool = PgPoolOptions::new()
        .max_connections(4)
        .connect_with(options)
        .await
        .unwrap();
    let patient = WalletLimits {
        lock_timeout_ms: 30_000,
        deadline_ms: 30_000,
        ..WalletLimits::default()
    };
    LocalWallet::new(BrandPool::new(pool), Clock::system(), patient)
}

#[tokio::test]
async fn money_14_a_rollback_racing_its_bet_holds_whatever_isolation_the_database_prefers() {
    for level in ["repeatable read", "serializable"] {
        let till = Till::open().await;
        // Two processes: within one, a wallet's commands do not meet in the database.
        let (one, other) = (strict(&till, level).await, strict(&till, level).await);
        let submit = |wallet: LocalWallet, command| {
            let scope = till.scope.clone();
            tokio::spawn(async move { wallet.submit(&scope, command).await.unwrap() })
        };
        let mut holder = hold_wallet(&till).await;
        let rollback = submit(one, till.rollback("r", "b"));
        waiting(&till, 1).await;
        let bet = submit(other, till.bet("b", 3_000));
        waiting(&till, 2).await;
        holder.execute("COMMIT").await.unwrap();
        let (rollback, bet) = (rollback.await.unwrap(), bet.await.unwrap());
        assert!(
            matches!(
                rollback,
                Outcome::Decided(Verdict::Neutralised {
                    why: Neutral::NotYetSeen,
                    ..
                })
            ),
            "{level}: {rollback:?}"
        );
        assert!(
            matches!(
                bet,
                Outcome::Decided(Verdict::Neutralised {
                    why: Neutral::RolledBackBefore,
                    ..
                })
            ),
            "{level}: {bet:?}"
        );
        assert_eq!(till.balance().await, available(10_000), "{level}");
    }
}

#[tokio::test]
async fn a_bucket_that_is_added_while_a_command_waits_is_known_to_it() {
    // For as long as it takes on a busy machine.
    let till = Till::with(WalletLimits {
        lock_timeout_ms: 30_000,
        deadline_ms: 30_000,
        ..WalletLimits::default()
    })
    .await;
    let mut holder = hold_wallet(&till).await;
    let rollback = {
        let (wallet, scope, command) = (till.wallet.clone(), till.scope.clone(), till.rollback("r", "b"));
        tokio::spawn(async move { wallet.submit(&scope, command).await.unwrap() })
    };
    waiting(&till, 1).await;
    let bucket = |code, withdrawable| json!({"code": code, "withdrawable": withdrawable});
    let document = json!({
        "buckets": [bucket("cash", true), bucket("bonus", false), bucket("points", false)],
        "bet_order": ["points", "cash"], "win_to": "cash", "deposit_to": "cash",
    });
    let topology = serde_json::from_value(document).unwrap();
    till.house.adopt(&till.scope, &topology).await.unwrap();
    // Who has the wallet meanwhile gets 5.00 in the new bucket and bets them, as the engine would write it.
    let wallet = format!("brand_id = {} AND player_id = '{}'", till.scope.id(), till.player);
    let at = Clock::system().now().replace_nanosecond(0).unwrap();
    let chain = holder.fetch_one(AssertSqlSafe(format!(
        "SELECT chain FROM wallet_account WHERE {wallet}"
    )));
    let mut chain: Link = chain.await.unwrap().get::<Vec<u8>, _>(0).try_into().unwrap();
    for (version, kind, id, change) in [(2, "deposit", "d", 500), (3, "bet", "b", -500)] {
        let (bets, balance) = (kind == "bet", 10_000 + i64::from(kind != "bet") * 500);
        let mut row = JournalRow {
            brand_id: till.scope.id().get(),
            player_id: till.player.0,
            currency: "EUR".to_owned(),
            version,
            at,
            entry_id: Uuid::from_u128(u128::try_from(version).unwrap()),
            xid: 0,
            n: i32::try_from(version).unwrap(),
            kind: kind.to_owned(),
            source: "provider:test".to_owned(),
            transaction_id: id.to_owned(),
            reference_id: None,
            round_id: bets.then(|| "round".to_owned()),
            game_id: bets.then(|| "game".to_owned()),
            amount: 500,
            accounts: vec![
                "player:points".to_owned(),
                if bets { "house:gaming" } else { "house:payments" }.to_owned(),
            ],
            amounts: vec![change, -change],
            balance,
            hash: chain,
        };
        row.hash = link(&chain, &row.entry().unwrap());
        chain = row.hash;
        let entry = "INSERT INTO wallet_ledger (brand_id, entry_id, player_id, currency, version, n, hash, kind, source, transaction_id, round_id,
                                                game_id, amount, accounts, amounts, balance, at)
                     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)";
        let entry = sqlx::query(entry)
            .bind(row.brand_id)
            .bind(row.entry_id)
            .bind(row.player_id)
            .bind(&row.currency);
        let entry = entry
            .bind(row.version)
            .bind(row.n)
            .bind(row.hash.as_slice())
            .bind(&row.kind)
            .bind(&row.source);
        let entry = entry
            .bind(&row.transaction_id)
            .bind(&row.round_id)
            .bind(&row.game_id)
            .bind(row.amount);
        let entry = entry
            .bind(&row.accounts)
            .bind(&row.amounts)
            .bind(row.balance)
            .bind(row.at);
        entry.execute(&mut holder).await.unwrap();
        let play = if bets {
            "'open', 500, 'round', 'game', '{0,0,500}'::bigint[], 0, 1"
        } else {
            "NULL, NULL, NULL, NULL, NULL, NULL, NULL"
        };
        let command = format!(
            "INSERT INTO wallet_command (brand_id, source, transaction_id, player_id, currency, kind, fingerprint, verdict, entry_id, available, held,
                                         stakeable, at, state, amount, round_id, game_id, parts, settles, rules)
             SELECT brand_id, 'provider:test', '{id}', player_id, currency, '{kind}', sha256('x'), 'applied', '{}', {balance}, 0, {balance}, $1, {play}
               FROM wallet_account WHERE {wallet}",
            row.entry_id
        );
        let command = sqlx::query(AssertSqlSafe(command)).bind(at).execute(&mut holder);
        assert_eq!(command.await.unwrap().rows_affected(), 1);
    }
    let changed = format!(
        "UPDATE wallet_account SET version = 3, revision = revision + 2, available = '{{10000,0,0}}', held = '{{0,0,0}}', chain = $1 WHERE {wallet}"
    );
    let changed = sqlx::query(AssertSqlSafe(changed))
        .bind(chain.as_slice())
        .execute(&mut holder);
    assert_eq!(changed.await.unwrap().rows_affected(), 1);
    holder.execute("COMMIT").await.unwrap();
    assert!(matches!(
        rollback.await.unwrap(),
        Outcome::Decided(Verdict::Applied(_))
    ));
    assert_eq!(till.balance().await, available(10_500));
    let named = "wallet_posting WHERE kind = 'rollback' AND account = 'player:points' AND amount = 500";
    assert_eq!(
        till.count(named).await,
        1,
        "the entry names the bucket it paid into"
    );
    till.house.audit().await;
}

#[tokio::test]
async fn money_02_every_entry_moves_its_amount_the_way_of_its_kind() {
    let till = Till::open().await;
    till.applied(till.bet("b", 3_000)).await;
    till.applied(till.win("w", 500, "b")).await;
    till.applied(till.bet("b2", 1_000)).await;
    till.applied(till.bet("zero", 0)).await;
    till.applied(till.rollback("rw", "w")).await;
    till.applied(till.rollback("rb", "b2")).await;
    for end in [
        |hold| Action::WithdrawSettle { hold },
        |hold| Action::WithdrawRelease { hold },
    ] {
        let hold = till.applied(till.hold(&Uuid::new_v4().to_string(), 2_000)).await;
        till.applied(till.command(&Uuid::new_v4().to_string(), end(EntryId(hold))))
            .await;
    }
    let found = async |damage: &[&str]| {
        let mut tx = till.house.rows_of(1).await;
        for statement in damage {
            assert!(
                tx.execute(AssertSqlSafe((*statement).to_owned()))
                    .await
                    .unwrap()
                    .rows_affected()
                    > 0,
                "{statement}"
            );
        }
        let wrong = books::wrong(&mut tx, &BRANDS[0]).await;
        let moves = wrong.iter().filter(|what| what.contains("money_02: an entry"));
        moves.count()
    };
    assert_eq!(found(&[]).await, 0);
    // A stake given back twice over, with everything else in agreement.
    let twice = [
        "UPDATE wallet_ledger SET amounts = '{2000,-2000}' WHERE transaction_id = 'rb'",
        "UPDATE wallet_ledger l SET balance = balance + 1000 WHERE version >= (SELECT version FROM wallet_ledger WHERE transaction_id = 'rb')",
        "UPDATE wallet_account SET available[1] = available[1] + 1000",
    ];
    assert_eq!(found(&twice).await, 1);
    for damage in [
        "UPDATE wallet_ledger SET amount = amount + 1 WHERE kind = 'deposit'",
        "UPDATE wallet_ledger SET accounts[2] = 'house:payments' WHERE transaction_id = 'b'",
        "UPDATE wallet_ledger SET amounts = '{3000,-3000}' WHERE transaction_id = 'b'",
        "UPDATE wallet_ledger SET accounts = '{player:cash,house:payments}' WHERE kind = 'withdraw_settle'",
        "UPDATE wallet_ledger SET amounts = '{}', accounts = '{}' WHERE transaction_id = 'w'",
    ] {
        assert_eq!(found(&[damage]).await, 1, "{damage}");
    }
}

/// A gateway that approves everything, once for each player and key, and counts how often it took money.
#[derive(Debug, Default)]
pub(crate) struct Counting {
    charges: AtomicUsize,
    charged: Mutex<HashMap<(PlayerId, String), Amount>>,
    /// Whether it takes the money and never says so.
    pub(crate) silent: AtomicBool,
    /// Whether it hears nothing.
    pub(crate) deaf: AtomicBool,
    /// Whether what it is asked for is on its way for as long as this is so: nothing is taken yet.
    pub(crate) slow: AtomicBool,
    /// How many charges are on their way.
    under_way: AtomicUsize,
}

impl Counting {
    pub(crate) fn charges(&self) -> usize {
        self.charges.load(Ordering::SeqCst)
    }

    pub(crate) fn under_way(&self) -> usize {
        self.under_way.load(Ordering::SeqCst)
    }

    fn knows(&self, charge: &Charge) -> Option<Amount> {
        let key = (charge.player, charge.key.as_str().to_owned());
        self.charged.lock().unwrap().get(&key).copied()
    }
}

impl PaymentGateway for Counting {
    fn charge<'a>(&'a self, _: &'a BrandScope, charge: &'a Charge) -> PaymentFuture<'a> {
        Box::pin(async move {
            if self.deaf.load(Ordering::SeqCst) {
                return Err(GatewayError::Unavailable);
            }
            self.under_way.fetch_add(1, Ordering::SeqCst);
            while self.slow.load(Ordering::SeqCst) {
                tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            }
            self.under_way.fetch_sub(1, Ordering::SeqCst);
            match self.knows(charge) {
                Some(amount) if amount != charge.amount => return Err(GatewayError::KeyReused),
                Some(_) => {}
                None => {
                    self.charges.fetch_add(1, Ordering::SeqCst);
                    let key = (charge.player, charge.key.as_str().to_owned());
                    self.charged.lock().unwrap().insert(key, charge.amount);
                }
            }
            // Whoever asks at the same time comes in between.
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            if self.silent.load(Ordering::SeqCst) {
                std::future::pending::<()>().await;
            }
            Ok(Payment::Approved)
        })
    }

    fn known<'a>(&'a self, _: &'a BrandScope, charge: &'a Charge) -> KnownFuture<'a> {
        Box::pin(async move { Ok(self.knows(charge).map(|_| Payment::Approved)) })
    }
}

/// The player's wallet over HTTP with this gateway behind it.
async fn counter(till: &Till, gateway: Arc<Counting>) -> Casino {
    counter_for(till, gateway, till.wallet.clone()).await
}

pub(crate) async fn cashier(till: &Till, gateway: Arc<Counting>, wallet: LocalWallet) -> Cashier {
    let pool = till.house.brand_pool(4).await;
    Cashier::new(Arc::new(wallet), gateway, pool, Clock::system())
}

/// The same over another process's wallet.
pub(crate) async fn counter_for(till: &Till, gateway: Arc<Counting>, wallet: LocalWallet) -> Casino {
    let config = &till.house.config;
    let clock = Clock::system();
    let pool = till.house.brand_pool(4).await;
    let keys = KeyDir::new(&config.tokens.keys_dir);
    let keys = KeyRing::open(keys, Halves::Public, clock.clone()).unwrap();
    let revocations = Revocations::new(
        pool,
        RedisLink::new(&till.house.local.redis_url).unwrap(),
        clock.clone(),
    );
    let gate = TokenGate::new(
        TokenVerifier::new(keys, &config.tokens.issuer, clock),
        revocations,
        Enforcement::new(Mode::Enforce, "audit"),
    );
    let router = routes(WalletApi::new(cashier(till, gateway, wallet).await))
        .in_front_of(Access::Player, |router| {
            router.route_layer(from_fn_with_state(gate, TokenGate::layer))
        })
        .into_router()
        .layer(Extension(till.scope.clone()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let edge = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    Casino::new(&edge, "aurora.localhost")
}

async fn moved(casino: &Casino, guest: &Guest, what: &str, key: &str, amount: &str) -> Answer {
    casino.move_money(what, &guest.token, key, amount).await.unwrap()
}

#[tokio::test]
async fn a_deposit_whose_key_was_used_before_charges_nobody() {
    let till = Till::open().await;
    let gateway = Arc::new(Counting::default());
    let casino = counter(&till, Arc::clone(&gateway)).await;
    let bert = till.house.guest(&till.house.aurora, "bert").await;
    let charges = || gateway.charges();
    let first = moved(&casino, &bert, "deposits", "first", "50.00").await;
    assert_eq!((first.status.as_u16(), charges()), (201, 1));
    assert_eq!(
        moved(&casino, &bert, "deposits", "first", "50.00").await.body,
        first.body
    );
    assert_eq!(
        moved(&casino, &bert, "withdrawals", "out", "10.00").await.status,
        201
    );
    for (key, amount) in [("out", "10.00"), ("out", "25.00"), ("first", "25.00")] {
        let reused = moved(&casino, &bert, "deposits", key, amount).await;
        assert_eq!(
            (reused.status.as_u16(), reused.code()),
            (422, "idempotency_key_reused"),
            "{key} {amount}"
        );
    }
    assert_eq!(charges(), 1, "the gateway was asked once");
    assert_eq!(bert.total().await, "50.00");
}
