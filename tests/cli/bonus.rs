//! `croupier bonus`: an operator gives bonus money and takes it back, through the wallet.

use std::{collections::BTreeMap, time::Duration};

use croupier_game::hub88::{
    Status,
    simulator::{Bet, Rollback},
};
use futures_util::future::join_all;

use super::{
    operator::{bet, operator, trail},
    process::{Ended, Env},
};
use crate::harness::{Composition, EUR, Guest, House, until};

/// The arguments of a grant.
fn grant<'a>(brand: &'a str, player: &'a str, amount: &'a str, key: &'a str) -> Vec<&'a str> {
    let mut words = vec!["bonus", "grant", "--brand", brand, "--player", player];
    words.extend(["--currency", "EUR", "--amount", amount, "--key", key]);
    words
}

fn forfeit<'a>(brand: &'a str, player: &'a str, grant: &'a str) -> Vec<&'a str> {
    let mut words = vec!["bonus", "forfeit", "--brand", brand, "--player", player];
    words.extend(["--currency", "EUR", "--grant", grant]);
    words
}

async fn list(env: &Env, brand: &str, player: &str) -> String {
    let mut words = vec!["bonus", "list", "--brand", brand, "--player", player];
    words.extend(["--currency", "EUR"]);
    env.croupier(&words).await.well()
}

/// The id in `grant ID: …`.
fn id(said: &str) -> &str {
    said.strip_prefix("grant ").unwrap().split_once(':').unwrap().0
}

/// What the buckets of a wallet have.
async fn buckets(guest: &Guest) -> BTreeMap<String, String> {
    let wallet = guest
        .casino
        .get("/api/v1/wallet", Some(&guest.token))
        .await
        .unwrap();
    let buckets = wallet.body["buckets"].as_array().unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    buckets
        .iter()
        .map(|bucket| (text(&bucket["bucket"]), text(&bucket["available"])))
        .collect()
}

fn has(cash: &str, bonus: &str) -> BTreeMap<String, String> {
    [("cash", cash), ("bonus", bonus)]
        .map(|(bucket, sum)| (bucket.to_owned(), sum.to_owned()))
        .into()
}

async fn commands_of_operators(house: &House, brand: i64) -> i64 {
    let mut rows = house.rows_of(brand).await;
    sqlx::query_scalar("SELECT count(*) FROM wallet_command WHERE source = 'operator'")
        .fetch_one(&mut *rows)
        .await
        .unwrap()
}

#[tokio::test]
async fn money_09_money_10_an_operator_gives_bonus_money_once_a_key_and_takes_it_back_once() {
    for composition in [Composition::Together, Composition::Apart] {
        let house = House::composed(composition, |_| {}).await;
        let env = operator(&house);
        let (alice, launch) = house.player(&house.aurora, "alice", "10.00").await;
        let (theirs, _) = house.player(&house.bonanza, "alice", "10.00").await;
        let (bob, _) = house.player(&house.aurora, "bob", "10.00").await;

        let more = [
            "--wager",
            "1500",
            "--convert-cap",
            "200.00",
            "--expires-at",
            "2027-01-31T00:00:00Z",
            "--reason",
            "a birthday",
        ];
        let first = [&grant("aurora", "Alice", "50.00", "birthday-1")[..], &more].concat();
        let said = env.croupier(&first).await.well();
        let given = id(&said).to_owned();
        assert_eq!(said, format!("grant {given}: 50.00 EUR to alice at aurora\n"));
        assert_eq!(buckets(&alice).await, has("10.00", "50.00"));
        // The same again is the same; anything else under that key is nothing.
        let again = env.croupier(&first).await.well();
        assert_eq!(
            again,
            format!(
                "grant {given}: 50.00 EUR to alice at aurora, given before under this key; nothing was given now\n"
            )
        );
        for other in [
            grant("aurora", "alice", "50.01", "birthday-1"),
            grant("aurora", "bob", "50.00", "birthday-1"),
            grant("aurora", "alice", "50.00", "birthday-1"),
            [&first[..first.len() - 2], &["--kind", "coupon"]].concat(),
        ] {
            env.croupier(&other)
                .await
                .refused(&["--key birthday-1: was used for something else at aurora; nothing was given"]);
        }
        assert_eq!(buckets(&alice).await, has("10.00", "50.00"));
        assert_eq!(buckets(&bob).await, has("10.00", "0.00"));
        // Another brand's keys are its own, and its wallets.
        assert_eq!(buckets(&theirs).await, has("10.00", "0.00"));
        let other = env
            .croupier(&grant("bonanza", "alice", "7.00", "birthday-1"))
            .await
            .well();
        assert_ne!(id(&other), given);
        assert_eq!(buckets(&theirs).await, has("10.00", "7.00"));
        assert_eq!(buckets(&alice).await, has("10.00", "50.00"));

        // A bet takes of both, and what is given back goes to where it was.
        let staked = Bet::new("r", 30 * EUR);
        assert!(house.provider.bet(&launch, &staked).await.unwrap().is_ok());
        assert_eq!(buckets(&alice).await, has("0.00", "30.00"));
        let listed = list(&env, "aurora", "alice").await;
        let line = format!("{given}  bonus  50.00 EUR to bonus  given 20");
        assert!(
            listed.starts_with(&line)
                && listed.contains(
                    "  wagered 30.00 of 1500.00  at most 200.00  expires 2027-01-31T00:00:00Z  open\n"
                )
                && listed.ends_with("alice at aurora: 1 of 1 grants are open\n"),
            "{listed}"
        );
        let back = Rollback::of(&staked.transaction, "r");
        assert!(house.provider.rollback(&launch, &back).await.unwrap().is_ok());
        assert_eq!(buckets(&alice).await, has("10.00", "50.00"));

        // Nobody's but its own player's, at its own brand, is taken back.
        for stranger in [("aurora", "bob"), ("bonanza", "alice")] {
            env.croupier(&forfeit(stranger.0, stranger.1, &given))
                .await
                .refused(&[
                    &format!("{} at {} has no such grant", stranger.1, stranger.0),
                    "croupier bonus list",
                ]);
        }
        let words = [
            &forfeit("aurora", "alice", &given)[..],
            &["--reason", "a mistake"],
        ]
        .concat();
        let said = env.croupier(&words).await.well();
        assert_eq!(
            said,
            format!("grant {given}: what was left of it is taken back\n")
        );
        let said = env.croupier(&words).await.well();
        assert_eq!(said, format!("grant {given} was taken back before\n"));
        assert_eq!(buckets(&alice).await, has("10.00", "0.00"));
        assert_eq!(buckets(&theirs).await, has("10.00", "7.00"));
        let listed = list(&env, "aurora", "alice").await;
        assert!(
            listed.contains("  forfeited 20") && listed.contains("0 of 1 grants are open\n"),
            "{listed}"
        );

        let trailed = trail(&house, "bonus ").await;
        let of = |text: &str| trailed.iter().filter(|said| *said == text).count();
        assert_eq!(
            of("1 bonus grant 50.00 EUR to Alice, key birthday-1: a birthday"),
            2
        );
        assert_eq!(
            of(&format!(
                "1 bonus grant, key birthday-1 came to: applied, entry {given}"
            )),
            1
        );
        assert_eq!(
            of(&format!(
                "1 bonus grant, key birthday-1 came to: as before, applied, entry {given}"
            )),
            1
        );
        assert_eq!(of("1 bonus grant, key birthday-1 came to: conflict"), 4);
        assert_eq!(of(&format!("1 bonus forfeit {given} of alice: a mistake")), 2);
        assert_eq!(
            of(&format!("2 bonus forfeit {given} came to: missing_reference")),
            1
        );
        house.audit().await;
    }
}

#[tokio::test]
async fn what_cannot_be_given_is_refused_by_its_name_and_nothing_moves() {
    let house = House::open().await;
    let env = operator(&house);
    let (alice, _) = house.player(&house.aurora, "alice", "10.00").await;
    let named = |words: &[&str]| {
        let mut all = grant("aurora", "alice", "50.00", "k");
        all.extend(words);
        all.into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let run = async |words: &[String]| -> Ended {
        let words: Vec<_> = words.iter().map(String::as_str).collect();
        env.croupier(&words).await
    };
    let with = |at: &str, value: &str| {
        let mut words = named(&[]);
        let position = words.iter().position(|word| word == at).unwrap();
        value.clone_into(&mut words[position + 1]);
        words
    };
    for (words, parts) in [
        (with("--amount", "0"), vec!["--amount", "zero"]),
        (with("--amount", "-5"), vec!["--amount"]),
        (with("--amount", "1.001"), vec!["--amount", "EUR"]),
        (
            with("--amount", "99999999999999.00"),
            vec!["--amount", "too large"],
        ),
        (
            with("--currency", "USD"),
            vec!["--currency USD: the wallets of aurora are kept in EUR"],
        ),
        (
            with("--player", "nobody"),
            vec!["aurora has no player \"nobody\""],
        ),
        (with("--player", "no such!"), vec!["the player's account"]),
        (
            with("--brand", "nowhere"),
            vec!["no brand", "croupier brand list"],
        ),
        (named(&["--wager", "x"]), vec!["--wager"]),
        (named(&["--convert-cap", "1,5"]), vec!["--convert-cap"]),
        (
            named(&["--bucket", "gold"]),
            vec!["--bucket: aurora has no such bucket", "croupier wallet policy"],
        ),
    ] {
        let refused = run(&words).await;
        assert!(
            [Some(1), Some(2)].contains(&refused.code),
            "{words:?}: {refused:?}"
        );
        for part in parts {
            assert!(refused.err.contains(part), "{part}: {refused:?}");
        }
    }
    // The wallet's refusal is a decision, and is told again; "cash" can be withdrawn.
    let cash = [&named(&["--bucket", "cash"])[..]].concat();
    let cash: Vec<_> = cash
        .iter()
        .map(|word| {
            if word == "k" {
                "k2".to_owned()
            } else {
                word.clone()
            }
        })
        .collect();
    for _ in 0..2 {
        run(&cash)
            .await
            .refused(&["--bucket: its money can be withdrawn"]);
    }
    for (words, part) in [
        (with("--currency", "EURO"), "currency"),
        (with("--key", "croupier:x"), "the house's own"),
        (with("--key", ""), "1 to 200 characters"),
        (named(&["--expires-at", "tomorrow"]), "2026-12-31T00:00:00Z"),
        (named(&["--kind", "gift"]), "coupon"),
    ] {
        let refused = run(&words).await;
        assert_eq!(refused.code, Some(2), "{refused:?}");
        assert!(refused.err.contains(part), "{part}: {refused:?}");
    }
    let refused = env.croupier(&forfeit("aurora", "alice", "all")).await;
    assert!(
        refused.err.contains("croupier bonus list shows it"),
        "{refused:?}"
    );

    // Who may not play is given nothing, and the key stays free.
    env.croupier(&["player", "block", "aurora", "alice"]).await.well();
    let fine: Vec<_> = named(&[])
        .iter()
        .map(|word| {
            if word == "k" {
                "k3".to_owned()
            } else {
                word.clone()
            }
        })
        .collect();
    for _ in 0..2 {
        run(&fine).await.refused(&[
            "alice at aurora may not be given a bonus now",
            "the key stays free",
        ]);
    }
    env.croupier(&["player", "reopen", "aurora", "alice"])
        .await
        .well();
    env.croupier(&["brand", "status", "aurora", "maintenance"])
        .await
        .well();
    run(&fine).await.refused(&["may not be given a bonus now"]);
    env.croupier(&["brand", "status", "aurora", "active"])
        .await
        .well();
    // Without the application's role there is no money, and it is said which; the owner does not stand in for it.
    let away = env.with(
        "DATABASE_URL",
        "postgres://croupier_app:hunter2@127.0.0.1:1/croupier",
    );
    let words: Vec<_> = fine.iter().map(String::as_str).collect();
    away.croupier(&words).await.refused(&["check DATABASE_URL"]);
    let owners = env.with("DATABASE_URL", env.get("OWNER_DATABASE_URL"));
    owners
        .croupier(&words)
        .await
        .refused(&["connect as croupier_app"]);
    assert_eq!(
        commands_of_operators(&house, 1).await,
        2,
        "two refusals that are decisions"
    );
    let said = run(&fine).await.well();
    assert!(said.ends_with(": 50.00 EUR to alice at aurora\n"), "{said}");
    let session = house.aurora.sign_in("alice", &alice.password).await.unwrap();
    let alice = Guest {
        token: session.text("access_token").to_owned(),
        ..alice
    };
    assert_eq!(buckets(&alice).await, has("10.00", "50.00"));
    house.audit().await;
}

#[tokio::test]
async fn money_20_grants_of_many_processes_beside_bets_keep_the_books() {
    let house = House::open().await;
    let env = operator(&house);
    let (alice, launch) = house.player(&house.aurora, "alice", "100.00").await;
    let keys = ["a", "b", "c", "c", "c", "d"];
    let grants = keys.map(|key| grant("aurora", "alice", "5.00", key));
    let grants = join_all(grants.iter().map(|words| env.croupier(words)));
    let mut statuses = Vec::new();
    let bets = async {
        for round in 0..40 {
            let bets = (0..4).map(|at| bet(&house, &launch, if at == round % 4 { "x" } else { "y" }));
            statuses.extend(join_all(bets).await);
        }
    };
    let (ended, ()) = tokio::join!(grants, bets);
    let mut ids: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (key, ended) in keys.iter().zip(ended) {
        let said = ended.well();
        ids.entry(key).or_default().push(id(&said).to_owned());
    }
    for given in ids.values_mut() {
        given.dedup();
        assert_eq!(given.len(), 1, "one key, one grant");
    }
    let taken = statuses.iter().filter(|status| **status == Status::Ok).count();
    let left = 10_000 + 4 * 500 - 100 * i64::try_from(taken).unwrap();
    assert_eq!(alice.total().await, format!("{}.{:02}", left / 100, left % 100));
    assert!(taken >= 100, "{taken} bets");
    house.audit().await;
    for words in [vec!["journal", "verify"], vec!["wallet", "trial-balance"]] {
        env.croupier(&words).await.well();
    }
}

async fn is_decided(house: &House, key: &str) -> bool {
    let mut rows = house.rows_of(1).await;
    sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM wallet_command WHERE source = 'operator' AND transaction_id = $1)",
    )
    .bind(key)
    .fetch_one(&mut *rows)
    .await
    .unwrap()
}

#[tokio::test]
async fn money_34_a_grant_that_is_killed_was_given_whole_or_not_and_its_key_says_which() {
    let house = House::open().await;
    let env = operator(&house);
    let (alice, _) = house.player(&house.aurora, "alice", "1.00").await;
    let (mut killed, mut given) = (0, Vec::new());
    for at in 0..12_u64 {
        let key = format!("k{}", at % 6);
        let words = grant("aurora", "alice", "5.00", &key);
        let mut process = env.command(&words).spawn().unwrap();
        if at % 2 == 0 {
            tokio::time::sleep(Duration::from_millis(20 + 17 * at)).await;
        } else {
            // What it came to is decided, and not said yet.
            until("its key is decided", async || is_decided(&house, &key).await).await;
        }
        killed += usize::from(process.try_wait().unwrap().is_none());
        process.kill().await.unwrap();
        // A statement whose client is gone may still come to its end.
        until("what was begun is over", async || {
            let busy: i64 = sqlx::query_scalar(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND pid <> pg_backend_pid() AND query LIKE '%wallet_%'",
            )
            .fetch_one(&house.owner)
            .await
            .unwrap();
            busy == 0
        })
        .await;
        house.audit().await;
        given.push(buckets(&alice).await["bonus"].clone());
    }
    assert!(killed > 3, "{killed} were killed");
    assert!(
        commands_of_operators(&house, 1).await >= 3,
        "none was killed after it was decided"
    );
    for key in ["k0", "k1", "k2", "k3", "k4", "k5"] {
        env.croupier(&grant("aurora", "alice", "5.00", key)).await.well();
    }
    assert_eq!(buckets(&alice).await, has("1.00", "30.00"), "after {given:?}");
    assert_eq!(commands_of_operators(&house, 1).await, 6);
    house.audit().await;
}
