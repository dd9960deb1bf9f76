//! A statement, and the ways in which it is given another brand's values.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use serde_json::Value;

use super::{
    parameters::{self, Catalogue, Kind, Parameters, field},
    stage::{Act, Rows},
};

/// Scoped tables that are read before there is a scope, to earn one.
const READ_BY_ALL: [&str; 1] = ["brand_domain"];

/// What parameters stand for that are neither compared with a column nor written to one: a part of the statement,
/// the parameter, its value, and why it is no id.
pub const NAMED: [(&str, usize, &str, &str); 15] = [
    (
        "item.rules = (SELECT coalesce(max(newest.version), 0) FROM wallet_topology",
        5010,
        "1",
        "the version of the brand's document that was decided by",
    ),
    (
        "reference_id, asks, n)",
        2006,
        "true",
        "whether the brand's newest document is asked for with this order",
    ),
    (
        "INSERT INTO journal_seal",
        5,
        "'0'",
        "the first transaction of which entries are sealed",
    ),
    (
        "INSERT INTO journal_seal",
        6,
        "'9000000000'",
        "the last transaction of which entries are sealed",
    ),
    (
        "ORDER BY entry.xid, entry.n LIMIT $5",
        4,
        "'9000000000'",
        "the last transaction of which entries are asked for",
    ),
    (
        "ORDER BY entry.xid, entry.n LIMIT $5",
        5,
        "100",
        "how many rows are asked for",
    ),
    (
        "ORDER BY made.at LIMIT $5",
        5,
        "100",
        "how many rows are asked for",
    ),
    (
        "ORDER BY version DESC LIMIT $5",
        5,
        "100",
        "how many rows are asked for",
    ),
    (
        "ORDER BY request.tried_at LIMIT $4",
        4,
        "100",
        "how many rows are asked for",
    ),
    (
        "ORDER BY created_at DESC LIMIT $5",
        5,
        "100",
        "how many rows are asked for",
    ),
    (
        "ORDER BY ended.expires_at LIMIT $3",
        3,
        "100",
        "how many rows are removed",
    ),
    (
        "ORDER BY session_id LIMIT $4",
        3,
        "'infinity'",
        "before when a session has to be over",
    ),
    (
        "ORDER BY session_id LIMIT $4",
        4,
        "100",
        "how many rows are looked at",
    ),
    (
        "ORDER BY launch.token LIMIT $4",
        3,
        "'infinity'",
        "before when a launch has to be over",
    ),
    (
        "ORDER BY launch.token LIMIT $4",
        4,
        "100",
        "how many rows are looked at",
    ),
];

/// Parameters that a row's column has to be later than, which its own moment is not: a part of the statement, and the
/// parameter. They are given a moment before all.
pub const EARLIER: [(&str, usize); 2] = [
    ("ended_at IS NULL AND expires_at > $2", 2),
    ("ended_at IS NULL AND expires_at > $3", 3),
];

/// A statement and what is known of it.
#[derive(Debug)]
pub struct Statement {
    /// Its text.
    pub sql: String,
    /// The types of its parameters.
    pub types: Vec<Kind>,
    /// What its parameters stand for.
    pub parameters: Parameters,
    /// Whether it is a read that sets row security for itself.
    pub reads: bool,
}

/// The statements of the repositories.
pub fn prepared(catalogue: &Catalogue) -> Vec<Statement> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../.sqlx"));
    let mut statements = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        let file: Value = serde_json::from_str(&text).unwrap();
        let sql = file["query"].as_str().unwrap();
        let types = file["describe"]["parameters"]["Left"].as_array().unwrap();
        let types = types.iter().map(kind).collect();
        statements.push(Statement::read(sql, types, catalogue));
    }
    statements.sort_by(|a, b| a.sql.cmp(&b.sql));
    statements
}

/// A parameter's type, as sqlx describes it.
fn kind(described: &Value) -> Kind {
    described.as_str().map_or_else(
        || {
            let row = &described["Custom"]["kind"]["Array"]["Custom"];
            Kind::Rows {
                of: row["name"].as_str().unwrap().to_owned(),
                fields: row["kind"]["Composite"].as_array().unwrap().len(),
            }
        },
        |name| Kind::Plain(type_name(name)),
    )
}

/// PostgreSQL's name of a type, from sqlx's.
fn type_name(sqlx: &str) -> String {
    let (element, array) = sqlx
        .strip_suffix("Array")
        .map_or((sqlx, ""), |element| (element, "[]"));
    format!("{}{array}", element.to_lowercase())
}

impl Statement {
    /// Reads a statement.
    pub fn read(sql: &str, types: Vec<Kind>, catalogue: &Catalogue) -> Self {
        let parameters = Parameters::of(sql, &types, catalogue);
        Self {
            sql: sql.to_owned(),
            // What `brand_read!` and `brand_set_read!` make of their SELECT.
            reads: sql.contains("croupier_scope($1)")
                || (sql.contains("croupier_scopes($") && !parameters.writes),
            parameters,
            types,
        }
    }

    /// Whether it touches rows of brands.
    pub fn is_scoped(&self, scoped: &[String]) -> bool {
        let brands = |table: &String| scoped.contains(table) && !READ_BY_ALL.contains(&table.as_str());
        self.parameters.tables.iter().any(brands)
    }

    /// The parameters that tell it its brand, which the macros bind.
    pub fn brands(&self) -> BTreeSet<usize> {
        let of_brand =
            |columns: &BTreeSet<parameters::Column>| columns.iter().any(|(_, column)| column == "brand_id");
        let parameters = self.parameters.columns.iter();
        let single = parameters
            .filter(|(_, columns)| of_brand(columns))
            .map(|(parameter, _)| *parameter);
        single.chain(self.parameters.sets.iter().copied()).collect()
    }

    /// The acts in which it is given the values of each row of `rows` in turn.
    pub fn acts(&self, brand: i64, rows: &BTreeMap<String, Rows>) -> Vec<Act> {
        let brands = self.brands();
        let tables: BTreeSet<_> = self
            .parameters
            .columns
            .iter()
            .filter(|(parameter, _)| !brands.contains(parameter))
            .flat_map(|(_, columns)| columns.iter().map(|(table, _)| table.clone()))
            .collect();
        let act = |table: &str, row: &BTreeMap<String, String>| {
            let of_row = |number: usize| {
                let columns = &self.parameters.columns[&number];
                let from_row = columns
                    .iter()
                    .find(|(from, _)| from == table)
                    .map(|(_, column)| &row[column]);
                let from_any = || {
                    let (table, column) = columns.first()?;
                    rows[table].first().map(|row| &row[column])
                };
                from_row.or_else(from_any).cloned()
            };
            let numbers = self.parameters.columns.keys().copied();
            let given = numbers
                .chain(self.parameters.expected.iter().copied())
                .map(|number| (number, self.given(number, &brands, brand, of_row)))
                .collect();
            Act {
                sql: self.sql.clone(),
                types: self.types.iter().map(Kind::name).collect(),
                values: self.values(&given),
                given,
                brand,
                reads: self.reads,
                settings: String::new(),
            }
        };
        if tables.is_empty() {
            return vec![act("", &BTreeMap::new())];
        }
        let each = tables
            .iter()
            .flat_map(|table| rows[table].iter().map(move |row| (table, row)));
        each.map(|(table, row)| act(table, row)).collect()
    }

    /// Whether it has this parameter, that a row's column has to be later than.
    pub fn has(&self, (part, _): &(&str, usize)) -> bool {
        flat(&self.sql).contains(part)
    }

    fn given(
        &self,
        number: usize,
        brands: &BTreeSet<usize>,
        brand: i64,
        of_row: impl Fn(usize) -> Option<String>,
    ) -> String {
        if brands.contains(&number) {
            brand.to_string()
        } else if self.parameters.expected.contains(&number) {
            "1".to_owned()
        } else if let Some((_, _, named, _)) = named(&self.sql, number) {
            (*named).to_owned()
        } else if EARLIER
            .iter()
            .any(|earlier| self.has(earlier) && earlier.1 == number)
        {
            "'-infinity'".to_owned()
        } else {
            of_row(number).unwrap_or_else(|| panic!("no value for ${number}: {}", self.sql))
        }
    }

    /// The parameters, made of what they are given. The arrays that rows are made of are one item long.
    pub fn values(&self, given: &BTreeMap<usize, String>) -> Vec<String> {
        let value = |(number, kind): (usize, &Kind)| match kind {
            Kind::Rows { of, fields } => {
                let fields: Vec<_> = (1..=*fields)
                    .map(|at| given[&field(number, at)].as_str())
                    .collect();
                format!("ARRAY[ROW({})::{of}]", fields.join(", "))
            }
            Kind::Plain(name) => match name.strip_suffix("[]") {
                Some(element) if self.parameters.items.contains(&number) => {
                    format!("ARRAY[{}::{element}]", given[&number])
                }
                _ => given[&number].clone(),
            },
        };
        (1..).zip(&self.types).map(value).collect()
    }
}

/// What the list says of a parameter.
pub fn named(
    sql: &str,
    parameter: usize,
) -> Option<&'static (&'static str, usize, &'static str, &'static str)> {
    let flat = flat(sql);
    NAMED
        .iter()
        .find(|(part, number, _, _)| flat.contains(part) && *number == parameter)
}

/// Its text, whatever its lines.
fn flat(sql: &str) -> String {
    sql.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The statement with every `brand_id = $1` of its conditions gone.
pub fn without_predicates(sql: &str) -> String {
    let (mut text, tie) = (sql.to_owned(), "brand_id = $1");
    let mut from = 0;
    while let Some(at) = text[from..].find(tie).map(|at| from + at) {
        let end = at + tie.len();
        from = end;
        if text[end..].starts_with(|next: char| next.is_ascii_digit()) {
            continue;
        }
        let start = text[..at]
            .rfind(|before: char| !(before.is_ascii_alphanumeric() || "._".contains(before)))
            .map_or(0, |before| before + 1);
        text.replace_range(start..end, "$1 > 0");
        from = start;
    }
    text
}
