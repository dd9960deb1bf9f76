//! Hosts that nobody has ever heard of cost a bounded memory, and nobody else an answer.

use std::time::Duration;

use croupier::demo::client::Casino;

use crate::harness::{Composition, Counted, House};

const MOST: u64 = 50;

#[tokio::test]
async fn iso_13_very_many_made_up_hosts_are_not_all_remembered() {
    let counted = Counted::here();
    let house = House::composed(Composition::Together, |config| {
        config.domains.unknown_entries = MOST;
    })
    .await;
    let mut most = 0;
    for round in 0..6 {
        let asked = (0..100).map(|number| {
            let casino = Casino::new(&house.edge, &format!("made-up-{round}-{number}.localhost"));
            async move { casino.get("/api/v1/brand", None).await.unwrap().status.as_u16() }
        });
        let unknown = futures_util::future::join_all(asked).await;
        assert!(unknown.iter().all(|status| *status == 404));
        let known = house.aurora.get("/api/v1/brand", None).await.unwrap();
        assert_eq!(known.text("code"), "aurora");
        tokio::time::sleep(Duration::from_millis(200)).await;
        let remembered = |kind| counted.gauge(&format!("domain_map_hosts{{kind=\"{kind}\"}}"));
        assert_eq!(remembered("known"), Some(1));
        most = remembered("unknown").unwrap().max(most);
    }
    assert!((1..=MOST).contains(&most), "{most} hosts were remembered");
}
