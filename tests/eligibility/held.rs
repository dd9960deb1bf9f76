//! A player's row in the hands of whoever decides about the player: nobody's money waits for that.

use croupier_wallet::{
    Action, Amount, Command, Outcome, Payment, Source, TransactionId, Verdict, Wallet, WalletLimits,
};
use futures_util::future::join_all;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

use super::*;
use crate::{
    books,
    harness::until,
    wallet::{Till, player},
};

/// A deposit's admission, an exclusion and a limit, each stopped at a table that it comes to with the player's row in
/// hand, and let go on when the wallet has answered.
#[tokio::test]
async fn money_39_whoever_decides_about_a_player_holds_up_no_first_command_of_theirs_or_of_anybody() {
    let one_writer = WalletLimits {
        shards: 1,
        ..WalletLimits::default()
    };
    let till = Till::on(House::open().await, one_writer).await;
    let mut watching = PgConnection::connect(&till.house.local.owner_url).await.unwrap();
    let deposit = |guest: &Guest| {
        let deposit = Action::Deposit {
            amount: Amount::new(700).unwrap(),
            payment: Payment::Approved,
        };
        Command::new(
            player(&guest.id),
            till.scope.currency(),
            Source::provider("test").unwrap(),
            TransactionId::new(&format!("first-{}", guest.id)).unwrap(),
            deposit,
        )
    };
    for (at, table) in ["wallet_request", "player_exclusion", "wallet_limit"]
        .into_iter()
        .enumerate()
    {
        let decided = till
            .house
            .guest(&till.house.aurora, &format!("decided{at}"))
            .await;
        let other = till.house.guest(&till.house.aurora, &format!("other{at}")).await;
        let mut stops = PgConnection::connect(&till.house.local.owner_url).await.unwrap();
        let stop = format!("BEGIN; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE");
        stops.execute(AssertSqlSafe(stop)).await.unwrap();
        let decision = async {
            match table {
                "wallet_request" => moved(&decided, "deposits", "k", "5.00").await,
                "player_exclusion" => keep_out(&decided, "time_out", "1d").await,
                _ => limits::limit(&decided, "day", "50.00").await,
            }
        };
        let money = async {
            until("the decision waits", async || {
                let waits = format!(
                    "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = '{table}'::regclass"
                );
                sqlx::query_scalar::<_, i64>(AssertSqlSafe(waits))
                    .fetch_one(&mut watching)
                    .await
                    .unwrap()
                    > 0
            })
            .await;
            let commands = [deposit(&decided), deposit(&other)];
            let outcomes = join_all(commands.map(|command| till.wallet.submit(&till.scope, command))).await;
            stops.execute("ROLLBACK").await.unwrap();
            outcomes
        };
        let (decision, outcomes) = tokio::join!(decision, money);
        assert!(decision.status.is_success(), "{table}: {decision:?}");
        for outcome in outcomes {
            let outcome = outcome.unwrap();
            assert!(
                matches!(outcome, Outcome::Decided(Verdict::Applied(_))),
                "{table}: {outcome:?}"
            );
        }
    }
    books::audit(&till.house).await;
}
