use std::time::Duration;

use super::*;

fn cheap() -> PasswordCost {
    PasswordCost {
        memory_kib: 1_024,
        passes: 1,
        ..PasswordCost::default()
    }
}

fn brand() -> BrandId {
    BrandId::new(1).unwrap()
}

fn password(text: &str) -> Password {
    Password::parse(text).unwrap()
}

#[test]
fn the_default_is_what_owasp_recommends() {
    let cost = PasswordCost::default();
    assert_eq!((cost.memory_kib, cost.passes, cost.lanes), (19_456, 2, 1));
    assert!(cost.faults().is_empty() && !cost.is_weak());
    for (memory_kib, passes) in [(47_104, 1), (19_456, 2), (12_288, 3), (9_216, 4), (7_168, 5)] {
        assert!(
            !PasswordCost {
                memory_kib,
                passes,
                ..cost
            }
            .is_weak()
        );
        assert!(
            PasswordCost {
                memory_kib: memory_kib / 2,
                passes,
                ..cost
            }
            .is_weak()
        );
    }
}

#[test]
fn settings_out_of_bounds_are_all_named() {
    let cost = PasswordCost {
        memory_kib: 19,
        passes: 0,
        lanes: 0,
        at_once: NonZeroU32::new(5_000),
        waiting: u32::MAX,
    };
    let Err(PlayerError::Settings(faults)) = PasswordHasher::start(cost) else {
        panic!("accepted")
    };
    for (fault, key) in faults
        .iter()
        .zip(["memory_kib", "passes", "lanes", "at_once", "waiting"])
    {
        assert!(fault.starts_with(&format!("password.{key} must be ")), "{fault}");
    }
    assert_eq!(faults.len(), 5);
    // What passes our bounds passes the algorithm's: it wants 8 KiB a lane.
    assert!(PasswordHasher::start(PasswordCost { lanes: 16, ..cheap() }).is_ok());
}

#[tokio::test]
async fn a_hash_is_a_salted_phc_string_of_argon2id() {
    let hasher = PasswordHasher::start(cheap()).unwrap();
    let (one, two) = (
        hasher.hash(brand(), password("correct horse")).await.unwrap(),
        hasher.hash(brand(), password("correct horse")).await.unwrap(),
    );
    assert!(one.starts_with("$argon2id$v=19$m=1024,t=1,p=1$"), "{one}");
    assert_ne!(one, two);
    let right = hasher
        .verify(
            brand(),
            PresentedPassword::new("correct horse"),
            Some(one.clone()),
        )
        .await
        .unwrap();
    assert_eq!(right, Verdict::Right { renewed: None });
    for wrong in ["correct hors", "correct horse ", "Correct horse", ""] {
        assert_eq!(
            hasher
                .verify(brand(), PresentedPassword::new(wrong), Some(one.clone()))
                .await
                .unwrap(),
            Verdict::Wrong
        );
    }
}

#[tokio::test]
async fn a_published_hash_verifies() {
    // The reference implementation's own test: argon2id, v=19, m=65536, t=2, p=1, "password", "somesalt".
    let stored = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
    let hasher = PasswordHasher::start(cheap()).unwrap();
    let verdict = hasher
        .verify(
            brand(),
            PresentedPassword::new("password"),
            Some(stored.to_owned()),
        )
        .await
        .unwrap();
    assert!(matches!(verdict, Verdict::Right { renewed: Some(_) }));
}

#[tokio::test]
async fn every_path_runs_exactly_one_verification() {
    let hasher = PasswordHasher::start(cheap()).unwrap();
    let stored = hasher.hash(brand(), password("correct horse")).await.unwrap();
    assert_eq!(hasher.verifications(), 0);
    for (made, (presented, stored)) in (1..).zip([
        ("correct horse", Some(stored.clone())),
        ("wrong horse!!", Some(stored)),
        ("correct horse", None),
        ("", None),
    ]) {
        hasher
            .verify(brand(), PresentedPassword::new(presented), stored)
            .await
            .unwrap();
        assert_eq!(hasher.verifications(), made);
    }
}

#[tokio::test]
async fn nobodys_hash_has_the_same_parameters_and_lets_nobody_in() {
    let hasher = PasswordHasher::start(cheap()).unwrap();
    let real = hasher.hash(brand(), password("correct horse")).await.unwrap();
    let params = |phc: &str| phc.rsplitn(3, '$').last().unwrap().to_owned();
    assert_eq!(params(&hasher.0.dummy), params(&real));
    assert_eq!(hasher.0.dummy.len(), real.len());

    let known = PasswordHasher(Arc::new(Inner {
        argon2: hasher.0.argon2.clone(),
        dummy: real,
        queue: hasher.0.queue.clone(),
        verifications: AtomicU64::new(0),
    }));
    // Even its own password is wrong.
    assert_eq!(
        known
            .verify(brand(), PresentedPassword::new("correct horse"), None)
            .await
            .unwrap(),
        Verdict::Wrong
    );
}

#[tokio::test]
async fn a_hash_of_other_parameters_is_renewed_when_the_password_is_right() {
    let (old, new) = (
        PasswordHasher::start(cheap()).unwrap(),
        PasswordHasher::start(PasswordCost { passes: 2, ..cheap() }).unwrap(),
    );
    let stored = old.hash(brand(), password("correct horse")).await.unwrap();
    assert_eq!(
        new.verify(brand(), PresentedPassword::new("wrong"), Some(stored.clone()))
            .await
            .unwrap(),
        Verdict::Wrong
    );
    let verdict = new
        .verify(brand(), PresentedPassword::new("correct horse"), Some(stored))
        .await
        .unwrap();
    let Verdict::Right {
        renewed: Some(renewed),
    } = verdict
    else {
        panic!("{verdict:?}")
    };
    assert!(renewed.contains("t=2"), "{renewed}");
    let again = new
        .verify(brand(), PresentedPassword::new("correct horse"), Some(renewed))
        .await
        .unwrap();
    assert_eq!(again, Verdict::Right { renewed: None });
}

#[tokio::test]
async fn a_stored_text_that_is_no_hash_is_our_fault() {
    let hasher = PasswordHasher::start(cheap()).unwrap();
    for stored in [
        "",
        "plain",
        "$argon2id$",
        "$argon2id",
        "$argon2id$v=19$m=1024,t=1,p=1",
        "$argon2id$v=19$m=1024,t=1,p=1$c29tZXNhbHQ",
    ] {
        let verdict = hasher
            .verify(brand(), PresentedPassword::new("x"), Some(stored.to_owned()))
            .await;
        assert!(
            matches!(verdict, Err(PlayerError::Unreadable(_))),
            "{stored:?} {verdict:?}"
        );
    }
}

#[tokio::test]
async fn beyond_the_queue_the_answer_is_busy_at_once() {
    let hasher = PasswordHasher::start(PasswordCost {
        at_once: NonZeroU32::new(1),
        waiting: 1,
        ..cheap()
    })
    .unwrap();
    let (release, held) = std::sync::mpsc::channel::<()>();
    let first = tokio::spawn({
        let hasher = hasher.clone();
        async move {
            hasher
                .run(brand(), move |_| held.recv().map_err(|_| PlayerError::HashThread))
                .await
        }
    });
    let second = tokio::spawn({
        let hasher = hasher.clone();
        async move { hasher.hash(brand(), password("correct horse")).await }
    });
    while hasher.0.queue.load() != (1, 1) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert!(matches!(
        hasher.hash(brand(), password("correct horse")).await,
        Err(PlayerError::Busy)
    ));
    assert!(matches!(
        hasher.verify(brand(), PresentedPassword::new("x"), None).await,
        Err(PlayerError::Busy)
    ));

    // Its caller hangs up; the thread still has its place.
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    assert_eq!(hasher.0.queue.load(), (1, 1));
    assert!(matches!(
        hasher.hash(brand(), password("correct horse")).await,
        Err(PlayerError::Busy)
    ));

    release.send(()).unwrap();
    assert!(second.await.unwrap().is_ok());
    assert!(hasher.hash(brand(), password("correct horse")).await.is_ok());
}

#[tokio::test]
async fn who_leaves_the_queue_makes_room() {
    let hasher = PasswordHasher::start(PasswordCost {
        at_once: NonZeroU32::new(1),
        waiting: 1,
        ..cheap()
    })
    .unwrap();
    let running = hasher.0.queue.place(brand()).await.ok().unwrap();
    let waiting = tokio::time::timeout(
        Duration::from_millis(5),
        hasher.hash(brand(), password("correct horse")),
    )
    .await;
    assert!(waiting.is_err());
    assert_eq!(hasher.0.queue.load(), (1, 0));
    drop(running);
    assert!(hasher.hash(brand(), password("correct horse")).await.is_ok());
}

#[tokio::test]
async fn no_password_and_no_hash_is_shown() {
    let hasher = PasswordHasher::start(cheap()).unwrap();
    let stored = hasher.hash(brand(), password("correct horse")).await.unwrap();
    let verdict = Verdict::Right {
        renewed: Some(stored.clone()),
    };
    let fault = hasher
        .verify(
            brand(),
            PresentedPassword::new("correct horse"),
            Some("correct horse".to_owned()),
        )
        .await
        .unwrap_err();
    let shown = format!("{hasher:?} {verdict:?} {fault:?} {fault}");
    assert!(!shown.contains("horse") && !shown.contains("$argon2"), "{shown}");
}
