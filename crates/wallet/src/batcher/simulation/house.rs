//! Two processes that each may do everything, and how they are asked.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures_util::future::{Either, select};
use rand::RngExt;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{
    super::Batcher,
    Brands,
    database::{Brand, Simulated},
    process::Process,
    time::{Instant, timeout},
    world::{Told, World},
};
use crate::{
    engine::{books::Order, command::Command, ids::EntryId, outcome::Outcome},
    limits::WalletLimits,
};

/// A process that is up, as far as anybody knows.
#[derive(Clone)]
pub(super) struct Up {
    pub(super) process: Arc<Process>,
    pub(super) batcher: Arc<Batcher<Simulated>>,
}

/// The house from outside: two processes, each of which may do everything.
pub(super) struct House {
    pub(super) world: Arc<World>,
    pub(super) brands: Arc<Brands>,
    limits: WalletLimits,
    up: Mutex<Vec<Up>>,
}

impl House {
    pub(super) fn new(world: Arc<World>, brands: Arc<Brands>, limits: WalletLimits) -> Self {
        let house = Self {
            world,
            brands,
            limits,
            up: Mutex::default(),
        };
        let two = vec![house.start(), house.start()];
        *house.up.lock().unwrap() = two;
        house
    }

    pub(super) fn start(&self) -> Up {
        let process = Arc::new(Process::default());
        let database = Simulated {
            world: Arc::clone(&self.world),
            process: Arc::clone(&process),
            brands: Arc::clone(&self.brands),
        };
        let batcher = Arc::new(Batcher::start(&database, self.limits));
        Up { process, batcher }
    }

    pub(super) fn process(&self, number: usize) -> Up {
        self.up.lock().unwrap_or_else(PoisonError::into_inner)[number].clone()
    }

    pub(super) fn replace(&self, number: usize) -> Up {
        let next = self.start();
        std::mem::replace(
            &mut self.up.lock().unwrap_or_else(PoisonError::into_inner)[number],
            next,
        )
    }

    /// Submits commands to a process, as the wallet in it does: with an entry's id and the time of their own.
    pub(super) async fn ask(
        &self,
        brand: &Brand,
        commands: &[Command],
        number: usize,
        patience: Duration,
        calm: bool,
    ) -> Option<Result<Vec<Outcome>, String>> {
        let Up { process, batcher } = self.process(number);
        let orders: Vec<_> = {
            let mut world = self.world.now();
            let mut id = || EntryId(Uuid::from_u128(world.rng.random()));
            let group = (commands.len() > 1).then(&mut id);
            let at = OffsetDateTime::UNIX_EPOCH + Instant::now().since_the_beginning();
            let order = |command: &Command| Order {
                brand: brand.id,
                entry: id(),
                at,
                command: command.clone(),
                group,
            };
            commands.iter().map(order).collect()
        };
        let asked = std::pin::pin!(timeout(patience, batcher.submit(brand, orders.clone())));
        let death = std::pin::pin!(process.death());
        let answer = match select(death, asked).await {
            Either::Right((Ok(answer), _)) => Some(answer.map_err(|fault| fault.to_string())),
            _ => None,
        };
        self.world.now().told.push(Told {
            orders,
            calm,
            answer: answer.clone(),
        });
        answer
    }
}
