//! The command line. `croupier --help` teaches it.

mod age;
mod bonus;
mod brand;
mod conformance;
mod demo;
mod dev;
mod domain;
mod game;
mod journal;
mod keys;
mod launch;
mod migrate;
mod owner;
mod player;
mod prune;
mod rounds;
mod self_validate;
mod serve;
mod trial_balance;
mod wallet;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, Parser, Subcommand};
use croupier_brand::Currency;
use croupier_game::{
    catalogue::GameId,
    conformance::{ProviderKey, authorities},
    provider::KeyKind,
};
use croupier_wallet::Note;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::config::{Config, ConfigError, Environment};

/// One house, many casino brands: isolated brands on one PostgreSQL, one Redis, one fleet.
#[derive(Parser)]
#[command(
    version,
    about,
    max_term_width = 100,
    after_help = "Start here:  croupier dev      a running two-brand casino on this machine\n             croupier doctor   what is missing, and the next step"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run a two-brand casino on this machine: private PostgreSQL and Redis, everything in one process.
    #[command(
        after_help = "Data is kept under .croupier (CROUPIER_DATA_DIR). CROUPIER_PORT and CROUPIER_ADMIN_PORT choose the ports.\nWith DATABASE_URL or REDIS_URL set, those servers are used instead of private ones. Ctrl-C stops everything."
    )]
    Dev(dev::Dev),
    /// Play the whole story once on throw-away data, checking each step; exits 1 when one does not hold.
    Demo(demo::Demo),
    /// Serve, in the foreground. All roles in one process, or one role.
    #[command(
        after_help = "A role alone calls the others over HTTP with signed headers; see [internal] in config.default.toml.\nSIGTERM or Ctrl-C: stops accepting, answers what was admitted, ends."
    )]
    Serve(serve::Serve),
    /// Apply the schema's migrations, as the database's owner.
    Migrate(migrate::Migrate),
    /// Make, list, open and close brands.
    #[command(subcommand)]
    Brand(brand::BrandCommand),
    /// Say which domains lead to which brand.
    #[command(subcommand)]
    Domain(domain::DomainCommand),
    /// Block, close and reopen players of a brand.
    #[command(subcommand)]
    Player(player::PlayerCommand),
    /// List games, put them on and take them off, for the whole house or one brand.
    #[command(subcommand)]
    Game(game::GameCommand),
    /// List and end players' launches: what they opened games with.
    #[command(subcommand)]
    Launch(launch::LaunchCommand),
    /// Verify, export, partition and archive the journal of all money.
    #[command(subcommand)]
    Journal(journal::JournalCommand),
    /// Look after a brand's wallets: the document they go by, and their trial balance.
    #[command(subcommand)]
    Wallet(wallet::WalletCommand),
    /// Give players bonus money, take it back, and list what was given.
    #[command(subcommand)]
    Bonus(bonus::BonusCommand),
    /// Find rounds that hang, show what a round came to, and bring hanging ones to an end.
    #[command(subcommand)]
    Rounds(rounds::RoundsCommand),
    /// Remove what ended long ago: sessions with their refresh tokens, revocations, launches.
    #[command(after_help = prune::AFTER_HELP)]
    Prune(prune::Prune),
    /// Make, list, rotate and retire the keys that tokens are signed with.
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// Play a game provider's side of its protocol against any operator's wallet, and report.
    #[command(after_help = conformance::AFTER_HELP)]
    Conformance(Box<conformance::Conformance>),
    /// Have Slotegrator play its own checks against this house's callbacks, and show what it found.
    #[command(after_help = self_validate::AFTER_HELP)]
    SelfValidate(self_validate::SelfValidate),
    /// Look at this machine and say what is missing.
    Doctor,
}

/// Where settings come from.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Settings {
    /// A TOML file; config.default.toml documents every setting.
    #[arg(long, env = "CROUPIER_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Settings {
    fn load(&self) -> Result<Config, ConfigError> {
        Config::load(self.config.as_deref(), &Environment::process())
    }
}

/// What a command ends with when it fails: a message that says the next step.
type Outcome = Result<(), Box<dyn std::error::Error>>;

/// Runs the command line and gives the process's exit code.
#[must_use]
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(fault) => return fail(&fault),
    };
    match runtime.block_on(dispatch(cli.command)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            let code = fault.downcast_ref::<Coded>().map_or(1, |coded| coded.code);
            fail(fault.as_ref());
            ExitCode::from(code)
        }
    }
}

/// A failure that the process ends with in a code of its own.
#[derive(Debug, thiserror::Error)]
#[error("{why}")]
struct Coded {
    code: u8,
    why: String,
}

async fn dispatch(command: Command) -> Outcome {
    match command {
        Command::Dev(dev) => dev.run().await,
        Command::Demo(demo) => demo.run().await,
        Command::Serve(serve) => serve.run().await,
        Command::Migrate(migrate) => migrate.run().await,
        Command::Brand(brand) => brand.run().await,
        Command::Domain(domain) => domain.run().await,
        Command::Player(player) => player.run().await,
        Command::Game(game) => game.run().await,
        Command::Launch(launch) => launch.run().await,
        Command::Journal(journal) => journal.run().await,
        Command::Wallet(wallet) => wallet.run().await,
        Command::Bonus(bonus) => bonus.run().await,
        Command::Rounds(rounds) => rounds.run().await,
        Command::Prune(prune) => prune.run().await,
        Command::Keys(keys) => keys.run(),
        Command::Conformance(conformance) => conformance.run().await,
        Command::SelfValidate(ask) => ask.run().await,
        Command::Doctor => doctor().await,
    }
}

async fn doctor() -> Outcome {
    crate::doctor::doctor(&mut std::io::stdout()).await
}

#[expect(clippy::print_stderr, reason = "the command line's last word")]
fn fail(fault: &dyn std::error::Error) -> ExitCode {
    eprintln!("croupier: {fault}");
    ExitCode::FAILURE
}

/// Writes a line for the person at the terminal. A closed pipe is not an error.
pub(crate) fn say(line: impl std::fmt::Display) {
    use std::io::Write;
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// A stranger's text on a terminal: nothing in it moves the cursor or turns the direction of what follows, and it ends
/// somewhere.
fn plain(text: &str) -> String {
    let turns = |letter: &char| matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let kept = text.chars().filter(|letter| !turns(letter));
    let safe = kept.map(|letter| if letter.is_control() { '\u{fffd}' } else { letter });
    safe.take(1_000).collect()
}

/// A moment as operators read it, to the second.
fn written(at: OffsetDateTime) -> String {
    at.replace_nanosecond(0)
        .unwrap_or(at)
        .format(&Rfc3339)
        .unwrap_or_else(|_| at.to_string())
}

/// How an audited action ends: with why.
fn because(reason: Option<&Note>) -> String {
    reason.map_or_else(String::new, |reason| format!(": {}", reason.as_str()))
}

/// A failure that ends the process with this code.
fn coded(code: u8, why: impl Into<String>) -> Box<dyn std::error::Error> {
    Box::new(Coded {
        code,
        why: why.into(),
    })
}

/// An argument that is a currency.
fn currency(code: &str) -> Result<Currency, String> {
    Currency::parse(code).map_err(|fault| fault.to_string())
}

/// An argument that is a game's id.
fn game_id(text: &str) -> Result<GameId, String> {
    GameId::parse(text)
        .ok_or_else(|| "must be a game's id: 2 to 64 of a-z 0-9 -, as croupier game list shows it".to_owned())
}

/// What a provider signs with, of a `--key` file.
fn key_of(kind: KeyKind, file: &Path) -> Result<ProviderKey, String> {
    let content = std::fs::read(file).map_err(|fault| format!("--key {}: {fault}", file.display()))?;
    ProviderKey::read(kind, content.trim_ascii()).map_err(|fault| format!("--key {} {fault}", file.display()))
}

/// Certificates of a `--ca` file, as DER; none of none.
fn authorities_of(file: Option<&Path>) -> Result<Vec<Vec<u8>>, String> {
    let Some(file) = file else {
        return Ok(Vec::new());
    };
    let failed = |fault: String| format!("--ca {} {fault}", file.display());
    let content = std::fs::read(file).map_err(|fault| failed(fault.to_string()))?;
    authorities(&content).map_err(|fault| failed(fault.to_string()))
}

/// A sum as a person reads it; in minor units where its currency does not say how.
fn money(currency: impl Into<Option<Currency>>, minor: i128) -> String {
    match (currency.into(), i64::try_from(minor)) {
        (Some(currency), Ok(minor)) => currency.format(minor),
        _ => format!("{minor} minor units"),
    }
}

/// Ctrl-C and SIGTERM. Held from the start of a command, so that none is lost between two waits.
pub(crate) struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// From here on both are ours to answer.
    pub(crate) fn listen() -> std::io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Returns once the process has been asked to end, at once when it was asked before.
    pub(crate) async fn asked_to_end(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strangers_text_moves_nothing_on_a_terminal() {
        assert_eq!(
            plain("a\u{1b}[2J\u{202e}b\u{2066}c\r\n"),
            "a\u{fffd}[2Jbc\u{fffd}\u{fffd}"
        );
        assert_eq!(plain(&"x".repeat(2_000)).len(), 1_000);
    }
}
