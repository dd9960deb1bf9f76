//! A provider's account: it leads to one brand or to none, and what it leads to composes back to it.

use std::sync::LazyLock;

use arbitrary::{Arbitrary, Unstructured};
use croupier_brand::{Brand, BrandCode, BrandId, BrandStatus, Currency, directory::Brands};

/// No code is a prefix of another, as the database keeps it; near misses on purpose.
const CODES: [&str; 8] = [
    "aurora",
    "aurorb",
    "bo",
    "bp",
    "c0",
    "c1c1c1c1c1c1c1c1",
    "zz9",
    "z9z",
];

static BRANDS: LazyLock<Brands> = LazyLock::new(|| {
    CODES
        .iter()
        .zip(1..)
        .map(|(code, id)| Brand {
            id: BrandId::new(id).unwrap(),
            code: BrandCode::parse(code).unwrap(),
            name: (*code).to_owned(),
            currency: Currency::parse("EUR").unwrap(),
            status: BrandStatus::Active,
            theme: serde_json::Value::Null,
        })
        .collect()
});

/// What is drawn from the bytes.
type Input = (u8, String, String);

/// Tries one input.
pub fn run(bytes: &[u8]) {
    let Ok(input) = Input::arbitrary_take_rest(Unstructured::new(bytes)) else {
        return;
    };
    let (chosen, lead, rest) = input;
    // As it came, and behind a code that there is.
    let code = CODES[usize::from(chosen) % CODES.len()];
    for sent in [format!("{lead}{rest}"), format!("{code}{lead}{rest}")] {
        let meant: Vec<&str> = CODES.into_iter().filter(|code| sent.starts_with(code)).collect();
        assert!(meant.len() <= 1);
        match BRANDS.of_provider_account(&sent) {
            Some((brand, account)) => {
                assert!(!account.is_empty());
                assert_eq!(format!("{}{account}", brand.code), sent);
                assert_eq!(meant, [brand.code.as_str()]);
            }
            // Nobody's, or a code with nobody behind it.
            None => assert!(meant.is_empty() || meant == [sent.as_str()], "{sent:?}"),
        }
    }
}
