//! `croupier player`: an operator blocks, closes and reopens a player of a brand that is being served.

use http::Method;
use serde_json::json;

use super::operator::owner;
use crate::{harness::Cluster, kills::house::Outside, players::PASSWORD};

#[tokio::test]
async fn a_player_is_blocked_reopened_and_closed_and_each_is_audited() {
    let house = Outside::of(Cluster::get().await.house().await);
    let (server, env) = (house.serve().await, owner(&house.serving.house));
    let mut tokens = Vec::new();
    for casino in [&house.aurora, &house.bonanza] {
        assert_eq!(casino.sign_up("alice", PASSWORD).await.unwrap().status, 201);
        let session = casino.sign_in("alice", PASSWORD).await.unwrap();
        tokens.push(session.text("access_token").to_owned());
    }
    let me = async |at: usize| {
        let casino = [&house.aurora, &house.bonanza][at];
        let answer = casino.get("/api/v1/me", Some(&tokens[at])).await.unwrap();
        answer.status.as_u16()
    };
    assert_eq!((me(0).await, me(1).await), (200, 200));

    // Spelled as people spell it.
    let said = env.croupier(&["player", "block", "aurora", "Alice"]).await.well();
    assert_eq!(
        said.trim(),
        "alice at aurora was active and is blocked; 1 sessions ended"
    );
    assert_eq!(
        (me(0).await, me(1).await),
        (401, 200),
        "when the command has ended"
    );
    let refused = house.aurora.sign_in("alice", PASSWORD).await.unwrap();
    assert_eq!((refused.status.as_u16(), refused.code()), (403, "player_blocked"));

    env.croupier(&["player", "reopen", "aurora", "alice"])
        .await
        .well();
    assert_eq!(house.aurora.sign_in("alice", PASSWORD).await.unwrap().status, 201);
    let exclude = async |length: &str| {
        env.croupier(&["player", "exclude", "aurora", "alice", "--for", length])
            .await
    };
    let said = exclude("184d").await.well();
    assert!(said.starts_with("alice at aurora keeps out until 20"), "{said}");
    assert!(said.trim().ends_with("1 sessions ended"), "{said}");
    exclude("183d")
        .await
        .refused(&["alice at aurora", "which nobody shortens"]);
    let said = exclude("for_good").await.well();
    assert_eq!(
        said.trim(),
        "alice at aurora keeps out for good; 0 sessions ended"
    );
    let back = house.aurora.sign_in("alice", PASSWORD).await.unwrap();
    assert_eq!(back.status, 201, "who keeps out signs in");
    let limit = |amount: &str| {
        let body = json!({ "kind": "deposit", "period": "week", "amount": amount, "currency": "EUR" });
        let put = house.aurora.request(Method::PUT, "/api/v1/wallet/limits");
        house
            .aurora
            .send(put.bearer_auth(back.text("access_token")).json(&body))
    };
    for amount in ["100.00", "none"] {
        assert_eq!(limit(amount).await.unwrap().status, 200);
    }
    let history = env
        .croupier(&["player", "history", "aurora", "alice"])
        .await
        .well();
    let told: Vec<_> = history.lines().collect();
    assert_eq!(told.len(), 5, "{history}");
    for (line, what) in told.iter().zip([
        "  operator asked: self_exclusion until 20",
        "  operator asked: self_exclusion for good",
        "  player asked: deposit limit of a week 100.00 EUR; 100.00 EUR holds",
        "  player asked: deposit limit of a week none; 100.00 EUR holds, and from 20",
        "alice at aurora: 2 exclusions, 2 changes of limits",
    ]) {
        assert!(line.contains(what), "{what:?} in {line:?}");
    }
    assert!(told[3].ends_with(" on none"), "{history}");
    let theirs = env
        .croupier(&["player", "history", "bonanza", "alice"])
        .await
        .well();
    assert_eq!(
        theirs.trim(),
        "alice at bonanza: 0 exclusions, 0 changes of limits",
        "a namesake's is their own"
    );
    env.croupier(&["player", "history", "aurora", "nobody"])
        .await
        .refused(&["nobody at aurora", "no such player"]);
    env.croupier(&["player", "close", "aurora", "alice"]).await.well();
    env.croupier(&["player", "reopen", "aurora", "alice"])
        .await
        .refused(&["alice at aurora", "for good"]);
    env.croupier(&["player", "block", "aurora", "nobody"])
        .await
        .refused(&["nobody at aurora", "no such player"]);
    env.croupier(&["player", "block", "nowhere", "alice"])
        .await
        .refused(&["no brand", "croupier brand list"]);
    env.croupier(&["player", "block", "aurora", "no such name!"])
        .await
        .refused(&["the account"]);
    assert_eq!(me(1).await, 200);

    let audit = "SELECT brand_id || ' ' || operator || ' ' || action FROM operator_audit WHERE action LIKE 'player %' ORDER BY at";
    assert_eq!(
        house.rows(audit).await,
        [
            "1 olga player block alice",
            "1 olga player reopen alice",
            "1 olga player exclude alice self_exclusion 184d",
            "1 olga player exclude alice self_exclusion 183d",
            "1 olga player exclude alice self_exclusion for_good",
            "1 olga player history alice",
            "2 olga player history alice",
            "1 olga player history nobody",
            "1 olga player close alice",
            "1 olga player reopen alice",
            "1 olga player block nobody",
        ],
        "what was tried is written down too"
    );
    // Without Redis it is said how long that may take.
    env.with("REDIS_URL", "redis://127.0.0.1:1")
        .croupier(&["player", "block", "bonanza", "alice"])
        .await
        .well()
        .lines()
        .find(|line| line.starts_with("Redis was not reached"))
        .expect("it is said");
    server.stop().await;
}
