//! What every provider's callbacks are to say to another brand's ids: [`super::callbacks`] tries them.
//!
//! `done`: what is named is new here, and this brand's own from now on. `no_reference`: there is no such bet to be won or
//! rolled back. The others: nobody of this brand is meant. What a protocol says of unknown rollbacks and of tokens that it
//! shows without meaning ours is in docs/providers.md.

/// An attack's name.
pub type Attack = &'static str;

pub const LAUNCH: Attack = "another's launch";
pub const LAUNCH_HERE: Attack = "another's launch, as if it were of this brand";
pub const ACCOUNT_HERE: Attack = "another's account, as if it were of this brand";
pub const BOTH_HERE: Attack = "another's account and launch, as if they were of this brand";
pub const ROUND: Attack = "another's round";
pub const BET_ID: Attack = "another's bet as its own id";
pub const WIN_ID: Attack = "another's win as its own id";
pub const STONE_ID: Attack = "what was rolled back at another's as its own id";
pub const OPEN_BET: Attack = "another's open bet";
pub const OPEN_ROUND: Attack = "another's open bet and round";
pub const WIN: Attack = "another's win";
pub const PROMOTION: Attack = "another's promotion";

/// A route, what is said there, and what the attacks are told, as the provider understands it.
type Line = (
    &'static str,
    &'static str,
    &'static [(&'static str, &'static [Attack])],
);

pub const EXPECTED: &[Line] = &[
    (
        "/callbacks/hub88/transaction/bet",
        "bet",
        &[
            ("bad_token", &[LAUNCH, ACCOUNT_HERE, BOTH_HERE]),
            ("done", &[ROUND, BET_ID, WIN_ID, STONE_ID]),
        ],
    ),
    (
        "/callbacks/hub88/transaction/bet",
        "free bet",
        &[
            ("bad_token", &[LAUNCH, ACCOUNT_HERE, BOTH_HERE]),
            ("done", &[ROUND, BET_ID, WIN_ID, STONE_ID]),
        ],
    ),
    (
        "/callbacks/hub88/transaction/rollback",
        "rollback of a bet",
        &[
            ("bad_token", &[LAUNCH, ACCOUNT_HERE, BOTH_HERE]),
            (
                "done",
                &[ROUND, BET_ID, WIN_ID, STONE_ID, OPEN_BET, OPEN_ROUND, WIN],
            ),
        ],
    ),
    (
        "/callbacks/hub88/transaction/win",
        "promotion",
        &[
            ("bad_token", &[LAUNCH, ACCOUNT_HERE, BOTH_HERE]),
            ("done", &[ROUND, BET_ID, WIN_ID, STONE_ID, PROMOTION]),
        ],
    ),
    (
        "/callbacks/hub88/transaction/win",
        "win",
        &[
            ("bad_token", &[LAUNCH, ACCOUNT_HERE, BOTH_HERE]),
            ("done", &[ROUND, BET_ID, WIN_ID, STONE_ID]),
            ("no_reference", &[OPEN_BET, OPEN_ROUND, WIN]),
        ],
    ),
    (
        "/callbacks/hub88/user/balance",
        "balance",
        &[("bad_token", &[LAUNCH, ACCOUNT_HERE, BOTH_HERE])],
    ),
    (
        "/callbacks/hub88/user/info",
        "besides",
        &[("bad_token", &[ACCOUNT_HERE])],
    ),
    (
        "/callbacks/softswiss/freespins",
        "promotion",
        &[
            ("bad_player", &[ACCOUNT_HERE]),
            ("done", &[BET_ID, WIN_ID, STONE_ID, PROMOTION]),
        ],
    ),
    (
        "/callbacks/softswiss/play",
        "balance",
        &[("done", &[LAUNCH]), ("bad_player", &[ACCOUNT_HERE, BOTH_HERE])],
    ),
    (
        "/callbacks/softswiss/play",
        "bet",
        &[
            ("done", &[LAUNCH, ROUND, BET_ID, WIN_ID, STONE_ID]),
            ("bad_player", &[ACCOUNT_HERE, BOTH_HERE]),
        ],
    ),
    (
        "/callbacks/softswiss/play",
        "end",
        &[
            ("done", &[LAUNCH, ROUND]),
            ("bad_player", &[ACCOUNT_HERE, BOTH_HERE]),
        ],
    ),
    (
        "/callbacks/softswiss/play",
        "win",
        &[
            ("done", &[LAUNCH, ROUND, BET_ID, WIN_ID, STONE_ID]),
            ("bad_player", &[ACCOUNT_HERE, BOTH_HERE]),
        ],
    ),
    (
        "/callbacks/softswiss/rollback",
        "rollback of a bet",
        &[
            (
                "done",
                &[LAUNCH, ROUND, BET_ID, WIN_ID, STONE_ID, OPEN_BET, OPEN_ROUND, WIN],
            ),
            ("bad_player", &[ACCOUNT_HERE, BOTH_HERE]),
        ],
    ),
    (
        "/callbacks/spribe/auth",
        "besides",
        &[("bad_token", &[LAUNCH_HERE])],
    ),
    (
        "/callbacks/spribe/deposit",
        "promotion",
        &[
            (
                "done",
                &[LAUNCH, LAUNCH_HERE, ROUND, BET_ID, WIN_ID, STONE_ID, PROMOTION],
            ),
            ("bad_token", &[ACCOUNT_HERE, BOTH_HERE]),
        ],
    ),
    (
        "/callbacks/spribe/deposit",
        "win",
        &[
            ("done", &[LAUNCH, LAUNCH_HERE, ROUND, BET_ID, WIN_ID, STONE_ID]),
            ("bad_token", &[ACCOUNT_HERE, BOTH_HERE]),
            ("no_reference", &[OPEN_BET, OPEN_ROUND, WIN]),
        ],
    ),
    (
        "/callbacks/spribe/info",
        "balance",
        &[
            ("done", &[LAUNCH, LAUNCH_HERE]),
            ("bad_token", &[ACCOUNT_HERE, BOTH_HERE]),
        ],
    ),
    (
        "/callbacks/spribe/rollback",
        "rollback of a bet",
        &[
            ("done", &[LAUNCH, LAUNCH_HERE, ROUND, BET_ID, WIN_ID, STONE_ID]),
            ("bad_token", &[ACCOUNT_HERE, BOTH_HERE]),
            ("no_reference", &[OPEN_BET, OPEN_ROUND, WIN]),
        ],
    ),
    (
        "/callbacks/spribe/rollback",
        "rollback of a win",
        &[
            ("done", &[LAUNCH, LAUNCH_HERE, ROUND, BET_ID, WIN_ID, STONE_ID]),
            ("bad_token", &[ACCOUNT_HERE, BOTH_HERE]),
            ("no_reference", &[OPEN_BET, OPEN_ROUND, WIN]),
        ],
    ),
    (
        "/callbacks/spribe/withdraw",
        "bet",
        &[
            ("done", &[LAUNCH, LAUNCH_HERE, ROUND, BET_ID, WIN_ID, STONE_ID]),
            ("bad_token", &[ACCOUNT_HERE, BOTH_HERE]),
        ],
    ),
    (
        "/callbacks/pragmatic/adjustment.html",
        "besides",
        &[
            ("bad_player", &[ACCOUNT_HERE]),
            ("done", &[ROUND, BET_ID, WIN_ID, STONE_ID]),
        ],
    ),
    (
        "/callbacks/pragmatic/authenticate.html",
        "besides",
        &[("bad_token", &[LAUNCH_HERE])],
    ),
    (
        "/callbacks/pragmatic/balance.html",
        "balance",
        &[
            ("bad_token", &[LAUNCH, LAUNCH_HERE]),
            ("bad_player", &[ACCOUNT_HERE, BOTH_HERE]),
        ],
    ),
    (
        "/callbacks/pragmatic/bet.html",
        "bet",
        &[
            ("bad_token", &[LAUNCH, LAUNCH_HERE]),
            ("bad_player", &[ACCOUNT_HERE, BOTH_HERE]),
            ("done", &[ROUND, BET_ID, WIN_ID, STONE_ID]),
        ],
    ),
    (
        "/callbacks/pragmatic/bet.html",
        "free bet",
        &[
            ("bad_token", &[LAUNCH, LAUNCH_HERE]),
            ("bad_player", &[ACCOUNT_HERE, BOTH_HERE]),
            ("done", &[ROUND, BET_ID, WIN_ID, STONE_ID]),
        ],
    ),
    (
        "/callbacks/pragmatic/bonusWin.html",
        "besides",
        &[
            ("bad_player", &[ACCOUNT_HERE]),
            ("done", &[ROUND, BET_ID, WIN_ID, STONE_ID]),
        ],
    ),
    (
        "/callbacks/pragmatic/endRound.html",
        "end",
        &[
            ("bad_token", &[LAUNCH, LAUNCH_HERE]),
            ("bad_player", &[ACCOUNT_HERE, BOTH_HERE]),
            ("done", &[ROUND]),
        ],
    ),
    (
        "/callbacks/pragmatic/jackpotWin.html",
        "besides",
        &[
            ("bad_player", &[ACCOUNT_HERE]),
            ("done", &[ROUND, BET_ID, WIN_ID, STONE_ID]),
        ],
    ),
    (
        "/callbacks/pragmatic/promoWin.html",
        "promotion",
        &[
            ("bad_player", &[ACCOUNT_HERE]),
            ("done", &[BET_ID, WIN_ID, STONE_ID, PROMOTION]),
        ],
    ),
    (
        "/callbacks/pragmatic/refund.html",
        "rollback of a bet",
        &[
            ("bad_token", &[LAUNCH, LAUNCH_HERE]),
            ("bad_player", &[ACCOUNT_HERE, BOTH_HERE]),
            ("done", &[ROUND, OPEN_BET, OPEN_ROUND, WIN]),
        ],
    ),
    (
        "/callbacks/pragmatic/result.html",
        "win",
        &[
            ("bad_token", &[LAUNCH, LAUNCH_HERE]),
            ("bad_player", &[ACCOUNT_HERE, BOTH_HERE]),
            ("done", &[ROUND, BET_ID, WIN_ID, STONE_ID]),
        ],
    ),
    (
        "/callbacks/slotegrator",
        "balance",
        &[("retry", &[LAUNCH, ACCOUNT_HERE, BOTH_HERE])],
    ),
    (
        "/callbacks/slotegrator",
        "bet",
        &[
            ("retry", &[LAUNCH, ACCOUNT_HERE, BOTH_HERE]),
            ("done", &[ROUND, BET_ID, WIN_ID, STONE_ID]),
        ],
    ),
    (
        "/callbacks/slotegrator",
        "free bet",
        &[
            ("retry", &[LAUNCH, ACCOUNT_HERE, BOTH_HERE]),
            ("done", &[ROUND, BET_ID, WIN_ID, STONE_ID]),
        ],
    ),
    (
        "/callbacks/slotegrator",
        "promotion",
        &[
            ("retry", &[LAUNCH, ACCOUNT_HERE, BOTH_HERE]),
            ("done", &[ROUND, BET_ID, WIN_ID, STONE_ID, PROMOTION]),
        ],
    ),
    (
        "/callbacks/slotegrator",
        "rollback of a bet",
        &[
            ("retry", &[LAUNCH, ACCOUNT_HERE, BOTH_HERE]),
            ("done", &[BET_ID, WIN_ID, STONE_ID, OPEN_BET, WIN]),
        ],
    ),
    (
        "/callbacks/slotegrator",
        "rollback of a win",
        &[
            ("retry", &[LAUNCH, ACCOUNT_HERE, BOTH_HERE]),
            ("done", &[BET_ID, WIN_ID, STONE_ID, OPEN_BET, WIN]),
        ],
    ),
    (
        "/callbacks/slotegrator",
        "win",
        &[
            ("retry", &[LAUNCH, ACCOUNT_HERE, BOTH_HERE]),
            ("done", &[ROUND, BET_ID, WIN_ID, STONE_ID]),
        ],
    ),
    (
        "/callbacks/evolution/balance",
        "balance",
        &[
            ("bad_token", &[LAUNCH]),
            ("bad_request", &[ACCOUNT_HERE, BOTH_HERE]),
        ],
    ),
    (
        "/callbacks/evolution/cancel",
        "rollback of a bet",
        &[
            ("bad_token", &[LAUNCH]),
            ("bad_request", &[ACCOUNT_HERE, BOTH_HERE]),
            ("done", &[ROUND, BET_ID, WIN_ID, STONE_ID]),
            ("no_reference", &[OPEN_BET, OPEN_ROUND, WIN]),
        ],
    ),
    (
        "/callbacks/evolution/check",
        "besides",
        &[
            ("bad_token", &[LAUNCH]),
            ("bad_request", &[ACCOUNT_HERE, BOTH_HERE]),
        ],
    ),
    (
        "/callbacks/evolution/credit",
        "win",
        &[
            ("bad_token", &[LAUNCH]),
            ("bad_request", &[ACCOUNT_HERE, BOTH_HERE]),
            ("done", &[ROUND, BET_ID, WIN_ID, STONE_ID]),
            ("no_reference", &[OPEN_BET, OPEN_ROUND, WIN]),
        ],
    ),
    (
        "/callbacks/evolution/debit",
        "bet",
        &[
            ("bad_token", &[LAUNCH]),
            ("bad_request", &[ACCOUNT_HERE, BOTH_HERE]),
            ("done", &[ROUND, BET_ID, WIN_ID, STONE_ID]),
        ],
    ),
    (
        "/callbacks/evolution/promo_payout",
        "promotion",
        &[
            ("bad_token", &[LAUNCH]),
            ("bad_request", &[ACCOUNT_HERE, BOTH_HERE]),
            ("done", &[BET_ID, WIN_ID, STONE_ID, PROMOTION]),
        ],
    ),
    (
        "/callbacks/evolution/sid",
        "besides",
        &[
            ("bad_token", &[LAUNCH]),
            ("bad_request", &[ACCOUNT_HERE, BOTH_HERE]),
        ],
    ),
];
