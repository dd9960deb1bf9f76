//! A private PostgreSQL's cluster: whether it is there, which version wrote it, and how it is made.

use std::{ffi::OsString, fs, io, path::Path};

use super::{
    config::{Progress, ServersConfig},
    data_dir::Home,
    error::{CHOOSE_A_FOLDER, ServersError},
    postgres::SUPERUSER,
    programs::{OLDEST_POSTGRES, PostgresPrograms},
    ready,
    secrets::Secrets,
    supervise::{Spec, Supervised},
    unprivileged::RunAs,
};

/// Every attempt to make a cluster has a folder of its own, whose name begins with this.
const ATTEMPT: &str = "postgres.incomplete";

/// A cluster is opened by the version that wrote it; another installed version may be that one.
pub(super) fn matching(
    dir: &Path,
    newest: PostgresPrograms,
    config: &ServersConfig,
) -> Result<PostgresPrograms, ServersError> {
    let Ok(wrote) = fs::read_to_string(dir.join("PG_VERSION")) else {
        return Ok(newest);
    };
    let wrote = wrote.trim().to_owned();
    if wrote == newest.major.to_string() {
        return Ok(newest);
    }
    let installed = newest.major;
    config
        .search
        .postgres()
        .into_iter()
        .find(|programs| programs.major >= OLDEST_POSTGRES && programs.major.to_string() == wrote)
        .ok_or_else(|| ServersError::WrongMajor {
            dir: dir.to_path_buf(),
            wrote,
            installed,
        })
}

/// Whether the cluster is there. The folder gets its name only when it is whole, so anything else in it is not ours.
pub(super) fn is_there(dir: &Path) -> Result<bool, ServersError> {
    if dir.join("PG_VERSION").is_file() && dir.join("global/pg_control").is_file() {
        return Ok(true);
    }
    match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(ServersError::files("reading", dir, CHOOSE_A_FOLDER)(error)),
        Ok(mut entries) => {
            if entries.next().is_some() {
                return Err(ServersError::NotACluster(dir.to_path_buf()));
            }
            fs::remove_dir(dir).map_err(ServersError::files("removing", dir, CHOOSE_A_FOLDER))?;
            Ok(false)
        }
    }
}

/// Removes what interrupted attempts left, and says whether there was any.
///
/// An interrupted attempt's `initdb` may still be at work for a moment, longer on a busy machine. It disturbs nobody:
/// no later attempt uses its folder. But it can put something back while we remove, so what resists is left to the
/// next start. The home is locked, so no attempt that still counts is among them.
pub(super) fn sweep(home: &Home) -> bool {
    let Ok(entries) = fs::read_dir(home.path()) else {
        return false;
    };
    let mut any = false;
    for entry in entries.flatten() {
        if entry.file_name().to_string_lossy().starts_with(ATTEMPT) {
            any = true;
            let _ = fs::remove_dir_all(entry.path());
        }
    }
    any
}

/// Makes the cluster aside and renames it when it is whole, so that an interrupted first start is simply done again.
pub(super) async fn make(
    home: &Home,
    run_as: &RunAs,
    secrets: &Secrets,
    programs: &PostgresPrograms,
    progress: &Progress,
) -> Result<(), ServersError> {
    progress(&format!("initialising PostgreSQL {}", programs.major));
    let attempt = format!("{ATTEMPT}-{}", hex::encode(rand::random::<[u8; 8]>()));
    let unfinished = home.make_private(&attempt, run_as)?;
    let files = |doing| ServersError::files(doing, &unfinished, CHOOSE_A_FOLDER);
    let password = unfinished.join("password");
    fs::write(&password, &secrets.superuser).map_err(files("writing into"))?;
    run_as.give(&password).map_err(files("giving away"))?;

    let cluster = unfinished.join("cluster");
    let mut command: Vec<OsString> = vec![programs.bindir.join("initdb").into()];
    command.extend([
        "-D".into(),
        cluster.clone().into(),
        format!("--username={SUPERUSER}").into(),
    ]);
    command.push(format!("--pwfile={}", password.display()).into());
    command.extend(
        [
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C",
            "--no-instructions",
        ]
        .map(OsString::from),
    );
    // Data that is thrown away needs neither to be on disk nor to be checked for the disk's faults.
    command.push(
        if home.is_ephemeral() {
            "--no-sync"
        } else {
            "--data-checksums"
        }
        .into(),
    );

    let (log_path, log) = home.open_log("initdb")?;
    let remove = home.is_ephemeral().then(|| unfinished.clone());
    let spec = Spec {
        command,
        env: Vec::new(),
        signals: "TERM KILL",
        remove,
        log,
    };
    let status = Supervised::start(spec, run_as).await?.wait_ended().await;
    if !status.success() {
        return Err(ServersError::Program {
            program: "initdb".to_owned(),
            detail: format!("{status}\n{}", ready::tail(&log_path)),
            next: CHOOSE_A_FOLDER,
        });
    }
    fs::rename(&cluster, home.path().join("postgres")).map_err(files("renaming"))?;
    fs::remove_dir_all(&unfinished).map_err(files("removing"))
}
