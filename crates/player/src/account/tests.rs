use proptest::prelude::*;

use super::*;

#[test]
fn names_are_folded_and_dots_stand_anywhere() {
    for (text, name) in [
        ("bob", "bob"),
        ("BoB_7", "bob_7"),
        (".bob.", ".bob."),
        ("...", "..."),
        ("A.B_C.9", "a.b_c.9"),
        ("___", "___"),
    ] {
        assert_eq!(AccountName::parse(text).unwrap().as_str(), name);
    }
    assert!(AccountName::parse(&"a".repeat(32)).is_ok());
}

#[test]
fn other_names_are_refused_and_told_what_is_accepted() {
    let long = "a".repeat(33);
    let bad = [
        "",
        "ab",
        &long,
        "bo b",
        " bob",
        "bob ",
        "bob\n",
        "bob\0",
        "bob-by",
        "böb",
        "bob@x",
        "\u{212A}ate",
        "ｂｏｂ",
        "bob/..",
        "b,o",
    ];
    for text in bad {
        let fault = AccountName::parse(text).unwrap_err().to_string();
        assert!(fault.contains("a-z") && fault.contains("3 to 32"), "{text:?}");
    }
}

#[test]
fn passwords_are_counted_in_characters() {
    assert!(Password::parse("пароль1234").is_ok());
    assert!(Password::parse("🎰🎰🎰🎰🎰🎰🎰🎰🎰🎰").is_ok());
    assert!(Password::parse(&"é".repeat(128)).is_ok());
    for bad in [
        "",
        "123456789",
        "🎰🎰🎰",
        &"x".repeat(129),
        &"é".repeat(129),
        &"x".repeat(1 << 16),
    ] {
        assert_eq!(Password::parse(bad).unwrap_err(), InvalidPassword::Length);
    }
}

#[test]
fn a_password_is_not_its_account_in_any_case() {
    let account = AccountName::parse("Long_Account").unwrap();
    for same in ["long_account", "LONG_ACCOUNT", "Long_Account"] {
        let refused = Registration::new(account.clone(), Password::parse(same).unwrap());
        assert_eq!(refused.unwrap_err(), InvalidPassword::IsAccount);
    }
    assert!(Registration::new(account, Password::parse("long_account!").unwrap()).is_ok());
}

#[test]
fn email_addresses_look_like_email_addresses() {
    let local = "l".repeat(64);
    let longest = format!(
        "{local}@{}.{}.{}.com",
        "d".repeat(63),
        "d".repeat(63),
        "d".repeat(57)
    );
    assert_eq!(longest.len(), 254);
    for good in [
        "a@b.co",
        "first.last+tag@sub.example.com",
        "O'Neil@example.org",
        "x@xn--bcher-kva.example",
        &longest,
    ] {
        assert_eq!(Email::parse(good).unwrap().as_str(), good);
    }
    let too_long = longest.replace(".com", "x.com");
    let bad = [
        "",
        "@",
        "a@",
        "@b.co",
        "a@b",
        "a@@b.co",
        "a@b@c.co",
        "a b@c.co",
        "a@b c.co",
        "a@.co",
        "a@b..co",
        "a@b.",
        "a@-b.co",
        "a@b-.co",
        "a\n@b.co",
        "a\0@b.co",
        "\"a\"@b.co",
        "a@[127.0.0.1]",
        "ä@b.co",
        "a@bü.co",
        &too_long,
        &format!("{local}l@b.co"),
    ];
    for text in bad {
        assert!(Email::parse(text).is_err(), "{text:?}");
    }
}

#[test]
fn nothing_secret_or_personal_is_shown() {
    let secret = "correct horse battery";
    let registration = Registration::new(
        AccountName::parse("bob").unwrap(),
        Password::parse(secret).unwrap(),
    )
    .unwrap()
    .with_email(Some(Email::parse("bob@example.com").unwrap()));
    let shown = format!(
        "{registration:?} {registration:#?} {:?}",
        PresentedPassword::new(secret)
    );
    assert!(
        !shown.contains("horse") && !shown.contains("example.com"),
        "{shown}"
    );
    assert!(!InvalidPassword::Length.to_string().contains("horse"));
}

proptest! {
    #[test]
    fn a_name_that_is_accepted_is_what_the_database_accepts(text in "\\PC{0,40}") {
        if let Ok(name) = AccountName::parse(&text) {
            prop_assert!((3..=32).contains(&name.as_str().len()));
            prop_assert!(name.as_str().bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.')));
            prop_assert_eq!(AccountName::parse(name.as_str()).unwrap(), name);
        }
    }

    #[test]
    fn every_name_of_the_alphabet_is_accepted_whatever_its_case(text in "[a-zA-Z0-9_.]{3,32}") {
        let folded = AccountName::parse(&text).unwrap();
        prop_assert_eq!(AccountName::parse(&text.to_ascii_uppercase()).unwrap(), folded.clone());
        prop_assert_eq!(folded.as_str(), text.to_ascii_lowercase());
    }

    #[test]
    fn one_foreign_character_refuses_a_name(before in "[a-z]{1,10}", foreign in "[^a-zA-Z0-9_.]", after in "[a-z]{1,10}") {
        let text = format!("{before}{foreign}{after}");
        prop_assert!(AccountName::parse(&text).is_err());
    }

    #[test]
    fn a_password_is_its_length_and_no_more(text in any::<String>()) {
        prop_assert_eq!(Password::parse(&text).is_ok(), (10..=128).contains(&text.chars().count()));
    }

    #[test]
    fn long_passwords_are_judged_by_their_length(chars in proptest::collection::vec(any::<char>(), 0..200)) {
        let text: String = chars.iter().collect();
        prop_assert_eq!(Password::parse(&text).is_ok(), (10..=128).contains(&chars.len()));
    }

    #[test]
    fn an_accepted_address_fits_its_column(text in "[a-z.+]{0,70}@[a-z.-]{0,200}") {
        if let Ok(email) = Email::parse(&text) {
            prop_assert!((3..=254).contains(&email.as_str().chars().count()));
            prop_assert!(!email.as_str().contains(|c: char| c.is_control() || c.is_whitespace()));
        }
    }
}
