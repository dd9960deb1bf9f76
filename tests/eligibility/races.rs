//! Bets and deposits that meet an exclusion: what is asked after its answer is refused, in every process, and what was
//! admitted before it is carried out and settled.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use croupier_brand::enforcement::Mode;
use croupier_game::hub88::{
    Status,
    simulator::{Bet, Launch, Rollback, Simulator, Win},
};
use futures_util::future::join_all;
use sqlx::{Connection, PgConnection};

use super::*;
use crate::{
    books,
    harness::{Composition, EUR, until},
};

/// What everybody knows who takes part.
#[derive(Debug, Default)]
struct Known {
    /// How many bets were taken.
    taken: AtomicUsize,
    /// Whether the exclusion was answered.
    excluded: AtomicBool,
}

/// How many times each tries after the answer.
const LATE: usize = 3;

/// Bets one after another, some of them after the exclusion's answer; each with whether it began after that.
async fn bets(provider: &Simulator, seat: &Launch, name: &str, known: &Known) -> Vec<(Bet, bool, Status)> {
    let (mut told, mut lates) = (Vec::new(), 0);
    while lates < LATE {
        let bet = Bet::new(&format!("{name}-{}", told.len()), EUR);
        let late = known.excluded.load(Ordering::SeqCst);
        let reply = provider.bet(seat, &bet).await.unwrap();
        let status = reply.status.unwrap_or_else(|| panic!("{reply:?}"));
        known
            .taken
            .fetch_add(usize::from(status == Status::Ok), Ordering::SeqCst);
        lates += usize::from(late);
        told.push((bet, late, status));
    }
    told
}

/// The same with deposits.
async fn deposits(alice: &Guest, known: &Known) -> Vec<(bool, u16)> {
    let (mut told, mut lates) = (Vec::new(), 0);
    while lates < LATE {
        let late = known.excluded.load(Ordering::SeqCst);
        let answer = moved(alice, "deposits", &format!("d{}", told.len()), "1.00").await;
        lates += usize::from(late);
        told.push((late, answer.status.as_u16()));
    }
    told
}

/// Several play on while the player keeps out, through one edge or several; nothing gets past the answer.
async fn nothing_gets_past(house: &House, edges: &[&Simulator]) {
    let (alice, seat) = house.player(&house.aurora, "alice", "1000.00").await;
    let known = Known::default();
    let names = ["a", "b"];
    let players = edges
        .iter()
        .enumerate()
        .flat_map(|(at, edge)| names.map(|name| (format!("{name}{at}"), *edge)));
    let players: Vec<_> = players.collect();
    let players = join_all(players.iter().map(|(name, edge)| bets(edge, &seat, name, &known)));
    let keeping_out = async {
        until("bets are taken", async || {
            known.taken.load(Ordering::SeqCst) >= 2 * edges.len()
        })
        .await;
        let answer = keep_out(&alice, "time_out", "1d").await;
        known.excluded.store(true, Ordering::SeqCst);
        assert_eq!(answer.status, 201, "{answer:?}");
    };
    let (told, deposits, ()) = tokio::join!(players, deposits(&alice, &known), keeping_out);
    let told: Vec<_> = told.into_iter().flatten().collect();
    for (bet, late, status) in &told {
        match status {
            Status::Ok => assert!(!late, "{} got past the answer", bet.round),
            Status::UserDisabled => {}
            other => panic!("{other:?}"),
        }
    }
    for (late, status) in &deposits {
        assert!(
            if *late {
                *status == 401
            } else {
                [201, 401, 403].contains(status)
            },
            "{deposits:?}"
        );
    }
    // A token that somehow is still believed is of no use.
    let back = again(&alice, "alice").await;
    assert_eq!(
        said(&moved(&back, "deposits", "late", "1.00").await),
        (403, "player_excluded")
    );
    // What was admitted is settled, one way or the other.
    let admitted: Vec<_> = told
        .iter()
        .filter(|(_, _, status)| *status == Status::Ok)
        .map(|(bet, ..)| bet)
        .collect();
    for (at, bet) in admitted.iter().enumerate() {
        let reply = if at % 2 == 0 {
            edges[0].win(&seat, &Win::of(bet, 2 * EUR)).await
        } else {
            edges[0]
                .rollback(&seat, &Rollback::of(&bet.transaction, &bet.round))
                .await
        };
        assert!(reply.unwrap().is_ok(), "{bet:?}");
    }
    let won = admitted.len().div_ceil(2);
    let paid_in = deposits.iter().filter(|(_, status)| *status == 201).count();
    assert_eq!(back.total().await, format!("{}.00", 1_000 + won + paid_in));
    assert_eq!(moved(&back, "withdrawals", "out", "1000.00").await.status, 201);
    books::audit(house).await;
}

#[tokio::test]
async fn money_18_no_bet_that_is_made_after_an_exclusions_answer_is_taken_in_any_of_several_processes() {
    let house = House::composed(Composition::Together, |_| {}).await;
    let other = House::over(house.local.clone(), Composition::Together, |_| {}).await;
    nothing_gets_past(&house, &[&house.provider, &other.provider]).await;
}

#[tokio::test]
async fn money_18_no_bet_that_is_made_after_an_exclusions_answer_is_taken_with_the_roles_apart() {
    let house = House::composed(Composition::Apart, |_| {}).await;
    let other = House::over(house.local.clone(), Composition::Apart, |_| {}).await;
    nothing_gets_past(&house, &[&house.provider, &other.provider]).await;
}

#[tokio::test]
async fn money_18_no_bet_that_is_made_after_an_exclusions_answer_is_taken_while_redis_is_away() {
    let house = House::composed(Composition::Together, |config| {
        config.redis.url.0 = "redis://127.0.0.1:1".to_owned();
    })
    .await;
    nothing_gets_past(&house, &[&house.provider]).await;
}

#[tokio::test]
async fn money_18_with_the_roles_apart_and_redis_away_an_operators_exclusion_is_known_to_the_next_bet() {
    let house = House::composed(Composition::Together, |_| {}).await;
    // Enforcing, roles apart take no bet at all without Redis.
    let apart = House::over(house.local.clone(), Composition::Apart, |config| {
        config.enforcement = Mode::Observe;
        config.redis.url.0 = "redis://127.0.0.1:1".to_owned();
    })
    .await;
    let (_, seat) = house.player(&house.aurora, "alice", "100.00").await;
    let status = async |edge: &House, round: &str| {
        let reply = edge.provider.bet(&seat, &Bet::new(round, EUR)).await.unwrap();
        reply.status
    };
    assert_eq!(status(&house, "before").await, Some(Status::Ok));
    assert_eq!(status(&apart, "before-apart").await, Some(Status::Ok));
    let pool = house.brand_pool(2).await;
    let nowhere = RedisLink::new("redis://127.0.0.1:1").unwrap();
    let revocations = Revocations::new(pool.clone(), nowhere, Clock::system());
    let account = AccountName::parse("alice").unwrap();
    PlayerStanding::new(pool, revocations, Clock::system())
        .exclude(
            &Desk::of(&house).await.aurora,
            Whom::Account(&account),
            (ExclusionKind::TimeOut, Length::Days(1)),
            AskedBy::Operator,
        )
        .await
        .unwrap()
        .unwrap();
    for edge in [&apart, &house] {
        assert_eq!(status(edge, "after").await, Some(Status::UserDisabled));
    }
    books::audit(&house).await;
}

#[tokio::test]
async fn a_deposit_waits_for_an_exclusion_that_is_being_made_and_is_refused_by_it() {
    let house = House::open().await;
    let alice = house.guest(&house.aurora, "alice").await;
    let mut watching = PgConnection::connect(&house.local.owner_url).await.unwrap();
    // As the exclusion's transaction has it just before it commits.
    let mut deciding = house.rows_of(1).await;
    for statement in [
        "SELECT FROM player WHERE account = 'alice' FOR UPDATE",
        "UPDATE player SET exclusion = 'time_out', excluded_until = now() + interval '1 day' WHERE account = 'alice'",
    ] {
        sqlx::query(statement).execute(&mut *deciding).await.unwrap();
    }
    let deposit = moved(&alice, "deposits", "d", "5.00");
    let decision = async {
        until("the deposit waits", async || {
            let waiting = "SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted AND pid IN (SELECT pid FROM pg_stat_activity WHERE datname = current_database())";
            sqlx::query_scalar::<_, i64>(waiting).fetch_one(&mut watching).await.unwrap() > 0
        })
        .await;
        deciding.commit().await.unwrap();
    };
    let (deposit, ()) = tokio::join!(deposit, decision);
    assert_eq!(said(&deposit), (403, "player_excluded"));
    assert_eq!(alice.total().await, "0.00");
}
