use croupier_brand::BrandScope;

fn is_written<T: serde::Serialize>() {}

fn send() {
    is_written::<BrandScope>();
}

fn main() {}
