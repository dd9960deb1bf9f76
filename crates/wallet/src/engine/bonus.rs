//! Grants given, converted and taken back.

use time::{OffsetDateTime, UtcOffset};

use super::{
    account::{Account, HOUSE_BONUS, Movement, changes},
    command::{Amount, GrantKind},
    grants::{Grant, GrantState, MAX_OPEN_GRANTS, OpenGrant},
    ids::{BucketCode, EntryId},
    outcome::{Reason, Verdict},
    turn::{Draft, Turn},
};

/// What a grant is given with.
pub(super) struct Terms<'c> {
    pub(super) kind: GrantKind,
    pub(super) amount: Amount,
    pub(super) bucket: Option<&'c BucketCode>,
    pub(super) wager: Amount,
    pub(super) convert_cap: Option<Amount>,
    pub(super) expires_at: Option<OffsetDateTime>,
}

pub(super) fn grant(turn: &mut Turn<'_>, terms: &Terms<'_>) -> Verdict {
    if terms.amount == Amount::ZERO {
        return turn.rejected(Reason::ZeroAmount);
    }
    let topology = &turn.rules.topology;
    let bucket = match terms.bucket {
        Some(code) => topology.position(code.as_str()),
        None => topology.grant_to(terms.kind),
    };
    let Some(bucket) = bucket else {
        return turn.rejected(Reason::UnknownBucket);
    };
    if !topology.takes_grants(bucket) {
        return turn.rejected(Reason::NotForGrants);
    }
    let mut grants = turn.account().grants.clone();
    if grants.len() >= MAX_OPEN_GRANTS {
        return turn.rejected(Reason::TooManyGrants);
    }
    let given = OpenGrant {
        id: turn.order.entry,
        kind: terms.kind,
        bucket,
        amount: terms.amount.minor(),
        wager: terms.wager.minor(),
        progress: 0,
        convert_cap: terms.convert_cap.map(Amount::minor),
        expires_at: terms.expires_at.map(as_kept),
        at: as_kept(turn.order.at),
    };
    grants.push(given.clone());
    let credited = changes(&[(bucket, terms.amount.minor())]);
    let draft = Draft {
        amount: terms.amount.minor(),
        grants: Some(grants),
        ..Draft::default()
    };
    let verdict = turn.post(&Movement::credit(&credited, HOUSE_BONUS), draft);
    if let Verdict::Applied(_) = verdict {
        turn.put_grant(Grant {
            account: turn.order.account(),
            given,
            state: GrantState::Open,
            ended_at: None,
        });
    }
    verdict
}

/// Ends a grant: what is left of it becomes the player's own as far as it may, and the rest the house's.
pub(super) fn end(turn: &mut Turn<'_>, id: EntryId, end: GrantState) -> Verdict {
    let Some(grant) = turn.account().grants.iter().find(|grant| grant.id == id).cloned() else {
        return if turn.has_ended(id) {
            turn.already_settled()
        } else {
            turn.missing_reference()
        };
    };
    let now = turn.order.at;
    match end {
        GrantState::Converted if grant.progress < grant.wager => return turn.rejected(Reason::WagerOpen),
        GrantState::Expired if grant.expires_at.is_none_or(|at| now < at) => {
            return turn.rejected(Reason::NotYetExpired);
        }
        _ => {}
    }
    let left = remainder(turn.account(), &grant);
    let own = match end {
        GrantState::Converted => left.min(grant.convert_cap.unwrap_or(left)),
        _ => 0,
    };
    let moved = changes(&[(grant.bucket, -left), (turn.rules.topology.convert_to(), own)]);
    let mut grants = turn.account().grants.clone();
    grants.retain(|other| other.id != id);
    let draft = Draft {
        amount: if end == GrantState::Converted { own } else { left },
        reference: Some(id.to_string()),
        grants: Some(grants),
        counted: None,
        play: None,
    };
    let verdict = turn.post(&Movement::credit(&moved, HOUSE_BONUS), draft);
    if let Verdict::Applied(_) = verdict {
        turn.put_grant(Grant {
            account: turn.order.account(),
            given: grant,
            state: end,
            ended_at: Some(now),
        });
    }
    verdict
}

/// What is left of a grant: all its bucket has, or where several share the bucket, no more than was given.
/// Nothing where the bucket is below zero.
fn remainder(account: &Account, grant: &OpenGrant) -> i64 {
    let there = account.available.get(grant.bucket).copied().unwrap_or(0).max(0);
    let sharing = account.grants.iter().filter(|other| other.bucket == grant.bucket);
    if sharing.count() > 1 {
        there.min(grant.amount)
    } else {
        there
    }
}

/// In whole microseconds and UTC, which is what the database keeps: what is decided of a grant does not
/// depend on whether it was stored meanwhile.
fn as_kept(at: OffsetDateTime) -> OffsetDateTime {
    let at = at.to_offset(UtcOffset::UTC);
    at.replace_nanosecond(at.nanosecond() / 1_000 * 1_000)
        .unwrap_or(at)
}
