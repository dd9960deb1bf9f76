//! The one task of a process that asks PostgreSQL about hosts.
//!
//! One statement answers everybody who waits, and asks again about every host that was used since it was
//! last asked about: an entry in use never grows old, and no request waits for it. The number of statements does not
//! grow with the hosts or the requests. They go over connections of their own, which no brand's
//! transactions can occupy.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, MissedTickBehavior, interval, timeout},
};

use super::{
    Binding, LEASE, MapUnavailable,
    memory::{Entry, Memory},
    projection::Projector,
};
use crate::{clock::Clock, global, host::CanonicalHost, tx::Brandless};

/// How often hosts in use are asked about again: twice within a lease, so that one late answer is made good
/// by the next.
const REFRESH: Duration = Duration::from_millis(150);
const _: () = assert!(2 * REFRESH.as_millis() < LEASE.as_millis());
/// How long PostgreSQL may take to answer.
const ASK_TIMEOUT: Duration = Duration::from_secs(1);
/// How long a request waits for its answer: for the question under way, and for its own.
const ANSWER_TIMEOUT: Duration = Duration::from_millis(2_100);
/// Hosts asked about in one statement.
const BATCH: usize = 512;
/// Questions that may wait; beyond it a request waits for room, no longer than for an answer.
const WAITING: usize = 1_024;
/// How often a host in use is projected anew, at the most.
const PROJECT: Duration = Duration::from_secs(1);

/// Asks the task. Cloning it asks the same one.
#[derive(Clone, Debug)]
pub(super) struct Asker {
    questions: mpsc::Sender<Question>,
    used: mpsc::Sender<CanonicalHost>,
    away: Arc<AtomicBool>,
}

#[derive(Debug)]
struct Question {
    host: CanonicalHost,
    /// None: nobody waits; the memory is to be brought up to date.
    answer: Option<oneshot::Sender<Arc<Entry>>>,
}

/// Who waits for an answer about which host.
type Batch = HashMap<CanonicalHost, Vec<oneshot::Sender<Arc<Entry>>>>;

impl Asker {
    /// A task that keeps `memory`; it ends when it is dropped or nobody can ask it any more.
    pub(super) fn new(
        pool: Brandless,
        memory: Memory,
        projector: Projector,
        clock: Clock,
    ) -> (Self, impl Future<Output = ()>) {
        let (questions, questions_in) = mpsc::channel(WAITING);
        let (used, used_in) = mpsc::channel(WAITING);
        let away = Arc::new(AtomicBool::new(false));
        let task = Task {
            questions: questions_in,
            used: used_in,
            due: HashSet::new(),
            away: Arc::clone(&away),
            pool,
            memory,
            projector,
            clock,
        };
        (
            Self {
                questions,
                used,
                away,
            },
            task.run(),
        )
    }

    /// What PostgreSQL says to a question that is asked after this call.
    pub(super) async fn ask(&self, host: &CanonicalHost) -> Result<Arc<Entry>, MapUnavailable> {
        let (answer, answered) = oneshot::channel();
        let question = Question {
            host: host.clone(),
            answer: Some(answer),
        };
        let ask = async {
            self.questions.send(question).await.ok()?;
            answered.await.ok()
        };
        timeout(ANSWER_TIMEOUT, ask)
            .await
            .ok()
            .flatten()
            .ok_or(MapUnavailable)
    }

    /// Has the memory of a host brought up to date. Without room it is left to the next question.
    pub(super) fn ask_aside(&self, host: CanonicalHost) {
        let _ = self.questions.try_send(Question { host, answer: None });
    }

    /// A host is in use and is to be asked about again before its lease ends. Without room it is asked
    /// about when a request finds that it has ended.
    pub(super) fn note_use(&self, host: &CanonicalHost) {
        let _ = self.used.try_send(host.clone());
    }

    /// Whether PostgreSQL did not answer when it was last asked.
    pub(super) fn is_away(&self) -> bool {
        self.away.load(Ordering::Relaxed)
    }
}

struct Task {
    questions: mpsc::Receiver<Question>,
    used: mpsc::Receiver<CanonicalHost>,
    due: HashSet<CanonicalHost>,
    away: Arc<AtomicBool>,
    pool: Brandless,
    memory: Memory,
    projector: Projector,
    clock: Clock,
}

impl Task {
    async fn run(mut self) {
        let mut refresh = interval(REFRESH);
        refresh.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                _ = refresh.tick() => self.refresh().await,
                question = self.questions.recv() => match question {
                    Some(question) => self.answer(question).await,
                    None => return,
                },
            }
        }
    }

    async fn answer(&mut self, first: Question) {
        let mut batch = Batch::new();
        let mut next = Some(first);
        while let Some(Question { host, answer }) = next {
            batch.entry(host).or_default().extend(answer);
            next = (batch.len() < BATCH)
                .then(|| self.questions.try_recv().ok())
                .flatten();
        }
        self.ask(batch).await;
    }

    /// Every host that was used, and a look at whether PostgreSQL is back where it was away.
    async fn refresh(&mut self) {
        while let Ok(host) = self.used.try_recv() {
            self.due.insert(host);
        }
        let mut due: Vec<CanonicalHost> = self.due.drain().collect();
        if due.is_empty() && self.away.load(Ordering::Relaxed) {
            self.ask(Batch::new()).await;
        }
        while !due.is_empty() {
            let rest = due.split_off(due.len().min(BATCH));
            self.ask(due.into_iter().map(|host| (host, Vec::new())).collect())
                .await;
            due = rest;
        }
        let (known, unknown) = self.memory.counts();
        for (kind, count) in [("known", known), ("unknown", unknown)] {
            let count = u32::try_from(count).unwrap_or(u32::MAX);
            metrics::gauge!("domain_map_hosts", "kind" => kind).set(count);
        }
    }

    /// Who waits is answered, or is told by a dropped sender that there is no answer.
    async fn ask(&mut self, batch: Batch) {
        let asked_at = self.clock.uptime();
        let Some(mut found) = self.bindings(&batch).await else {
            // Asked about again for as long as somebody wants to know.
            return;
        };
        let answered_at = self.clock.uptime();
        for (host, waiting) in batch {
            let binding = found.remove(host.as_str());
            let projector = &self.projector;
            let entry = self
                .memory
                .keep(host.as_str(), binding, asked_at, answered_at, |entry| {
                    let due = entry
                        .projected_at
                        .is_none_or(|before| answered_at >= before + PROJECT);
                    if let (true, Some(binding)) = (due, &entry.binding) {
                        entry.projected_at = Some(answered_at);
                        projector.project(&host, binding);
                    }
                });
            for who in waiting {
                let _ = who.send(Arc::clone(&entry));
            }
        }
    }

    async fn bindings(&self, batch: &Batch) -> Option<HashMap<String, Binding>> {
        let hosts: Vec<String> = batch.keys().map(|host| host.as_str().to_owned()).collect();
        let deadline = Instant::now() + ASK_TIMEOUT;
        let ask = || tokio::time::timeout_at(deadline, global::domains(&self.pool, &hosts));
        let mut answer = ask().await;
        // A connection that was cut says nothing about the server: another is tried at once.
        if matches!(answer, Ok(Err(_))) {
            answer = ask().await;
        }
        let fault = match answer {
            Ok(Ok(found)) => {
                if self.away.swap(false, Ordering::Relaxed) {
                    tracing::info!("PostgreSQL answers for the domain map again");
                }
                return Some(found);
            }
            Ok(Err(fault)) => fault.to_string(),
            Err(_) => format!("no answer within {} ms", ASK_TIMEOUT.as_millis()),
        };
        if !self.away.swap(true, Ordering::Relaxed) {
            tracing::error!(%fault, "PostgreSQL does not answer for the domain map; known hosts are shown from memory");
        }
        None
    }
}
