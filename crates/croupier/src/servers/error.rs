//! What can keep the servers from running. Every message says what happened and what to do next.

use std::{
    io,
    path::{Path, PathBuf},
};

/// Why PostgreSQL or Redis could not be started, reached or stopped.
#[derive(Debug, thiserror::Error)]
pub enum ServersError {
    /// Neither the programs nor a running Docker engine were found.
    #[error(
        "{what} is not installed, and no Docker engine is running. \
         Next: run script/bootstrap, which installs what is missing, or start Docker"
    )]
    Missing {
        /// What was looked for, with the oldest version that will do.
        what: &'static str,
    },

    /// The pooler that a test stands in front of PostgreSQL is not there.
    #[error("PgBouncer (pgbouncer) is not installed. Next: run script/bootstrap --tests, which installs it")]
    NoPooler,

    /// Only versions older than the migrations are written for were found.
    #[error(
        "PostgreSQL {oldest} or newer is needed, and {} is version {found}. \
         Next: run script/bootstrap, which installs a newer one beside it", .bindir.display()
    )]
    TooOld {
        /// Where the newest that was found is.
        bindir: PathBuf,
        /// Its major version.
        found: u32,
        /// The oldest major version that will do.
        oldest: u32,
    },

    /// The data was written by a major version that is not installed.
    #[error(
        "the data in {} was written by PostgreSQL {wrote}, and PostgreSQL {installed} is installed. \
         Next: install PostgreSQL {wrote} again, or, to start afresh, move that folder away", .dir.display()
    )]
    WrongMajor {
        /// The cluster's folder.
        dir: PathBuf,
        /// The major version that wrote it.
        wrote: String,
        /// The major version that is installed.
        installed: u32,
    },

    /// Another process holds the data folder.
    #[error(
        "{} is in use by another croupier process (pid {pid}). \
         Next: stop it (Ctrl-C in its terminal, or `kill {pid}`), or set CROUPIER_DATA_DIR to another folder", .dir.display()
    )]
    AlreadyRunning {
        /// The data folder.
        dir: PathBuf,
        /// What the lock file says about its holder; `unknown` when it says nothing.
        pid: String,
    },

    /// The cluster is there and the passwords that open it are not.
    #[error(
        "{} holds a PostgreSQL cluster, but its passwords ({}) are missing or unreadable. \
         Next: put that file back, or, to start afresh, move the folder away", .dir.display(), .secrets.display()
    )]
    SecretsLost {
        /// The cluster's folder.
        dir: PathBuf,
        /// Where the passwords should be.
        secrets: PathBuf,
    },

    /// A folder that should be a cluster is something else.
    #[error(
        "{} is not empty and is not a PostgreSQL cluster. Next: look at what it is and move it away", .0.display()
    )]
    NotACluster(PathBuf),

    /// A fixed port is held by somebody else.
    #[error(
        "port {port} on 127.0.0.1 is taken{holder}. \
         Next: stop what holds it, or set {set_by} to another port"
    )]
    PortTaken {
        /// The port.
        port: u16,
        /// ` by pid 12 (postgres)` where the system says so, else empty.
        holder: String,
        /// The environment variable that chooses the port.
        set_by: &'static str,
    },

    /// A file or folder could not be made or read.
    #[error("{doing} {} failed: {source}. Next: {next}", .path.display())]
    Files {
        /// What was being done.
        doing: &'static str,
        /// To what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
        /// What to do about it.
        next: &'static str,
    },

    /// The folder used in place of one the server's account cannot enter belongs to somebody else.
    #[error(
        "{} belongs to another account, so it cannot be trusted with data. \
         Next: remove it, or set CROUPIER_DATA_DIR to a folder outside any private home", .0.display()
    )]
    NotOurs(PathBuf),

    /// Root has no account to hand PostgreSQL to.
    #[error(
        "PostgreSQL refuses to run as root, and there is neither a `postgres` nor a `nobody` account to run it as. \
         Next: run croupier as an ordinary user"
    )]
    NoAccount,

    /// A program could not be run, or ended with a failure.
    #[error("{program} failed: {detail}. Next: {next}")]
    Program {
        /// Which.
        program: String,
        /// Its exit and what it printed.
        detail: String,
        /// What to do about it.
        next: &'static str,
    },

    /// A server ended, or did not answer in time.
    #[error("{server} did not become ready: {why}. The end of its log ({}):\n{tail}", .log.display())]
    NotReady {
        /// Which server.
        server: &'static str,
        /// Whether it ended or was too slow, and the last refusal.
        why: String,
        /// Its log.
        log: PathBuf,
        /// The last lines of the log.
        tail: String,
    },

    /// A server given by `DATABASE_URL` or `REDIS_URL` cannot be used.
    #[error("the server of {variable} cannot be used: {why}. Next: {next}")]
    Given {
        /// The environment variable.
        variable: &'static str,
        /// What is wrong with it.
        why: String,
        /// What to do about it.
        next: &'static str,
    },

    /// Set-up SQL failed.
    #[error("setting up roles and database failed: {0}. Next: see the server's log")]
    Sql(#[from] sqlx::Error),

    /// Somebody else's server is neither killed nor restarted.
    #[error("the server of {0} is not ours to kill or restart. Next: unset {0} to use a private server")]
    External(&'static str),
}

impl ServersError {
    /// Wraps an I/O failure with what was being done, to what, and what to do about it.
    pub(crate) fn files(
        doing: &'static str,
        path: &Path,
        next: &'static str,
    ) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_path_buf();
        move |source| Self::Files {
            doing,
            path,
            source,
            next,
        }
    }
}

/// The next step for a folder that cannot be written.
pub(crate) const CHOOSE_A_FOLDER: &str =
    "check its permissions and the free space, or set CROUPIER_DATA_DIR to a folder you can write to";
