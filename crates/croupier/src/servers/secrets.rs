//! The passwords of private servers: made once per home, kept in a file only we can read.

use std::{
    fmt, fs,
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use serde::{Deserialize, Serialize};

use super::{
    data_dir::Home,
    error::{CHOOSE_A_FOLDER, ServersError},
};

/// One password a login. Hex, so they stand in SQL, in a URL and in a configuration file as they are.
#[derive(Clone, Deserialize, Serialize)]
pub(crate) struct Secrets {
    pub(crate) superuser: String,
    pub(crate) owner: String,
    pub(crate) app: String,
    pub(crate) redis: String,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets(…)")
    }
}

impl Secrets {
    /// Reads the home's passwords, or makes new ones when there is no cluster yet that the old ones would open.
    pub(crate) fn load_or_make(home: &Home, cluster: &Path) -> Result<Self, ServersError> {
        let path = home.path().join("secrets.json");
        match fs::read(&path) {
            Ok(text) => {
                if let Ok(secrets) = serde_json::from_slice::<Self>(&text)
                    && secrets.are_plain()
                {
                    return Ok(secrets);
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(ServersError::files("reading", &path, CHOOSE_A_FOLDER)(error)),
        }
        if cluster.join("PG_VERSION").exists() {
            return Err(ServersError::SecretsLost {
                dir: cluster.to_path_buf(),
                secrets: path,
            });
        }
        let secrets = Self::random();
        secrets.save(&path)?;
        Ok(secrets)
    }

    fn random() -> Self {
        let password = || hex::encode(rand::random::<[u8; 24]>());
        Self {
            superuser: password(),
            owner: password(),
            app: password(),
            redis: password(),
        }
    }

    /// A file edited by hand must not become a hole in the SQL that sets the passwords.
    fn are_plain(&self) -> bool {
        [&self.superuser, &self.owner, &self.app, &self.redis]
            .iter()
            .all(|password| !password.is_empty() && password.bytes().all(|byte| byte.is_ascii_alphanumeric()))
    }

    /// Written aside and renamed, so that an interrupted start leaves the whole file or none.
    fn save(&self, path: &Path) -> Result<(), ServersError> {
        let aside = path.with_extension("json.new");
        let write = || -> io::Result<()> {
            let mut file = fs::OpenOptions::new()
                .create(true)
                .truncate(true)
                .write(true)
                .mode(0o600)
                .open(&aside)?;
            file.write_all(&serde_json::to_vec_pretty(self)?)?;
            file.sync_all()?;
            fs::rename(&aside, path)
        };
        write().map_err(ServersError::files("writing", path, CHOOSE_A_FOLDER))
    }
}
