//! Every case, against one operator.

use std::time::Duration;

use croupier_brand::Clock;
use reqwest::Url;
use tokio::sync::watch;

use super::{
    Basis, Driver, Exchange, Expectation, Finding, Hand, Kit, Manner, Need, ProviderKey, Seat, Stop,
    cases::{self, Case},
    report::Report,
};
use crate::provider::Protocol;

/// Why a case was not run that nobody chose.
pub const LEFT_OUT: &str = "left out";

/// Why a case was not run, or not to its end, when the run was ended early: how that begins.
pub const ENDED_EARLY: &str = "the run was ended early";

/// What came of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The operator does as the protocol wants.
    Held,
    /// It does not; how.
    Failed(String),
    /// What the case needs was not given, or it was left out; which.
    NotRun(String),
    /// The protocol has no such message; why.
    NotSaid(&'static str),
}

/// A case that was played, or not.
#[derive(Clone, Debug)]
pub struct Ended {
    /// The case.
    pub case: Case,
    /// What came of it.
    pub verdict: Verdict,
    /// What stands behind what was wanted.
    pub basis: Basis,
    /// What the answer it is about had to be; none where it did not come so far.
    pub expectation: Option<Expectation>,
    /// That answer.
    pub finding: Option<Finding>,
    /// What there is to know beside.
    pub notes: Vec<String>,
    /// What was said and heard.
    pub exchanges: Vec<Exchange>,
    /// How long it took.
    pub took: Duration,
}

/// Where a run is.
#[derive(Clone, Copy, Debug)]
pub enum Progress<'a> {
    /// A case begins: which of how many.
    Begins(usize, usize, &'a Case),
    /// It ended.
    Ended(&'a Ended),
}

/// One operator, and who plays against it.
#[derive(Clone)]
pub struct Suite<'a> {
    /// The protocol.
    pub protocol: &'static Protocol,
    /// The provider's side of it.
    pub driver: &'a dyn Driver,
    /// What it signs with.
    pub key: &'a ProviderKey,
    /// The operator's base URL.
    pub base: &'a Url,
    /// What only the operator can do.
    pub hand: &'a dyn Hand,
    /// How the provider behaves.
    pub manner: Manner,
    /// Which cases are played; the others are told as left out.
    pub chosen: &'a (dyn Fn(&Case) -> bool + Sync),
}

impl std::fmt::Debug for Suite<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Suite")
            .field("protocol", &self.protocol)
            .field("manner", &self.manner)
            .finish_non_exhaustive()
    }
}

impl Suite<'_> {
    /// The operator's base URL, without whatever is secret in it.
    #[must_use]
    pub fn target(&self) -> String {
        shown(self.base)
    }

    /// Sits down as a provider does and asks for the balance: what every case begins with. Gives what the player has, and
    /// what was said.
    ///
    /// # Errors
    /// What is not so, with what was said.
    pub async fn sit_down(&self, seat: &Seat) -> Result<i64, (Stop, Vec<Exchange>)> {
        let mut kit = self.kit(seat.clone()).map_err(|stop| (stop, Vec::new()))?;
        let sat = async {
            kit.sit_down(seat).await?;
            kit.balance().await
        }
        .await;
        sat.map_err(|stop| (stop, kit.exchanges().to_vec()))
    }

    fn kit(&self, seat: Seat) -> Result<Kit<'_>, Stop> {
        Kit::with_manner(
            self.driver,
            self.key,
            self.hand,
            self.base.clone(),
            seat,
            self.manner.clone(),
        )
    }

    /// Plays every case, one after another.
    pub async fn run(&self, progress: &(dyn Fn(Progress<'_>) + Sync)) -> Report {
        // Nobody is there to ask.
        let (_, asked) = watch::channel(false);
        self.run_until(progress, asked).await
    }

    /// The same until it is asked to end. No case is begun after that. The one that is played may come to its end within
    /// [`Manner::wind_up`]; otherwise it is left, and its open bets are rolled back within as long again. What it changed for
    /// others is put back in either case.
    pub async fn run_until(
        &self,
        progress: &(dyn Fn(Progress<'_>) + Sync),
        asked: watch::Receiver<bool>,
    ) -> Report {
        let clock = Clock::system();
        let (started_at, began) = (clock.now(), clock.uptime());
        let all = cases::all();
        let mut ended = Vec::new();
        for (at, case) in all.iter().enumerate() {
            progress(Progress::Begins(at + 1, all.len(), case));
            let played = self.play(case, &clock, &asked).await;
            progress(Progress::Ended(&played));
            ended.push(played);
        }
        Report {
            protocol: self.protocol,
            target: shown(self.base),
            started_at,
            took: clock.uptime().saturating_sub(began),
            cases: ended,
        }
    }

    /// Plays one case.
    async fn play(&self, case: &Case, clock: &Clock, asked: &watch::Receiver<bool>) -> Ended {
        let began = clock.uptime();
        let mut ended = Ended {
            case: *case,
            verdict: Verdict::Held,
            basis: self.driver.basis(case.rule),
            expectation: None,
            finding: None,
            notes: Vec::new(),
            exchanges: Vec::new(),
            took: Duration::ZERO,
        };
        ended.verdict = match self.not_played(case) {
            Some(why) => why,
            None if *asked.borrow() => Verdict::NotRun(ENDED_EARLY.to_owned()),
            None => match self.play_out(case, &mut ended, asked.clone()).await {
                Ok(verdict) => verdict,
                Err(Stop::NotSaid(why)) => Verdict::NotSaid(why),
                Err(Stop::NoHand(what)) => Verdict::NotRun(format!("needs {what}")),
                Err(Stop::Failed(why)) => Verdict::Failed(why),
                Err(Stop::Ended) => Verdict::NotRun(ENDED_EARLY.to_owned()),
            },
        };
        ended.took = clock.uptime().saturating_sub(began);
        ended
    }

    /// Why a case is not begun at all.
    fn not_played(&self, case: &Case) -> Option<Verdict> {
        if !(self.chosen)(case) {
            return Some(Verdict::NotRun(LEFT_OUT.to_owned()));
        }
        let issued = |need: Need| need != Need::IssuedSpins || self.driver.promotions_are_issued();
        let lacking: Vec<String> = case
            .needs
            .iter()
            .filter(|need| issued(**need))
            .filter_map(|need| self.hand.lacks(*need))
            .collect();
        (!lacking.is_empty()).then(|| Verdict::NotRun(format!("needs {}", lacking.join(" and "))))
    }

    async fn play_out(
        &self,
        case: &Case,
        ended: &mut Ended,
        asked: watch::Receiver<bool>,
    ) -> Result<Verdict, Stop> {
        let (seat, last_asked) = (self.hand.player(case.needs).await?, asked.clone());
        let mut kit = self.kit(seat)?.until(asked.clone());
        let played = tokio::select! {
            biased;
            played = (case.run)(&mut kit) => Some(played),
            () = self.no_longer(asked) => None,
        };
        let came = match played {
            Some(Ok(())) if kit.finding().is_none() => {
                Err(Stop::Failed("the case came to no judgement".to_owned()))
            }
            Some(Ok(())) => Ok(Verdict::Held),
            Some(Err(Stop::Ended)) | None => Ok(Verdict::NotRun(match kit.take_back().await {
                Ok(bets) => format!("{ENDED_EARLY}, in the middle of it; open bets were rolled back: {bets}"),
                Err(stop) => format!("{ENDED_EARLY}, in the middle of it; of its open bets {stop}"),
            })),
            Some(Err(stop)) => Err(stop),
        };
        // What a case leaves open is known to a run that comes to its end; of this one nobody will tell.
        if *last_asked.borrow()
            && let Err(stop) = kit.take_back().await
        {
            kit.note(format!("of its open bets {stop}"));
        }
        ended.expectation = kit.expectation().cloned();
        ended.finding = kit.finding().cloned();
        ended.notes = kit.notes().to_vec();
        ended.exchanges = kit.exchanges().to_vec();
        let tidied = self.hand.tidy().await;
        came.and_then(|verdict| tidied.map(|()| verdict))
    }

    /// Ends when the run was asked to end, and the case had its time since.
    async fn no_longer(&self, mut asked: watch::Receiver<bool>) {
        if asked.wait_for(|asked| *asked).await.is_err() {
            // Nobody can ask any more.
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(self.manner.wind_up).await;
    }
}

/// An address without whatever is secret in it.
fn shown(base: &Url) -> String {
    let mut shown = base.clone();
    // An address that cannot have a name or password has none.
    let _ = shown.set_username("");
    let _ = shown.set_password(None);
    shown.to_string()
}
