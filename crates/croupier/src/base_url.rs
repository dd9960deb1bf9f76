//! Where others are called: addresses that paths are added to.

use reqwest::Url;

/// Reads one; `example` is shown where it is none.
///
/// # Errors
/// What it must be.
pub(crate) fn base_url(text: &str, example: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|fault| format!("{fault}; it must be like {example}"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err("must begin with http:// or https:// and have a host".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must have no user and no password: none is sent".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(
            "must have no query and no fragment: the protocol's own paths are added to it".to_owned(),
        );
    }
    Ok(url)
}
