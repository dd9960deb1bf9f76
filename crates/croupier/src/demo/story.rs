//! Two brands, one house: every step with its check.
//!
//! A step either holds or ends the story with what was expected and what came.

use croupier_brand::{BrandCode, BrandId};
use croupier_game::hub88::simulator::{
    Bet, Launch, Reply, Rollback, Signing, Simulator, SimulatorError, Win, bet_body,
};
use croupier_wallet::journal::audit::{self, AuditError};
use serde_json::{Value, json};
use sqlx::PgPool;

use super::client::{Answer, Casino};
use crate::local::BRANDS;

/// Hub88's scale: 10.00 EUR is 1 000 000.
const EUR: i64 = 100_000;

/// Why the story ended early.
#[derive(Debug, thiserror::Error)]
pub enum StoryError {
    /// A check did not hold.
    #[error("{step}: expected {expected}, got {got}")]
    DoesNotHold {
        /// The step.
        step: &'static str,
        /// What should have come.
        expected: String,
        /// What came.
        got: String,
    },
    /// No answer came.
    #[error(transparent)]
    Http(#[from] reqwest::Error),
    /// The provider's side failed.
    #[error(transparent)]
    Provider(#[from] SimulatorError),
    /// The books could not be read.
    #[error(transparent)]
    Books(#[from] AuditError),
}

/// The story's cast.
pub struct Story<'a> {
    /// The account that is signed up at both brands.
    pub account: &'a str,
    /// The first brand.
    pub aurora: Casino,
    /// The second brand.
    pub bonanza: Casino,
    /// A domain that is no brand's.
    pub nowhere: Casino,
    /// The game provider.
    pub provider: Simulator,
    /// For the books: a connection that sees every brand's rows, so not the application's.
    pub auditor: PgPool,
    /// Hears of each step that held.
    pub tell: &'a (dyn Fn(&str, &str) + Sync),
}

/// A player who is signed in, with a game open.
struct Player {
    token: String,
    launch: Launch,
}

impl Story<'_> {
    /// Plays it.
    ///
    /// # Errors
    /// [`StoryError`] at the first step that does not hold.
    pub async fn play(&self) -> Result<(), StoryError> {
        self.brands_by_domain().await?;
        self.one_account_two_players().await?;
        let alice = self.deposit_and_launch(&self.aurora, "aurora", "100.00").await?;
        let other = self.deposit_and_launch(&self.bonanza, "bonanza", "50.00").await?;
        self.round(&alice).await?;
        self.idempotency(&alice).await?;
        self.cross_brand(&alice, &other).await?;
        self.withdraw(&alice).await?;
        self.books().await
    }

    async fn brands_by_domain(&self) -> Result<(), StoryError> {
        for (casino, brand) in [(&self.aurora, "aurora"), (&self.bonanza, "bonanza")] {
            let answer = casino.get("/api/v1/brand", None).await?;
            self.holds("a domain leads to its brand", brand, answer.text("code"))?;
        }
        let answer = self.nowhere.get("/api/v1/brand", None).await?;
        self.refused(
            "a domain that is no brand's is refused",
            "404 unknown_domain",
            &answer,
        )
    }

    async fn one_account_two_players(&self) -> Result<(), StoryError> {
        let first = self.aurora.sign_up(self.account, "correct horse 1").await?;
        let second = self.bonanza.sign_up(self.account, "correct horse 2").await?;
        self.holds("an account is signed up at Aurora", "201", first.status.as_str())?;
        self.holds("and the same at Bonanza", "201", second.status.as_str())?;
        let ids = if first.text("player_id") == second.text("player_id") {
            "one id"
        } else {
            "two ids"
        };
        self.holds("they are two players", "two ids", ids)?;
        let taken = self
            .aurora
            .sign_up(&self.account.to_uppercase(), "correct horse 3")
            .await?;
        self.refused(
            "the account is taken where it was taken",
            "409 account_taken",
            &taken,
        )?;
        let wrong = self.aurora.sign_in(self.account, "correct horse 2").await?;
        self.refused(
            "the other brand's password is wrong here",
            "401 invalid_credentials",
            &wrong,
        )
    }

    async fn deposit_and_launch(
        &self,
        casino: &Casino,
        brand: &'static str,
        amount: &str,
    ) -> Result<Player, StoryError> {
        let password = if brand == "aurora" {
            "correct horse 1"
        } else {
            "correct horse 2"
        };
        let token = casino
            .sign_in(self.account, password)
            .await?
            .text("access_token")
            .to_owned();
        let deposit = casino.move_money("deposits", &token, "first", amount).await?;
        self.holds("a deposit is in the wallet", amount, deposit.text("balance"))?;
        let games = casino.get("/api/v1/games", None).await?;
        let game = games.body["games"][0]["game_id"]
            .as_str()
            .unwrap_or("")
            .to_owned();
        let launch = casino
            .post(
                &format!("/api/v1/games/{game}/sessions"),
                Some(&token),
                &json!({}),
            )
            .await?;
        self.holds(
            "a game is opened for the brand's own account",
            &format!("{brand}{}", self.account),
            launch.text("provider_account"),
        )?;
        let launch = Launch {
            user: launch.text("provider_account").to_owned(),
            token: launch.text("token").to_owned(),
            game_code: "clt_northernlights".to_owned(),
            currency: "EUR".to_owned(),
        };
        Ok(Player { token, launch })
    }

    async fn round(&self, alice: &Player) -> Result<(), StoryError> {
        let bet = Bet::new("round-1", 10 * EUR);
        let placed = self.provider.bet(&alice.launch, &bet).await?;
        self.holds(
            "a signed bet of 10 is taken",
            "RS_OK, balance 90.00",
            &said(&placed),
        )?;
        let won = self.provider.win(&alice.launch, &Win::of(&bet, 25 * EUR)).await?;
        self.holds("a win of 25 is paid", "RS_OK, balance 115.00", &said(&won))?;
        let second = Bet::new("round-2", 5 * EUR);
        let placed = self.provider.bet(&alice.launch, &second).await?;
        self.holds("a bet of 5 is taken", "RS_OK, balance 110.00", &said(&placed))?;
        let back = self
            .provider
            .rollback(&alice.launch, &Rollback::of(&second.transaction, "round-2"))
            .await?;
        self.holds("and rolled back", "RS_OK, balance 115.00", &said(&back))?;
        let greedy = self
            .provider
            .bet(&alice.launch, &Bet::new("round-3", 1_000 * EUR))
            .await?;
        self.holds(
            "a bet over the balance is refused, with the real balance",
            "RS_ERROR_NOT_ENOUGH_MONEY, balance 115.00",
            &said(&greedy),
        )
    }

    async fn idempotency(&self, alice: &Player) -> Result<(), StoryError> {
        let bet = Bet::new("round-4", 10 * EUR);
        let first = self.provider.bet(&alice.launch, &bet).await?;
        self.holds("a bet is taken", "RS_OK, balance 105.00", &said(&first))?;
        let again = self.provider.bet(&alice.launch, &bet).await?;
        self.holds(
            "sent twice, it is taken once",
            "RS_OK, balance 105.00",
            &said(&again),
        )?;
        let other = self
            .provider
            .bet(
                &alice.launch,
                &Bet {
                    amount: 20 * EUR,
                    ..bet.clone()
                },
            )
            .await?;
        self.holds(
            "its id with another amount is refused",
            "RS_ERROR_DUPLICATE_TRANSACTION",
            &status(&other),
        )?;
        let back = self
            .provider
            .rollback(&alice.launch, &Rollback::of(&bet.transaction, "round-4"))
            .await?;
        self.holds("and it can be taken back", "RS_OK, balance 115.00", &said(&back))?;
        let again = self
            .aurora
            .move_money("deposits", &alice.token, "first", "100.00")
            .await?;
        self.holds(
            "a deposit sent twice is answered twice",
            "201",
            again.status.as_str(),
        )?;
        self.holds("and made once", "115.00", &self.total(&self.aurora, alice).await?)?;
        let reused = self
            .aurora
            .move_money("deposits", &alice.token, "first", "200.00")
            .await?;
        self.refused(
            "its key with another amount is refused",
            "422 idempotency_key_reused",
            &reused,
        )
    }

    async fn cross_brand(&self, alice: &Player, other: &Player) -> Result<(), StoryError> {
        let crossed = self.bonanza.get("/api/v1/wallet", Some(&alice.token)).await?;
        self.refused(
            "Aurora's token on Bonanza's domain is refused",
            "403 brand_mismatch",
            &crossed,
        )?;
        let mixed = Launch {
            user: other.launch.user.clone(),
            ..alice.launch.clone()
        };
        let crossed = self.provider.bet(&mixed, &Bet::new("round-5", EUR)).await?;
        self.holds(
            "Aurora's game token with Bonanza's account is refused",
            "RS_ERROR_INVALID_TOKEN",
            &status(&crossed),
        )?;
        let bet = Bet::new("round-6", EUR);
        let body = serde_json::to_vec(&bet_body(&alice.launch, &bet)).unwrap_or_default();
        let unsigned = self
            .provider
            .send_raw("/transaction/bet", body, &Signing::Missing)
            .await?;
        self.holds(
            "an unsigned callback is refused",
            "RS_ERROR_INVALID_SIGNATURE",
            &status(&unsigned),
        )?;
        self.holds(
            "none of it moved money at Aurora",
            "115.00",
            &self.total(&self.aurora, alice).await?,
        )?;
        self.holds(
            "nor at Bonanza",
            "50.00",
            &self.total(&self.bonanza, other).await?,
        )
    }

    async fn withdraw(&self, alice: &Player) -> Result<(), StoryError> {
        let held = self
            .aurora
            .move_money("withdrawals", &alice.token, "out", "15.00")
            .await?;
        self.holds("a withdrawal of 15 is held", "held", held.text("status"))?;
        let greedy = self
            .provider
            .bet(&alice.launch, &Bet::new("round-7", 101 * EUR))
            .await?;
        self.holds(
            "what is held cannot be bet",
            "RS_ERROR_NOT_ENOUGH_MONEY, balance 100.00",
            &said(&greedy),
        )?;
        self.aurora
            .send(
                self.aurora
                    .request(http::Method::DELETE, "/api/v1/sessions/current")
                    .bearer_auth(&alice.token),
            )
            .await?;
        let gone = self.aurora.get("/api/v1/me", Some(&alice.token)).await?;
        self.refused(
            "after signing out the token is worth nothing",
            "401 unauthenticated",
            &gone,
        )
    }

    async fn books(&self) -> Result<(), StoryError> {
        for (brand, step) in BRANDS.iter().zip([
            "Aurora's books: every entry sums to zero, every wallet is its entries' sum",
            "Bonanza's books: every entry sums to zero, every wallet is its entries' sum",
        ]) {
            let wrong = books_of(&self.auditor, brand.id).await?;
            self.holds(
                step,
                "right",
                if wrong.is_empty() {
                    "right".to_owned()
                } else {
                    wrong.join("; ")
                }
                .as_str(),
            )?;
        }
        Ok(())
    }

    async fn total(&self, casino: &Casino, player: &Player) -> Result<String, StoryError> {
        Ok(casino
            .get("/api/v1/wallet", Some(&player.token))
            .await?
            .text("total")
            .to_owned())
    }

    fn holds(&self, step: &'static str, expected: &str, got: &str) -> Result<(), StoryError> {
        if expected == got {
            (self.tell)(step, got);
            return Ok(());
        }
        Err(StoryError::DoesNotHold {
            step,
            expected: expected.to_owned(),
            got: got.to_owned(),
        })
    }

    fn refused(&self, step: &'static str, expected: &str, answer: &Answer) -> Result<(), StoryError> {
        self.holds(
            step,
            expected,
            &format!("{} {}", answer.status.as_u16(), answer.code()),
        )
    }
}

/// The protocol's status as it is on the wire.
fn status(reply: &Reply) -> String {
    match reply.status.map(serde_json::to_value) {
        Some(Ok(Value::String(status))) => status,
        _ => format!("HTTP {} without a status", reply.http_status),
    }
}

/// The status and the balance.
fn said(reply: &Reply) -> String {
    match reply.balance {
        Some(balance) => format!(
            "{}, balance {}.{:02}",
            status(reply),
            balance / EUR,
            balance % EUR / (EUR / 100)
        ),
        None => status(reply),
    }
}

/// What is wrong with a brand's books; nothing when they are right: what `croupier journal verify` and
/// `croupier wallet trial-balance` say.
///
/// # Errors
/// [`AuditError`].
pub async fn books_of(owner: &PgPool, brand: i64) -> Result<Vec<String>, AuditError> {
    let Some(seed) = BRANDS.iter().find(|seed| seed.id == brand) else {
        return Ok(vec![format!("brand {brand} is none of the story's")]);
    };
    let (Ok(brand), Ok(code)) = (BrandId::new(seed.id), BrandCode::parse(seed.code)) else {
        return Ok(vec![format!("brand {brand} is none")]);
    };
    let mut tx = audit::begin(owner, brand).await?;
    let examined = audit::examine(&mut tx, brand, &code).await?;
    let balance = audit::trial_balance(&mut tx, brand).await?;
    tx.rollback().await?;
    let faults = examined.faults.iter().map(ToString::to_string);
    Ok(faults.chain(balance.faults()).collect())
}
