//! Scope for a provider's callback: its signature first, over the raw bytes, then the account in the
//! body that was verified.
//!
//! Provider credentials are global, so the credential does not tell the brand; the account does,
//! because its beginning is the brand's code.

mod credential;

pub use credential::{CredentialError, Mac, ProviderCredential, ProviderSecret};

use super::BrandScope;
use crate::{
    directory::BrandDirectory,
    enforcement::{Enforcement, Reason, Rejection},
};

/// The body of a callback whose signature was verified. Only a [`ProviderCredential`] makes one.
#[derive(Clone, Copy, Debug)]
pub struct VerifiedCallback<'a> {
    body: &'a [u8],
}

impl<'a> VerifiedCallback<'a> {
    /// The verified bytes.
    #[must_use]
    pub fn body(&self) -> &'a [u8] {
        self.body
    }

    /// The scope of the brand whose code begins `provider_account`, and the brand's own account.
    ///
    /// # Errors
    /// [`Reason::UnknownCallbackBrand`] in every mode: there is no brand to run under.
    pub fn scope<'b>(
        &self,
        directory: &BrandDirectory,
        enforcement: &Enforcement,
        provider_account: &'b str,
    ) -> Result<(BrandScope, &'b str), Rejection> {
        match directory.of_provider_account(provider_account) {
            Some((brand, account)) => Ok((BrandScope::earned(brand), account)),
            None => Err(enforcement.reject(Reason::UnknownCallbackBrand)),
        }
    }
}
