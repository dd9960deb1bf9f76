//! Faults in who plays, and whether they may.

use super::{EVERYWHERE, Found};
use crate::fault::Fault::*;

pub const FOUND: &[Found] = &[
    Found {
        fault: TakesAnyToken,
        at: &["hub88", "pragmatic", "slotegrator", "evolution"],
        by: &[
            "a bet with another brand's token",
            "a bet with another player's token",
        ],
        but: &[],
    },
    Found {
        fault: KnowsNoTokens,
        at: &["hub88", "spribe", "evolution"],
        by: &[
            "a bet with a token that was never issued",
            "a bet with another brand's token",
            "a bet with another player's token",
            "a player who sits down with a token that was never issued",
            "a win with a token that was never issued",
        ],
        but: &[],
    },
    Found {
        fault: KnowsEverybody,
        at: &["spribe", "evolution"],
        by: &[
            "a bet of a player whom the brand does not have",
            "a bet of an account of no brand",
        ],
        but: &[],
    },
    Found {
        fault: TakesLateBets,
        at: &["hub88", "spribe", "evolution"],
        by: &["a bet after the launch ended"],
        but: &[],
    },
    Found {
        fault: RefusesLateWins,
        at: EVERYWHERE,
        by: &[
            "a promotion's win after the launch ended",
            "a rollback after the launch ended",
            "a win after the launch ended",
        ],
        but: &[
            ("softswiss", &["a promotion's win after the launch ended"]),
            ("pragmatic", &["a promotion's win after the launch ended"]),
        ],
    },
    Found {
        fault: TakesBetsOfBlocked,
        at: EVERYWHERE,
        by: &[
            "a bet of a player who is blocked",
            "a bet of a player who keeps out by their own decision",
        ],
        but: &[],
    },
    Found {
        fault: RefusesWinsOfBlocked,
        at: EVERYWHERE,
        by: &[
            "a win of a player who is blocked since",
            "a win of a player who keeps out since, by their own decision",
        ],
        but: &[],
    },
    Found {
        fault: RefusesWinsOfSignedOut,
        at: EVERYWHERE,
        by: &["a win of a player who signed out since"],
        but: &[],
    },
    Found {
        fault: SitsDownWordless,
        at: &["spribe", "evolution"],
        by: &["a player who sits down"],
        but: &[],
    },
    Found {
        fault: SeatsAnother,
        at: &["pragmatic"],
        by: &["a player who sits down"],
        but: &[],
    },
];
