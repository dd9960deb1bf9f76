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
    let signs = |keys: KeyDir| keys.signing_key(Clock::system().now()).unwrap();
    let (key, players) = (signs(house.local.operator_keys()), signs(house.local.keys()));
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
    // Signed with the key of players' tokens, which the player role holds.
    let by_players = players.sign(&operators("ops-1", now + 900)).unwrap();
    let expired = key.sign(&operators("ops-1", now - 1)).unwrap();
    let player_type = forge_as_operator(
        &house,
        &header(),
        &serde_json::to_string(&operators("ops-1", now + 900)).unwrap(),
    );
    let operator_type = json!({ "alg": "RS256", "typ": "operator+jwt", "kid": "local-1" });
    let player_claims = forge_as_operator(&house, &operator_type, &claims(&a).to_string());
    let both = forge_as_operator(
        &house,
        &operator_type,
        &with(&claims(&a), "admin_id", json!("ops-1")),
    );
    let no_operators: [&[&str]; 10] = [
        &[],
        &[&by_players],
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
    let as_player = key
        .sign(&serde_json::from_value::<PlayerClaims>(claims(&a)).unwrap())
        .unwrap();
    // And with the right key for the door, so that the key is not what keeps it shut.
    let operators_claims = serde_json::to_string(&operators("ops-1", now + 900)).unwrap();
    let misused = [
        forge(&house, &header(), &operators_claims),
        forge(&house, &operator_type, &claims(&a).to_string()),
        forge(&house, &operator_type, &operators_claims),
    ];
    for token in [&operator, &by_players, &player_type, &both, &as_player]
        .into_iter()
        .chain(&misused)
    {
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
