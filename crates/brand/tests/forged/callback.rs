use croupier_brand::scope::VerifiedCallback;

fn forge(body: &[u8]) -> VerifiedCallback<'_> {
    VerifiedCallback { body }
}

fn main() {}
