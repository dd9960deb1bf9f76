//! Forms as an operator reads and writes them: by a library that knows nothing of providers.

use reqwest::Url;

/// A body's parameters, in the order in which they came.
pub struct Form(pub Vec<(String, String)>);

impl Form {
    /// Whatever can be read of it.
    pub fn read(body: &[u8]) -> Self {
        let mut address = empty();
        address.set_query(Some(&String::from_utf8_lossy(body)));
        Self(address.query_pairs().into_owned().collect())
    }

    /// A parameter that says something.
    pub fn text(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }
}

/// Parameters as PHP's `http_build_query` writes them.
pub fn write<'p>(parameters: impl IntoIterator<Item = (&'p str, &'p str)>) -> String {
    let mut address = empty();
    address.query_pairs_mut().extend_pairs(parameters);
    // Browsers leave this one as it is.
    address.query().unwrap_or_default().replace('*', "%2A")
}

fn empty() -> Url {
    Url::parse("http://operator").unwrap()
}
