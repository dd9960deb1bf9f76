//! Which rounds hang, and what becomes of one that is resolved.

use std::{collections::BTreeSet, sync::Arc};

use croupier_brand::{BrandPool, BrandScope, Clock, directory::BrandDirectory, global, token::PlayerId};
use croupier_wallet::{
    Balance, Command, LocalWallet, Outcome, Source, Verdict, Wallet, WalletLimits,
    journal::Sealer,
    rounds::{
        Resolution, RoundKey, RoundState, Search, Unresolved, hanging::hanging, record, resolve::resolve,
    },
};
use sqlx::Executor;
use time::{Duration, OffsetDateTime};

use super::{Floor, bet, impatience, patience, races::between, soon, verdict, win};
use crate::{
    harness::House,
    journal::seal_all,
    wallet::{available, player},
};

fn search(older: Duration) -> Search {
    Search {
        source: None,
        from: OffsetDateTime::now_utc() - Duration::days(30),
        until: OffsetDateTime::now_utc() - older,
        paid: false,
        limit: 1_000,
    }
}

async fn found(floor: &Floor, search: &Search) -> Vec<(String, u32, i128)> {
    let hanging = hanging(&floor.pool, floor.scope(), search).await.unwrap();
    let rounds = hanging.rounds.iter();
    rounds
        .map(|round| (round.key.round.to_string(), round.bets, round.stake))
        .collect()
}

#[tokio::test]
async fn money_31_hanging_rounds_are_those_with_a_bet_that_had_no_result_for_too_long() {
    let floor = Floor::open().await;
    let till = &floor.till;
    let past = floor.in_the_past(Duration::hours(1)).await;
    let at = async |command: Command| past.submit(floor.scope(), command).await.unwrap();
    for command in [
        bet(till, "lost", "l1", 500),
        bet(till, "lost", "l2", 300),
        bet(till, "won", "w1", 500),
        win(till, "won", "w2", Some("w1"), 900),
        bet(till, "nothing won", "n1", 500),
        win(till, "nothing won", "n2", Some("n1"), 0),
        bet(till, "undone", "u1", 500),
        till.rollback("u2", "u1"),
        bet(till, "half", "h1", 400),
        bet(till, "half", "h2", 100),
        till.rollback("h3", "h2"),
        bet(till, "free", "f1", 0),
        // Paid by the round, where the win names another bet.
        bet(till, "paid", "p1", 100),
        bet(till, "paid", "p2", 100),
        win(till, "paid", "p3", Some("p2"), 50),
        // Its result was taken back: it has none.
        bet(till, "again", "a1", 100),
        win(till, "again", "a2", Some("a1"), 50),
        till.rollback("a3", "a2"),
        // Refused, so there is nothing to wait for.
        bet(till, "refused", "r1", 1_000_000),
    ] {
        assert_ne!(verdict(&at(command).await), "none");
    }
    till.applied(bet(till, "young", "y1", 100)).await;
    let round = |name: &str, bets: u32, stake: i128| (name.to_owned(), bets, stake);
    let hang = [
        round("lost", 2, 800),
        round("half", 1, 400),
        round("free", 1, 0),
        round("again", 1, 100),
    ];
    // All of the past came at one moment, so that their order is any.
    let told: BTreeSet<_> = found(&floor, &search(Duration::minutes(15)))
        .await
        .into_iter()
        .collect();
    assert_eq!(told, hang.into());
    assert_eq!(
        found(&floor, &search(Duration::hours(2))).await,
        [],
        "none is that old"
    );
    let mut wider = search(Duration::ZERO);
    wider.until = soon();
    wider.paid = true;
    let all = found(&floor, &wider).await;
    assert_eq!(all.len(), 6, "with the young one and the paid one: {all:?}");
    assert!(all.contains(&round("paid", 1, 100)) && all.contains(&round("young", 1, 100)));
    wider.source = Some(Source::provider("another").unwrap());
    assert_eq!(found(&floor, &wider).await, []);
    // The oldest first, and it is said that there are more.
    let few = Search {
        limit: 2,
        ..search(Duration::minutes(15))
    };
    let few = hanging(&floor.pool, floor.scope(), &few).await.unwrap();
    assert!(few.more && few.rounds.len() <= 2);
    floor.house().audit().await;
}

#[tokio::test]
async fn money_31_what_was_sealed_before_the_days_in_question_is_not_read_and_nothing_later_is_missed() {
    let floor = Floor::open().await;
    let till = &floor.till;
    let hours = |ago: i64| OffsetDateTime::now_utc() - Duration::hours(ago);
    let directory = BrandDirectory::start(floor.house().owner.clone()).await.unwrap();
    // Bets and seals of five hours, one each.
    for ago in (1..=5).rev() {
        let past = floor.in_the_past(Duration::hours(ago)).await;
        let name = format!("h{ago}");
        let outcome = past
            .submit(floor.scope(), bet(till, &name, &name, 100))
            .await
            .unwrap();
        assert_eq!(verdict(&outcome), "applied");
        let clock = Clock::manual(hours(ago) + Duration::minutes(1));
        let mut sealer = Sealer::new(floor.pool.clone(), directory.clone(), clock);
        assert!(seal_all(floor.house(), &mut sealer).await > 0);
    }
    for within in 1..=5 {
        let mut search = search(Duration::ZERO);
        search.from = hours(within) - Duration::minutes(30);
        let rounds = found(&floor, &search).await;
        let names: Vec<_> = rounds.iter().map(|(name, ..)| name.clone()).collect();
        let expected: Vec<_> = (1..=within).rev().map(|ago| format!("h{ago}")).collect();
        assert_eq!(names, expected);
    }
    // One that was sealed long ago and says that it is of the last hour: nobody looks there.
    let mut rows = floor.house().rows_of(1).await;
    let later = "UPDATE wallet_ledger SET at = at + interval '270 minutes' WHERE transaction_id = 'h5'";
    assert_eq!(rows.execute(later).await.unwrap().rows_affected(), 1);
    rows.commit().await.unwrap();
    let mut search = search(Duration::ZERO);
    search.from = hours(1) - Duration::minutes(30);
    assert_eq!(found(&floor, &search).await, [("h1".to_owned(), 1, 100)]);
}

#[tokio::test]
async fn money_31_a_void_gives_back_what_stands_and_no_win_is_paid_after_it() {
    let floor = Floor::open().await;
    let till = &floor.till;
    till.applied(bet(till, "r", "b1", 700)).await;
    till.applied(bet(till, "r", "b2", 300)).await;
    till.applied(win(till, "r", "w2", Some("b2"), 50)).await;
    till.applied(bet(till, "r", "b3", 40)).await;
    // The win may have been the result of b1 too.
    let refused = floor
        .resolve(&till.wallet, "r", Resolution::Void)
        .await
        .unwrap_err();
    assert!(
        matches!(&refused, Unresolved::Paid(bet) if bet == "b1"),
        "{refused:?}"
    );
    assert_eq!(
        till.balance().await,
        available(9_010),
        "nothing of it was resolved"
    );
    let key = floor.key("r");
    let whole = async |patience, paid| {
        resolve(
            &till.wallet,
            &floor.pool,
            floor.scope(),
            &key,
            Resolution::Void,
            patience,
            paid,
        )
        .await
    };
    let young = whole(patience(), true).await.unwrap_err();
    assert!(matches!(young, Unresolved::TooYoung(_)), "{young:?}");
    assert_eq!(till.balance().await, available(9_010));
    let resolved = whole(impatience(), true).await.unwrap();
    let bets: Vec<_> = resolved.bets.iter().map(|bet| bet.bet.as_str()).collect();
    assert_eq!(bets, ["b1", "b3"]);
    assert!(resolved.bets.iter().all(|bet| bet.took_effect()), "{resolved:?}");
    assert_eq!(resolved.state, RoundState::Settled, "b2 was won");
    assert_eq!(till.balance().await, available(9_750));

    // The provider comes after all.
    let late = till.submit(win(till, "r", "w1", Some("b1"), 5_000)).await;
    assert_eq!(verdict(&late), "already_settled");
    let back = till.submit(till.rollback("rb1", "b1")).await;
    assert_eq!(verdict(&back), "neutralised");
    assert_eq!(till.balance().await, available(9_750));

    // Again, and as the other thing: there is nothing left to do.
    for how in [Resolution::Void, Resolution::SettleZero] {
        let again = floor.resolve(&till.wallet, "r", how).await.unwrap();
        assert_eq!((again.bets.len(), again.state), (0, RoundState::Settled));
    }
    till.applied(bet(till, "v", "b9", 100)).await;
    let void = floor.resolve(&till.wallet, "v", Resolution::Void).await.unwrap();
    assert_eq!(void.state, RoundState::Voided);
    assert_eq!(till.count("wallet_ledger WHERE kind = 'rollback'").await, 3);
    let none = floor
        .resolve(&till.wallet, "no such round", Resolution::Void)
        .await;
    assert!(matches!(none, Err(Unresolved::NoSuchRound)), "{none:?}");
    floor.house().audit().await;
}

#[tokio::test]
async fn money_31_a_win_of_nothing_settles_and_a_real_one_that_comes_late_is_paid() {
    let floor = Floor::open().await;
    let till = &floor.till;
    till.applied(bet(till, "r", "b1", 700)).await;
    let resolved = floor
        .resolve(&till.wallet, "r", Resolution::SettleZero)
        .await
        .unwrap();
    assert_eq!((resolved.bets.len(), resolved.state), (1, RoundState::Settled));
    assert_eq!(till.balance().await, available(9_300));
    till.applied(win(till, "r", "w1", Some("b1"), 5_000)).await;
    assert_eq!(till.balance().await, available(14_300));
    let record = floor.record("r").await;
    assert_eq!((record.staked(), record.won()), (700, 5_000));
    floor.house().audit().await;
}

#[tokio::test]
async fn money_31_another_brands_and_another_players_round_of_the_same_id_are_left_alone() {
    let floor = Floor::open().await;
    let till = &floor.till;
    let bert = till.other("bert").await;
    let neighbour = Neighbour::of(floor.house()).await;
    till.applied(bet(till, "r", "b1", 700)).await;
    neighbour.applied(till.deposit("float", 10_000)).await;
    neighbour.applied(bet(till, "r", "b1", 700)).await;
    let of_bert = |command: Command| Command {
        player: bert,
        ..command
    };
    till.applied(of_bert(till.deposit("float bert", 1_000))).await;
    till.applied(of_bert(bet(till, "r", "b of bert", 600))).await;
    let resolved = floor.resolve(&till.wallet, "r", Resolution::Void).await.unwrap();
    assert_eq!((resolved.bets.len(), resolved.state), (1, RoundState::Voided));
    assert_eq!(till.balance().await, available(10_000));
    assert_eq!(neighbour.balance().await, available(9_300));
    let theirs = RoundKey {
        player: neighbour.player,
        ..floor.key("r")
    };
    let theirs = record(&neighbour.pool, &neighbour.scope, &theirs, patience())
        .await
        .unwrap();
    assert_eq!(theirs.unwrap().state, RoundState::Open);
    let mut all = search(Duration::ZERO);
    all.until = soon();
    let left = hanging(&floor.pool, floor.scope(), &all).await.unwrap().rounds;
    assert_eq!(left.len(), 1);
    assert_eq!((left[0].key.player, left[0].stake), (bert, 600));
    // The other brand's scope does not lead to this brand's round, whoever is named.
    let key = RoundKey {
        player: bert,
        ..floor.key("r")
    };
    assert!(
        record(&floor.pool, floor.scope(), &key, patience())
            .await
            .unwrap()
            .is_some()
    );
    assert_eq!(
        record(&neighbour.pool, &neighbour.scope, &key, patience())
            .await
            .unwrap(),
        None
    );
    floor.house().audit().await;
}

/// The house's second brand, with a player of its own who has 100.00.
struct Neighbour {
    wallet: LocalWallet,
    scope: BrandScope,
    pool: BrandPool,
    player: PlayerId,
}

impl Neighbour {
    async fn of(house: &House) -> Self {
        let pool = house.brand_pool(8).await;
        let brand = Arc::new(global::all_brands(&house.owner).await.unwrap().remove(1));
        let clock = Clock::system();
        let owners = house.owners_pool(1).await;
        let scope = BrandScope::for_operator(&owners, brand, "test", "try the wallet", &clock)
            .await
            .unwrap();
        let guest = house.guest(&house.bonanza, "anna").await;
        Self {
            wallet: LocalWallet::new(pool.clone(), clock, WalletLimits::default()),
            scope,
            pool,
            player: player(&guest.id),
        }
    }

    async fn applied(&self, command: Command) {
        let command = Command {
            player: self.player,
            ..command
        };
        let outcome = self.wallet.submit(&self.scope, command).await.unwrap();
        assert_eq!(verdict(&outcome), "applied");
    }

    async fn balance(&self) -> Balance {
        let currency = self.scope.currency();
        let holdings = self.wallet.balance(&self.scope, self.player, currency).await;
        holdings.unwrap().balance()
    }
}

#[tokio::test]
async fn money_31_a_bet_whose_result_was_taken_back_after_a_refused_void_can_be_voided() {
    let floor = Floor::open().await;
    let till = &floor.till;
    till.applied(bet(till, "r", "b1", 700)).await;
    // The provider's win comes between the look at the round and the void.
    let between = between(&till.wallet, win(till, "r", "w1", Some("b1"), 900));
    let resolved = floor.resolve(&between, "r", Resolution::Void).await.unwrap();
    assert!(!resolved.bets[0].took_effect());
    assert_eq!(verdict(&resolved.bets[0].outcome), "already_settled");
    assert_eq!(
        (resolved.state, till.balance().await),
        (RoundState::Settled, available(10_200))
    );
    till.applied(till.rollback("rw1", "w1")).await;
    assert_eq!(floor.record("r").await.state, RoundState::Open);
    for _ in 0..2 {
        let resolved = floor.resolve(&till.wallet, "r", Resolution::Void).await.unwrap();
        assert_eq!(
            (resolved.state, till.balance().await),
            (RoundState::Voided, available(10_000))
        );
    }
    let outcome = till.submit(win(till, "r", "w2", Some("b1"), 900)).await;
    assert!(
        matches!(outcome, Outcome::Decided(Verdict::AlreadySettled { .. })),
        "{outcome:?}"
    );
    floor.house().audit().await;
}
