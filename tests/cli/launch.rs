//! `croupier launch`: an operator lists and ends launches of a brand that is being served.

use std::time::Duration;

use croupier_game::{
    catalogue::GameId,
    hub88::{
        Status,
        simulator::{Bet, Launch, Rollback, Win},
    },
    launches::{self, Whose},
};
use futures_util::future::join_all;
use time::OffsetDateTime;

use super::operator::{bet, operator, trail};
use crate::{
    harness::{Composition, EUR, House},
    walk::estate::scope_of,
};

fn id(launch: &Launch) -> &str {
    &launch.token[..8]
}

#[tokio::test]
async fn money_18_a_launch_that_an_operator_ends_takes_no_bet_and_what_was_bet_is_settled() {
    for composition in [Composition::Together, Composition::Apart] {
        let house = House::composed(composition, |_| {}).await;
        let env = operator(&house);
        let (alice, first) = house.player(&house.aurora, "alice", "100.00").await;
        let second = alice.launch("northern-lights").await;
        let other = alice.launch("paper-lanterns").await;
        let (_, bobs) = house.player(&house.aurora, "bob", "100.00").await;
        let (_, theirs) = house.player(&house.bonanza, "alice", "100.00").await;
        let of_alice = ["--brand", "aurora", "--player", "alice"];
        let list = async |more: &[&str]| {
            let words = [&["launch", "list", "--brand", "aurora"], more].concat();
            env.croupier(&words).await.well()
        };
        let end = async |more: &[&str]| {
            let words = [&["launch", "end", "--brand", "aurora"], more].concat();
            env.croupier(&words).await
        };

        let listed = list(&[]).await;
        assert!(listed.ends_with("4 launches of aurora take bets\n"), "{listed}");
        let line = format!(
            "{}  hub88  player auroraalice  game northern-lights  EUR  since 20",
            id(&second)
        );
        assert!(listed.contains(&line), "{listed}");
        for launch in [&first, &second, &other, &bobs, &theirs] {
            assert!(!listed.contains(&launch.token), "a token is nobody's to read");
        }
        assert!(!listed.contains(id(&theirs)), "another brand's: {listed}");
        let listed = list(&["--player", "alice", "--limit", "2"]).await;
        assert!(
            listed.ends_with("2 launches of aurora take bets, and there are more: --limit shows them\n"),
            "{listed}"
        );

        // One of a player's.
        let (open, undone) = (Bet::new("r", EUR), Bet::new("r2", EUR));
        for bet in [&open, &undone] {
            assert!(house.provider.bet(&first, bet).await.unwrap().is_ok());
        }
        let one = [
            "--player",
            "Alice",
            "--launch",
            id(&first),
            "--reason",
            "she asked",
        ];
        let said = end(&one).await.well();
        assert_eq!(said, "1 launch of Alice ended: no bet is taken any more\n");
        for _ in 0..2 {
            assert_eq!(bet(&house, &first, "r3").await, Status::TokenExpired);
        }
        for launch in [&second, &other, &bobs, &theirs] {
            assert_eq!(bet(&house, launch, "r3").await, Status::Ok);
        }
        // A bet that was taken is told again, and what was bet is owed.
        assert!(house.provider.bet(&first, &open).await.unwrap().is_ok());
        let win = house
            .provider
            .win(&first, &Win::of(&open, 3 * EUR))
            .await
            .unwrap();
        let back = house
            .provider
            .rollback(&first, &Rollback::of(&undone.transaction, "r2"))
            .await
            .unwrap();
        assert!(win.is_ok() && back.is_ok(), "{win:?} {back:?}");
        let again = end(&one).await.well();
        assert_eq!(again, "no launch of Alice took bets: nothing to end\n");

        // All of a game's, whoever's, and then all of a player's.
        let said = end(&["--game", "northern-lights"]).await.well();
        assert_eq!(
            said,
            "2 launches of northern-lights ended: no bet is taken any more\n"
        );
        for launch in [&second, &bobs] {
            assert_eq!(bet(&house, launch, "r4").await, Status::TokenExpired);
        }
        assert_eq!(bet(&house, &other, "r4").await, Status::Ok);
        end(&["--player", "alice", "--game", "northern-lights"])
            .await
            .well();
        assert_eq!(bet(&house, &other, "r4").await, Status::Ok);
        end(&["--player", "alice"]).await.well();
        assert_eq!(bet(&house, &other, "r4").await, Status::TokenExpired);
        assert_eq!(
            bet(&house, &theirs, "r4").await,
            Status::Ok,
            "a namesake's is their own"
        );
        assert_eq!(list(&[]).await, "0 launches of aurora take bets\n");
        // The newest is what providers without tokens of ours mean; another can be opened.
        let fresh = alice.launch("northern-lights").await;
        assert_eq!(bet(&house, &fresh, "r5").await, Status::Ok);

        for (words, parts) in [
            (
                vec!["--player", "nobody"],
                vec!["aurora has no player \"nobody\""],
            ),
            (
                vec!["--game", "chess"],
                vec![
                    "aurora does not have the game \"chess\"",
                    "croupier game list --brand aurora",
                ],
            ),
            (
                vec!["--player", "alice", "--launch", id(&theirs)],
                vec!["alice at aurora has no launch", "croupier launch list"],
            ),
            (
                vec!["--player", "alice", "--launch", id(&bobs)],
                vec!["alice at aurora has no launch"],
            ),
        ] {
            end(&words).await.refused(&parts);
        }
        env.croupier(&["launch", "end", "--brand", "nowhere", "--player", "alice"])
            .await
            .refused(&["no brand", "croupier brand list"]);
        // Naming nobody would be everybody.
        for (words, part) in [
            (vec![], "--player <ACCOUNT>|--game <GAME>"),
            (vec!["--launch", id(&bobs)], "--player"),
            (
                vec!["--player", "alice", "--launch", "55B7518E"],
                "eight of 0-9 a-f",
            ),
            (vec!["--game", "No Such!"], "2 to 64 of a-z 0-9 -"),
        ] {
            let refused = end(&words).await;
            assert_eq!(refused.code, Some(2), "{refused:?}");
            assert!(refused.err.contains(part), "{part}: {refused:?}");
        }
        let listed = env
            .croupier(&[&["launch", "list"], &of_alice[..]].concat())
            .await
            .well();
        assert!(
            listed.starts_with(id(&fresh)),
            "nothing of that ended it: {listed}"
        );

        let ended = trail(&house, "launch end").await;
        assert_eq!(
            ended[..4],
            [
                format!("1 launch end {} of Alice: she asked", id(&first)),
                format!("1 launch end {} of Alice: she asked", id(&first)),
                "1 launch end of northern-lights".to_owned(),
                "1 launch end of alice in northern-lights".to_owned(),
            ]
        );
        assert!(ended.iter().all(|action| action.starts_with("1 ")), "{ended:?}");
        house.audit().await;
    }
}

#[tokio::test]
async fn a_launch_is_over_for_operators_when_it_takes_no_bet_any_more() {
    let house = House::open().await;
    house.player(&house.aurora, "alice", "1.00").await;
    let (pool, aurora) = (house.owners_pool(2).await, scope_of(&house, 1).await);
    let whose = Whose {
        player: None,
        game: Some(GameId::parse("northern-lights").unwrap()),
    };
    let live = async |now| launches::live(&pool, &aurora, &whose, now, 9).await.unwrap();
    let opened = live(OffsetDateTime::UNIX_EPOCH).await;
    let ends = opened[0].expires_at;
    assert_eq!(live(ends).await, []);
    assert_eq!(launches::end(&pool, &aurora, &whose, ends).await.unwrap(), 0);
    let before = ends - Duration::from_micros(1);
    assert_eq!(live(before).await, opened);
    assert_eq!(launches::end(&pool, &aurora, &whose, before).await.unwrap(), 1);
    assert_eq!(live(before).await, []);
}

/// Calls that come while the command runs are taken or refused; none that begins after its answer is taken.
#[tokio::test]
async fn money_18_no_bet_that_begins_after_the_end_is_taken_and_a_killed_end_ended_all_or_nothing() {
    let house = House::open().await;
    let env = operator(&house);
    let (alice, first) = house.player(&house.aurora, "alice", "100.00").await;
    let mut launches = vec![first];
    for _ in 0..4 {
        launches.push(alice.launch("northern-lights").await);
    }
    let words = ["launch", "end", "--brand", "aurora", "--player", "alice"];
    let mut killed = 0;
    for delay in [5, 20, 40, 60, 80, 120] {
        let mut process = env.command(&words).spawn().unwrap();
        tokio::time::sleep(Duration::from_millis(delay)).await;
        killed += usize::from(process.try_wait().unwrap().is_none());
        process.kill().await.unwrap();
        let mut rows = house.rows_of(1).await;
        let ended: i64 = sqlx::query_scalar("SELECT count(*) FROM game_session WHERE ended_at IS NOT NULL")
            .fetch_one(&mut *rows)
            .await
            .unwrap();
        assert!([0, 5].contains(&ended), "{ended} of 5 ended");
    }
    assert!(killed > 0, "none was killed");
    let at_once = join_all(launches.iter().map(|launch| bet(&house, launch, "at-once")));
    let (told, ended) = tokio::join!(at_once, env.croupier(&words));
    ended.well();
    for launch in &launches {
        assert_eq!(bet(&house, launch, "after").await, Status::TokenExpired);
    }
    for status in told {
        assert!([Status::Ok, Status::TokenExpired].contains(&status), "{status:?}");
    }
    house.audit().await;
}
