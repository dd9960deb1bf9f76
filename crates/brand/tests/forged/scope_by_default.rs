use croupier_brand::BrandScope;

fn forge() -> BrandScope {
    Default::default()
}

fn main() {}
