//! The canonical form of a request's host: what the domain map is asked with.
//!
//! Lower case, no port, no trailing dot, IDNA to ASCII (UTS 46, as browsers do it). Anything odd is
//! refused rather than repaired: two Hosts, an authority that differs from the Host, user info,
//! control bytes, an IP address. A host is never shortened: `www.` and other sub-domains are
//! domains of their own and inherit nothing.

use std::{fmt, net::IpAddr};

use http::{HeaderMap, StatusCode, Uri, header};

use crate::http::problem::Problem;

/// A host name in canonical form.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CanonicalHost(String);

/// Why a host was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HostError {
    /// No `Host` header and no authority (RFC 9112, 3.2).
    #[error("is missing")]
    Missing,
    /// More than one `Host`.
    #[error("appears more than once")]
    Repeated,
    /// The request target's authority is not the `Host`.
    #[error("differs from the request's authority")]
    Differs,
    /// Not a host name with an optional port.
    #[error("must be a host name, with a port at most")]
    Malformed,
    /// An IP address: it never stands for a brand.
    #[error("must be a domain, not an IP address")]
    IpAddress,
}

impl From<HostError> for Problem {
    fn from(fault: HostError) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "invalid_host",
            "The request names no usable host.",
        )
        .with_error("Host", fault.to_string())
    }
}

/// The longest name DNS allows, in its text form (RFC 1035, 2.3.4).
const MAX_LEN: usize = 253;

impl CanonicalHost {
    /// Reads `name`, `name:port`, in any case, with at most one trailing dot.
    ///
    /// # Errors
    /// [`HostError::Malformed`] or [`HostError::IpAddress`].
    pub fn parse(text: &str) -> Result<Self, HostError> {
        if text.starts_with('[') {
            return Err(HostError::IpAddress);
        }
        let name = match text.split_once(':') {
            None => text,
            Some((name, port)) if is_port(port) => name,
            Some(_) => return Err(HostError::Malformed),
        };
        let odd = |c: char| c.is_control() || c.is_whitespace() || "@/\\?#,%:[]".contains(c);
        if name.is_empty() || name.len() > 4 * MAX_LEN || name.chars().any(odd) {
            return Err(HostError::Malformed);
        }
        let ascii = idna::domain_to_ascii_cow(name.as_bytes(), idna::AsciiDenyList::URL)
            .map_err(|_| HostError::Malformed)?;
        let host = ascii.strip_suffix('.').unwrap_or(&ascii);
        if looks_like_ip(host) {
            return Err(HostError::IpAddress);
        }
        if host.len() > MAX_LEN || !host.split('.').all(is_label) {
            return Err(HostError::Malformed);
        }
        Ok(Self(host.to_owned()))
    }

    /// The host of a request: its one `Host` header, or an HTTP/2 request's authority. Where both
    /// are there they must agree.
    ///
    /// # Errors
    /// [`HostError`].
    pub fn of_request(uri: &Uri, headers: &HeaderMap) -> Result<Self, HostError> {
        let mut hosts = headers.get_all(header::HOST).iter();
        let host = hosts.next();
        if hosts.next().is_some() {
            return Err(HostError::Repeated);
        }
        let host = host
            .map(|value| {
                value
                    .to_str()
                    .map_err(|_| HostError::Malformed)
                    .and_then(Self::parse)
            })
            .transpose()?;
        let authority = uri
            .authority()
            .map(|authority| Self::parse(authority.as_str()))
            .transpose()?;
        match (host, authority) {
            (Some(host), Some(authority)) if host != authority => Err(HostError::Differs),
            (Some(host), _) | (None, Some(host)) => Ok(host),
            (None, None) => Err(HostError::Missing),
        }
    }

    /// The canonical text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CanonicalHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_port(text: &str) -> bool {
    (1..=5).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && text.parse::<u16>().is_ok_and(|port| port > 0)
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// A last label of digits, or of hexadecimal after `0x`, is an IPv4 address to a URL parser
/// (WHATWG URL, "ends in a number"), however few its parts are.
fn looks_like_ip(host: &str) -> bool {
    let last = host.rsplit('.').next().unwrap_or(host);
    let number = !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit());
    let hex = last
        .strip_prefix("0x")
        .is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
    number || hex || host.parse::<IpAddr>().is_ok()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn canonical(text: &str) -> Result<String, HostError> {
        CanonicalHost::parse(text).map(|host| host.0)
    }

    #[test]
    fn iso_01_case_is_folded() {
        assert_eq!(canonical("AuRoRa.LocalHost").unwrap(), "aurora.localhost");
    }

    #[test]
    fn iso_02_one_trailing_dot_is_dropped() {
        assert_eq!(canonical("aurora.localhost.").unwrap(), "aurora.localhost");
        assert_eq!(canonical("aurora.localhost.:8080").unwrap(), "aurora.localhost");
        assert!(canonical("aurora.localhost..").is_err());
        assert!(canonical(".").is_err());
    }

    #[test]
    fn iso_03_a_port_is_dropped_and_a_bad_one_refused() {
        assert_eq!(canonical("aurora.localhost:443").unwrap(), "aurora.localhost");
        for bad in [
            "aurora.localhost:99999",
            "aurora.localhost:",
            "aurora.localhost:0",
            "aurora.localhost:+1",
            "a:1:2",
            ":80",
        ] {
            assert_eq!(canonical(bad), Err(HostError::Malformed), "{bad}");
        }
    }

    #[test]
    fn iso_04_unicode_and_punycode_agree_and_a_homoglyph_is_another_name() {
        assert_eq!(
            canonical("bücher.example").unwrap(),
            canonical("XN--BCHER-KVA.example").unwrap()
        );
        assert_eq!(
            canonical("ｂücher．example").unwrap(),
            canonical("bücher.example").unwrap()
        );
        // Cyrillic а in place of the Latin letter.
        assert_ne!(canonical("\u{430}urora.localhost").unwrap(), "aurora.localhost");
    }

    #[test]
    fn iso_05_odd_bytes_are_refused() {
        for bad in [
            "a@b",
            "a b",
            " a",
            "a\0b",
            "a,b",
            "a/b",
            "a%2eb",
            "a\tb",
            "",
            "a..b",
            "-a.b",
            "a-.b",
            "a_b.c",
            "a\u{200b}.\u{0}",
        ] {
            assert_eq!(canonical(bad), Err(HostError::Malformed), "{bad:?}");
        }
        assert_eq!(
            canonical(&format!("{}.example", "a".repeat(64))),
            Err(HostError::Malformed)
        );
        assert_eq!(canonical(&"a.".repeat(2_000)), Err(HostError::Malformed));
    }

    #[test]
    fn iso_06_two_hosts_are_refused() {
        let mut headers = HeaderMap::new();
        headers.append(header::HOST, HeaderValue::from_static("aurora.localhost"));
        headers.append(header::HOST, HeaderValue::from_static("aurora.localhost"));
        assert_eq!(
            CanonicalHost::of_request(&Uri::from_static("/"), &headers),
            Err(HostError::Repeated)
        );
    }

    #[test]
    fn iso_07_iso_08_an_authority_must_be_the_host() {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_static("aurora.localhost"));
        let same = Uri::from_static("http://AURORA.localhost:80/x");
        let other = Uri::from_static("http://bonanza.localhost/x");
        assert!(CanonicalHost::of_request(&same, &headers).is_ok());
        assert_eq!(
            CanonicalHost::of_request(&other, &headers),
            Err(HostError::Differs)
        );
        assert_eq!(
            CanonicalHost::of_request(&other, &HeaderMap::new())
                .unwrap()
                .as_str(),
            "bonanza.localhost"
        );
    }

    #[test]
    fn iso_10_ip_addresses_are_no_hosts() {
        for ip in [
            "127.0.0.1",
            "127.0.0.1:8080",
            "[::1]",
            "[::1]:80",
            "127.1",
            "2130706433",
            "0x7f.1",
            "1.2.3.4.",
        ] {
            assert_eq!(canonical(ip), Err(HostError::IpAddress), "{ip}");
        }
    }

    #[test]
    fn iso_16_no_host_at_all_is_refused() {
        assert_eq!(
            CanonicalHost::of_request(&Uri::from_static("/"), &HeaderMap::new()),
            Err(HostError::Missing)
        );
    }

    proptest::proptest! {
        #[test]
        fn iso_05_canonical_form_is_a_fixed_point(text in "\\PC{0,80}") {
            if let Ok(host) = CanonicalHost::parse(&text) {
                proptest::prop_assert_eq!(CanonicalHost::parse(host.as_str()), Ok(host));
            }
        }
    }
}
