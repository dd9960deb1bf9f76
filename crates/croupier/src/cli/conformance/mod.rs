//! `croupier conformance`: a provider's side of its protocol against anybody's wallet.

mod destination;
mod players;
mod teller;

use std::{io::Write, path::PathBuf, time::Duration};

use clap::Args;
use croupier_game::{
    conformance::{
        Driver, Hand, Manner, ProviderKey, Suite,
        cases::{self, Case},
        report::Counts,
    },
    provider::{PROTOCOLS, Protocol},
};
use reqwest::Url;
use tokio::sync::watch;

use self::{
    destination::Destination,
    players::{Players, sit_down},
    teller::{Teller, list},
};
use super::{Outcome, Signals, authorities_of, coded, key_of};
use crate::{
    base_url::base_url,
    conformance::{DevHouse, Ready},
};

/// A wrong argument, or a target that cannot be played against. A case that failed is 1.
const NOT_PLAYED: u8 = 2;
/// The run was ended early (128 + SIGINT, as shells say it).
const ENDED_EARLY: u8 = 130;
/// Play a game provider's side of its protocol against any operator's wallet.
#[derive(Args)]
pub(crate) struct Conformance {
    /// The protocol.
    #[arg(long, value_name = "NAME", value_parser = protocol, required_unless_present = "list")]
    protocol: Option<&'static Protocol>,
    /// The wallet's base URL; the provider's own paths are added to it.
    #[arg(long, value_name = "URL", value_parser = target, required_unless_present_any = ["dev", "list"])]
    target: Option<Url>,
    /// What the provider signs with: hub88's private key (PEM, PKCS#8), the shared secret of the others.
    #[arg(long, value_name = "FILE", required_unless_present_any = ["dev", "list"])]
    key: Option<PathBuf>,
    /// Certificates (PEM) that may vouch for the target beside those that browsers believe: a test system's own authority.
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Play against the house that `croupier dev` runs here: its target, key and players are taken from its dev.json.
    #[arg(
        long,
        value_name = "FOLDER",
        num_args = 0..=1,
        default_missing_value = ".croupier",
        conflicts_with_all = ["user", "token", "second_user", "other_brand_user", "hand"]
    )]
    dev: Option<PathBuf>,
    /// Where to write a report; the ending says what it is: .html, .json, or .xml for JUnit. `html`, `json` and `junit` alone print it instead. May be given again.
    #[arg(long, value_name = "FILE", value_parser = Destination::parse)]
    report: Vec<Destination>,
    /// The id that provider and operator know their business by: Slotegrator's X-Merchant-Id, Spribe's X-Spribe-Client-ID, Pragmatic Play's providerId.
    #[arg(long, value_name = "ID")]
    business: Option<String>,
    /// Play only the cases whose name has this text, or whose group has this number. May be given again.
    #[arg(long, value_name = "TEXT", value_parser = some_case)]
    only: Vec<String>,
    /// Leave these cases out; they are listed as not run. May be given again.
    #[arg(long, value_name = "TEXT", value_parser = some_case)]
    except: Vec<String>,
    /// How many bets are made where the case is that there are many.
    #[arg(long, value_name = "COUNT", default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    bets: u16,
    /// How many of them at once.
    #[arg(long, value_name = "COUNT", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=256))]
    at_once: u16,
    /// How long an answer is waited for.
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u16).range(1..=600))]
    patience: u16,
    /// On Ctrl-C: how long the case that is played may take to come to its end, and then its open bets to be rolled back.
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u16).range(0..=600))]
    wind_up: u16,
    /// List the cases and what each needs, and send nothing.
    #[arg(long)]
    list: bool,
    #[command(flatten)]
    players: Players,
}

/// What `--help` says of `--hand` and of how it ends.
pub(crate) const AFTER_HELP: &str = "\
--hand is run as  PROGRAM WHAT USER TOKEN GAME CURRENCY [MINOR UNITS].  WHAT is one of
  end-launch, block, exclude, sign-out, withdraw-game, close-brand
                        changes something for one case; `restore` is said after it, and then the
                        player may bet by the token that was given. Where that cannot be, end with 3
  launch-again          prints the token of a second launch of the same player's; `restore` follows
  deposit, grant-bonus  pays minor units in; bonus money is staked after the player's own
  buckets               prints what each bucket of the wallet has, in minor units
It ends with 0 when it is done, 3 when it does not know how (the case is then not run), and
with anything else when it failed.

Ctrl-C ends the run early: no case is begun any more, the one that is played comes to its end
or is left and its bets rolled back, within --wind-up each, `restore` is said where something
was changed, and the reports tell what was run. Again, and everything is left as it is.

Ends with 0 when everything that was run held, 1 when a case failed, 2 for wrong arguments
and for a target that cannot be played against, 130 when it was ended early. Cases whose needs are not given are listed as
not run. Every id of a run is new. What is staked and not won back is a few units of the
currency, in bets that nobody settles.";

fn protocol(name: &str) -> Result<&'static Protocol, String> {
    Protocol::named(name).ok_or_else(|| {
        let names: Vec<_> = PROTOCOLS.iter().map(|protocol| protocol.spec.name).collect();
        format!("must be one of {}", names.join(", "))
    })
}

fn target(text: &str) -> Result<Url, String> {
    base_url(text, "https://wallet.example/callbacks")
}

fn some_case(text: &str) -> Result<String, String> {
    if cases::all().iter().any(|case| is(case, text)) {
        Ok(text.to_owned())
    } else {
        Err("no case has this in its name; croupier conformance --list shows them".to_owned())
    }
}

fn is(case: &Case, text: &str) -> bool {
    case.group.to_string() == text || case.name.to_lowercase().contains(&text.to_lowercase())
}

fn not_played(why: impl Into<String>) -> Box<dyn std::error::Error> {
    coded(NOT_PLAYED, why)
}

fn ended_early(why: impl Into<String>) -> Box<dyn std::error::Error> {
    coded(ENDED_EARLY, why)
}

impl Conformance {
    pub(crate) async fn run(self) -> Outcome {
        if self.list {
            list();
            return Ok(());
        }
        let protocol = self.protocol.ok_or_else(|| not_played("--protocol is missing"))?;
        let prepared = self.prepare(protocol).map_err(not_played)?;
        let mut signals = Signals::listen()?;
        let (ask, asked) = watch::channel(false);
        let wind_up = self.wind_up;
        let mut played = std::pin::pin!(self.play(protocol, prepared, asked));
        tokio::select! {
            ended = &mut played => return ended,
            () = signals.asked_to_end() => {}
        }
        ask.send_replace(true);
        let _ = writeln!(
            std::io::stderr(),
            "\ncroupier: ending: the case that is played has {wind_up} s; Ctrl-C again leaves everything as it is"
        );
        tokio::select! {
            ended = &mut played => ended,
            () = signals.asked_to_end() => {
                Err(ended_early("ended at once: what was open is open still, and there is no report"))
            }
        }
    }

    /// Everything that can be refused before anything is sent.
    fn prepare(&self, protocol: &'static Protocol) -> Result<Prepared, String> {
        for destination in &self.report {
            destination.open()?;
        }
        let given = self.players.given()?;
        let ready = self.dev.as_deref().map(Ready::read).transpose()?;
        let base = match (&self.target, &ready) {
            (Some(url), _) => url.clone(),
            (None, Some(ready)) => {
                target(&ready.callback(protocol)).map_err(|fault| format!("--dev: {fault}"))?
            }
            (None, None) => return Err("--target is missing".to_owned()),
        };
        let file = match (&self.key, &ready) {
            (Some(file), _) => file.clone(),
            (None, Some(ready)) => ready.key(protocol),
            (None, None) => return Err("--key is missing".to_owned()),
        };
        let key = key_of(protocol.spec.keys, &file)?;
        let hand: Box<dyn Hand> = match ready {
            Some(ready) => Box::new(DevHouse::new(ready, protocol, given)),
            None => Box::new(given),
        };
        let driver = match &self.business {
            Some(business) => protocol.driver_of(business),
            None => protocol.driver(),
        };
        let authorities = authorities_of(self.ca.as_deref())?;
        Ok(Prepared {
            base,
            authorities,
            key,
            hand,
            driver,
        })
    }

    async fn play(
        self,
        protocol: &'static Protocol,
        with: Prepared,
        asked: watch::Receiver<bool>,
    ) -> Outcome {
        let chosen = |case: &Case| {
            (self.only.is_empty() || self.only.iter().any(|text| is(case, text)))
                && !self.except.iter().any(|text| is(case, text))
        };
        let suite = Suite {
            protocol,
            driver: &*with.driver,
            key: &with.key,
            base: &with.base,
            hand: &*with.hand,
            manner: Manner {
                patience: Duration::from_secs(self.patience.into()),
                bets: self.bets.into(),
                at_once: self.at_once.into(),
                wind_up: Duration::from_secs(self.wind_up.into()),
                authorities: with.authorities,
            },
            chosen: &chosen,
        };
        // Nothing is open before a case is begun.
        let mut before = asked.clone();
        tokio::select! {
            sat = sit_down(&suite) => sat?,
            Ok(_) = before.wait_for(|asked| *asked) => return Err(ended_early("ended before a case was begun")),
        }
        let teller = Teller::new(self.report.iter().any(|to| to.file.is_none()));
        teller.line(&format!("{} against {}\n", protocol.spec.title, suite.target()));
        let report = suite.run_until(&|progress| teller.tell(progress), asked).await;
        // A report that cannot be written hides no other, and not what came out.
        let (mut written, mut unwritten) = (Vec::new(), Vec::new());
        for destination in &self.report {
            match destination.write(&report) {
                Ok(()) => written.extend(destination.file.as_deref()),
                Err(fault) => unwritten.push(format!(
                    "the report {} could not be written: {fault}",
                    destination.name()
                )),
            }
        }
        teller.sum_up(&report, &written);
        match report.ended_early() {
            0 => end(report.counts(), unwritten),
            cases => {
                unwritten.push(format!("ended early: {cases} cases were not run to their end"));
                Err(ended_early(unwritten.join("; ")))
            }
        }
    }
}

/// How a run ends: a case that failed says more than a report that could not be written.
fn end(counts: Counts, mut unwritten: Vec<String>) -> Outcome {
    match (counts.failed, counts.held) {
        (0, 0) => unwritten.push("no case was run".to_owned()),
        (0, _) => {}
        (1, _) => unwritten.push("a case failed".to_owned()),
        (failed, _) => unwritten.push(format!("{failed} cases failed")),
    }
    match (unwritten.is_empty(), counts.failed) {
        (true, _) => Ok(()),
        (false, 0) => Err(not_played(unwritten.join("; "))),
        (false, _) => Err(unwritten.join("; ").into()),
    }
}

/// What a run is made of.
struct Prepared {
    base: Url,
    authorities: Vec<Vec<u8>>,
    key: ProviderKey,
    hand: Box<dyn Hand>,
    driver: Box<dyn Driver>,
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::cli::Coded;

    #[test]
    fn a_target_with_credentials_is_refused() {
        for text in [
            "https://user:password@host/x",
            "https://user@host",
            "https://:p@host",
        ] {
            assert!(
                target(text).unwrap_err().contains("no user and no password"),
                "{text}"
            );
        }
        assert!(target("https://host/x@y").is_ok());
    }

    #[test]
    fn a_report_that_cannot_be_written_hides_no_failure() {
        let code = |failed, held, unwritten: &[&str]| {
            let counts = Counts {
                held,
                failed,
                ..Counts::default()
            };
            let ended = end(counts, unwritten.iter().map(|&why| why.to_owned()).collect());
            ended.map_err(|fault| {
                let code = fault.downcast_ref::<Coded>().map_or(1, |coded| coded.code);
                (code, fault.to_string())
            })
        };
        let told = |code: u8, why: &str| Err((code, why.to_owned()));
        assert_eq!(code(0, 3, &[]), Ok(()));
        assert_eq!(code(0, 3, &["disk full"]), told(2, "disk full"));
        assert_eq!(code(2, 3, &["disk full"]), told(1, "disk full; 2 cases failed"));
        assert_eq!(code(1, 0, &[]), told(1, "a case failed"));
        assert_eq!(code(0, 0, &[]), told(2, "no case was run"));
    }
}
