//! A launch: the token a provider shows with every callback, and what it stands for.

use croupier_brand::{BrandScope, Currency, eligibility::GameStanding, token::PlayerId};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{catalogue::GameId, provider_account::ProviderAccount};

/// A launch's token: a UUIDv4, so that it cannot be guessed. Not a credential by itself; a
/// callback also bears the provider's signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SessionToken(pub(crate) Uuid);

impl SessionToken {
    /// A new one, from the operating system's random source.
    pub(crate) fn generate() -> Self {
        Self(Uuid::new_v4())
    }

    /// Reads a token exactly as it was issued: lower case, with hyphens. Other spellings of the
    /// same UUID are other tokens, which were never issued.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let token = Uuid::try_parse(text).ok()?;
        (token.hyphenated().to_string() == text).then_some(Self(token))
    }
}

/// How a launch's token is written for a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenForm {
    /// As it is, a UUID: for providers that always say whose account a call is about.
    Plain,
    /// With the brand's code in front and no hyphens: for providers that have calls with a token and nothing else, so
    /// that the token alone leads to the brand.
    Branded,
}

impl TokenForm {
    pub(crate) fn write(self, scope: &BrandScope, token: SessionToken) -> String {
        match self {
            Self::Plain => token.0.to_string(),
            Self::Branded => format!("{}{}", scope.code(), token.0.simple()),
        }
    }

    /// Reads a token exactly as it is written for the scope's brand.
    pub(crate) fn read(self, scope: &BrandScope, text: &str) -> Option<SessionToken> {
        match self {
            Self::Plain => SessionToken::parse(text),
            Self::Branded => {
                let token = Uuid::try_parse(text.strip_prefix(scope.code().as_str())?).ok()?;
                let token = SessionToken(token);
                (self.write(scope, token) == text).then_some(token)
            }
        }
    }
}

/// A launch as it is written.
#[derive(Clone, Debug)]
pub(crate) struct GameSession {
    pub(crate) token: SessionToken,
    pub(crate) player: PlayerId,
    pub(crate) provider: String,
    pub(crate) game: GameId,
    pub(crate) account: ProviderAccount,
    pub(crate) currency: Currency,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) expires_at: OffsetDateTime,
}

/// What a callback's token and game code stand for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RoundContext {
    /// Whose launch it was.
    pub(crate) player: PlayerId,
    /// The wallet's currency at the launch.
    pub(crate) currency: Currency,
    /// When bets end. Wins and rollbacks do not ask.
    pub(crate) expires_at: OffsetDateTime,
    /// An operator ended it: bets end at once, by no clock.
    pub(crate) ended: bool,
    /// The game the callback names, if the brand has or had it.
    pub(crate) game: Option<(GameId, GameStanding)>,
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_only_as_it_was_issued() {
        let token = SessionToken::generate();
        let text = token.0.to_string();
        assert_eq!(SessionToken::parse(&text), Some(token));
        let upper = Uuid::parse_str("55b7518e-b89e-41e7-81be-58404eea6d16")
            .unwrap()
            .to_string()
            .to_uppercase();
        for other in [
            upper,
            text.replace('-', ""),
            format!("{{{text}}}"),
            format!("urn:uuid:{text}"),
            format!(" {text}"),
            String::new(),
        ] {
            assert_eq!(SessionToken::parse(&other), None, "{other}");
        }
    }

    #[test]
    fn tokens_are_random() {
        let token = SessionToken::generate();
        assert_eq!(token.0.get_version_num(), 4);
        assert_ne!(token, SessionToken::generate());
    }
}
