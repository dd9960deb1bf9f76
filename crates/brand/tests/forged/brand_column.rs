use croupier_brand::tx::BrandColumn;

fn forge(ids: Vec<i32>) -> BrandColumn {
    BrandColumn(ids)
}

fn main() {}
