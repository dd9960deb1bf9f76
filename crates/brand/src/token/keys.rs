//! RSA keys on disk: `<kid>.private.pem` where tokens are issued, `<kid>.public.pem` where they are verified.

use std::{
    collections::BTreeMap,
    fmt, fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der},
    rsa::{KeyPair, KeySize},
    signature::KeyPair as _,
};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, jwk::Jwk};
use pem::Pem;
use serde::Serialize;
use zeroize::Zeroizing;

use super::claims::Audience;

/// A key's id: 1 to 64 of `a-z A-Z 0-9 _ -`. It is looked up in a list, never in a path or at a URL.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Kid(String);

impl Kid {
    /// Reads a key id.
    ///
    /// # Errors
    /// [`KeyError::Kid`].
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let letters = text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
        if (1..=64).contains(&text.len()) && letters {
            Ok(Self(text.to_owned()))
        } else {
            Err(KeyError::Kid)
        }
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Kid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a key cannot be used. The key itself is never in the message.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Not a key id.
    #[error("a key id is 1 to 64 of a-z A-Z 0-9 _ -")]
    Kid,
    /// The file cannot be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is not a key of the kind its name says.
    #[error("{0} is not a PEM-encoded RSA key of 2048 bits or more")]
    NotAKey(PathBuf),
    /// A key of this id is there already.
    #[error("{0} exists already; choose another key id")]
    Exists(PathBuf),
    /// A private key that others can read.
    #[error("{0} can be read by other users; run: chmod 600 {0}")]
    Exposed(PathBuf),
    /// No key of this id, or none at all.
    #[error("{0} holds no private key{1}; make one with: croupier keys generate")]
    NoSigningKey(PathBuf, String),
    /// The cryptography library refused.
    #[error("the cryptography library could not {0}")]
    Crypto(&'static str),
}

/// A folder of keys.
#[derive(Clone, Debug)]
pub struct KeyDir(PathBuf);

/// What `croupier keys list` shows of a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeyInfo {
    /// The key's id.
    pub kid: Kid,
    /// Whether its private half is here, so that tokens can be issued with it.
    pub can_sign: bool,
}

impl KeyDir {
    /// Names a folder; it is made when the first key is.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// Makes a key pair of 2048 bits (RFC 7518, 3.3 wants no fewer) and writes both halves, the private one mode 0600.
    ///
    /// # Errors
    /// [`KeyError::Exists`], [`KeyError::Io`] or [`KeyError::Crypto`].
    pub fn generate(&self, kid: &Kid) -> Result<(), KeyError> {
        fs::create_dir_all(&self.0).map_err(|source| KeyError::Io {
            path: self.0.clone(),
            source,
        })?;
        let pair = KeyPair::generate(KeySize::Rsa2048).map_err(|_| KeyError::Crypto("make a key"))?;
        let private: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| KeyError::Crypto("encode a key"))?;
        let public: PublicKeyX509Der<'_> = pair
            .public_key()
            .as_der()
            .map_err(|_| KeyError::Crypto("encode a key"))?;
        let private = Zeroizing::new(pem::encode(&Pem::new("PRIVATE KEY", private.as_ref())));
        write_new(&self.private_path(kid), private.as_bytes(), 0o600)?;
        write_new(
            &self.public_path(kid),
            pem::encode(&Pem::new("PUBLIC KEY", public.as_ref())).as_bytes(),
            0o644,
        )
    }

    /// The keys here, by id.
    ///
    /// # Errors
    /// [`KeyError::Io`].
    pub fn list(&self) -> Result<Vec<KeyInfo>, KeyError> {
        let fault = |source| KeyError::Io {
            path: self.0.clone(),
            source,
        };
        let mut kids = Vec::new();
        for entry in fs::read_dir(&self.0).map_err(fault)? {
            let name = entry.map_err(fault)?.file_name();
            let Some(stem) = name.to_str().and_then(|name| name.strip_suffix(".public.pem")) else {
                continue;
            };
            if let Ok(kid) = Kid::parse(stem) {
                kids.push(KeyInfo {
                    can_sign: self.private_path(&kid).exists(),
                    kid,
                });
            }
        }
        kids.sort_by(|a, b| a.kid.cmp(&b.kid));
        Ok(kids)
    }

    /// Every public key here: the allow-list of key ids.
    ///
    /// # Errors
    /// [`KeyError::Io`], or [`KeyError::NotAKey`] for a file that is none.
    pub fn public_keys(&self) -> Result<PublicKeys, KeyError> {
        let mut keys = BTreeMap::new();
        for info in self.list()? {
            let path = self.public_path(&info.kid);
            let text = fs::read(&path).map_err(|source| KeyError::Io {
                path: path.clone(),
                source,
            })?;
            keys.insert(
                info.kid,
                PublicKey::from_pem(&text).ok_or(KeyError::NotAKey(path))?,
            );
        }
        Ok(PublicKeys(Arc::new(keys)))
    }

    /// The private key to issue tokens with: the one named, or the last by id that can sign.
    ///
    /// # Errors
    /// [`KeyError`]; a private key that group or others may read is refused.
    pub fn signing_key(&self, kid: Option<&Kid>) -> Result<SigningKey, KeyError> {
        let kid = match kid {
            Some(kid) => kid.clone(),
            None => self
                .list()?
                .into_iter()
                .rfind(|info| info.can_sign)
                .map(|info| info.kid)
                .ok_or_else(|| KeyError::NoSigningKey(self.0.clone(), String::new()))?,
        };
        let path = self.private_path(&kid);
        let metadata =
            fs::metadata(&path).map_err(|_| KeyError::NoSigningKey(self.0.clone(), format!(" {kid}")))?;
        if exposed(&metadata) {
            return Err(KeyError::Exposed(path));
        }
        let text = Zeroizing::new(fs::read(&path).map_err(|source| KeyError::Io {
            path: path.clone(),
            source,
        })?);
        let key = EncodingKey::from_rsa_pem(&text).map_err(|_| KeyError::NotAKey(path))?;
        Ok(SigningKey { kid, key })
    }

    /// Where a private key is kept.
    #[must_use]
    pub fn private_path(&self, kid: &Kid) -> PathBuf {
        self.0.join(format!("{kid}.private.pem"))
    }

    /// Where a public key is kept.
    #[must_use]
    pub fn public_path(&self, kid: &Kid) -> PathBuf {
        self.0.join(format!("{kid}.public.pem"))
    }
}

/// A private key with its id. It signs and does nothing else.
#[derive(Clone)]
pub struct SigningKey {
    kid: Kid,
    key: EncodingKey,
}

impl SigningKey {
    /// Issues a token with these claims.
    ///
    /// # Errors
    /// [`KeyError::Crypto`] when the signature cannot be made.
    pub fn sign<C: Audience>(&self, claims: &C) -> Result<String, KeyError> {
        let mut header = Header::new(Algorithm::RS256);
        header.typ = Some(C::TYPE.to_owned());
        header.kid = Some(self.kid.0.clone());
        jsonwebtoken::encode(&header, claims, &self.key).map_err(|_| KeyError::Crypto("sign a token"))
    }

    /// The key's id.
    #[must_use]
    pub fn kid(&self) -> &Kid {
        &self.kid
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}

/// The keys that tokens are verified with, by id.
#[derive(Clone, Debug)]
pub struct PublicKeys(Arc<BTreeMap<Kid, PublicKey>>);

#[derive(Clone, Debug)]
struct PublicKey {
    key: DecodingKey,
    jwk: Jwk,
}

impl PublicKey {
    fn from_pem(text: &[u8]) -> Option<Self> {
        let key = DecodingKey::from_rsa_pem(text).ok()?;
        let jwk = Jwk::from_decoding_key(&key, Some(Algorithm::RS256)).ok()?;
        Some(Self { key, jwk })
    }
}

impl PublicKeys {
    pub(super) fn get(&self, kid: &str) -> Option<&DecodingKey> {
        Kid::parse(kid)
            .ok()
            .and_then(|kid| self.0.get(&kid))
            .map(|public| &public.key)
    }

    /// Whether there is none: nothing could be verified.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The key set as `/.well-known/jwks.json` gives it (RFC 7517, 5).
    ///
    /// # Errors
    /// [`KeyError::Crypto`] when a key cannot be written as JSON.
    pub fn jwks(&self) -> Result<serde_json::Value, KeyError> {
        let mut keys = Vec::new();
        for (kid, public) in self.0.iter() {
            let mut jwk = serde_json::to_value(&public.jwk).map_err(|_| KeyError::Crypto("encode a key"))?;
            jwk["kid"] = kid.0.clone().into();
            jwk["use"] = "sig".into();
            keys.push(jwk);
        }
        Ok(serde_json::json!({ "keys": keys }))
    }
}

fn write_new(path: &Path, content: &[u8], mode: u32) -> Result<(), KeyError> {
    use std::{io::Write, os::unix::fs::OpenOptionsExt};
    let open = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(path);
    let mut file = open.map_err(|source| match source.kind() {
        io::ErrorKind::AlreadyExists => KeyError::Exists(path.to_owned()),
        _ => KeyError::Io {
            path: path.to_owned(),
            source,
        },
    })?;
    file.write_all(content)
        .and_then(|()| file.sync_all())
        .map_err(|source| KeyError::Io {
            path: path.to_owned(),
            source,
        })
}

fn exposed(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o077 != 0
}
