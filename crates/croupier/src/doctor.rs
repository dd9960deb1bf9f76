//! `croupier doctor`: looks at this machine and says what is missing and what to do about it. Changes nothing.

mod journal;

use std::{env, error::Error, io::Write, path::PathBuf, process::Command};

use croupier_brand::redis_link::{Eviction, RedisLink};

use crate::servers::{
    Data, Outlook, ServersConfig, docker, ports,
    programs::OLDEST_POSTGRES,
    redis::ping,
    roles::{KEEP_SET_CONFIG, Privileges, privileges},
    unprivileged::RunAs,
};

/// Enough for the clusters, their logs and a build.
const ENOUGH_DISK_MIB: u64 = 1024;

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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Good,
    /// Worth knowing; nothing fails for it.
    Note,
    Missing,
}

/// One line of the table.
#[derive(Debug)]
struct Finding {
    verdict: Verdict,
    what: &'static str,
    found: String,
    next: Option<String>,
}

impl Finding {
    fn good(what: &'static str, found: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::Good,
            what,
            found: found.into(),
            next: None,
        }
    }

    fn note(what: &'static str, found: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::Note,
            what,
            found: found.into(),
            next: None,
        }
    }

    fn missing(what: &'static str, found: impl Into<String>, next: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::Missing,
            what,
            found: found.into(),
            next: Some(next.into()),
        }
    }
}

fn print(findings: &[Finding], out: &mut dyn Write) -> std::io::Result<()> {
    for finding in findings {
        let verdict = match finding.verdict {
            Verdict::Good => "ok",
            Verdict::Note => "note",
            Verdict::Missing => "FAIL",
        };
        writeln!(out, "{verdict:<5} {:<20} {}", finding.what, finding.found)?;
        if let Some(next) = &finding.next {
            writeln!(out, "{:<26} next: {next}", "")?;
        }
    }
    Ok(())
}

impl Examined {
    async fn findings(&self) -> Vec<Finding> {
        let docker = docker::running(&self.servers.search).await.is_some();
        let mut findings = vec![
            self.postgres_programs(docker),
            self.redis_program(docker),
            docker_engine(docker),
        ];
        match RunAs::detect() {
            Ok(run_as) => {
                let outlook = Outlook::of(&self.data, &run_as);
                findings.push(account(&run_as));
                findings.extend(self.data_folder(&outlook));
                findings.extend(
                    self.ports
                        .iter()
                        .map(|(variable, value)| port(variable, value, &outlook)),
                );
            }
            Err(error) => findings.push(Finding::missing(
                "account",
                error.to_string(),
                "run as an ordinary user",
            )),
        }
        findings.extend(self.given_postgres().await);
        findings.extend(self.given_redis().await);
        findings
    }

    fn postgres_programs(&self, docker: bool) -> Finding {
        const WHAT: &str = "PostgreSQL";
        match self.servers.search.new_enough_postgres() {
            Ok(found) => Finding::good(WHAT, format!("{} in {}", found.major, found.bindir.display())),
            Err(_) if self.servers.database_url.is_some() => {
                Finding::note(WHAT, "not installed; DATABASE_URL is set")
            }
            Err(_) if docker => Finding::good(WHAT, "not installed; will run in Docker"),
            Err(error) => Finding::missing(WHAT, error.to_string(), "script/bootstrap"),
        }
    }

    fn redis_program(&self, docker: bool) -> Finding {
        const WHAT: &str = "Redis";
        match self.servers.search.redis() {
            Some(found) => Finding::good(WHAT, found.display().to_string()),
            None if self.servers.redis_url.is_some() => {
                Finding::note(WHAT, "not installed; REDIS_URL is set")
            }
            None if docker => Finding::good(WHAT, "not installed; will run in Docker"),
            None => Finding::missing(
                WHAT,
                "neither redis-server nor valkey-server is installed",
                "script/bootstrap",
            ),
        }
    }

    fn data_folder(&self, outlook: &Outlook) -> Vec<Finding> {
        let mut findings = Vec::new();
        findings.push(match (&outlook.held_by, outlook.writable) {
            (Some(pid), _) => Finding::note(
                "data folder",
                format!("{}, in use by pid {pid}", outlook.home.display()),
            ),
            (None, true) => Finding::good("data folder", outlook.home.display().to_string()),
            (None, false) => Finding::missing(
                "data folder",
                format!("{} cannot be written", self.data.display()),
                "set CROUPIER_DATA_DIR to a folder you can write to",
            ),
        });
        if outlook.home != self.data
            && std::path::absolute(&self.data).is_ok_and(|asked| asked != outlook.home)
        {
            findings.push(Finding::note(
                "",
                format!(
                    "{} cannot be entered by the servers' account",
                    self.data.display()
                ),
            ));
        }
        let there = outlook.home.ancestors().find(|ancestor| ancestor.exists());
        findings.extend(there.and_then(free_mib).map(|free| {
            if free >= ENOUGH_DISK_MIB {
                Finding::good("disk space", format!("{free} MiB free"))
            } else {
                Finding::missing(
                    "disk space",
                    format!("{free} MiB free"),
                    format!("make room for {ENOUGH_DISK_MIB} MiB, or set CROUPIER_DATA_DIR to a larger disk"),
                )
            }
        }));
        findings
    }

    async fn given_postgres(&self) -> Vec<Finding> {
        let Some(database_url) = &self.servers.database_url else {
            return vec![Finding::good(
                "DATABASE_URL",
                "not set; a private server will be used",
            )];
        };
        match &self.servers.owner_database_url {
            None => vec![describe("DATABASE_URL", database_url, |role| {
                (!role.creates_roles).then(|| {
                    "use a role that may create roles, or set OWNER_DATABASE_URL and DATABASE_URL both".to_owned()
                })
            })
            .await],
            Some(owner_url) => {
                let mut findings = vec![describe("OWNER_DATABASE_URL", owner_url, |_| None).await];
                findings.extend(journal::findings(owner_url).await);
                let application = describe("DATABASE_URL", database_url, |role| {
                    (role.above_row_security || role.owns_tables).then(|| {
                        format!(
                            "{} is above row security; let the application connect as croupier_app, \
                             which owns nothing and is no superuser",
                            role.role
                        )
                    })
                });
                findings.push(application.await);
                findings
            }
        }
    }

    async fn given_redis(&self) -> Vec<Finding> {
        const WHAT: &str = "REDIS_URL";
        let Some(url) = &self.servers.redis_url else {
            return vec![Finding::good(WHAT, "not set; a private server will be used")];
        };
        vec![match ping(url).await {
            Ok(()) => kept_by_redis(url).await,
            Err(why) => Finding::missing(WHAT, why, "check the URL and that the server runs, or unset it"),
        }]
    }
}

/// Whether a Redis that answers keeps what it is told to keep.
async fn kept_by_redis(url: &str) -> Finding {
    const WHAT: &str = "REDIS_URL";
    let told = match RedisLink::new(url) {
        Ok(link) => link.eviction().await.ok(),
        Err(_) => None,
    };
    match told {
        Some(Eviction::Refuses) => Finding::good(WHAT, "answers"),
        Some(Eviction::TakesOut(policy)) => Finding::missing(
            WHAT,
            format!(
                "answers; when its memory is full it takes out what it holds (maxmemory-policy {policy})"
            ),
            Eviction::NEXT,
        ),
        Some(Eviction::Unsaid) | None => Finding::note(
            WHAT,
            "answers, and does not say what it does when its memory is full; its maxmemory-policy must be noeviction",
        ),
    }
}

/// Connects, and asks of the role what `objection` thinks of it.
async fn describe(
    what: &'static str,
    url: &str,
    objection: impl Fn(&Privileges) -> Option<String>,
) -> Finding {
    match privileges(url).await {
        Err(error) => Finding::missing(
            what,
            error.to_string(),
            "check the URL and that the server runs, or unset it",
        ),
        Ok(role) if role.server_major < OLDEST_POSTGRES => Finding::missing(
            what,
            format!("it is PostgreSQL {}", role.server_major),
            format!("name a server of version {OLDEST_POSTGRES} or newer"),
        ),
        Ok(role) => {
            let found = format!("PostgreSQL {}, as {}", role.server_major, role.role);
            match objection(&role) {
                // The application's own; a role that may make roles gives it one.
                None if what == "DATABASE_URL" && role.sets_config && !role.creates_roles => Finding::note(
                    what,
                    format!(
                        "{found}; it may call set_config(), which it needs for nothing. Better, as a superuser in this database: {KEEP_SET_CONFIG}"
                    ),
                ),
                None => Finding::good(what, found),
                Some(next) => Finding::missing(what, found, next),
            }
        }
    }
}

fn docker_engine(running: bool) -> Finding {
    const WHAT: &str = "Docker";
    if running {
        Finding::good(WHAT, "running")
    } else {
        Finding::note(WHAT, "not running; only needed without the programs above")
    }
}

fn account(run_as: &RunAs) -> Finding {
    match run_as.account() {
        Some(account) => Finding::good(
            "account",
            format!("root; the servers will run as {}", account.name),
        ),
        None => Finding::good("account", "an ordinary user; the servers will run as the same"),
    }
}

fn port(variable: &'static str, value: &str, outlook: &Outlook) -> Finding {
    let Ok(port) = value.parse() else {
        return Finding::missing(
            variable,
            format!("{value:?} is not a port"),
            "set it to a number up to 65535",
        );
    };
    if ports::is_free(port) {
        return Finding::good(variable, format!("{port}, free"));
    }
    let holder = ports::holder(port).map_or_else(String::new, |holder| format!(" by {holder}"));
    let found = format!("{port}, taken{holder}");
    match &outlook.held_by {
        Some(pid) if holder.contains(&format!("pid {pid} ")) => Finding::note(variable, found),
        _ => Finding::missing(
            variable,
            found,
            format!("stop what holds it, or set {variable} to another port"),
        ),
    }
}

/// What `df` says is free for us where this folder is; none where there is no `df` to ask.
fn free_mib(folder: &std::path::Path) -> Option<u64> {
    let output = Command::new("df").arg("-Pk").arg(folder).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let kib: u64 = text.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()?;
    Some(kib / 1024)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::net::TcpListener;

    use super::*;
    use crate::servers::{Durability, Servers, programs::Search};

    fn examined(data: PathBuf) -> Examined {
        Examined {
            servers: ServersConfig::private(Data::Kept(data.clone())),
            data,
            ports: Vec::new(),
        }
    }

    fn table(findings: &[Finding]) -> String {
        let mut out = Vec::new();
        print(findings, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn of<'a>(findings: &'a [Finding], what: &str) -> &'a Finding {
        findings.iter().find(|finding| finding.what == what).unwrap()
    }

    #[tokio::test]
    async fn a_machine_with_everything_has_nothing_missing() {
        let findings = examined(env::temp_dir().join("croupier-doctor")).findings().await;
        assert!(
            findings.iter().all(|finding| finding.verdict != Verdict::Missing),
            "{}",
            table(&findings)
        );
    }

    #[tokio::test]
    async fn each_missing_thing_has_a_next_step() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port().to_string();
        let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut examined = examined(PathBuf::from("/proc/croupier-doctor"));
        examined.servers.search = Search::only(Vec::new());
        examined.ports = vec![
            ("CROUPIER_PORT", port),
            ("CROUPIER_ADMIN_PORT", "http".to_owned()),
        ];
        let findings = examined.findings().await;
        let text = table(&findings);
        for what in [
            "PostgreSQL",
            "Redis",
            "data folder",
            "CROUPIER_PORT",
            "CROUPIER_ADMIN_PORT",
        ] {
            let finding = of(&findings, what);
            assert!(
                finding.verdict == Verdict::Missing && finding.next.is_some(),
                "{what} in\n{text}"
            );
        }
        assert!(
            text.contains("script/bootstrap") && text.contains("CROUPIER_DATA_DIR"),
            "{text}"
        );

        examined.servers.database_url = Some(format!("postgres://a:secret@{nobody}/b"));
        examined.servers.redis_url = Some(format!("redis://:secret@{nobody}/0"));
        let findings = examined.findings().await;
        for what in ["DATABASE_URL", "REDIS_URL"] {
            assert_eq!(of(&findings, what).verdict, Verdict::Missing, "{what}");
        }
        assert!(!table(&findings).contains("secret"));
    }

    #[tokio::test]
    async fn a_redis_that_takes_out_what_it_holds_is_refused_and_one_that_does_not_say_is_noted() {
        let theirs = Servers::start(ServersConfig {
            durability: Durability::TestFast,
            ..ServersConfig::private(Data::Ephemeral)
        })
        .await
        .unwrap();
        let url = theirs.redis_url();
        let link = RedisLink::new(&url).unwrap();
        let run = async |words: &[&str]| {
            let mut command = redis::cmd(words[0]);
            command.arg(&words[1..]);
            link.run::<String>(&command).await.unwrap()
        };
        let mut examined = examined(env::temp_dir().join("croupier-doctor"));
        examined.servers.redis_url = Some(url.clone());
        for (policy, verdict) in [
            ("allkeys-lru", Verdict::Missing),
            ("volatile-ttl", Verdict::Missing),
            ("noeviction", Verdict::Good),
        ] {
            run(&["CONFIG", "SET", "maxmemory-policy", policy]).await;
            let findings = examined.findings().await;
            let found = of(&findings, "REDIS_URL");
            assert_eq!(found.verdict, verdict, "{policy}: {}", table(&findings));
            let said = found.next.as_deref().unwrap_or_default().contains("noeviction");
            assert_eq!(
                said,
                verdict == Verdict::Missing,
                "{policy}: {}",
                table(&findings)
            );
        }
        // As a service that forbids one question, and then both.
        let (_, place) = url.rsplit_once('@').unwrap();
        examined.servers.redis_url = Some(format!("redis://guest:guest@{place}"));
        for (rights, verdict) in [("-config", Verdict::Good), ("-info", Verdict::Note)] {
            run(&[
                "ACL", "SETUSER", "guest", "on", ">guest", "~*", "+@all", "-config", rights,
            ])
            .await;
            let findings = examined.findings().await;
            assert_eq!(
                of(&findings, "REDIS_URL").verdict,
                verdict,
                "{rights}: {}",
                table(&findings)
            );
        }
        theirs.stop().await;
    }

    #[tokio::test]
    async fn an_application_role_above_row_security_is_refused() {
        use sqlx::{Connection as _, Executor as _};
        let servers = ServersConfig {
            durability: Durability::TestFast,
            ..ServersConfig::private(Data::Ephemeral)
        };
        let theirs = Servers::start(servers).await.unwrap();
        let mut examined = examined(env::temp_dir().join("croupier-doctor"));
        examined.servers.redis_url = Some(theirs.redis_url());
        examined.servers.owner_database_url = Some(theirs.owner_url());
        let app = theirs.app_url();
        let hardening = format!(
            "{}/{}",
            theirs.superuser_url().rsplit_once('/').unwrap().0,
            app.rsplit_once('/').unwrap().1
        );
        for (url, verdict) in [
            (app.clone(), Verdict::Note),
            (app, Verdict::Good),
            (theirs.superuser_url(), Verdict::Missing),
        ] {
            if verdict == Verdict::Good {
                let mut root = sqlx::PgConnection::connect(&hardening).await.unwrap();
                root.execute(KEEP_SET_CONFIG).await.unwrap();
            }
            examined.servers.database_url = Some(url);
            let findings = examined.findings().await;
            assert_eq!(
                of(&findings, "DATABASE_URL").verdict,
                verdict,
                "{}",
                table(&findings)
            );
            assert_eq!(of(&findings, "REDIS_URL").verdict, Verdict::Good);
        }
        examined.servers.owner_database_url = None;
        for (url, verdict) in [
            (theirs.superuser_url(), Verdict::Good),
            (theirs.owner_url(), Verdict::Missing),
        ] {
            examined.servers.database_url = Some(url);
            assert_eq!(of(&examined.findings().await, "DATABASE_URL").verdict, verdict);
        }
        theirs.stop().await;
    }
}
