//! Writes: what is inserted is the brand's, what is changed or deleted is tied, and no row changes its brand.

use sqlparser::ast::{
    Assignment, AssignmentTarget, ConflictTarget, Delete, Expr, FromTable, Insert, ObjectName, OnConflict,
    OnConflictAction, OnInsert, Query, SelectItem, SetExpr, Spanned, TableFactor, TableObject,
    TableWithJoins, Update, UpdateTableFromKind,
};

use super::{
    Judge, Refusal, Scope,
    facts::{Side, folded, side},
    from::{Sources, table_name},
};
use crate::schema::BRAND_ID;

impl Judge<'_> {
    pub(crate) fn update(&mut self, update: &Update, scope: &Scope) -> Result<(), Refusal> {
        let TableFactor::Table { name, .. } = &update.table.relation else {
            return Err(
                Refusal::new("this target of an UPDATE is not understood").at(update.table.relation.span())
            );
        };
        self.must_be_scoped(name)?;
        no_cte(name, scope)?;
        assignments(&update.assignments)?;
        let mut sources = Sources::of(self.form);
        self.sources(std::slice::from_ref(&update.table), scope, &mut sources)?;
        match &update.from {
            None => {}
            Some(UpdateTableFromKind::AfterSet(from)) => self.sources(from, scope, &mut sources)?,
            Some(UpdateTableFromKind::BeforeSet(_)) => return Err(Refusal::new("write UPDATE … SET … FROM")),
        }
        sources.constrain(update.selection.as_ref());
        let around = sources.around(scope)?;
        self.nested(&update.table, &around)?;
        if let Some(UpdateTableFromKind::AfterSet(from)) = &update.from {
            self.nested(from, &around)?;
        }
        self.nested(&update.assignments, &around)?;
        self.nested(&update.selection, &around)?;
        self.nested(&update.returning, &around)
    }

    pub(crate) fn delete(&mut self, delete: &Delete, scope: &Scope) -> Result<(), Refusal> {
        let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = &delete.from;
        let [
            TableWithJoins {
                relation: TableFactor::Table { name, .. },
                joins,
            },
        ] = from.as_slice()
        else {
            return Err(Refusal::new("write DELETE FROM one table").at(delete.delete_token.0.span));
        };
        if !joins.is_empty() || !delete.tables.is_empty() {
            return Err(Refusal::new("write DELETE FROM one table, others in USING").at(name.span()));
        }
        self.must_be_scoped(name)?;
        no_cte(name, scope)?;
        let mut sources = Sources::of(self.form);
        self.sources(from, scope, &mut sources)?;
        let using = delete.using.as_deref().unwrap_or_default();
        self.sources(using, scope, &mut sources)?;
        sources.constrain(delete.selection.as_ref());
        let around = sources.around(scope)?;
        self.nested(&delete.using, &around)?;
        self.nested(&delete.selection, &around)?;
        self.nested(&delete.returning, &around)
    }

    pub(crate) fn insert(&mut self, insert: &Insert, scope: &Scope) -> Result<(), Refusal> {
        let TableObject::TableName(name) = &insert.table else {
            return Err(Refusal::new("this target of an INSERT is not understood"));
        };
        self.judged += 1;
        self.must_be_scoped(name)?;
        self.scoped += 1;
        let (table, _) = table_name(name)?;
        let column = insert.columns.iter().position(|column| {
            column
                .0
                .last()
                .and_then(|part| part.as_ident())
                .is_some_and(|ident| folded(ident) == BRAND_ID)
        });
        let Some(column) = column else {
            return Err(Refusal::new(format!(
                "{table} is brand-scoped: name {BRAND_ID} among the columns and give it $1"
            ))
            .at(name.span()));
        };
        let Some(source) = &insert.source else {
            return Err(Refusal::new(format!(
                "{table} is brand-scoped: write the values out, {BRAND_ID} being $1"
            ))
            .at(name.span()));
        };
        self.query(source, scope)?;
        self.inserts_the_brand(source, column, name, scope)?;
        match &insert.on {
            None => {}
            Some(OnInsert::OnConflict(conflict)) => self.conflict(conflict, name, &table, scope)?,
            Some(_) => return Err(Refusal::new("only ON CONFLICT is understood").at(name.span())),
        }
        self.nested(&insert.returning, scope)
    }

    /// What is inserted into the brand's column must be `$1`, or the `brand_id` of a table that is tied.
    fn inserts_the_brand(
        &self,
        source: &Query,
        column: usize,
        name: &ObjectName,
        scope: &Scope,
    ) -> Result<(), Refusal> {
        let refuse = || {
            let source = match self.form.sets() {
                Some(_) => format!(
                    "a set's item.{BRAND_ID}, item being unnest($1::int[], …) AS item ({BRAND_ID}, …)"
                ),
                None => "$1".to_owned(),
            };
            Refusal::new(format!(
                "{name} is brand-scoped: what is inserted as {BRAND_ID} must be {source}"
            ))
            .at(name.span())
        };
        let in_set = self.form.sets().is_some();
        let mut bodies = vec![source.body.as_ref()];
        while let Some(body) = bodies.pop() {
            match body {
                SetExpr::Values(values) => {
                    let all = !in_set
                        && values.rows.iter().all(|row| {
                            row.get(column)
                                .is_some_and(|value| side(value) == Some(Side::Brand))
                        });
                    if !all {
                        return Err(refuse());
                    }
                }
                SetExpr::Select(select) => {
                    let mut sources = Sources::of(self.form);
                    let mut names = Judge {
                        schema: self.schema,
                        form: self.form,
                        sets: 0,
                        judged: 0,
                        scoped: 0,
                    };
                    names.sources(&select.from, scope, &mut sources)?;
                    sources.constrain(select.selection.as_ref());
                    let tied = sources.tied(scope)?;
                    // A wildcard before it would shift the columns.
                    let plain = select
                        .projection
                        .iter()
                        .take(column + 1)
                        .map(expression)
                        .collect::<Option<Vec<_>>>()
                        .ok_or_else(refuse)?;
                    let good = match plain.get(column).and_then(|expr| side(expr)) {
                        Some(Side::Brand) => !in_set,
                        Some(Side::Of(table)) => tied.contains(&table),
                        Some(Side::Bare) => tied.len() == 1,
                        None => false,
                    };
                    if !good {
                        return Err(refuse());
                    }
                }
                SetExpr::SetOperation { left, right, .. } => bodies.extend([left.as_ref(), right.as_ref()]),
                SetExpr::Query(query) if query.with.is_none() => bodies.push(query.body.as_ref()),
                _ => return Err(refuse()),
            }
        }
        Ok(())
    }

    /// An upsert must not meet another brand's row: what it conflicts on must hold the brand.
    fn conflict(
        &mut self,
        conflict: &OnConflict,
        name: &ObjectName,
        table: &str,
        scope: &Scope,
    ) -> Result<(), Refusal> {
        let refuse = |what: &str| {
            Err(Refusal::new(format!("ON CONFLICT {what}: name the columns, {BRAND_ID} first, so that the row it meets is the brand's own")).at(name.span()))
        };
        match &conflict.conflict_target {
            Some(ConflictTarget::Columns(columns))
                if columns.iter().any(|column| folded(column) == BRAND_ID) => {}
            Some(ConflictTarget::Columns(_)) => return refuse(&format!("without {BRAND_ID}")),
            Some(ConflictTarget::OnConstraint(constraint)) => {
                if !self.schema.begins_with_brand(&table_name(constraint)?.0) {
                    return refuse("on a constraint that is not known to begin with the brand");
                }
            }
            None => return refuse("without a target"),
        }
        match &conflict.action {
            OnConflictAction::DoNothing => Ok(()),
            OnConflictAction::DoUpdate(update) => {
                assignments(&update.assignments)?;
                // The row that was met and the row that was to be: both are the brand's by now.
                let mut around = scope.clone();
                around.tied.extend([table.to_owned(), "excluded".to_owned()]);
                self.nested(&update.assignments, &around)?;
                self.nested(&update.selection, &around)
            }
        }
    }

    fn must_be_scoped(&self, name: &ObjectName) -> Result<(), Refusal> {
        let (table, _) = table_name(name)?;
        match self.schema.is_scoped(&table) {
            Some(true) => Ok(()),
            Some(false) => Err(Refusal::new(format!(
                "{table} is global: it is written by its own module, as the owner"
            ))
            .at(name.span())),
            None => Err(Refusal::new(format!(
                "{table} is in no migration: brand_query! knows only tables that the migrations make"
            ))
            .at(name.span())),
        }
    }
}

fn expression(item: &SelectItem) -> Option<&Expr> {
    match item {
        SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => Some(expr),
        _ => None,
    }
}

/// What is written is always a table: a CTE that is called the same does not hide it, although it hides
/// it wherever the statement reads.
fn no_cte(name: &ObjectName, scope: &Scope) -> Result<(), Refusal> {
    let (table, _) = table_name(name)?;
    if scope.ctes.contains(&table) {
        return Err(Refusal::new(format!(
            "a CTE and the table that is written are both called {table}: give the CTE another name"
        ))
        .at(name.span()));
    }
    Ok(())
}

/// No row changes its brand.
fn assignments(assignments: &[Assignment]) -> Result<(), Refusal> {
    let names_brand = |column: &ObjectName| {
        column
            .0
            .last()
            .and_then(|part| part.as_ident())
            .is_some_and(|ident| folded(ident) == BRAND_ID)
    };
    for assignment in assignments {
        let moved = match &assignment.target {
            AssignmentTarget::ColumnName(column) => names_brand(column),
            AssignmentTarget::Tuple(columns) => columns.iter().any(names_brand),
        };
        if moved {
            return Err(
                Refusal::new(format!("SET {BRAND_ID}: a row never changes its brand")).at(assignment.span()),
            );
        }
    }
    Ok(())
}
