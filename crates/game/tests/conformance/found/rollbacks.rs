//! Faults in what is undone.

use super::{EVERYWHERE, Found, OF_NOTHING, UNDONE_AGAIN};
use crate::fault::Fault::*;

pub const FOUND: &[Found] = &[
    Found {
        fault: ClampsAtNothing,
        at: &["hub88", "softswiss", "spribe", "slotegrator"],
        by: &[
            "a bet and a win that was spent rolled back in one call",
            "a rollback of a win that was spent",
        ],
        but: &[],
    },
    Found {
        fault: GivesBackTwice,
        at: EVERYWHERE,
        by: &[
            "a rollback again",
            "a rollback eight times at once",
            "a second rollback of the same bet under another id",
        ],
        but: &[
            ("hub88", UNDONE_AGAIN),
            ("softswiss", UNDONE_AGAIN),
            ("spribe", UNDONE_AGAIN),
            ("slotegrator", UNDONE_AGAIN),
            ("evolution", UNDONE_AGAIN),
        ],
    },
    Found {
        fault: GivesBackHalf,
        at: EVERYWHERE,
        by: &[
            "a bet and its win rolled back in one call",
            "a call whose rollback was applied before, with one that was not",
            "a rollback after the launch ended",
            "a rollback eight times at once",
            "a rollback of a bet",
            "a rollback of a bet that was won",
            "a rollback of a bet whose answer was lost",
            "a rollback of a bet, and the same stake once more",
            "a rollback of a player who is blocked since",
            "a rollback that was signed a day ago",
        ],
        but: &[
            (
                "slotegrator",
                &["a call whose rollback was applied before, with one that was not"],
            ),
            ("evolution", &["a rollback of a bet that was won"]),
        ],
    },
    Found {
        fault: GivesBackWhatWasWon,
        at: &["evolution"],
        by: &["a rollback of a bet that was won"],
        but: &[],
    },
    Found {
        fault: NoTombstones,
        at: EVERYWHERE,
        by: &["a bet that comes after its rollback"],
        but: &[],
    },
    Found {
        fault: TakesForeignReferences,
        at: EVERYWHERE,
        by: &["a rollback of another player's bet"],
        but: &[],
    },
    Found {
        fault: UnknownRollbacksAreDone,
        at: &["spribe", "evolution"],
        by: OF_NOTHING,
        but: &[],
    },
    Found {
        fault: LateBetsAreDone,
        at: &["spribe", "evolution"],
        by: &["a bet that comes after its rollback"],
        but: &[],
    },
    Found {
        fault: RefusesUnknownRollbacks,
        at: &["hub88", "softswiss", "pragmatic", "slotegrator"],
        by: &[
            "a bet that comes after its rollback",
            "a refund that names a win",
            "a rollback of a bet that was never seen",
            "a rollback of a bet that was refused",
            "a rollback of another brand's bet",
            "a rollback of another player's bet",
        ],
        but: &[],
    },
    Found {
        fault: RefundsWins,
        at: &["pragmatic", "slotegrator"],
        by: &["a refund that names a win"],
        but: &[],
    },
    Found {
        fault: SettledIsUnknown,
        at: &["evolution"],
        by: &[
            "a rollback of a bet that was won",
            "a win of a bet that was rolled back",
        ],
        but: &[],
    },
];
