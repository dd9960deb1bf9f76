//! Grants, told a second time: how far one has come is read off the bets that count for it.

use time::OffsetDateTime;

use super::{Event, Judgement, Model, same_wallet};
use crate::{Action, Command, EntryId, GrantKind, Reason, Verdict};

impl Model {
    /// The wallet's grants that were given and have not ended, oldest first.
    fn open(&self, command: &Command) -> Vec<&Event> {
        let applied = |event: &&Event| {
            same_wallet(&event.command, command) && matches!(event.verdict, Verdict::Applied(_))
        };
        let given = self.events.iter().filter(applied);
        given
            .filter(|event| matches!(event.command.action, Action::Grant { .. }))
            .filter(|given| {
                let mut ends = self.events.iter().filter(applied);
                !ends.any(|end| end.command.action.grant() == Some(given.entry))
            })
            .collect()
    }

    /// How much was staked for a grant: of each bet that counts for it, what still stands, up to what it counted.
    fn staked_for(&self, grant: EntryId) -> i128 {
        let bets = self
            .events
            .iter()
            .filter_map(|event| Some((event, event.counts?)));
        bets.filter(|(_, (of, _))| *of == grant)
            .map(|(bet, (_, counts))| {
                let left = self.left(&bet.command, &bet.command.transaction_id, bet);
                counts.min(left.iter().map(|(_, left)| -left).sum())
            })
            .sum()
    }

    /// What a bet would count for.
    pub(super) fn counts(&self, command: &Command) -> Option<(EntryId, i128)> {
        let Action::Bet { amount, .. } = &command.action else {
            return None;
        };
        self.open(command)
            .into_iter()
            .map(|grant| (grant.entry, wager(grant) - self.staked_for(grant.entry)))
            .find(|(_, missing)| *missing > 0)
            .map(|(grant, missing)| (grant, missing.min(amount.minor().into())))
            .filter(|(_, counts)| *counts > 0)
    }

    /// Why a bet is too large, if it is.
    pub(super) fn too_large(&self, command: &Command, stake: i128) -> Option<Reason> {
        let document = self.now();
        let limits = document
            .limits
            .iter()
            .find(|(code, ..)| code == command.currency.code());
        let (_, any, with_bonus) = limits?;
        if any.is_some_and(|most| stake > most) {
            return Some(Reason::MaxBet);
        }
        let wallet = |code: &str| self.available(command.player, command.currency, code);
        let there: i128 = document.bet_order.iter().map(|code| wallet(code).max(0)).sum();
        let parts = document.stake(wallet, stake.min(there)).ok()?;
        let has_bonus = parts
            .iter()
            .any(|(code, part)| *part > 0 && document.bonus.contains(code))
            || self.open(command).iter().any(|grant| {
                matches!(
                    grant.command.action,
                    Action::Grant {
                        kind: GrantKind::Bonus,
                        ..
                    }
                )
            });
        (has_bonus && with_bonus.is_some_and(|most| stake > most)).then_some(Reason::MaxBetWithBonus)
    }

    pub(super) fn give(&self, command: &Command) -> Judgement {
        let Action::Grant {
            kind, amount, bucket, ..
        } = &command.action
        else {
            panic!("a grant")
        };
        let document = self.now();
        let bucket = match bucket {
            Some(code) => document
                .codes
                .iter()
                .find(|known| **known == code.as_str())
                .copied(),
            None => {
                let mut grants = document.grants.iter();
                grants.find(|(of, _)| of == kind.as_str()).map(|(_, to)| *to)
            }
        };
        match bucket {
            _ if amount.minor() == 0 => Judgement::No(Reason::ZeroAmount),
            None => Judgement::No(Reason::UnknownBucket),
            Some(code)
                if document.withdrawable.contains(&code)
                    || code == document.deposit_to
                    || code == document.convert_to =>
            {
                Judgement::No(Reason::NotForGrants)
            }
            Some(_) if self.open(command).len() >= 8 => Judgement::No(Reason::TooManyGrants),
            Some(code) => Judgement::Move(vec![(code, amount.minor().into())], vec![]),
        }
    }

    pub(super) fn end_grant(&self, command: &Command, id: EntryId, now: OffsetDateTime) -> Judgement {
        let open = self.open(command);
        let Some(grant) = open.iter().find(|grant| grant.entry == id) else {
            let was_one = self.events.iter().any(|event| {
                event.entry == id
                    && same_wallet(&event.command, command)
                    && matches!(event.command.action, Action::Grant { .. })
                    && matches!(event.verdict, Verdict::Applied(_))
            });
            return if was_one {
                Judgement::Ended
            } else {
                Judgement::Missing
            };
        };
        let Action::Grant {
            amount,
            convert_cap,
            expires_at,
            ..
        } = &grant.command.action
        else {
            panic!("a grant")
        };
        let converts = matches!(command.action, Action::Convert { .. });
        if converts && self.staked_for(id) < wager(grant) {
            return Judgement::No(Reason::WagerOpen);
        }
        let over = expires_at.is_some_and(|at| at <= now);
        if matches!(command.action, Action::Expire { .. }) && !over {
            return Judgement::No(Reason::NotYetExpired);
        }
        let bucket = grant.available[0].0;
        let there = self.available(command.player, command.currency, bucket).max(0);
        let alone = open.iter().filter(|other| other.available[0].0 == bucket).count() == 1;
        let left = if alone {
            there
        } else {
            there.min(amount.minor().into())
        };
        let own = match convert_cap {
            _ if !converts => 0,
            Some(cap) => left.min(cap.minor().into()),
            None => left,
        };
        Judgement::Move(vec![(bucket, -left), (self.now().convert_to, own)], vec![])
    }
}

fn wager(grant: &Event) -> i128 {
    match &grant.command.action {
        Action::Grant { wager, .. } => wager.minor().into(),
        _ => 0,
    }
}
