//! The folder private servers live in: made, made reachable for their account, and locked.
//!
//! ```text
//! <home>/lock                 held while we run; says our pid
//! <home>/secrets.json         passwords, for our eyes only
//! <home>/postgres/            the cluster; `postgres.incomplete-<attempt>/` until it is whole
//! <home>/redis/
//! <home>/log/
//! <home>/watched/             of an ephemeral one: the watchdogs at work
//! ```
//! The home is the data folder itself, unless the servers' account cannot enter it: root's clone under `/root`
//! (mode 0700) is the commonest case. Then it is `/var/tmp/croupier-<uid>-<hash of the folder's path>/`.

use std::{
    env,
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Read as _, Write as _},
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use super::{
    config::{Data, Progress},
    error::{CHOOSE_A_FOLDER, ServersError},
    guard::Guard,
    unprivileged::RunAs,
};

/// A home that is ours alone until it is dropped.
#[derive(Debug)]
pub struct Home {
    path: PathBuf,
    /// Of an ephemeral one.
    guard: Option<Guard>,
    /// The lock lasts as long as the file is open.
    _lock: File,
}

impl Home {
    /// Makes the folder where needed, finds one the servers' account can enter, and locks it.
    ///
    /// # Errors
    /// [`ServersError::Files`] when it cannot be written, [`ServersError::NotOurs`] when the substitute belongs to
    /// somebody else, [`ServersError::AlreadyRunning`] when another process holds it.
    pub fn open(data: &Data, run_as: &RunAs, progress: &Progress) -> Result<Self, ServersError> {
        let (path, guard) = match data {
            Data::Kept(dir) => (kept(dir, run_as, progress)?, None),
            Data::Ephemeral => {
                let (path, guard) = ephemeral(run_as)?;
                (path, Some(guard))
            }
        };
        let home = Self {
            guard,
            _lock: lock(&path)?,
            path,
        };
        if home.is_ephemeral() {
            // The servers' account writes into both.
            home.make_private("watched", run_as)?;
            home.make_private("log", run_as)?;
        } else {
            make_dir(&home.path.join("log"), 0o755)?;
        }
        Ok(home)
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it goes away when the servers stop.
    #[must_use]
    pub fn is_ephemeral(&self) -> bool {
        self.guard.is_some()
    }

    /// Gives it up; what was not to be kept is gone then. Dropping it does the same a moment later, without waiting.
    pub async fn leave(mut self) {
        if let Some(guard) = self.guard.take() {
            guard.remove().await;
        }
    }

    /// Opens `<home>/log/<server>.log`, moving the log of the run before aside.
    ///
    /// # Errors
    /// [`ServersError::Files`].
    pub fn open_log(&self, server: &str) -> Result<(PathBuf, File), ServersError> {
        let path = self.path.join("log").join(format!("{server}.log"));
        let failed = |path: &Path| ServersError::files("opening", path, CHOOSE_A_FOLDER);
        match fs::rename(&path, path.with_extension("log.1")) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(&path)(error)),
            _ => {}
        }
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(&path)
            .map_err(failed(&path))?;
        Ok((path, file))
    }

    /// What a watchdog removes when its server has been stopped: the server's folder, if it is not to be kept.
    #[must_use]
    pub fn removed_on_stop(&self, name: &str) -> Option<PathBuf> {
        self.is_ephemeral().then(|| self.path.join(name))
    }

    /// Makes a folder inside that only the servers' account can enter.
    ///
    /// # Errors
    /// [`ServersError::Files`].
    pub fn make_private(&self, name: &str, run_as: &RunAs) -> Result<PathBuf, ServersError> {
        let path = self.path.join(name);
        make_dir(&path, 0o700)?;
        run_as
            .give(&path)
            .map_err(ServersError::files("giving away", &path, CHOOSE_A_FOLDER))?;
        Ok(path)
    }
}

fn kept(dir: &Path, run_as: &RunAs, progress: &Progress) -> Result<PathBuf, ServersError> {
    let failed = |doing| ServersError::files(doing, dir, CHOOSE_A_FOLDER);
    make_dir(dir, 0o711)?;
    let dir = fs::canonicalize(dir).map_err(failed("finding"))?;
    if run_as.can_enter(&dir) {
        return Ok(dir);
    }
    // Often only the folder itself is closed, by our own umask.
    let meta = fs::metadata(&dir).map_err(failed("looking at"))?;
    if meta.uid() == run_as.own_uid() {
        let opened = fs::Permissions::from_mode(meta.permissions().mode() | 0o111);
        fs::set_permissions(&dir, opened).map_err(failed("opening"))?;
        if run_as.can_enter(&dir) {
            return Ok(dir);
        }
    }
    let substitute = substitute(&dir, run_as.own_uid());
    let account = run_as
        .account()
        .map_or("the server's account", |account| &account.name);
    progress(&format!(
        "{} cannot be entered by {account}, whom PostgreSQL runs as; the servers' data is in {} instead",
        dir.display(),
        substitute.display()
    ));
    make_dir(&substitute, 0o711)?;
    trusted(&substitute, run_as)?;
    Ok(substitute)
}

/// The home in place of a folder that cannot be entered: the same for the same folder, every time.
#[must_use]
pub(super) fn substitute(dir: &Path, own_uid: u32) -> PathBuf {
    PathBuf::from(format!("/var/tmp/croupier-{own_uid}-{:016x}", fingerprint(dir)))
}

/// FNV-1a of a path, to name things after it. Not a secret and not a signature; only the same in every release.
#[must_use]
pub(super) fn fingerprint(path: &Path) -> u64 {
    path.as_os_str()
        .as_encoded_bytes()
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
        })
}

/// Anybody can make a folder in `/var/tmp` with the name we are about to use.
fn trusted(path: &Path, run_as: &RunAs) -> Result<(), ServersError> {
    let meta =
        fs::symlink_metadata(path).map_err(ServersError::files("looking at", path, CHOOSE_A_FOLDER))?;
    if !meta.is_dir() || meta.uid() != run_as.own_uid() || meta.permissions().mode() & 0o022 != 0 {
        return Err(ServersError::NotOurs(path.to_path_buf()));
    }
    Ok(())
}

/// A fresh folder under the system's temporary one, or under `/tmp` when that is private to us. It belongs to the
/// servers' account, so that their watchdogs can remove it.
fn ephemeral(run_as: &RunAs) -> Result<(PathBuf, Guard), ServersError> {
    const NEXT: &str = "check the permissions of the temporary folder and the free space, or set TMPDIR";
    let parent = Some(env::temp_dir())
        .filter(|dir| run_as.can_enter(dir))
        .unwrap_or_else(|| "/tmp".into());
    let parent = fs::canonicalize(&parent).map_err(ServersError::files("finding", &parent, NEXT))?;
    let path = parent.join(format!("croupier-{}", hex::encode(rand::random::<[u8; 8]>())));
    let guard = Guard::of(&path, run_as)?;
    DirBuilder::new()
        .mode(0o700)
        .create(&path)
        .map_err(ServersError::files("making", &path, NEXT))?;
    run_as
        .give(&path)
        .map_err(ServersError::files("giving away", &path, NEXT))?;
    Ok((path, guard))
}

fn make_dir(path: &Path, mode: u32) -> Result<(), ServersError> {
    let failed = || ServersError::files("making", path, CHOOSE_A_FOLDER);
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(failed())?;
    }
    match DirBuilder::new().mode(mode).create(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists || !path.is_dir() => Err(failed()(error)),
        _ => Ok(()),
    }
}

/// What a start on this folder would do, without doing any of it.
pub(crate) struct Outlook {
    /// Where the servers' data would be.
    pub(crate) home: PathBuf,
    /// The process that holds it now.
    pub(crate) held_by: Option<String>,
    /// Whether it could be written.
    pub(crate) writable: bool,
}

impl Outlook {
    pub(crate) fn of(dir: &Path, run_as: &RunAs) -> Self {
        // What is there already decides; what is missing would be made open enough.
        let absolute = std::path::absolute(dir).unwrap_or_else(|_| dir.to_path_buf());
        let there = absolute
            .ancestors()
            .find(|ancestor| ancestor.exists())
            .unwrap_or(Path::new("/"));
        let own = fs::metadata(there).is_ok_and(|meta| there == absolute && meta.uid() == run_as.own_uid());
        let enterable = if own {
            there.parent().unwrap_or(there)
        } else {
            there
        };
        let home = if run_as.can_enter(enterable) {
            absolute.clone()
        } else {
            substitute(&absolute, run_as.own_uid())
        };
        let probe = there.join(format!(".croupier-probe-{}", std::process::id()));
        let writable = OpenOptions::new()
            .create_new(true)
            .write(true)
            .open(&probe)
            .is_ok();
        let _ = fs::remove_file(&probe);
        let held_by = File::open(home.join("lock"))
            .ok()
            .and_then(|mut file| match file.try_lock() {
                Err(TryLockError::WouldBlock) => Some(holder(&mut file)),
                _ => None,
            });
        Self {
            home,
            held_by,
            writable,
        }
    }
}

/// The pid a lock file names.
fn holder(file: &mut File) -> String {
    let mut pid = String::new();
    let read = file.read_to_string(&mut pid).is_ok();
    let pid = pid.trim();
    if read && !pid.is_empty() { pid } else { "unknown" }.to_owned()
}

fn lock(home: &Path) -> Result<File, ServersError> {
    let path = home.join("lock");
    let failed = |doing| ServersError::files(doing, &path, CHOOSE_A_FOLDER);
    let mut file = OpenOptions::new()
        .create(true)
        .read(true)
        .write(true)
        .truncate(false)
        .mode(0o600)
        .open(&path)
        .map_err(failed("opening"))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let pid = holder(&mut file);
            return Err(ServersError::AlreadyRunning {
                dir: home.to_path_buf(),
                pid,
            });
        }
        Err(TryLockError::Error(error)) => return Err(failed("locking")(error)),
    }
    file.set_len(0).map_err(failed("writing"))?;
    writeln!(file, "{}", std::process::id()).map_err(failed("writing"))?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_always_has_the_same_substitute() {
        let named = substitute(Path::new("/root/croupier/.croupier"), 0);
        assert_eq!(named, Path::new("/var/tmp/croupier-0-2b212b4b4d643ec6"));
        assert_ne!(named, substitute(Path::new("/root/other/.croupier"), 0));
    }
}
