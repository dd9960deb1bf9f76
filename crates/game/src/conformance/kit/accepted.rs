//! What was answered first, for the repeats.

use std::collections::HashMap;

use crate::{
    conformance::{Heard, Seat},
    provider::ReplayBalance,
};

/// The first accepted answers of a case, by whose call it was and the id it is booked under.
#[derive(Default)]
pub(super) struct Accepted(HashMap<(String, String), First>);

struct First {
    operator_id: Option<String>,
    balance: Option<i64>,
    was: Option<i64>,
}

impl Accepted {
    /// Whether all of these were answered before.
    pub(super) fn knows(&self, seat: &Seat, ids: &[String]) -> bool {
        let known = |id: &String| self.0.contains_key(&(seat.user.clone(), id.clone()));
        !ids.is_empty() && ids.iter().all(known)
    }

    /// What an answer tells otherwise than the first one did. A first one is remembered.
    pub(super) fn compare(
        &mut self,
        seat: &Seat,
        ids: &[String],
        heard: &Heard,
        repeats: ReplayBalance,
    ) -> Vec<String> {
        let mut amiss = Vec::new();
        if !heard.is_accepted() {
            return amiss;
        }
        // The balance of several is that after the last.
        let one = ids.len() == 1;
        for (at, id) in ids.iter().enumerate() {
            let told = First {
                operator_id: heard.operator_ids.get(at).cloned(),
                balance: heard.balance.filter(|_| one),
                was: heard.was.filter(|_| one),
            };
            let key = (seat.user.clone(), id.clone());
            let Some(first) = self.0.get(&key) else {
                self.0.insert(key, told);
                continue;
            };
            if let (Some(was), Some(is)) = (&first.operator_id, &told.operator_id)
                && was != is
            {
                amiss.push(format!("the operator's id of {id} was {was} and is {is}"));
            }
            if repeats == ReplayBalance::Current {
                continue;
            }
            for (what, was, is) in [
                ("balance", first.balance, told.balance),
                ("balance before", first.was, told.was),
            ] {
                if let (Some(was), Some(is)) = (was, is)
                    && was != is
                {
                    amiss.push(format!(
                        "the first answer's {what} was {was}, and that of the repeat is {is}"
                    ));
                }
            }
        }
        amiss
    }
}
