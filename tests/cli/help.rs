//! `--help` teaches: every command, argument and option says what it is for.

use super::process::Env;

/// The entries of a section of a help text: each heading with what is said of it.
fn section<'a>(help: &'a str, title: &str) -> Vec<(&'a str, String)> {
    let Some((_, rest)) = help.split_once(&format!("\n{title}:\n")) else {
        return Vec::new();
    };
    let mut entries: Vec<(&str, String)> = Vec::new();
    for line in rest
        .lines()
        .take_while(|line| line.is_empty() || line.starts_with(' '))
    {
        let text = line.trim_start();
        let indent = line.len() - text.len();
        if text.is_empty() {
            continue;
        }
        if indent <= 6 {
            let (heading, said) = text.split_once("  ").unwrap_or((text, ""));
            entries.push((heading, said.trim().to_owned()));
        } else if let Some((_, said)) = entries.last_mut() {
            said.push_str(text);
        }
    }
    entries
}

#[tokio::test]
async fn the_help_of_every_command_says_what_everything_is_for() {
    // Its value must not be printed, whatever help says of it.
    let env = Env::of([("OWNER_DATABASE_URL", "postgres://owner:hunter2@db/croupier")]);
    let mut commands = vec![Vec::<String>::new()];
    let mut seen = Vec::new();
    while let Some(command) = commands.pop() {
        let mut arguments: Vec<&str> = command.iter().map(String::as_str).collect();
        arguments.push("--help");
        let help = env.croupier(&arguments).await.well();
        assert!(!help.contains("hunter2"), "{help}");
        let about = help.lines().next().unwrap();
        assert!(
            about.len() > 12 && !about.starts_with("Usage"),
            "{command:?} does not say what it does:\n{help}"
        );
        for title in ["Commands", "Arguments", "Options"] {
            for (heading, said) in section(&help, title) {
                assert!(
                    said.replace("[env: ", "").len() > 8,
                    "{command:?}: {heading} says nothing of itself:\n{help}"
                );
            }
        }
        for (name, _) in section(&help, "Commands")
            .iter()
            .filter(|(name, _)| *name != "help")
        {
            commands.push(command.iter().cloned().chain([(*name).to_owned()]).collect());
        }
        seen.push(command.join(" "));
    }
    for expected in [
        "dev",
        "demo",
        "serve",
        "migrate",
        "doctor",
        "brand create",
        "brand list",
        "brand status",
        "domain add",
        "domain move",
        "domain remove",
        "domain list",
        "keys generate",
        "keys list",
        "keys rotate",
        "keys retire",
        "keys operator-token",
        "bonus grant",
        "bonus forfeit",
        "bonus list",
        "launch list",
        "launch end",
        "prune",
        "game list",
        "game disable",
        "game enable",
        "wallet policy show",
        "wallet policy set",
    ] {
        assert!(
            seen.iter().any(|seen| seen == expected),
            "{expected} is not in the help: {seen:?}"
        );
    }
}

#[tokio::test]
async fn the_help_names_the_settings_and_where_to_start() {
    let env = Env::default();
    for (command, parts) in [
        (vec!["--help"], vec!["croupier dev", "croupier doctor"]),
        (
            vec!["dev", "--help"],
            vec![
                "CROUPIER_PORT",
                "CROUPIER_ADMIN_PORT",
                "CROUPIER_DATA_DIR",
                "DATABASE_URL",
                "Ctrl-C",
            ],
        ),
        (
            vec!["serve", "--help"],
            vec![
                "gateway",
                "player",
                "wallet",
                "game",
                "CROUPIER_CONFIG",
                "SIGTERM",
            ],
        ),
        (vec!["migrate", "--help"], vec!["OWNER_DATABASE_URL"]),
        (
            vec!["brand", "create", "--help"],
            vec!["<CODE>", "--currency", "ISO 4217", "OWNER_DATABASE_URL"],
        ),
        (vec!["domain", "move", "--help"], vec!["<BRAND>", "<DOMAIN>"]),
    ] {
        let help = env.croupier(&command).await.well();
        for part in parts {
            assert!(
                help.contains(part),
                "{part:?} is missing in the help of {command:?}:\n{help}"
            );
        }
    }
    let wrong = env.croupier(&["serve", "--role", "dealer"]).await;
    assert_eq!(wrong.code, Some(2), "{wrong:?}");
    assert!(wrong.err.contains("gateway, player, wallet, game"), "{wrong:?}");
}
