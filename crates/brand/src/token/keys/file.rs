//! A key's file: PEM, with a line before it that says from when the key signs.
//!
//! Text before a PEM block is explanatory (RFC 7468, 2): whatever else reads the file passes over it.
//! A file appears whole or not at all, and never in place of another.

use std::{
    fs,
    io::{self, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use pem::Pem;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use zeroize::Zeroizing;

use super::KeyError;

const SIGNS_FROM: &str = "croupier-signs-from: ";
const BEGIN: &str = "-----BEGIN ";

/// Who may read a file.
#[derive(Clone, Copy, Debug)]
pub(super) enum For {
    /// Its owner alone.
    Owner,
    /// Anybody.
    All,
}

/// A file's text.
pub(super) fn text(block: &Pem, signs_from: OffsetDateTime) -> Result<Zeroizing<String>, KeyError> {
    let from = signs_from
        .format(&Rfc3339)
        .map_err(|_| KeyError::Crypto("write a time"))?;
    let encoded = Zeroizing::new(pem::encode(block));
    Ok(Zeroizing::new(format!("{SIGNS_FROM}{from}\n{}", *encoded)))
}

/// From when the key in a file signs; none if the file does not say, as one that was made by other means.
pub(super) fn signs_from(path: &Path, text: &[u8]) -> Result<Option<OffsetDateTime>, KeyError> {
    let text = std::str::from_utf8(text).map_err(|_| KeyError::NotAKey(path.to_owned()))?;
    let said = text
        .lines()
        .take_while(|line| !line.starts_with(BEGIN))
        .find_map(|line| line.strip_prefix(SIGNS_FROM));
    said.map(|said| OffsetDateTime::parse(said.trim(), &Rfc3339))
        .transpose()
        .map_err(|_| KeyError::Time(path.to_owned()))
}

/// What a file holds.
pub(super) fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    fs::read(path)
        .map(Zeroizing::new)
        .map_err(|source| fault(path, source))
}

/// Whether others than its owner may read a file.
pub(super) fn is_exposed(path: &Path) -> Result<bool, KeyError> {
    let metadata = fs::metadata(path).map_err(|source| fault(path, source))?;
    Ok(metadata.permissions().mode() & 0o077 != 0)
}

/// Writes a file that is not there yet: under another name first, then given its own in one step.
pub(super) fn write_new(path: &Path, content: &[u8], readers: For) -> Result<(), KeyError> {
    let draft = draft_of(path);
    let written = write(&draft, content, readers)
        // A link, unlike a renaming, does not replace what has the name already.
        .and_then(|()| fs::hard_link(&draft, path))
        .and_then(|()| sync_folder(path));
    let _ = fs::remove_file(&draft);
    written.map_err(|source| match source.kind() {
        io::ErrorKind::AlreadyExists => KeyError::Exists(path.to_owned()),
        _ => fault(path, source),
    })
}

/// Removes a file, if it is there.
pub(super) fn remove(path: &Path) -> Result<(), KeyError> {
    match fs::remove_file(path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => Err(fault(path, source)),
        _ => sync_folder(path).map_err(|source| fault(path, source)),
    }
}

pub(super) fn fault(path: &Path, source: io::Error) -> KeyError {
    KeyError::Io {
        path: path.to_owned(),
        source,
    }
}

/// A name that no list of keys takes for a key's.
fn draft_of(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}", uuid::Uuid::new_v4()))
}

fn write(path: &Path, content: &[u8], readers: For) -> io::Result<()> {
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(match readers {
            For::Owner => 0o600,
            For::All => 0o644,
        })
        .open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

fn sync_folder(path: &Path) -> io::Result<()> {
    path.parent()
        .map_or(Ok(()), |folder| fs::File::open(folder)?.sync_all())
}
