//! Host canonicalisation: whatever is sent is refused, or becomes a name that stays what it is and that DNS could have.

use arbitrary::{Arbitrary, Unstructured};
use croupier_brand::host::CanonicalHost;
use http::{HeaderMap, HeaderValue, Uri, header};

fn is_canonical(host: &CanonicalHost) {
    let text = host.as_str();
    assert!(!text.is_empty() && text.len() <= 253, "{text:?}");
    assert!(
        text.bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'.'),
        "{text:?}"
    );
    assert!(
        text.split('.').all(|label| (1..=63).contains(&label.len())),
        "{text:?}"
    );
    assert!(text.parse::<std::net::IpAddr>().is_err(), "{text:?}");
    // Once canonical, always canonical: no second spelling leads anywhere else.
    for again in [
        text.to_owned(),
        text.to_uppercase(),
        format!("{text}."),
        format!("{text}:443"),
    ] {
        assert_eq!(CanonicalHost::parse(&again).as_ref(), Ok(host), "{again:?}");
    }
}

/// What is drawn from the bytes.
type Input = (Vec<u8>, Option<Vec<u8>>, Option<String>);

/// Tries one input.
pub fn run(bytes: &[u8]) {
    let Ok(input) = Input::arbitrary_take_rest(Unstructured::new(bytes)) else {
        return;
    };
    let (first, second, target) = input;
    if let Ok(text) = std::str::from_utf8(&first)
        && let Ok(host) = CanonicalHost::parse(text)
    {
        is_canonical(&host);
    }
    let mut headers = HeaderMap::new();
    for value in [Some(first), second.clone()].into_iter().flatten() {
        if let Ok(value) = HeaderValue::from_bytes(&value) {
            headers.append(header::HOST, value);
        }
    }
    let uri: Uri = target.and_then(|target| target.parse().ok()).unwrap_or_default();
    if let Ok(host) = CanonicalHost::of_request(&uri, &headers) {
        is_canonical(&host);
        assert!(headers.len() <= 1, "two hosts gave {host}");
        if let (Some(authority), Some(named)) = (uri.authority(), headers.get(header::HOST)) {
            let both = [authority.as_str(), named.to_str().unwrap()].map(CanonicalHost::parse);
            assert_eq!(both[0], both[1]);
        }
    }
}
