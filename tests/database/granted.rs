//! What the application is granted is what its statements take, no more and no less.

use std::collections::BTreeSet;

use crate::{
    harness::House,
    walk::statements::{
        rights::{Right, forgotten, needed},
        stage::Stage,
        statement::prepared,
    },
};

/// What is read by statements that stand outside the repositories.
const READ_ELSEWHERE: [(&str, &str); 1] = [(
    "_sqlx_migrations",
    "the start compares the schema with the program's",
)];

#[tokio::test]
async fn the_application_is_granted_what_its_statements_take_and_nothing_else() {
    let house = House::open().await;
    let mut stage = Stage::of(&house).await;
    let catalogue = stage.catalogue().await;
    let mut takes: BTreeSet<Right> = BTreeSet::new();
    for statement in prepared(&catalogue) {
        takes.extend(needed(&statement.sql));
    }
    assert_eq!(forgotten(&takes), [""; 0], "operators write it no more");
    let text = |right: &Right| match right.column.as_str() {
        "" => format!("{} {}", right.kind, right.table),
        column => format!("{} {}.{column}", right.kind, right.table),
    };
    let (locks, takes): (BTreeSet<_>, BTreeSet<_>) = takes
        .into_iter()
        .filter(|right| !right.is_operators() && catalogue.contains_key(&right.table))
        .partition(|right| right.kind == "LOCK");
    let takes: BTreeSet<_> = takes.iter().map(text).collect();

    let granted = "SELECT privilege_type || ' ' || table_name FROM information_schema.table_privileges
                    WHERE grantee = 'croupier_app' AND table_schema = 'public'
                   UNION
                   SELECT privilege_type || ' ' || table_name || '.' || column_name FROM information_schema.column_privileges c
                    WHERE grantee = 'croupier_app' AND table_schema = 'public' AND NOT EXISTS
                          (SELECT FROM information_schema.table_privileges t
                            WHERE t.grantee = c.grantee AND t.table_name = c.table_name AND t.privilege_type = c.privilege_type)";
    let granted: Vec<String> = sqlx::query_scalar(granted).fetch_all(&house.owner).await.unwrap();
    let mut granted: BTreeSet<_> = granted.into_iter().collect();
    for (table, _) in READ_ELSEWHERE {
        granted.remove(&format!("SELECT {table}"));
    }
    // To lock rows takes the right to change a column of them: one, where none is changed otherwise.
    for lock in &locks {
        let of_table = format!("UPDATE {}.", lock.table);
        let changes: Vec<_> = granted
            .iter()
            .filter(|right| right.starts_with(&of_table))
            .cloned()
            .collect();
        assert!(!changes.is_empty(), "{lock:?}");
        if let [only] = &changes[..]
            && !takes.contains(only)
        {
            granted.remove(only);
        }
    }
    let (more, less): (Vec<_>, Vec<_>) = (
        granted.difference(&takes).collect(),
        takes.difference(&granted).collect(),
    );
    assert!(
        more.is_empty() && less.is_empty(),
        "granted, and no statement of the application's takes it: {more:?}; taken, and not granted: {less:?} \
         (what operators alone write is said in BY_OPERATORS)"
    );

    let operations = "SELECT count(*) FROM information_schema.column_privileges WHERE grantee = 'croupier_operations' AND privilege_type <> 'SELECT'";
    let operations: i64 = sqlx::query_scalar(operations)
        .fetch_one(&house.owner)
        .await
        .unwrap();
    assert_eq!(operations, 0, "operations read");
}
