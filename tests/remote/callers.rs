//! Who may ask the wallet role, of what, and what another brand's ids are to it: every route for services, as
//! somebody would attack it who stands inside.

use std::collections::BTreeMap;

use croupier::{
    demo::client::{Answer, Casino},
    runtime::service_list,
};
use croupier_brand::{enforcement::Mode, http::routes::Access};
use http::Method;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Executor, Row};
use uuid::Uuid;

use super::*;
use crate::{
    harness::{Counted, sqlstate},
    split::{Call, gateway, off_by},
};

/// A call of each route, on one wallet: for the walk, which finds that there is one for every route.
fn calls(player: PlayerId) -> BTreeMap<&'static str, Call> {
    let bet = json!(command(
        player,
        &Uuid::new_v4().to_string(),
        Action::Bet {
            amount: Amount::new(100).unwrap(),
            round: RoundId::new("round").unwrap(),
            game: GameId::new("game").unwrap(),
        },
    ));
    let wallet = format!("player={player}&currency=EUR");
    BTreeMap::from([
        ("POST /internal/v1/wallet/commands", post("commands", &bet)),
        ("POST /internal/v1/wallet/groups", post("groups", &json!([bet]))),
        ("POST /internal/v1/wallet/recalls", post("recalls", &bet)),
        (
            "GET /internal/v1/wallet/holdings",
            Call::get(&format!("/internal/v1/wallet/holdings?{wallet}")),
        ),
        (
            "GET /internal/v1/wallet/entries",
            Call::get(&format!("/internal/v1/wallet/entries?{wallet}&limit=20")),
        ),
    ])
}

fn post(what: &str, body: &Value) -> Call {
    Call {
        method: Method::POST,
        body: body.to_string().into_bytes(),
        ..Call::get(&format!("/internal/v1/wallet/{what}"))
    }
}

fn said(answer: &Answer) -> (u16, &str) {
    (answer.status.as_u16(), answer.code())
}

/// Everything that the wallet's tables hold of both brands.
async fn money(house: &House) -> Vec<String> {
    let mut tx = house.owner.begin().await.unwrap();
    tx.execute("SELECT set_config('croupier.brand_ids', ',1,2,', true)")
        .await
        .unwrap();
    let tables =
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename LIKE 'wallet%' ORDER BY 1";
    let mut rows = Vec::new();
    for table in tx.fetch_all(tables).await.unwrap() {
        let table: String = table.get(0);
        let all = format!("SELECT '{table} ' || t::text FROM {table} t ORDER BY 1");
        let found = tx.fetch_all(AssertSqlSafe(all)).await.unwrap();
        rows.extend(found.iter().map(|row| row.get::<String, _>(0)));
    }
    rows
}

#[tokio::test]
async fn iso_27_iso_34_no_mode_of_the_flag_lets_anybody_at_the_wallet_but_who_may() {
    for mode in [Mode::Off, Mode::Observe, Mode::Enforce] {
        let counted = Counted::here();
        // What is not believed would run under Aurora, and by a version that binds less, if anything let it.
        let apart = Apart::with(move |config| {
            config.enforcement = mode;
            config.brands.default = Some("aurora".to_owned());
            config.internal.signature_min_version = 1;
        })
        .await;
        let (house, wallet) = (&apart.house, apart.house.service(Role::Wallet));
        let listed: Vec<_> = service_list()
            .into_iter()
            .flat_map(|(role, routes)| {
                assert_eq!(role, Role::Wallet, "a role that nothing here tries");
                routes
            })
            .collect();
        let calls = calls(apart.player());
        assert_eq!(
            listed
                .iter()
                .map(|route| format!("{} {}", route.method, route.path))
                .collect::<std::collections::BTreeSet<_>>(),
            calls.keys().map(|&route| route.to_owned()).collect(),
            "routes, and the calls of this file"
        );
        assert!(listed.iter().all(|route| route.access == Access::Service));
        let game = game(house);
        let token = |caller| house.config.service_tokens[&caller].expose();
        let as_caller = |name, owner| signer_of(house, name, None, Some(token(owner)), Clock::system());
        let old = signer_of(house, "game", None, Some(token(Caller::Game)), off_by(-60));
        let before = money(house).await;
        let mut counts = BTreeMap::new();
        for (route, call) in &calls {
            let bare = call.clone().by(&apart.alice.token);
            let good = call.clone().signed(&game, 1);
            let v1 = {
                let signed = good.clone();
                let header = |name: &str| signed.headers[name].to_str().unwrap().to_owned();
                let claim = [
                    "x-caller-service",
                    "x-brand-id",
                    "x-request-id",
                    "x-brand-timestamp",
                ]
                .map(header);
                signed.with("x-brand-signature", &v1(&house.config, &claim.join("|")))
            };
            let attempts = [
                ("by a player", "missing_brand_header", bare.clone()),
                (
                    "by the edge",
                    "caller_not_allowed",
                    bare.clone().signed(&gateway(house), 1),
                ),
                (
                    "in the game's name",
                    "caller_not_allowed",
                    call.clone().signed(&as_caller("game", Caller::Gateway), 1),
                ),
                (
                    "by whom nobody knows",
                    "caller_not_allowed",
                    call.clone().signed(&as_caller("wallet", Caller::Game), 1),
                ),
                (
                    "without a brand",
                    "missing_brand_header",
                    call.clone().introduced(&game),
                ),
                (
                    "for another brand than was signed",
                    "bad_signature",
                    good.clone().with("x-brand-id", "2"),
                ),
                (
                    "for no brand of ours",
                    "cross_brand_target",
                    call.clone().signed(&game, 99),
                ),
                ("an hour ago", "stale_signature", call.clone().signed(&old, 1)),
                (
                    "with another body",
                    "bad_signature",
                    Call {
                        body: [&good.body[..], b" "].concat(),
                        ..good.clone()
                    },
                ),
                ("signed as v1", "bad_signature", v1),
            ];
            for (what, reason, attempt) in attempts {
                let answer = attempt.to(wallet).await;
                assert_eq!(said(&answer), (403, reason), "{mode} {route} {what}: {answer:?}");
                *counts.entry(reason).or_insert(0_u64) += 1;
            }
            // No edge has such an address, whoever asks and however well it is signed.
            for call in [bare, good] {
                let request = house
                    .aurora
                    .request(call.method.clone(), &call.path)
                    .headers(call.headers.clone())
                    .body(call.body.clone());
                let answer = house.aurora.send(request).await.unwrap();
                assert_eq!(said(&answer), (404, "not_found"), "{mode} {route}: {answer:?}");
            }
        }
        assert_eq!(money(house).await, before, "{mode}: nothing was done");
        for (reason, count) in counts {
            let count = if mode == Mode::Off { 0 } else { count };
            assert_eq!(counted.failed(reason, "wallet"), count, "{mode} {reason}");
        }
        for (route, call) in calls {
            let answer = call.signed(&game, 1).to(wallet).await;
            assert_eq!(answer.status, 200, "{mode} {route}: {answer:?}");
        }
        house.audit().await;
    }
}

/// ADR-009's own signature.
fn v1(config: &Config, claim: &str) -> String {
    use hmac::{Hmac, KeyInit, Mac};
    let key = config.signing_keys[0].secret.expose().as_bytes();
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(key).unwrap();
    mac.update(claim.as_bytes());
    format!("v1={}", hex::encode(mac.finalize().into_bytes()))
}

#[tokio::test]
async fn iso_34_who_may_move_money_is_said_in_the_settings() {
    let apart = Apart::open().await;
    let mut house = apart.house;
    let others = house
        .start(Role::Wallet, |config| {
            config.internal.money_callers = vec![Caller::Gateway]
        })
        .await;
    let neither = house
        .start(Role::Wallet, |config| {
            config.internal.wallet_callers = vec![Caller::Gateway]
        })
        .await;
    let (game, edge) = (game(&house), gateway(&house));
    let own = house.service(Role::Wallet);
    let player = player(&apart.alice);
    for (wallet, signer, status) in [
        (own, &game, 200),
        (own, &edge, 403),
        (others, &edge, 200),
        (others, &game, 403),
        (neither, &game, 403),
        (neither, &edge, 403),
    ] {
        for (route, call) in calls(player) {
            let answer = call.signed(signer, 1).to(wallet).await;
            assert_eq!(answer.status, status, "{route}: {answer:?}");
        }
    }
    house.audit().await;
}

#[tokio::test]
async fn where_every_role_is_in_one_process_nobody_asks_the_wallet_over_http() {
    let house = House::composed(Composition::Together, |_| {}).await;
    let a = house.guest(&house.aurora, "alice").await;
    let office = Casino::new(&format!("http://{}", house.admin.unwrap()), "office.localhost");
    for (route, call) in calls(player(&a)) {
        let call = call.signed(&game(&house), 1).by(&a.token);
        for casino in [&house.aurora, &office] {
            let request = casino.request(call.method.clone(), &call.path);
            let answer = casino
                .send(request.headers(call.headers.clone()).body(call.body.clone()))
                .await
                .unwrap();
            assert_eq!(said(&answer), (404, "not_found"), "{route}: {answer:?}");
        }
    }
    assert_eq!(a.total().await, "0.00");
}

#[tokio::test]
async fn iso_31_a_call_overheard_is_carried_out_once_and_the_command_in_it_too() {
    let apart = Apart::open().await;
    let (wallet, game) = (apart.house.service(Role::Wallet), game(&apart.house));
    let call = calls(apart.player())
        .remove("POST /internal/v1/wallet/commands")
        .unwrap();
    let signed = call.clone().signed(&game, 1);
    let first = signed.to(wallet).await;
    assert_eq!(first.body["decided"]["verdict"], "applied", "{first:?}");
    for _ in 0..2 {
        assert_eq!(said(&signed.to(wallet).await), (403, "replayed_signature"));
        let repeat = call.clone().signed(&game, 1).to(wallet).await;
        assert_eq!(
            repeat.body["replayed"]["verdict"], first.body["decided"],
            "{repeat:?}"
        );
    }
    assert_eq!(apart.alice.total().await, "99.00");
    apart.house.audit().await;
}

#[tokio::test]
async fn iso_23_iso_41_another_brands_ids_are_ids_of_nothing_to_the_wallet() {
    let apart = Apart::open().await;
    let (house, [aurora, bonanza]) = (&apart.house, &apart.scopes);
    let wallet = apart.wallet(house.service(Role::Wallet));
    let bob = house.guest(&house.bonanza, "bob").await;
    let float = command(
        player(&bob),
        "float",
        Action::Deposit {
            amount: Amount::new(5_000).unwrap(),
            payment: Payment::Approved,
        },
    );
    applied(wallet.submit(bonanza, float.clone()).await.unwrap());
    let hold = Action::WithdrawHold {
        amount: Amount::new(1_000).unwrap(),
    };
    let hold = applied(
        wallet
            .submit(bonanza, command(player(&bob), "hold", hold))
            .await
            .unwrap(),
    );
    let bet = apart.bet("bobs", 100);
    let bobs = Command {
        player: player(&bob),
        ..bet.clone()
    };
    applied(wallet.submit(bonanza, bobs.clone()).await.unwrap());
    // Every row begins with its brand.
    let rows = async || {
        let rows = money(house).await.into_iter();
        rows.filter(|row| row.contains(" (2,")).collect::<Vec<_>>()
    };
    let kept = rows().await;
    assert!(kept.len() > 5, "{kept:?}");

    // What is Bonanza's, and what is nobody's, asked for as Aurora: the same is said.
    let nobody = PlayerId(Uuid::now_v7());
    for (theirs, nobodys) in [(player(&bob), nobody)] {
        let mut told = Vec::new();
        for player in [theirs, nobodys] {
            let currency = aurora.currency();
            let page = wallet
                .entries(aurora, player, currency, None, Default::default())
                .await;
            let asked = Command {
                player,
                ..bobs.clone()
            };
            told.push((
                wallet.submit(aurora, asked.clone()).await.unwrap(),
                wallet.submit_group(aurora, vec![asked.clone()]).await.unwrap(),
                wallet.recall(aurora, &asked).await.unwrap(),
                wallet.balance(aurora, player, currency).await.unwrap(),
                page.unwrap(),
            ));
        }
        assert_eq!(told[0], told[1]);
        assert!(
            matches!(
                told[0].0,
                Outcome::Decided(Verdict::Rejected {
                    reason: croupier_wallet::Reason::UnknownPlayer,
                    ..
                })
            ),
            "{told:?}"
        );
        assert!(told[0].2.is_none() && told[0].4.entries.is_empty(), "{told:?}");
        assert_eq!(told[0].3.balance(), Balance::default());
    }
    // One wallet of Aurora's with an id of Bonanza's in the command.
    for (theirs, nobodys) in [(hold.entry.0, Uuid::now_v7())] {
        let release = |hold: Uuid| {
            let action = Action::WithdrawRelease {
                hold: croupier_wallet::EntryId(hold),
            };
            apart.command(&format!("release-{hold}"), action)
        };
        let told = [
            wallet.submit(aurora, release(theirs)).await.unwrap(),
            wallet.submit(aurora, release(nobodys)).await.unwrap(),
        ];
        assert_eq!(told[0], told[1]);
        assert!(
            matches!(told[0], Outcome::Decided(Verdict::MissingReference { .. })),
            "{told:?}"
        );
    }
    assert_eq!(rows().await, kept, "Bonanza's rows");
    // The transaction id that Bonanza used is free at Aurora.
    applied(wallet.submit(aurora, bet).await.unwrap());
    let kept_at_bonanza = balance(&wallet, bonanza, player(&bob)).await;
    assert_eq!((kept_at_bonanza.available, kept_at_bonanza.held), (3_900, 1_000));
    house.audit().await;
}

#[tokio::test]
async fn what_the_wallet_cannot_read_is_refused_with_what_is_wrong() {
    let apart = Apart::open().await;
    let (wallet, game) = (apart.house.service(Role::Wallet), game(&apart.house));
    let good = json!(apart.bet("b", 100));
    let with = |path: &str, value: Value| {
        let mut changed = good.clone();
        *changed.pointer_mut(path).unwrap() = value;
        changed
    };
    let mut stranger = good.clone();
    stranger["brand_id"] = json!(2);
    let mut lacking = good.clone();
    lacking.as_object_mut().unwrap().remove("transaction_id");
    let before = money(&apart.house).await;
    for (body, wrong) in [
        (json!(null), "invalid type: null"),
        (json!([]), "invalid length 0"),
        (stranger, "unknown field `brand_id`"),
        (lacking, "missing field `transaction_id`"),
        (with("/action/amount", json!(-1)), "must not be negative"),
        (with("/action/amount", json!(1.0)), "invalid type: floating point"),
        (with("/action/amount", json!("1")), "invalid type: string"),
        (with("/action/amount", json!(i64::MAX)), "is too large"),
        (with("/action/action", json!("gift")), "unknown variant `gift`"),
        (with("/transaction_id", json!("")), "must be 1 to 200 characters"),
        (
            with("/transaction_id", json!("a\u{0}b")),
            "without control characters",
        ),
        (
            with("/action/round", json!("x".repeat(201))),
            "must be 1 to 200 characters",
        ),
        (with("/currency", json!("EURO")), "EURO"),
        (with("/player", json!("alice")), "UUID"),
    ] {
        for what in ["commands", "recalls"] {
            let answer = post(what, &body).signed(&game, 1).to(wallet).await;
            assert_eq!(said(&answer), (400, "malformed_body"), "{wrong}: {answer:?}");
            assert_eq!(answer.faulty_fields(), ["body"]);
            let message = answer.body["errors"][0]["message"].as_str().unwrap();
            assert!(message.contains(wrong), "{wrong}: {message}");
        }
    }
    let player = apart.player();
    for query in [
        String::new(),
        "player=alice&currency=EUR".to_owned(),
        format!("player={player}"),
        format!("player={player}&currency=euro"),
        format!("player={player}&currency=EUR&brand_id=2"),
        format!("player={player}&player={player}&currency=EUR"),
    ] {
        let answer = Call::get(&format!("/internal/v1/wallet/holdings?{query}"))
            .signed(&game, 1)
            .to(wallet)
            .await;
        assert_eq!(said(&answer), (422, "invalid_fields"), "{query}: {answer:?}");
    }
    for rest in [
        "",
        "limit=0",
        "limit=101",
        "limit=-1",
        "limit=20&after=x",
        "limit=20&before=1",
    ] {
        let path = format!("/internal/v1/wallet/entries?player={player}&currency=EUR&{rest}");
        let answer = Call::get(&path).signed(&game, 1).to(wallet).await;
        assert_eq!(said(&answer), (422, "invalid_fields"), "{rest}: {answer:?}");
    }
    assert_eq!(money(&apart.house).await, before, "nothing was done");
}

#[tokio::test]
async fn a_command_may_be_as_large_as_the_settings_say() {
    let apart = Apart::with(|config| {
        config.edge.max_body = 2_000;
        config.internal.money_max_body = 10_000;
    })
    .await;
    let wallet = apart.wallet(apart.house.service(Role::Wallet));
    let long = |id: &str, length: usize| apart.bet(id, 1).agreeing_on("said", "x".repeat(length));
    applied(wallet.submit(apart.aurora(), long("a", 9_000)).await.unwrap());
    let told = wallet
        .submit(apart.aurora(), long("b", 10_000))
        .await
        .unwrap_err();
    assert!(told.to_string().contains("body_too_large"), "{told}");
    // Nor does a player's body become as large.
    let mut deposit = Call::deposit("k", "1.00").by(&apart.alice.token);
    deposit.body.resize(2_001, b' ');
    let deposit = deposit.signed(&gateway(&apart.house), 1);
    let answer = deposit.to(apart.house.service(Role::Wallet)).await;
    assert_eq!(said(&answer), (413, "body_too_large"));
}

#[tokio::test]
async fn the_game_role_needs_no_right_on_any_table_of_the_wallets() {
    use crate::{harness::Cluster, harness::EUR};
    use croupier_game::hub88::simulator::{Bet, Rollback, Simulator, SimulatorKey, Win};

    let mut apart = Apart::open().await;
    let name = format!("game_{}", Uuid::new_v4().simple());
    let (servers, url) = (Cluster::get().await.servers(), &apart.house.local.app_url);
    let database = url.rsplit('/').next().unwrap();
    let root = format!(
        "{}/{database}",
        servers.superuser_url().rsplit_once('/').unwrap().0
    );
    let root = sqlx::PgPool::connect(&root).await.unwrap();
    let grants =
        "SELECT format('GRANT %s ON %I TO %I', string_agg(DISTINCT privilege_type, ', '), table_name, $1)
                    FROM information_schema.role_table_grants
                   WHERE grantee = 'croupier_app' AND table_name NOT LIKE 'wallet%' GROUP BY table_name
                  UNION ALL
                  SELECT format('GRANT %s (%I) ON %I TO %I', privilege_type, column_name, table_name, $1)
                    FROM information_schema.role_column_grants
                   WHERE grantee = 'croupier_app' AND table_name NOT LIKE 'wallet%'";
    root.execute(AssertSqlSafe(format!(
        "CREATE ROLE {name} LOGIN PASSWORD 'of-the-game-role'; GRANT CONNECT ON DATABASE {database} TO {name}; \
         GRANT USAGE ON SCHEMA public TO {name}"
    )))
    .await
    .unwrap();
    let grants: Vec<String> = sqlx::query_scalar(grants)
        .bind(&name)
        .fetch_all(&root)
        .await
        .unwrap();
    assert!(grants.len() > 5, "{grants:?}");
    for grant in grants {
        root.execute(AssertSqlSafe(grant)).await.unwrap();
    }
    let place = url.split_once('@').unwrap().1;
    let its_own = format!("postgres://{name}:of-the-game-role@{place}");
    let none = sqlx::PgPool::connect(&its_own).await.unwrap();
    let refused = none.execute("SELECT FROM wallet_account").await.unwrap_err();
    assert_eq!(sqlstate(&refused), "42501");

    let game = apart
        .house
        .start(Role::Game, |config| config.database.url.0 = its_own)
        .await;
    let edge = apart
        .house
        .start(Role::Gateway, |config| {
            config.internal.game = Some(game.to_string().try_into().unwrap());
        })
        .await;
    let casino = Casino::new(&format!("http://{edge}"), "aurora.localhost");
    let guest = Guest {
        casino,
        ..apart.alice.clone()
    };
    let (keys, kid) = apart.house.local.provider_key();
    let key = SimulatorKey::from_pem(&std::fs::read(keys.private_path(&kid)).unwrap()).unwrap();
    let provider = Simulator::new(&format!("http://{edge}/callbacks/hub88"), key).unwrap();
    let launch = guest.launch("northern-lights").await;
    let (bet, lost) = (Bet::new("round", 10 * EUR), Bet::new("other", 5 * EUR));
    for bet in [&bet, &lost] {
        assert!(provider.bet(&launch, bet).await.unwrap().is_ok());
    }
    assert!(
        provider
            .win(&launch, &Win::of(&bet, 25 * EUR))
            .await
            .unwrap()
            .is_ok()
    );
    let back = Rollback::of(&lost.transaction, "other");
    assert!(provider.rollback(&launch, &back).await.unwrap().is_ok());
    assert_eq!(guest.total().await, "115.00");
    apart.house.audit().await;
    none.close().await;
}
