//! The shape of the tree: who may know whom, and what stands nowhere.

use std::{collections::BTreeSet, fs, path::Path};

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// The crates of the house that a crate names in its manifest, `[dev-dependencies]` aside.
fn knows(name: &str) -> BTreeSet<String> {
    let text = fs::read_to_string(root().join("crates").join(name).join("Cargo.toml")).unwrap();
    let manifest: toml::Table = text.parse().unwrap();
    let dependencies = manifest["dependencies"].as_table().unwrap();
    dependencies
        .keys()
        .filter_map(|key| key.strip_prefix("croupier-"))
        .map(str::to_owned)
        .collect()
}

#[test]
fn dependencies_point_one_way() {
    let allowed: [(&str, &[&str]); 7] = [
        ("brand-macros", &[]),
        ("brand", &["brand-macros"]),
        ("gateway", &["brand"]),
        ("wallet", &["brand"]),
        ("player", &["brand"]),
        ("game", &["brand", "wallet"]),
        ("croupier", &["brand", "gateway", "wallet", "player", "game"]),
    ];
    let there: BTreeSet<String> = fs::read_dir(root().join("crates"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(
        there,
        allowed.iter().map(|(name, _)| (*name).to_owned()).collect(),
        "a crate that this test does not know"
    );
    for (name, may_know) in allowed {
        let may_know: BTreeSet<String> = may_know.iter().map(|name| (*name).to_owned()).collect();
        assert!(knows(name).is_subset(&may_know), "{name} knows {:?}", knows(name));
    }
}

fn sources(dir: &Path, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push((path.display().to_string(), fs::read_to_string(&path).unwrap()));
        }
    }
}

#[test]
fn sql_stands_only_where_it_may() {
    let mut files = Vec::new();
    sources(&root().join("crates"), &mut files);
    assert!(files.len() > 50);
    for (path, text) in files {
        let may = [
            // What must not compile.
            "brand-macros/",
            "/repo.rs",
            "/repo/",
            "brand/src/global",
            "brand/src/tx/",
            "brand/src/scope/operator.rs",
            "brand/src/token/revocation.rs",
            "croupier/src/servers/",
            "croupier/src/migrate.rs",
            "croupier/src/journal/",
            "croupier/src/doctor",
        ];
        let sql = |line: &str| {
            let says = |word| line.contains(word);
            // Each of the brand's macros, and text that is taken for a statement.
            let checked = ["brand_query", "brand_read", "brand_set_", "global_query"];
            let text = ["sqlx::query", "raw_sql(", "AssertSqlSafe("];
            checked.into_iter().any(says) && says("!(") || text.into_iter().any(says)
        };
        let has = text
            .lines()
            .any(|line| !line.trim_start().starts_with("//") && sql(line));
        assert!(
            !has || may.iter().any(|place| path.contains(place)),
            "{path} holds SQL"
        );
    }
}

#[test]
fn lints_are_expected_with_a_reason_never_allowed() {
    let mut files = Vec::new();
    sources(&root().join("crates"), &mut files);
    for (path, text) in files {
        assert!(
            !text.contains("#[allow(") && !text.contains("#![allow("),
            "{path}"
        );
    }
}

/// `{a,b}` in a path, each by itself.
fn spelled_out(path: &str) -> Vec<String> {
    let Some((before, rest)) = path.split_once('{') else {
        return vec![path.to_owned()];
    };
    let (choices, after) = rest.split_once('}').unwrap();
    let whole = choices
        .split(',')
        .map(|choice| format!("{before}{choice}{after}"));
    whole.flat_map(|path| spelled_out(&path)).collect()
}

#[test]
fn every_file_that_the_map_names_is_there() {
    let map = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let quoted = map.split('`').skip(1).step_by(2);
    let places = [
        "crates/",
        "docs/",
        "tests/",
        "bench/",
        "migrations/",
        "script/",
        "fuzz/",
        "deploy/",
    ];
    let named: BTreeSet<_> = quoted
        .filter(|text| places.iter().any(|place| text.starts_with(place)) && !text.contains([' ', '*']))
        .flat_map(spelled_out)
        .collect();
    assert!(named.len() > 20, "{named:?}");
    let missing: Vec<_> = named.iter().filter(|path| !root().join(path).exists()).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn providers_ids_are_read_and_made_in_one_place() {
    for protocol in &croupier_game::provider::PROTOCOLS {
        let mut files = Vec::new();
        sources(
            &root().join("crates/game/src").join(protocol.spec.name),
            &mut files,
        );
        assert!(files.len() > 5, "{protocol:?}");
        for (path, text) in files {
            let code = text.split("#[cfg(test)]").next().unwrap();
            assert!(
                !code.contains("TransactionId::"),
                "{path} makes an id by itself: provider::Ids is for that"
            );
        }
    }
}
