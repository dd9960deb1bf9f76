use croupier_brand::BrandScope;

fn is_read<T: serde::de::DeserializeOwned>() {}

fn forge() {
    is_read::<BrandScope>();
}

fn main() {}
