//! Whose an event is: its envelope says so, and nothing else does.

use croupier_brand::{
    BrandScope, Clock,
    directory::BrandDirectory,
    enforcement::{Enforcement, Mode, Reason, Rejection},
    scope::{Envelope, Worker},
};
use serde_json::{Value, json};

use crate::harness::House;

struct Stream {
    directory: BrandDirectory,
}

impl Stream {
    async fn of(house: &House) -> Self {
        Self {
            directory: BrandDirectory::start(house.owner.clone()).await.unwrap(),
        }
    }

    fn worker(&self, mode: Mode, default_brand: Option<&str>) -> Worker {
        let enforcement = Enforcement::new(mode, "test");
        Worker::new(
            enforcement,
            self.directory.clone(),
            default_brand.map(str::to_owned),
        )
    }
}

fn event(version: u32, brand: Option<i64>) -> Envelope {
    Envelope {
        schema_version: version,
        event_id: Clock::system().new_id(),
        kind: "test.happened".to_owned(),
        brand_id: brand,
        at: Clock::system().now(),
        // What a payload says of a brand is never a source of scope.
        payload: json!({ "brand_id": 2, "player": "mallory" }),
    }
}

fn brand(scope: Result<BrandScope, Rejection>) -> Result<i32, Reason> {
    scope
        .map(|scope| scope.id().get())
        .map_err(|Rejection(reason)| reason)
}

#[tokio::test]
async fn an_event_is_its_envelopes_brands_and_an_old_one_the_default_brands_while_that_passes() {
    let house = House::open().await;
    let stream = Stream::of(&house).await;
    let modes = [Mode::Off, Mode::Observe, Mode::Enforce];
    for mode in modes {
        for default in [None, Some("aurora"), Some("nobodys")] {
            let worker = stream.worker(mode, default);
            let heard = |version, number| brand(worker.scope(&event(version, number)));
            // One worker, event after event: none leaves its brand to the next.
            assert_eq!(heard(2, Some(1)), Ok(1), "{mode} {default:?}");
            assert_eq!(heard(2, Some(2)), Ok(2), "{mode} {default:?}");
            assert_eq!(heard(3, Some(1)), Ok(1), "{mode} {default:?}");
            assert_eq!(
                heard(2, None),
                Err(Reason::EventLegacySchema),
                "{mode} {default:?}"
            );
            for nobodys in [0, -1, 3, i64::MAX] {
                assert_eq!(
                    heard(2, Some(nobodys)),
                    Err(Reason::CrossBrandTarget),
                    "{mode} {nobodys}"
                );
            }
            let old = match (mode, default) {
                (Mode::Off | Mode::Observe, Some("aurora")) => Ok(1),
                _ => Err(Reason::EventLegacySchema),
            };
            assert_eq!(heard(1, None), old, "{mode} {default:?}");
            // A brand in an old envelope was put there by somebody whom no rule bound.
            assert_eq!(heard(1, Some(2)), old, "{mode} {default:?}");
        }
    }
}

#[tokio::test]
async fn what_a_worker_reads_is_an_envelope_or_nothing() {
    let house = House::open().await;
    let stream = Stream::of(&house).await;
    let scope = stream
        .worker(Mode::Enforce, None)
        .scope(&event(2, Some(1)))
        .unwrap();
    let clock = Clock::system();
    let written = Envelope::of(
        &scope,
        clock.new_id(),
        "wallet.bet_placed",
        clock.now(),
        json!({}),
    );
    let good = serde_json::to_value(&written).unwrap();
    assert_eq!(serde_json::from_value::<Envelope>(good.clone()).unwrap(), written);
    for (field, bad) in [
        ("brand_id", json!("1")),
        ("brand_id", json!([1])),
        ("brand_id", json!(1.5)),
        ("schema_version", json!("2")),
        ("schema_version", Value::Null),
        ("event_id", json!("x")),
        ("at", json!(0)),
        ("brand", json!(1)),
    ] {
        let mut changed = good.clone();
        changed[field] = bad;
        assert!(
            serde_json::from_value::<Envelope>(changed.clone()).is_err(),
            "{changed}"
        );
    }
    let twice = good.to_string().replacen('{', r#"{"brand_id":2,"#, 1);
    assert!(serde_json::from_str::<Envelope>(&twice).is_err(), "{twice}");
}
