use std::{fs, os::unix::fs::PermissionsExt, process::Command};

use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::*;
use crate::{
    clock::Clock,
    token::{Audience, OperatorClaims, TokenError, TokenVerifier},
};

const LIFE: Duration = Duration::hours(1);
const PUBLISHED: Duration = Duration::minutes(10);

/// A folder with one key, a clock, and a process that signs and one that verifies.
struct House {
    dir: KeyDir,
    clock: Clock,
    signer: KeyRing,
    verifier: KeyRing,
}

impl Drop for House {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(self.dir.path());
    }
}

fn kid(text: &str) -> Kid {
    Kid::parse(text).unwrap()
}

fn house() -> House {
    let dir = KeyDir::new(std::env::temp_dir().join(format!("croupier-keys-{}", Uuid::new_v4())));
    let clock = Clock::manual(OffsetDateTime::UNIX_EPOCH + Duration::days(20_000));
    dir.generate(&kid("old"), clock.now()).unwrap();
    House {
        signer: KeyRing::open(dir.clone(), Halves::Both, clock.clone()).unwrap(),
        verifier: KeyRing::open(dir.clone(), Halves::Public, clock.clone()).unwrap(),
        dir,
        clock,
    }
}

impl House {
    fn token(&self) -> String {
        let now = self.clock.unix_seconds();
        self.signer
            .sign(&OperatorClaims {
                iss: "house".to_owned(),
                aud: OperatorClaims::AUDIENCE.to_owned(),
                admin_id: "olga".to_owned(),
                jti: Uuid::nil(),
                iat: now,
                exp: now + LIFE.whole_seconds(),
            })
            .unwrap()
    }

    fn verify(&self, token: &str) -> Result<(), TokenError> {
        TokenVerifier::new(self.verifier.clone(), "house", self.clock.clone())
            .verify::<OperatorClaims>(token)
            .map(|_| ())
    }

    fn reload(&self) {
        for ring in [&self.signer, &self.verifier] {
            let reloaded = ring.reload().unwrap();
            assert!(reloaded.faults.is_empty(), "{:?}", reloaded.faults);
        }
    }

    fn signs(&self) -> String {
        self.signer.signs().unwrap().to_string()
    }

    fn kids(&self) -> Vec<String> {
        self.verifier.public().kids().map(Kid::to_string).collect()
    }

    fn retire(&self, key: &str, force: bool) -> Result<Retired, KeyError> {
        self.dir.retire(&kid(key), LIFE, force, self.clock.now())
    }
}

#[test]
fn a_key_is_known_before_it_signs_and_until_its_last_token_has_ended() {
    let house = house();
    let before = house.token();
    house
        .dir
        .rotate(&kid("new"), house.clock.now() + PUBLISHED)
        .unwrap();
    house.reload();
    assert_eq!(
        (house.kids(), house.signs()),
        (vec!["new".to_owned(), "old".to_owned()], "old".to_owned())
    );
    assert!(matches!(house.retire("old", false), Err(KeyError::Signs(_))));

    // Its time comes without the folder being read again.
    house.clock.advance(PUBLISHED - Duration::seconds(1));
    let last = house.token();
    house.clock.advance(Duration::seconds(1));
    assert_eq!(house.signs(), "new");
    for token in [&before, &last, &house.token()] {
        assert_eq!(house.verify(token), Ok(()));
    }
    // The last token of the old key ends an hour later; a minute more for clocks that differ.
    house.clock.advance(Duration::minutes(60));
    assert_eq!(house.verify(&last), Err(TokenError::Expired));
    let in_a_minute = house.clock.now() + Duration::minutes(1);
    assert!(matches!(
        house.retire("old", false),
        Err(KeyError::InUse { left: 60..=61, until, .. }) if until == in_a_minute
    ));
    house.clock.advance(Duration::minutes(1));
    let retired = house.retire("old", false).unwrap();
    assert_eq!((retired.tokens_until, retired.signs), (None, Some(kid("new"))));
    assert!(!house.dir.private_path(&kid("old")).exists() && !house.dir.public_path(&kid("old")).exists());
    assert_eq!(
        house.verify(&last),
        Err(TokenError::Expired),
        "until it is read anew"
    );
    house.reload();
    assert_eq!(house.kids(), ["new"]);
    assert_eq!(house.verify(&last), Err(TokenError::UnknownKey));
    assert_eq!(house.verify(&house.token()), Ok(()));
}

#[test]
fn what_is_needed_is_not_retired_and_what_somebody_else_has_can_be() {
    let house = house();
    for force in [false, true] {
        assert!(matches!(house.retire("old", force), Err(KeyError::Last(..))));
        assert!(matches!(house.retire("none", force), Err(KeyError::Unknown(_))));
    }
    let stolen = house.token();
    house
        .dir
        .rotate(&kid("new"), house.clock.now() + PUBLISHED)
        .unwrap();
    house.reload();
    // The new key has not begun; without the old one it begins at once.
    let retired = house.retire("old", true).unwrap();
    assert_eq!(
        (retired.tokens_until, retired.signs),
        (
            Some(house.clock.now() + LIFE + Duration::minutes(1)),
            Some(kid("new"))
        )
    );
    house.reload();
    assert_eq!(house.verify(&stolen), Err(TokenError::UnknownKey));
    assert_eq!(house.verify(&house.token()), Ok(()));

    // One that was made by mistake and never signed goes without more ado, until it is about to sign.
    house
        .dir
        .rotate(&kid("newer"), house.clock.now() + Duration::hours(2))
        .unwrap();
    assert_eq!(house.retire("newer", false).unwrap().tokens_until, None);
    house
        .dir
        .rotate(&kid("newer"), house.clock.now() + Duration::seconds(59))
        .unwrap();
    assert!(matches!(house.retire("newer", false), Err(KeyError::Signs(_))));
    // Where only its public half would be left, nothing could sign.
    fs::remove_file(house.dir.private_path(&kid("newer"))).unwrap();
    assert!(matches!(house.retire("new", true), Err(KeyError::Last(..))));
    let empty = KeyDir::new(house.dir.path().join("empty"));
    fs::create_dir(empty.path()).unwrap();
    assert!(matches!(
        empty.rotate(&kid("k"), house.clock.now()),
        Err(KeyError::NoSigningKey(_))
    ));
}

#[test]
fn a_folder_of_public_halves_knows_as_much() {
    let house = house();
    house
        .dir
        .rotate(&kid("new"), house.clock.now() + PUBLISHED)
        .unwrap();
    let copy = KeyDir::new(house.dir.path().join("copy"));
    fs::create_dir(copy.path()).unwrap();
    for key in ["old", "new"] {
        fs::copy(house.dir.public_path(&kid(key)), copy.public_path(&kid(key))).unwrap();
    }
    let retire = || copy.retire(&kid("old"), LIFE, false, house.clock.now());
    assert!(matches!(retire(), Err(KeyError::Signs(_))));
    house.clock.advance(PUBLISHED);
    assert!(matches!(retire(), Err(KeyError::InUse { .. })));
    house.clock.advance(LIFE + Duration::minutes(1));
    assert!(retire().is_ok());
    assert_eq!(copy.list().unwrap().len(), 1);
}

#[test]
fn an_accident_on_the_disk_signs_nobody_out() {
    let house = house();
    let token = house.token();
    let hidden = house.dir.path().with_extension("away");
    let (public, private) = (
        house.dir.public_path(&kid("old")),
        house.dir.private_path(&kid("old")),
    );
    let still_good = |what: &str| {
        assert_eq!(house.verify(&token), Ok(()), "{what}");
        assert_eq!(house.verify(&house.token()), Ok(()), "{what}");
    };
    // The folder away, empty, and with something else in place of the key.
    fs::rename(house.dir.path(), &hidden).unwrap();
    assert!(matches!(house.verifier.reload(), Err(KeyError::Io { .. })));
    assert!(matches!(house.signer.reload(), Err(KeyError::Io { .. })));
    still_good("away");
    fs::create_dir(house.dir.path()).unwrap();
    assert!(matches!(house.signer.reload(), Err(KeyError::Empty(_))));
    still_good("empty");
    fs::remove_dir(house.dir.path()).unwrap();
    fs::rename(&hidden, house.dir.path()).unwrap();
    let (good_public, good_private) = (fs::read(&public).unwrap(), fs::read(&private).unwrap());
    for broken in [&b"nonsense"[..], &good_public[..40], &good_private, b""] {
        fs::write(&public, broken).unwrap();
        for ring in [&house.signer, &house.verifier] {
            let reloaded = ring.reload().unwrap();
            assert!(
                !reloaded.changed && matches!(reloaded.faults[..], [KeyError::NotAKey(_)]),
                "{reloaded:?}"
            );
        }
        still_good("a broken public half");
    }
    fs::write(&public, &good_public).unwrap();
    fs::write(&private, "nonsense").unwrap();
    assert_eq!(house.signer.reload().unwrap().faults.len(), 1);
    assert_eq!(
        house.verifier.reload().unwrap().faults.len(),
        0,
        "it does not open it"
    );
    still_good("a broken private half");
    fs::write(&private, &good_private).unwrap();
    fs::set_permissions(&private, fs::Permissions::from_mode(0o640)).unwrap();
    assert!(matches!(
        house.signer.reload().unwrap().faults[..],
        [KeyError::Exposed(_)]
    ));
    still_good("a private half for others to read");
    // At start nothing is passed over, but by who does not read it.
    let open = |halves| KeyRing::open(house.dir.clone(), halves, house.clock.clone());
    assert!(matches!(open(Halves::Both), Err(KeyError::Exposed(_))));
    assert!(open(Halves::Public).is_ok());
}

#[test]
fn a_key_whose_halves_do_not_belong_together_signs_nothing() {
    let house = house();
    let other = self::house();
    let new = kid("new");
    let from = house.dir.rotate(&new, house.clock.now()).unwrap();
    assert_eq!(
        from,
        house.clock.now() + Duration::seconds(1),
        "after the one that began now"
    );
    house.clock.advance(Duration::seconds(1));
    house.reload();
    assert_eq!(house.signs(), "new");
    let foreign = fs::read(other.dir.public_path(&kid("old"))).unwrap();
    fs::write(house.dir.public_path(&new), foreign).unwrap();
    assert!(matches!(
        house.signer.reload().unwrap().faults[..],
        [KeyError::NotAPair(_)]
    ));
    house.verifier.reload().unwrap();
    assert_eq!(house.signs(), "old", "what can be verified signs");
    assert_eq!(house.verify(&house.token()), Ok(()));
    assert!(matches!(
        KeyRing::open(house.dir.clone(), Halves::Both, house.clock.clone()),
        Err(KeyError::NotAPair(_))
    ));
}

#[test]
fn a_key_appears_whole_and_never_in_place_of_another() {
    let house = house();
    let files = || {
        let mut names: Vec<_> = fs::read_dir(house.dir.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    let before = (files(), fs::read(house.dir.private_path(&kid("old"))).unwrap());
    for half in [
        house.dir.private_path(&kid("old")),
        house.dir.public_path(&kid("old")),
    ] {
        assert!(matches!(
            house.dir.generate(&kid("old"), house.clock.now()),
            Err(KeyError::Exists(path)) if path.exists()
        ));
        fs::rename(&half, half.with_extension("kept")).unwrap();
        assert!(
            house.dir.generate(&kid("old"), house.clock.now()).is_err(),
            "one half is there"
        );
        fs::rename(half.with_extension("kept"), &half).unwrap();
    }
    assert_eq!(
        (files(), fs::read(house.dir.private_path(&kid("old"))).unwrap()),
        before,
        "nothing is left behind"
    );
    // Who reads the folder all the while never finds a part of a key.
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let ring = house.signer.clone();
    let reader = std::thread::spawn(move || {
        let mut reads = 0;
        while stopped.try_recv().is_err() {
            let reloaded = ring.reload().unwrap();
            assert!(reloaded.faults.is_empty(), "{:?}", reloaded.faults);
            reads += 1;
        }
        reads
    });
    for number in 0..6 {
        house
            .dir
            .rotate(&kid(&format!("k{number}")), house.clock.now())
            .unwrap();
    }
    stop.send(()).unwrap();
    assert!(reader.join().unwrap() > 0);
    house.reload();
    assert_eq!(house.signer.public().kids().count(), 7);
}

#[test]
fn a_time_that_is_none_is_a_fault_and_an_old_file_has_none() {
    let house = house();
    let path = house.dir.public_path(&kid("old"));
    let text = fs::read_to_string(&path).unwrap();
    assert!(
        text.starts_with("croupier-signs-from: 2024-10-04T00:00:00Z\n-----BEGIN PUBLIC KEY-----"),
        "{text}"
    );
    fs::write(&path, text.replace("2024", "soon")).unwrap();
    assert!(matches!(house.dir.list(), Err(KeyError::Time(_))));
    fs::write(&path, &text[text.find("-----BEGIN").unwrap()..]).unwrap();
    assert_eq!(house.dir.list().unwrap()[0].signs_from, None);
    assert_eq!(house.dir.public_keys().unwrap().kids().count(), 1);
}

/// Writes both halves of a key of so many bits, as an operator who makes one by other means would.
fn made_elsewhere(dir: &KeyDir, kid: &Kid, bits: u32) {
    let (private, public) = (dir.private_path(kid), dir.public_path(kid));
    let openssl = |arguments: &[&str]| {
        let made = Command::new("openssl").args(arguments).output().unwrap();
        assert!(made.status.success(), "{made:?}");
    };
    let size = format!("rsa_keygen_bits:{bits}");
    let (private, public) = (private.to_str().unwrap(), public.to_str().unwrap());
    openssl(&["genpkey", "-algorithm", "RSA", "-pkeyopt", &size, "-out", private]);
    openssl(&["pkey", "-in", private, "-pubout", "-out", public]);
    fs::set_permissions(private, fs::Permissions::from_mode(0o600)).unwrap();
}

#[test]
fn a_key_that_could_verify_nothing_is_refused_when_it_is_read() {
    let house = house();
    let (old, new) = (kid("old"), kid("elsewhere"));
    for half in [house.dir.private_path(&old), house.dir.public_path(&old)] {
        fs::remove_file(half).unwrap();
    }
    for (bits, good) in [
        (1024, false),
        (2041, false),
        (2047, false),
        (2048, true),
        (2049, true),
    ] {
        made_elsewhere(&house.dir, &new, bits);
        let open = |halves| KeyRing::open(house.dir.clone(), halves, house.clock.clone()).map(drop);
        for read in [
            open(Halves::Public),
            open(Halves::Both),
            house.dir.public_keys().map(drop),
            house.dir.signing_key(house.clock.now()).map(drop),
        ] {
            match read {
                Ok(()) => assert!(good, "{bits}"),
                Err(fault) => {
                    assert!(matches!(fault, KeyError::NotAKey(_)) && !good, "{bits}: {fault}");
                    assert!(fault.to_string().contains("2048 to 8192 bits"), "{fault}");
                }
            }
        }
        if good {
            house.reload();
            assert_eq!(house.verify(&house.token()), Ok(()), "{bits}");
        }
    }
}
