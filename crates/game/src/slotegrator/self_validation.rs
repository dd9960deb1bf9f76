//! The provider's self-validation, from the operator's side: what is asked of the provider's API, and what it answers.
//!
//! The operator opens a session there ([`Vendor::open`]), then has the provider play its checks against the operator's
//! callbacks ([`Vendor::self_validate`]). What the provider plays is in the module's documentation above.

use croupier_brand::Clock;
use std::time::Duration;

use reqwest::Url;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::driver;
use crate::{
    conformance::{Blot, Driver, Message, ProviderKey, Stop, Wire},
    provider::form,
};

/// The most bytes of a merchant's id. Those seen have 32.
const LONGEST_MERCHANT: usize = 128;

/// How the provider is asked.
#[derive(Clone, Debug)]
pub struct Asking {
    /// How long an answer is waited for, its last byte included. The provider answers when it has played everything,
    /// and waits three seconds for each of some forty calls.
    pub patience: Duration,
    /// The most bytes of an answer that are read.
    pub longest: usize,
    /// Certificates (DER) that are believed beside those that browsers believe.
    pub authorities: Vec<Vec<u8>>,
}

/// Whom the provider plays as: a launch of this house's.
#[derive(Clone, Debug)]
pub struct Session {
    /// The player's account as the provider knows it: `player_id`.
    pub account: String,
    /// The launch's token: `session_id`.
    pub token: String,
    /// The game's code: `game_uuid`. It must be one that the provider offers this merchant.
    pub game: String,
    /// The launch's currency, as ISO 4217 writes it.
    pub currency: String,
}

/// What the provider found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Validation {
    /// The provider's verdict: `success`.
    pub passed: bool,
    /// What it did and saw, in its order and words. A stranger's text, without what both sides sign with.
    pub log: Vec<String>,
}

/// Why the provider could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum Unasked {
    /// The merchant's id cannot be one.
    #[error("the merchant's id must be 1 to {LONGEST_MERCHANT} visible ASCII characters")]
    Merchant,
    /// It did not answer, not in time, or without end.
    #[error("{0}")]
    NoAnswer(String),
    /// It answered that it will not.
    #[error("it answered HTTP {status}: {said}")]
    Refused {
        /// HTTP's status.
        status: u16,
        /// Its words: a stranger's text.
        said: String,
    },
    /// It answered something else.
    #[error("its answer has no {missing}: {said}")]
    Unread {
        /// What it should have.
        missing: &'static str,
        /// What came: a stranger's text.
        said: String,
    },
}

/// The provider's API, as one merchant.
pub struct Vendor {
    wire: Wire,
    driver: Box<dyn Driver>,
    clock: Clock,
    key: ProviderKey,
    hidden: Blot,
}

impl std::fmt::Debug for Vendor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vendor")
            .field("wire", &self.wire)
            .finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct Opened {
    url: String,
}

#[derive(Deserialize)]
struct Judged {
    success: bool,
    #[serde(default)]
    log: Vec<Box<RawValue>>,
}

/// What its framework answers where something is wrong.
#[derive(Deserialize)]
struct Fault {
    message: String,
}

impl Vendor {
    /// The API at `api`, whose paths are added to it; calls are signed with `key`, the merchant's.
    ///
    /// # Errors
    /// [`Unasked::Merchant`], and [`Unasked::NoAnswer`] when TLS cannot be set up.
    pub fn new(api: Url, merchant: &str, key: ProviderKey, asking: &Asking) -> Result<Self, Unasked> {
        let visible = |byte: u8| byte.is_ascii_graphic();
        if merchant.is_empty() || merchant.len() > LONGEST_MERCHANT || !merchant.bytes().all(visible) {
            return Err(Unasked::Merchant);
        }
        let wire = Wire::new(api, asking.patience, &asking.authorities).map_err(no_answer)?;
        Ok(Self {
            wire: wire.reading(asking.longest),
            driver: driver(Some(merchant)),
            clock: Clock::system(),
            hidden: key.hidden(),
            key,
        })
    }

    /// Opens a session at the provider; gives the address at which the game is then, a stranger's text.
    ///
    /// # Errors
    /// [`Unasked`].
    pub async fn open(&self, session: &Session) -> Result<String, Unasked> {
        let said = [
            ("game_uuid", session.game.as_str()),
            ("player_id", &session.account),
            ("player_name", &session.account),
            ("currency", &session.currency),
            ("session_id", &session.token),
        ];
        let body = self.ask("/games/init", form::write(said)).await?;
        let opened: Opened = self.read(&body, "url")?;
        Ok(self.hidden.out_of(&opened.url))
    }

    /// Has the provider play its checks, with the session that was last opened.
    ///
    /// # Errors
    /// [`Unasked`].
    pub async fn self_validate(&self) -> Result<Validation, Unasked> {
        let body = self.ask("/self-validate", String::new()).await?;
        let judged: Judged = self.read(&body, "success that is true or false")?;
        let entry = |entry: Box<RawValue>| {
            let text = serde_json::from_str::<String>(entry.get());
            self.hidden
                .out_of(&text.unwrap_or_else(|_| entry.get().to_owned()))
        };
        Ok(Validation {
            passed: judged.success,
            log: judged.log.into_iter().map(entry).collect(),
        })
    }

    async fn ask(&self, path: &str, form: String) -> Result<Vec<u8>, Unasked> {
        let message = Message {
            path: path.to_owned(),
            headers: vec![(
                "content-type".to_owned(),
                "application/x-www-form-urlencoded".to_owned(),
            )],
            body: form.into_bytes(),
        };
        let signed = self.driver.sign(&self.key, "", message, self.clock.now());
        let came = self.wire.post(signed).await.map_err(no_answer)?;
        if (200..300).contains(&came.status) {
            return Ok(came.body);
        }
        let fault: Option<Fault> = serde_json::from_slice(&came.body).ok();
        Err(Unasked::Refused {
            status: came.status,
            said: match fault {
                Some(fault) => self.hidden.out_of(&fault.message),
                None => self.shown(&came.body),
            },
        })
    }

    fn read<T: for<'a> Deserialize<'a>>(&self, body: &[u8], missing: &'static str) -> Result<T, Unasked> {
        serde_json::from_slice(body).map_err(|_| Unasked::Unread {
            missing,
            said: self.shown(body),
        })
    }

    fn shown(&self, body: &[u8]) -> String {
        self.hidden.out_of(&String::from_utf8_lossy(body))
    }
}

fn no_answer(stop: Stop) -> Unasked {
    Unasked::NoAnswer(stop.to_string())
}
