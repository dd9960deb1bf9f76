//! What the product's audit notices of parts, grants, holds and deposits: one disagreement at a time, with all the rest in
//! agreement.

use croupier::local::BRANDS;
use croupier_wallet::{Action, EntryId, GameId, RoundId, TransactionId};
use sqlx::{AssertSqlSafe, Executor};

use super::{
    Till,
    rules_of_play::{amount, document},
};
use crate::books;

/// A wallet in which everything was done that has parts: undone in part, tipped, won, held, granted.
async fn eventful() -> Till {
    let till = Till::open().await;
    till.adopt(&document(&["cash", "bonus"], "in_order", "cash"))
        .await;
    let (round, game) = (RoundId::new("round").unwrap(), GameId::new("game").unwrap());
    till.applied(till.grant("g", 5_000, 10_000, None)).await;
    till.applied(till.bet("b", 12_000)).await;
    till.applied(till.partial("p", "b", 1_500)).await;
    let jackpot = Action::JackpotWin {
        amount: amount(4_000),
        round: round.clone(),
        game: game.clone(),
        bet: Some(TransactionId::new("b").unwrap()),
    };
    till.applied(till.command("j", jackpot)).await;
    till.applied(till.win("w", 3_000, "b")).await;
    till.applied(till.rollback("rw", "w")).await;
    let tip = Action::Tip {
        amount: amount(500),
        round: Some(round),
        game: Some(game),
    };
    till.applied(till.command("t", tip.clone())).await;
    till.applied(till.command("t2", tip)).await;
    till.applied(till.rollback("rt", "t2")).await;
    for (name, state) in [("h", None), ("h1", Some(true)), ("h2", Some(false))] {
        let hold = EntryId(till.applied(till.hold(name, 1_000)).await);
        let end = match state {
            None => continue,
            Some(true) => Action::WithdrawRelease { hold },
            Some(false) => Action::WithdrawSettle { hold },
        };
        till.applied(till.command(&format!("{name}-end"), end)).await;
    }
    let grant = EntryId(till.applied(till.grant("c", 400, 0, Some(100))).await);
    till.applied(till.command("cc", Action::Convert { grant })).await;
    till
}

#[tokio::test]
async fn the_audit_notices_what_parts_grants_holds_and_deposits_disagree_in() {
    let till = eventful().await;
    books::audit(&till.house).await;
    for (damage, noticed) in [
        (
            "UPDATE wallet_command SET reversed = NULL WHERE transaction_id = 'b'",
            "money_16, money_22",
        ),
        (
            "UPDATE wallet_command SET reversed = '{1500,0,0}' WHERE transaction_id = 'b'",
            "money_16, money_22",
        ),
        (
            "UPDATE wallet_command SET reversed = '{0,2001,0}' WHERE transaction_id = 'b'",
            "reversed by more than a part",
        ),
        (
            "UPDATE wallet_command SET parts = '{11000,1000,0}' WHERE transaction_id = 'b'",
            "whose parts are not what its entry moved",
        ),
        (
            "UPDATE wallet_ledger SET accounts[1] = 'player:cash' WHERE transaction_id = 'p'",
            "money_16, money_22",
        ),
        (
            "UPDATE wallet_ledger SET amount = 1400, amounts = '{1400,-1400}' WHERE transaction_id = 'p'",
            "money_14, money_16",
        ),
        (
            "DELETE FROM wallet_command WHERE transaction_id = 'b'",
            "a win on a bet that is gone",
        ),
        (
            "UPDATE wallet_command SET bet_id = 'nowhere' WHERE transaction_id = 'j'",
            "a win on a bet that is gone",
        ),
        (
            "UPDATE wallet_command SET rules = 99 WHERE transaction_id = 't'",
            "a document that the brand never had",
        ),
        (
            "UPDATE wallet_command SET state = 'rolled_back' WHERE transaction_id = 't'",
            "money_14",
        ),
        (
            "UPDATE wallet_command SET state = 'open' WHERE transaction_id = 't2'",
            "money_14",
        ),
        (
            "UPDATE wallet_command SET settles = 0, state = 'open' WHERE transaction_id = 'b'",
            "other settles",
        ),
        (
            "DELETE FROM wallet_hold WHERE state = 'released'",
            "whose hold there is not",
        ),
        (
            "UPDATE wallet_hold SET parts = '{0,1000,0}' WHERE state = 'settled'; UPDATE wallet_hold SET parts = '{400,600,0}' WHERE state = 'held'",
            "of other parts",
        ),
        (
            "UPDATE wallet_ledger SET accounts = '{player:bonus,player:cash:held}' WHERE kind = 'withdraw_release'",
            "ended in other buckets",
        ),
        (
            "UPDATE wallet_account SET grants = NULL",
            "an open grant that its wallet does not have",
        ),
        (
            "DELETE FROM wallet_grant WHERE state = 'open'",
            "an open grant that its wallet does not have",
        ),
        (
            "UPDATE wallet_grant SET given = jsonb_set(given, '{wager}', '1') WHERE state = 'open'",
            "an open grant that its wallet does not have",
        ),
        (
            "UPDATE wallet_command SET progress = progress - 1 WHERE transaction_id = 'b'",
            "come otherwise than its bets count",
        ),
        (
            "UPDATE wallet_account SET grants = jsonb_set(grants, '{0,progress}', '1')",
            "come otherwise than its bets count",
        ),
        (
            "UPDATE wallet_grant SET given = jsonb_set(given, '{amount}', '1') WHERE state = 'converted'",
            "a grant without the entry that gave it",
        ),
        (
            "DELETE FROM wallet_grant WHERE state = 'converted'",
            "an entry that gave one that there is not",
        ),
        (
            "UPDATE wallet_grant SET given = jsonb_set(given, '{convert_cap}', '99') WHERE state = 'converted'",
            "money_26",
        ),
        (
            "UPDATE wallet_grant SET given = jsonb_set(given, '{wager}', '1') WHERE state = 'converted'",
            "money_26",
        ),
        (
            "INSERT INTO wallet_request SELECT brand_id, player_id, 'gone', 'deposit', currency, 500, 'credited', now(), now() FROM wallet_account",
            "a deposit that its record says is booked",
        ),
    ] {
        let mut tx = till.house.rows_of(1).await;
        let done = tx
            .execute(sqlx::raw_sql(AssertSqlSafe(damage.to_owned())))
            .await
            .unwrap();
        assert!(done.rows_affected() > 0, "{damage}");
        let found = books::wrong(&mut tx, &BRANDS[0]).await;
        assert!(
            found.iter().any(|what| what.contains(noticed)),
            "{damage}: {found:#?}"
        );
        tx.rollback().await.unwrap();
    }
}
