//! `croupier self-validate`: Slotegrator's own checks of this house's callbacks.

use std::{path::PathBuf, time::Duration};

use clap::Args;
use croupier_brand::{Currency, scope::ProviderCredential};
use croupier_game::{
    conformance::ProviderKey,
    provider::KeyKind,
    slotegrator::self_validation::{Asking, Session, Unasked, Validation, Vendor},
};
use reqwest::Url;

use super::{Outcome, Settings, authorities_of, coded, currency, key_of, plain, say};
use crate::{base_url::base_url, config::ProviderConfig};

/// The provider's name in the settings.
const PROVIDER: &str = "slotegrator";
/// A wrong argument or setting, or a provider that could not be asked. What it found is 1.
const NOT_ASKED: u8 = 2;
/// The digits that the provider's amounts are known to have, whatever the currency.
const DIGITS: u32 = 4;

/// What `--help` says of how it is used and how it ends.
pub(crate) const AFTER_HELP: &str = "\
Slotegrator plays as the session that was opened at its API last, at most 15 minutes ago. Launch one of its games for a
player with money (POST /api/v1/games/{game}/sessions) and give the launch: --user is its provider_account, --token its
token, --game the game's code at Slotegrator. The session is then opened there first; its address is printed, and --wait
leaves time to open it in a browser. Without a launch the provider plays as whatever session it has.

It bets, wins, refunds and rolls back parts of what the player has, in amounts of four decimals: play in a currency that
has them (USDT, USDC, MBTC, BTC …). Finer amounts than the currency's are refused, which Slotegrator counts as faults.

Ends with 0 when Slotegrator says that it passed, 1 when it found something, 2 when it could not be asked.";

/// Have Slotegrator play its own checks against this house's callbacks.
#[derive(Args)]
pub(crate) struct SelfValidate {
    /// The player's account as the provider knows it: provider_account of the launch.
    #[arg(long, value_name = "ACCOUNT", requires_all = ["token", "game"])]
    user: Option<String>,
    /// The launch's token.
    #[arg(long, value_name = "TOKEN", requires = "user")]
    token: Option<String>,
    /// The game's code at the provider.
    #[arg(long, value_name = "CODE", requires = "user")]
    game: Option<String>,
    /// The launch's currency: the brand's.
    #[arg(long, value_name = "CODE", default_value = "EUR", value_parser = currency)]
    currency: Currency,
    /// Wait for Enter between opening the session and the checks.
    #[arg(long, requires = "user")]
    wait: bool,
    /// The merchant's key, if not the first of providers.slotegrator.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Certificates (PEM) that may vouch for the provider beside those that browsers believe.
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// How long an answer is waited for: the provider answers when it has played everything.
    #[arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u16).range(1..=3_600))]
    patience: u16,
    /// The most of an answer that is read, KiB. The log of a run seen has 107.
    #[arg(long, value_name = "KIB", default_value_t = 4_096, value_parser = clap::value_parser!(u32).range(1..=65_536))]
    longest: u32,
    /// Leave out the calls that the log quotes, and show what was found about them.
    #[arg(long)]
    brief: bool,
    #[command(flatten)]
    settings: Settings,
}

fn not_asked(why: impl Into<String>) -> Box<dyn std::error::Error> {
    coded(NOT_ASKED, why)
}

impl SelfValidate {
    pub(crate) async fn run(self) -> Outcome {
        let (vendor, api) = self.vendor().map_err(not_asked)?;
        if let Some(session) = self.session() {
            let address = vendor.open(&session).await;
            let address = address.map_err(|why| refused(&api, "to open the session", &why))?;
            say(format_args!(
                "Slotegrator opened {} for {}:\n  {}",
                plain(&session.game),
                plain(&session.account),
                plain(&address)
            ));
            if self.currency.digits() < DIGITS {
                say(format_args!(
                    "note: {} has {} of the four decimals that Slotegrator stakes; it will find amounts refused",
                    self.currency.code(),
                    self.currency.digits()
                ));
            }
            if self.wait {
                enter().await?;
            }
        }
        say("Slotegrator plays its checks; it answers when it has played all of them.");
        let found = vendor.self_validate().await;
        let found = found.map_err(|why| refused(&api, "for its self-validation", &why))?;
        tell(&found, self.brief);
        end(&found)
    }

    /// The provider, as the settings have it.
    fn vendor(&self) -> Result<(Vendor, Url), String> {
        let config = self.settings.load().map_err(|fault| fault.to_string())?;
        let config = config.providers.of(PROVIDER);
        let missing = |what: &str, example: &str| {
            format!(
                "providers.{PROVIDER}.{what} is not set\n  next: set what Slotegrator gave you, like {what} = \"{example}\""
            )
        };
        let api = config.api.as_deref();
        let api = api.ok_or_else(|| missing("api", ProviderConfig::API_EXAMPLE))?;
        let api = base_url(api, ProviderConfig::API_EXAMPLE)
            .map_err(|fault| format!("providers.{PROVIDER}.api {fault}"))?;
        let merchant = config.merchant.as_deref();
        let merchant = merchant.ok_or_else(|| missing("merchant", "0123456789abcdef0123456789abcdef"))?;
        let asking = Asking {
            patience: Duration::from_secs(self.patience.into()),
            longest: usize::try_from(self.longest)
                .unwrap_or(usize::MAX)
                .saturating_mul(1_024),
            authorities: authorities_of(self.ca.as_deref())?,
        };
        let vendor =
            Vendor::new(api.clone(), merchant, self.key(&config)?, &asking).map_err(|why| match why {
                Unasked::Merchant => format!("providers.{PROVIDER}.merchant: {why}"),
                why => why.to_string(),
            })?;
        Ok((vendor, api))
    }

    /// What callbacks are verified with, which calls of the provider's API are signed with too.
    fn key(&self, config: &ProviderConfig) -> Result<ProviderKey, String> {
        if let Some(file) = &self.key {
            return key_of(KeyKind::Secrets, file);
        }
        match config.credential(PROVIDER, KeyKind::Secrets)? {
            ProviderCredential::Secrets(secrets) => secrets.into_iter().next().map(ProviderKey::Secret),
            ProviderCredential::RsaSha256(_) => None,
        }
        .ok_or_else(|| {
            format!(
                "providers.{PROVIDER} has no key\n  next: name the file with the merchant's key in providers.{PROVIDER}.keys, or set PROVIDER_SECRET_SLOTEGRATOR"
            )
        })
    }

    fn session(&self) -> Option<Session> {
        Some(Session {
            account: self.user.clone()?,
            token: self.token.clone()?,
            game: self.game.clone()?,
            currency: self.currency.code().to_owned(),
        })
    }
}

/// Waits for a line, or for the end of what is typed.
async fn enter() -> Outcome {
    say("Open it in a browser, touch nothing there, and press Enter.");
    let typed = tokio::task::spawn_blocking(|| std::io::stdin().read_line(&mut String::new()));
    typed.await?.map(drop).map_err(Into::into)
}

/// That the provider could not be asked, and the next step.
fn refused(api: &Url, what: &str, why: &Unasked) -> Box<dyn std::error::Error> {
    let next = match why {
        Unasked::Merchant | Unasked::NoAnswer(_) => {
            "check providers.slotegrator.api, and see --patience, --longest and --ca"
        }
        Unasked::Refused {
            status: 401 | 403, ..
        } => {
            "check providers.slotegrator.merchant and the merchant's key (--key); the provider also compares X-Timestamp with its clock"
        }
        Unasked::Refused { .. } => {
            "open a session first: give a launch with --user, --token, --game and --currency; croupier self-validate --help"
        }
        Unasked::Unread { .. } => "check that providers.slotegrator.api is the API's address",
    };
    not_asked(format!(
        "Slotegrator at {api} could not be asked {what}: {}\n  next: {next}",
        plain(&why.to_string())
    ))
}

/// Every entry of the log. Whether one is good or bad is read off its words, for the eye alone: the verdict is the
/// provider's.
fn tell(found: &Validation, brief: bool) {
    for entry in &found.log {
        if quotes(entry) {
            if !brief {
                lines(entry).for_each(|line| say(format_args!("      {line}")));
            }
            continue;
        }
        let mut mark = mark(entry);
        for line in lines(entry) {
            say(format_args!("  {mark} {line}"));
            mark = " ";
        }
    }
}

/// Whether an entry is a document: a call and its answer.
fn quotes(entry: &str) -> bool {
    matches!(entry.trim_start().as_bytes().first(), Some(b'{' | b'['))
}

fn mark(entry: &str) -> &'static str {
    let says = |word: &str| entry.contains(word);
    if says("successfully") {
        "✓"
    } else if says("failed") || says("should") {
        "✗"
    } else {
        "·"
    }
}

/// A stranger's lines. One that is cut says so.
fn lines(entry: &str) -> impl Iterator<Item = String> {
    entry.lines().map(|line| {
        let shown = plain(line);
        if line.len() > shown.len() && line.chars().count() > 1_000 {
            return format!("{shown} … (cut)");
        }
        shown
    })
}

fn end(found: &Validation) -> Outcome {
    let entries = found.log.len();
    if found.passed {
        say(format_args!(
            "\nSlotegrator says that it passed ({entries} entries)."
        ));
        return Ok(());
    }
    let bad = found
        .log
        .iter()
        .filter(|entry| !quotes(entry) && mark(entry) == "✗")
        .count();
    Err(format!("Slotegrator found something: {bad} of {entries} entries tell of it, marked ✗").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In the words of a run that an operator published.
    #[test]
    fn entries_are_marked_by_their_words() {
        for (entry, wanted) in [
            ("Use session with ID = 123", "·"),
            (
                "Sending duplicate \"bet\" request with amount = 17.5930, currency = EUR and ID = b",
                "·",
            ),
            ("\"balance\" request successfully passed", "✓"),
            ("Incorrect \"balance\" request successfully rejected", "✓"),
            ("Zero \"refund\" request failed", "✗"),
            ("Exceeded \"bet\" request should fail, but it's passed", "✗"),
            ("Integrator should reject request with invalid signature", "✗"),
            ("Transaction id validation failed during the \"bet\" request", "✗"),
        ] {
            assert_eq!(mark(entry), wanted, "{entry}");
            assert!(!quotes(entry));
        }
        assert!(quotes("{\n  \"url\": \"x\"\n}") && quotes("[]"));
    }

    #[test]
    fn a_line_that_is_cut_says_so_and_none_moves_the_terminal() {
        let told: Vec<_> = lines(&format!("a\u{1b}[2J\n{}", "x".repeat(3_000))).collect();
        assert_eq!(told[0], "a\u{fffd}[2J");
        assert!(told[1].ends_with("… (cut)") && told[1].len() < 1_100);
    }
}
