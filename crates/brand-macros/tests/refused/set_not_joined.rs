use croupier_brand_macros::brand_set_query;

fn main() {
    let _ = brand_set_query!(
        tx,
        brands,
        "SELECT w.brand_id, w.version
           FROM unnest($1::int[], $2::uuid[]) AS item (brand_id, player_id)
           JOIN wallet_account w ON w.player_id = item.player_id",
        &players
    );
}
