//! Calls in an order that nobody meant, and at the same time.

use croupier_game::hub88::{
    Status,
    simulator::{Bet, Rollback, Win},
};
use futures_util::future::join_all;

use super::{Table, ok, refused, told};
use crate::{
    books::{number, written},
    harness::EUR,
};

#[tokio::test]
async fn money_13_a_rollback_before_its_bet_takes_the_bets_money_away() {
    let table = Table::open().await;
    let late = Bet::new("r", 10 * EUR);
    assert_eq!(table.undo(&late).await, ok(100));
    let neutral = refused(Status::TransactionDoesNotExist, 100);
    assert_eq!(table.bet(&late).await, neutral);
    assert_eq!(table.bet(&late).await, neutral, "and again");
    assert_eq!(
        table
            .bet(&Bet {
                amount: EUR,
                ..late.clone()
            })
            .await,
        refused(Status::DuplicateTransaction, 100)
    );
    assert_eq!(
        table.win(&Win::of(&late, 50 * EUR)).await,
        neutral,
        "nothing is won with it"
    );
    assert_eq!(
        table.undo(&late).await,
        ok(100),
        "another rollback gives nothing back"
    );
    // The id was rolled back for alice. Bob's bet of that id is bob's, if alice's never came.
    let (_, bobs) = table.house.player(&table.house.aurora, "bob", "50.00").await;
    let shared = Bet::new("r", 5 * EUR);
    assert_eq!(table.undo(&shared).await, ok(100));
    assert_eq!(told(table.house.provider.bet(&bobs, &shared).await), ok(45));
    assert_eq!(
        table.bet(&shared).await,
        refused(Status::DuplicateTransaction, 100)
    );
    table.close("100.00").await;
}

#[tokio::test]
async fn money_13_a_rollback_before_its_win_takes_the_wins_money_away() {
    let table = Table::open().await;
    let bet = Bet::new("r", 10 * EUR);
    let late = Win::of(&bet, 50 * EUR);
    assert_eq!(table.bet(&bet).await, ok(90));
    assert_eq!(
        table.rollback(&Rollback::of(&late.transaction, "r")).await,
        ok(90)
    );
    assert_eq!(table.win(&late).await, ok(90), "accepted, and nothing was paid");
    assert_eq!(table.win(&late).await, ok(90));
    assert_eq!(
        table.win(&Win::of(&bet, EUR)).await,
        ok(91),
        "another win of the bet is paid"
    );
    table.close("91.00").await;
}

#[tokio::test]
async fn money_14_what_was_rolled_back_is_rolled_back_once() {
    let table = Table::open().await;
    let bet = Bet::new("r", 10 * EUR);
    table.bet(&bet).await;
    let rollback = Rollback::of(&bet.transaction, "r");
    assert_eq!(
        (table.rollback(&rollback).await, table.rollback(&rollback).await),
        (ok(100), ok(100))
    );
    for _ in 0..3 {
        assert_eq!(table.undo(&bet).await, ok(100), "under a new id");
    }
    assert_eq!(
        table.bet(&bet).await,
        ok(90),
        "the bet keeps its first answer, and is not taken again"
    );
    assert_eq!(
        table.win(&Win::of(&bet, EUR)).await,
        refused(Status::TransactionDoesNotExist, 100)
    );
    // Twenty rollbacks at once, of five ids each four times.
    let bet = Bet::new("r", 10 * EUR);
    table.bet(&bet).await;
    let rollbacks: Vec<_> = (0..5).map(|_| Rollback::of(&bet.transaction, "r")).collect();
    let replies = join_all((0..20).map(|at| table.rollback(&rollbacks[at % 5]))).await;
    assert!(replies.iter().all(|reply| *reply == ok(100)), "{replies:?}");
    table.close("100.00").await;
}

#[tokio::test]
async fn money_14_a_rollback_that_races_its_bet_leaves_nothing_taken() {
    let table = Table::open().await;
    let (mut first, mut second) = (0, 0);
    for turn in 0..30 {
        let bet = Bet::new("r", 10 * EUR);
        let rollback = Rollback::of(&bet.transaction, "r");
        let (told_bet, told_rollback) = if turn % 2 == 0 {
            tokio::join!(table.bet(&bet), table.rollback(&rollback))
        } else {
            let (rollback, bet) = tokio::join!(table.rollback(&rollback), table.bet(&bet));
            (bet, rollback)
        };
        assert_eq!(told_rollback, ok(100), "turn {turn}");
        match told_bet {
            (Status::Ok, _) => first += 1,
            (Status::TransactionDoesNotExist, _) => second += 1,
            other => panic!("turn {turn}: {other:?}"),
        }
        assert_eq!(table.alice.total().await, "100.00", "turn {turn}: {told_bet:?}");
    }
    let bets = number(
        &table.house,
        1,
        "SELECT count(*) FROM wallet_ledger WHERE kind = 'bet'",
    )
    .await;
    let reversed = number(
        &table.house,
        1,
        "SELECT count(*) FROM wallet_ledger WHERE kind = 'rollback'",
    )
    .await;
    assert_eq!((bets, reversed, first + second), (first, first, 30));
    table.close("100.00").await;
}

#[tokio::test]
async fn money_14_a_bet_its_win_and_its_rollback_at_once_add_up_to_what_was_told() {
    let table = Table::open().await;
    let mut expected = 100;
    for turn in 0..30 {
        let bet = Bet::new("r", 2 * EUR);
        let win = Win::of(&bet, 3 * EUR);
        let (taken, won, undone) = tokio::join!(table.bet(&bet), table.win(&win), table.undo(&bet));
        assert_eq!(undone.0, Status::Ok, "turn {turn}");
        assert!(
            matches!(won.0, Status::Ok | Status::TransactionDoesNotExist),
            "turn {turn}: {won:?}"
        );
        assert!(
            matches!(taken.0, Status::Ok | Status::TransactionDoesNotExist),
            "turn {turn}: {taken:?}"
        );
        // The stake is back in any case; a win that was told is paid.
        expected += if won.0 == Status::Ok { 3 } else { 0 };
        assert_eq!(
            table.alice.total().await,
            format!("{expected}.00"),
            "turn {turn}: {taken:?} {won:?}"
        );
    }
    table.close(&format!("{expected}.00")).await;
}

#[tokio::test]
async fn money_15_the_rollback_of_a_refused_bet_gives_nothing() {
    let table = Table::open().await;
    let greedy = Bet::new("r", 1_000 * EUR);
    assert_eq!(table.bet(&greedy).await, refused(Status::NotEnoughMoney, 100));
    for _ in 0..2 {
        assert_eq!(table.undo(&greedy).await, ok(100));
    }
    table.deposit("more", "2000.00").await;
    assert_eq!(
        table.bet(&greedy).await,
        refused(Status::NotEnoughMoney, 2_100),
        "and it stays refused"
    );
    // Refused at the door, so the wallet never heard of it: its rollback is remembered.
    table.sql("UPDATE player SET status = 'blocked'").await;
    let blocked = Bet::new("r", EUR);
    assert_eq!(table.bet(&blocked).await, (Status::UserDisabled, None));
    assert_eq!(table.undo(&blocked).await, ok(2_100));
    table.sql("UPDATE player SET status = 'active'").await;
    assert_eq!(
        table.bet(&blocked).await,
        refused(Status::TransactionDoesNotExist, 2_100)
    );
    table.close("2100.00").await;
}

#[tokio::test]
async fn money_17_the_rollback_of_a_settled_bet_leaves_its_win() {
    let table = Table::open().await;
    let bet = Bet::new("r", 10 * EUR);
    let win = Win::of(&bet, 25 * EUR);
    assert_eq!((table.bet(&bet).await, table.win(&win).await), (ok(90), ok(115)));
    assert_eq!(table.undo(&bet).await, ok(125));
    assert_eq!(table.win(&win).await, ok(115), "the win keeps its answer");
    assert_eq!(
        table.win(&Win::of(&bet, EUR)).await,
        refused(Status::TransactionDoesNotExist, 125),
        "no new one"
    );
    assert_eq!(
        table.rollback(&Rollback::of(&win.transaction, "r")).await,
        ok(100),
        "until its own rollback"
    );
    table.close("100.00").await;
}

#[tokio::test]
async fn money_17_a_win_that_was_spent_is_rolled_back_when_the_money_is_there() {
    let table = Table::open().await;
    let bet = Bet::new("r", 10 * EUR);
    let win = Win::of(&bet, 50 * EUR);
    assert_eq!((table.bet(&bet).await, table.win(&win).await), (ok(90), ok(140)));
    assert_eq!(table.bet(&Bet::new("r2", 130 * EUR)).await, ok(10));
    let rollback = Rollback::of(&win.transaction, "r");
    let before = written(&table.house, 1).await;
    for _ in 0..2 {
        assert_eq!(
            table.rollback(&rollback).await,
            refused(Status::NotEnoughMoney, 10)
        );
    }
    assert_eq!(written(&table.house, 1).await, before, "not decided for good");
    table.deposit("more", "45.00").await;
    assert_eq!(
        (table.rollback(&rollback).await, table.rollback(&rollback).await),
        (ok(5), ok(5))
    );
    table.close("5.00").await;
}

#[tokio::test]
async fn a_rollback_undoes_nothing_but_ones_own_play() {
    let table = Table::open().await;
    let (bob, bobs) = table.house.player(&table.house.aurora, "bob", "50.00").await;
    let theirs = Bet::new("r", 10 * EUR);
    assert_eq!(told(table.house.provider.bet(&bobs, &theirs).await), ok(40));
    assert_eq!(table.undo(&theirs).await, ok(100), "alice has no such bet");
    assert_eq!(bob.total().await, "40.00");
    assert_eq!(
        told(table.house.provider.win(&bobs, &Win::of(&theirs, EUR)).await),
        ok(41),
        "bob's stands"
    );
    // Deposits and withdrawals are another source's, by whatever id.
    assert_eq!(table.rollback(&Rollback::of("float", "r")).await, ok(100));
    let bet = Bet::new("r", 10 * EUR);
    table.bet(&bet).await;
    let undo = Rollback::of(&bet.transaction, "r");
    assert_eq!(table.rollback(&undo).await, ok(100));
    let of_undo = table.rollback(&Rollback::of(&undo.transaction, "r")).await;
    assert_eq!(
        of_undo,
        refused(Status::TransactionDoesNotExist, 100),
        "a rollback is not undone"
    );
    let itself = Rollback {
        transaction: "self".to_owned(),
        ..Rollback::of("self", "r")
    };
    assert_eq!(table.rollback(&itself).await, (Status::WrongSyntax, None));
    table.close("100.00").await;
}
