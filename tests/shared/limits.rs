//! A rush at one brand is turned away there and nowhere else.

use std::{
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use tokio::task::JoinSet;

use super::sign_in;
use crate::{harness::House, kills::house::until, players::PASSWORD};

#[tokio::test]
async fn iso_59_a_rush_of_sign_ins_at_one_casino_keeps_nobody_out_of_another() {
    let house = House::with(|config| {
        // Slow enough that the queue is never empty.
        config.password.memory_kib = 8 * 1024;
        config.password.at_once = NonZeroU32::new(1);
        config.password.waiting = 4;
        // Connections are opened in the middle of the rush, on a machine with other work.
        config.database.acquire_timeout_ms = 30_000;
        config.edge.timeout_ms = 60_000;
    })
    .await;
    house.guest(&house.bonanza, "bob").await;
    let (busy, over) = (Arc::<AtomicUsize>::default(), Arc::<AtomicBool>::default());
    let mut rush = JoinSet::new();
    for number in 0..24 {
        let (casino, busy, over) = (house.aurora.clone(), Arc::clone(&busy), Arc::clone(&over));
        rush.spawn(async move {
            for round in 0.. {
                if over.load(Ordering::SeqCst) {
                    return;
                }
                let (status, code) = sign_in(&casino, &format!("g{number}.{round}"), PASSWORD).await;
                match (status, code.as_str()) {
                    (503, "busy") => _ = busy.fetch_add(1, Ordering::SeqCst),
                    (401, _) => {}
                    other => panic!("{other:?}"),
                }
            }
        });
    }
    until("the rush is more than is taken", async || {
        busy.load(Ordering::SeqCst) > 50
    })
    .await;
    for _ in 0..20 {
        let before = busy.load(Ordering::SeqCst);
        assert_eq!(sign_in(&house.bonanza, "bob", PASSWORD).await.0, 201);
        until("the rush goes on", async || busy.load(Ordering::SeqCst) > before).await;
    }
    over.store(true, Ordering::SeqCst);
    while let Some(ended) = rush.join_next().await {
        ended.unwrap();
    }
}
