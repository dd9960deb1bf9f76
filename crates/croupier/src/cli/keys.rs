//! `croupier keys`: the keys that tokens are signed with.

use std::{path::PathBuf, time::Duration};

use clap::{Args, Subcommand};
use croupier_brand::{
    Clock,
    token::{Audience, KeyDir, KeyError, KeyInfo, Kid, OperatorClaims, Retired, Standing},
};
use croupier_player::SessionLimits;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{Outcome, Settings, say};
use crate::config::TokenConfig;

/// The most hours that an operator's token may be good for.
const MAX_OPERATOR_HOURS: u16 = 720;

/// Make, list, rotate and retire the keys that tokens are signed with.
#[derive(Subcommand)]
pub(crate) enum KeysCommand {
    /// Make an RSA key pair of 2048 bits. The first of a folder signs at once, another as with `rotate`.
    Generate(Generate),
    /// List the keys of a folder: which signs, which only verify.
    List(List),
    /// Make the key that replaces the one that signs. It is published now and signs a while later; running servers see to both.
    #[command(
        after_help = "The old key goes on verifying: retire it once the last token it signed has ended.\nTo replace a key that somebody else has: rotate --after 10, then retire --force."
    )]
    Rotate(Rotate),
    /// Take a key away. Refused while tokens that it signed may be good.
    Retire(Retire),
    /// Sign a token for the back office.
    OperatorToken(OperatorToken),
}

#[derive(Args)]
struct Folder {
    /// The folder of keys, if not the one of the settings: tokens.keys_dir, with --operator tokens.operator_keys_dir.
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
    #[command(flatten)]
    settings: Settings,
}

#[derive(Args)]
struct KindOfKeys {
    /// Keys of operators' tokens, not of players'.
    #[arg(long)]
    operator: bool,
    #[command(flatten)]
    folder: Folder,
}

/// A folder and how long its keys are needed.
struct Keys {
    dir: KeyDir,
    tokens: TokenConfig,
    /// The longest that a token signed with one of them is good for. Not what is set now: it may have
    /// been set to less since.
    longest_life: Duration,
    clock: Clock,
}

impl Folder {
    fn open(self, operator: bool) -> Result<Keys, Box<dyn std::error::Error>> {
        let tokens = self.settings.load()?.tokens;
        let set = if operator {
            &tokens.operator_keys_dir
        } else {
            &tokens.keys_dir
        };
        let seconds = if operator {
            u64::from(MAX_OPERATOR_HOURS) * 3_600
        } else {
            u64::from(SessionLimits::MAX_ACCESS_SECONDS)
        };
        Ok(Keys {
            dir: KeyDir::new(self.dir.unwrap_or_else(|| set.clone())),
            tokens,
            longest_life: Duration::from_secs(seconds),
            clock: Clock::system(),
        })
    }
}

impl KindOfKeys {
    fn open(self) -> Result<Keys, Box<dyn std::error::Error>> {
        self.folder.open(self.operator)
    }
}

impl Keys {
    fn now(&self) -> OffsetDateTime {
        self.clock.now()
    }

    /// The keys there are, of which there must be one.
    fn listed(&self) -> Result<Vec<KeyInfo>, String> {
        let path = self.dir.path().display();
        let keys = if self.dir.path().exists() {
            self.dir.list().map_err(|fault| fault.to_string())?
        } else {
            Vec::new()
        };
        if keys.is_empty() {
            Err(format!(
                "{path} holds no key\n  next: run: croupier keys generate <id> --dir {path}"
            ))
        } else {
            Ok(keys)
        }
    }

    fn retire_from(&self, replaced: OffsetDateTime) -> OffsetDateTime {
        replaced + self.longest_life + Duration::from_secs(60)
    }

    /// Makes the key that replaces the one that signs, and says what is next.
    fn rotate(&self, kid: &Kid, after: u32) -> Outcome {
        let before = self.listed()?;
        let now = self.now();
        let from = self
            .dir
            .rotate(kid, now + Duration::from_secs(u64::from(after)))?;
        self.say_paths(kid);
        say(format_args!(
            "published from now on, signs from {} (in {} seconds)",
            rfc3339(from),
            (from - now).whole_seconds()
        ));
        if after < self.tokens.publish_seconds {
            say(format_args!(
                "  careful: that is sooner than tokens.publish_seconds ({}): who has not read the new key by then refuses its tokens; servers read the folder every {} ms, others may keep the key set for {} seconds",
                self.tokens.publish_seconds,
                self.tokens.reload_ms,
                self.tokens.jwks_max_age()
            ));
        }
        say(format_args!(
            "  next: before that time, copy {} to every machine that verifies tokens and does not see this folder",
            self.dir.public_path(kid).display()
        ));
        for old in before
            .iter()
            .filter(|key| key.standing(&before, now) == Standing::Signs)
        {
            say(format_args!(
                "  next: from {} on, run: croupier keys retire {}",
                rfc3339(self.retire_from(from)),
                old.kid
            ));
        }
        Ok(())
    }

    fn say_paths(&self, kid: &Kid) {
        say(format_args!(
            "{}\n{}",
            self.dir.private_path(kid).display(),
            self.dir.public_path(kid).display()
        ));
    }
}

#[derive(Args)]
pub(crate) struct Generate {
    /// The key's id. A date is a good one: 2026-11.
    kid: String,
    #[command(flatten)]
    keys: KindOfKeys,
}

#[derive(Args)]
pub(crate) struct List {
    #[command(flatten)]
    keys: KindOfKeys,
}

#[derive(Args)]
pub(crate) struct Rotate {
    /// The new key's id; the time, if none is given.
    kid: Option<String>,
    /// Seconds until it signs, if not tokens.publish_seconds. Longer where it takes longer to give every machine its public half.
    #[arg(long, value_name = "SECONDS")]
    after: Option<u32>,
    #[command(flatten)]
    keys: KindOfKeys,
}

#[derive(Args)]
pub(crate) struct Retire {
    /// The key's id.
    kid: String,
    /// Take it away although tokens that it signed may be good: they are refused from then on. For a key that somebody else has.
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    keys: KindOfKeys,
}

#[derive(Args)]
pub(crate) struct OperatorToken {
    /// Who the operator is, as audit rows shall name them.
    operator: String,
    /// Hours the token is good for.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=i64::from(MAX_OPERATOR_HOURS)))]
    hours: u16,
    /// The `iss` claim, if not the settings' tokens.issuer.
    #[arg(long)]
    issuer: Option<String>,
    #[command(flatten)]
    folder: Folder,
}

impl KeysCommand {
    pub(crate) fn run(self) -> Outcome {
        match self {
            Self::Generate(wanted) => generate(&Kid::parse(&wanted.kid)?, &wanted.keys.open()?),
            Self::List(wanted) => list(&wanted.keys.open()?),
            Self::Rotate(wanted) => {
                let keys = wanted.keys.open()?;
                let kid = match wanted.kid {
                    Some(kid) => Kid::parse(&kid)?,
                    None => named_by_time(keys.now())?,
                };
                keys.rotate(&kid, wanted.after.unwrap_or(keys.tokens.publish_seconds))
            }
            Self::Retire(wanted) => retire(&Kid::parse(&wanted.kid)?, wanted.force, &wanted.keys.open()?),
            Self::OperatorToken(wanted) => {
                let keys = wanted.folder.open(true)?;
                keys.listed()?;
                let issuer = wanted.issuer.as_ref().unwrap_or(&keys.tokens.issuer);
                say(operator_token(
                    &keys.dir,
                    issuer,
                    &wanted.operator,
                    wanted.hours,
                    &keys.clock,
                )?);
                Ok(())
            }
        }
    }
}

fn generate(kid: &Kid, keys: &Keys) -> Outcome {
    let signs = |keys: Vec<KeyInfo>| keys.iter().any(|key| key.can_sign);
    if keys.dir.path().exists() && signs(keys.dir.list()?) {
        return keys.rotate(kid, keys.tokens.publish_seconds);
    }
    keys.dir.generate(kid, keys.now())?;
    keys.say_paths(kid);
    Ok(())
}

fn list(keys: &Keys) -> Outcome {
    let (all, now) = (keys.listed()?, keys.now());
    for key in &all {
        let standing = match (key.standing(&all, now), key.can_sign) {
            (Standing::Signs, true) => "signs and verifies".to_owned(),
            (Standing::Signs, false) => "verifies; signs where its private half is".to_owned(),
            (Standing::Published(from), _) => format!("published; signs from {}", rfc3339(from)),
            (Standing::Replaced(since), _) => match keys.retire_from(since) {
                until if until > now => format!("verifies; may be retired from {}", rfc3339(until)),
                _ => "verifies; may be retired".to_owned(),
            },
        };
        say(format_args!("{:<32}  {standing}", key.kid));
    }
    Ok(())
}

fn retire(kid: &Kid, force: bool, keys: &Keys) -> Outcome {
    keys.listed()?;
    let life = time::Duration::try_from(keys.longest_life)?;
    let Retired { tokens_until, signs } = keys.dir.retire(kid, life, force, keys.now())?;
    say(format_args!(
        "{kid} is retired; servers that read {} know within {} ms\n  next: take {kid}.public.pem from the other machines that have it",
        keys.dir.path().display(),
        keys.tokens.reload_ms
    ));
    if let Some(until) = tokens_until {
        say(format_args!(
            "  this breaks: tokens that it signed, good until {} at the latest, are refused: who has one refreshes it or signs in again",
            rfc3339(until)
        ));
    }
    if let Some(signs) = signs {
        say(format_args!("  {signs} signs"));
    }
    Ok(())
}

/// An id that sorts by time.
fn named_by_time(now: OffsetDateTime) -> Result<Kid, KeyError> {
    let (date, (hour, minute, second)) = (now.date(), now.time().as_hms());
    Kid::parse(&format!("{date}-{hour:02}{minute:02}{second:02}"))
}

fn rfc3339(at: OffsetDateTime) -> String {
    let whole = at.replace_nanosecond(0).unwrap_or(at);
    whole.format(&Rfc3339).unwrap_or_else(|_| at.to_string())
}

/// A token for the back office, signed with the key of the folder that signs.
pub(crate) fn operator_token(
    dir: &KeyDir,
    issuer: &str,
    operator: &str,
    hours: u16,
    clock: &Clock,
) -> Result<String, KeyError> {
    let now = clock.unix_seconds();
    dir.signing_key(clock.now())?.sign(&OperatorClaims {
        iss: issuer.to_owned(),
        aud: OperatorClaims::AUDIENCE.to_owned(),
        admin_id: operator.to_owned(),
        jti: clock.new_id(),
        iat: now,
        exp: now + i64::from(hours) * 3_600,
    })
}
