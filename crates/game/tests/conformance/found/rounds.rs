//! Faults in wins, and what rounds are made of.

use super::Found;
use crate::fault::Fault::*;

pub const FOUND: &[Found] = &[
    Found {
        fault: PaysWinsWithoutBets,
        at: &["hub88", "spribe", "evolution"],
        by: &[
            "a win of another player's bet",
            "a win that overtook its bet",
            "a win without its bet",
        ],
        but: &[],
    },
    Found {
        fault: PaysWinsOfUndone,
        at: &["hub88", "spribe", "evolution"],
        by: &["a win of a bet that was rolled back"],
        but: &[],
    },
    Found {
        fault: PaysEveryWin,
        at: &["evolution"],
        by: &["a second win of a bet under another id"],
        but: &[],
    },
    Found {
        fault: OneWinARound,
        at: &["hub88", "spribe", "evolution"],
        by: &[
            "a second win after the round was over",
            "the last of amounts that binary fractions do not hold",
            "the second win of a round of three bets",
        ],
        but: &[],
    },
    Found {
        fault: RefusesLosses,
        at: &["hub88", "spribe", "evolution"],
        by: &["a second win after the round was over", "a win of nothing"],
        but: &[],
    },
    Found {
        fault: NoPromotions,
        at: &["hub88", "spribe", "evolution"],
        by: &[
            "a promotion's win",
            "a promotion's win after the launch ended",
            "a promotion's win again",
        ],
        but: &[],
    },
    Found {
        fault: DropsPrizes,
        at: &["pragmatic"],
        by: &["a win that brings a prize along"],
        but: &[],
    },
    Found {
        fault: PaysNoJackpots,
        at: &["pragmatic", "slotegrator"],
        by: &["a jackpot"],
        but: &[],
    },
    Found {
        fault: RefusesRoundEnds,
        at: &["softswiss"],
        by: &["the end of a round, told apart"],
        but: &[],
    },
    Found {
        fault: WinsFundBets,
        at: &["softswiss"],
        by: &["a bet beyond the balance and its win in one call"],
        but: &[],
    },
    Found {
        fault: HalfOfACall,
        at: &["softswiss", "slotegrator"],
        by: &[
            "a bet and a win that was spent rolled back in one call",
            "a bet beyond the balance and its win in one call",
        ],
        but: &[],
    },
    Found {
        fault: OneGameALaunch,
        at: &["hub88", "spribe", "evolution"],
        by: &["a bet in another game of the same launch"],
        but: &[],
    },
    Found {
        fault: OneLaunchARound,
        at: &["hub88", "evolution"],
        by: &["a win that another launch of the player's tells"],
        but: &[],
    },
];
