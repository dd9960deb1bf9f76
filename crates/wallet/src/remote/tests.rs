//! What is written is read back as it was, whatever it says.

use croupier_brand::{Currency, token::PlayerId};
use proptest::prelude::*;
use uuid::Uuid;

use super::{EntriesQuery, HoldingsQuery};
use crate::{
    engine::{
        command::{Action, Amount, Command, MAX_AMOUNT},
        ids::{EntryId, GameId, RoundId, Source, TransactionId},
        outcome::{Balance, Neutral, Outcome, Reason, Receipt, Verdict},
    },
    page::{Cursor, PageLimit},
};

fn balance() -> impl Strategy<Value = Balance> {
    (any::<i64>(), any::<i64>(), any::<i64>(), any::<bool>()).prop_map(|(available, held, stakeable, all)| {
        Balance {
            available,
            held,
            stakeable: if all { available } else { stakeable },
        }
    })
}

fn receipt() -> impl Strategy<Value = Receipt> {
    (any::<u128>(), balance()).prop_map(|(entry, balance)| Receipt {
        entry: EntryId(Uuid::from_u128(entry)),
        balance,
    })
}

fn verdict() -> impl Strategy<Value = Verdict> {
    let why = prop::sample::select(Neutral::ALL.to_vec());
    let reason = prop::sample::select(Reason::ALL.to_vec());
    prop_oneof![
        receipt().prop_map(Verdict::Applied),
        (receipt(), why).prop_map(|(receipt, why)| Verdict::Neutralised { receipt, why }),
        balance().prop_map(|balance| Verdict::MissingReference { balance }),
        balance().prop_map(|balance| Verdict::AlreadySettled { balance }),
        (balance(), any::<i64>())
            .prop_map(|(balance, usable)| Verdict::InsufficientFunds { balance, usable }),
        (reason, balance()).prop_map(|(reason, balance)| Verdict::Rejected { reason, balance }),
    ]
}

fn outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        verdict().prop_map(Outcome::Decided),
        (verdict(), balance()).prop_map(|(verdict, balance)| Outcome::Replayed { verdict, balance }),
        balance().prop_map(|balance| Outcome::Conflict { balance }),
        Just(Outcome::Retryable),
    ]
}

fn name() -> impl Strategy<Value = String> {
    // Everything but control characters (Unicode category Cc).
    "[^\\p{Cc}]{1,80}"
}

fn command() -> impl Strategy<Value = Command> {
    let names = (name(), name(), name(), name(), prop::option::of(name()));
    let agreed = prop::collection::vec((any::<String>(), any::<String>()), 0..3);
    (any::<u128>(), 0..=MAX_AMOUNT, names, agreed).prop_map(
        |(player, amount, (source, id, round, game, bet), agreed)| {
            let action = Action::Settle {
                amount: Amount::new(amount).unwrap(),
                round: RoundId::new(&round).unwrap(),
                game: GameId::new(&game).unwrap(),
                bet: bet.map(|bet| TransactionId::new(&bet).unwrap()),
            };
            let mut command = Command::new(
                PlayerId(Uuid::from_u128(player)),
                Currency::parse("BTC").unwrap(),
                Source::new(&source).unwrap(),
                TransactionId::new(&id).unwrap(),
                action,
            );
            command.agreed = agreed;
            command
        },
    )
}

proptest! {
    #[test]
    fn an_outcome_is_read_as_it_was_written(outcome in outcome(), recalled in any::<bool>()) {
        let text = serde_json::to_vec(&outcome).unwrap();
        prop_assert_eq!(serde_json::from_slice::<Outcome>(&text).unwrap(), outcome);
        let recalled = recalled.then_some(outcome);
        let text = serde_json::to_vec(&recalled).unwrap();
        prop_assert_eq!(serde_json::from_slice::<Option<Outcome>>(&text).unwrap(), recalled);
    }

    #[test]
    fn a_command_is_read_as_it_was_written(command in command()) {
        let text = serde_json::to_vec(&command).unwrap();
        prop_assert_eq!(serde_json::from_slice::<Command>(&text).unwrap(), command);
    }

    #[test]
    fn a_query_is_read_as_it_was_written(player in any::<u128>(), after in prop::option::of(any::<i64>()), limit in 1..=PageLimit::MAX) {
        let (player, currency) = (PlayerId(Uuid::from_u128(player)), Currency::parse("USDT").unwrap());
        let holdings = HoldingsQuery { player, currency };
        prop_assert_eq!(read::<HoldingsQuery>(&holdings.to_text()), holdings);
        let entries = EntriesQuery {
            player,
            currency,
            after: after.map(Cursor::below),
            limit: PageLimit::new(limit).unwrap(),
        };
        prop_assert_eq!(read::<EntriesQuery>(&entries.to_text()), entries);
    }
}

fn read<T: serde::de::DeserializeOwned>(query: &str) -> T {
    let uri = format!("/?{query}").parse().unwrap();
    axum::extract::Query::try_from_uri(&uri).unwrap().0
}
