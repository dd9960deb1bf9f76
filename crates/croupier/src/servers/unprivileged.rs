//! Whom the servers run as. PostgreSQL refuses to run as root, so root hands its servers to another account.

use std::{
    fs,
    os::unix::process::CommandExt as _,
    path::Path,
    process::{Command, Stdio},
};

use super::error::ServersError;

/// Who we are, and so who the servers can be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunAs {
    /// Whoever runs us, an ordinary user.
    Ourselves {
        /// Our user id.
        uid: u32,
    },
    /// We are root; the servers are this account.
    Account(Account),
}

/// An account of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its name.
    pub name: String,
    /// Its user id.
    pub uid: u32,
    /// Its primary group.
    pub gid: u32,
}

impl RunAs {
    /// Looks who we are; as root, picks `postgres` where there is one, else `nobody`.
    ///
    /// # Errors
    /// [`ServersError::NoAccount`] when we are root and there is neither.
    pub fn detect() -> Result<Self, ServersError> {
        let uid = own_uid()?;
        if uid != 0 {
            return Ok(Self::Ourselves { uid });
        }
        let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
        ["postgres", "nobody"]
            .iter()
            .find_map(|name| account(&passwd, name))
            .map(Self::Account)
            .ok_or(ServersError::NoAccount)
    }

    /// The id of whoever runs this process.
    #[must_use]
    pub fn own_uid(&self) -> u32 {
        match self {
            Self::Ourselves { uid } => *uid,
            Self::Account(_) => 0,
        }
    }

    /// The account to hand the servers to, when it is not ourselves.
    #[must_use]
    pub fn account(&self) -> Option<&Account> {
        match self {
            Self::Ourselves { .. } => None,
            Self::Account(account) => Some(account),
        }
    }

    /// The same without an account to hand anything to.
    #[must_use]
    pub fn ourselves(&self) -> Self {
        Self::Ourselves { uid: self.own_uid() }
    }

    /// A command that will run as the servers' account, in a folder every account can enter, without input.
    #[must_use]
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir("/").stdin(Stdio::null());
        if let Some(account) = self.account() {
            // Becoming another user also drops root's supplementary groups.
            command.gid(account.gid).uid(account.uid);
        }
        command
    }

    /// Gives a file or folder to the servers' account.
    ///
    /// # Errors
    /// When the file system does not let root do it.
    pub fn give(&self, path: &Path) -> std::io::Result<()> {
        match self.account() {
            Some(account) => std::os::unix::fs::chown(path, Some(account.uid), Some(account.gid)),
            None => Ok(()),
        }
    }

    /// Whether the servers' account can enter this folder. Tried rather than computed from modes, because access
    /// lists, user namespaces and network file systems have their say too.
    #[must_use]
    pub fn can_enter(&self, dir: &Path) -> bool {
        let tried = self
            .command("/bin/sh")
            .args(["-c", "cd \"$1\"", "sh"])
            .arg(dir)
            .stderr(Stdio::null())
            .status();
        tried.is_ok_and(|status| status.success())
    }
}

/// `id` is in every POSIX system; the standard library has no safe call for it.
fn own_uid() -> Result<u32, ServersError> {
    let failed = |detail: String| ServersError::Program {
        program: "id -u".to_owned(),
        detail,
        next: "make sure coreutils are installed and on PATH",
    };
    let output = Command::new("id")
        .arg("-u")
        .output()
        .map_err(|error| failed(error.to_string()))?;
    let printed = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    printed
        .parse()
        .map_err(|_| failed(format!("it printed {printed:?}")))
}

/// Reads one account from the text of `/etc/passwd`.
fn account(passwd: &str, name: &str) -> Option<Account> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        if fields.next()? != name {
            return None;
        }
        let uid = fields.nth(1)?.parse().ok()?;
        let gid = fields.next()?.parse().ok()?;
        Some(Account {
            name: name.to_owned(),
            uid,
            gid,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWD: &str = "root:x:0:0:root:/root:/bin/bash\n\
                          nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n\
                          postgres2:x:5:6::/:/bin/sh\n";

    #[test]
    fn accounts_are_found_by_their_whole_name() {
        let nobody = Account {
            name: "nobody".to_owned(),
            uid: 65534,
            gid: 65534,
        };
        assert_eq!(account(PASSWD, "nobody"), Some(nobody));
        assert_eq!(account(PASSWD, "postgres"), None);
    }

    #[test]
    fn root_never_runs_the_servers_as_root() -> Result<(), ServersError> {
        match RunAs::detect()? {
            RunAs::Account(account) => assert_ne!(account.uid, 0),
            RunAs::Ourselves { uid } => assert_ne!(uid, 0),
        }
        Ok(())
    }
}
