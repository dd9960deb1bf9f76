//! A folder of keys.

use std::{
    fs,
    path::{Path, PathBuf},
};

use pem::Pem;
use time::{Duration, OffsetDateTime};
use zeroize::Zeroizing;

use super::{
    KeyError, KeyInfo, Kid, PublicKeys, SigningKey, Standing, file,
    file::For,
    halves::{self, PublicKey},
    standing::{CLOCK_SKEW, signer},
};

const PUBLIC: &str = ".public.pem";

/// A folder of keys.
#[derive(Clone, Debug)]
pub struct KeyDir(PathBuf);

/// What became of a key that was taken away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retired {
    /// When the last token that it may have signed ends; none if all have ended, or it never signed.
    pub tokens_until: Option<OffsetDateTime>,
    /// The key that signs from now on, where any can.
    pub signs: Option<Kid>,
}

impl KeyDir {
    /// Names a folder; it is made when the first key is.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Makes a key pair that signs from then on, and writes both halves, the private one mode 0600.
    ///
    /// The private half comes first: a key is listed by its public half, so whoever reads the folder
    /// meanwhile sees both or none.
    ///
    /// # Errors
    /// [`KeyError::Exists`], [`KeyError::Io`] or [`KeyError::Crypto`].
    pub fn generate(&self, kid: &Kid, signs_from: OffsetDateTime) -> Result<(), KeyError> {
        fs::create_dir_all(&self.0).map_err(|source| file::fault(&self.0, source))?;
        let (private_path, public_path) = (self.private_path(kid), self.public_path(kid));
        for path in [&private_path, &public_path] {
            if path.exists() {
                return Err(KeyError::Exists(path.clone()));
            }
        }
        let (private, public) = halves::make()?;
        let from = whole_seconds(signs_from);
        let half = |label, der: &[u8]| file::text(&Pem::new(label, der), from);
        file::write_new(
            &private_path,
            half("PRIVATE KEY", &private)?.as_bytes(),
            For::Owner,
        )?;
        let published = half("PUBLIC KEY", &public)
            .and_then(|text| file::write_new(&public_path, text.as_bytes(), For::All));
        if published.is_err() {
            let _ = file::remove(&private_path);
        }
        published
    }

    /// Makes the key that replaces the one that signs, from then on; until then it is published. Gives
    /// from when, which is a second later for each key that begins in the same one.
    ///
    /// # Errors
    /// [`KeyError::NoSigningKey`] where there is nothing to replace; else as [`KeyDir::generate`].
    pub fn rotate(&self, kid: &Kid, signs_from: OffsetDateTime) -> Result<OffsetDateTime, KeyError> {
        let keys = self.list()?;
        if !keys.iter().any(|key| key.can_sign) {
            return Err(KeyError::NoSigningKey(self.0.clone()));
        }
        let mut from = whole_seconds(signs_from);
        if from < signs_from {
            from += Duration::seconds(1);
        }
        while keys.iter().any(|key| key.signs_from == Some(from)) {
            from += Duration::seconds(1);
        }
        self.generate(kid, from)?;
        Ok(from)
    }

    /// Takes a key away: its tokens are refused from now on, wherever this folder is read.
    ///
    /// Refused while a token it signed may be good, `longest_life` being the longest that such a token
    /// is; `force` does it all the same, for a key that somebody else has. Never refused is one that
    /// has not signed yet; always, even so, one without which nothing could be signed or verified.
    ///
    /// # Errors
    /// [`KeyError::Unknown`], [`KeyError::Last`], [`KeyError::Signs`], [`KeyError::InUse`], [`KeyError::Io`].
    pub fn retire(
        &self,
        kid: &Kid,
        longest_life: Duration,
        force: bool,
        now: OffsetDateTime,
    ) -> Result<Retired, KeyError> {
        let all = self.list()?;
        let key = all
            .iter()
            .find(|key| key.kid == *kid)
            .ok_or_else(|| KeyError::Unknown(kid.clone()))?;
        let others: Vec<_> = all.iter().filter(|other| other.kid != *kid).collect();
        if others.is_empty() {
            return Err(KeyError::Last(kid.clone(), "there is"));
        }
        if key.can_sign && !others.iter().any(|other| other.can_sign) {
            return Err(KeyError::Last(kid.clone(), "can sign here"));
        }
        let tokens_until = match key.standing(&all, now) {
            // One whose time is about to come may be signing where the clock is ahead.
            Standing::Published(from) if now + CLOCK_SKEW < from => None,
            Standing::Published(_) | Standing::Signs if !force => return Err(KeyError::Signs(kid.clone())),
            Standing::Published(_) | Standing::Signs => Some(now + longest_life + CLOCK_SKEW),
            Standing::Replaced(since) => Some(since + longest_life + CLOCK_SKEW).filter(|until| now < *until),
        };
        if let (Some(until), false) = (tokens_until, force) {
            return Err(KeyError::InUse {
                kid: kid.clone(),
                until: whole_seconds(until),
                left: (until - now).whole_seconds() + 1,
            });
        }
        // What signs goes first: a public half alone does no harm, a private half alone is lost.
        file::remove(&self.private_path(kid))?;
        file::remove(&self.public_path(kid))?;
        let able: Vec<_> = others.into_iter().filter(|other| other.can_sign).collect();
        Ok(Retired {
            tokens_until,
            signs: signer(&able, |key| key, now).map(|key| key.kid.clone()),
        })
    }

    /// The keys here, in the order in which they sign.
    ///
    /// # Errors
    /// [`KeyError::Io`], or [`KeyError::Time`] for a file that says no time where it should.
    pub fn list(&self) -> Result<Vec<KeyInfo>, KeyError> {
        let mut keys = Vec::new();
        for kid in self.kids()? {
            let path = self.public_path(&kid);
            keys.push(KeyInfo {
                can_sign: self.private_path(&kid).exists(),
                signs_from: file::signs_from(&path, &file::read(&path)?)?,
                kid,
            });
        }
        keys.sort_by(KeyInfo::order);
        Ok(keys)
    }

    /// Every public key here: the allow-list of key ids.
    ///
    /// # Errors
    /// [`KeyError::Io`], or [`KeyError::NotAKey`] for a file that is none.
    pub fn public_keys(&self) -> Result<PublicKeys, KeyError> {
        let read = |kid: Kid| {
            let path = self.public_path(&kid);
            PublicKey::from_pem(&path, &file::read(&path)?).map(|key| (kid, key))
        };
        let keys = self.kids()?.into_iter().map(read);
        Ok(PublicKeys::of(keys.collect::<Result<_, _>>()?))
    }

    /// The private key that signs now.
    ///
    /// # Errors
    /// [`KeyError`]; a private key that group or others may read is refused.
    pub fn signing_key(&self, now: OffsetDateTime) -> Result<SigningKey, KeyError> {
        let able: Vec<_> = self.list()?.into_iter().filter(|key| key.can_sign).collect();
        let key = signer(&able, |key| key, now).ok_or_else(|| KeyError::NoSigningKey(self.0.clone()))?;
        self.private_half(&key.kid).map(|(_, key)| key)
    }

    /// Where a private key is kept.
    #[must_use]
    pub fn private_path(&self, kid: &Kid) -> PathBuf {
        self.0.join(format!("{kid}.private.pem"))
    }

    /// Where a public key is kept.
    #[must_use]
    pub fn public_path(&self, kid: &Kid) -> PathBuf {
        self.0.join(format!("{kid}{PUBLIC}"))
    }

    /// The ids of the keys here, by their public halves, sorted.
    pub(super) fn kids(&self) -> Result<Vec<Kid>, KeyError> {
        let fault = |source| file::fault(&self.0, source);
        let mut kids = Vec::new();
        for entry in fs::read_dir(&self.0).map_err(fault)? {
            let name = entry.map_err(fault)?.file_name();
            let stem = name.to_str().and_then(|name| name.strip_suffix(PUBLIC));
            kids.extend(stem.and_then(|stem| Kid::parse(stem).ok()));
        }
        kids.sort();
        Ok(kids)
    }

    /// A private half, with the text of its file.
    pub(super) fn private_half(&self, kid: &Kid) -> Result<(Zeroizing<Vec<u8>>, SigningKey), KeyError> {
        let path = self.private_path(kid);
        if file::is_exposed(&path)? {
            return Err(KeyError::Exposed(path));
        }
        let text = file::read(&path)?;
        let key = SigningKey::from_pem(kid.clone(), &path, &text)?;
        Ok((text, key))
    }
}

/// What is written is what is meant, whoever reads it.
fn whole_seconds(at: OffsetDateTime) -> OffsetDateTime {
    at.replace_nanosecond(0).unwrap_or(at)
}
