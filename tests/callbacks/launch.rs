//! Opening a game: what the provider will know a player by.

use serde_json::json;

use super::{Table, told};
use crate::{
    books::{number, sql},
    harness::{EUR, House},
};

#[tokio::test]
async fn iso_69_a_game_that_is_not_offered_looks_like_one_that_is_not() {
    let table = Table::open().await;
    // One game of Bonanza's only, one that Aurora took off, one that the provider withdrew.
    table.sql("INSERT INTO game (game_id, provider, game_code, name, category, position) VALUES ('golden-reef', 'hub88', 'clt_goldenreef', 'Golden Reef', 'slot', 50)").await;
    sql(
        &table.house,
        2,
        "INSERT INTO brand_game (brand_id, game_id, position) VALUES (2, 'golden-reef', 50)",
    )
    .await;
    table
        .sql("UPDATE brand_game SET enabled = false WHERE brand_id = 1 AND game_id = 'paper-lanterns'")
        .await;
    table
        .sql("UPDATE game SET status = 'disabled' WHERE game_id = 'harbour-roulette'")
        .await;
    let bonanzas = table.house.guest(&table.house.bonanza, "alice").await;
    for game in ["golden-reef", "paper-lanterns"] {
        assert_eq!(
            bonanzas.open_game(game).await.status,
            201,
            "{game} is there to be looked for"
        );
    }
    let before = number(&table.house, 1, "SELECT count(*) FROM game_session").await;
    let long = "a".repeat(65);
    let mut problems = Vec::new();
    for game in [
        "no-such-game",
        "golden-reef",
        "paper-lanterns",
        "harbour-roulette",
        "NORTHERN-LIGHTS",
        "clt_northernlights",
        "northern-lights%20",
        "%00",
        "%ff",
        "..%2f",
        "a",
        &long,
        "'%20OR%20true--",
    ] {
        let answer = table.alice.open_game(game).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code()),
            (404, "unknown_game"),
            "{game}: {answer:?}"
        );
        let mut problem = answer.body.clone();
        assert!(problem.as_object_mut().unwrap().remove("request_id").is_some());
        problems.push(problem);
    }
    problems.dedup();
    assert_eq!(problems.len(), 1, "{problems:#?}");
    assert_eq!(
        number(&table.house, 1, "SELECT count(*) FROM game_session").await,
        before
    );
    let lobby = table.house.aurora.get("/api/v1/games", None).await.unwrap();
    let listed: Vec<_> = lobby.body["games"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|game| game["provider"] == "hub88")
        .map(|game| game["game_id"].as_str().unwrap())
        .collect();
    assert_eq!(listed, ["northern-lights", "studio-blackjack"]);
    table.close("100.00").await;
}

#[tokio::test]
async fn only_a_player_who_may_play_opens_a_game() {
    let table = Table::open().await;
    let path = "/api/v1/games/northern-lights/sessions";
    for token in [None, Some("x"), Some(""), Some(table.seat.token.as_str())] {
        let answer = table.house.aurora.post(path, token, &json!({})).await.unwrap();
        assert_eq!(
            (answer.status.as_u16(), answer.code()),
            (401, "unauthenticated"),
            "{token:?}"
        );
    }
    for status in ["blocked", "closed"] {
        table.sql(&format!("UPDATE player SET status = '{status}'")).await;
        let answer = table.alice.open_game("northern-lights").await;
        assert_eq!(
            (answer.status.as_u16(), answer.code()),
            (403, "player_disabled"),
            "{status}"
        );
        let unknown = table.alice.open_game("no-such-game").await;
        assert_eq!(
            unknown.code(),
            "player_disabled",
            "who may not play learns nothing of games"
        );
    }
    table.sql("UPDATE player SET status = 'active'").await;
    assert_eq!(table.alice.open_game("northern-lights").await.status, 201);
    assert_eq!(
        number(&table.house, 1, "SELECT count(*) FROM game_session").await,
        2,
        "the refused ones left none"
    );
    table.close("100.00").await;
}

#[tokio::test]
async fn every_launch_is_a_token_of_its_own_for_one_account() {
    let house = House::open().await;
    let alice = house.guest(&house.aurora, "alice").await;
    let mut tokens = std::collections::HashSet::new();
    for _ in 0..5 {
        let launch = alice.open_game("northern-lights").await;
        assert_eq!(launch.text("provider_account"), "auroraalice");
        let url = launch.text("launch_url");
        for part in [
            format!("token={}", launch.text("token")),
            "user=auroraalice".to_owned(),
            "game_code=clt_northernlights".to_owned(),
            "currency=EUR".to_owned(),
        ] {
            assert!(url.contains(&part), "{url} has no {part}");
        }
        assert!(!url.contains(&alice.token), "the player's own token stays here");
        assert!(tokens.insert(launch.text("token").to_owned()));
    }
    // The longest and the oddest accounts that there are come back the way they went.
    for account in ["a.b", "___", "0", &"x".repeat(32)]
        .into_iter()
        .filter(|account| account.len() >= 3)
    {
        let (guest, seat) = house.player(&house.aurora, account, "5.00").await;
        assert_eq!(seat.user, format!("aurora{account}"));
        assert_eq!(
            told(house.provider.balance(&seat).await),
            (croupier_game::hub88::Status::Ok, Some(5 * EUR)),
            "{}",
            guest.id
        );
    }
    crate::books::audit(&house).await;
}
