//! What a token claims about a brand.

use super::*;

#[tokio::test]
async fn iso_18_a_token_without_a_brand_is_judged_by_the_flag_and_runs_under_the_domains_brand() {
    for mode in [Mode::Off, Mode::Observe, Mode::Enforce] {
        let counted = Counted::here();
        let house = House::in_mode(mode).await;
        let (a, b) = (
            house.guest(&house.aurora, "alice").await,
            house.guest(&house.bonanza, "bob").await,
        );
        a.casino
            .move_money("deposits", &a.token, "k", "70.00")
            .await
            .unwrap();
        b.casino
            .move_money("deposits", &b.token, "k", "30.00")
            .await
            .unwrap();
        assert_eq!(
            counted.failed("jwt_missing_brand", edge(&house)),
            0,
            "{mode}: before"
        );
        let token = forge(&house, &header(), &without(&claims(&a), "brand_id"));
        let wallet = |casino: Casino, token: String| async move {
            casino.get("/api/v1/wallet", Some(&token)).await.unwrap()
        };
        if mode == Mode::Enforce {
            for path in ROUTES {
                assert_eq!(
                    ask(&house.aurora, path, &token).await,
                    (403, "brand_mismatch".to_owned()),
                    "{path}"
                );
            }
            let deposit = house
                .aurora
                .move_money("deposits", &token, "k2", "5.00")
                .await
                .unwrap();
            assert_eq!((deposit.status.as_u16(), deposit.code()), (403, "brand_mismatch"));
        } else {
            let me = house.aurora.get("/api/v1/me", Some(&token)).await.unwrap();
            assert_eq!(
                (me.status.as_u16(), me.text("player_id")),
                (200, a.id.as_str()),
                "{mode}"
            );
            assert_eq!(
                wallet(house.aurora.clone(), token.clone()).await.text("total"),
                "70.00",
                "{mode}"
            );
            // At Bonanza nobody has this player's id, whoever signed that it is good.
            assert_eq!(ask(&house.bonanza, "/api/v1/me", &token).await.0, 401, "{mode}");
            assert_ne!(
                wallet(house.bonanza.clone(), token.clone()).await.text("total"),
                "70.00",
                "{mode}"
            );
        }
        let expected = if mode == Mode::Off {
            0
        } else if mode == Mode::Observe {
            4
        } else {
            3
        };
        assert_eq!(
            counted.failed("jwt_missing_brand", edge(&house)),
            expected,
            "{mode}"
        );
        assert_eq!(
            (a.total().await, b.total().await),
            ("70.00".to_owned(), "30.00".to_owned()),
            "{mode}"
        );
        house.audit().await;
    }
}

#[tokio::test]
async fn iso_18_a_brand_claim_of_another_type_or_twice_is_no_claim_in_any_mode() {
    for mode in [Mode::Off, Mode::Enforce] {
        let house = House::in_mode(mode).await;
        let a = house.guest(&house.aurora, "alice").await;
        let good = claims(&a);
        assert_eq!(
            ask(
                &house.aurora,
                "/api/v1/me",
                &forge(&house, &header(), &good.to_string())
            )
            .await
            .0,
            200,
            "the forger's tools are good"
        );
        // The last would be 1 again if it were cut to 32 bits.
        for wrong in [
            json!(null),
            json!(""),
            json!("1"),
            json!([1]),
            json!(1.5),
            json!(0),
            json!(-1),
            json!({}),
            json!(true),
            json!(4_294_967_297_i64),
        ] {
            worth_nothing(
                &house.aurora,
                &forge(&house, &header(), &with(&good, "brand_id", wrong.clone())),
                &wrong.to_string(),
            )
            .await;
        }
        for twice in [
            "\"brand_id\":1,\"brand_id\":1",
            "\"brand_id\":2,\"brand_id\":1",
            "\"brand_id\":1,\"brand_\\u0069d\":2",
        ] {
            let payload = good.to_string().replacen("\"brand_id\":1", twice, 1);
            assert!(payload.contains(twice));
            for casino in [&house.aurora, &house.bonanza] {
                worth_nothing(casino, &forge(&house, &header(), &payload), twice).await;
            }
        }
    }
}

#[tokio::test]
async fn iso_17_a_token_that_names_another_brand_or_another_brands_player_opens_nothing() {
    for mode in [Mode::Off, Mode::Observe, Mode::Enforce] {
        let counted = Counted::here();
        let house = House::in_mode(mode).await;
        let (a, b) = (
            house.guest(&house.aurora, "alice").await,
            house.guest(&house.bonanza, "alice").await,
        );
        b.casino
            .move_money("deposits", &b.token, "k", "30.00")
            .await
            .unwrap();
        // Well signed, for Aurora, with Bonanza's player: Aurora has no such player.
        let token = forge(&house, &header(), &with(&claims(&a), "sub", json!(b.id)));
        assert_eq!(ask(&house.aurora, "/api/v1/me", &token).await.0, 401, "{mode}");
        let wallet = house.aurora.get("/api/v1/wallet", Some(&token)).await.unwrap();
        assert!(!wallet.body.to_string().contains("30.00"), "{mode}: {wallet:?}");
        // A brand that does not exist, and the other one, at Aurora.
        for brand in [2, 99] {
            let token = forge(&house, &header(), &with(&claims(&a), "brand_id", json!(brand)));
            let expected = if mode == Mode::Enforce {
                (403, "brand_mismatch".to_owned())
            } else {
                (200, String::new())
            };
            assert_eq!(
                ask(&house.aurora, "/api/v1/me", &token).await,
                expected,
                "{mode} {brand}"
            );
        }
        assert_eq!(
            counted.failed("jwt_brand_mismatch", edge(&house)),
            if mode == Mode::Off { 0 } else { 2 },
            "{mode}"
        );
        assert_eq!(b.total().await, "30.00");
        house.audit().await;
    }
}
