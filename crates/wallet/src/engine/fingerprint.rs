//! What makes two commands the same: the one place that says so.

use sha2::{Digest, Sha256};

use super::command::{Action, Command};

/// SHA-256 over everything the sender said. A repeat under the same id must have the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// A command's fingerprint.
    ///
    /// Each field goes in with its length, and an absent field differs from an empty one, so that no
    /// two commands write the same bytes. Left out are what the sender did not say: the policy and
    /// the payment gateway's answer.
    #[must_use]
    pub fn of(command: &Command) -> Self {
        // Naming every field makes the compiler ask about a new one.
        let Command {
            player,
            currency,
            source,
            transaction_id,
            action,
            policy: _,
            agreed,
        } = command;
        let mut digest = Fields(Sha256::new());
        digest.text("croupier wallet command 1");
        digest.text(&player.0.to_string());
        digest.text(currency.code());
        digest.text(source.as_str());
        digest.text(transaction_id.as_str());
        digest.text(action.kind().as_str());
        digest.action(action);
        for (name, value) in agreed {
            digest.text(name);
            digest.text(value);
        }
        Self(digest.0.finalize().into())
    }

    /// The bytes, as the database keeps them.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Reads what the database kept.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

struct Fields(Sha256);

impl Fields {
    fn text(&mut self, text: &str) {
        self.0.update([1]);
        self.0.update((text.len() as u64).to_be_bytes());
        self.0.update(text);
    }

    fn optional(&mut self, text: Option<&str>) {
        match text {
            Some(text) => self.text(text),
            None => self.0.update([0]),
        }
    }

    fn action(&mut self, action: &Action) {
        match action {
            Action::Deposit { amount, payment: _ } | Action::WithdrawHold { amount } => {
                self.text(&amount.minor().to_string())
            }
            Action::WithdrawSettle { hold } | Action::WithdrawRelease { hold } => {
                self.text(&hold.to_string())
            }
            Action::Convert { grant } | Action::Forfeit { grant } | Action::Expire { grant } => {
                self.text(&grant.to_string());
            }
            Action::Bet { amount, round, game } => {
                self.text(&amount.minor().to_string());
                self.text(round.as_str());
                self.text(game.as_str());
            }
            Action::Settle {
                amount,
                round,
                game,
                bet,
            }
            | Action::JackpotWin {
                amount,
                round,
                game,
                bet,
            } => {
                self.text(&amount.minor().to_string());
                self.text(round.as_str());
                self.text(game.as_str());
                self.optional(bet.as_ref().map(|id| id.as_str()));
            }
            Action::Rollback {
                of,
                round,
                game,
                amount,
            } => {
                self.text(of.as_str());
                self.optional(round.as_ref().map(|id| id.as_str()));
                self.optional(game.as_ref().map(|id| id.as_str()));
                self.optional(amount.map(|amount| amount.minor().to_string()).as_deref());
            }
            Action::Transfer { amount, from, to } => {
                self.text(&amount.minor().to_string());
                self.text(from.as_str());
                self.text(to.as_str());
            }
            Action::Grant {
                kind,
                amount,
                bucket,
                wager,
                convert_cap,
                expires_at,
            } => {
                self.text(kind.as_str());
                self.text(&amount.minor().to_string());
                self.optional(bucket.as_ref().map(|code| code.as_str()));
                self.text(&wager.minor().to_string());
                self.optional(convert_cap.map(|cap| cap.minor().to_string()).as_deref());
                self.optional(
                    expires_at
                        .map(|at| at.unix_timestamp_nanos().to_string())
                        .as_deref(),
                );
            }
            Action::Adjust { amount, bucket, note } => {
                self.text(&amount.minor().to_string());
                self.text(bucket.as_str());
                self.text(note.as_str());
            }
            Action::Tip { amount, round, game } => {
                self.text(&amount.minor().to_string());
                self.optional(round.as_ref().map(|id| id.as_str()));
                self.optional(game.as_ref().map(|id| id.as_str()));
            }
            Action::PromoWin { amount, promotion } => {
                self.text(&amount.minor().to_string());
                self.text(promotion.as_str());
            }
        }
    }
}
