//! Blocking, closing and reopening: whoever is signed in is signed out, everywhere, at once.

use croupier_brand::{redis_link::RedisLink, token::Revocations};
use croupier_player::{Changed, PlayerStanding, PlayerStatus, StandingRefusal};

use super::*;
use crate::harness::Guest;

/// What changes the standing of players of a house, and the scopes of its brands.
async fn standing(house: &House) -> (PlayerStanding, [BrandScope; 2]) {
    let direct = Direct::over(house, Clock::system()).await;
    let pool = house.owners_pool(4).await;
    let link = RedisLink::new(&house.local.redis_url).unwrap();
    let revocations = Revocations::new(pool.clone(), link, Clock::system());
    (
        PlayerStanding::new(pool, revocations, Clock::system()),
        direct.scopes,
    )
}

fn account(text: &str) -> AccountName {
    AccountName::parse(text).unwrap()
}

async fn me(casino: &Casino, token: &str) -> u16 {
    casino
        .get("/api/v1/me", Some(token))
        .await
        .unwrap()
        .status
        .as_u16()
}

async fn refresh(guest: &Guest) -> (u16, String) {
    let answer = guest.casino.refresh(&guest.refresh).await.unwrap();
    (answer.status.as_u16(), answer.code().to_owned())
}

async fn sign_in(casino: &Casino) -> (u16, String) {
    let answer = casino.sign_in("alice", PASSWORD).await.unwrap();
    (answer.status.as_u16(), answer.code().to_owned())
}

#[tokio::test]
async fn who_is_blocked_is_signed_out_everywhere_and_nobody_else_is() {
    let house = House::open().await;
    let other = House::over(house.local.clone(), Composition::Together, |_| {}).await;
    let (alice, bob) = (
        house.guest(&house.aurora, "alice").await,
        house.guest(&house.aurora, "bob").await,
    );
    let namesake = house.guest(&house.bonanza, "alice").await;
    let again = house.aurora.sign_in("alice", PASSWORD).await.unwrap();
    let tokens = [alice.token.as_str(), again.text("access_token")];
    for process in [&house, &other] {
        for token in tokens {
            assert_eq!(me(&process.aurora, token).await, 200);
        }
    }
    let (standing, [aurora, _]) = standing(&house).await;
    let blocked = standing
        .change(&aurora, &account("alice"), PlayerStatus::Blocked)
        .await
        .unwrap()
        .unwrap();
    let expected = Changed {
        from: PlayerStatus::Active,
        sessions: 2,
        known_everywhere: true,
    };
    assert_eq!(blocked, expected);
    for process in [&house, &other] {
        for token in tokens {
            assert_eq!(me(&process.aurora, token).await, 401);
            let moved = process
                .aurora
                .move_money("deposits", token, "k", "1.00")
                .await
                .unwrap();
            assert_eq!(moved.status, 401, "{moved:?}");
        }
    }
    assert_eq!(refresh(&alice).await, (401, "invalid_refresh_token".to_owned()));
    assert_eq!(sign_in(&house.aurora).await, (403, "player_blocked".to_owned()));
    for (guest, casino) in [(&bob, &house.aurora), (&namesake, &house.bonanza)] {
        assert_eq!(me(casino, &guest.token).await, 200);
        assert_eq!(refresh(guest).await.0, 201);
    }

    let reopened = standing
        .change(&aurora, &account("alice"), PlayerStatus::Active)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((reopened.from, reopened.sessions), (PlayerStatus::Blocked, 0));
    assert_eq!(sign_in(&house.aurora).await.0, 201);
    for token in tokens {
        assert_eq!(me(&house.aurora, token).await, 401, "what has ended stays so");
    }
    assert_eq!(refresh(&alice).await.0, 401);
}

#[tokio::test]
async fn who_is_closed_stays_so_and_who_is_not_there_is_said_not_to_be() {
    let house = House::open().await;
    let alice = house.guest(&house.aurora, "alice").await;
    house.guest(&house.bonanza, "carol").await;
    let (standing, [aurora, _]) = standing(&house).await;
    for _ in 0..2 {
        let closed = standing
            .change(&aurora, &account("alice"), PlayerStatus::Closed)
            .await
            .unwrap();
        assert!(closed.is_ok(), "{closed:?}");
    }
    assert_eq!(me(&house.aurora, &alice.token).await, 401);
    assert_eq!(sign_in(&house.aurora).await, (403, "player_closed".to_owned()));
    for to in [PlayerStatus::Active, PlayerStatus::Blocked] {
        let refused = standing.change(&aurora, &account("alice"), to).await.unwrap();
        assert_eq!(refused, Err(StandingRefusal::ClosedForGood));
    }
    // Another brand's player is nobody here.
    for nobody in ["carol", "nobody"] {
        let refused = standing
            .change(&aurora, &account(nobody), PlayerStatus::Blocked)
            .await
            .unwrap();
        assert_eq!(refused, Err(StandingRefusal::NoSuchPlayer), "{nobody}");
    }
    assert_eq!(
        house.bonanza.sign_in("carol", PASSWORD).await.unwrap().status,
        201
    );
}

#[tokio::test]
async fn no_sign_in_and_no_refresh_gets_past_a_block_that_it_meets() {
    let house = House::open().await;
    let (standing, [aurora, _]) = standing(&house).await;
    house.guest(&house.aurora, "alice").await;
    for round in 0..4 {
        let sessions = join_all((0..4).map(|_| house.aurora.sign_in("alice", PASSWORD))).await;
        let guests: Vec<Guest> = sessions
            .into_iter()
            .map(|session| {
                let session = session.unwrap();
                Guest {
                    casino: house.aurora.clone(),
                    id: String::new(),
                    token: session.text("access_token").to_owned(),
                    refresh: session.text("refresh_token").to_owned(),
                    password: PASSWORD.to_owned(),
                }
            })
            .collect();
        let sign_ins = join_all((0..4).map(|_| house.aurora.sign_in("alice", PASSWORD)));
        let refreshes = join_all(guests.iter().map(|guest| guest.casino.refresh(&guest.refresh)));
        let block = async {
            tokio::time::sleep(std::time::Duration::from_millis(3 * round)).await;
            standing
                .change(&aurora, &account("alice"), PlayerStatus::Blocked)
                .await
                .unwrap()
                .unwrap()
        };
        let (sign_ins, refreshes, _) = tokio::join!(sign_ins, refreshes, block);
        for answer in sign_ins.into_iter().chain(refreshes) {
            let answer = answer.unwrap();
            match answer.status.as_u16() {
                201 => assert_eq!(
                    me(&house.aurora, answer.text("access_token")).await,
                    401,
                    "it came before the block and ended with it"
                ),
                status => assert!([401, 403].contains(&status), "{answer:?}"),
            }
        }
        for guest in &guests {
            assert_eq!(me(&house.aurora, &guest.token).await, 401);
        }
        standing
            .change(&aurora, &account("alice"), PlayerStatus::Active)
            .await
            .unwrap()
            .unwrap();
    }
}

#[tokio::test]
async fn who_is_blocked_while_redis_is_away_is_out_in_every_process_that_asks_the_database() {
    // Between processes nothing is changed without Redis: whether a call is a repeat cannot be told.
    let house = House::composed(Composition::Together, |config| {
        config.redis.url.0 = "redis://127.0.0.1:1".to_owned();
    })
    .await;
    let alice = house.guest(&house.aurora, "alice").await;
    assert_eq!(me(&house.aurora, &alice.token).await, 200);
    let (_, [aurora, _]) = standing(&house).await;
    let pool = house.owners_pool(2).await;
    let nowhere = RedisLink::new("redis://127.0.0.1:1").unwrap();
    let revocations = Revocations::new(pool.clone(), nowhere, Clock::system());
    let blocked = PlayerStanding::new(pool, revocations, Clock::system())
        .change(&aurora, &account("alice"), PlayerStatus::Blocked)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((blocked.sessions, blocked.known_everywhere), (1, false));
    assert_eq!(me(&house.aurora, &alice.token).await, 401);
}
