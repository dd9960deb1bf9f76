//! What the fuzzer once found worth keeping, played through what it tries: each seed, in every run.

#[path = "../fuzz/src/lib.rs"]
mod fuzz;

use std::{collections::BTreeSet, fs, path::Path};

use croupier_game::{
    evolution::Evolution, hub88::Hub88, pragmatic::Pragmatic, slotegrator::Slotegrator, softswiss::Softswiss,
    spribe::Spribe,
};

/// What a target does with an input.
type Target = fn(&[u8]);

const TARGETS: [(&str, Target); 10] = [
    ("callback_evolution", fuzz::callback::run::<Evolution>),
    ("callback_hub88", fuzz::callback::run::<Hub88>),
    ("callback_pragmatic", fuzz::callback::run::<Pragmatic>),
    ("callback_slotegrator", fuzz::callback::run::<Slotegrator>),
    ("callback_softswiss", fuzz::callback::run::<Softswiss>),
    ("callback_spribe", fuzz::callback::run::<Spribe>),
    ("host", fuzz::host::run),
    ("provider_account", fuzz::provider_account::run),
    ("signed_header", fuzz::signed_header::run),
    ("token_header", fuzz::token_header::run),
];

fn files(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

#[test]
fn every_seed_of_every_fuzz_target_holds() {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz");
    let targets: BTreeSet<_> = TARGETS.iter().map(|(name, _)| format!("{name}.rs")).collect();
    assert_eq!(targets, files(&fuzz.join("targets")), "each target is tried here");
    for (name, run) in TARGETS {
        let folder = fuzz.join("seeds").join(name);
        let seeds = files(&folder);
        assert!(seeds.len() >= 10, "{name}");
        for seed in seeds {
            run(&fs::read(folder.join(seed)).unwrap());
        }
    }
}
