//! `X-REQUEST-SIGN`: hexadecimal HMAC-SHA256 of the body's raw bytes, by the token that both sides have.

use croupier_brand::scope::{Mac, ProviderCredential, VerifiedCallback};

use crate::provider::Call;

/// The header's name, as HTTP/2 spells it.
pub(super) const HEADER: &str = "x-request-sign";
/// How the token proves the body.
pub(super) const MAC: Mac = Mac::HmacSha256;

/// The body, if its signature is the provider's.
pub(super) fn verify<'a>(credential: &ProviderCredential, call: &'a Call) -> Option<VerifiedCallback<'a>> {
    credential.verify_mac(MAC, &call.body, call.header(HEADER)?, &call.body)
}
