//! Clients that ask one domain at several gateways, without a pause, and note what they are told and when.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use croupier::demo::client::Casino;
use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};

use crate::kills::house::LONG;

/// How soon a move must be everywhere: within a second, and as much again for a machine with other work.
pub const SOON: Duration = Duration::from_secs(2);
/// Clients of each gateway.
const CLIENTS: usize = 3;
/// As many answers alike, of each gateway, are taken for the rule.
const SETTLED: usize = 10;

/// One answer.
#[derive(Clone, Debug)]
pub struct Said {
    gateway: usize,
    /// The brand's code, or the code of the refusal.
    pub what: String,
    pub status: u16,
    begun: Instant,
    ended: Instant,
}

/// Everything that was said, in the order in which it was heard.
pub struct Traffic {
    said: Arc<Mutex<Vec<Said>>>,
    gateways: usize,
    _clients: JoinSet<()>,
}

impl Traffic {
    /// Clients of `domain` at each of these edges.
    pub fn at(edges: &[String], domain: &str) -> Self {
        let (said, mut clients) = (Arc::<Mutex<Vec<Said>>>::default(), JoinSet::new());
        for (gateway, edge) in edges.iter().enumerate() {
            for _ in 0..CLIENTS {
                let (casino, said) = (Casino::new(edge, domain), Arc::clone(&said));
                clients.spawn(async move {
                    loop {
                        let begun = Instant::now();
                        let answer = casino.get("/api/v1/brand", None).await.unwrap();
                        let answer = Said {
                            gateway,
                            what: answer.code().to_owned(),
                            status: answer.status.as_u16(),
                            begun,
                            ended: Instant::now(),
                        };
                        said.lock().unwrap().push(answer);
                        sleep(Duration::from_millis(2)).await;
                    }
                });
            }
        }
        Self {
            said,
            gateways: edges.len(),
            _clients: clients,
        }
    }

    /// What was said since the last time.
    pub fn take(&self) -> Vec<Said> {
        std::mem::take(&mut self.said.lock().unwrap())
    }

    /// Returns when every gateway says nothing else any more.
    pub async fn settled(&self, what: &str) {
        let deadline = Instant::now() + LONG;
        loop {
            assert!(
                Instant::now() < deadline,
                "never {what}: {:?}",
                self.said.lock().unwrap().last()
            );
            sleep(Duration::from_millis(10)).await;
            let said = self.said.lock().unwrap();
            let settled = (0..self.gateways).all(|gateway| {
                let last: Vec<_> = said
                    .iter()
                    .rev()
                    .filter(|said| said.gateway == gateway)
                    .take(SETTLED)
                    .collect();
                last.len() == SETTLED && last.iter().all(|said| said.what == what)
            });
            if settled {
                return;
            }
        }
    }
}

/// Fails unless these answers are those of a domain that went from one brand to the other: at every
/// gateway no answer of the old begins when one of the new has been heard anywhere; soon there is no other than the
/// new; and in between there is nothing but being told to come again.
pub fn judge(said: &[Said], from: &str, to: &str, began: Instant) {
    for answer in said {
        let fits = (answer.status == 200 && (answer.what == from || answer.what == to))
            || (answer.status == 503 && answer.what == "domain_moving");
        assert!(fits, "{from} to {to}: {answer:?}");
    }
    let heard = said
        .iter()
        .filter(|answer| answer.what == to)
        .map(|answer| answer.ended)
        .min()
        .expect("the new brand was heard");
    for answer in said.iter().filter(|answer| answer.what == from) {
        assert!(
            answer.begun < heard,
            "{from} was served {} ms after {to} was: {answer:?}",
            (answer.begun - heard).as_millis()
        );
    }
    let last = said
        .iter()
        .filter(|answer| answer.what != to)
        .map(|answer| answer.begun)
        .max();
    let took = last.map_or(Duration::ZERO, |last| last - began);
    assert!(took < SOON, "{to} was not everywhere after {took:?}");
    assert!(
        said.iter().any(|answer| answer.what == "domain_moving"),
        "it was nobody's in between"
    );
}
