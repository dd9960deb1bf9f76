//! What the wallet says is what its caller is told, and what is no answer is never taken for one.

use std::{
    collections::VecDeque,
    sync::Mutex,
    time::{Duration, Instant},
};

use axum::Extension;
use croupier_brand::Currency;
use croupier_wallet::{
    EntryId, Holdings, Neutral, Reason, WalletError,
    engine::command::Kind,
    page::{Cursor, Entry, Page, PageLimit},
    remote,
    service::{BucketHolding, WalletFuture},
};
use time::macros::datetime;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use uuid::Uuid;

use super::*;

/// A wallet that says what it is told to say, and keeps what it was asked.
#[derive(Default)]
struct Scripted {
    outcomes: Mutex<VecDeque<Result<Outcome, WalletError>>>,
    commands: Mutex<Vec<Command>>,
    pages: Mutex<Vec<(Option<Cursor>, PageLimit)>>,
}

fn holdings(player: PlayerId, currency: Currency) -> Result<Holdings, WalletError> {
    if player.0.is_nil() {
        return Err(WalletError::Unavailable("the store is away".into()));
    }
    let text = |bucket: &str| bucket.to_owned();
    let buckets = [("cash", i64::MAX, i64::MIN), ("bonus", -1, 0)];
    Ok(Holdings {
        currency,
        buckets: buckets
            .map(|(bucket, available, held)| BucketHolding {
                bucket: text(bucket),
                available,
                held,
                stakeable: bucket == "cash",
            })
            .into(),
    })
}

fn page() -> Page {
    let entry = |version, kind, at| Entry {
        entry: EntryId(Uuid::from_u128(version)),
        version: i64::try_from(version).unwrap(),
        kind,
        amount: i64::MAX,
        change: i64::MIN,
        balance: -3,
        round: Some(RoundId::new("340282366920938463463374607431768211456 Ä\"\\").unwrap()),
        game: None,
        at,
    };
    Page {
        entries: vec![
            entry(7, Kind::Bet, datetime!(2026-11-21 23:59:59.999_999 UTC)),
            entry(6, Kind::Deposit, datetime!(1970-01-01 0:00 UTC)),
        ],
        next: Some(Cursor::below(6)),
    }
}

impl Wallet for Scripted {
    fn submit<'a>(&'a self, _: &'a BrandScope, command: Command) -> WalletFuture<'a, Outcome> {
        self.commands.lock().unwrap().push(command);
        let outcome = self.outcomes.lock().unwrap().pop_front().unwrap();
        Box::pin(async { outcome })
    }

    fn submit_group<'a>(
        &'a self,
        _: &'a BrandScope,
        commands: Vec<Command>,
    ) -> WalletFuture<'a, Vec<Outcome>> {
        self.commands.lock().unwrap().extend(commands);
        let outcomes = self.outcomes.lock().unwrap().drain(..).collect();
        Box::pin(async { outcomes })
    }

    fn largest_group(&self) -> usize {
        usize::MAX
    }

    fn recall<'a>(&'a self, _: &'a BrandScope, command: &'a Command) -> WalletFuture<'a, Option<Outcome>> {
        self.commands.lock().unwrap().push(command.clone());
        let outcome = self.outcomes.lock().unwrap().pop_front();
        Box::pin(async { outcome.transpose() })
    }

    fn balance<'a>(
        &'a self,
        _: &'a BrandScope,
        player: PlayerId,
        currency: Currency,
    ) -> WalletFuture<'a, Holdings> {
        Box::pin(async move { holdings(player, currency) })
    }

    fn entries<'a>(
        &'a self,
        _: &'a BrandScope,
        _: PlayerId,
        _: Currency,
        after: Option<Cursor>,
        limit: PageLimit,
    ) -> WalletFuture<'a, Page> {
        self.pages.lock().unwrap().push((after, limit));
        Box::pin(async { Ok(page()) })
    }
}

/// The wallet's routes over this wallet, behind no boundary.
async fn served(wallet: Arc<Scripted>, scope: &BrandScope) -> SocketAddr {
    let router = remote::routes(wallet)
        .into_router()
        .layer(Extension(scope.clone()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    at
}

/// Every verdict, with numbers at the ends of what there is.
fn verdicts() -> Vec<Verdict> {
    let balances = [(0, 0, 0), (i64::MAX, i64::MIN, -1), (-1, 1, i64::MAX)];
    let balances = balances.map(|(available, held, stakeable)| Balance {
        available,
        held,
        stakeable,
    });
    let mut verdicts = Vec::new();
    for balance in balances {
        let receipt = Receipt {
            entry: EntryId(Uuid::now_v7()),
            balance,
        };
        verdicts.extend([
            Verdict::Applied(receipt),
            Verdict::MissingReference { balance },
            Verdict::AlreadySettled { balance },
            Verdict::InsufficientFunds {
                balance,
                usable: i64::MIN,
            },
        ]);
        let neutral = [
            Neutral::RolledBackBefore,
            Neutral::NotYetSeen,
            Neutral::AlreadyReversed,
            Neutral::NeverApplied,
        ];
        verdicts.extend(neutral.map(|why| Verdict::Neutralised { receipt, why }));
        verdicts.extend(Reason::ALL.map(|reason| Verdict::Rejected { reason, balance }));
    }
    verdicts
}

#[tokio::test]
async fn what_the_wallet_says_is_what_its_caller_is_told() {
    let apart = Apart::open().await;
    let scripted = Arc::new(Scripted::default());
    let scope = apart.aurora();
    let wallet = apart.wallet(served(Arc::clone(&scripted), scope).await);
    let balance = Balance {
        available: i64::MIN,
        held: 7,
        stakeable: 0,
    };
    let mut outcomes = vec![Outcome::Retryable, Outcome::Conflict { balance }];
    for verdict in verdicts() {
        outcomes.extend([Outcome::Decided(verdict), Outcome::Replayed { verdict, balance }]);
    }
    let odd = apart
        .bet("Ä \"\\ 🂡", i64::pow(10, 15))
        .agreeing_on("", "\u{1}\n")
        .agreeing_on("nominal", "1");
    for &outcome in &outcomes {
        scripted
            .outcomes
            .lock()
            .unwrap()
            .extend([Ok(outcome), Ok(outcome)]);
        assert_eq!(wallet.submit(scope, odd.clone()).await.unwrap(), outcome);
        assert_eq!(wallet.recall(scope, &odd).await.unwrap(), Some(outcome));
    }
    assert_eq!(wallet.recall(scope, &odd).await.unwrap(), None);
    // A group is told as it is, in its order.
    let group: Vec<_> = outcomes.iter().take(30).copied().collect();
    let script = |outcomes: &[Outcome]| {
        let outcomes = outcomes.iter().copied().map(Ok);
        scripted.outcomes.lock().unwrap().extend(outcomes);
    };
    script(&group);
    let commands = vec![odd.clone(); group.len()];
    assert_eq!(wallet.submit_group(scope, commands).await.unwrap(), group);
    assert_eq!(wallet.submit_group(scope, Vec::new()).await.unwrap(), []);
    // By one outcome too few or too many nothing is guessed.
    for told in [0, 1, 3] {
        script(&group[..told]);
        let fault = wallet
            .submit_group(scope, vec![odd.clone(); 2])
            .await
            .unwrap_err();
        assert!(matches!(fault, WalletError::Broken(_)), "{told}: {fault:?}");
    }
    let asked = scripted.commands.lock().unwrap().clone();
    assert!(asked.len() > 100 && asked.iter().all(|command| *command == odd));

    for currency in ["EUR", "JPY", "BTC"].map(|code| Currency::parse(code).unwrap()) {
        assert_eq!(
            wallet.balance(scope, apart.player(), currency).await.unwrap(),
            holdings(apart.player(), currency).unwrap()
        );
        let turns = [
            (None, PageLimit::default()),
            (Some(Cursor::below(i64::MAX)), PageLimit::new(1).unwrap()),
            (Some(Cursor::below(-1)), PageLimit::new(100).unwrap()),
        ];
        for (after, limit) in turns {
            let told = wallet
                .entries(scope, apart.player(), currency, after, limit)
                .await;
            assert_eq!(told.unwrap(), page());
            assert_eq!(*scripted.pages.lock().unwrap().last().unwrap(), (after, limit));
        }
    }
}

#[tokio::test]
async fn a_wallet_that_fails_fails_for_its_caller_in_the_same_way() {
    let apart = Apart::open().await;
    let scripted = Arc::new(Scripted::default());
    let (scope, bet) = (apart.aurora(), apart.bet("b", 1));
    let wallet = apart.wallet(served(Arc::clone(&scripted), scope).await);
    let say = |fault| scripted.outcomes.lock().unwrap().push_back(Err(fault));
    let away = || WalletError::Unavailable("postgres://user:hunter2@db".into());
    say(away());
    assert_eq!(
        wallet.submit(scope, bet.clone()).await.unwrap(),
        Outcome::Retryable
    );
    say(away());
    let told = wallet.recall(scope, &bet).await.unwrap_err();
    assert!(matches!(told, WalletError::Unavailable(_)), "{told:?}");
    let told = wallet
        .balance(scope, PlayerId(Uuid::nil()), scope.currency())
        .await
        .unwrap_err();
    assert!(matches!(told, WalletError::Unavailable(_)), "{told:?}");
    for recalls in [false, true] {
        say(WalletError::Broken("hunter2".to_owned()));
        let told = if recalls {
            wallet.recall(scope, &bet).await.unwrap_err()
        } else {
            wallet.submit(scope, bet.clone()).await.unwrap_err()
        };
        assert!(matches!(&told, WalletError::Broken(_)), "{told:?}");
        assert!(
            !format!("{told:?}").contains("hunter2"),
            "causes stay where they are"
        );
    }
}

/// A service that says these bytes to whatever it is asked, then closes or, told to, is silent.
async fn saying(answer: Vec<u8>, then_silent: bool) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let answer = answer.clone();
            tokio::spawn(async move {
                let mut asked = vec![0; 64 * 1024];
                let _ = stream.read(&mut asked).await;
                let _ = stream.write_all(&answer).await;
                if then_silent {
                    std::future::pending::<()>().await;
                }
            });
        }
    });
    at
}

fn http(status: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n\r\n{body}").into_bytes()
}

#[tokio::test]
async fn money_36_what_is_no_answer_is_never_taken_for_one() {
    let apart = Apart::open().await;
    let (scope, bet) = (apart.aurora(), apart.bet("b", 1));
    let whole = r#"{"decided":{"verdict":"applied","entry":"00000000-0000-0000-0000-000000000001","balance":{"available":1,"held":0}}}"#;
    let at = saying(http("200 OK", whole), false).await;
    assert_eq!(
        applied(apart.wallet(at).submit(scope, bet.clone()).await.unwrap())
            .balance
            .available,
        1,
        "the attacker's tools are good"
    );

    let cut = |keep: usize| http("200 OK", whole)[..keep].to_vec();
    let full = http("200 OK", whole).len();
    let problem = r#"{"code":"unavailable"}"#;
    let huge = format!("{whole}{}", " ".repeat(2 << 20));
    let passing = [
        ("nothing", Vec::new()),
        ("half a head", cut(9)),
        ("a head and no body", cut(full - whole.len())),
        ("half of a body", cut(full - 1)),
        ("no HTTP", b"SSH-2.0-OpenSSH_9.2\r\n".to_vec()),
        ("away", http("503 Service Unavailable", problem)),
        ("a proxy's word", http("502 Bad Gateway", "<html>")),
        ("too late", http("504 Gateway Timeout", "")),
        ("too many", http("429 Too Many Requests", "")),
    ];
    for (what, answer) in passing {
        let wallet = apart.wallet(saying(answer, false).await);
        let told = wallet.submit(scope, bet.clone()).await;
        assert!(matches!(told, Ok(Outcome::Retryable)), "{what}: {told:?}");
        let told = wallet.recall(scope, &bet).await;
        assert!(
            matches!(told, Err(WalletError::Unavailable(_))),
            "{what}: {told:?}"
        );
        let told = wallet.submit_group(scope, vec![bet.clone(); 2]).await;
        assert_eq!(told.unwrap(), [Outcome::Retryable; 2], "{what}");
    }
    let lasting = [
        ("a page", http("200 OK", "<html>it works</html>")),
        ("nothing at all", http("200 OK", "")),
        (
            "a verdict of another version",
            http("200 OK", &whole.replace("applied", "promised")),
        ),
        (
            "more than we know",
            http("200 OK", &whole.replace(r#""held":0"#, r#""held":0,"lent":5"#)),
        ),
        (
            "no whole number",
            http("200 OK", &whole.replace(r#""available":1"#, r#""available":1.0"#)),
        ),
        (
            "beyond 64 bits",
            http(
                "200 OK",
                &whole.replace(r#""available":1"#, r#""available":9223372036854775808"#),
            ),
        ),
        ("two answers", http("200 OK", &format!("{whole}{whole}"))),
        ("elsewhere", http("307 Temporary Redirect", whole)),
        ("accepted", http("202 Accepted", whole)),
        ("refused", http("403 Forbidden", r#"{"code":"bad_signature"}"#)),
        (
            "failed",
            http("500 Internal Server Error", r#"{"code":"internal"}"#),
        ),
    ];
    for (what, answer) in lasting {
        let wallet = apart.wallet(saying(answer, false).await);
        let told = wallet.submit(scope, bet.clone()).await;
        assert!(matches!(told, Err(WalletError::Broken(_))), "{what}: {told:?}");
    }
    let wallet = apart.wallet(saying(http("200 OK", &huge), true).await);
    let told = wallet.submit(scope, bet.clone()).await;
    assert!(
        !matches!(told, Ok(Outcome::Decided(_) | Outcome::Replayed { .. })),
        "{told:?}"
    );
}

#[tokio::test]
async fn money_36_an_answer_that_does_not_come_is_waited_for_no_longer_than_the_limits_say() {
    let apart = Apart::open().await;
    let limits = WalletLimits {
        deadline_ms: 200,
        commit_timeout_ms: 300,
        ..WalletLimits::default()
    };
    let whole = http("200 OK", r#""retryable""#);
    for silent_after in [0, 10, whole.len() - 1] {
        let at = saying(whole[..silent_after].to_vec(), true).await;
        let wallet = apart.wallet_within(at, limits);
        let began = Instant::now();
        let told = wallet.submit(apart.aurora(), apart.bet("b", 1)).await;
        assert!(matches!(told, Ok(Outcome::Retryable)), "{told:?}");
        assert!(began.elapsed() >= Duration::from_millis(500), "it was waited for");
        let told = wallet
            .balance(apart.aurora(), apart.player(), apart.aurora().currency())
            .await;
        assert!(matches!(told, Err(WalletError::Unavailable(_))), "{told:?}");
    }
}
