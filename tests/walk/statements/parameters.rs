//! What the parameters of a statement stand for: the columns they are compared with or written to.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::ControlFlow,
};

use sqlparser::ast::{
    Assignment, AssignmentTarget, BinaryOperator, Expr, FromTable, Function, FunctionArg, FunctionArgExpr,
    FunctionArguments, Ident, Insert, ObjectName, OnConflictAction, OnInsert, Select, SelectItem, SetExpr,
    Statement, TableFactor, TableObject, TableWithJoins, UpdateTableFromKind, Value, Visit, Visitor,
};

use crate::harness::statement;

/// The columns of every table.
pub type Catalogue = BTreeMap<String, BTreeSet<String>>;

/// A column of a table.
pub type Column = (String, String);

/// The type of a parameter.
#[derive(Clone, Debug)]
pub enum Kind {
    /// As PostgreSQL names it.
    Plain(String),
    /// An array of rows of a type.
    Rows {
        /// The type of one.
        of: String,
        /// How many fields it has.
        fields: usize,
    },
}

impl Kind {
    /// As PostgreSQL names it.
    pub fn name(&self) -> String {
        match self {
            Self::Plain(name) => name.clone(),
            Self::Rows { of, .. } => format!("{of}[]"),
        }
    }
}

/// The number by which a field of a parameter's rows is known: `2003` is the third of `$2`.
pub fn field(parameter: usize, at: usize) -> usize {
    parameter * 1_000 + at
}

/// The parameter that a number stands for: itself, or that of the field's rows.
pub fn parameter_of(number: usize) -> usize {
    if number > 1_000 { number / 1_000 } else { number }
}

/// What was found out about a statement.
#[derive(Debug, Default)]
pub struct Parameters {
    /// The tables it names.
    pub tables: BTreeSet<String>,
    /// Its parameters, each with the columns it stands for; of rows, their fields (`field`).
    pub columns: BTreeMap<usize, BTreeSet<Column>>,
    /// Those that are the brands of a set's items.
    pub sets: BTreeSet<usize>,
    /// Those that rows are made of, an item each.
    pub items: BTreeSet<usize>,
    /// How many rows its parts say that they change, where they do.
    pub expected: BTreeSet<usize>,
    /// Whether it writes.
    pub writes: bool,
}

impl Parameters {
    /// Those of a statement.
    pub fn of(sql: &str, types: &[Kind], catalogue: &Catalogue) -> Self {
        let statement = statement(sql);
        let mut find = Find {
            catalogue,
            types,
            frames: Vec::new(),
            found: Self::default(),
        };
        let _ = statement.visit(&mut find);
        // Rows stand for what their fields stand for.
        for (number, kind) in (1..).zip(types) {
            if let Kind::Rows { fields, .. } = kind {
                find.found.columns.remove(&number);
                for at in 1..=*fields {
                    find.found.columns.entry(field(number, at)).or_default();
                }
            }
        }
        find.found
    }

    /// Those of which it is not known what they stand for.
    pub fn unknown(&self) -> Vec<usize> {
        let known = |parameter: &usize| {
            self.sets.contains(parameter)
                || self.expected.contains(parameter)
                || !self.columns[parameter].is_empty()
        };
        self.columns
            .keys()
            .copied()
            .filter(|parameter| !known(parameter))
            .collect()
    }
}

/// What stands in a FROM, by the name it is called.
#[derive(Clone, Debug)]
enum Source {
    Table(String),
    /// Rows made of arrays: the parameter that each column is made of.
    Set(BTreeMap<String, usize>),
}

type Frame = Vec<(String, Source)>;

/// What a part of a condition is.
enum Term {
    Column(Column),
    Parameter(usize),
}

struct Find<'a> {
    catalogue: &'a Catalogue,
    types: &'a [Kind],
    /// What is in sight, from the outermost query to the one that is looked at.
    frames: Vec<Frame>,
    found: Parameters,
}

impl Visitor for Find<'_> {
    type Break = ();

    fn pre_visit_statement(&mut self, statement: &Statement) -> ControlFlow<()> {
        let mut frame = Frame::new();
        match statement {
            Statement::Insert(insert) => {
                self.found.writes = true;
                let TableObject::TableName(name) = &insert.table else {
                    panic!("{insert}");
                };
                frame.push((last(name), Source::Table(last(name))));
                frame.push(("excluded".to_owned(), Source::Table(last(name))));
                self.frames.push(frame);
                self.insert(insert);
                return ControlFlow::Continue(());
            }
            Statement::Update(update) => {
                self.found.writes = true;
                self.sources(std::slice::from_ref(&update.table), &mut frame);
                if let Some(UpdateTableFromKind::AfterSet(from)) = &update.from {
                    self.sources(from, &mut frame);
                }
                let Some((_, Source::Table(table))) = frame.first().cloned() else {
                    panic!("{update}");
                };
                self.frames.push(frame);
                self.assign(&table, &update.assignments);
                return ControlFlow::Continue(());
            }
            Statement::Delete(delete) => {
                self.found.writes = true;
                let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = &delete.from;
                self.sources(from, &mut frame);
                self.sources(delete.using.as_deref().unwrap_or_default(), &mut frame);
            }
            _ => {}
        }
        self.frames.push(frame);
        ControlFlow::Continue(())
    }

    fn post_visit_statement(&mut self, _: &Statement) -> ControlFlow<()> {
        self.frames.pop();
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
        let mut frame = Frame::new();
        self.sources(&select.from, &mut frame);
        self.frames.push(frame);
        ControlFlow::Continue(())
    }

    fn post_visit_select(&mut self, _: &Select) -> ControlFlow<()> {
        self.frames.pop();
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        use BinaryOperator::{Eq, Gt, GtEq, Lt, LtEq, NotEq};
        match expr {
            Expr::Value(value) => {
                if let Value::Placeholder(name) = &value.value {
                    self.found.columns.entry(number(name)).or_default();
                }
            }
            Expr::BinaryOp { left, op, right } if [Eq, NotEq, Lt, LtEq, Gt, GtEq].contains(op) => {
                self.link(left, right);
            }
            Expr::Function(function) => self.called(function),
            Expr::InList { expr, list, .. } => list.iter().for_each(|item| self.link(expr, item)),
            Expr::AnyOp { left, right, .. } => self.link(left, right),
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<()> {
        self.found.tables.insert(last(relation));
        ControlFlow::Continue(())
    }
}

impl Find<'_> {
    /// What the macros add to a statement that is its own transaction: the brands that it opens row security for, and how
    /// many rows it changes.
    fn called(&mut self, function: &Function) {
        let FunctionArguments::List(list) = &function.args else {
            return;
        };
        let last_of = list.args.last().and_then(|arg| match arg {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => parameter(expr),
            _ => None,
        });
        match (last(&function.name).as_str(), last_of) {
            ("croupier_scopes", Some(every)) => {
                self.found.sets.insert(every);
                self.found.items.insert(every);
            }
            ("croupier_changed" | "croupier_followed", Some(expected)) => {
                self.found.expected.insert(expected);
            }
            _ => {}
        }
    }

    fn sources(&mut self, from: &[TableWithJoins], frame: &mut Frame) {
        for part in from {
            self.source(&part.relation, frame);
            for join in &part.joins {
                self.source(&join.relation, frame);
            }
        }
    }

    fn source(&mut self, factor: &TableFactor, frame: &mut Frame) {
        match factor {
            TableFactor::Table {
                name,
                alias,
                args: None,
                ..
            } => {
                let called = alias
                    .as_ref()
                    .map_or_else(|| last(name), |alias| folded(&alias.name));
                frame.push((called, Source::Table(last(name))));
            }
            TableFactor::UNNEST {
                alias: Some(alias),
                array_exprs,
                ..
            } => {
                let mut columns = alias.columns.iter().map(|column| folded(&column.name));
                let mut made = BTreeMap::new();
                for array in array_exprs {
                    let given = parameter(array);
                    let kind = given.and_then(|number| self.types.get(number - 1));
                    if let (Some(number), Some(Kind::Rows { fields, .. })) = (given, kind) {
                        let fields = (1..=*fields).map(|at| field(number, at));
                        made.extend(columns.by_ref().zip(fields));
                    } else {
                        made.extend(columns.next().zip(given));
                    }
                }
                self.found.sets.extend(made.get("brand_id"));
                self.found.items.extend(made.values());
                frame.push((folded(&alias.name), Source::Set(made)));
            }
            TableFactor::NestedJoin { table_with_joins, .. } => {
                self.sources(std::slice::from_ref(table_with_joins), frame)
            }
            _ => {}
        }
    }

    /// Two sides of a comparison: where one is a column, the other stands for it.
    fn link(&mut self, left: &Expr, right: &Expr) {
        match (left, right) {
            (Expr::Nested(left), right) => return self.link(left, right),
            (left, Expr::Nested(right)) => return self.link(left, right),
            (Expr::Tuple(left), Expr::Tuple(right)) => {
                return left
                    .iter()
                    .zip(right)
                    .for_each(|(left, right)| self.link(left, right));
            }
            _ => {}
        }
        let (left, right) = (self.terms(left), self.terms(right));
        for (column, other) in [(&left, &right), (&right, &left)] {
            for column in column {
                for other in other {
                    if let (Term::Column(column), Term::Parameter(parameter)) = (column, other) {
                        self.stands_for(*parameter, column.clone());
                    }
                }
            }
        }
    }

    fn stands_for(&mut self, parameter: usize, column: Column) {
        self.found.columns.entry(parameter).or_default().insert(column);
    }

    /// What an expression is by itself: a column of each table that it may be of, or a parameter.
    fn terms(&self, expr: &Expr) -> Vec<Term> {
        match expr {
            Expr::Identifier(column) => self.resolve(None, &folded(column)),
            Expr::CompoundIdentifier(parts) => match parts.as_slice() {
                [table, column] => self.resolve(Some(&folded(table)), &folded(column)),
                _ => Vec::new(),
            },
            other => parameter(other).map(Term::Parameter).into_iter().collect(),
        }
    }

    /// A column, in the nearest query that has one of the name.
    fn resolve(&self, table: Option<&str>, column: &str) -> Vec<Term> {
        for frame in self.frames.iter().rev() {
            let here = frame
                .iter()
                .filter(|(called, _)| table.is_none_or(|table| table == called));
            let found: Vec<_> = here
                .filter_map(|(_, source)| match source {
                    Source::Table(table) => self
                        .catalogue
                        .get(table)
                        .filter(|columns| columns.contains(column))
                        .map(|_| Term::Column((table.clone(), column.to_owned()))),
                    Source::Set(made) => made.get(column).copied().map(Term::Parameter),
                })
                .collect();
            if !found.is_empty() {
                return found;
            }
        }
        Vec::new()
    }

    fn insert(&mut self, insert: &Insert) {
        let TableObject::TableName(name) = &insert.table else {
            return;
        };
        let table = last(name);
        let columns: Vec<_> = insert.columns.iter().map(last).collect();
        match insert.source.as_ref().map(|query| query.body.as_ref()) {
            Some(SetExpr::Values(values)) => {
                for row in &values.rows {
                    for (column, value) in columns.iter().zip(row.iter()) {
                        self.write(&table, column, value);
                    }
                }
            }
            Some(SetExpr::Select(select)) => {
                let mut frame = Frame::new();
                self.sources(&select.from, &mut frame);
                self.frames.push(frame);
                for (column, item) in columns.iter().zip(&select.projection) {
                    if let SelectItem::UnnamedExpr(value) | SelectItem::ExprWithAlias { expr: value, .. } =
                        item
                    {
                        self.write(&table, column, value);
                    }
                }
                self.frames.pop();
            }
            other => panic!("an INSERT of a kind that the walk does not know: {other:?}"),
        }
        if let Some(OnInsert::OnConflict(conflict)) = &insert.on
            && let OnConflictAction::DoUpdate(update) = &conflict.action
        {
            self.assign(&table, &update.assignments);
        }
    }

    fn assign(&mut self, table: &str, assignments: &[Assignment]) {
        for assignment in assignments {
            let AssignmentTarget::ColumnName(column) = &assignment.target else {
                panic!("an assignment of a kind that the walk does not know: {assignment}");
            };
            self.write(table, &last(column), &assignment.value);
        }
    }

    /// Whatever parameter is in a value stands for the column that the value is written to.
    fn write(&mut self, table: &str, column: &str, value: &Expr) {
        struct Within(Vec<Expr>);
        impl Visitor for Within {
            type Break = ();
            fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
                self.0.push(expr.clone());
                ControlFlow::Continue(())
            }
        }
        let mut within = Within(Vec::new());
        let _ = value.visit(&mut within);
        for expr in &within.0 {
            for term in self.terms(expr) {
                if let Term::Parameter(parameter) = term {
                    self.stands_for(parameter, (table.to_owned(), column.to_owned()));
                }
            }
        }
    }
}

/// A parameter, whatever it is cast to.
fn parameter(expr: &Expr) -> Option<usize> {
    match expr {
        Expr::Nested(inner) | Expr::Cast { expr: inner, .. } => parameter(inner),
        Expr::Value(value) => match &value.value {
            Value::Placeholder(name) => Some(number(name)),
            _ => None,
        },
        _ => None,
    }
}

fn number(placeholder: &str) -> usize {
    placeholder.trim_start_matches('$').parse().unwrap()
}

fn folded(ident: &Ident) -> String {
    if ident.quote_style.is_some() {
        ident.value.clone()
    } else {
        ident.value.to_lowercase()
    }
}

fn last(name: &ObjectName) -> String {
    folded(name.0.last().and_then(|part| part.as_ident()).unwrap())
}
