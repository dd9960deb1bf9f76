//! `croupier doctor`: looks at this machine and says what is missing and what to do about it. Changes nothing.

mod finding;
mod given;
mod journal;
mod machine;
#[cfg(test)]
mod tests;

use std::{env, error::Error, io::Write, path::PathBuf};

use self::finding::{Finding, Verdict, print};
use crate::servers::{Data, Outlook, ServersConfig, docker, unprivileged::RunAs};

/// Checks this machine and the servers of the environment, and prints a table.
///
/// # Errors
/// When something that `croupier dev` needs is missing, or the table cannot be written.
pub async fn doctor(out: &mut dyn Write) -> Result<(), Box<dyn Error>> {
    let data = env::var_os("CROUPIER_DATA_DIR").map_or_else(|| PathBuf::from(".croupier"), PathBuf::from);
    let port = |variable, default: &str| {
        let set = env::var(variable).ok().filter(|value| !value.is_empty());
        (variable, set.unwrap_or_else(|| default.to_owned()))
    };
    let examined = Examined {
        servers: ServersConfig::from_env(Data::Kept(data.clone())),
        data,
        ports: vec![port("CROUPIER_PORT", "8080"), port("CROUPIER_ADMIN_PORT", "8090")],
    };
    let findings = examined.findings().await;
    print(&findings, out)?;
    match findings
        .iter()
        .filter(|finding| finding.verdict == Verdict::Missing)
        .count()
    {
        0 => Ok(()),
        1 => Err("one thing is missing; see above for the next step".into()),
        n => Err(format!("{n} things are missing; see above for the next steps").into()),
    }
}

/// What is looked at.
struct Examined {
    servers: ServersConfig,
    data: PathBuf,
    /// The variable that sets it, and what it is set to.
    ports: Vec<(&'static str, String)>,
}

impl Examined {
    async fn findings(&self) -> Vec<Finding> {
        let docker = docker::running(&self.servers.search).await.is_some();
        let mut findings = vec![
            machine::postgres(&self.servers, docker),
            machine::redis(&self.servers, docker),
            machine::docker_engine(docker),
        ];
        match RunAs::detect() {
            Ok(run_as) => {
                let outlook = Outlook::of(&self.data, &run_as);
                findings.push(machine::account(&run_as));
                findings.extend(machine::data_folder(&self.data, &outlook));
                findings.extend(
                    self.ports
                        .iter()
                        .map(|(variable, value)| machine::port(variable, value, &outlook)),
                );
            }
            Err(error) => findings.push(Finding::missing(
                "account",
                error.to_string(),
                "run as an ordinary user",
            )),
        }
        findings.extend(given::postgres(&self.servers).await);
        findings.push(given::redis(&self.servers).await);
        findings
    }
}
