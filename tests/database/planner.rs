//! Reads that set row security for themselves, however PostgreSQL may plan them.

use crate::walk::statements::{Trial, stage::Outcome};

/// What takes a planner's usual ways from it. Settings that a version does not have are left out.
const ADVERSE: [&str; 16] = [
    "SET LOCAL enable_nestloop = off",
    "SET LOCAL enable_hashjoin = off",
    "SET LOCAL enable_mergejoin = off",
    "SET LOCAL enable_material = off",
    "SET LOCAL enable_nestloop = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL enable_material = off",
    "SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off",
    "SET LOCAL enable_indexscan = off; SET LOCAL enable_indexonlyscan = off; SET LOCAL enable_bitmapscan = off",
    "SET LOCAL enable_sort = off; SET LOCAL enable_incremental_sort = off",
    "SET LOCAL plan_cache_mode = force_generic_plan",
    "SET LOCAL plan_cache_mode = force_custom_plan",
    "SET LOCAL join_collapse_limit = 1; SET LOCAL from_collapse_limit = 1",
    "SET LOCAL join_collapse_limit = 100; SET LOCAL from_collapse_limit = 100; SET LOCAL geqo_threshold = 2; SET LOCAL geqo_effort = 10",
    "SET LOCAL jit = on; SET LOCAL jit_above_cost = 0; SET LOCAL jit_inline_above_cost = 0; SET LOCAL jit_optimize_above_cost = 0",
    "SET LOCAL parallel_setup_cost = 0; SET LOCAL parallel_tuple_cost = 0; SET LOCAL min_parallel_table_scan_size = 0; SET LOCAL min_parallel_index_scan_size = 0; SET LOCAL max_parallel_workers_per_gather = 4",
    "SET LOCAL parallel_leader_participation = off; SET LOCAL max_parallel_workers_per_gather = 4; SET LOCAL parallel_setup_cost = 0; SET LOCAL parallel_tuple_cost = 0; SET LOCAL min_parallel_table_scan_size = 0",
    "SET LOCAL row_security = on; SET LOCAL work_mem = 64; SET LOCAL constraint_exclusion = on; SET LOCAL cursor_tuple_fraction = 1",
];

/// Makes a planner use workers where it may, whether it helps or not; it was called otherwise before PostgreSQL 16.
const PARALLEL: &str = "DO $$ BEGIN
    IF current_setting('debug_parallel_query', true) IS NOT NULL THEN SET LOCAL debug_parallel_query = on;
    ELSE SET LOCAL force_parallel_mode = on; END IF; END $$";

#[tokio::test]
async fn iso_35_a_read_gives_the_same_rows_however_it_is_planned() {
    let mut trial = Trial::begin().await;
    let brands = [0, 1].map(|side| trial.estate.sides[side].brand.id);
    let rows = trial.rows(brands[0]).await;
    let mut statements = std::mem::take(&mut trial.statements);
    statements.retain(|statement| statement.reads);
    assert!(statements.len() > 8);
    let mut given = 0;
    for statement in &statements {
        for brand in brands {
            // The first rows of each kind: to compile a plan takes its time.
            for act in statement.acts(brand, &rows).into_iter().take(2) {
                let (usual, _) = trial.stage.play(&act, None, brands[0]).await;
                if let Outcome::Done(_, rows) = &usual {
                    given += rows.len();
                }
                for settings in ADVERSE.iter().chain([&PARALLEL]) {
                    let adverse = crate::walk::statements::stage::Act {
                        settings: (*settings).to_owned(),
                        ..act.clone()
                    };
                    let (planned, _) = trial.stage.play(&adverse, None, brands[0]).await;
                    assert_eq!(planned, usual, "{settings}: {act:#?}");
                }
            }
        }
    }
    assert!(given > 20, "{given} rows to be seen");
}
