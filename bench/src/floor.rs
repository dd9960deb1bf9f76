//! Who bets: brands, their players, and the money they begin with.

use std::sync::Arc;

use croupier::provision;
use croupier_brand::{BrandCode, BrandPool, BrandScope, Clock, Currency, global::NewBrand, token::PlayerId};
use croupier_wallet::{
    Action, Amount, Command, GameId, LocalWallet, Outcome, Payment, RoundId, Source, TransactionId, Verdict,
    Wallet,
};
use serde_json::json;
use sqlx::{AssertSqlSafe, PgPool};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::choices::Load;

/// Minor units that every player begins with: more than a bench stakes.
pub(crate) const FLOAT: i64 = 1_000_000_000;
/// Deposits in flight while a floor is opened.
const DEPOSITS: usize = 256;

/// A brand's scope and its players.
pub(crate) type House = (BrandScope, Vec<PlayerId>);

/// Brands whose players bet.
#[derive(Debug)]
pub(crate) struct Floor {
    /// Each brand.
    pub(crate) houses: Vec<House>,
    currency: Currency,
    source: Source,
    game: GameId,
}

impl Floor {
    /// A floor of these.
    pub(crate) fn new(houses: Vec<House>) -> Self {
        Self {
            houses,
            currency: Currency::parse("EUR").unwrap(),
            source: Source::provider("hub88").unwrap(),
            game: GameId::new("northern-lights").unwrap(),
        }
    }

    /// Makes `brands` brands, whose codes begin with `letter`, with `players` players each. They have no money.
    pub(crate) async fn open(owner: &PgPool, letter: char, brands: usize, players: usize) -> Self {
        let mut houses = Vec::with_capacity(brands);
        for number in 0..brands {
            houses.push(house(owner, &format!("{letter}{number:05}"), players).await);
        }
        Self::new(houses)
    }

    /// Gives every player their money, the way the product does.
    pub(crate) async fn fund(self: &Arc<Self>, wallet: &LocalWallet) {
        let mut seats = JoinSet::new();
        for seat in 0..DEPOSITS {
            let (floor, wallet) = (Arc::clone(self), wallet.clone());
            seats.spawn(async move {
                for (at, (scope, players)) in floor.houses.iter().enumerate() {
                    // Brands with a few players each are not all funded from the first seats.
                    let first = (seat + DEPOSITS - at % DEPOSITS) % DEPOSITS;
                    for player in players.iter().skip(first).step_by(DEPOSITS) {
                        floor.deposit(&wallet, scope, *player).await;
                    }
                }
            });
        }
        while let Some(seat) = seats.join_next().await {
            seat.unwrap();
        }
    }

    /// The money that a player begins with.
    pub(crate) async fn deposit(&self, wallet: &LocalWallet, scope: &BrandScope, player: PlayerId) {
        let action = Action::Deposit {
            amount: Amount::new(FLOAT).unwrap(),
            payment: Payment::Approved,
        };
        let id = TransactionId::new("float").unwrap();
        let command = Command::new(player, self.currency, Source::player(player), id, action);
        // What was not decided may be asked again under its id.
        for _ in 0..20 {
            match wallet.submit(scope, command.clone()).await.unwrap() {
                Outcome::Retryable => tokio::time::sleep(std::time::Duration::from_millis(50)).await,
                outcome => {
                    let receipt = outcome.verdict().and_then(|verdict| verdict.receipt());
                    assert!(receipt.is_some(), "a deposit was refused: {outcome:?}");
                    return;
                }
            }
        }
        panic!("the wallet takes no deposits");
    }

    /// What a seat does at its turn: a bet of one cent, or the win of its last one. Whether it was taken.
    pub(crate) async fn play(&self, wallet: &LocalWallet, load: Load, seat: usize, turn: usize) -> bool {
        if load != Load::Rounds {
            let (scope, player) = self.player(load, seat, turn);
            return self.bet_of(wallet, scope, player).await;
        }
        let at = (seat as u64) << 40 ^ (turn / 2) as u64;
        let (scope, player) = self.player(load, seat, turn / 2);
        let bet = Uuid::from_u64_pair(mixed(at), at);
        if turn.is_multiple_of(2) {
            return self.bet_named(wallet, scope, player, bet).await;
        }
        let named = |id: Uuid| TransactionId::new(&id.to_string()).unwrap();
        let action = Action::Settle {
            amount: Amount::new(1).unwrap(),
            round: RoundId::new(&bet.to_string()).unwrap(),
            game: self.game.clone(),
            bet: Some(named(bet)),
        };
        let id = named(Uuid::from_u64_pair(!mixed(at), at));
        self.submit(wallet, scope, player, id, action).await
    }

    /// A bet of one player. Whether it was taken.
    pub(crate) async fn bet_of(&self, wallet: &LocalWallet, scope: &BrandScope, player: PlayerId) -> bool {
        self.bet_named(wallet, scope, player, Uuid::new_v4()).await
    }

    async fn bet_named(&self, wallet: &LocalWallet, scope: &BrandScope, player: PlayerId, bet: Uuid) -> bool {
        let id = bet.to_string();
        let action = Action::Bet {
            amount: Amount::new(1).unwrap(),
            round: RoundId::new(&id).unwrap(),
            game: self.game.clone(),
        };
        let id = TransactionId::new(&id).unwrap();
        self.submit(wallet, scope, player, id, action).await
    }

    async fn submit(
        &self,
        wallet: &LocalWallet,
        scope: &BrandScope,
        player: PlayerId,
        id: TransactionId,
        action: Action,
    ) -> bool {
        let command = Command::new(player, self.currency, self.source.clone(), id, action);
        match wallet.submit(scope, command).await.unwrap() {
            // A win whose bet was not taken is refused for that.
            Outcome::Retryable | Outcome::Decided(Verdict::MissingReference { .. }) => false,
            outcome => {
                let receipt = outcome.verdict().and_then(|verdict| verdict.receipt());
                assert!(receipt.is_some(), "a play was refused: {outcome:?}");
                true
            }
        }
    }

    fn player(&self, load: Load, seat: usize, turn: usize) -> (&BrandScope, PlayerId) {
        if load == Load::Hot && seat.wrapping_add(turn).is_multiple_of(2) {
            let (scope, players) = &self.houses[0];
            return (scope, players[0]);
        }
        // A hash of the seat and the turn: no seat follows another's path.
        let at = mixed((seat as u64) << 40 ^ turn as u64);
        let brands = self.houses.len() as u64;
        let (scope, players) = &self.houses[usize::try_from(at % brands).unwrap()];
        let player = (at / brands) % players.len() as u64;
        (scope, players[usize::try_from(player).unwrap()])
    }
}

/// SplitMix64's output function: neighbours in, strangers out.
fn mixed(seed: u64) -> u64 {
    let step = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let step = (step ^ (step >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let step = (step ^ (step >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    step ^ (step >> 31)
}

/// A brand with players who have no wallets yet.
pub(crate) async fn house(owner: &PgPool, code: &str, players: usize) -> House {
    let clock = Clock::system();
    let brand = NewBrand {
        id: None,
        code: BrandCode::parse(code).unwrap(),
        name: format!("Brand {code}"),
        currency: Currency::parse("EUR").unwrap(),
        theme: json!({}),
    };
    let brand = Arc::new(provision::create(owner, brand, "bench", &clock).await.unwrap());
    let pool = BrandPool::new(owner.clone());
    let scope = BrandScope::for_operator(&pool, brand, "bench", "load", &clock)
        .await
        .unwrap();
    let players: Vec<PlayerId> = (0..players).map(|_| PlayerId(Uuid::new_v4())).collect();
    let ids: Vec<Uuid> = players.iter().map(|player| player.0).collect();
    let begin = AssertSqlSafe(format!(
        "BEGIN; SET LOCAL croupier.brand_ids = ',{},'",
        scope.id()
    ));
    let mut tx = owner.begin_with(begin).await.unwrap();
    sqlx::query("INSERT INTO player (brand_id, player_id, account, password_hash, created_at) SELECT $1, id, 'player' || n, '-', now() FROM unnest($2::uuid[]) WITH ORDINALITY AS u (id, n)")
        .bind(scope.id().get())
        .bind(ids)
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    (scope, players)
}
