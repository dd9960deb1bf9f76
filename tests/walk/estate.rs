//! A house in which both casinos have been lived in: rows of every kind, of each.

use std::{fmt::Write, sync::Arc};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as B64};
use croupier::{
    demo::client::Casino,
    local::{BRANDS, SeedBrand},
};
use croupier_brand::{BrandPool, BrandScope, Clock, global, token::PlayerId};
use croupier_game::hub88::simulator::{Bet, Launch, Rollback, Win};
use croupier_wallet::{
    Action, Amount, BucketCode, Command, GrantKind, LocalWallet, Outcome, Source, TransactionId, Verdict,
    Wallet, WalletLimits, topology::Topology,
};
use serde_json::json;
use sqlx::{AssertSqlSafe, Executor};
use uuid::Uuid;

use crate::{
    books::sql,
    harness::{EUR, Guest, House},
};

/// A house with two casinos that have been lived in.
pub struct Estate {
    /// The house.
    pub house: House,
    /// Its casinos: aurora, bonanza.
    pub sides: [Side; 2],
}

/// One of the casinos.
pub struct Side {
    /// Its brand.
    pub brand: SeedBrand,
    /// Its door.
    pub casino: Casino,
    /// What it knows things by, and the other does not.
    pub ids: Ids,
}

/// Ids that a call may name. All of them are one brand's, or nobody's.
#[derive(Clone, Debug)]
pub struct Ids {
    /// A player's account.
    pub account: String,
    /// Its password.
    pub password: String,
    /// The player.
    pub player: String,
    /// The account of somebody else there.
    pub friend: String,
    /// A sign-in of the player's.
    pub session: String,
    /// Its access token.
    pub access: String,
    /// A refresh token that is good.
    pub refresh: String,
    /// One that was spent.
    pub spent: String,
    /// A game that no other brand offers.
    pub game: String,
    /// The provider's name for it.
    pub game_code: String,
    /// The token of a launch.
    pub launch: String,
    /// A round that was played.
    pub round: String,
    /// A bet that was won.
    pub bet: String,
    /// Its win.
    pub win: String,
    /// A bet that was not settled.
    pub open_bet: String,
    /// An id that was rolled back before it came.
    pub stone: String,
    /// The key of a deposit.
    pub deposit: String,
    /// The key of a withdrawal.
    pub withdrawal: String,
    /// The withdrawal: a journal entry, and a hold.
    pub hold: String,
    /// A page of the player's history.
    pub cursor: String,
}

/// Somebody who comes to try something: a guest with money and a game open.
pub struct Visitor {
    /// The guest.
    pub guest: Guest,
    /// The guest's account.
    pub account: String,
    /// The code of the brand, as it begins what the provider calls the guest.
    pub code: &'static str,
    /// The launch.
    pub launch: Launch,
    /// A bet that the guest placed.
    pub bet: Bet,
}

impl Estate {
    /// Opens a house and lives in it for a while.
    pub async fn open() -> Self {
        let house = House::open().await;
        let [first, second] = BRANDS;
        let aurora = live(&house, first, house.aurora.clone(), "annika").await;
        let bonanza = live(&house, second, house.bonanza.clone(), "bjarne").await;
        crate::journal::seal_all(&house, &mut crate::journal::sealer(&house).await).await;
        Self {
            house,
            sides: [aurora, bonanza],
        }
    }

    /// The ids of one more player who has done all that a player can do.
    pub async fn resident(&self, side: usize) -> Ids {
        let Side { brand, casino, ids } = &self.sides[side];
        let account = new_account("r");
        dwell(
            &self.house,
            brand,
            casino,
            &account,
            (ids.game.clone(), ids.game_code.clone()),
        )
        .await
    }

    /// Somebody new at a casino. All visitors' names are of one length.
    pub async fn visitor(&self, side: usize) -> Visitor {
        let account = new_account("v");
        let (guest, launch) = self
            .house
            .player(&self.sides[side].casino, &account, "50.00")
            .await;
        let bet = Bet::new(&Uuid::new_v4().to_string(), 5 * EUR);
        assert!(self.house.provider.bet(&launch, &bet).await.unwrap().is_ok());
        Visitor {
            guest,
            account,
            code: self.sides[side].brand.code,
            launch,
            bet,
        }
    }
}

impl Visitor {
    /// What this visitor is known by, with the name of each: it differs from one visitor to the next.
    pub fn names(&self) -> [(&'static str, &str); 5] {
        [
            ("account", &self.account),
            ("player", &self.guest.id),
            ("launch", &self.launch.token),
            ("bet", &self.bet.transaction),
            ("round", &self.bet.round),
        ]
    }
}

impl Ids {
    /// Ids of the same form as these that nobody has.
    #[must_use]
    pub fn nobodys(&self) -> Self {
        Self {
            account: like(&self.account),
            // A password is no id: it is the same, so that only the account is unknown.
            password: self.password.clone(),
            player: like(&self.player),
            friend: like(&self.friend),
            session: like(&self.session),
            access: like(&self.access),
            refresh: like(&self.refresh),
            spent: like(&self.spent),
            game: like(&self.game),
            game_code: like(&self.game_code),
            launch: like(&self.launch),
            round: like(&self.round),
            bet: like(&self.bet),
            win: like(&self.win),
            open_bet: like(&self.open_bet),
            stone: like(&self.stone),
            deposit: like(&self.deposit),
            withdrawal: like(&self.withdrawal),
            hold: like(&self.hold),
            cursor: like(&self.cursor),
        }
    }

    /// All of them, with the name of each.
    #[must_use]
    pub fn all(&self) -> [(&'static str, &str); 19] {
        [
            ("account", &self.account),
            ("player", &self.player),
            ("friend", &self.friend),
            ("session", &self.session),
            ("access", &self.access),
            ("refresh", &self.refresh),
            ("spent", &self.spent),
            ("game_code", &self.game_code),
            ("game", &self.game),
            ("launch", &self.launch),
            ("round", &self.round),
            ("bet", &self.bet),
            ("win", &self.win),
            ("open_bet", &self.open_bet),
            ("stone", &self.stone),
            ("deposit", &self.deposit),
            ("withdrawal", &self.withdrawal),
            ("hold", &self.hold),
            ("cursor", &self.cursor),
        ]
    }
}

fn new_account(kind: &str) -> String {
    format!("{kind}{}", &Uuid::new_v4().simple().to_string()[..9])
}

/// A text of the same form and length, which nobody has had before.
fn like(id: &str) -> String {
    if Uuid::try_parse(id).is_ok() {
        return Uuid::new_v4().to_string();
    }
    let mut random = String::new();
    while random.len() < id.len() + 64 {
        let _ = write!(random, "{}", Uuid::new_v4().simple());
    }
    if id.len() == 43 {
        // A refresh token is 32 bytes.
        return B64.encode(&random.as_bytes()[..32]);
    }
    random.truncate(id.len());
    random
}

/// The scope of a brand, as an operator has it.
pub async fn scope_of(house: &House, brand: i64) -> BrandScope {
    let brands = global::all_brands(&house.owner).await.unwrap();
    let brand = brands
        .into_iter()
        .find(|found| i64::from(found.id.get()) == brand)
        .unwrap();
    let owners = BrandPool::new(house.owner.clone());
    BrandScope::for_operator(&owners, Arc::new(brand), "test", "look", &Clock::system())
        .await
        .unwrap()
}

/// As if an entry of each wallet of the brand's had been archived, and its player's deposit was under way: nothing is, and
/// these rows are tried too.
pub async fn opened(house: &House, brand: i64) {
    let opening = "INSERT INTO journal_opening (brand_id, player_id, currency, version, hash, balance, accounts, amounts)
                   SELECT brand_id, player_id, currency, 1, chain, 0, '{}', '{}' FROM wallet_account";
    sql(house, brand, opening).await;
    let begun = "INSERT INTO wallet_request (brand_id, player_id, key, kind, currency, amount, state, begun_at, tried_at)
                 SELECT brand_id, player_id, 'under-way', 'deposit', currency, 700, 'begun', created_at, created_at FROM wallet_account";
    sql(house, brand, begun).await;
}

async fn live(house: &House, brand: SeedBrand, casino: Casino, account: &str) -> Side {
    // The same account is somebody else at the other casino.
    house.player(&casino, "alice", "20.00").await;
    // Buckets: what there is by default, with another order of spending.
    let buckets = json!({ "buckets": [{ "code": "cash", "withdrawable": true }, { "code": "bonus", "withdrawable": false }],
                          "bet_order": ["bonus", "cash"], "win_to": "cash", "deposit_to": "cash" });
    let topology: Topology = serde_json::from_value(buckets).unwrap();
    let wallet = LocalWallet::new(
        house.brand_pool(2).await,
        Clock::system(),
        WalletLimits::default(),
    );
    house
        .adopt(&scope_of(house, brand.id).await, &topology)
        .await
        .unwrap();

    let special = special_game(house, &brand).await;
    let ids = dwell(house, &brand, &casino, account, special).await;
    let player = PlayerId(ids.player.parse().unwrap());
    let coupon = Action::Grant {
        kind: GrantKind::Coupon,
        amount: Amount::new(1).unwrap(),
        bucket: Some(BucketCode::new("bonus").unwrap()),
        wager: Amount::ZERO,
        convert_cap: None,
        expires_at: None,
    };
    let scope = scope_of(house, brand.id).await;
    let key = TransactionId::new(&format!("{account}-coupon")).unwrap();
    let command = Command::new(player, scope.currency(), Source::player(player), key, coupon);
    let granted = wallet.submit(&scope, command).await.unwrap();
    assert!(
        matches!(granted, Outcome::Decided(Verdict::Applied(_))),
        "{granted:?}"
    );
    // They have limited themselves, and kept out once, which is over.
    let limited = "INSERT INTO wallet_limit (brand_id, player_id, currency, kind, period, amount, pending_amount, pending_from, set_at)
                   SELECT brand_id, player_id, currency, 'deposit', 'month', 1000000, 2000000, created_at, created_at FROM wallet_account";
    sql(house, brand.id, limited).await;
    let asked = "INSERT INTO wallet_limit_change (brand_id, player_id, change_id, currency, kind, period, wanted, amount, pending_amount, pending_from, asked_by, at)
                 SELECT brand_id, player_id, gen_random_uuid(), currency, 'deposit', 'month', 2000000, 1000000, 2000000, created_at + interval '1 day', 'player', created_at
                   FROM wallet_account";
    sql(house, brand.id, asked).await;
    let kept_out = "INSERT INTO player_exclusion (brand_id, player_id, exclusion_id, kind, until, asked_by, at)
                    SELECT brand_id, player_id, gen_random_uuid(), 'time_out', created_at + interval '1 second', 'player', created_at FROM player";
    sql(house, brand.id, kept_out).await;
    Side { brand, casino, ids }
}

/// A player who does all that a player can do.
async fn dwell(
    house: &House,
    brand: &SeedBrand,
    casino: &Casino,
    account: &str,
    (game, game_code): (String, String),
) -> Ids {
    let code = brand.code;
    let friend = format!("friend.of.{account}");
    house.guest(casino, &friend).await;
    let body = json!({ "account": account, "password": "correct horse battery", "email": format!("{account}@{code}.example") });
    let signed_up = casino.post("/api/v1/players", None, &body).await.unwrap();
    assert_eq!(signed_up.status, 201, "{signed_up:?}");
    for _ in 0..2 {
        let gone = casino
            .sign_in(account, "correct horse battery")
            .await
            .unwrap()
            .text("access_token")
            .to_owned();
        assert_eq!(casino.sign_out(&gone).await.unwrap().status, 204);
    }
    let session = casino.sign_in(account, "correct horse battery").await.unwrap();
    let spent = session.text("refresh_token").to_owned();
    let renewed = casino.refresh(&spent).await.unwrap();
    assert_eq!(renewed.status, 201, "{renewed:?}");
    let guest = Guest {
        casino: casino.clone(),
        id: signed_up.text("player_id").to_owned(),
        token: renewed.text("access_token").to_owned(),
        refresh: renewed.text("refresh_token").to_owned(),
        password: "correct horse battery".to_owned(),
    };

    let money = async |what: &str, key: &str, amount: &str| {
        let moved = casino.move_money(what, &guest.token, key, amount).await.unwrap();
        assert_eq!(moved.status, 201, "{moved:?}");
        moved
    };
    let (deposit, withdrawal) = (format!("{account}-deposit"), format!("{account}-withdrawal"));
    money("deposits", &deposit, "100.00").await;
    money("deposits", &format!("{account}-another"), "5.00").await;
    let held = money("withdrawals", &withdrawal, "10.00").await;
    let too_much = casino
        .move_money(
            "withdrawals",
            &guest.token,
            &format!("{account}-too-much"),
            "9999.00",
        )
        .await
        .unwrap();
    assert_eq!(too_much.status, 409, "{too_much:?}");

    let launch = guest.launch("northern-lights").await;
    let provider = &house.provider;
    let round = format!("{account}-round");
    let (bet, open_bet, undone) = (
        Bet::new(&round, 10 * EUR),
        Bet::new(&round, EUR),
        Bet::new(&round, EUR),
    );
    let (win, stone) = (Win::of(&bet, 20 * EUR), Uuid::new_v4().to_string());
    for reply in [
        provider.bet(&launch, &bet).await,
        provider.win(&launch, &win).await,
        provider.bet(&launch, &open_bet).await,
        provider.bet(&launch, &undone).await,
        provider
            .rollback(&launch, &Rollback::of(&undone.transaction, &round))
            .await,
        provider.rollback(&launch, &Rollback::of(&stone, &round)).await,
    ] {
        let reply = reply.unwrap();
        assert!(reply.is_ok(), "{reply:?}");
    }
    let page = casino
        .get("/api/v1/wallet/entries?limit=1", Some(&guest.token))
        .await
        .unwrap();
    let session_id = claim(&guest.token, "sid");
    Ids {
        account: account.to_owned(),
        password: guest.password,
        player: guest.id,
        friend,
        session: session_id,
        access: guest.token,
        refresh: guest.refresh,
        spent,
        game,
        game_code,
        launch: launch.token,
        round,
        bet: bet.transaction,
        win: win.transaction,
        open_bet: open_bet.transaction,
        stone,
        deposit,
        withdrawal,
        hold: held.text("withdrawal_id").to_owned(),
        cursor: page.text("next_cursor").to_owned(),
    }
}

/// A game that this brand offers and no other.
async fn special_game(house: &House, brand: &SeedBrand) -> (String, String) {
    let (game, code) = (
        format!("{}-special", brand.code),
        format!("clt_{}special", brand.code),
    );
    let insert = format!(
        "INSERT INTO game (position, game_id, provider, game_code, name, category) VALUES (100, '{game}', 'hub88', '{code}', 'Special', 'slot')"
    );
    house.owner.execute(AssertSqlSafe(insert)).await.unwrap();
    sql(
        house,
        brand.id,
        &format!(
            "INSERT INTO brand_game (brand_id, game_id, position) VALUES ({}, '{game}', 100)",
            brand.id
        ),
    )
    .await;
    (game, code)
}

/// What an access token says.
fn claim(token: &str, name: &str) -> String {
    let payload = B64.decode(token.split('.').nth(1).unwrap()).unwrap();
    let claims: serde_json::Value = serde_json::from_slice(&payload).unwrap();
    claims[name].as_str().unwrap().to_owned()
}
