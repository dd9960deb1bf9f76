//! Where an expectation comes from: what the report says beside "should be".

use super::Point;

/// How sure an expectation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// P: the provider's own documentation or published examples.
    Documentation,
    /// I: independent public operators' code and tests.
    PublicCode,
    /// S: third-party digests of the provider's documentation.
    Digest,
    /// U: nobody public says; to be agreed with the provider.
    Unverified,
    /// O: our own decision.
    OurDecision,
}

impl Source {
    /// For people.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Documentation => "the provider's documentation",
            Self::PublicCode => "public code of operators",
            Self::Digest => "third-party digests",
            Self::Unverified => "not verified",
            Self::OurDecision => "our decision",
        }
    }

    /// For programs. Stable.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Documentation => "documentation",
            Self::PublicCode => "public_code",
            Self::Digest => "digest",
            Self::Unverified => "unverified",
            Self::OurDecision => "our_decision",
        }
    }
}

/// What an expectation stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Basis {
    /// Where it comes from, the surest first; several where they say parts of it.
    pub sources: &'static [Source],
    /// What is wanted, in the protocol's words.
    pub says: &'static str,
}

impl Basis {
    /// An expectation and its sources.
    #[must_use]
    pub const fn new(sources: &'static [Source], says: &'static str) -> Self {
        Self { sources, says }
    }
}

/// What a case is about: the rule that it would see broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rule {
    /// A point on which protocols differ.
    Of(Point),
    /// Who sits down is told who they are, and may again.
    Opening,
    /// What a call says that nobody knows is signed with the rest, and passed over.
    UnknownFields,
    /// One of several at once applies, and the others are told its outcome; what is not the same is done once each.
    AtOnce,
    /// An id is its brand's: another brand's says nothing.
    BrandsApart,
    /// A refusal for funds stays one.
    RefusalStays,
    /// A round has any number of bets and wins.
    Round,
    /// A call's transactions stand or fall together, and no win of it pays for a bet.
    Together,
    /// Wins and rollbacks are taken after the launch, the player's standing, the game or the brand ended.
    LateSettle,
    /// A round's bet and win may come from two launches of its player's.
    OtherLaunch,
    /// Who keeps out or signs out by their own decision: bets end with the first, and what was bet is settled.
    OwnDecision,
    /// What was signed long ago is served: it is said again until it is answered.
    Stamps,
    /// What the provider gives away is paid, once.
    Promotion,
    /// A round's end may be told, and again.
    RoundEnd,
    /// Amounts of nothing.
    Nothing,
    /// A free round takes nothing.
    FreeRound,
    /// The game may change within a launch.
    OtherGame,
    /// A rollback gives back what was taken, whole, and to where it came from.
    Rollback,
    /// What was done before the answer was lost is found again.
    LostAnswer,
    /// What overtook another is right once that came.
    Order,
    /// A bet beyond the balance, and the balance that is told with its refusal.
    NoFunds,
    /// Ids as long and as particular as providers' are.
    Ids,
    /// Every amount is exact to its last digit.
    Digits,
    /// Somebody else's transaction is nobody's.
    Foreign,
}
