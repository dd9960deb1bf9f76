//! What an adapter is.

use croupier_brand::scope::{ProviderCredential, VerifiedCallback};

use super::{Asked, Call, Contract, Reply, Told, Unserved, Verified};
use crate::{provider_account::AccountRules, session::TokenForm};

/// One provider's protocol: how its calls are signed, read and answered.
///
/// All four functions are pure; the pipeline calls them in the order they stand here.
pub trait Adapter: Send + Sync + 'static {
    /// What a call said that its answer needs: a request's id to echo, the ids of its actions.
    type Echo: Send;

    /// What there is to know without a call.
    const SPEC: Spec;

    /// Whether the answer to what was not admitted says what the player has. It takes another look at the wallet.
    const REFUSALS_TELL_BALANCE: bool = false;

    /// The call's body, if the call proves to be the provider's. Over the raw bytes, failing closed: a
    /// signature that is missing, doubled, unreadable or another's is all the same.
    fn verify<'a>(credential: &ProviderCredential, call: &'a Call) -> Option<VerifiedCallback<'a>>;

    /// What a verified call asks.
    ///
    /// # Errors
    /// The answer to a call that cannot be read, or that is answered without asking the house.
    fn read(call: &Verified<'_>, contract: &Contract) -> Result<(Asked, Self::Echo), Reply>;

    /// The answer.
    fn answer(echo: Self::Echo, told: Told) -> Reply;

    /// The answer to a call that is not read.
    fn refuse(call: &CallSpec, why: Unserved) -> Reply;
}

/// What there is to know of a provider without a call.
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    /// The short name: in paths, in the catalogue, in the wallet's sources, in metrics, in the configuration. 2 to 20 of
    /// `a-z 0-9`.
    pub name: &'static str,
    /// The name for people.
    pub title: &'static str,
    /// What its calls are verified with.
    pub keys: KeyKind,
    /// Whether what proves a call covers its body. Where not (a shared token sent along), whoever reads one call can
    /// make others: the connection must be the provider's alone.
    pub signs_body: bool,
    /// The calls it makes.
    pub calls: &'static [CallSpec],
    /// Which accounts it takes.
    pub accounts: AccountRules,
    /// How launches' tokens are written for it.
    pub tokens: TokenForm,
    /// What its contract says, or what is chosen where it says nothing.
    pub contract: Contract,
    /// A game of its own in houses for development.
    pub game: GameSpec,
    /// And another: players change games within a launch.
    pub other_game: GameSpec,
}

/// What a provider's calls are verified with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// The provider's public keys, PEM.
    PublicKeys,
    /// Secrets that both sides have.
    Secrets,
}

/// A call that a provider makes.
#[derive(Clone, Copy, Debug)]
pub struct CallSpec {
    /// Its name in metrics and logs.
    pub name: &'static str,
    /// Its path, `/callbacks/<provider>/…`. Every call is a POST.
    pub path: &'static str,
    /// What it is for, in a sentence.
    pub summary: &'static str,
    /// The fields of its body that are read.
    pub fields: &'static str,
}

/// A game that stands for a provider's in houses for development.
#[derive(Clone, Copy, Debug)]
pub struct GameSpec {
    /// Its name in URLs.
    pub id: &'static str,
    /// The provider's name for it.
    pub code: &'static str,
    /// Its name for people.
    pub name: &'static str,
    /// Its kind: `slot`, `table`, `live`, `crash`.
    pub category: &'static str,
    /// Where a lobby shows it.
    pub position: i32,
}
