//! What a provider can be told, in nobody's protocol.

/// What an answer says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// Done, or done before.
    Done,
    /// Done before, and the protocol has a word for that.
    Repeated,
    /// The id was used for something else.
    Conflict,
    /// Not enough money.
    NoFunds,
    /// What it refers to is not there, or was undone.
    NoReference,
    /// What it refers to was settled or undone before.
    Settled,
    /// Not signed by the provider.
    BadSignature,
    /// Cannot be read, or cannot be meant.
    BadRequest,
    /// No such launch, or not this player's.
    BadToken,
    /// No such player.
    BadPlayer,
    /// The launch is over.
    Expired,
    /// Not the launch's currency.
    BadCurrency,
    /// The player may not.
    Disabled,
    /// The brand does not offer the game.
    BadGame,
    /// The brand is closed.
    Closed,
    /// A limit stops it.
    Limit,
    /// Nothing is known; say it again.
    Retry,
    /// No answer of the protocol.
    Nonsense,
}

impl Class {
    /// For people and programs. Stable.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Repeated => "repeated",
            Self::Conflict => "conflict",
            Self::NoFunds => "no_funds",
            Self::NoReference => "no_reference",
            Self::Settled => "settled",
            Self::BadSignature => "bad_signature",
            Self::BadRequest => "bad_request",
            Self::BadToken => "bad_token",
            Self::BadPlayer => "bad_player",
            Self::Expired => "expired",
            Self::BadCurrency => "bad_currency",
            Self::Disabled => "disabled",
            Self::BadGame => "bad_game",
            Self::Closed => "closed",
            Self::Limit => "limit",
            Self::Retry => "retry",
            Self::Nonsense => "no_answer_of_the_protocol",
        }
    }

    /// Several of them, one of which is wanted.
    #[must_use]
    pub fn names(classes: &[Self]) -> String {
        let mut names: Vec<_> = Vec::new();
        for class in classes {
            if !names.contains(&class.name()) {
                names.push(class.name());
            }
        }
        names.join(" or ")
    }
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// HTTP's status.
    pub http: u16,
    /// What it says.
    pub class: Class,
    /// The protocol's own word for it, as people look it up.
    pub code: String,
    /// The balance it tells, minor units.
    pub balance: Option<i64>,
    /// The balance before, where the protocol has it told beside, minor units.
    pub was: Option<i64>,
    /// The operator's ids of the transactions, in their order; fewer where the protocol has not all of them told.
    pub operator_ids: Vec<String>,
    /// What else is wrong with it, in words: what [`Driver::amiss`](super::Driver::amiss) found, and where it is a repeat
    /// what it tells otherwise than the first answer did.
    pub amiss: Vec<String>,
}

impl Heard {
    /// Whether the provider may take the call as served.
    #[must_use]
    pub fn is_accepted(&self) -> bool {
        matches!(self.class, Class::Done | Class::Repeated)
    }
}

/// A point on which protocols differ: what is wanted there is the driver's to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Point {
    /// The same bet again.
    Repeat,
    /// The same win again.
    RepeatOfWin,
    /// The same promotion's win again.
    RepeatOfPromotion,
    /// The same id with other data.
    Conflict,
    /// A win's id, or the bet it is known by, with other data.
    ConflictOfWin,
    /// A bet that comes after its rollback.
    LateBet,
    /// A rollback of what was never seen.
    UnknownRollback,
    /// A second rollback of the same, under another id.
    SecondRollback,
    /// A win that names a bet never seen, or none.
    WinWithoutBet,
    /// A win of a bet that was rolled back.
    WinOfUndone,
    /// A rollback of a bet that was won.
    RollbackOfSettled,
    /// A rollback of a win that was spent.
    RollbackOfSpent,
    /// A bet with a token that was not issued, or to somebody else.
    UnknownToken,
    /// A bet of a player that is not there.
    UnknownPlayer,
    /// A bet after the launch's end.
    Expired,
    /// A bet of a player who may not.
    Disabled,
    /// A bet in a game that is not offered.
    UnknownGame,
    /// A bet at a brand that is closed.
    BrandClosed,
    /// Another currency than the launch's.
    ForeignCurrency,
    /// An amount that is negative, too fine, too large or no number.
    OddAmount,
    /// A body that is not read.
    Malformed,
    /// A call that does not prove to be the provider's.
    Signature,
    /// A stake above the largest.
    Limit,
}
