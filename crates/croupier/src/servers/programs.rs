//! Finding the servers' programs: on PATH, in the folders distributions use, and where `pg_config` says.
//!
//! `script/postgres.sh` looks in the same places in the same order.

use std::{
    env, fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use super::error::ServersError;

/// The oldest PostgreSQL the migrations are written for.
pub const OLDEST_POSTGRES: u32 = 15;

/// Where programs are looked for.
#[derive(Clone, Debug)]
pub struct Search {
    path: Vec<PathBuf>,
    /// Also in the folders distributions keep PostgreSQL in, which are seldom on PATH.
    well_known: bool,
}

impl Search {
    /// The process's PATH, the administrator's folders, and where distributions keep PostgreSQL.
    #[must_use]
    pub fn system() -> Self {
        let mut path: Vec<PathBuf> = env::var_os("PATH")
            .map(|path| env::split_paths(&path).collect())
            .unwrap_or_default();
        path.extend(["/usr/local/sbin", "/usr/sbin", "/sbin"].map(PathBuf::from));
        Self {
            path,
            well_known: true,
        }
    }

    /// These folders and no others.
    #[must_use]
    pub fn only(path: Vec<PathBuf>) -> Self {
        Self {
            path,
            well_known: false,
        }
    }

    /// The first executable of this name on the path.
    #[must_use]
    pub fn program(&self, name: &str) -> Option<PathBuf> {
        self.path
            .iter()
            .map(|dir| dir.join(name))
            .find(|file| is_executable(file))
    }

    /// Redis's server, or Valkey's, which speaks the same protocol and is what some distributions ship instead.
    #[must_use]
    pub fn redis(&self) -> Option<PathBuf> {
        self.program("redis-server")
            .or_else(|| self.program("valkey-server"))
    }

    /// Every PostgreSQL server on this machine, best first.
    #[must_use]
    pub fn postgres(&self) -> Vec<PostgresPrograms> {
        let mut folders: Vec<PathBuf> = Vec::new();
        // A link on PATH leads to the folder that holds the rest of the programs.
        let on_path = self
            .program("postgres")
            .and_then(|file| fs::canonicalize(file).ok());
        folders.extend(on_path.as_deref().and_then(Path::parent).map(Path::to_path_buf));
        if self.well_known {
            folders.extend(well_known_folders());
        }
        if let Some(pg_config) = self.program("pg_config")
            && let Ok(output) = Command::new(pg_config).arg("--bindir").output()
        {
            folders.push(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
        }

        let mut found: Vec<PostgresPrograms> = Vec::new();
        for folder in folders {
            if found.iter().all(|known| known.bindir != folder) {
                found.extend(PostgresPrograms::at(folder));
            }
        }
        found
    }

    /// The PostgreSQL to use: the best that is new enough.
    ///
    /// # Errors
    /// [`ServersError::Missing`] when there is none, [`ServersError::TooOld`] when all are too old.
    pub fn new_enough_postgres(&self) -> Result<PostgresPrograms, ServersError> {
        let found = self.postgres();
        if let Some(good) = found.iter().find(|programs| programs.major >= OLDEST_POSTGRES) {
            return Ok(good.clone());
        }
        match found.into_iter().max_by_key(|programs| programs.major) {
            Some(old) => Err(ServersError::TooOld {
                bindir: old.bindir,
                found: old.major,
                oldest: OLDEST_POSTGRES,
            }),
            None => Err(ServersError::Missing {
                what: "PostgreSQL (15 or newer)",
            }),
        }
    }
}

/// A folder with PostgreSQL's server programs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostgresPrograms {
    /// Holds at least `postgres` and `initdb`.
    pub bindir: PathBuf,
    /// The major version, such as 15.
    pub major: u32,
}

impl PostgresPrograms {
    fn at(bindir: PathBuf) -> Option<Self> {
        let server = bindir.join("postgres");
        if !is_executable(&server) || !is_executable(&bindir.join("initdb")) {
            return None;
        }
        let output = Command::new(server).arg("--version").output().ok()?;
        let major = major_version(&String::from_utf8_lossy(&output.stdout))?;
        Some(Self { bindir, major })
    }
}

/// Distributions' folders, the newest version first.
fn well_known_folders() -> Vec<PathBuf> {
    let versioned = |parent: &str, before: &str, after: &str| -> Vec<(u32, PathBuf)> {
        let Ok(entries) = fs::read_dir(parent) else {
            return Vec::new();
        };
        entries
            .flatten()
            .filter_map(|entry| {
                let name = entry.file_name();
                let version = name.to_str()?.strip_prefix(before)?.parse().ok()?;
                Some((version, entry.path().join(after)))
            })
            .collect()
    };
    let mut found = versioned("/usr/lib/postgresql", "", "bin"); // Debian
    found.extend(versioned("/usr", "pgsql-", "bin")); // Red Hat
    found.extend(versioned("/opt/homebrew/opt", "postgresql@", "bin")); // Homebrew
    found.extend(versioned("/usr/local/opt", "postgresql@", "bin")); // Homebrew on Intel
    found.extend(versioned("/usr/libexec", "postgresql", "")); // Alpine
    found.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    found.into_iter().map(|(_, folder)| folder).collect()
}

/// `postgres (PostgreSQL) 15.18 (Debian …)` is 15, and `18beta1` is 18.
fn major_version(printed: &str) -> Option<u32> {
    let version = printed.split("(PostgreSQL) ").nth(1)?;
    let digits = version
        .find(|c: char| !c.is_ascii_digit())
        .map_or(version, |end| &version[..end]);
    digits.parse().ok()
}

fn is_executable(file: &Path) -> bool {
    fs::metadata(file).is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_distributions_print_them() {
        assert_eq!(
            major_version("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"),
            Some(15)
        );
        assert_eq!(major_version("postgres (PostgreSQL) 18beta1\n"), Some(18));
        assert_eq!(major_version("postgres: not found"), None);
    }

    #[test]
    fn an_old_server_is_named_with_its_folder() {
        let dir = tempfile("old");
        fake(&dir, "postgres", "echo 'postgres (PostgreSQL) 13.9'");
        fake(&dir, "initdb", "true");
        let error = Search::only(vec![dir.clone()])
            .new_enough_postgres()
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("is version 13") && error.contains(dir.to_str().unwrap()),
            "{error}"
        );
        assert!(error.contains("script/bootstrap"), "{error}");
        fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn a_server_without_initdb_is_not_a_server() {
        let dir = tempfile("lone");
        fake(&dir, "postgres", "echo 'postgres (PostgreSQL) 17.1'");
        let error = Search::only(vec![dir.clone()]).new_enough_postgres().unwrap_err();
        assert!(matches!(error, ServersError::Missing { .. }), "{error}");
        fs::remove_dir_all(dir).unwrap();
    }

    fn tempfile(name: &str) -> PathBuf {
        let dir = env::temp_dir().join(format!("croupier-programs-{name}-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        fs::canonicalize(dir).unwrap()
    }

    fn fake(dir: &Path, name: &str, body: &str) {
        let file = dir.join(name);
        fs::write(&file, format!("#!/bin/sh\n{body}\n")).unwrap();
        fs::set_permissions(file, fs::Permissions::from_mode(0o755)).unwrap();
    }
}
