//! Faults in amounts, currencies and ids.

use super::{EVERYWHERE, Found};
use crate::fault::Fault::*;

pub const FOUND: &[Found] = &[
    Found {
        fault: TakesNegatives,
        at: EVERYWHERE,
        by: &["a bet of less than nothing", "a win of less than nothing"],
        but: &[],
    },
    Found {
        fault: CutsOffPrecision,
        at: EVERYWHERE,
        by: &["a bet finer than the currency", "a win finer than the currency"],
        but: &[],
    },
    Found {
        fault: TakesAnyWin,
        at: EVERYWHERE,
        by: &[
            "a promotion's win in another currency",
            "a win finer than the currency",
            "a win in another currency",
            "a win of less than nothing",
        ],
        but: &[("evolution", &["a promotion's win in another currency"])],
    },
    Found {
        fault: Floats,
        at: EVERYWHERE,
        by: &["the last of amounts that binary fractions do not hold"],
        but: &[],
    },
    Found {
        fault: TakesAnyCurrency,
        at: EVERYWHERE,
        by: &[
            "a bet in another currency",
            "a bet's id in another currency",
            "a promotion's win in another currency",
            "a win in another currency",
        ],
        but: &[],
    },
    Found {
        fault: RoundsAreNumbers,
        at: EVERYWHERE,
        by: &["a bet in a round whose number is beyond 64 bits"],
        but: &[],
    },
    Found {
        fault: RefusesNothing,
        at: EVERYWHERE,
        by: &["a bet of nothing"],
        but: &[],
    },
    Found {
        fault: ChargesFreeBets,
        at: &["hub88", "pragmatic", "slotegrator"],
        by: &["a free round's bet"],
        but: &[],
    },
    Found {
        fault: LetsOwe,
        at: &["hub88", "spribe", "evolution"],
        by: &[
            "a bet of more than there is",
            "a bet refused for funds, again after a deposit",
            "a rollback of a bet that was refused",
        ],
        but: &[],
    },
];
