//! The three modes of the flag, with a default brand and without.

use super::*;

#[tokio::test]
async fn iso_33_the_flag_and_the_default_brand_decide_about_a_call_that_is_not_signed() {
    for default_brand in [Some("aurora"), None] {
        for mode in [Mode::Off, Mode::Observe, Mode::Enforce] {
            let what = format!("{mode}, default {default_brand:?}");
            let counted = Counted::here();
            let house = apart(mode, default_brand).await;
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
            let (game, wallet) = (house.service(Role::Game), house.service(Role::Wallet));
            let passes = default_brand.is_some() && mode != Mode::Enforce;

            let games = Call::get("/api/v1/games").to(game).await;
            assert_eq!(
                refused(&games),
                if passes {
                    (200, "")
                } else {
                    (403, "missing_brand_header")
                },
                "{what}: {games:?}"
            );
            // What the doubtful claim says is not what it runs under.
            let forged = Call::get("/api/v1/wallet").with("x-brand-id", "2");
            let mine = forged.clone().by(&a.token).to(wallet).await;
            let theirs = forged.by(&b.token).to(wallet).await;
            if passes {
                assert_eq!(mine.text("total"), "70.00", "{what}: {mine:?}");
                assert_ne!(theirs.text("total"), "30.00", "{what}: {theirs:?}");
            } else {
                assert_eq!(
                    (refused(&mine), refused(&theirs)),
                    ((403, "missing_brand_header"), (403, "missing_brand_header")),
                    "{what}"
                );
            }
            let signer = gateway(&house);
            let changed = Call::get("/api/v1/games")
                .signed(&signer, 2)
                .with("x-brand-id", "1")
                .to(game)
                .await;
            assert_eq!(
                changed.status,
                if passes { 200 } else { 403 },
                "{what}: {changed:?}"
            );
            let stale = Call::get("/api/v1/games")
                .signed(&signer_of(&house, "gateway", None, None, off_by(-60)), 2)
                .to(game)
                .await;
            assert_eq!(stale.status, if passes { 200 } else { 403 }, "{what}: {stale:?}");
            let stranger = Call::get("/api/v1/games")
                .signed(&signer_of(&house, "game", None, None, Clock::system()), 2)
                .to(game)
                .await;
            assert_eq!(
                stranger.status,
                if passes { 200 } else { 403 },
                "{what}: {stranger:?}"
            );

            let expected = if mode == Mode::Off {
                [0; 5]
            } else {
                [1, 2, 1, 1, 1]
            };
            let counts = [
                ("missing_brand_header", "game"),
                ("missing_brand_header", "wallet"),
                ("bad_signature", "game"),
                ("stale_signature", "game"),
                ("caller_not_allowed", "game"),
            ];
            assert_eq!(
                counts.map(|(reason, service)| counted.failed(reason, service)),
                expected,
                "{what}"
            );
            // Bonanza's player under the default brand, which is Aurora.
            assert_eq!(
                counted.failed("jwt_brand_mismatch", "wallet"),
                u64::from(passes && mode == Mode::Observe),
                "{what}"
            );
            assert_eq!(
                Call::get("/api/v1/games")
                    .signed(&signer, 2)
                    .to(game)
                    .await
                    .status,
                200,
                "{what}: what is signed is believed"
            );
            assert_eq!(
                (a.total().await, b.total().await),
                ("70.00".to_owned(), "30.00".to_owned()),
                "{what}"
            );
            house.audit().await;
        }
    }
}

#[tokio::test]
async fn what_is_not_believed_shows_in_the_services_metrics() {
    let house = apart(Mode::Enforce, None).await;
    let game = house.service(Role::Game);
    let shown = async || {
        let metrics = Call::get("/metrics").to(game).await;
        failed(metrics.body.as_str().unwrap(), "missing_brand_header", "game")
    };
    let before = shown().await;
    for _ in 0..3 {
        Call::get("/api/v1/games").to(game).await;
    }
    // Other tests of this process may count as well.
    assert!(shown().await >= before + 3);
}
