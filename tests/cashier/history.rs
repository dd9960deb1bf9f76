//! The history of a wallet, page by page.

use std::collections::HashSet;

use croupier_game::hub88::simulator::{Bet, Rollback, Win};
use futures_util::future::join_all;
use serde_json::Value;

use super::Slip;
use crate::{
    books::{self, written},
    harness::{EUR, Guest, House},
};

/// Pages from the newest to the oldest, doing something before each next page.
async fn pages(guest: &Guest, limit: usize, between: impl AsyncFn(usize)) -> Vec<Value> {
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    for page in 0.. {
        let from = if cursor.is_empty() {
            String::new()
        } else {
            format!("&cursor={cursor}")
        };
        let answer = guest
            .casino
            .get(
                &format!("/api/v1/wallet/entries?limit={limit}{from}"),
                Some(&guest.token),
            )
            .await
            .unwrap();
        assert_eq!(answer.status, 200, "{answer:?}");
        let entries = answer.body["entries"].as_array().unwrap().clone();
        assert!(entries.len() <= limit);
        seen.extend(entries);
        between(page).await;
        match answer.body["next_cursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => return seen,
        }
    }
    unreachable!("the loop has no end but the last page")
}
#[tokio::test]
async fn pages_of_a_growing_history_have_every_entry_once() {
    let house = House::open().await;
    let alice = house.guest(&house.aurora, "alice").await;
    let bob = house.guest(&house.aurora, "bob").await;
    for at in 1..=23 {
        Slip::of("deposits", &format!("d{at}"), &format!("{at}.00"))
            .hand_in(&alice)
            .await;
        Slip::of("deposits", &format!("d{at}"), "1.00")
            .hand_in(&bob)
            .await;
    }
    let expected: Vec<_> = (1..=23).rev().map(|at| format!("{at}.00")).collect();
    for limit in [1, 2, 7, 22, 23, 24, 100] {
        let before = written(&house, 1).await.1 - 23;
        let seen = pages(&alice, limit, async |page| {
            // Alone and at once, while the reader is between two pages.
            join_all((0..3).map(|at| async move { at }).map(async |at| {
                Slip::of("deposits", &format!("{limit}-{page}-{}", at.await), "0.50")
                    .hand_in(&alice)
                    .await
            }))
            .await;
        })
        .await;
        let ids: HashSet<_> = seen
            .iter()
            .map(|entry| entry["entry_id"].as_str().unwrap())
            .collect();
        assert_eq!(ids.len(), seen.len(), "limit {limit}: an entry twice");
        let older: Vec<_> = seen
            .iter()
            .map(|entry| entry["amount"].as_str().unwrap())
            .filter(|amount| *amount != "0.50")
            .collect();
        assert_eq!(older, expected, "limit {limit}");
        assert_eq!(
            seen.len() as i64,
            before,
            "limit {limit}: what was there when the first page was read"
        );
    }
    let bobs = pages(&bob, 10, async |_| {}).await;
    assert_eq!(bobs.len(), 23);
    assert!(bobs.iter().all(|entry| entry["amount"] == "1.00"), "bob's alone");
    books::audit(&house).await;
}
#[tokio::test]
async fn an_entry_says_what_it_did_to_the_player() {
    let house = House::open().await;
    let (alice, seat) = house.player(&house.aurora, "alice", "100.00").await;
    let bet = Bet::new("round 7", 10 * EUR);
    house.provider.bet(&seat, &bet).await.unwrap();
    house.provider.win(&seat, &Win::of(&bet, 25 * EUR)).await.unwrap();
    house
        .provider
        .rollback(&seat, &Rollback::of(&bet.transaction, "another round"))
        .await
        .unwrap();
    Slip::of("withdrawals", "out", "15.00").hand_in(&alice).await;
    Slip::of("withdrawals", "short", "500.00").hand_in(&alice).await;
    let entries = pages(&alice, 100, async |_| {}).await;
    let told: Vec<_> = entries
        .iter()
        .map(|entry| {
            assert!(entry["at"].as_str().unwrap().ends_with('Z'), "{entry}");
            ["kind", "amount", "change", "balance", "round_id", "game_id"]
                .map(|field| entry[field].as_str().unwrap_or("-"))
        })
        .collect();
    let game = "clt_northernlights";
    let expected = [
        ["withdraw_hold", "15.00", "0.00", "125.00", "-", "-"],
        ["rollback", "10.00", "10.00", "125.00", "round 7", game],
        ["settle", "25.00", "25.00", "115.00", "round 7", game],
        ["bet", "10.00", "-10.00", "90.00", "round 7", game],
        ["deposit", "100.00", "100.00", "100.00", "-", "-"],
    ];
    assert_eq!(told, expected);
    books::audit(&house).await;
}
#[tokio::test]
async fn iso_41_what_is_no_page_of_this_wallet_is_refused_by_name() {
    let house = House::open().await;
    let (alice, _) = house.player(&house.aurora, "alice", "10.00").await;
    let (bob, _) = house.player(&house.aurora, "bob", "10.00").await;
    let (other, _) = house.player(&house.bonanza, "alice", "10.00").await;
    let get = async |guest: &Guest, query: &str| {
        guest
            .casino
            .get(&format!("/api/v1/wallet/entries{query}"), Some(&guest.token))
            .await
            .unwrap()
    };
    for guest in [&alice, &bob, &other] {
        Slip::of("deposits", "second", "1.00").hand_in(guest).await;
    }
    let cursor = get(&alice, "?limit=1").await.text("next_cursor").to_owned();
    assert_eq!(
        get(&alice, &format!("?cursor={cursor}")).await.body["entries"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    for stranger in [&bob, &other] {
        let refused = get(stranger, &format!("?cursor={cursor}")).await;
        assert_eq!(
            (refused.status.as_u16(), refused.code(), refused.faulty_fields()),
            (422, "invalid_fields", vec!["cursor"])
        );
    }
    let (cut, more, upper, long) = (
        &cursor[..cursor.len() - 2],
        format!("{cursor}00"),
        cursor.to_uppercase(),
        "f".repeat(5_000),
    );
    for text in [
        "",
        "0",
        "1",
        "null",
        "-1",
        "%00",
        "%FF",
        "..",
        "' OR true --",
        cut,
        &more,
        &upper,
        &long,
    ] {
        let refused = get(&alice, &format!("?cursor={}", text.replace(' ', "%20"))).await;
        assert_eq!(
            (refused.status.as_u16(), refused.faulty_fields()),
            (422, vec!["cursor"]),
            "{text:?}: {refused:?}"
        );
    }
    for limit in [
        "",
        "0",
        "101",
        "256",
        "-1",
        "%2B5",
        "1.0",
        "1e1",
        "0x1",
        "%201",
        "ten",
        "%D9%A3",
        "99999999999999999999",
        "null",
    ] {
        let refused = get(&alice, &format!("?limit={limit}")).await;
        assert_eq!(
            (refused.status.as_u16(), refused.faulty_fields()),
            (422, vec!["limit"]),
            "{limit:?}: {refused:?}"
        );
    }
    for (query, fields) in [
        ("?limit=1&limit=1", vec!["limit"]),
        ("?Limit=1", vec!["Limit"]),
        ("?brand_id=2", vec!["brand_id"]),
        ("?player_id=x&offset=1", vec!["offset", "player_id"]),
        ("?limit=x&cursor=y&page=1", vec!["cursor", "limit", "page"]),
        ("?=1", vec![""]),
    ] {
        let refused = get(&alice, query).await;
        assert_eq!(
            (refused.status.as_u16(), refused.faulty_fields()),
            (422, fields),
            "{query}: {refused:?}"
        );
    }
    for query in ["", "?", "?limit=1", "?limit=100", "?limit=007"] {
        assert_eq!(get(&alice, query).await.status, 200, "{query}");
    }
    books::audit(&house).await;
}
