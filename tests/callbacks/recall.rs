//! The repeat of a bet that was decided, when nobody would take it any more.

use croupier_game::hub88::{
    Status,
    simulator::{Bet, Launch, Win},
};

use super::{Table, at_game, ok, refused, silent, told};
use crate::{books::written, harness::EUR};

/// What was decided before is told again, whatever `why` refuses new bets; what was not is refused.
async fn recalls(table: &Table, why: Status, taken: &Bet, greedy: &Bet) {
    let before = written(&table.house, 1).await;
    for _ in 0..2 {
        assert_eq!(table.bet(taken).await, ok(90), "the same data, the same answer");
        assert_eq!(
            table.bet(greedy).await,
            refused(Status::NotEnoughMoney, 90),
            "refusals too"
        );
        assert_eq!(
            table
                .bet(&Bet {
                    amount: EUR,
                    ..taken.clone()
                })
                .await,
            refused(Status::DuplicateTransaction, 90)
        );
        assert_eq!(
            table
                .bet(&Bet {
                    round: "r9".to_owned(),
                    ..taken.clone()
                })
                .await,
            refused(Status::DuplicateTransaction, 90)
        );
        assert_eq!(
            table
                .bet(&Bet {
                    transaction: "new".to_owned(),
                    ..Bet::new("r", EUR)
                })
                .await,
            silent(why)
        );
    }
    assert_eq!(written(&table.house, 1).await, before, "nothing was decided anew");
}

#[tokio::test]
async fn money_11_a_decided_bet_keeps_its_answer_when_bets_are_refused() {
    let table = Table::open().await;
    let (taken, greedy) = (Bet::new("r", 10 * EUR), Bet::new("r", 1_000 * EUR));
    assert_eq!(
        (table.bet(&taken).await, table.bet(&greedy).await),
        (ok(90), refused(Status::NotEnoughMoney, 100 - 10))
    );

    table.sql("UPDATE game_session SET expires_at = created_at").await;
    recalls(&table, Status::TokenExpired, &taken, &greedy).await;
    table
        .sql("UPDATE game_session SET expires_at = created_at + interval '1 hour'")
        .await;

    for status in ["blocked", "closed"] {
        table.sql(&format!("UPDATE player SET status = '{status}'")).await;
        recalls(&table, Status::UserDisabled, &taken, &greedy).await;
    }
    table.sql("UPDATE player SET status = 'active'").await;

    table
        .sql("UPDATE brand_game SET enabled = false WHERE brand_id = 1")
        .await;
    recalls(&table, Status::InvalidGame, &taken, &greedy).await;
    table
        .sql("UPDATE brand_game SET enabled = true WHERE brand_id = 1")
        .await;

    for status in ["maintenance", "suspended"] {
        table.brand_is(status).await;
        recalls(&table, Status::InvalidPartner, &taken, &greedy).await;
    }
    table.brand_is("active").await;
    assert_eq!(
        table.bet(&Bet::new("r", EUR)).await,
        ok(89),
        "bets are taken again"
    );
    table.close("89.00").await;
}

#[tokio::test]
async fn money_11_what_is_recalled_is_the_callers_own() {
    let table = Table::open().await;
    let (bob, bobs) = table.house.player(&table.house.aurora, "bob", "50.00").await;
    let bet = Bet::new("r", 10 * EUR);
    assert_eq!(table.bet(&bet).await, ok(90));
    table.sql("UPDATE game_session SET expires_at = created_at").await;
    // Another player learns that the id is taken, and his own balance.
    assert_eq!(
        told(table.house.provider.bet(&bobs, &bet).await),
        refused(Status::DuplicateTransaction, 50)
    );
    // A token that is not the user's is not asked about at all.
    let mixed = Launch {
        token: bobs.token.clone(),
        ..table.seat.clone()
    };
    assert_eq!(
        told(table.house.provider.bet(&mixed, &bet).await),
        silent(Status::InvalidToken)
    );
    // The same id at the other brand is another bet.
    let (_, bonanzas) = table.house.player(&table.house.bonanza, "alice", "70.00").await;
    crate::books::sql(&table.house, 2, "UPDATE game_session SET expires_at = created_at").await;
    assert_eq!(
        told(table.house.provider.bet(&bonanzas, &bet).await),
        silent(Status::TokenExpired)
    );
    assert_eq!(bob.total().await, "50.00");
    table.close("90.00").await;
}

#[tokio::test]
async fn money_10_an_id_in_another_currency_or_at_no_game_is_a_duplicate() {
    let table = Table::open().await;
    let bet = Bet::new("r", 10 * EUR);
    let win = Win::of(&bet, 20 * EUR);
    assert_eq!((table.bet(&bet).await, table.win(&win).await), (ok(90), ok(110)));
    let dollars = Launch {
        currency: "USD".to_owned(),
        ..table.seat.clone()
    };
    for seat in [dollars, at_game(&table.seat, "no_such_game")] {
        let duplicate = refused(Status::DuplicateTransaction, 110);
        assert_eq!(
            told(table.house.provider.bet(&seat, &bet).await),
            duplicate,
            "{seat:?}"
        );
        assert_eq!(
            told(table.house.provider.win(&seat, &win).await),
            duplicate,
            "{seat:?}"
        );
    }
    table.close("110.00").await;
}
