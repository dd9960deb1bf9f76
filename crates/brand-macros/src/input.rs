//! From the macro's arguments to sqlx's, with the check in between.

use std::{env, path::Path};

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{
    Error, Expr, LitStr, Path as TypePath, Result, Token,
    parse::{ParseStream, Parser},
    punctuated::Punctuated,
};

use crate::{check, schema::Schema};

/// What a row is decoded into.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A record that sqlx makes.
    Anonymous,
    /// A struct that the caller names first.
    Struct,
}

struct Call {
    row: Option<TypePath>,
    tx: Expr,
    sql: LitStr,
    args: Punctuated<Expr, Token![,]>,
}

impl Call {
    fn parse(input: ParseStream<'_>, shape: Shape) -> Result<Self> {
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
        let sql = input.call(literal)?;
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
        Ok(Self {
            row,
            tx,
            sql,
            args: Punctuated::parse_terminated(input)?,
        })
    }
}

/// The statement must be written out: a text that is put together when the program runs cannot be checked.
fn literal(input: ParseStream<'_>) -> Result<LitStr> {
    let at = input.span();
    input.parse::<LitStr>().map_err(|_| Error::new(at, "the statement must be a string literal: SQL that is put together at run time cannot be checked for its brand"))
}

pub(crate) fn expand(tokens: TokenStream, shape: Shape) -> TokenStream {
    let parse = |input: ParseStream<'_>| Call::parse(input, shape);
    parse
        .parse2(tokens)
        .and_then(|call| check_and_expand(&call))
        .unwrap_or_else(|fault| fault.to_compile_error())
}

fn check_and_expand(call: &Call) -> Result<TokenStream> {
    let manifest = env::var("CARGO_MANIFEST_DIR").map_err(|_| {
        Error::new(
            Span::call_site(),
            "CARGO_MANIFEST_DIR is not set: compile with cargo",
        )
    })?;
    let schema = Schema::near(Path::new(&manifest)).map_err(|fault| Error::new(Span::call_site(), fault))?;
    let text = call.sql.value();
    check::check(&text, &schema).map_err(|refusal| Error::new(call.sql.span(), refusal.in_sql(&text)))?;

    let (tx, sql, args) = (&call.tx, &call.sql, call.args.iter());
    let record = call.row.as_ref().map(|row| quote!(record = #row,));
    // sqlx reports faults of the statement at the literal.
    let query = quote_spanned! { sql.span() =>
        ::sqlx::sqlx_macros::expand_query!(#record source = #sql, args = [(#tx).scope().id().get() #(, #args)*])
    };
    // Naming the files makes cargo compile this again when a migration changes.
    let files = schema.files().iter().map(|file| quote!(include_bytes!(#file)));
    Ok(quote! {{
        const _: &[&[u8]] = &[#(#files),*];
        #query
    }})
}
