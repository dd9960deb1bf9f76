//! What changed since the launch: the clock, the player, the session, the game, the brand.

use croupier_game::hub88::{
    Status,
    simulator::{Bet, Rollback, Win},
};

use super::{Table, Told, ok, silent, told};
use crate::{
    books::{self, written},
    harness::EUR,
};

/// A bet that is open and one that is undone later, both of 10.00: 80.00 are left.
async fn opened(table: &Table) -> [Bet; 2] {
    let bets = [Bet::new("r", 10 * EUR), Bet::new("r2", 10 * EUR)];
    for bet in &bets {
        assert_eq!(table.bet(bet).await.0, Status::Ok);
    }
    bets
}

/// Bets are refused with this, and all that was bet before is settled or given back.
async fn only_bets_stop(table: Table, bets: [Bet; 2], why: Told) {
    let [open, undone] = bets;
    let before = written(&table.house, 1).await;
    for _ in 0..2 {
        let fresh = Bet {
            transaction: "fresh".to_owned(),
            ..Bet::new("r3", EUR)
        };
        assert_eq!(table.bet(&fresh).await, why);
        assert_eq!(
            table
                .bet(&Bet {
                    transaction: "nothing".to_owned(),
                    ..Bet::new("r3", 0)
                })
                .await,
            why,
            "a bet of nothing is a bet"
        );
        assert_eq!(
            table
                .bet(&Bet {
                    is_free: true,
                    ..fresh
                })
                .await,
            why,
            "a free one too"
        );
    }
    assert_eq!(
        written(&table.house, 1).await,
        before,
        "a refusal at the door is not a decision"
    );
    assert_eq!(told(table.house.provider.balance(&table.seat).await), ok(80));
    let win = Win::of(&open, 25 * EUR);
    assert_eq!((table.win(&win).await, table.win(&win).await), (ok(105), ok(105)));
    assert_eq!(table.win(&Win::of(&open, 0)).await, ok(105));
    let rollback = Rollback::of(&undone.transaction, "r2");
    assert_eq!(
        (table.rollback(&rollback).await, table.rollback(&rollback).await),
        (ok(115), ok(115))
    );
    assert_eq!(table.rollback(&Rollback::of(&win.transaction, "r")).await, ok(90));
    assert!(table.house.provider.info(&table.seat.user).await.unwrap().is_ok());
    books::audit(&table.house).await;
}

#[tokio::test]
async fn money_18_after_the_launch_is_over() {
    let table = Table::open().await;
    let bets = opened(&table).await;
    table.sql("UPDATE game_session SET expires_at = created_at").await;
    only_bets_stop(table, bets, silent(Status::TokenExpired)).await;
}

#[tokio::test]
async fn money_18_after_the_player_was_blocked() {
    let table = Table::open().await;
    let bets = opened(&table).await;
    table.sql("UPDATE player SET status = 'blocked'").await;
    only_bets_stop(table, bets, silent(Status::UserDisabled)).await;
}

#[tokio::test]
async fn money_18_after_the_player_left_for_good() {
    let table = Table::open().await;
    let bets = opened(&table).await;
    table.sql("UPDATE player SET status = 'closed'").await;
    only_bets_stop(table, bets, silent(Status::UserDisabled)).await;
}

#[tokio::test]
async fn money_18_during_maintenance() {
    let table = Table::open().await;
    let bets = opened(&table).await;
    table.brand_is("maintenance").await;
    only_bets_stop(table, bets, silent(Status::InvalidPartner)).await;
}

#[tokio::test]
async fn money_18_after_the_brand_was_suspended() {
    let table = Table::open().await;
    let bets = opened(&table).await;
    table.brand_is("suspended").await;
    only_bets_stop(table, bets, silent(Status::InvalidPartner)).await;
}

#[tokio::test]
async fn money_18_after_the_game_was_taken_off_the_brand() {
    let table = Table::open().await;
    let bets = opened(&table).await;
    table
        .sql("UPDATE brand_game SET enabled = false WHERE brand_id = 1 AND game_id = 'northern-lights'")
        .await;
    only_bets_stop(table, bets, silent(Status::InvalidGame)).await;
}

#[tokio::test]
async fn money_18_after_the_provider_withdrew_the_game() {
    let table = Table::open().await;
    let bets = opened(&table).await;
    table
        .sql("UPDATE game SET status = 'disabled' WHERE game_id = 'northern-lights'")
        .await;
    only_bets_stop(table, bets, silent(Status::InvalidGame)).await;
}

#[tokio::test]
async fn money_18_after_signing_out_a_launch_goes_on() {
    let table = Table::open().await;
    let bet = Bet::new("r", 10 * EUR);
    assert_eq!(table.bet(&bet).await, ok(90));
    let out = table
        .alice
        .casino
        .request(http::Method::DELETE, "/api/v1/sessions/current")
        .bearer_auth(&table.alice.token);
    assert_eq!(table.alice.casino.send(out).await.unwrap().status, 204);
    assert_eq!(
        table.alice.open_game("northern-lights").await.status,
        401,
        "signed out"
    );
    assert_eq!(table.win(&Win::of(&bet, 20 * EUR)).await, ok(110));
    assert_eq!(table.undo(&bet).await, ok(120));
    books::audit(&table.house).await;
}

#[tokio::test]
async fn a_game_taken_off_one_brand_goes_on_at_the_other() {
    let table = Table::open().await;
    let (_, bonanzas) = table.house.player(&table.house.bonanza, "alice", "100.00").await;
    table
        .sql("UPDATE brand_game SET enabled = false WHERE brand_id = 1 AND game_id = 'northern-lights'")
        .await;
    assert_eq!(table.bet(&Bet::new("r", EUR)).await, silent(Status::InvalidGame));
    assert_eq!(
        told(table.house.provider.bet(&bonanzas, &Bet::new("r", EUR)).await),
        ok(99)
    );
    table
        .sql("UPDATE brand_game SET enabled = true WHERE brand_id = 1")
        .await;
    assert_eq!(table.bet(&Bet::new("r", EUR)).await, ok(99), "and comes back");
    table.close("99.00").await;
}
