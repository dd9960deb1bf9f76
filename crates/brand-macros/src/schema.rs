//! Which tables are brand-scoped, read from the migrations.
//!
//! A table is scoped when the migrations give it a `brand_id` column; a view, when it shows one. The
//! statements are read token by token: only what makes, changes or drops a table or a view matters,
//! and the rest of a migration may be anything.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use sqlparser::{
    dialect::PostgreSqlDialect,
    tokenizer::{Token, Tokenizer},
};

/// The column that makes a table scoped.
pub(crate) const BRAND_ID: &str = "brand_id";

/// What the migrations say.
#[derive(Clone, Debug, Default)]
pub(crate) struct Schema {
    tables: BTreeMap<String, bool>,
    /// Named unique constraints whose first column is the brand.
    brand_constraints: BTreeSet<String>,
    files: Vec<String>,
}

impl Schema {
    /// Reads the `migrations` folder of `dir` or of the nearest folder above it that has one.
    pub(crate) fn near(dir: &Path) -> Result<Self, String> {
        let folder = dir
            .ancestors()
            .map(|dir| dir.join("migrations"))
            .find(|folder| folder.is_dir());
        let folder =
            folder.ok_or_else(|| format!("no migrations folder in {} or above it", dir.display()))?;
        let fault = |fault| format!("{}: {fault}", folder.display());
        let mut files: Vec<PathBuf> = Vec::new();
        for entry in fs::read_dir(&folder).map_err(fault)? {
            let path = entry.map_err(fault)?.path();
            if path.extension().is_some_and(|extension| extension == "sql") {
                files.push(path);
            }
        }
        files.sort();
        let mut schema = Self::default();
        for file in files {
            schema
                .read(&fs::read_to_string(&file).map_err(fault)?)
                .map_err(|fault| format!("{}: {fault}", file.display()))?;
            schema.files.push(file.display().to_string());
        }
        Ok(schema)
    }

    /// The files that were read.
    pub(crate) fn files(&self) -> &[String] {
        &self.files
    }

    /// Whether a table is scoped; none when there is no such table.
    pub(crate) fn is_scoped(&self, table: &str) -> Option<bool> {
        self.tables.get(table).copied()
    }

    /// Whether a named constraint speaks of one brand's rows.
    pub(crate) fn begins_with_brand(&self, constraint: &str) -> bool {
        self.brand_constraints.contains(constraint)
    }

    /// Reads one migration.
    pub(crate) fn read(&mut self, sql: &str) -> Result<(), String> {
        let tokens = Tokenizer::new(&PostgreSqlDialect {}, sql)
            .tokenize()
            .map_err(|fault| fault.to_string())?;
        let tokens: Vec<Token> = tokens
            .into_iter()
            .filter(|token| !matches!(token, Token::Whitespace(_)))
            .collect();
        for statement in tokens.split(|token| *token == Token::SemiColon) {
            self.read_statement(&Words(statement));
        }
        Ok(())
    }

    fn read_statement(&mut self, words: &Words<'_>) {
        let mut at = words.skip(0, &["create", "alter", "drop"]);
        at = words.skip(
            at,
            &[
                "or",
                "replace",
                "unlogged",
                "temporary",
                "temp",
                "recursive",
                "materialized",
            ],
        );
        let verb = words.word(0);
        match (verb.as_deref(), words.word(at).as_deref()) {
            (Some("create"), Some("table")) => {
                let (name, after) = words.name(at + 1);
                self.create_table(words, name, after);
            }
            (Some("create"), Some("view")) => {
                let (name, after) = words.name(at + 1);
                let shows_brand =
                    (after..words.0.len()).any(|at| words.word(at).as_deref() == Some(BRAND_ID));
                self.tables.insert(name, shows_brand);
            }
            (Some("alter"), Some("table")) => {
                let (name, after) = words.name(at + 1);
                self.alter_table(words, &name, after);
            }
            (Some("drop"), Some("table" | "view")) => {
                self.tables.remove(&words.name(at + 1).0);
            }
            _ => {}
        }
    }

    fn create_table(&mut self, words: &Words<'_>, name: String, after: usize) {
        if words.word(after).as_deref() == Some("partition") {
            let parent = self
                .tables
                .get(&words.name(after + 2).0)
                .copied()
                .unwrap_or(false);
            self.tables.insert(name, parent);
            return;
        }
        let items = words.items(after);
        let scoped = items
            .iter()
            .any(|item| words.word(item.start).as_deref() == Some(BRAND_ID));
        for item in items {
            if words.word(item.start).as_deref() == Some("constraint") {
                let constraint = words.word(item.start + 1).unwrap_or_default();
                let brand_first = item
                    .clone()
                    .find(|at| words.0[*at] == Token::LParen)
                    .and_then(|at| words.word(at + 1));
                let unique = matches!(words.word(item.start + 2).as_deref(), Some("unique" | "primary"));
                if unique && brand_first.as_deref() == Some(BRAND_ID) {
                    self.brand_constraints.insert(constraint);
                }
            }
        }
        self.tables.insert(name, scoped);
    }

    fn alter_table(&mut self, words: &Words<'_>, name: &str, after: usize) {
        let says = |text: &[&str]| {
            (after..words.0.len()).any(|at| {
                text.iter()
                    .enumerate()
                    .all(|(step, word)| words.word(at + step).as_deref() == Some(word))
            })
        };
        if says(&["add", "column", BRAND_ID])
            || says(&["add", BRAND_ID])
            || says(&["add", "column", "if", "not", "exists", BRAND_ID])
        {
            self.tables.insert(name.to_owned(), true);
        }
        if words.word(after).as_deref() == Some("rename")
            && words.word(after + 1).as_deref() == Some("to")
            && let Some(scoped) = self.tables.remove(name)
        {
            self.tables.insert(words.name(after + 2).0, scoped);
        }
    }
}

/// A statement's tokens, read as words.
struct Words<'a>(&'a [Token]);

impl Words<'_> {
    fn word(&self, at: usize) -> Option<String> {
        match self.0.get(at)? {
            Token::Word(word) if word.quote_style.is_some() => Some(word.value.clone()),
            Token::Word(word) => Some(word.value.to_lowercase()),
            _ => None,
        }
    }

    fn skip(&self, mut at: usize, words: &[&str]) -> usize {
        while self.word(at).is_some_and(|word| words.contains(&word.as_str())) {
            at += 1;
        }
        at
    }

    /// The name at `at`, without its schema, and what follows it.
    fn name(&self, at: usize) -> (String, usize) {
        let mut at = self.skip(at, &["if", "not", "exists", "only"]);
        let mut name = self.word(at).unwrap_or_default();
        while self.0.get(at + 1) == Some(&Token::Period) {
            at += 2;
            name = self.word(at).unwrap_or_default();
        }
        (name, at + 1)
    }

    /// The items between the next parentheses, as ranges of tokens.
    fn items(&self, from: usize) -> Vec<std::ops::Range<usize>> {
        let (mut items, mut depth, mut start) = (Vec::new(), 0_usize, None);
        for at in from..self.0.len() {
            match &self.0[at] {
                Token::LParen => {
                    depth += 1;
                    if depth == 1 {
                        start = Some(at + 1);
                    }
                }
                Token::RParen => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        items.extend(start.take().map(|start| start..at));
                        return items;
                    }
                }
                Token::Comma if depth == 1 => items.extend(start.replace(at + 1).map(|start| start..at)),
                _ => {}
            }
        }
        items
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn schema(sql: &str) -> Schema {
        let mut schema = Schema::default();
        schema.read(sql).unwrap();
        schema
    }

    #[test]
    fn a_table_is_scoped_when_it_has_the_column_itself() {
        let schema = schema(
            "-- a comment; with a semicolon
             CREATE TABLE IF NOT EXISTS public.player (brand_id integer NOT NULL, account text CHECK (account <> ';'), PRIMARY KEY (brand_id, account));
             CREATE TABLE brand (id integer, code text DEFAULT 'brand_id');
             CREATE TABLE note (x int REFERENCES player (brand_id), CHECK (x > 0));
             CREATE VIEW posting WITH (security_invoker = true) AS SELECT brand_id FROM player;
             CREATE TABLE late (x int); ALTER TABLE late ADD COLUMN brand_id integer;
             CREATE TABLE gone (brand_id int); DROP TABLE gone;
             CREATE TABLE part PARTITION OF player FOR VALUES IN (1);
             DO $$ BEGIN CREATE TABLE hidden (brand_id int); END $$;",
        );
        for (table, scoped) in [
            ("player", Some(true)),
            ("brand", Some(false)),
            ("note", Some(false)),
            ("posting", Some(true)),
            ("late", Some(true)),
            ("gone", None),
            ("part", Some(true)),
        ] {
            assert_eq!(schema.is_scoped(table), scoped, "{table}");
        }
    }

    #[test]
    fn constraints_that_begin_with_the_brand_are_known_by_name() {
        let schema = schema(
            "CREATE TABLE player (brand_id int, account text,
                CONSTRAINT taken UNIQUE (brand_id, account), CONSTRAINT other UNIQUE (account), CONSTRAINT positive CHECK (brand_id > 0))",
        );
        assert!(schema.begins_with_brand("taken"));
        assert!(!schema.begins_with_brand("other") && !schema.begins_with_brand("positive"));
    }

    #[test]
    fn the_houses_own_migrations_are_read() {
        let schema = Schema::near(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
        for table in [
            "player",
            "player_session",
            "wallet_account",
            "wallet_ledger",
            "game_session",
            "wallet_posting",
            "wallet_command",
            "wallet_ledger_rest",
        ] {
            assert_eq!(schema.is_scoped(table), Some(true), "{table}");
        }
        for table in ["brand", "game"] {
            assert_eq!(schema.is_scoped(table), Some(false), "{table}");
        }
        assert!(!schema.files().is_empty());
    }
}
