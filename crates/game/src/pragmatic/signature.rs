//! `hash`: hexadecimal MD5 of the call's parameters and the secret that both sides have.
//!
//! Every parameter that came but `hash` itself, those that nobody knows included, decoded, sorted by name and written
//! `name=value` with `&` between them; the secret follows at once. Senders are seen to leave out parameters with
//! nothing in them and to keep them. Both are taken: nothing is what the adapter makes of an empty parameter, too.
//!
//! Nothing in that text is escaped, so a value with an `&` in it could be taken for two parameters: two calls that
//! differ would have one hash. A name with `&` or `=` and a value with `&` are therefore refused.

use croupier_brand::scope::{Mac, ProviderCredential, VerifiedCallback};

use crate::provider::{Call, form::Form};

/// The parameter's name.
pub(super) const HASH: &str = "hash";
/// How the secret proves the rest.
pub(super) const MAC: Mac = Mac::Md5BeforeSecret;

/// The body, if its hash is the provider's.
pub(super) fn verify<'a>(credential: &ProviderCredential, call: &'a Call) -> Option<VerifiedCallback<'a>> {
    let form = Form::parse(&call.body).ok()?;
    let presented = form.optional(HASH)?;
    if presented.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return None;
    }
    let proven =
        |message: Option<String>| credential.verify_mac(MAC, message?.as_bytes(), presented, &call.body);
    // Both are looked at, whatever the first says.
    let (without, with) = (proven(message(&form, false)), proven(message(&form, true)));
    without.or(with)
}

/// What is hashed. None of parameters that could be taken for others.
pub(super) fn message(form: &Form, with_empty: bool) -> Option<String> {
    let mut parameters: Vec<_> = form
        .iter()
        .filter(|(name, value)| *name != HASH && (with_empty || !value.is_empty()))
        .collect();
    if form
        .iter()
        .any(|(name, value)| name.contains(['&', '=']) || value.contains('&'))
    {
        return None;
    }
    parameters.sort_unstable();
    let written: Vec<_> = parameters
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    Some(written.join("&"))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use croupier_brand::scope::ProviderSecret;
    use http::HeaderMap;
    use proptest::prelude::*;

    use super::*;
    use crate::provider::form;

    fn secret() -> ProviderSecret {
        ProviderSecret::parse("testsecret").unwrap()
    }

    fn verifies(body: &str) -> bool {
        let call = Call {
            spec: &crate::pragmatic::CALLS[0],
            uri: "/callbacks/pragmatic/bet.html".parse().unwrap(),
            headers: HeaderMap::new(),
            body: body.as_bytes().to_vec().into(),
        };
        verify(&ProviderCredential::Secrets(vec![secret()]), &call).is_some()
    }

    fn signed(parameters: &[(String, String)]) -> String {
        let body = form::write(
            parameters
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str())),
        );
        let message = message(&Form::parse(body.as_bytes()).unwrap(), false).unwrap();
        format!("{body}&hash={}", secret().prove(MAC, message.as_bytes()))
    }

    /// MD5 of `amount=0.50&gameId=vs50aladdin&unknown=x y&userId=auroraalicetestsecret`, by md5sum.
    #[test]
    fn the_hash_is_of_the_sorted_decoded_parameters_and_the_secret() {
        let hash = "85dccfb171ac3f4f7f3cf879411af7e4";
        let body = |tail: &str| {
            format!("userId=auroraalice&gameId=vs50aladdin&amount=0.50&unknown=x%20y{tail}&hash={hash}")
        };
        assert!(verifies(&body("")));
        assert!(verifies(&body("&platform=")), "what is empty is as good as none");
        for other in [
            body("&more=1"),
            body("").replace("&unknown=x%20y", ""),
            body("").replace("0.50", "0.5"),
            body("").replace("auroraalice", "auroraAlice"),
            body("").replace("&hash", "&Hash"),
            body("").replace(hash, ""),
            body("").replace(hash, &hash.to_uppercase()),
            body(&format!("&hash={hash}")),
        ] {
            assert!(!verifies(&other), "{other}");
        }
    }

    #[test]
    fn empty_parameters_may_be_in_the_hash_too() {
        let hash = secret().prove(MAC, b"amount=1&platform=&userId=u");
        assert!(verifies(&format!("userId=u&platform=&amount=1&hash={hash}")));
        assert!(!verifies(&format!("userId=u&platform=WEB&amount=1&hash={hash}")));
        assert!(!verifies(&format!("userId=u&amount=1&hash={hash}")));
    }

    #[test]
    fn a_value_that_could_be_two_parameters_is_refused() {
        let two = vec![
            ("amount".to_owned(), "10".to_owned()),
            ("bonusCode".to_owned(), "X".to_owned()),
        ];
        let body = signed(&two);
        assert!(verifies(&body));
        let one = body.replace("amount=10&bonusCode=X", "amount=10%26bonusCode%3DX");
        assert_ne!(one, body);
        assert!(!verifies(&one));
        assert!(!verifies(&body.replace("amount=10", "amount%3D10=")));
    }

    proptest! {
        /// Any byte of the body changed, and what is read is another thing or nothing: refused.
        #[test]
        fn one_changed_byte_is_refused(
            parameters in proptest::collection::btree_map("[a-zA-Z]{1,8}", "[a-zA-Z0-9., :]{1,12}", 1..6),
            at in any::<prop::sample::Index>(),
            to in any::<u8>(),
        ) {
            let parameters: Vec<_> = parameters.into_iter().filter(|(name, _)| name != HASH).collect();
            prop_assume!(!parameters.is_empty());
            let body = signed(&parameters);
            prop_assert!(verifies(&body));
            let mut changed = body.clone().into_bytes();
            let at = at.index(changed.len());
            changed[at] = to;
            let Ok(changed) = String::from_utf8(changed) else { return Ok(()) };
            let sorted = |text: &str| Form::parse(text.as_bytes()).map(|form| {
                let mut all: Vec<_> = form.iter().filter(|(_, value)| !value.is_empty())
                    .map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
                all.sort();
                all
            });
            prop_assert!(sorted(&changed) == sorted(&body) || !verifies(&changed), "{changed}");
        }
    }
}
