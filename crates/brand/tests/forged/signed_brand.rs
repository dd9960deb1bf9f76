use croupier_brand::{BrandId, signature::{SignedBrand, Version}};

fn forge(brand: BrandId) -> SignedBrand {
    SignedBrand { brand, caller: "gateway".to_owned(), request_id: uuid::Uuid::nil(), version: Version::V2 }
}

fn main() {}
