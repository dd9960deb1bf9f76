//! What all brands share, queues, counters, memories, numbers, and that none of it is felt across them.

mod coalescing;
mod ids;
mod invalidation;
mod limits;
mod sign_ins;

use croupier::demo::client::Casino;

/// A sign-in's status, and its code where it was refused.
async fn sign_in(casino: &Casino, account: &str, password: &str) -> (u16, String) {
    let answer = casino.sign_in(account, password).await.unwrap();
    (answer.status.as_u16(), answer.code().to_owned())
}
