//! What was said of an operator's wallet on the command line.

use std::{path::PathBuf, process::Stdio, sync::Mutex, time::Duration};

use croupier_game::conformance::{Hand, Need, Seat, Step, Stop};
use tokio::{process::Command, time::timeout};

/// How long the operator's own command may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// An operator's players, and the command that does what only the operator can.
#[derive(Debug, Default)]
pub(crate) struct Given {
    pub(crate) player: Option<Seat>,
    pub(crate) second: Option<Seat>,
    pub(crate) foreigner: Option<Seat>,
    pub(crate) other_game: Option<String>,
    /// Minor units.
    pub(crate) largest_bet: Option<i64>,
    /// Ids of free spins that the operator issued, unused.
    pub(crate) promotions: Mutex<Vec<String>>,
    pub(crate) hand: Option<PathBuf>,
    /// Whose launch or standing the running case changed.
    pub(crate) changed: Mutex<Option<Seat>>,
}

impl Given {
    /// Runs the operator's command: what is to be done, then whose seat it is, then how much.
    async fn ask(&self, what: &str, seat: &Seat, amount: Option<i64>) -> Result<String, Stop> {
        let Some(program) = &self.hand else {
            return Err(Stop::NoHand("--hand"));
        };
        let failed = |why: String| Stop::Failed(format!("{} {what}: {why}", program.display()));
        let mut command = Command::new(program);
        command
            .arg(what)
            .args([&seat.user, &seat.token, &seat.game, &seat.currency])
            .args(amount.map(|amount| amount.to_string()))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .kill_on_drop(true);
        let ended = timeout(PATIENCE, command.output())
            .await
            .map_err(|_| failed(format!("no end within {} s", PATIENCE.as_secs())))?
            .map_err(|fault| failed(fault.to_string()))?;
        match ended.status.code() {
            Some(0) => Ok(String::from_utf8_lossy(&ended.stdout).trim().to_owned()),
            // What it says when it does not know how.
            Some(3) => Err(Stop::NoHand("a --hand that does this")),
            _ => Err(failed(ended.status.to_string())),
        }
    }

    /// The same, of a change that is put back when the case ends.
    fn change<'a>(&'a self, what: &'static str, seat: &'a Seat) -> Step<'a, ()> {
        Box::pin(async move {
            self.will_change(seat);
            self.ask(what, seat, None).await.map(drop)
        })
    }

    fn will_change(&self, seat: &Seat) {
        if let Ok(mut changed) = self.changed.lock() {
            *changed = Some(seat.clone());
        }
    }
}

/// An argument that was left out, as a case's need.
fn seat<'a>(seat: Option<&Seat>, argument: &'static str) -> Step<'a, Seat> {
    let seat = seat.cloned();
    Box::pin(async move { seat.ok_or(Stop::NoHand(argument)) })
}

impl Hand for Given {
    fn lacks(&self, need: Need) -> Option<String> {
        let (there, argument) = match need {
            Need::SecondPlayer => (self.second.is_some(), "--second-user and --second-token"),
            Need::OtherBrand => (
                self.foreigner.is_some(),
                "--other-brand-user and --other-brand-token",
            ),
            Need::OtherGame => (self.other_game.is_some(), "--other-game"),
            Need::LargestBet => (self.largest_bet.is_some(), "--largest-bet"),
            Need::IssuedSpins => (
                self.promotions.lock().is_ok_and(|left| !left.is_empty()),
                "--promotion, an id of free spins that was not used yet, for each case",
            ),
            Need::EndLaunch => (self.hand.is_some(), "--hand, to end a launch"),
            Need::Block => (self.hand.is_some(), "--hand, to block a player"),
            Need::Exclude => (self.hand.is_some(), "--hand, to exclude a player"),
            Need::SignOut => (self.hand.is_some(), "--hand, to sign a player out"),
            Need::AnotherLaunch => (self.hand.is_some(), "--hand, to launch the game again"),
            Need::WithdrawGame => (self.hand.is_some(), "--hand, to take a game off"),
            Need::CloseBrand => (self.hand.is_some(), "--hand, to close a brand"),
            Need::Deposit => (self.hand.is_some(), "--hand, to pay money in"),
            Need::Bonus => (self.hand.is_some(), "--hand, to give bonus money"),
        };
        (!there).then(|| argument.to_owned())
    }

    fn player<'a>(&'a self, _: &'a [Need]) -> Step<'a, Seat> {
        seat(self.player.as_ref(), "--user and --token")
    }

    fn another(&self) -> Step<'_, Seat> {
        seat(self.second.as_ref(), "--second-user and --second-token")
    }

    fn foreigner(&self) -> Step<'_, Seat> {
        seat(
            self.foreigner.as_ref(),
            "--other-brand-user and --other-brand-token",
        )
    }

    fn other_game<'a>(&'a self, _: &'a Seat) -> Step<'a, String> {
        let game = self.other_game.clone();
        Box::pin(async move { game.ok_or(Stop::NoHand("--other-game")) })
    }

    fn largest_bet(&self) -> Step<'_, i64> {
        let largest = self.largest_bet;
        Box::pin(async move { largest.ok_or(Stop::NoHand("--largest-bet")) })
    }

    fn promotion<'a>(&'a self, _: &'a Seat, _: String) -> Step<'a, String> {
        let next = self.promotions.lock().ok().and_then(|mut left| left.pop());
        Box::pin(async move { next.ok_or(Stop::NoHand("--promotion")) })
    }

    fn end_launch<'a>(&'a self, seat: &'a Seat) -> Step<'a, ()> {
        self.change("end-launch", seat)
    }

    fn block<'a>(&'a self, seat: &'a Seat) -> Step<'a, ()> {
        self.change("block", seat)
    }

    fn exclude<'a>(&'a self, seat: &'a Seat) -> Step<'a, ()> {
        self.change("exclude", seat)
    }

    fn sign_out<'a>(&'a self, seat: &'a Seat) -> Step<'a, ()> {
        self.change("sign-out", seat)
    }

    fn another_launch<'a>(&'a self, seat: &'a Seat) -> Step<'a, String> {
        Box::pin(async move {
            // Where a player has one launch it ends the one before.
            self.will_change(seat);
            let token = self.ask("launch-again", seat, None).await?;
            if token.is_empty() || token.contains(char::is_whitespace) {
                return Err(Stop::Failed(
                    "--hand launch-again did not print the new launch's token".to_owned(),
                ));
            }
            Ok(token)
        })
    }

    fn withdraw_game<'a>(&'a self, seat: &'a Seat) -> Step<'a, ()> {
        self.change("withdraw-game", seat)
    }

    fn close_brand<'a>(&'a self, seat: &'a Seat) -> Step<'a, ()> {
        self.change("close-brand", seat)
    }

    fn deposit<'a>(&'a self, seat: &'a Seat, amount: i64) -> Step<'a, ()> {
        Box::pin(async move { self.ask("deposit", seat, Some(amount)).await.map(drop) })
    }

    fn grant<'a>(&'a self, seat: &'a Seat, amount: i64) -> Step<'a, ()> {
        Box::pin(async move { self.ask("grant-bonus", seat, Some(amount)).await.map(drop) })
    }

    fn buckets<'a>(&'a self, seat: &'a Seat) -> Step<'a, Vec<i64>> {
        Box::pin(async move {
            let told = self.ask("buckets", seat, None).await?;
            let minor: Result<Vec<i64>, _> = told.split_whitespace().map(str::parse).collect();
            minor.map_err(|_| Stop::Failed("--hand buckets did not print whole minor units".to_owned()))
        })
    }

    fn tidy(&self) -> Step<'_, ()> {
        Box::pin(async move {
            let changed = self.changed.lock().ok().and_then(|mut changed| changed.take());
            match changed {
                Some(seat) => match self.ask("restore", &seat, None).await {
                    // The cases that follow would be played by somebody who may not play.
                    Err(Stop::NoHand(_)) => {
                        Err(Stop::Failed("--hand does not know how to restore".to_owned()))
                    }
                    restored => restored.map(drop),
                },
                None => Ok(()),
            }
        })
    }
}
