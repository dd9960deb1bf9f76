#![expect(clippy::unwrap_used, reason = "tests")]

use std::net::TcpListener;

use croupier_brand::redis_link::RedisLink;

use super::*;
use crate::servers::{Durability, Servers, programs::Search, roles::KEEP_SET_CONFIG};

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
