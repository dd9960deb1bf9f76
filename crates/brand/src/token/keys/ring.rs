//! A folder of keys as a running process sees it: read at start, and anew every so often.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

use zeroize::Zeroizing;

use super::{
    KeyDir, KeyError, KeyInfo, Kid, PublicKeys, SigningKey, file, halves::PublicKey, standing::signer,
};
use crate::{clock::Clock, token::claims::Audience};

/// Which halves a process reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Halves {
    /// The public ones: it verifies.
    Public,
    /// Both: it issues tokens. No other process opens a private half.
    Both,
}

/// The keys of a folder, the same for whoever holds a clone; [`KeyRing::reload`] reads the folder anew.
///
/// A folder that cannot be read, or is empty, changes nothing: an accident on the disk signs nobody
/// out. A key whose file cannot be read stays what it was; a key whose file is gone is gone.
#[derive(Clone)]
pub struct KeyRing(Arc<Inner>);

struct Inner {
    dir: KeyDir,
    halves: Halves,
    clock: Clock,
    keys: RwLock<Arc<Keys>>,
}

/// What was read.
#[derive(Default)]
struct Keys {
    public: PublicKeys,
    public_files: BTreeMap<Kid, PublicHalf>,
    private: Vec<Private>,
}

#[derive(Clone)]
struct PublicHalf {
    file: Vec<u8>,
    key: PublicKey,
}

#[derive(Clone)]
struct Private {
    info: KeyInfo,
    file: Zeroizing<Vec<u8>>,
    key: SigningKey,
}

/// What came of reading a folder anew.
#[derive(Debug, Default)]
pub struct Reloaded {
    /// Whether the keys are others than before.
    pub changed: bool,
    /// What could not be read; of these keys the ring knows what it knew.
    pub faults: Vec<KeyError>,
}

impl KeyRing {
    /// Reads a folder. One that is not there holds no key.
    ///
    /// # Errors
    /// The first [`KeyError`]: at start nothing is passed over.
    pub fn open(dir: KeyDir, halves: Halves, clock: Clock) -> Result<Self, KeyError> {
        let mut keys = Keys::default();
        if dir.path().exists() {
            let mut faults = Vec::new();
            keys = Keys::read(&dir, halves, &keys, &mut faults)?;
            if let Some(fault) = faults.into_iter().next() {
                return Err(fault);
            }
        }
        Ok(Self(Arc::new(Inner {
            dir,
            halves,
            clock,
            keys: RwLock::new(Arc::new(keys)),
        })))
    }

    /// Reads the folder anew. It blocks on files: not on an async thread.
    ///
    /// # Errors
    /// [`KeyError`] when the folder cannot be read or is empty; nothing has changed then.
    pub fn reload(&self) -> Result<Reloaded, KeyError> {
        let (dir, before) = (&self.0.dir, self.keys());
        let mut faults = Vec::new();
        let mut now = Keys::read(dir, self.0.halves, &before, &mut faults)?;
        if now.public.is_empty() && !before.public.is_empty() {
            return Err(KeyError::Empty(dir.path().to_owned()));
        }
        let changed = !now.is(&before);
        if changed {
            if now.same_public(&before) {
                // Whoever compares sets by identity shall see no change where there is none.
                now.public = before.public.clone();
            }
            *self.0.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(now);
        }
        Ok(Reloaded { changed, faults })
    }

    /// The keys that tokens are verified with.
    #[must_use]
    pub fn public(&self) -> PublicKeys {
        self.keys().public.clone()
    }

    /// The id of the key that signs now.
    #[must_use]
    pub fn signs(&self) -> Option<Kid> {
        let keys = self.keys();
        keys.signer(&self.0.clock).map(|key| key.kid().clone())
    }

    /// Issues a token with these claims, by the key that signs now.
    ///
    /// # Errors
    /// [`KeyError::NoSigningKey`], or [`KeyError::Crypto`].
    pub fn sign<C: Audience>(&self, claims: &C) -> Result<String, KeyError> {
        let keys = self.keys();
        let nothing = || KeyError::NoSigningKey(self.0.dir.path().to_owned());
        keys.signer(&self.0.clock).ok_or_else(nothing)?.sign(claims)
    }

    fn keys(&self) -> Arc<Keys> {
        let keys = self.0.keys.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&keys)
    }
}

impl Keys {
    fn read(
        dir: &KeyDir,
        halves: Halves,
        before: &Self,
        faults: &mut Vec<KeyError>,
    ) -> Result<Self, KeyError> {
        let mut public_files = BTreeMap::new();
        for kid in dir.kids()? {
            match read_public(dir, &kid, before) {
                Ok(half) => {
                    public_files.insert(kid, half);
                }
                Err(fault) => {
                    faults.push(fault);
                    if let Some(known) = before.public_files.get(&kid) {
                        public_files.insert(kid, known.clone());
                    }
                }
            }
        }
        let mut private = Vec::new();
        let signing = public_files.iter().filter(|_| halves == Halves::Both);
        for (kid, half) in signing {
            let known = before.pair(kid);
            match read_private(dir, kid, half, known) {
                Ok(key) => private.extend(key),
                Err(fault) => {
                    let goes_on = !matches!(fault, KeyError::NotAPair(_));
                    private.extend(known.filter(|_| goes_on).map(|(key, _)| key.clone()));
                    faults.push(fault);
                }
            }
        }
        let public = public_files
            .iter()
            .map(|(kid, half)| (kid.clone(), half.key.clone()))
            .collect();
        Ok(Self {
            public: PublicKeys::of(public),
            public_files,
            private,
        })
    }

    /// A private half with the public half that it was found to belong to.
    fn pair(&self, kid: &Kid) -> Option<(&Private, &PublicHalf)> {
        let private = self.private.iter().find(|key| key.info.kid == *kid)?;
        Some((private, self.public_files.get(kid)?))
    }

    fn signer(&self, clock: &Clock) -> Option<&SigningKey> {
        signer(&self.private, |key| &key.info, clock.now()).map(|private| &private.key)
    }

    fn same_public(&self, other: &Self) -> bool {
        fn files(keys: &Keys) -> impl Iterator<Item = (&Kid, &[u8])> {
            let files = keys.public_files.iter();
            files.map(|(kid, half)| (kid, half.file.as_slice()))
        }
        files(self).eq(files(other))
    }

    fn is(&self, other: &Self) -> bool {
        let private = self.private.iter().map(|key| (&key.info, &key.file));
        self.same_public(other) && private.eq(other.private.iter().map(|key| (&key.info, &key.file)))
    }
}

fn read_public(dir: &KeyDir, kid: &Kid, before: &Keys) -> Result<PublicHalf, KeyError> {
    let path = dir.public_path(kid);
    let file = file::read(&path)?.to_vec();
    match before.public_files.get(kid) {
        Some(known) if known.file == file => Ok(known.clone()),
        _ => PublicKey::from_pem(&path, &file).map(|key| PublicHalf { file, key }),
    }
}

/// The private half of a key whose public half was read; none where it is not here.
fn read_private(
    dir: &KeyDir,
    kid: &Kid,
    public: &PublicHalf,
    known: Option<(&Private, &PublicHalf)>,
) -> Result<Option<Private>, KeyError> {
    let path = dir.private_path(kid);
    if !path.exists() {
        return Ok(None);
    }
    let (file, key) = dir.private_half(kid)?;
    if let Some((private, half)) = known
        && private.file == file
        && half.file == public.file
    {
        return Ok(Some(private.clone()));
    }
    if !key.is_half_of(&public.key) {
        return Err(KeyError::NotAPair(path));
    }
    // Both halves say when, so that a folder of public halves tells which key signs as well.
    let signs_from = match file::signs_from(&path, &file)? {
        Some(from) => Some(from),
        None => file::signs_from(&dir.public_path(kid), &public.file)?,
    };
    let info = KeyInfo {
        kid: kid.clone(),
        can_sign: true,
        signs_from,
    };
    Ok(Some(Private { info, file, key }))
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRing")
            .field("kids", &self.public().kids().collect::<Vec<_>>())
            .field("signs", &self.signs())
            .finish_non_exhaustive()
    }
}
