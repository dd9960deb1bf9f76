//! `croupier game`: an operator takes games off and puts them on, at one brand or for the whole house.

use croupier::demo::client::Casino;
use croupier_game::hub88::{
    Status,
    simulator::{Bet, Rollback, Win},
};

use super::{
    operator::{bet, operator, trail},
    process::{Ended, Env},
};
use crate::harness::{Composition, EUR, House};

const GAME: &str = "northern-lights";

async fn croupier(env: &Env, words: &[&str]) -> Ended {
    env.croupier(&[&["game"], words].concat()).await
}

/// Whether a casino's lobby shows the game.
async fn shows(casino: &Casino) -> bool {
    let games = casino.get("/api/v1/games", None).await.unwrap();
    let games = games.body["games"].as_array().unwrap();
    games.iter().any(|game| game["game_id"] == GAME)
}

#[tokio::test]
async fn money_18_a_game_that_is_off_is_in_no_lobby_and_takes_no_bet_and_what_was_bet_is_settled() {
    for composition in [Composition::Together, Composition::Apart] {
        let house = House::composed(composition, |_| {}).await;
        let env = operator(&house);
        let (alice, hers) = house.player(&house.aurora, "alice", "100.00").await;
        let (theirs, other) = house.player(&house.bonanza, "alice", "100.00").await;
        let bets: Vec<_> = ["won", "undone"].map(|round| Bet::new(round, EUR)).into();
        for bet in &bets {
            assert!(house.provider.bet(&hers, bet).await.unwrap().is_ok());
        }

        // At one brand.
        let off = ["disable", GAME, "--brand", "aurora", "--reason", "it is broken"];
        let said = croupier(&env, &off).await.well();
        assert_eq!(said, "northern-lights is off at aurora\n");
        for _ in 0..2 {
            assert_eq!(bet(&house, &hers, "new").await, Status::InvalidGame);
        }
        assert_eq!(
            (shows(&house.aurora).await, shows(&house.bonanza).await),
            (false, true)
        );
        let refused = alice.open_game(GAME).await;
        assert_eq!((refused.status.as_u16(), refused.code()), (404, "unknown_game"));
        assert_eq!(
            bet(&house, &other, "new").await,
            Status::Ok,
            "the other brand has it on"
        );
        theirs.launch(GAME).await;
        // What was taken is told again, won and given back.
        assert!(house.provider.bet(&hers, &bets[0]).await.unwrap().is_ok());
        let win = Win::of(&bets[0], 3 * EUR);
        assert!(house.provider.win(&hers, &win).await.unwrap().is_ok());
        let back = Rollback::of(&bets[1].transaction, "undone");
        assert!(house.provider.rollback(&hers, &back).await.unwrap().is_ok());
        assert_eq!(alice.total().await, "102.00");
        let said = croupier(&env, &off).await.well();
        assert_eq!(said, "northern-lights was off at aurora already\n");
        let listed = croupier(&env, &["list", "--brand", "aurora"]).await.well();
        assert!(
            listed.contains("northern-lights  provider hub88  code clt_northernlights  Northern Lights: off at this brand\n")
                && listed.contains("Paper Lanterns: on\n"),
            "{listed}"
        );

        // For the whole house, beside it.
        let said = croupier(&env, &["disable", GAME]).await.well();
        assert_eq!(said, "northern-lights is off for the whole house\n");
        assert_eq!(bet(&house, &other, "new").await, Status::InvalidGame);
        assert_eq!(
            (shows(&house.aurora).await, shows(&house.bonanza).await),
            (false, false)
        );
        let said = croupier(&env, &["disable", GAME]).await.well();
        assert_eq!(said, "northern-lights was off for the whole house already\n");
        let said = croupier(&env, &["enable", GAME, "--brand", "aurora"])
            .await
            .well();
        assert_eq!(
            said,
            "northern-lights is on at aurora\nit is off for the whole house, so players do not see it\n  next: croupier game enable northern-lights\n"
        );
        assert_eq!(bet(&house, &hers, "new").await, Status::InvalidGame);
        let of = async |brand: &str| croupier(&env, &["list", "--brand", brand]).await.well();
        assert!(
            of("bonanza")
                .await
                .contains("Northern Lights: off for the whole house\n")
        );
        assert!(
            croupier(&env, &["list"])
                .await
                .well()
                .contains("Northern Lights: off for the whole house\n")
        );
        let said = croupier(&env, &["enable", GAME]).await.well();
        assert_eq!(said, "northern-lights is on for the whole house\n");
        for (launch, casino) in [(&hers, &house.aurora), (&other, &house.bonanza)] {
            assert_eq!(bet(&house, launch, "again").await, Status::Ok);
            assert!(shows(casino).await);
        }

        let trailed = trail(&house, "game ").await;
        for (action, count) in [
            ("1 game disable northern-lights at this brand: it is broken", 2),
            ("1 game disable northern-lights for the whole house", 2),
            ("2 game disable northern-lights for the whole house", 2),
            ("1 game enable northern-lights at this brand", 1),
            ("1 game enable northern-lights for the whole house", 1),
            ("2 game enable northern-lights for the whole house", 1),
            ("2 game list", 1),
        ] {
            let found = trailed.iter().filter(|said| *said == action).count();
            assert_eq!(found, count, "{action}: {trailed:?}");
        }
        let of_one = |said: &&String| said.starts_with("2 ") && said.contains("at this brand");
        assert_eq!(trailed.iter().find(of_one), None);
        house.audit().await;
    }
}

#[tokio::test]
async fn a_game_that_a_brand_never_had_can_be_put_on_there_and_what_is_unknown_is_refused() {
    let house = House::open().await;
    let env = operator(&house);
    let mut rows = house.rows_of(1).await;
    sqlx::query("INSERT INTO game (game_id, provider, game_code, name, category, position) VALUES ('late', 'hub88', 'clt_late', 'Late', 'slot', 5)")
        .execute(&mut *rows)
        .await
        .unwrap();
    rows.commit().await.unwrap();
    croupier(&env, &["disable", "late", "--brand", "aurora"])
        .await
        .refused(&[
            "aurora does not have the game \"late\"",
            "croupier game list --brand aurora",
        ]);
    let first = async |casino: &Casino| {
        let games = casino.get("/api/v1/games", None).await.unwrap();
        games.body["games"][0]["game_id"].as_str().unwrap().to_owned()
    };
    for said in ["late is on at aurora\n", "late was on at aurora already\n"] {
        let words = ["enable", "late", "--brand", "aurora"];
        assert_eq!(croupier(&env, &words).await.well(), said);
    }
    assert_eq!(first(&house.aurora).await, "late");
    assert_eq!(
        first(&house.bonanza).await,
        GAME,
        "the other brand's lobby is its own"
    );

    for words in [
        vec!["disable", "chess"],
        vec!["enable", "chess"],
        vec!["enable", "chess", "--brand", "aurora"],
    ] {
        croupier(&env, &words)
            .await
            .refused(&["there is no game \"chess\"; croupier game list shows"]);
    }
    for words in [
        vec!["disable", GAME, "--brand", "nowhere"],
        vec!["list", "--brand", "nowhere"],
    ] {
        croupier(&env, &words)
            .await
            .refused(&["no brand", "croupier brand list"]);
    }
    let refused = croupier(&env, &["disable", "No Such!"]).await;
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.err.contains("2 to 64 of a-z 0-9 -"), "{refused:?}");
}
