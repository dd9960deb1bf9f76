//! Clients that ask, hear nothing, ask again under the same id, ask twice at once, elsewhere, or give up.

use std::{sync::Arc, time::Duration};

use croupier_brand::token::PlayerId;
use futures_util::future::join;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use uuid::Uuid;

use super::{database::Brand, house::House, time::sleep};
use crate::engine::{
    books::AccountKey,
    command::{Action, Amount, Command, GrantKind, Payment},
    ids::{EntryId, GameId, RoundId, Source, TransactionId},
    outcome::{Outcome, Verdict},
    policy::{Policy, RollbackOfSettledBet, RollbackOfSpentWin, UnknownRollback},
};

/// Somebody at one wallet.
pub(super) struct Client {
    house: Arc<House>,
    brand: Brand,
    wallet: AccountKey,
    name: usize,
    clients: usize,
    rng: StdRng,
    said: usize,
    holds: Vec<EntryId>,
    grants: Vec<EntryId>,
    bets: Vec<TransactionId>,
}

fn id(text: &str) -> TransactionId {
    TransactionId::new(text).unwrap()
}

impl Client {
    pub(super) fn new(house: &Arc<House>, name: usize, clients: usize, seed: u64) -> Self {
        let wallet = house.brands.wallets[name % house.brands.wallets.len()];
        let brands = house.brands.all.iter();
        Self {
            brand: brands
                .clone()
                .find(|brand| brand.id == wallet.brand)
                .unwrap()
                .clone(),
            house: Arc::clone(house),
            wallet,
            name,
            clients,
            rng: StdRng::seed_from_u64(seed),
            said: 0,
            holds: Vec::new(),
            grants: Vec::new(),
            bets: Vec::new(),
        }
    }

    pub(super) async fn play(mut self, turns: usize) {
        for turn in 0..turns {
            let first = self.next(turn);
            if self.rng.random_bool(0.2) {
                // Another at the same time, which may come before this one; now and then it is this one's id for another player.
                let own = first.iter().all(|command| command.player == self.wallet.player);
                let second = if own && self.rng.random_bool(0.1) {
                    self.for_another_player(&first)
                } else {
                    self.next(turn + 1)
                };
                let (one, other) = (self.flow(), self.flow());
                let (one, other) =
                    join(one.until_it_is_enough(first), other.until_it_is_enough(second)).await;
                self.learn(&one);
                self.learn(&other);
            } else {
                let heard = self.flow().until_it_is_enough(first).await;
                self.learn(&heard);
            }
            let pause = if self.rng.random_bool(0.7) { 3 } else { 800 };
            sleep(Duration::from_millis(self.rng.random_range(0..=pause))).await;
        }
    }

    fn learn(&mut self, (commands, outcomes): &(Vec<Command>, Vec<Outcome>)) {
        for (command, outcome) in commands.iter().zip(outcomes) {
            let Some(Verdict::Applied(receipt)) = outcome.verdict() else {
                continue;
            };
            match command.action {
                Action::WithdrawHold { .. } => self.holds.push(receipt.entry),
                Action::Grant { .. } => self.grants.push(receipt.entry),
                _ => {}
            }
        }
    }

    fn flow(&mut self) -> Flow {
        Flow {
            house: Arc::clone(&self.house),
            brand: self.brand.clone(),
            rng: StdRng::seed_from_u64(self.rng.random()),
        }
    }

    fn amount(&mut self, most: i64) -> Amount {
        Amount::new(self.rng.random_range(0..=most)).unwrap()
    }

    fn next(&mut self, turn: usize) -> Vec<Command> {
        self.said += 1;
        let own = format!("c{}-{}", self.name, self.said);
        let (round, game) = (RoundId::new("round").unwrap(), GameId::new("game").unwrap());
        if turn == 0 {
            let deposit = Action::Deposit {
                amount: Amount::new(1_000).unwrap(),
                payment: Payment::Approved,
            };
            return vec![self.command(&own, deposit)];
        }
        // An id of before, of somebody else's or of one's own; or one that is yet to come.
        let some = |client: &mut Self| {
            let name = if client.rng.random_bool(0.2) {
                client.rng.random_range(0..client.clients)
            } else {
                client.name
            };
            id(&format!(
                "c{name}-{}",
                client.rng.random_range(1..=client.said + 1)
            ))
        };
        let of_bet = |client: &mut Self| match client.bets.len() {
            0 => some(client),
            _ if client.rng.random_bool(0.1) => some(client),
            bets => client.bets[client.rng.random_range(0..bets)].clone(),
        };
        let last = |of: &[EntryId]| of.last().copied().unwrap_or(EntryId(Uuid::nil()));
        let action = match self.rng.random_range(0..100) {
            0..8 => Action::Deposit {
                amount: self.amount(300),
                payment: Payment::Approved,
            },
            8..45 => {
                self.bets.push(id(&own));
                Action::Bet {
                    amount: self.amount(400),
                    round,
                    game,
                }
            }
            45..48 => Action::JackpotWin {
                bet: Some(of_bet(self)),
                amount: self.amount(500),
                round,
                game,
            },
            48..60 => Action::Settle {
                bet: Some(of_bet(self)),
                amount: self.amount(500),
                round,
                game,
            },
            60..75 => Action::Rollback {
                of: of_bet(self),
                round: None,
                game: None,
                amount: if self.rng.random_bool(0.3) {
                    Some(self.amount(200))
                } else {
                    None
                },
            },
            75..80 => Action::WithdrawHold {
                amount: self.amount(300),
            },
            80..83 => Action::WithdrawSettle {
                hold: last(&self.holds),
            },
            83..86 => Action::WithdrawRelease {
                hold: last(&self.holds),
            },
            86..88 => Action::Grant {
                kind: GrantKind::Bonus,
                amount: self.amount(100),
                bucket: None,
                wager: self.amount(50),
                convert_cap: None,
                expires_at: None,
            },
            88..90 => Action::Convert {
                grant: last(&self.grants),
            },
            90..92 => {
                let name = format!(
                    "{}{own}",
                    if self.rng.random_bool(0.5) {
                        "poison-"
                    } else {
                        "panic-"
                    }
                );
                let bet = Action::Bet {
                    amount: self.amount(10),
                    round,
                    game,
                };
                return vec![self.command(&name, bet)];
            }
            92..93 => {
                let bet = Action::Bet {
                    amount: self.amount(10),
                    round,
                    game,
                };
                let stranger = PlayerId(Uuid::from_u128(999));
                return vec![Command {
                    player: stranger,
                    ..self.command(&format!("stranger-{own}"), bet)
                }];
            }
            // An id of before for something else.
            93..96 => {
                let bet = Action::Bet {
                    amount: self.amount(400),
                    round,
                    game,
                };
                let of = some(self);
                return vec![self.command(of.as_str(), bet)];
            }
            _ => {
                let bet = Action::Bet {
                    amount: self.amount(300),
                    round: round.clone(),
                    game: game.clone(),
                };
                let win = Action::Settle {
                    bet: Some(id(&own)),
                    amount: self.amount(300),
                    round,
                    game,
                };
                return vec![self.command(&own, bet), self.command(&format!("{own}-win"), win)];
            }
        };
        vec![self.command(&own, action)]
    }

    /// The same for another wallet of the brand; for the same once more where it has one.
    fn for_another_player(&self, commands: &[Command]) -> Vec<Command> {
        let mut wallets = self.house.brands.wallets.iter();
        let another =
            wallets.find(|wallet| wallet.brand == self.wallet.brand && wallet.player != self.wallet.player);
        let player = another.unwrap_or(&self.wallet).player;
        let for_them = commands.iter().cloned();
        for_them.map(|command| Command { player, ..command }).collect()
    }

    fn command(&self, transaction_id: &str, action: Action) -> Command {
        let source = Source::provider("simulated").unwrap();
        let policy = Policy {
            rollback_of_settled_bet: RollbackOfSettledBet::Reverse,
            unknown_rollback: UnknownRollback::Tombstone,
            rollback_of_spent_win: RollbackOfSpentWin::Refuse,
            ..Policy::default()
        };
        Command::new(
            self.wallet.player,
            self.wallet.currency,
            source,
            id(transaction_id),
            action,
        )
        .with_policy(policy)
    }
}

/// One thing that is asked for.
struct Flow {
    house: Arc<House>,
    brand: Brand,
    rng: StdRng,
}

impl Flow {
    /// Asks until there is an answer that stays, or the client has had enough.
    async fn until_it_is_enough(mut self, commands: Vec<Command>) -> (Vec<Command>, Vec<Outcome>) {
        let home = usize::from(self.rng.random_bool(0.3));
        for _ in 0..self.rng.random_range(1..6) {
            let answer = if self.rng.random_bool(0.15) {
                // Twice at once; the other process perhaps.
                let (patience, other) = (self.patience(), self.rng.random_range(0..2));
                let (one, _) = join(
                    self.house.ask(&self.brand, &commands, home, patience, false),
                    self.house.ask(&self.brand, &commands, other, patience, false),
                )
                .await;
                one
            } else {
                let patience = self.patience();
                let number = if self.rng.random_bool(0.8) { home } else { 1 - home };
                self.house
                    .ask(&self.brand, &commands, number, patience, false)
                    .await
            };
            match answer {
                Some(Ok(outcomes)) if !outcomes.contains(&Outcome::Retryable) => {
                    if self.rng.random_bool(0.1) {
                        continue; // Asked once too often.
                    }
                    return (commands, outcomes);
                }
                _ => sleep(Duration::from_millis(self.rng.random_range(0..1_500))).await,
            }
        }
        (commands, Vec::new())
    }

    fn patience(&mut self) -> Duration {
        let most = if self.rng.random_bool(0.3) { 50 } else { 20_000 };
        Duration::from_millis(self.rng.random_range(1..=most))
    }
}
