//! What a body may hold.

use super::*;

#[tokio::test]
async fn every_fault_of_a_body_is_named_at_once() {
    let house = House::open().await;
    let sign_up: &[(&str, &[&str])] = &[
        ("{}", &["account", "password"]),
        (r#"{"account":null,"password":null}"#, &["account", "password"]),
        (
            r#"{"account":"no spaces!","password":"short","email":"nobody","brand_id":2,"is_admin":true}"#,
            &["account", "brand_id", "email", "is_admin", "password"],
        ),
        (
            r#"{"account":7,"password":["correct horse battery"],"email":1e400}"#,
            &["account", "email", "password"],
        ),
        (
            r#"{"account":{"$ne":null},"password":true}"#,
            &["account", "password"],
        ),
        (
            r#"{"account":"bob","account":"eve","password":"correct horse battery"}"#,
            &["account"],
        ),
        (
            r#"{"account":"bob","\u0061ccount":"eve","password":"correct horse battery"}"#,
            &["account"],
        ),
        (
            r#"{"account":"same_as_this","password":"Same_As_This","email":""}"#,
            &["email", "password"],
        ),
        (
            r#"{"account":"ab","password":"correct horse battery"}"#,
            &["account"],
        ),
        (
            r#"{"account":"bob\u0000","password":"correct horse battery"}"#,
            &["account"],
        ),
        (
            r#"{"account":" bob","password":"correct horse battery"}"#,
            &["account"],
        ),
        (
            r#"{"account":"\u212Aelvin","password":"correct horse battery"}"#,
            &["account"],
        ),
        (
            r#"{"account":"' OR 1=1 --","password":"correct horse battery"}"#,
            &["account"],
        ),
        (r#"{"account":"bob","password":"123456789"}"#, &["password"]),
    ];
    let sign_in: &[(&str, &[&str])] = &[
        ("{}", &["account", "password"]),
        (
            r#"{"account":7,"password":null,"remember":true}"#,
            &["account", "password", "remember"],
        ),
        (
            r#"{"account":"bob","password":"a","password":"b"}"#,
            &["password"],
        ),
    ];
    let refresh: &[(&str, &[&str])] = &[
        ("{}", &["refresh_token"]),
        (r#"{"refresh_token":[],"sid":"x"}"#, &["refresh_token", "sid"]),
    ];
    for (path, cases) in [
        ("/api/v1/players", sign_up),
        ("/api/v1/sessions", sign_in),
        ("/api/v1/sessions/refresh", refresh),
    ] {
        for (body, fields) in cases {
            for _ in 0..2 {
                let answer = send_text(&house.aurora, path, "application/json", *body).await;
                assert_eq!(
                    (answer.status.as_u16(), answer.code(), answer.faulty_fields()),
                    (422, "invalid_fields", fields.to_vec()),
                    "{path} {body}"
                );
                assert!(
                    !answer.body.to_string().contains("correct horse"),
                    "a password is repeated: {answer:?}"
                );
                tells_nothing(&answer);
            }
        }
    }
    let mut rows = house.rows_of(1).await;
    let players: i64 = sqlx::query_scalar("SELECT count(*) FROM player WHERE brand_id = 1")
        .fetch_one(&mut *rows)
        .await
        .unwrap();
    assert_eq!(players, 0);
}

#[tokio::test]
async fn what_is_no_json_object_is_refused_as_such() {
    let house = House::open().await;
    let deep = "[".repeat(60_000);
    let deep_field = format!(r#"{{"account":{}}}"#, "[".repeat(60_000));
    let not_utf8: &[u8] = b"{\"account\":\"\xff\xfe\",\"password\":\"correct horse battery\"}";
    for path in ["/api/v1/players", "/api/v1/sessions", "/api/v1/sessions/refresh"] {
        for body in [
            "",
            "{",
            "[]",
            "null",
            "7",
            "\"x\"",
            "{\"account\":}",
            "{\"account\":NaN}",
            "{} {}",
            "{'account':'bob'}",
            "\u{feff}{}",
            &deep,
            &deep_field,
        ] {
            let answer = send_text(
                &house.aurora,
                path,
                "application/json; charset=utf-8",
                body.to_owned(),
            )
            .await;
            assert_eq!(
                (answer.status.as_u16(), answer.code(), answer.faulty_fields()),
                (400, "malformed_body", vec!["body"]),
                "{path} {:.40}",
                body
            );
        }
        let answer = send_text(&house.aurora, path, "application/json", not_utf8).await;
        assert!([400, 422].contains(&answer.status.as_u16()), "{answer:?}");
        for other in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "application/jsonp",
            "multipart/form-data; boundary=json",
            "",
        ] {
            let answer = send_text(
                &house.aurora,
                path,
                other,
                r#"{"account":"bob","password":"correct horse battery"}"#,
            )
            .await;
            assert_eq!(
                (answer.status.as_u16(), answer.code()),
                (415, "unsupported_media_type"),
                "{path} {other}"
            );
        }
        let without = house
            .aurora
            .send(house.aurora.request(Method::POST, path))
            .await
            .unwrap();
        assert_eq!(without.status, 415, "{without:?}");
    }
}
