//! The wallet's process is killed while it is asked.

use std::time::Duration;

use croupier::{config::HostPort, demo::client::Casino, local::BRANDS};
use croupier_game::hub88::simulator::{Simulator, SimulatorKey};
use croupier_wallet::WalletError;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use tokio::{task::JoinSet, time::sleep};

use super::*;
use crate::{
    cli::{by_hand::serve, process::Env},
    kills::{
        house::{Outside, quiet_port, until},
        traffic::{Playing, all_settle, clients, during, lost, note, put_off, seed},
    },
};

/// What a wallet role in a process of its own is started with, next to the house's other roles.
fn wallet_role(house: &House, port: u16) -> Env {
    let config = &house.config;
    let key = &config.signing_keys[0];
    Env::of([
        ("CROUPIER_HOUSE__ENVIRONMENT", "development"),
        ("MULTI_BRAND_ENFORCEMENT", "enforce"),
        ("DATABASE_URL", &house.local.app_url),
        ("REDIS_URL", &house.local.redis_url),
        (
            "BRAND_SIGNING_KEY",
            &format!("{}:{}", key.id, key.secret.expose()),
        ),
        (
            "INTERNAL_SERVICE_TOKEN_GAME",
            config.service_tokens[&Caller::Game].expose(),
        ),
        (
            "INTERNAL_SERVICE_TOKEN_GATEWAY",
            config.service_tokens[&Caller::Gateway].expose(),
        ),
        ("CROUPIER_PAYMENTS__SANDBOX", "true"),
        (
            "CROUPIER_TOKENS__KEYS_DIR",
            &config.tokens.keys_dir.display().to_string(),
        ),
        ("CROUPIER_INTERNAL__LISTEN", &format!("127.0.0.1:{port}")),
        ("CROUPIER_LOG__FILTER", "off"),
    ])
}

#[tokio::test]
async fn money_34_money_37_a_wallet_killed_while_it_is_asked_did_each_command_once_or_not_yet() {
    let seed = seed();
    let mut rng = StdRng::seed_from_u64(seed);
    let apart = Apart::open().await;
    let port = quiet_port();
    let env = wallet_role(&apart.house, port);
    let mut process = serve(&env, "wallet", port).await;
    let wallet = apart.wallet(SocketAddr::from(([127, 0, 0, 1], port)));
    // More than they can stake.
    let float = apart.deposit("more", 1_000_000_000);
    let start = applied(wallet.submit(apart.aurora(), float).await.unwrap())
        .balance
        .available;
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let mut clients = JoinSet::new();
    for client in 0..8_u32 {
        let (wallet, scope, stopped) = (wallet.clone(), apart.aurora().clone(), stopped.clone());
        let player = apart.player();
        clients.spawn(async move {
            // Each bet is asked for until it is decided; how often that was the first time, and how often not.
            let (mut bets, mut retried, mut replayed) = (0, 0, 0);
            while !*stopped.borrow() {
                let bet = command(
                    player,
                    &format!("c{client}-{bets}"),
                    Action::Bet {
                        amount: Amount::new(1).unwrap(),
                        round: RoundId::new("round").unwrap(),
                        game: GameId::new("game").unwrap(),
                    },
                );
                bets += 1;
                loop {
                    match wallet.submit(&scope, bet.clone()).await {
                        Ok(Outcome::Retryable) => {
                            retried += 1;
                            sleep(Duration::from_millis(10)).await;
                        }
                        Ok(outcome) => {
                            assert!(
                                matches!(outcome.verdict(), Some(Verdict::Applied(_))),
                                "{outcome:?}"
                            );
                            replayed += i64::from(outcome.is_replay());
                            break;
                        }
                        Err(fault @ WalletError::Broken(_) | fault @ WalletError::Unavailable(_)) => {
                            panic!("{fault:?}")
                        }
                    }
                }
            }
            (bets, retried, replayed)
        });
    }
    let reader = apart.wallet(apart.house.service(Role::Wallet));
    for _ in 0..6 {
        let held = balance(&reader, apart.aurora(), apart.player()).await.available;
        let more = rng.random_range(5..60);
        until("bets are taken", async || {
            balance(&reader, apart.aurora(), apart.player()).await.available < held - more
        })
        .await;
        sleep(Duration::from_micros(rng.random_range(0..20_000))).await;
        process.kill().await.unwrap();
        sleep(Duration::from_millis(rng.random_range(0..200))).await;
        process = serve(&env, "wallet", port).await;
    }
    stop.send_replace(true);
    let (mut bets, mut retried, mut replayed) = (0, 0, 0);
    for (done, again, told) in clients.join_all().await {
        (bets, retried, replayed) = (bets + done, retried + again, replayed + told);
    }
    note(format_args!(
        "{bets} bets, {retried} put off, {replayed} found done when they were repeated"
    ));
    assert!(retried > 0, "the kills met nobody");
    assert_eq!(
        balance(&reader, apart.aurora(), apart.player()).await.available,
        start - bets,
        "each bet was taken once"
    );
    apart.house.audit().await;
    process.kill().await.unwrap();
}

#[tokio::test]
async fn money_34_a_killed_wallet_role_loses_nothing_that_was_answered_and_play_goes_on() {
    let seed = seed();
    let mut rng = StdRng::seed_from_u64(seed);
    let mut house = House::composed(Composition::Apart, |_| {}).await;
    let port = quiet_port();
    let env = wallet_role(&house, port);
    let mut process = serve(&env, "wallet", port).await;
    // The edge and the games of this process, with the wallet in that one.
    let wallet = HostPort::try_from(format!("127.0.0.1:{port}")).unwrap();
    let game = house
        .start(Role::Game, |config| config.internal.wallet = Some(wallet.clone()))
        .await;
    let edge = house
        .start(Role::Gateway, |config| {
            config.internal.wallet = Some(wallet.clone());
            config.internal.game = Some(HostPort::try_from(game.to_string()).unwrap());
        })
        .await;
    let mut outside = Outside::of(house.local.clone());
    let edge = format!("http://{edge}");
    let (keys, kid) = house.local.provider_key();
    let key = SimulatorKey::from_pem(&std::fs::read(keys.private_path(&kid)).unwrap()).unwrap();
    outside.aurora = Casino::new(&edge, BRANDS[0].domain);
    outside.bonanza = Casino::new(&edge, BRANDS[1].domain);
    outside.provider = Arc::new(Simulator::new(&format!("{edge}/callbacks/hub88"), key).unwrap());
    let mut clients = clients(&outside, seed).await;
    let mut late = 0;
    for _ in 0..4 {
        let (answers, moment, down) = (
            rng.random_range(5..60),
            Duration::from_micros(rng.random_range(0..20_000)),
            Duration::from_millis(rng.random_range(0..200)),
        );
        (clients, process) = during(clients, Playing::UntilTold, async |progress| {
            progress.answers(answers).await;
            sleep(moment).await;
            process.kill().await.unwrap();
            progress.somebody_is_put_off().await;
            sleep(down).await;
            let process = serve(&env, "wallet", port).await;
            progress.answers(10).await;
            process
        })
        .await;
        late += put_off(&clients);
        assert_eq!(
            lost(&clients),
            Vec::<String>::new(),
            "while the wallet is away the others say so; they do not fall silent"
        );
        all_settle(&outside, &mut clients).await;
    }
    note(format_args!("{late} requests put off"));
    process.kill().await.unwrap();
}
