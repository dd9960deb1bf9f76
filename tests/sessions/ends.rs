//! When tokens and sessions end by themselves.

use super::*;

fn pair_of(outcome: Result<TokenPair, Refusal>) -> TokenPair {
    outcome.unwrap_or_else(|refusal| panic!("{refusal:?}"))
}

#[tokio::test]
async fn tokens_and_sessions_end_when_they_should() {
    let house = House::open().await;
    house.guest(&house.aurora, "alice").await;
    let clock = Clock::manual(OffsetDateTime::from_unix_timestamp(Clock::system().unix_seconds()).unwrap());
    let direct = Direct::over(&house, clock.clone()).await;
    let [aurora, _] = &direct.scopes;
    let gate = TokenGate::new(
        TokenVerifier::new(
            KeyRing::open(house.local.keys(), Halves::Public, clock.clone()).unwrap(),
            "croupier",
            clock.clone(),
        ),
        direct.revocations.clone(),
        Enforcement::new(Mode::Enforce, "test"),
    );
    let good = async |token: &str| {
        let headers = [(
            http::header::AUTHORIZATION,
            format!("Bearer {token}").parse().unwrap(),
        )]
        .into_iter()
        .collect();
        gate.admit(aurora, &headers).await.is_ok()
    };
    let login = async || {
        pair_of(
            direct
                .service
                .login(
                    aurora,
                    AccountName::parse("alice").ok(),
                    PresentedPassword::new(PASSWORD),
                )
                .await
                .unwrap(),
        )
    };
    let renew =
        async |token: &RefreshToken| direct.service.refresh(aurora, Some(token.clone())).await.unwrap();

    let pair = login().await;
    clock.advance(Duration::seconds(899));
    assert!(good(&pair.access_token).await);
    clock.advance(Duration::seconds(1));
    assert!(
        !good(&pair.access_token).await,
        "an access token is good for 15 minutes"
    );

    // A refresh token slides: each is good for a week, so a session that is used goes on, for a month.
    let mut newest = pair.refresh_token;
    for _ in 0..4 {
        clock.advance(Duration::days(7) - Duration::hours(1));
        newest = pair_of(renew(&newest).await).refresh_token;
    }
    clock.advance(Duration::days(2) - Duration::minutes(10) + Duration::hours(4) - Duration::seconds(900));
    let last = pair_of(renew(&newest).await);
    assert_eq!(last.expires_in, 600, "no token outlives its session");
    clock.advance(Duration::seconds(599));
    assert!(good(&last.access_token).await);
    clock.advance(Duration::seconds(1));
    assert!(!good(&last.access_token).await);
    assert_eq!(
        renew(&last.refresh_token).await.unwrap_err(),
        Refusal::InvalidRefreshToken
    );

    let idle = login().await;
    clock.advance(Duration::days(7));
    assert_eq!(
        renew(&idle.refresh_token).await.unwrap_err(),
        Refusal::InvalidRefreshToken,
        "who stays away a week is signed out"
    );
}
