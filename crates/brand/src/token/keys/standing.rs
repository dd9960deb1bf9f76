//! Which key signs, and which may go.

use std::cmp::Ordering;

use serde::Serialize;
use time::{Duration, OffsetDateTime};

use super::Kid;

/// Machines agree on the time to within this.
pub(super) const CLOCK_SKEW: Duration = Duration::minutes(1);

/// What is known of a key without using it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeyInfo {
    /// The key's id.
    pub kid: Kid,
    /// Whether its private half is here, so that tokens can be issued with it.
    pub can_sign: bool,
    /// From when it signs; none for one whose files do not say: before all that do.
    #[serde(with = "time::serde::rfc3339::option")]
    pub signs_from: Option<OffsetDateTime>,
}

/// How a key stands among the others of its folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It will sign from then on; until then it is only published.
    Published(OffsetDateTime),
    /// It is the one that signs.
    Signs,
    /// Another has signed since then.
    Replaced(OffsetDateTime),
}

impl KeyInfo {
    /// Keys in the order in which they sign. One whose files say no time comes first, by its id.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        (self.signs_from, &self.kid).cmp(&(other.signs_from, &other.kid))
    }

    fn has_begun(&self, now: OffsetDateTime) -> bool {
        self.signs_from.is_none_or(|from| from <= now)
    }

    /// How this key stands among `all`.
    #[must_use]
    pub fn standing(&self, all: &[Self], now: OffsetDateTime) -> Standing {
        // Where this key can sign, one that cannot does not replace it.
        let rivals = || all.iter().filter(|other| other.can_sign || !self.can_sign);
        let successor = rivals()
            .filter(|other| self.order(other).is_lt())
            .min_by(|a, b| a.order(b));
        let predecessors = rivals().any(|other| self.order(other).is_gt());
        match (self.signs_from, successor) {
            // The first of all signs before its time too: there is no other.
            (Some(from), _) if from > now && predecessors => Standing::Published(from),
            (_, Some(next)) if next.has_begun(now) => {
                Standing::Replaced(next.signs_from.unwrap_or(OffsetDateTime::UNIX_EPOCH))
            }
            _ => Standing::Signs,
        }
    }
}

/// The one of the keys that can sign which does: the last whose time has come or, if none's has, the first.
pub(super) fn signer<T>(keys: &[T], info: impl Fn(&T) -> &KeyInfo, now: OffsetDateTime) -> Option<&T> {
    let in_order = |a: &&T, b: &&T| info(a).order(info(b));
    keys.iter()
        .filter(|key| info(key).has_begun(now))
        .max_by(in_order)
        .or_else(|| keys.iter().min_by(in_order))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    fn at(seconds: i64) -> OffsetDateTime {
        NOW + Duration::seconds(seconds)
    }

    fn key(kid: &str, signs_from: Option<i64>, can_sign: bool) -> KeyInfo {
        KeyInfo {
            kid: Kid::parse(kid).unwrap(),
            can_sign,
            signs_from: signs_from.map(at),
        }
    }

    fn standings(keys: &[KeyInfo]) -> Vec<Standing> {
        keys.iter().map(|key| key.standing(keys, NOW)).collect()
    }

    fn signs(keys: &[KeyInfo]) -> &str {
        let able: Vec<_> = keys.iter().filter(|key| key.can_sign).collect();
        signer(&able, |key| key, NOW).unwrap().kid.as_str()
    }

    #[test]
    fn the_last_whose_time_has_come_signs() {
        use Standing::{Published, Replaced, Signs};
        for (keys, standing, signer) in [
            (vec![key("a", None, true)], vec![Signs], "a"),
            (
                vec![key("a", None, true), key("b", None, true)],
                vec![Replaced(NOW), Signs],
                "b",
            ),
            (
                vec![key("b", Some(-10), true), key("a", Some(-5), true)],
                vec![Replaced(at(-5)), Signs],
                "a",
            ),
            (
                vec![
                    key("z", None, true),
                    key("a", Some(-5), true),
                    key("b", Some(5), true),
                ],
                vec![Replaced(at(-5)), Signs, Published(at(5))],
                "a",
            ),
            (
                vec![key("a", Some(0), true), key("b", Some(1), true)],
                vec![Signs, Published(at(1))],
                "a",
            ),
            // Two that wait and none that has begun: the first does not wait.
            (
                vec![key("a", Some(5), true), key("b", Some(9), true)],
                vec![Signs, Published(at(9))],
                "a",
            ),
        ] {
            assert_eq!(standings(&keys), standing, "{keys:?}");
            assert_eq!(signs(&keys), signer, "{keys:?}");
        }
    }

    #[test]
    fn what_cannot_sign_here_replaces_nothing_that_can() {
        use Standing::{Replaced, Signs};
        let here = [key("a", Some(-9), true), key("b", Some(-5), false)];
        assert_eq!(standings(&here), [Signs, Signs]);
        assert_eq!(signs(&here), "a");
        // Where nothing is signed the times alone tell.
        let elsewhere = [key("a", Some(-9), false), key("b", Some(-5), false)];
        assert_eq!(standings(&elsewhere), [Replaced(at(-5)), Signs]);
    }
}
