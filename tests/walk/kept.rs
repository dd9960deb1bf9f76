//! All that is kept of a brand, in PostgreSQL and in Redis, to be compared before and after.

use std::collections::BTreeMap;

use croupier::local::{BRANDS, SeedBrand};
use sqlx::Row;

use crate::{books::sql, harness::House};

/// What is kept of one brand: a digest for each table that has brands, and for each of the brand's keys in Redis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept(BTreeMap<String, String>);

impl Kept {
    /// As it is now.
    pub async fn of(house: &House, brand: &SeedBrand) -> Self {
        let mut kept = Self::rows(house, brand).await;
        kept.0.extend(keys(house, brand).await);
        kept
    }

    /// The tables alone.
    pub async fn rows(house: &House, brand: &SeedBrand) -> Self {
        let digests: Vec<_> = tables(house)
            .await
            .iter()
            .map(|table| {
                format!(
                    "SELECT '{table}' AS place, count(*) || ' rows ' || md5(coalesce(string_agg(t::text, ';' ORDER BY t::text), '')) AS digest
                       FROM {table} t WHERE t.brand_id = {}",
                    brand.id
                )
            })
            .collect();
        let rows = sql(house, brand.id, &digests.join(" UNION ALL ")).await;
        Self(
            rows.iter()
                .map(|row| (row.get("place"), row.get("digest")))
                .collect(),
        )
    }

    /// The places in which it is another than `other`.
    #[must_use]
    pub fn differs<'a>(&'a self, other: &'a Self) -> Vec<&'a str> {
        let places = self.0.keys().chain(other.0.keys());
        let mut differ: Vec<_> = places
            .filter(|place| self.0.get(*place) != other.0.get(*place))
            .map(String::as_str)
            .collect();
        differ.dedup();
        differ
    }

    /// The tables and keys of which there is nothing.
    #[must_use]
    pub fn empty(&self) -> Vec<&str> {
        let empty = self.0.iter().filter(|(_, digest)| digest.starts_with("0 rows"));
        empty.map(|(place, _)| place.as_str()).collect()
    }
}

/// Every table that has brands, by the catalogue. A part's rows are its table's.
pub async fn tables(house: &House) -> Vec<String> {
    let named = sqlx::query(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
           JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'brand_id' AND NOT a.attisdropped
          WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1",
    );
    let rows = named.fetch_all(&house.owner).await.unwrap();
    rows.iter().map(|row| row.get("relname")).collect()
}

/// Those of them that the application may read.
pub async fn readable(house: &House) -> Vec<String> {
    let mut readable = tables(house).await;
    let granted = "SELECT table_name::text FROM information_schema.table_privileges WHERE grantee = 'croupier_app' AND privilege_type = 'SELECT'";
    let granted: Vec<String> = sqlx::query_scalar(granted).fetch_all(&house.owner).await.unwrap();
    readable.retain(|table| granted.contains(table));
    readable
}

/// The brand's keys in Redis, whatever their type. A key of no brand at all fails: nothing here is.
async fn keys(house: &House, brand: &SeedBrand) -> BTreeMap<String, String> {
    let client = redis::Client::open(house.local.redis_url.as_str()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let names: Vec<String> = redis::cmd("KEYS")
        .arg("*")
        .query_async(&mut connection)
        .await
        .unwrap();
    let mut keys = BTreeMap::new();
    for name in names {
        assert!(
            name.starts_with("brand:") || name.starts_with("domain:"),
            "a key in Redis that is no brand's: {name}"
        );
        if whose(&name, brand) {
            let value: Vec<u8> = redis::cmd("DUMP")
                .arg(&name)
                .query_async(&mut connection)
                .await
                .unwrap();
            keys.insert(name, hex(&value));
        }
    }
    keys
}

fn whose(key: &str, brand: &SeedBrand) -> bool {
    match key.split_once(':') {
        Some(("brand", rest)) => rest.split(':').next() == Some(&brand.id.to_string()),
        Some(("domain", rest)) => rest.ends_with(&format!(":{}", brand.domain)),
        _ => false,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Keys stay until somebody takes them away: what ends by itself would look like a change.
pub async fn keep_keys(house: &House) {
    let client = redis::Client::open(house.local.redis_url.as_str()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    // Revocations are brought to Redis on a task of their own.
    let began = std::time::Instant::now();
    for brand in BRANDS {
        while !redis::cmd("EXISTS")
            .arg(format!("brand:{}:revoked", brand.id))
            .query_async::<bool>(&mut connection)
            .await
            .unwrap()
        {
            assert!(
                began.elapsed().as_secs() < 20,
                "the revocations never came to Redis"
            );
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    }
    let names: Vec<String> = redis::cmd("KEYS")
        .arg("*")
        .query_async(&mut connection)
        .await
        .unwrap();
    for name in names {
        redis::cmd("PERSIST")
            .arg(name)
            .query_async::<()>(&mut connection)
            .await
            .unwrap();
    }
}
