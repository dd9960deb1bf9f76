//! What providers call players: codes that begin one another never come to be, however many try at once.

use croupier_brand::{
    BrandCode, Clock, Currency,
    global::{self, GlobalError, NewBrand},
};
use tokio::task::JoinSet;

use crate::harness::House;

#[tokio::test]
async fn iso_56_of_codes_that_begin_one_another_one_comes_to_be_however_many_are_written_at_once() {
    let house = House::open().await;
    let pool = sqlx::postgres::PgPoolOptions::new()
        .max_connections(12)
        .connect(&house.local.owner_url)
        .await
        .unwrap();
    // Each family: every code begins, or is begun by, another of it; the families are strangers.
    let families = ["zeta", "yara", "xeno"];
    let codes = families.into_iter().flat_map(|family| {
        (2..=family.len())
            .map(move |at| family[..at].to_owned())
            .chain(["a", "b1", "b1c"].map(|tail| format!("{family}{tail}")))
    });
    let mut writing = JoinSet::new();
    for code in codes.chain(["aur".to_owned(), "auroraa".to_owned(), "bonanza1".to_owned()]) {
        let pool = pool.clone();
        writing.spawn(async move {
            let brand = NewBrand {
                id: None,
                code: BrandCode::parse(&code).unwrap(),
                name: code.clone(),
                currency: Currency::parse("EUR").unwrap(),
                theme: serde_json::json!({}),
            };
            // Numbers are given by the order of writing, so two at once may want one number: that is asked again.
            loop {
                match global::insert_brand(&pool, &brand, Clock::system().now()).await {
                    Err(GlobalError::Database(_)) => tokio::task::yield_now().await,
                    ended => return (code, ended.map(|_| ())),
                }
            }
        });
    }
    let mut refused = 0;
    while let Some(ended) = writing.join_next().await {
        let (code, ended) = ended.unwrap();
        if let Err(fault) = ended {
            assert!(fault.to_string().contains("prefix"), "{code}: {fault}");
            refused += 1;
        }
    }
    let there: Vec<_> = global::all_brands(&house.owner)
        .await
        .unwrap()
        .into_iter()
        .map(|brand| brand.code.to_string())
        .collect();
    for (at, one) in there.iter().enumerate() {
        for (with, other) in there.iter().enumerate() {
            assert!(
                at == with || !one.starts_with(other.as_str()),
                "{one} begins with {other}"
            );
        }
    }
    for family in families {
        assert!(
            there.iter().any(|code| code.starts_with(&family[..2])),
            "{family}: {there:?}"
        );
    }
    assert!(refused >= 3 + families.len(), "{refused} refused, {there:?}");
}
