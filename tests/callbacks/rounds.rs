//! What a round may be made of.

use croupier_game::hub88::{
    Status,
    simulator::{Bet, Rollback, Win, bet_body, win_body},
};
use serde_json::Value;

use super::{Table, at_game, ok, refused, silent, told, with};
use crate::{
    books::{number, written},
    harness::EUR,
};

#[tokio::test]
async fn money_30_a_round_has_as_many_bets_and_wins_as_it_has() {
    let table = Table::open().await;
    let bets: Vec<_> = (1..=5).map(|euros| Bet::new("r", euros * EUR)).collect();
    let mut balance = 100;
    for bet in &bets {
        balance -= bet.amount / EUR;
        assert_eq!(table.bet(bet).await, ok(balance));
    }
    // Two bets of the same amount are two bets.
    assert_eq!(table.bet(&Bet::new("r", 5 * EUR)).await, ok(80));
    for (bet, euros, balance) in [(0, 10, 90), (0, 10, 100), (3, 0, 100), (4, 7, 107)] {
        assert_eq!(table.win(&Win::of(&bets[bet], euros * EUR)).await, ok(balance));
    }
    assert_eq!(table.undo(&bets[1]).await, ok(109));
    assert_eq!(
        table.bet(&Bet::new("r", 9 * EUR)).await,
        ok(100),
        "a bet after the round's wins"
    );
    let sums = "SELECT sum(CASE kind WHEN 'bet' THEN -amount ELSE amount END)::bigint FROM wallet_ledger WHERE round_id = 'r'";
    assert_eq!(number(&table.house, 1, sums).await, 0);
    table.close("100.00").await;
}

#[tokio::test]
async fn a_win_may_name_another_round_or_game_than_its_bet_and_must_name_its_bet() {
    let table = Table::open().await;
    let bet = Bet::new("r", 10 * EUR);
    assert_eq!(table.bet(&bet).await, ok(90));
    let elsewhere = at_game(&table.seat, "clt_harbourroulette");
    assert_eq!(
        told(table.house.provider.win(&elsewhere, &Win::of(&bet, EUR)).await),
        ok(91)
    );
    assert_eq!(
        table
            .win(&Win {
                round: "r-next".to_owned(),
                ..Win::of(&bet, EUR)
            })
            .await,
        ok(92)
    );
    let body = with(
        win_body(&table.seat, &Win::of(&bet, EUR)),
        "reference_transaction_uuid",
        Value::Null,
    );
    assert_eq!(
        table.send("/transaction/win", &body).await,
        silent(Status::WrongSyntax)
    );
    table.close("92.00").await;
}

#[tokio::test]
async fn a_win_of_no_bet_or_of_another_players_pays_nothing() {
    let table = Table::open().await;
    let (bob, bobs) = table.house.player(&table.house.aurora, "bob", "50.00").await;
    let theirs = Bet::new("r", 10 * EUR);
    assert_eq!(told(table.house.provider.bet(&bobs, &theirs).await), ok(40));
    let own = Bet::new("r", 10 * EUR);
    let won = Win::of(&own, EUR);
    assert_eq!((table.bet(&own).await, table.win(&won).await), (ok(90), ok(91)));
    let undo = Rollback::of("nothing", "r");
    assert_eq!(table.rollback(&undo).await, ok(91));
    for (what, reference) in [
        ("nothing", "unknown"),
        ("another player's bet", theirs.transaction.as_str()),
        ("a win", &won.transaction),
        ("a rollback", &undo.transaction),
        ("a deposit", "float"),
    ] {
        let win = Win {
            reference: Some(reference.to_owned()),
            ..Win::of(&own, 50 * EUR)
        };
        for _ in 0..2 {
            assert_eq!(
                table.win(&win).await,
                refused(Status::TransactionDoesNotExist, 91),
                "{what}"
            );
        }
    }
    let of_itself = Win {
        transaction: "self".to_owned(),
        reference: Some("self".to_owned()),
        ..Win::of(&own, 50 * EUR)
    };
    assert_eq!(
        table.win(&of_itself).await,
        refused(Status::TransactionDoesNotExist, 91)
    );
    assert_eq!(bob.total().await, "40.00");
    assert_eq!(
        told(table.house.provider.win(&bobs, &Win::of(&theirs, EUR)).await),
        ok(41),
        "bob's bet is as it was"
    );
    table.close("91.00").await;
}

#[tokio::test]
async fn a_bet_of_nothing_and_a_win_of_nothing_are_calls_like_others() {
    let table = Table::open().await;
    let bet = Bet::new("r", 0);
    let lost = Win::of(&bet, 0);
    assert_eq!(
        (table.bet(&bet).await, table.win(&lost).await),
        (ok(100), ok(100))
    );
    assert_eq!(
        (table.bet(&bet).await, table.win(&lost).await),
        (ok(100), ok(100))
    );
    assert_eq!(
        table
            .bet(&Bet {
                amount: EUR,
                ..bet.clone()
            })
            .await,
        refused(Status::DuplicateTransaction, 100)
    );
    assert_eq!(table.undo(&bet).await, ok(100));
    assert_eq!(written(&table.house, 1).await, (4, 4), "each once in the journal");
    // With no money at all.
    let poor = table.house.guest(&table.house.aurora, "poor").await;
    let seat = poor.launch("northern-lights").await;
    let bet = Bet::new("r", 0);
    assert_eq!(told(table.house.provider.bet(&seat, &bet).await), ok(0));
    assert_eq!(
        told(table.house.provider.bet(&seat, &Bet::new("r", 1_000)).await),
        refused(Status::NotEnoughMoney, 0)
    );
    assert_eq!(
        told(table.house.provider.win(&seat, &Win::of(&bet, 2 * EUR)).await),
        ok(2)
    );
    table.close("100.00").await;
}

#[tokio::test]
async fn a_free_bet_takes_nothing_and_its_win_is_paid() {
    let table = Table::open().await;
    let free = Bet {
        is_free: true,
        ..Bet::new("r", 500 * EUR)
    };
    assert_eq!(
        (table.bet(&free).await, table.bet(&free).await),
        (ok(100), ok(100))
    );
    assert_eq!(
        table
            .bet(&Bet {
                amount: 400 * EUR,
                ..free.clone()
            })
            .await,
        refused(Status::DuplicateTransaction, 100)
    );
    assert_eq!(
        table
            .bet(&Bet {
                is_free: false,
                ..free.clone()
            })
            .await,
        refused(Status::DuplicateTransaction, 100)
    );
    assert_eq!(table.win(&Win::of(&free, 20 * EUR)).await, ok(120));
    assert_eq!(
        table.undo(&free).await,
        ok(120),
        "no stake is given back that was not taken"
    );
    table.close("120.00").await;
}

#[tokio::test]
async fn a_suppliers_promotion_may_come_late_and_without_a_bet() {
    let table = Table::open().await;
    let promo = |euros| Win {
        reference: None,
        is_supplier_promo: true,
        ..Win::of(&Bet::new("closed", 0), euros * EUR)
    };
    let first = promo(5);
    assert_eq!(
        (table.win(&first).await, table.win(&first).await),
        (ok(105), ok(105))
    );
    // A promotional bet stakes nothing, whatever it names; its win refers to it.
    let mut body = bet_body(
        &table.seat,
        &Bet {
            transaction: "pb".to_owned(),
            ..Bet::new("p", 0)
        },
    );
    body["is_supplier_promo"] = true.into();
    assert_eq!(table.send("/transaction/bet", &body).await, ok(105));
    let named = Win {
        reference: Some("pb".to_owned()),
        ..promo(10)
    };
    assert_eq!(table.win(&named).await, ok(115));
    let unknown = Win {
        reference: Some("unknown".to_owned()),
        ..promo(10)
    };
    assert_eq!(
        table.win(&unknown).await,
        refused(Status::TransactionDoesNotExist, 115)
    );
    // After the launch is over and the game is gone.
    table.sql("UPDATE game_session SET expires_at = created_at").await;
    table
        .sql("UPDATE brand_game SET enabled = false WHERE brand_id = 1")
        .await;
    let begun = with(body.clone(), "transaction_uuid", "pb2");
    assert_eq!(table.send("/transaction/bet", &begun).await, ok(115));
    // Who may not play begins no free round either; what is begun is told again, and its win is owed.
    for standing in [
        "UPDATE player SET exclusion = 'time_out', excluded_until = now() + interval '1 day'",
        "UPDATE player SET excluded_until = now(), status = 'blocked'",
    ] {
        table.sql(standing).await;
        assert_eq!(
            table
                .send("/transaction/bet", &with(body.clone(), "transaction_uuid", "pb3"))
                .await,
            silent(Status::UserDisabled),
            "{standing}"
        );
        assert_eq!(table.send("/transaction/bet", &begun).await, ok(115));
    }
    let owed = Win {
        reference: Some("pb2".to_owned()),
        ..promo(1)
    };
    assert_eq!(table.win(&owed).await, ok(116));
    assert_eq!(
        table.rollback(&Rollback::of(&first.transaction, "closed")).await,
        ok(111)
    );
    table.close("111.00").await;
}

#[tokio::test]
async fn a_launch_leads_to_every_game_of_the_brand() {
    let table = Table::open().await;
    for (game, balance) in [
        ("clt_harbourroulette", 99),
        ("clt_studioblackjack", 98),
        ("clt_northernlights", 97),
    ] {
        let bet = Bet::new("r", EUR);
        assert_eq!(
            told(table.house.provider.bet(&at_game(&table.seat, game), &bet).await),
            ok(balance),
            "{game}"
        );
    }
    for game in [
        "no_such_game",
        "northern-lights",
        "CLT_NORTHERNLIGHTS",
        "clt_northernlights ",
        "%",
    ] {
        let bet = Bet::new("r", EUR);
        let seat = at_game(&table.seat, game);
        assert_eq!(
            told(table.house.provider.bet(&seat, &bet).await),
            silent(Status::InvalidGame),
            "{game}"
        );
        assert_eq!(
            told(table.house.provider.win(&seat, &Win::of(&bet, EUR)).await),
            silent(Status::InvalidGame),
            "{game}"
        );
        // Asking what there is names a game for statistics only.
        assert_eq!(told(table.house.provider.balance(&seat).await), ok(97), "{game}");
    }
    table.close("97.00").await;
}
