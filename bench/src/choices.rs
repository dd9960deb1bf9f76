//! What to run, from the environment. The list is in the crate's documentation.

use std::{env, fmt::Display, str::FromStr};

/// Who plays, and what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Load {
    /// Bets of all players alike.
    Uniform,
    /// Every second bet is one player's, the others' are all alike.
    Hot,
    /// Bets of all players alike, each followed by its win.
    Rounds,
}

impl Load {
    /// Its name.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Uniform => "uniform",
            Self::Hot => "hot",
            Self::Rounds => "rounds",
        }
    }
}

impl FromStr for Load {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "uniform" => Ok(Self::Uniform),
            "hot" => Ok(Self::Hot),
            "rounds" => Ok(Self::Rounds),
            _ => Err("it is uniform, hot or rounds"),
        }
    }
}

/// What to run.
#[derive(Debug)]
pub(crate) struct Choices {
    /// Bets in flight, a group of cells for each.
    pub(crate) in_flight: Vec<usize>,
    /// Brands, a cell for each in a group.
    pub(crate) brands: Vec<usize>,
    /// Ways of choosing players.
    pub(crate) loads: Vec<Load>,
    /// Whether peers run.
    pub(crate) peers: bool,
    /// Whether the cell at half of the maximum runs.
    pub(crate) half: bool,
    /// Wallets of the stage with a long history; none where it does not run.
    pub(crate) large: Option<usize>,
    /// Seconds of the soak; none where it does not run.
    pub(crate) soak: Option<u64>,
    /// How many bets of one player flood a busy wallet at the soak's end.
    pub(crate) flood: usize,
    /// What of the wallet's log is shown.
    pub(crate) log: String,
    /// The server's settings.
    pub(crate) postgres: Vec<(String, String)>,
}

impl Choices {
    /// Reads them; gives up at the first that cannot be read, naming it.
    pub(crate) fn from_env() -> Self {
        let large = flag("BENCH_LARGE", false).then(|| number("BENCH_LARGE_WALLETS", 1_000_000));
        let soak = number::<u64>("BENCH_SOAK", 0);
        Self {
            in_flight: list("BENCH_IN_FLIGHT", &[1, 8, 64, 256, 512]),
            brands: list("BENCH_BRANDS", &[1, 20, 1_000]),
            loads: list("BENCH_LOAD", &[Load::Uniform, Load::Hot]),
            peers: flag("BENCH_PEERS", true),
            half: flag("BENCH_HALF", true),
            large,
            soak: (soak > 0).then_some(soak),
            flood: number("BENCH_FLOOD", 20_000),
            log: said("BENCH_LOG").unwrap_or_else(|| "error".to_owned()),
            postgres: settings(),
        }
    }

    /// How many cells there are.
    pub(crate) fn cells(&self) -> usize {
        self.in_flight.len() * self.brands.len() * self.loads.len()
    }
}

/// What a variable says; none where it is unset or empty.
fn said(name: &str) -> Option<String> {
    env::var(name).ok().filter(|text| !text.trim().is_empty())
}

fn read<T>(name: &str, text: &str) -> T
where
    T: FromStr<Err: Display>,
{
    text.trim()
        .parse()
        .unwrap_or_else(|fault| panic!("{name}: {text:?} is not accepted: {fault}"))
}

/// A number from the environment, or `default`.
pub(crate) fn number<T>(name: &str, default: T) -> T
where
    T: FromStr<Err: Display>,
{
    said(name).map_or(default, |text| read(name, &text))
}

fn list<T>(name: &str, default: &[T]) -> Vec<T>
where
    T: FromStr<Err: Display> + Copy,
{
    match said(name) {
        Some(text) if text.trim() == "none" => Vec::new(),
        Some(text) => text.split(',').map(|item| read(name, item)).collect(),
        None => default.to_vec(),
    }
}

fn flag(name: &str, default: bool) -> bool {
    match number::<u8>(name, default.into()) {
        0 => false,
        1 => true,
        other => panic!("{name}: {other} is not accepted: it is 0 or 1"),
    }
}

/// Memory and log space as an operator would give them; durability stays as PostgreSQL has it.
fn settings() -> Vec<(String, String)> {
    let text = said("BENCH_POSTGRES")
        .unwrap_or_else(|| "shared_buffers=1GB,min_wal_size=4GB,max_wal_size=4GB".to_owned());
    text.split(',')
        .map(|pair| {
            let (name, value) = pair
                .split_once('=')
                .unwrap_or_else(|| panic!("BENCH_POSTGRES: {pair:?} is not name=value"));
            (name.trim().to_owned(), value.trim().to_owned())
        })
        .collect()
}
