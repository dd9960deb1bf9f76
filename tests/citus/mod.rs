//! Nothing that Citus would refuse: so that the schema can be distributed by `brand_id` as it is.
//!
//! | table | would be |
//! |---|---|
//! | every table with `brand_id` | distributed by it, all colocated |
//! | [`REFERENCE`] | a reference table, whole on every node |
//! | [`LOCAL`] | left on the coordinator |
//!
//! What is refused, and where Citus (13) says so, stands with each rule: of the catalogue of a migrated database in
//! `catalogue.rs`, of the statements in `.sqlx` in `statements.rs`. Each rule is shown a violation too.

mod catalogue;
mod statements;

/// Tables that would be whole on every node, and why they can be.
pub const REFERENCE: [(&str, &str); 3] = [
    (
        "brand",
        "few rows, written by operators, and every scoped table refers to it",
    ),
    (
        "brand_domain",
        "asked for a domain before there is a brand; written by operators",
    ),
    (
        "game",
        "a provider's catalogue, the same for every brand, and brands' tables refer to it",
    ),
];

/// Tables that stay where the migrations run.
pub const LOCAL: [(&str, &str); 3] = [
    (
        "_sqlx_migrations",
        "the schema's own history; nothing refers to it",
    ),
    (
        "journal_consumer",
        "places in the order of one node's transactions; each node would have its own",
    ),
    (
        "journal_numbering",
        "what is added to one node's numbers of transactions",
    ),
];
