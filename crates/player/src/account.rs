//! What a player signs up with: an account name, a password, perhaps an email address.
//!
//! Each is a type that only its `parse` makes, so what is past the edge is known to be well formed.
//! The messages say what is accepted and never repeat what was sent.

use std::fmt;

use zeroize::Zeroizing;

/// A player's name at one brand: 3 to 32 of `a-z 0-9 _ .`, upper case read as lower.
///
/// Only ASCII is folded: the Kelvin sign (U+212A) and its like are refused, not turned into letters,
/// so no two texts that look alike to a person and differ to us are one account by accident.
/// A dot may stand anywhere, first and last included: the name is never a path, a host or a mailbox,
/// and what providers are sent begins with the brand's code, which has no dot.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountName(String);

/// A text that cannot be an account name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 3 to 32 characters of a-z, 0-9, _ and . (upper case is read as lower case)")]
pub struct InvalidAccountName;

impl AccountName {
    /// The fewest characters of a name.
    pub const MIN_LEN: usize = 3;
    /// The most characters of a name.
    pub const MAX_LEN: usize = 32;

    /// Reads a name, folding ASCII upper case to lower. Nothing is trimmed.
    ///
    /// # Errors
    /// [`InvalidAccountName`].
    pub fn parse(text: &str) -> Result<Self, InvalidAccountName> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.';
        if (Self::MIN_LEN..=Self::MAX_LEN).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(InvalidAccountName)
        }
    }

    /// The name as text, lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccountName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A password that a player may choose: 10 to 128 characters, any characters.
///
/// Length is counted in Unicode scalar values and nothing is normalised: what is hashed are the
/// UTF-8 bytes as they were sent. Length is the rule that helps; composition rules do not
/// (NIST SP 800-63B, 5.1.1.2). Wiped from memory when dropped; `Debug` does not show it.
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

/// Why a text cannot be chosen as a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPassword {
    /// Too short or too long.
    #[error("must be 10 to 128 characters")]
    Length,
    /// The account's own name, in whatever case.
    #[error("must not be the account name")]
    IsAccount,
}

impl Password {
    /// The fewest characters, in Unicode scalar values.
    pub const MIN_CHARS: usize = 10;
    /// The most characters, in Unicode scalar values.
    pub const MAX_CHARS: usize = 128;

    /// Reads a password to be. That it is not the account's name, [`Registration::new`] sees to.
    ///
    /// # Errors
    /// [`InvalidPassword::Length`].
    pub fn parse(text: &str) -> Result<Self, InvalidPassword> {
        // One character past the limit is enough to know; a long text is not counted to its end.
        let chars = text.chars().take(Self::MAX_CHARS + 1).count();
        if (Self::MIN_CHARS..=Self::MAX_CHARS).contains(&chars) {
            Ok(Self(Zeroizing::new(text.to_owned())))
        } else {
            Err(InvalidPassword::Length)
        }
    }

    fn is(&self, account: &AccountName) -> bool {
        self.0.eq_ignore_ascii_case(account.as_str())
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// A password as somebody signing in presents it: any text at all.
///
/// The rules for choosing one are not asked of it. They may have changed since it was chosen, and a
/// text that breaks them must fail in no other way than a wrong one does.
#[derive(Clone)]
pub struct PresentedPassword(Zeroizing<String>);

impl PresentedPassword {
    /// Takes what was presented.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(Zeroizing::new(text.to_owned()))
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for PresentedPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PresentedPassword(…)")
    }
}

/// An email address, kept as written.
///
/// The syntax is the one browsers check (HTML, 4.10.5.1.5 "valid email address"), with a dot in the
/// domain and the lengths of RFC 5321, 4.5.3.1 (64 before the `@`, 254 in all). Whether somebody
/// reads it, only a message to it can tell. Personal data, so `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Email(String);

/// A text that cannot be an email address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be an email address such as name@example.com, at most 254 characters")]
pub struct InvalidEmail;

impl Email {
    /// The most characters of an address.
    pub const MAX_LEN: usize = 254;
    const MAX_LOCAL: usize = 64;
    const MAX_LABEL: usize = 63;

    /// Reads an address. Nothing is trimmed or folded.
    ///
    /// # Errors
    /// [`InvalidEmail`].
    pub fn parse(text: &str) -> Result<Self, InvalidEmail> {
        let (local, domain) = text.split_once('@').ok_or(InvalidEmail)?;
        let local_good = (1..=Self::MAX_LOCAL).contains(&local.len()) && local.bytes().all(is_local_byte);
        let domain_good = domain.contains('.') && domain.split('.').all(is_label);
        if text.len() <= Self::MAX_LEN && local_good && domain_good {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidEmail)
        }
    }

    /// The address as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_local_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(&byte)
}

fn is_label(label: &str) -> bool {
    (1..=Email::MAX_LABEL).contains(&label.len())
        && label
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(…)")
    }
}

/// What a player signs up with. The password is not the account's name.
#[derive(Clone, Debug)]
pub struct Registration {
    pub(crate) account: AccountName,
    pub(crate) password: Password,
    pub(crate) email: Option<Email>,
}

impl Registration {
    /// Joins an account and the password it is to have.
    ///
    /// # Errors
    /// [`InvalidPassword::IsAccount`].
    pub fn new(account: AccountName, password: Password) -> Result<Self, InvalidPassword> {
        if password.is(&account) {
            Err(InvalidPassword::IsAccount)
        } else {
            Ok(Self {
                account,
                password,
                email: None,
            })
        }
    }

    /// Adds the address, if there is one.
    #[must_use]
    pub fn with_email(self, email: Option<Email>) -> Self {
        Self { email, ..self }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests;
