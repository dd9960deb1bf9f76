//! `authToken` in the query: the secret that both sides have, sent along. It proves who calls and nothing of what is said.

use croupier_brand::scope::{Mac, ProviderCredential, VerifiedCallback};
use reqwest::Url;

use crate::provider::Call;

/// The parameter's name.
pub(super) const PARAMETER: &str = "authToken";
/// How the token proves the call.
pub(super) const MAC: Mac = Mac::Shown;

/// The body, if the query shows the provider's token, once.
pub(super) fn verify<'a>(credential: &ProviderCredential, call: &'a Call) -> Option<VerifiedCallback<'a>> {
    credential.verify_mac(MAC, &[], &shown(call.uri.query()?)?, &call.body)
}

/// The token, if the query has it once.
fn shown(query: &str) -> Option<String> {
    // A query is read as part of an address; any will do.
    let mut address = Url::parse("http://localhost/").ok()?;
    address.set_query(Some(query));
    let mut tokens = address.query_pairs().filter(|(name, _)| name == PARAMETER);
    match (tokens.next(), tokens.next()) {
        (Some((_, only)), None) => Some(only.into_owned()),
        _ => None,
    }
}

/// A path with the token in its query.
pub(super) fn with(path: &str, token: &str) -> String {
    let Ok(mut address) = Url::parse("http://localhost/") else {
        return path.to_owned();
    };
    address.query_pairs_mut().append_pair(PARAMETER, token);
    let sign = if path.contains('?') { '&' } else { '?' };
    format!("{path}{sign}{}", address.query().unwrap_or_default())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use croupier_brand::scope::ProviderSecret;
    use proptest::prelude::*;

    use super::*;
    use crate::evolution::CALLS;

    fn holds(secret: &str, target: &str) -> bool {
        let call = Call {
            spec: &CALLS[0],
            uri: target.parse().unwrap(),
            headers: http::HeaderMap::new(),
            body: b"{}".to_vec().into(),
        };
        let secret = ProviderSecret::parse(secret).unwrap();
        verify(&ProviderCredential::Secrets(vec![secret]), &call).is_some()
    }

    #[test]
    fn the_token_is_shown_once_and_whole() {
        let secret = "tokenoftheprovider";
        for good in [
            "/x?authToken=tokenoftheprovider",
            "/x?a=1&authToken=tokenoftheprovider&b",
            "/x?authToken=%74okenoftheprovider",
        ] {
            assert!(holds(secret, good), "{good}");
        }
        for bad in [
            "/x",
            "/x?",
            "/x?authToken",
            "/x?authToken=",
            "/x?authToken=tokenoftheprovide",
            "/x?authToken=tokenoftheproviderr",
            "/x?authToken=Tokenoftheprovider",
            "/x?authtoken=tokenoftheprovider",
            "/x?authToken=tokenoftheprovider&authToken=tokenoftheprovider",
            "/x?authToken=tokenoftheprovider&authToken=other",
            "/x?a=authToken=tokenoftheprovider",
            "/tokenoftheprovider?x=tokenoftheprovider",
        ] {
            assert!(!holds(secret, bad), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_secret_is_shown_and_read_and_no_other(secret in "[!-~]{8,40}", at in any::<prop::sample::Index>(), byte in b'!'..=b'~') {
            prop_assert!(holds(&secret, &with("/x", &secret)));
            prop_assert!(holds(&secret, &with("/x?a=1", &secret)));
            let mut other = secret.clone().into_bytes();
            other[at.index(secret.len())] = byte;
            let other = String::from_utf8(other).unwrap();
            prop_assert_eq!(holds(&secret, &with("/x", &other)), other == secret);
        }
    }
}
