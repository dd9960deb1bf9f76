//! Clients hang up in the middle of what they asked for.

use std::time::Duration;

use croupier_game::hub88::simulator::{Bet, Rollback};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use tokio::time::timeout;

use super::{
    house::{LockedWallet, Outside},
    seat::{CENT, Op, Said},
    traffic::{all_settle, clients, note, seed},
};
use crate::harness::Cluster;

#[tokio::test]
async fn money_36_a_bet_whose_client_hung_up_is_taken_back() {
    let house = Outside::of(Cluster::get().await.house().await);
    let server = house.serve().await;
    let mut clients = clients(&house, 1).await;
    let seat = clients[0].seat.clone();
    let float = Op::Deposit {
        key: "float".to_owned(),
        cents: 5_000,
    };
    assert_eq!(seat.say(&float).await, Said::Done(5_000));

    let bet = Bet::new("round", 700 * CENT);
    let mut lock = LockedWallet::of(&house, &seat).await;
    let asking = tokio::spawn({
        let (seat, bet) = (seat.clone(), Op::Bet(bet.clone()));
        async move { seat.say(&bet).await }
    });
    lock.until_awaited().await;
    asking.abort();
    assert!(asking.await.unwrap_err().is_cancelled());
    lock.release().await;
    let back = Op::Rollback(Rollback::of(&bet.transaction, &bet.round));
    let said = seat.say(&back).await;
    assert_eq!(said, Said::Done(5_000), "the stake is back");

    clients[0].said.extend([
        (float, Said::Done(5_000)),
        (Op::Bet(bet.clone()), Said::Nothing("hung up".to_owned())),
        (back, said),
    ]);
    all_settle(&house, &mut clients).await;
    let taken: Vec<String> = house
        .rows("SELECT kind FROM wallet_ledger ORDER BY version")
        .await;
    assert_eq!(
        taken,
        ["deposit", "bet", "rollback"],
        "what was begun was brought to its end"
    );
    server.stop().await;
}

#[tokio::test]
async fn money_36_money_14_hanging_up_at_any_moment_and_taking_back_at_once_moves_nothing() {
    let seed = seed();
    let mut rng = StdRng::seed_from_u64(seed);
    let house = Outside::of(Cluster::get().await.house().await);
    let server = house.serve().await;
    let mut clients = clients(&house, seed).await;
    let float = Op::Deposit {
        key: "float".to_owned(),
        cents: 100_000,
    };
    for client in &mut clients[..5] {
        let said = client.seat.say(&float).await;
        client.said.push((float.clone(), said));
    }
    let (mut early, mut late) = (0, 0);
    for round in 0..25 {
        for client in &mut clients[..5] {
            let bet = Bet::new(&format!("round-{round}"), rng.random_range(1..500) * CENT);
            let patience = Duration::from_micros(rng.random_range(0..20_000));
            let said = timeout(patience, client.seat.say(&Op::Bet(bet.clone()))).await;
            if said.is_ok() {
                late += 1
            } else {
                early += 1
            }
            let back = Op::Rollback(Rollback::of(&bet.transaction, &bet.round));
            // The dropped connection's bet may still be under way: whichever comes first, the stake is not gone.
            let undone = client.seat.say(&back).await;
            client.said.push((
                Op::Bet(bet),
                said.unwrap_or_else(|_| Said::Nothing("hung up".to_owned())),
            ));
            client.said.push((back, undone));
        }
    }
    note(format_args!("{early} hung up early, {late} stayed"));
    assert!(early > 20, "hardly anybody hung up");
    all_settle(&house, &mut clients).await;
    for client in &clients[..5] {
        assert_eq!(client.seat.total().await, 100_000);
    }
    server.stop().await;
}
