//! From the macro's arguments to sqlx's, with the check in between.

use std::{env, path::Path};

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{
    Error, Expr, LitStr, Path as TypePath, Result, Token,
    parse::{ParseStream, Parser},
    punctuated::Punctuated,
};

use crate::{
    alone,
    check::{self, Form},
    schema::Schema,
};

/// What a row is decoded into.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A record that sqlx makes.
    Anonymous,
    /// A struct that the caller names first.
    Struct,
}

/// Which of the macros it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `brand_query!`
    Query,
    /// `brand_read!`
    Read,
    /// `brand_set_query!`
    Set,
    /// `brand_set_read!`
    SetRead,
    /// `brand_set_write!`
    SetWrite,
}

struct Call {
    row: Option<TypePath>,
    tx: Expr,
    /// How many rows a write changes: its last part, and each UPDATE and DELETE before that.
    expected: Vec<Expr>,
    /// The brands of each set; none where `$1` is the one brand.
    brands: Vec<Expr>,
    sql: LitStr,
    args: Punctuated<Expr, Token![,]>,
}

impl Call {
    fn parse(input: ParseStream<'_>, kind: Kind, shape: Shape) -> Result<Self> {
        let row = match shape {
            Shape::Anonymous => None,
            Shape::Struct => {
                let row = input.parse()?;
                input.parse::<Token![,]>()?;
                Some(row)
            }
        };
        let tx = input.parse()?;
        input.parse::<Token![,]>()?;
        let expected = match kind {
            Kind::SetWrite => one_or_several(input)?,
            _ => Vec::new(),
        };
        let brands = match kind {
            Kind::Query | Kind::Read => Vec::new(),
            Kind::Set | Kind::SetRead | Kind::SetWrite => one_or_several(input)?,
        };
        let sql = input.call(literal)?;
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
        Ok(Self {
            row,
            tx,
            expected,
            brands,
            sql,
            args: Punctuated::parse_terminated(input)?,
        })
    }
}

/// An argument, or several in brackets.
fn one_or_several(input: ParseStream<'_>) -> Result<Vec<Expr>> {
    let given = match input.parse()? {
        Expr::Array(several) => several.elems.into_iter().collect(),
        one => vec![one],
    };
    input.parse::<Token![,]>()?;
    Ok(given)
}

/// The statement must be written out: a text that is put together when the program runs cannot be checked.
fn literal(input: ParseStream<'_>) -> Result<LitStr> {
    let at = input.span();
    input.parse::<LitStr>().map_err(|_| Error::new(at, "the statement must be a string literal: SQL that is put together at run time cannot be checked for its brand"))
}

pub(crate) fn expand(tokens: TokenStream, kind: Kind, shape: Shape) -> TokenStream {
    let parse = |input: ParseStream<'_>| Call::parse(input, kind, shape);
    parse
        .parse2(tokens)
        .and_then(|call| check_and_expand(&call, kind))
        .unwrap_or_else(|fault| fault.to_compile_error())
}

fn check_and_expand(call: &Call, kind: Kind) -> Result<TokenStream> {
    let manifest = env::var("CARGO_MANIFEST_DIR").map_err(|_| {
        Error::new(
            Span::call_site(),
            "CARGO_MANIFEST_DIR is not set: compile with cargo",
        )
    })?;
    let schema = Schema::near(Path::new(&manifest)).map_err(|fault| Error::new(Span::call_site(), fault))?;
    let form = match kind {
        Kind::Query => Form::One,
        Kind::Read => Form::Read,
        Kind::Set => Form::Set(call.brands.len()),
        Kind::SetRead => Form::SetRead(call.brands.len()),
        Kind::SetWrite => Form::SetWrite(call.brands.len()),
    };
    let text = call.sql.value();
    let judgement = check::check(&text, &schema, form)
        .map_err(|refusal| Error::new(call.sql.span(), refusal.in_sql(&text)))?;

    let (tx, args) = (&call.tx, call.args.iter());
    // What the statement is given besides: the batch's brands after all else, and before them what is expected.
    let last = call.brands.len() + call.args.len() + call.expected.len() + 1;
    let sql = match kind {
        Kind::Read => LitStr::new(&alone::read(&text), call.sql.span()),
        Kind::SetRead => LitStr::new(&alone::set_read(&text, last), call.sql.span()),
        Kind::SetWrite => {
            let write = alone::set_write(&judgement.statement, call.expected.len(), last)?;
            LitStr::new(&write, call.sql.span())
        }
        Kind::Query | Kind::Set => call.sql.clone(),
    };
    // Named, so that nothing else with a `scope()` can say which brand it is.
    let opened = match kind {
        Kind::Query => quote!(::croupier_brand::tx::BrandTx),
        Kind::Read => quote!(::croupier_brand::tx::BrandRead),
        Kind::Set => quote!(::croupier_brand::tx::BatchTx),
        Kind::SetRead => quote!(::croupier_brand::tx::BatchLine),
        Kind::SetWrite => quote!(::croupier_brand::tx::Batch),
    };
    let every = match kind {
        Kind::Query | Kind::Read | Kind::Set => None,
        Kind::SetRead | Kind::SetWrite => Some(quote!(, #opened::every_id(&#tx))),
    };
    let expected = &call.expected;
    let brands = match kind {
        Kind::Query | Kind::Read => vec![quote!(#opened::scope(&#tx).id().get())],
        Kind::Set | Kind::SetRead | Kind::SetWrite => {
            let ids = |brands| quote!(::croupier_brand::tx::BrandColumn::ids(&#brands));
            call.brands.iter().map(ids).collect()
        }
    };
    let record = call.row.as_ref().map(|row| quote!(record = #row,));
    // sqlx reports faults of the statement at the literal.
    let query = quote_spanned! { sql.span() =>
        ::sqlx::sqlx_macros::expand_query!(#record source = #sql, args = [#(#brands),* #(, #args)* #(, #expected)* #every])
    };
    // The third wall: every row is compared with the scope before anybody sees it.
    let query = match judgement.brand_columns {
        None => query,
        Some(columns) => {
            let columns = columns.iter().map(|column| Ident::new(column, sql.span()));
            quote! {{
                let wall = #opened::wall(&#tx);
                (#query).try_map(move |row| {
                    #(wall.check(&row.#columns)?;)*
                    ::core::result::Result::Ok(row)
                })
            }}
        }
    };
    // Naming the files makes cargo compile this again when a migration changes.
    let files = schema.files().iter().map(|file| quote!(include_bytes!(#file)));
    Ok(quote! {{
        const _: &[&[u8]] = &[#(#files),*];
        #query
    }})
}
