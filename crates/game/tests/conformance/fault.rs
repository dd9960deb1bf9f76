//! What is wrong with an operator.

/// The faults, and the list of all of them.
macro_rules! faults {
    ($($(#[$about:meta])* $name:ident,)*) => {
        /// What is wrong with an operator.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Fault {
            $($(#[$about])* $name,)*
        }

        impl Fault {
            /// Every fault there is.
            pub const ALL: &[Self] = &[$(Self::$name,)*];
        }
    };
}

faults! {
    /// A repeat is done again.
    DoublesDuplicates,
    /// It looks whether an id is known, and writes it down later.
    RacesDuplicates,
    /// It reads the balance, reckons, and writes it back later.
    LosesUpdates,
    /// It believes everybody.
    IgnoresSignatures,
    /// It looks whether a call is signed, and not by whom.
    TakesAnySignature,
    /// It refuses what it does not know.
    RefusesUnknownFields,
    /// It reads a body before it verifies it.
    ReadsBeforeVerifying,
    /// It knows a bet by its round.
    KeyedByRound,
    /// A balance that would be less than nothing is nothing.
    ClampsAtNothing,
    /// It takes amounts of less than nothing for what they are.
    TakesNegatives,
    /// It cuts off what is finer than the currency.
    CutsOffPrecision,
    /// It pays wins of bets it never saw.
    PaysWinsWithoutBets,
    /// It pays wins of bets that were rolled back.
    PaysWinsOfUndone,
    /// It knows a rollback by its own id, and gives back for each.
    GivesBackTwice,
    /// It forgets a rollback that came before its bet.
    NoTombstones,
    /// It tells whoever uses an id again what the first was told.
    ConflictsAreReplays,
    /// The same of wins and rollbacks alone.
    SettlingsAreReplays,
    /// A bet's id in another game is the bet again.
    GamesAreNoMatter,
    /// It looks at the amounts and currencies of bets alone.
    TakesAnyWin,
    /// It reckons in binary fractions.
    Floats,
    /// It gives back bets of other players to whoever asks.
    TakesForeignReferences,
    /// It tells nothing for the balance where there is not enough.
    WrongBalanceWithoutFunds,
    /// It fails on bodies that it cannot read.
    FailsOnMalformed,
    /// What it took is written down only if the provider waits.
    ForgetsWithTheConnection,
    /// It tries again what it refused for funds.
    ForgetsRefusals,
    /// Ids that differ in case are one to it.
    IgnoresCase,
    /// It makes a new id of its own for a repeat.
    NewIdsForRepeats,
    /// It does not look whose token it is.
    TakesAnyToken,
    /// It does not look which currency it is.
    TakesAnyCurrency,
    /// It refuses wins and rollbacks after the launch.
    RefusesLateWins,
    /// It refuses wins of players who were blocked.
    RefusesWinsOfBlocked,
    /// It takes bets of players who are blocked.
    TakesBetsOfBlocked,
    /// Its brands share ids.
    BrandsMeet,
    /// It does a call's actions in their order.
    WinsFundBets,
    /// It does what can be done of a call.
    HalfOfACall,
    /// A call that has something known in it is a repeat as a whole.
    CallsAreRepeats,
    /// Rounds are numbers of 64 bits to it.
    RoundsAreNumbers,
    /// It refuses amounts of nothing.
    RefusesNothing,
    /// It takes the stake of a free bet.
    ChargesFreeBets,
    /// A rollback gives back half.
    GivesBackHalf,
    /// It tells what the player had before.
    TellsBalanceBefore,
    /// It tells a repeat the balance of now where the first answer's is wanted.
    RepeatsTellNow,
    /// It tells no balance where there is not enough.
    NoBalanceWithoutFunds,
    /// It tells no id of its own for a rollback.
    NoIdsForRollbacks,
    /// The answer to a win says another request's id, another round or another currency.
    AnswersAnother,
    /// The answer to a rollback does not say whose it is.
    AnswersNobody,
    /// It refuses with HTTP's status, where the protocol has words for that alone.
    RefusesWithStatus,
    /// It tells a repeat that it is done, where the protocol has a word for repeats.
    RepeatsAreDone,
    /// The balance after a win is finer than the currency.
    TellsFinerBalances,
    /// For the balance before it tells the one after.
    NothingBefore,
    /// The same of repeats alone: they move nothing.
    NothingBeforeRepeats,
    /// It tells that a rollback of what it never saw is done.
    UnknownRollbacksAreDone,
    /// It tells that a bet is taken whose rollback came first, and takes nothing.
    LateBetsAreDone,
    /// It gives back what was won.
    GivesBackWhatWasWon,
    /// What was settled is unknown to it.
    SettledIsUnknown,
    /// It pays every win of a bet that has one.
    PaysEveryWin,
    /// It does not look at tokens.
    KnowsNoTokens,
    /// It expects of an address what it always had.
    KnowsOneAddress,
    /// Whoever sits down is not told what the protocol has them told.
    SitsDownWordless,
    /// It takes bets after the launch.
    TakesLateBets,
    /// It takes bets beyond the balance.
    LetsOwe,
    /// It takes bets of players whom it does not have.
    KnowsEverybody,
    /// It refuses wins of nothing.
    RefusesLosses,
    /// It pays one win of a round.
    OneWinARound,
    /// It pays no win without a bet, whoever gives it away.
    NoPromotions,
    /// It refuses bets in another game than the launch's.
    OneGameALaunch,
    /// It refuses to be told that a round is over.
    RefusesRoundEnds,
    /// It looks whether a player may bet before it looks whether the bet is a repeat.
    RefusesRepeatsOfBlocked,
    /// It proves what it knows of a call, and nothing else.
    ProvesKnownFields,
    /// It writes what it proves with other escapes than the provider.
    EscapesOtherwise,
    /// It proves a call without its headers.
    SignsNoHeaders,
    /// It proves what came in the order in which it came.
    SortsNothing,
    /// It refuses rollbacks of bets that it never saw.
    RefusesUnknownRollbacks,
    /// The answer to a rollback does not list what was undone.
    ListsNothing,
    /// A rollback's id with another list undoes what is new in it.
    ListsAreNoMatter,
    /// What there is after a win is told as money and as bonus.
    TellsMoneyTwice,
    /// It passes over the prize that a win brings along.
    DropsPrizes,
    /// It knows a win that is said again, and not the prize that it brings along.
    PaysPrizesAgain,
    /// It says yes to jackpots, and pays none.
    PaysNoJackpots,
    /// Who sits down is told a name that is not the player's.
    SeatsAnother,
    /// It takes back a win that a refund names.
    RefundsWins,
    /// It refuses wins of players who signed out.
    RefusesWinsOfSignedOut,
    /// It pays a win only where the launch that tells it is its bet's.
    OneLaunchARound,
    /// It refuses what was signed more than five minutes ago.
    RefusesOldStamps,
}
