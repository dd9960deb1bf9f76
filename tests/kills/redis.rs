//! Redis is killed: projections and messages are gone, nothing else is.

use croupier::local::BRANDS;

use super::{
    house::{Outside, redis_apart, until},
    seat::Seat,
    traffic::{Playing, all_settle, clients, during, lost, put_off, seed},
};

async fn is_health(house: &Outside, status: &str) -> bool {
    let health = house.aurora.get("/health", None).await.unwrap();
    health.status == 200 && health.text("status") == status
}

#[tokio::test]
async fn iso_15_without_redis_everything_goes_on_and_nothing_leaks() {
    let seed = seed();
    let (servers, local) = redis_apart().await;
    let house = Outside::of(local);
    let server = house.serve().await;
    let clients = clients(&house, seed).await;
    let before = Seat::take(BRANDS[0], &house.aurora, &house.provider, "before").await;
    let meanwhile = Seat::take(BRANDS[0], &house.aurora, &house.provider, "meanwhile").await;
    before.sign_out().await;

    let (mut clients, ()) = during(clients, Playing::UntilTold, async |progress| {
        progress.answers(20).await;
        servers.redis.kill().await.unwrap();
        until("/health says that something is away", async || is_health(&house, "degraded").await).await;
        // What was revoked stays revoked; what is revoked now is revoked.
        assert_eq!(before.me(&house.aurora).await, (401, "unauthenticated".to_owned()));
        meanwhile.sign_out().await;
        assert_eq!(meanwhile.me(&house.aurora).await, (401, "unauthenticated".to_owned()));
        // A domain that is known, one that no memory has seen, one that is nobody's.
        house.write("INSERT INTO brand_domain (domain, brand_id, version, updated_at) VALUES ('fresh.localhost', 2, 1, now())").await;
        for (domain, brand) in [("aurora.localhost", "aurora"), ("bonanza.localhost", "bonanza"), ("fresh.localhost", "bonanza"), ("nowhere.localhost", "unknown_domain")] {
            assert_eq!(house.lead(domain).await, brand, "{domain}");
        }
        progress.answers(20).await;
    })
    .await;
    assert_eq!(
        (lost(&clients), put_off(&clients)),
        (Vec::new(), 0),
        "Redis is not needed for an answer"
    );
    for client in &clients {
        let (casinos, brand) = (
            [&house.aurora, &house.bonanza],
            usize::from(client.seat.brand.id == 2),
        );
        assert_eq!(client.seat.me(casinos[brand]).await, (200, String::new()));
        assert_eq!(
            client.seat.me(casinos[1 - brand]).await,
            (403, "brand_mismatch".to_owned())
        );
    }
    // A domain moves while Redis is away; Redis comes back knowing nothing.
    house
        .write("UPDATE brand_domain SET brand_id = 1, version = version + 1 WHERE domain = 'fresh.localhost'")
        .await;
    until("the domain is its new brand's", async || {
        house.lead("fresh.localhost").await == "aurora"
    })
    .await;
    servers.redis.restart().await.unwrap();
    until("/health says that all is there", async || {
        is_health(&house, "ok").await
    })
    .await;
    assert_eq!(house.lead("fresh.localhost").await, "aurora");
    assert_eq!(
        before.me(&house.aurora).await.0,
        401,
        "revoked before Redis was killed"
    );
    assert_eq!(
        meanwhile.me(&house.aurora).await.0,
        401,
        "revoked while it was away"
    );
    all_settle(&house, &mut clients).await;
    server.stop().await;
    servers.stop().await;
}
