//! `croupier wallet`: a brand's document is shown and changed.

use serde_json::{Value, json};

use super::{operator::owner, process::TempDir};
use crate::{harness::Cluster, kills::house::Outside};

#[tokio::test]
async fn a_brands_document_is_shown_changed_by_version_and_refused_with_every_fault() {
    let house = Outside::of(Cluster::get().await.house().await);
    let (env, dir) = (owner(&house.serving.house), TempDir::new());
    let show = async |brand: &str| {
        let said = env
            .croupier(&["wallet", "policy", "--brand", brand, "show"])
            .await
            .well();
        serde_json::from_str::<Value>(&said).expect("a document")
    };
    let set = async |brand: &str, document: &str| {
        let file = dir.text("policy.json");
        std::fs::write(&file, document).expect("written");
        env.croupier(&["wallet", "policy", "--brand", brand, "set", &file])
            .await
    };

    let mut document = show("aurora").await;
    assert_eq!(document["bet_order"], json!(["cash", "bonus"]));
    // What is shown can be set.
    let said = set("aurora", &document.to_string()).await.well();
    assert_eq!(said.trim(), "aurora plays by version 1 from now on");

    document["bet_order"] = json!(["bonus", "cash"]);
    document["limits"] = json!({"EUR": {"max_bet": 10_000}});
    let said = set("aurora", &document.to_string()).await.well();
    assert_eq!(said.trim(), "aurora plays by version 2 from now on");
    assert_eq!(show("aurora").await, document);
    assert_eq!(
        show("bonanza").await["limits"],
        json!({}),
        "the other brand has its own"
    );

    let mut faulty = document.clone();
    faulty["win_to"] = json!("gold");
    faulty["spending"] = json!("at_random");
    faulty["colour"] = json!("red");
    set("aurora", &faulty.to_string()).await.refused(&[
        "policy.json",
        "win_to: \"gold\" is not one of the buckets",
        "spending: must be",
        "colour: is not a field",
    ]);
    // A good document that cannot come after this one.
    let other = json!({
        "buckets": [{"code": "bonus", "withdrawable": false}, {"code": "cash", "withdrawable": true}],
        "bet_order": ["cash"], "win_to": "cash", "deposit_to": "cash",
    });
    set("aurora", &other.to_string()).await.refused(&[
        "buckets: \"cash\" must stay bucket number 1",
        "buckets: \"bonus\" must stay bucket number 2",
    ]);
    set("aurora", "{").await.refused(&["is not JSON"]);
    env.croupier(&[
        "wallet",
        "policy",
        "--brand",
        "aurora",
        "set",
        &dir.text("nothing.json"),
    ])
    .await
    .refused(&["nothing.json"]);
    env.croupier(&["wallet", "policy", "--brand", "nowhere", "show"])
        .await
        .refused(&["no brand", "croupier brand list"]);
    assert_eq!(show("aurora").await, document, "nothing of that changed it");

    let versions = "SELECT brand_id || ' ' || version FROM wallet_topology ORDER BY 1";
    assert_eq!(house.rows(versions).await, ["1 1", "1 2"]);
    let audit =
        "SELECT brand_id || ' ' || action FROM operator_audit WHERE action = 'wallet policy set' ORDER BY at";
    assert_eq!(
        house.rows(audit).await.len(),
        3,
        "what was tried is written down too"
    );
}
