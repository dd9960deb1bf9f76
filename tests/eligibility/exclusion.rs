//! Time-outs and self-exclusions: what they keep from, for how long, and whose they are.

use croupier_game::hub88::{
    Status,
    simulator::{Bet, Rollback, Win},
};
use croupier_player::Length;
use serde_json::Value;

use super::*;
use crate::{
    books::{self, number, sql},
    harness::EUR,
};

async fn me(guest: &Guest) -> Answer {
    guest.casino.get("/api/v1/me", Some(&guest.token)).await.unwrap()
}

async fn bet(house: &House, seat: &croupier_game::hub88::simulator::Launch, bet: &Bet) -> Status {
    house.provider.bet(seat, bet).await.unwrap().status.unwrap()
}

#[tokio::test]
async fn money_18_who_keeps_out_plays_nothing_and_brings_nothing_in_and_takes_out_what_is_theirs() {
    let house = House::open().await;
    let (alice, seat) = house.player(&house.aurora, "alice", "100.00").await;
    let (namesake, theirs) = house.player(&house.bonanza, "alice", "100.00").await;
    let (won, undone) = (Bet::new("r1", 10 * EUR), Bet::new("r2", 10 * EUR));
    for stake in [&won, &undone] {
        assert_eq!(bet(&house, &seat, stake).await, Status::Ok);
    }
    let other = again(&alice, "alice").await;
    let kept_out = keep_out(&alice, "time_out", "7d").await;
    assert_eq!(kept_out.status, 201, "{kept_out:?}");
    assert_eq!(kept_out.text("kind"), "time_out");
    for guest in [&alice, &other] {
        assert_eq!(
            said(&me(guest).await),
            (401, "unauthenticated"),
            "signed out everywhere"
        );
        assert_eq!(house.aurora.refresh(&guest.refresh).await.unwrap().status, 401);
    }
    let back = again(&alice, "alice").await;
    let shown = me(&back).await;
    assert_eq!(shown.text("status"), "active");
    assert_eq!(shown.body["exclusion"], kept_out.body);

    assert_eq!(
        said(&back.open_game("northern-lights").await),
        (403, "player_excluded")
    );
    assert_eq!(
        said(&back.open_game("no-such-game").await),
        (403, "player_excluded"),
        "who may not play learns nothing of games"
    );
    assert_eq!(
        said(&moved(&back, "deposits", "d", "5.00").await),
        (403, "player_excluded")
    );
    assert_eq!(
        bet(&house, &seat, &Bet::new("r3", EUR)).await,
        Status::UserDisabled
    );
    assert_eq!(
        moved(&back, "deposits", "float", "100.00").await.status,
        201,
        "what was decided before is told again"
    );

    // What was bet before is settled or given back, and the money goes out.
    let reply = house.provider.win(&seat, &Win::of(&won, 30 * EUR)).await.unwrap();
    assert!(reply.is_ok(), "{reply:?}");
    let undo = Rollback::of(&undone.transaction, "r2");
    assert!(house.provider.rollback(&seat, &undo).await.unwrap().is_ok());
    assert_eq!(back.total().await, "120.00");
    assert_eq!(moved(&back, "withdrawals", "w", "120.00").await.status, 201);

    // Of all that nothing is the namesake's.
    assert_eq!(me(&namesake).await.body["exclusion"], Value::Null);
    assert_eq!(bet(&house, &theirs, &Bet::new("r1", EUR)).await, Status::Ok);
    assert_eq!(moved(&namesake, "deposits", "d", "5.00").await.status, 201);

    // It is over by the clock alone.
    sql(&house, 1, "UPDATE player SET excluded_until = now()").await;
    assert_eq!(me(&back).await.body["exclusion"], Value::Null);
    assert_eq!(back.open_game("northern-lights").await.status, 201);
    assert_eq!(
        moved(&back, "deposits", "d", "5.00").await.status,
        201,
        "the refusal was no decision about the key"
    );
    assert_eq!(bet(&house, &seat, &Bet::new("r3", EUR)).await, Status::Ok);
    books::audit(&house).await;
}

#[tokio::test]
async fn an_exclusion_is_made_longer_and_never_shorter_and_all_of_it_is_kept() {
    let house = House::open().await;
    let mut alice = house.guest(&house.aurora, "alice").await;
    for (kind, length, expected) in [
        ("time_out", "2d", (201, "")),
        ("time_out", "1d", (409, "exclusion_not_shortened")),
        ("time_out", "2d", (201, "")),
        ("self_exclusion", "184d", (201, "")),
        ("time_out", "42d", (409, "exclusion_not_shortened")),
        ("self_exclusion", "for_good", (201, "")),
        ("self_exclusion", "1826d", (409, "exclusion_not_shortened")),
        ("self_exclusion", "for_good", (201, "")),
    ] {
        let answer = keep_out(&alice, kind, length).await;
        assert_eq!(said(&answer), expected, "{kind} {length}: {answer:?}");
        if answer.status == 201 {
            alice = again(&alice, "alice").await;
        } else {
            assert_eq!(me(&alice).await.status, 200, "a refusal signs nobody out");
        }
    }
    let shown = me(&alice).await;
    assert_eq!(shown.body["exclusion"]["kind"], "self_exclusion");
    assert_eq!(shown.body["exclusion"]["until"], Value::Null);
    let rows = "SELECT count(*) FROM player_exclusion WHERE asked_by = 'player'";
    assert_eq!(
        number(&house, 1, rows).await,
        4,
        "for good again is no other exclusion"
    );
    // An operator shortens nothing either.
    let desk = Desk::of(&house).await;
    let account = AccountName::parse("alice").unwrap();
    let shorter = desk
        .standing
        .exclude(
            &desk.aurora,
            Whom::Account(&account),
            (ExclusionKind::TimeOut, Length::Days(1)),
            AskedBy::Operator,
        )
        .await
        .unwrap();
    assert!(shorter.is_err(), "{shorter:?}");
}

#[tokio::test]
async fn an_exclusion_that_is_over_leaves_the_next_as_short_as_any() {
    let house = House::open().await;
    let alice = house.guest(&house.aurora, "alice").await;
    assert_eq!(keep_out(&alice, "time_out", "42d").await.status, 201);
    sql(&house, 1, "UPDATE player SET excluded_until = now()").await;
    let alice = again(&alice, "alice").await;
    assert_eq!(keep_out(&alice, "time_out", "1d").await.status, 201);
}

#[tokio::test]
async fn what_is_no_exclusion_changes_nothing() {
    let house = House::open().await;
    let alice = house.guest(&house.aurora, "alice").await;
    for (kind, length, field) in [
        ("time_out", "43d", "length"),
        ("time_out", "0d", "length"),
        ("time_out", "for_good", "length"),
        ("self_exclusion", "183d", "length"),
        ("self_exclusion", "1827d", "length"),
        ("self_exclusion", "99999999999999999999d", "length"),
        ("holiday", "1d", "kind"),
    ] {
        let answer = keep_out(&alice, kind, length).await;
        assert_eq!(said(&answer), (422, "invalid_fields"), "{kind} {length}");
        assert_eq!(answer.faulty_fields(), [field], "{kind} {length}");
    }
    assert_eq!(me(&alice).await.body["exclusion"], Value::Null);
    assert_eq!(
        number(&house, 1, "SELECT count(*) FROM player_exclusion").await,
        0
    );
}

#[tokio::test]
async fn the_houses_decision_is_said_before_the_players_own() {
    let house = House::open().await;
    let (alice, seat) = house.player(&house.aurora, "alice", "10.00").await;
    let desk = Desk::of(&house).await;
    desk.exclude("alice", Length::ForGood).await;
    desk.status("alice", PlayerStatus::Blocked).await;
    assert_eq!(
        bet(&house, &seat, &Bet::new("r", EUR)).await,
        Status::UserDisabled
    );
    let refused = house.aurora.sign_in("alice", PASSWORD).await.unwrap();
    assert_eq!(said(&refused), (403, "player_blocked"));
    // Reopened, the player keeps out all the same.
    desk.status("alice", PlayerStatus::Active).await;
    let back = again(&alice, "alice").await;
    assert_eq!(
        said(&moved(&back, "deposits", "d", "5.00").await),
        (403, "player_excluded")
    );
    assert_eq!(moved(&back, "withdrawals", "w", "5.00").await.status, 201);
}
