//! One provider's side of one protocol.

use serde_json::Value;
use time::OffsetDateTime;

use super::{Basis, Class, Heard, Point, ProviderKey, Rule, Say, Seat};
use crate::provider::{ReplayBalance, form};

/// A call to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The path after the operator's base URL, with its query: `/transaction/bet`.
    pub path: String,
    /// Its headers.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: Vec<u8>,
}

impl Message {
    /// A JSON document.
    #[must_use]
    pub fn json(path: &str, document: &serde_json::Value) -> Self {
        Self {
            path: path.to_owned(),
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: document.to_string().into_bytes(),
        }
    }

    /// The same with one more field: of a JSON object, or of a form.
    #[must_use]
    pub fn with_field(mut self, name: &str, value: &str) -> Self {
        if self.body.last() == Some(&b'}') {
            self.body.pop();
            let field = format!(",{}:{}}}", Value::from(name), Value::from(value));
            self.body.extend(field.bytes());
        } else {
            let parameter = form::write([(name, value)]);
            self.body.extend(format!("&{parameter}").bytes());
        }
        self
    }

    /// The same with one more header.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

/// One provider's side of one protocol. Pure: it composes and understands, somebody else sends.
pub trait Driver: Send + Sync {
    /// The protocol's short name.
    fn name(&self) -> &'static str;

    /// A saying in the protocol's words, not signed yet.
    ///
    /// # Errors
    /// Why the protocol has no such message.
    fn phrase(&self, seat: &Seat, say: &Say) -> Result<Message, &'static str>;

    /// The same, signed at this time, which counts where calls say when they were signed. `prefix` is the path of the
    /// operator's base URL, for protocols that sign paths.
    fn sign(&self, key: &ProviderKey, prefix: &str, message: Message, at: OffsetDateTime) -> Message;

    /// What an answer says; amounts are of the seat's currency.
    fn hear(&self, http: u16, body: &[u8], seat: &Seat) -> Heard;

    /// What is missing in an answer that was heard as this, or not what was asked about: every answer must tell more than
    /// its word. Of a refusal that is little, and what it need not tell is judged where it does.
    fn amiss(&self, asked: &Message, body: &[u8], seat: &Seat, heard: &Heard) -> Vec<String>;

    /// Which balance the answer to a repeat tells.
    fn repeats_tell(&self) -> ReplayBalance;

    /// What the protocol wants said at a point on which protocols differ: any of these.
    fn wants(&self, point: Point) -> &'static [Class];

    /// What stands behind what is wanted: the protocol's words for it, and who says so.
    fn basis(&self, rule: Rule) -> Basis;

    /// A transaction's id: `name` within what `run` begins.
    fn id(&self, run: &str, name: &str) -> String {
        format!("{run}-{name}")
    }

    /// A round: `name` within what `run` begins.
    fn round(&self, run: &str, name: &str) -> String {
        format!("{run}-{name}")
    }

    /// Whether what a promotion's win is known by is the operator's, who issued the promotion.
    fn promotions_are_issued(&self) -> bool {
        false
    }

    /// Whether wins name the bet they answer. Where they do not, a round links them.
    fn wins_name_bets(&self) -> bool {
        true
    }

    /// Whether calls show the launch's token.
    fn shows_token(&self) -> bool {
        true
    }

    /// That calls say when they were signed, and are served long after it.
    ///
    /// # Errors
    /// Why nobody can be held to that.
    fn outlives_its_time(&self) -> Result<(), &'static str> {
        Err("what proves a call says no time")
    }

    /// Whether bets name their currency. Where they do not, it is the launch's.
    fn bets_name_currency(&self) -> bool {
        true
    }

    /// Whether a promotion's win names its currency.
    fn promotions_name_currency(&self) -> bool {
        true
    }

    /// The ids under which an operator books what is said: those that the provider gives, or what stands for them.
    fn ids(&self, say: &Say) -> Vec<String> {
        say.ids()
    }

    /// Whether what proves a call covers its body.
    fn signs_bodies(&self) -> bool {
        true
    }

    /// Whether what proves a call stands in its address, or covers that.
    fn proves_in_addresses(&self) -> bool {
        false
    }

    /// Whether a bet has one win at most, and another is a repeat of it.
    fn bets_are_won_once(&self) -> bool {
        false
    }

    /// Whether what gives bets back is a call of its own, to which a win is nothing.
    fn refunds_are_of_bets(&self) -> bool {
        false
    }

    /// Whether one rollback undoes several, which it lists under one id of its own.
    fn rollbacks_have_lists(&self) -> bool {
        false
    }

    /// Whether a rollback says an id of its own, by which it need not be known. Where not, it is named by what it undoes.
    fn rollbacks_have_ids(&self) -> bool {
        true
    }
}
