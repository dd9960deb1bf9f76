//! The back office's tokens and the players'.

use super::*;

fn operators(admin_id: &str, exp: i64) -> OperatorClaims {
    OperatorClaims {
        iss: "croupier".to_owned(),
        aud: OperatorClaims::AUDIENCE.to_owned(),
        admin_id: admin_id.to_owned(),
        jti: Uuid::new_v4(),
        iat: exp - 900,
        exp,
    }
}

#[tokio::test]
async fn iso_22_players_and_operators_tokens_do_not_pass_for_each_other() {
    // The back office stands beside a process that runs everything.
    let house = House::composed(Composition::Together, |_| {}).await;
    let office = Casino::new(&format!("http://{}", house.admin.unwrap()), "office.localhost");
    let a = house.guest(&house.aurora, "alice").await;
    let key = house.local.keys().signing_key(None).unwrap();
    let now = Clock::system().unix_seconds();
    let operator = key.sign(&operators("ops-1", now + 900)).unwrap();

    let brands = async |tokens: &[&str], ids: &[&str]| -> Answer {
        let mut request = office.request(Method::GET, "/admin/v1/brands");
        for token in tokens {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        for id in ids {
            request = request.header("x-operator-id", *id);
        }
        office.send(request).await.unwrap()
    };
    let listed = brands(&[&operator], &[]).await;
    assert_eq!(
        (
            listed.status.as_u16(),
            listed.body["brands"].as_array().unwrap().len()
        ),
        (200, 2)
    );
    assert_eq!(brands(&[&operator], &["ops-1"]).await.status, 200);
    for ids in [
        &["ops-2"][..],
        &[""],
        &["OPS-1"],
        &["ops-1", "ops-2"],
        &["ops-2", "ops-1"],
        &["ops-1,ops-2"],
    ] {
        let answer = brands(&[&operator], ids).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code()),
            (403, "operator_mismatch"),
            "{ids:?}"
        );
    }
    let expired = key.sign(&operators("ops-1", now - 1)).unwrap();
    let player_type = forge(
        &house,
        &header(),
        &serde_json::to_string(&operators("ops-1", now + 900)).unwrap(),
    );
    let operator_type = json!({ "alg": "RS256", "typ": "operator+jwt", "kid": "local-1" });
    let player_claims = forge(&house, &operator_type, &claims(&a).to_string());
    let both = forge(
        &house,
        &operator_type,
        &with(&claims(&a), "admin_id", json!("ops-1")),
    );
    let no_operators: [&[&str]; 9] = [
        &[],
        &[&a.token],
        &[&expired],
        &[&player_type],
        &[&player_claims],
        &[&both],
        &[&operator, &operator],
        &[&operator, "x"],
        &["x", &operator],
    ];
    for tokens in no_operators {
        for ids in [&[][..], &["ops-1"]] {
            let answer = brands(tokens, ids).await;
            assert_eq!(
                (answer.status.as_u16(), answer.code()),
                (401, "unauthenticated"),
                "{} tokens: {:?}",
                tokens.len(),
                tokens.first()
            );
        }
    }
    // The reverse, and neither door leads to the other's rooms.
    for token in [&operator, &player_type, &both] {
        for casino in [&house.aurora, &house.bonanza] {
            worth_nothing(casino, token, "an operator's token").await;
        }
    }
    for (casino, path) in [
        (&house.aurora, "/admin/v1/brands"),
        (&office, "/api/v1/me"),
        (&office, "/api/v1/wallet"),
    ] {
        for token in [&operator, &a.token] {
            assert_eq!(ask(casino, path, token).await.0, 404, "{path}");
        }
    }
}
