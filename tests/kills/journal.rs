//! What the journal says, against what the clients were told.

use std::collections::{BTreeMap, HashMap};

use sqlx::PgPool;

use super::{
    seat::{CENT, Op, Said},
    traffic::Client,
};

/// Fails unless the journal of each wallet is exactly what its clients were told.
pub async fn journal_agrees(owner: &PgPool, clients: &[Client]) {
    let mut wallets: BTreeMap<uuid::Uuid, Vec<&Client>> = BTreeMap::new();
    for client in clients {
        wallets.entry(client.seat.id).or_default().push(client);
    }
    for (player, clients) in wallets {
        let seat = &clients[0].seat;
        let mut journal = journal_of(owner, seat.brand.id, player).await;
        let said: Vec<_> = clients.iter().flat_map(|client| &client.said).collect();
        let (mut bets, mut total) = (HashMap::new(), 0);
        for (op, said) in said.iter().filter(|(op, _)| !matches!(op, Op::Rollback(_))) {
            let (kind, amount, sign) = match op {
                Op::Deposit { cents, .. } => ("deposit", *cents, 1),
                Op::Bet(bet) => ("bet", bet.amount / CENT, -1),
                Op::Win(win) => ("settle", win.amount / CENT, 1),
                Op::Rollback(_) => continue,
            };
            let entry = journal.remove(op.transaction());
            match said {
                Said::Done(_) => {
                    assert_eq!(
                        entry,
                        Some(vec![(kind.to_owned(), amount, None)]),
                        "{op:?} was done"
                    );
                    total += sign * amount;
                    if kind == "bet" {
                        bets.insert(op.transaction(), amount);
                    }
                }
                said => assert_eq!(entry, None, "{op:?} was not done: {said:?}"),
            }
        }
        for (op, said) in &said {
            let Op::Rollback(rollback) = op else { continue };
            assert!(matches!(said, Said::Done(_)), "{op:?}: {said:?}");
            let entry = journal.remove(op.transaction());
            // It has an entry only where the bet has one.
            match bets.remove(rollback.reference.as_str()) {
                Some(amount) => {
                    assert_eq!(
                        entry,
                        Some(vec![(
                            "rollback".to_owned(),
                            amount,
                            Some(rollback.reference.clone())
                        )]),
                        "{op:?}"
                    );
                    total += amount;
                }
                None => assert_eq!(entry, None, "{op:?} had nothing to take back"),
            }
        }
        assert!(journal.is_empty(), "entries nobody was told of: {journal:?}");
        assert_eq!(seat.total().await, total, "the wallet of {}", seat.launch.user);
    }
}

type Entry = (String, i64, Option<String>);

/// By transaction id; of the bet or win alone, `reference` says nothing new.
async fn journal_of(owner: &PgPool, brand: i64, player: uuid::Uuid) -> BTreeMap<String, Vec<Entry>> {
    let mut tx = owner
        .begin_with(sqlx::AssertSqlSafe(format!(
            "BEGIN; SET LOCAL croupier.brand_ids = ',{brand},'"
        )))
        .await
        .unwrap();
    let rows: Vec<(String, String, i64, Option<String>)> =
        sqlx::query_as("SELECT transaction_id, kind, amount, CASE WHEN kind = 'rollback' THEN reference_id END FROM wallet_ledger WHERE player_id = $1")
            .bind(player)
            .fetch_all(&mut *tx)
            .await
            .unwrap();
    let mut journal: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
    for (transaction, kind, amount, reference) in rows {
        journal
            .entry(transaction)
            .or_default()
            .push((kind, amount, reference));
    }
    journal
}
