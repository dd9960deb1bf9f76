use croupier_brand_macros::brand_set_query;

fn main() {
    let _ = brand_set_query!(
        tx,
        brands,
        "INSERT INTO token_revocation (brand_id, session_id, expires_at)
         SELECT 2, item.session_id, now() FROM unnest($1::int[], $2::uuid[]) AS item (brand_id, session_id)",
        &sessions
    );
}
