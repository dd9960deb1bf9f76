//! `croupier prune`: what ended long ago goes, and what may still be used stays.

use croupier_game::hub88::{
    Status,
    simulator::{Bet, Launch, Win},
};
use sqlx::AssertSqlSafe;

use super::{
    operator::{bet, operator, trail},
    process::Ended,
};
use crate::harness::{EUR, House, until};

/// What is said of a brand's rows.
fn said(brand: &str, [sessions, tokens, revocations, launches]: [u64; 4], word: &str) -> String {
    [
        ("sessions", sessions),
        ("refresh tokens", tokens),
        ("revocations", revocations),
        ("launches", launches),
    ]
    .map(|(table, count)| format!("{brand}  {table}  {count} {word}\n"))
    .concat()
}

async fn change(house: &House, brand: i64, statement: &str) -> u64 {
    let mut rows = house.rows_of(brand).await;
    let changed = sqlx::query(AssertSqlSafe(statement.to_owned()))
        .execute(&mut *rows)
        .await
        .unwrap();
    rows.commit().await.unwrap();
    changed.rows_affected()
}

async fn count(house: &House, brand: i64, table: &str) -> i64 {
    let query = format!("SELECT count(*) FROM {table}");
    sqlx::query_scalar(AssertSqlSafe(query))
        .fetch_one(&mut *house.rows_of(brand).await)
        .await
        .unwrap()
}

/// How many rows a brand has of each that is removed.
async fn counts(house: &House, brand: i64) -> [i64; 4] {
    [
        count(house, brand, "player_session").await,
        count(house, brand, "player_refresh_token").await,
        count(house, brand, "token_revocation").await,
        count(house, brand, "game_session").await,
    ]
}

/// A session of alice's at a brand, with a spent token and one that is not: by its number, the days since it ended, and
/// since it was revoked.
async fn session(house: &House, brand: i64, number: u32, ended: i32, revoked: Option<i32>) {
    let revoked = revoked.map_or("NULL".to_owned(), |days| {
        format!("now() - interval '{days} days'")
    });
    let id = format!("('00000000-0000-7000-8000-' || lpad('{number}', 12, '0'))::uuid");
    let insert = format!(
        "INSERT INTO player_session SELECT brand_id, {id}, player_id, now() - interval '{ended} days' - interval '30 days', now() - interval '{ended} days', {revoked}
           FROM player WHERE account = 'alice'"
    );
    assert_eq!(change(house, brand, &insert).await, 1);
    let tokens = format!(
        "INSERT INTO player_refresh_token SELECT brand_id, sha256(convert_to(session_id || spent::text, 'UTF8')), session_id, expires_at, CASE WHEN spent THEN created_at END
           FROM player_session, (VALUES (true), (false)) AS each (spent) WHERE session_id = {id}"
    );
    assert_eq!(change(house, brand, &tokens).await, 2);
}

/// The numbers of those that are there.
async fn numbers(house: &House, brand: i64) -> Vec<i64> {
    sqlx::query_scalar(
        "SELECT right(session_id::text, 12)::bigint FROM player_session WHERE session_id::text LIKE '00000000-0000-7000-8000-%' ORDER BY 1",
    )
    .fetch_all(&mut *house.rows_of(brand).await)
    .await
    .unwrap()
}

async fn me(house: &House, token: &str) -> u16 {
    let me = house.aurora.get("/api/v1/me", Some(token)).await.unwrap();
    me.status.as_u16()
}

#[tokio::test]
async fn sessions_that_ended_long_ago_go_and_one_that_may_be_refreshed_keeps_every_token() {
    let house = House::open().await;
    let env = operator(&house);
    let alice = house.guest(&house.aurora, "alice").await;
    house.guest(&house.bonanza, "alice").await;
    let second = house.aurora.refresh(&alice.refresh).await.unwrap();
    // The token that was spent is over by itself; its session is not.
    change(
        &house,
        1,
        "UPDATE player_refresh_token SET expires_at = now() - interval '300 days', spent_at = now() - interval '301 days' WHERE spent_at IS NOT NULL",
    )
    .await;
    for (number, ended, revoked) in [
        (1, 31, None),
        (2, 29, None),
        // At the later of the two.
        (3, 60, Some(10)),
        (4, 10, Some(60)),
        (5, 60, Some(61)),
        // It has time, and was revoked long ago.
        (6, -5, Some(300)),
        (7, 400, Some(31)),
    ] {
        session(&house, 1, number, ended, revoked).await;
    }
    session(&house, 2, 8, 300, None).await;
    for (brand, ended, rows) in [
        (1, "1 hour", 1_203),
        (1, "1 minute", 1),
        (1, "-1 hour", 1),
        (2, "1 hour", 2),
    ] {
        let insert = format!(
            "INSERT INTO token_revocation SELECT {brand}, gen_random_uuid(), now() - interval '{ended}' FROM generate_series(1, {rows})"
        );
        change(&house, brand, &insert).await;
    }
    let before = (counts(&house, 1).await, counts(&house, 2).await);
    assert_eq!(before, ([8, 16, 1_205, 0], [2, 3, 2, 0]));

    let aurora = ["prune", "--brand", "aurora"];
    let dry = env.croupier(&[&aurora[..], &["--dry-run"]].concat()).await.well();
    assert_eq!(dry, said("aurora", [3, 6, 1_203, 0], "would be removed"));
    assert_eq!((counts(&house, 1).await, counts(&house, 2).await), before);

    let first = env.croupier(&aurora).await.well();
    assert_eq!(first, said("aurora", [3, 6, 1_203, 0], "removed"));
    assert_eq!(numbers(&house, 1).await, [2, 3, 4, 6]);
    assert_eq!(counts(&house, 1).await, [5, 10, 2, 0]);
    assert_eq!(counts(&house, 2).await, before.1, "another brand's stay");
    let again = env.croupier(&aurora).await.well();
    assert_eq!(again, said("aurora", [0; 4], "removed"));

    // Refreshed within its time, and the token that was spent first is still known for one.
    let third = house.aurora.refresh(second.text("refresh_token")).await.unwrap();
    assert_eq!(third.status, 201, "{third:?}");
    let access = third.text("access_token");
    assert_eq!(me(&house, access).await, 200);
    let reused = house.aurora.refresh(&alice.refresh).await.unwrap();
    assert_eq!(
        (reused.status.as_u16(), reused.code()),
        (401, "invalid_refresh_token")
    );
    assert_eq!(me(&house, access).await, 401, "the session ended");

    // A shorter time, and every brand.
    let all = env.croupier(&["prune", "--sessions-after", "9"]).await.well();
    let each = [
        said("aurora", [3, 6, 0, 0], "removed"),
        said("bonanza", [1, 2, 2, 0], "removed"),
    ];
    assert_eq!(all, each.concat());
    assert_eq!(numbers(&house, 1).await, [6]);
    for (words, accepted) in [
        (["--sessions-after", "0"], "1..=36500"),
        (["--sessions-after", "36501"], "1..=36500"),
        (["--launches-after", "29"], "30..=36500"),
        (["--launches-after", "0"], "30..=36500"),
    ] {
        let refused = env.croupier(&[&["prune"], &words[..]].concat()).await;
        assert_eq!(refused.code, Some(2), "{refused:?}");
        for part in [words[0], accepted] {
            assert!(refused.err.contains(part), "{part}: {refused:?}");
        }
    }
    env.croupier(&["prune", "--brand", "nowhere"])
        .await
        .refused(&["no brand", "croupier brand list"]);

    assert_eq!(
        trail(&house, "prune").await,
        [
            "1 prune sessions after 30 days, launches after 400 days: dry run",
            "1 prune sessions after 30 days, launches after 400 days",
            "1 prune removed sessions 3, refresh tokens 6, revocations 1203, launches 0",
            "1 prune sessions after 30 days, launches after 400 days",
            "1 prune removed sessions 0, refresh tokens 0, revocations 0, launches 0",
            "1 prune sessions after 9 days, launches after 400 days",
            "1 prune removed sessions 3, refresh tokens 6, revocations 0, launches 0",
            "2 prune sessions after 9 days, launches after 400 days",
            "2 prune removed sessions 1, refresh tokens 2, revocations 2, launches 0",
        ]
    );
}

/// Moves a launch into the past: the days since its time was over, and since it was ended.
async fn moved(house: &House, brand: i64, launch: &Launch, over: u32, ended: Option<u32>) {
    let ended = ended.map_or("NULL".to_owned(), |days| {
        format!("now() - interval '{days} days'")
    });
    let update = format!(
        "UPDATE game_session SET created_at = now() - interval '{over} days' - interval '1 day', expires_at = now() - interval '{over} days', ended_at = {ended} WHERE token = '{}'",
        launch.token
    );
    assert_eq!(change(house, brand, &update).await, 1);
}

#[tokio::test]
async fn launches_of_long_ago_go_and_what_was_bet_within_the_time_is_paid() {
    let house = House::open().await;
    let env = operator(&house);
    let (alice, late) = house.player(&house.aurora, "alice", "100.00").await;
    let (gone, ended) = (
        alice.launch("northern-lights").await,
        alice.launch("northern-lights").await,
    );
    let newest = alice.launch("northern-lights").await;
    let (bob, only) = house.player(&house.aurora, "bob", "100.00").await;
    let (other, twin) = (
        bob.launch("northern-lights").await,
        bob.launch("northern-lights").await,
    );
    let (theirs, first) = house.player(&house.bonanza, "alice", "100.00").await;
    theirs.launch("northern-lights").await;
    let (open, lost) = (Bet::new("r", EUR), Bet::new("r2", EUR));
    for (launch, bet) in [(&late, &open), (&gone, &lost)] {
        assert!(house.provider.bet(launch, bet).await.unwrap().is_ok());
    }
    moved(&house, 1, &late, 399, None).await;
    moved(&house, 1, &gone, 401, None).await;
    // At the later of the two.
    moved(&house, 1, &ended, 401, Some(399)).await;
    moved(&house, 2, &first, 1_000, None).await;
    // Bob's newest of either provider, and of the other one two at once.
    moved(&house, 1, &only, 1_000, None).await;
    for launch in [&other, &twin] {
        let update = format!(
            "UPDATE game_session SET provider = 'spribe', created_at = '2020-01-01', expires_at = '2020-01-02' WHERE token = '{}'",
            launch.token
        );
        assert_eq!(change(&house, 1, &update).await, 1);
    }
    let aurora = ["prune", "--brand", "aurora"];
    let dry = env.croupier(&[&aurora[..], &["--dry-run"]].concat()).await.well();
    assert_eq!(dry, said("aurora", [0, 0, 0, 1], "would be removed"));
    assert_eq!(count(&house, 1, "game_session").await, 7);

    let told = env.croupier(&aurora).await.well();
    assert_eq!(told, said("aurora", [0, 0, 0, 1], "removed"));
    assert_eq!(
        (
            count(&house, 1, "game_session").await,
            count(&house, 2, "game_session").await
        ),
        (6, 2)
    );
    let told = env.croupier(&aurora).await.well();
    assert_eq!(told, said("aurora", [0; 4], "removed"));

    // Money that is owed is paid late; the token that went was never issued.
    let win = Win::of(&open, 3 * EUR);
    assert!(house.provider.win(&late, &win).await.unwrap().is_ok());
    assert_eq!(alice.total().await, "101.00");
    let win = house.provider.win(&gone, &Win::of(&lost, EUR)).await.unwrap();
    assert_eq!(win.status, Some(Status::InvalidToken));
    assert_eq!(bet(&house, &newest, "r3").await, Status::Ok);
    assert_eq!(bet(&house, &only, "r3").await, Status::TokenExpired);

    let all = env.croupier(&["prune", "--launches-after", "30"]).await.well();
    let each = [
        said("aurora", [0, 0, 0, 2], "removed"),
        said("bonanza", [0, 0, 0, 1], "removed"),
    ];
    assert_eq!(all, each.concat());
    let left: Vec<String> = sqlx::query_scalar("SELECT token::text FROM game_session ORDER BY created_at")
        .fetch_all(&mut *house.rows_of(1).await)
        .await
        .unwrap();
    let mut expected = [&other, &twin, &only, &newest].map(|launch| launch.token.clone());
    expected[..2].sort();
    let mut left = left;
    left[..2].sort();
    assert_eq!(left, expected);
    house.audit().await;
}

/// Sessions that ended 60 days ago with two tokens each, and launches that were over 1 000 days ago.
async fn many(house: &House, rows: u32) {
    for (ends, tokens) in [("- interval '60 days'", true), ("+ interval '1 day'", false)] {
        let sessions = format!(
            "INSERT INTO player_session SELECT brand_id, gen_random_uuid(), player_id, now() - interval '90 days', now() {ends}
               FROM player, generate_series(1, {rows}) WHERE account = 'alice'"
        );
        change(house, 1, &sessions).await;
        if tokens {
            change(
                house,
                1,
                "INSERT INTO player_refresh_token SELECT brand_id, sha256(convert_to(session_id || n::text, 'UTF8')), session_id, expires_at, expires_at
                   FROM player_session, generate_series(1, 2) AS n WHERE expires_at < now()",
            )
            .await;
        }
    }
    let launches = format!(
        "INSERT INTO game_session SELECT brand_id, gen_random_uuid(), player_id, provider, game_id, provider_account, currency, '2020-01-01', '2020-01-02'
           FROM game_session, generate_series(1, {rows}) WHERE provider_account = 'auroraalice'"
    );
    change(house, 1, &launches).await;
}

/// What a run says that it removed, of each kind.
fn removed(run: Ended) -> [u64; 4] {
    let out = run.well();
    let lines: Vec<_> = out.lines().filter(|line| line.ends_with(" removed")).collect();
    let count = |line: &&str| line.split_whitespace().rev().nth(1).unwrap().parse().unwrap();
    let counts: Vec<u64> = lines.iter().map(count).collect();
    counts.try_into().unwrap()
}

#[tokio::test]
async fn a_run_that_is_killed_leaves_whole_sessions_and_two_at_once_remove_what_there_is() {
    let house = House::open().await;
    let env = operator(&house);
    let (alice, seat) = house.player(&house.aurora, "alice", "100.00").await;
    many(&house, 5_001).await;
    let kept = [5_002, 1, 0, 1];
    let words = ["prune", "--brand", "aurora"];

    // Not with the application's role: it may remove none of this.
    let app = env.with("OWNER_DATABASE_URL", &house.local.app_url);
    assert_eq!(app.croupier(&words).await.code, Some(1));
    assert_eq!(counts(&house, 1).await, [10_003, 10_003, 0, 5_002]);

    // Killed half way: at the last one that is to go, which somebody holds.
    let mut holder = house.rows_of(1).await;
    let last = "SELECT FROM player_session WHERE session_id =
                (SELECT session_id FROM player_session WHERE expires_at < now() ORDER BY session_id DESC LIMIT 1) FOR UPDATE";
    sqlx::query(last).execute(&mut *holder).await.unwrap();
    let mut process = env.command(&words).spawn().unwrap();
    until("it is at it", async || {
        count(&house, 1, "player_session").await < 10_003
    })
    .await;
    process.kill().await.unwrap();
    let [sessions, tokens, ..] = counts(&house, 1).await;
    assert!(sessions > kept[0]);
    assert_eq!(
        (sessions - kept[0]) * 2,
        tokens - kept[1],
        "a session goes with its tokens"
    );
    holder.rollback().await.unwrap();

    let rest = counts(&house, 1).await;
    let (one, other) = tokio::join!(env.croupier(&words), env.croupier(&words));
    let (one, other) = (removed(one), removed(other));
    let left = counts(&house, 1).await;
    assert_eq!(left, kept);
    for kind in 0..4 {
        let gone = u64::try_from(rest[kind] - kept[kind]).unwrap();
        assert_eq!(one[kind] + other[kind], gone, "{one:?} {other:?} of {rest:?}");
    }
    many(&house, 5_001).await;
    let (one, other) = tokio::join!(env.croupier(&words), env.croupier(&words));
    let (one, other) = (removed(one), removed(other));
    assert_eq!(one[0] + other[0], 5_001, "{one:?} {other:?}");
    assert_eq!(one[3] + other[3], 5_001, "{one:?} {other:?}");
    assert_eq!(me(&house, &alice.token).await, 200);
    assert_eq!(bet(&house, &seat, "r").await, Status::Ok);
}

#[tokio::test]
async fn a_long_run_says_how_far_it_is() {
    let house = House::open().await;
    house.guest(&house.aurora, "alice").await;
    many(&house, 50_000).await;
    let out = operator(&house)
        .croupier(&["prune", "--brand", "aurora"])
        .await
        .well();
    let lines = "aurora  sessions  100000 looked at, ";
    assert!(out.starts_with(lines), "{out}");
    assert!(
        out.ends_with(&said("aurora", [50_000, 100_000, 0, 0], "removed")),
        "{out}"
    );
}
