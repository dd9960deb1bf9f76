use croupier_brand::{Currency, token::PlayerId};
use time::OffsetDateTime;
use uuid::Uuid;

use super::*;
use crate::engine::{
    command::{Action, Amount, Command, Payment},
    fold,
    ids::{EntryId, GameId, RoundId, Source},
};

fn deposit(id: u128, player: u128) -> Order {
    let action = Action::Deposit {
        amount: Amount::new(100).unwrap(),
        payment: Payment::Approved,
    };
    Order {
        brand: BrandId::new(1).unwrap(),
        entry: EntryId(Uuid::from_u128(id)),
        at: OffsetDateTime::UNIX_EPOCH + time::Duration::seconds(i64::try_from(id).unwrap()),
        command: Command::new(
            PlayerId(Uuid::from_u128(player)),
            Currency::parse("EUR").unwrap(),
            Source::new("test").unwrap(),
            TransactionId::new(&format!("d{id}")).unwrap(),
            action,
        ),
        group: None,
    }
}

fn of_bet(id: u128, bet: Option<u128>) -> Order {
    let (round, game) = (RoundId::new("r").unwrap(), GameId::new("g").unwrap());
    let amount = Amount::new(1).unwrap();
    let action = match bet {
        None => Action::Bet { amount, round, game },
        Some(bet) => Action::Settle {
            amount,
            round,
            game,
            bet: Some(TransactionId::new(&format!("d{bet}")).unwrap()),
        },
    };
    let mut order = deposit(id, 1);
    order.command.action = action;
    order
}

/// Decides orders of wallets that are not remembered, and learns.
fn written(memory: &mut Memory, orders: impl IntoIterator<Item = Order>) {
    let mut loaded = Loaded::default();
    let orders: Vec<_> = orders.into_iter().collect();
    let (_, writes) = fold(&mut loaded.books, &orders);
    memory.learn(loaded, &writes, Kept::default());
}

/// The same with what is remembered, which has to be all.
fn from_memory(memory: &mut Memory, orders: &[Order]) {
    let mut loaded = Loaded::default();
    let recalled = memory.recall(orders);
    assert!(orders.iter().all(|order| recalled.has(order.account())));
    let kept = recalled.complete(&mut loaded);
    let (_, writes) = fold(&mut loaded.books, orders);
    assert_eq!(writes.recorded.len(), orders.len(), "{writes:?}");
    memory.learn(loaded, &writes, kept);
}

/// Whether the order's wallet is recalled; all is put back afterwards.
fn recalls(memory: &mut Memory, order: Order) -> bool {
    let recalled = memory.recall(std::slice::from_ref(&order));
    let has = recalled.has(order.account());
    for (account, wallet) in recalled.wallets {
        memory.wallets.keep(account, wallet);
    }
    for bet in recalled.bets {
        let hash = memory.hasher.hash_one(&bet.key);
        let wallet = memory.wallets.get_mut(&bet.play.account).unwrap();
        wallet.bets.learn(hash, bet);
    }
    has
}

#[test]
fn a_win_on_a_bet_that_is_remembered_is_recalled_with_it() {
    let mut memory = Memory::of(10).unwrap();
    written(&mut memory, [deposit(1, 1), of_bet(2, None)]);
    assert!(recalls(&mut memory, of_bet(3, Some(2))));
    assert!(
        !recalls(&mut memory, of_bet(3, Some(9))),
        "a bet that nobody knows"
    );
    from_memory(&mut memory, &[of_bet(3, Some(2)), of_bet(4, None)]);
    assert!(!recalls(&mut memory, of_bet(5, Some(2))), "it is settled");
    assert!(recalls(&mut memory, of_bet(5, Some(4))));
    // Of many the oldest is forgotten.
    for id in 10..14 {
        from_memory(&mut memory, &[of_bet(id, None)]);
    }
    assert!(!recalls(&mut memory, of_bet(5, Some(4))));
    for id in 10..14 {
        assert!(recalls(&mut memory, of_bet(5, Some(id))), "{id}");
    }
    let mut memory = Memory::of(10).unwrap();
    written(&mut memory, [deposit(1, 1)]);
    let (bet, win) = (of_bet(2, None), of_bet(3, Some(2)));
    let (in_order, reversed) = ([bet.clone(), win.clone()], [win, bet]);
    assert!(
        !memory.recall(&reversed).has(reversed[0].account()),
        "the bet comes after it"
    );
    from_memory(&mut memory, &in_order);
}

#[test]
fn a_wallet_with_a_tombstone_is_forgotten_and_a_bet_is_known_longer_than_its_id() {
    let mut memory = Memory::of(2).unwrap();
    written(&mut memory, [deposit(1, 1), of_bet(2, None)]);
    for id in 10..19 {
        from_memory(&mut memory, &[deposit(id, 1)]);
    }
    assert!(!recalls(&mut memory, of_bet(2, None)), "a repeat");
    assert!(recalls(&mut memory, of_bet(20, Some(2))));
    let mut rollback = deposit(30, 1);
    rollback.command.action = Action::Rollback {
        of: TransactionId::new("never came").unwrap(),
        round: None,
        game: None,
        amount: None,
    };
    written(&mut memory, [deposit(40, 1), rollback]);
    assert!(!recalls(&mut memory, deposit(41, 1)));
}

#[test]
fn a_bet_from_before_its_wallet_was_read_again_counts_for_nothing() {
    let mut memory = Memory::of(10).unwrap();
    written(&mut memory, [deposit(1, 1), of_bet(2, None)]);
    // Somebody else wrote the wallet, so it was read.
    written(&mut memory, [deposit(3, 1)]);
    assert!(recalls(&mut memory, deposit(4, 1)));
    assert!(!recalls(&mut memory, of_bet(4, Some(2))));
    // What is read with its wallet is of that reading.
    written(&mut memory, [deposit(5, 1), of_bet(6, None)]);
    assert!(recalls(&mut memory, of_bet(7, Some(6))));
    // A document that is newer than the bet's is not all that its win needs.
    for rules in memory.rules.values_mut() {
        rules.version += 1;
    }
    assert!(!recalls(&mut memory, of_bet(7, Some(6))));
}

#[test]
fn a_writer_that_is_wrong_again_and_again_reads_twice_as_many_each_time() {
    let mut memory = Memory::of(10).unwrap();
    written(&mut memory, [deposit(1, 1)]);
    for expected in [1, 2, 4, 8, 16] {
        assert!(recalls(&mut memory, deposit(2, 1)));
        memory.doubt();
        for _ in 0..expected {
            assert!(!recalls(&mut memory, deposit(2, 1)), "{expected}");
            // Batches that were read say nothing of memory.
            written(&mut memory, [deposit(3, 1)]);
        }
    }
    for _ in 0..20 {
        memory.doubt();
    }
    assert_eq!(memory.doubted, MOST_DOUBTS);
    memory.doubted = 0;
    assert!(recalls(&mut memory, deposit(2, 1)));
    memory.trust();
    memory.doubt();
    assert_eq!(memory.doubted, MOST_DOUBTS);
}

#[test]
fn a_repeat_is_read_and_what_was_not_used_for_long_is_forgotten() {
    let mut memory = Memory::of(10).unwrap();
    written(&mut memory, [deposit(1, 1)]);
    assert!(!recalls(&mut memory, deposit(1, 1)), "a repeat");
    assert!(recalls(&mut memory, deposit(2, 1)));
    for player in 2..40 {
        written(&mut memory, [deposit(player, player)]);
        // One that is used is kept, however many come by.
        assert!(recalls(&mut memory, deposit(1_000, 2)), "after {player}");
    }
    assert!(!recalls(&mut memory, deposit(2, 1)), "not used");
    assert!(
        recalls(&mut memory, deposit(1, 39)),
        "the id is forgotten, the wallet is not"
    );
    assert!(memory.wallets.len() <= 20);
    assert!(memory.decided.len() <= 20);
    memory.forget_all();
    assert!(!recalls(&mut memory, deposit(1_000, 39)));
    assert!(Memory::of(0).is_none());
}
