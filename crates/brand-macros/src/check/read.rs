//! Queries: each SELECT by itself, with what is around it.

use std::ops::ControlFlow;

use sqlparser::ast::{Query, Select, SetExpr, Spanned, Visit, Visitor};

use super::{Judge, Refusal, Scope, facts::folded, from::Sources, functions::within_a_brand};

impl Judge<'_> {
    /// A query with its CTEs.
    pub(crate) fn query(&mut self, query: &Query, outer: &Scope) -> Result<(), Refusal> {
        let mut scope = outer.clone();
        if let Some(with) = &query.with {
            for cte in &with.cte_tables {
                let name = folded(&cte.alias.name);
                if with.recursive {
                    scope.ctes.push(name.clone());
                }
                self.query(&cte.query, &scope)?;
                if !with.recursive {
                    scope.ctes.push(name);
                }
            }
        }
        if !query.pipe_operators.is_empty() {
            return Err(Refusal::new("pipe operators are not understood").at(query.span()));
        }
        let around = self.body(&query.body, &scope)?;
        // What stands behind the body may hold queries of its own.
        self.nested(&query.order_by, &around)?;
        self.nested(&query.limit_clause, &around)?;
        self.nested(&query.fetch, &around)
    }

    /// The body of a query; gives what a query behind it (in ORDER BY, in LIMIT) sees.
    fn body(&mut self, body: &SetExpr, scope: &Scope) -> Result<Scope, Refusal> {
        match body {
            SetExpr::Select(select) => self.select(select, scope),
            SetExpr::Query(query) => self.query(query, scope).map(|()| scope.clone()),
            SetExpr::SetOperation { left, right, .. } => {
                self.body(left, scope)?;
                self.body(right, scope)?;
                Ok(scope.clone())
            }
            SetExpr::Values(values) => self.nested(values, scope).map(|()| scope.clone()),
            SetExpr::Insert(statement) | SetExpr::Update(statement) | SetExpr::Delete(statement) => {
                self.statement(statement, scope).map(|()| scope.clone())
            }
            SetExpr::Merge(_) | SetExpr::Table(_) => Err(Refusal::new(
                "only SELECT, INSERT, UPDATE and DELETE can be tied to a brand",
            )
            .at(body.span())),
        }
    }

    /// One SELECT. Gives what a query nested in it sees.
    fn select(&mut self, select: &Select, scope: &Scope) -> Result<Scope, Refusal> {
        if select.into.is_some() || !select.lateral_views.is_empty() || !select.connect_by.is_empty() {
            return Err(Refusal::new("SELECT INTO and the like are not understood").at(select.span()));
        }
        let mut sources = Sources::of(self.form);
        self.sources(&select.from, scope, &mut sources)?;
        sources.constrain(select.selection.as_ref());
        let around = sources.around(scope)?;
        if self.form.sets().is_some() && scope.tied.is_empty() {
            within_a_brand(select)?;
        }
        self.nested(select, &around)?;
        Ok(around)
    }

    /// Judges the queries nested in a part of a statement, wherever they stand in it.
    pub(crate) fn nested(&mut self, part: &impl Visit, scope: &Scope) -> Result<(), Refusal> {
        struct Nested<'j, 'a> {
            judge: &'j mut Judge<'a>,
            scope: &'j Scope,
            depth: usize,
        }
        impl Visitor for Nested<'_, '_> {
            type Break = Refusal;

            fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<Refusal> {
                self.depth += 1;
                // What is nested deeper is judged by the query it stands in.
                if self.depth == 1
                    && let Err(refusal) = self.judge.query(query, self.scope)
                {
                    return ControlFlow::Break(refusal);
                }
                ControlFlow::Continue(())
            }

            fn post_visit_query(&mut self, _: &Query) -> ControlFlow<Refusal> {
                self.depth -= 1;
                ControlFlow::Continue(())
            }
        }
        match part.visit(&mut Nested {
            judge: self,
            scope,
            depth: 0,
        }) {
            ControlFlow::Break(refusal) => Err(refusal),
            ControlFlow::Continue(()) => Ok(()),
        }
    }
}
