//! What must not be where players' money is real: what development and demonstrations set, and keys and
//! secrets that others could have.

use std::{
    collections::{BTreeSet, HashMap},
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use croupier_brand::enforcement::Mode;
use croupier_game::provider::{KeyKind, Protocol};

use super::Fault;
use crate::{config::Config, local::LOCAL_KEYS, runtime::Role};

/// Fewer different characters than a secret that was made by chance has: 64 hexadecimal digits have 15
/// or 16 of them.
const DIFFERENT: usize = 10;

pub(super) fn faults(config: &Config, role: Role) -> Vec<Fault> {
    let mut faults = Vec::new();
    let runs = |roles: &[Role]| role == Role::All || roles.contains(&role);
    if config.enforcement == Mode::Off {
        faults.push(Fault::new(
            "MULTI_BRAND_ENFORCEMENT is off: what a request claims about its brand is not judged",
            "set it to enforce, or to observe while you count what enforce would reject",
        ));
    }
    if runs(&[Role::Wallet]) && config.payments.sandbox {
        faults.push(Fault::new(
            "payments.sandbox is on: deposits are approved without any money being taken",
            "leave it off (CROUPIER_PAYMENTS__SANDBOX)",
        ));
    }
    if runs(&[Role::Game]) {
        faults.extend(of_providers(config));
    }
    faults.extend(of_keys(&config.tokens.keys_dir, runs(&[Role::Player]), role));
    if role == Role::All {
        faults.extend(of_operators_keys(&config.tokens.operator_keys_dir));
    } else {
        faults.extend(of_secrets(config));
    }
    faults
}

fn of_providers(config: &Config) -> Vec<Fault> {
    let mut faults = Vec::new();
    let launch = &config.game.launch_base;
    if !launch.starts_with("https://") || launch.contains("/sandbox/") {
        faults.push(Fault::new(
            format!("game.launch_base is {launch:?}, which is no launcher of a provider's"),
            "set it to the provider's launcher, https://…",
        ));
    }
    for (name, provider) in config.providers.iter() {
        for key in &provider.keys {
            faults.extend(of_provider_key(name, key));
        }
    }
    faults
}

/// A public key whose private half is at hand, or a secret that others can read.
fn of_provider_key(name: &str, key: &Path) -> Option<Fault> {
    let path = key.to_string_lossy();
    let private = path
        .strip_suffix(".public.pem")
        .map(|stem| format!("{stem}.private.pem"));
    if private.is_some_and(|private| Path::new(&private).exists()) {
        return Some(Fault::new(
            format!(
                "providers.{name}.keys: the private half is beside {path}: whoever has it can be the provider"
            ),
            "set it to the file with the public key that the provider gave you",
        ));
    }
    let secret = Protocol::named(name).is_some_and(|protocol| protocol.spec.keys == KeyKind::Secrets);
    let exposed = fs::metadata(key).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0);
    (secret && exposed).then(|| {
        Fault::new(
            format!("providers.{name}.keys: {path} can be read by other users"),
            format!("run: chmod 600 {path}"),
        )
    })
}

/// The keys of players' tokens.
fn of_keys(dir: &Path, issues: bool, role: Role) -> Vec<Fault> {
    let (folder, halves) = (dir.display(), Halves::of(dir));
    let mut faults = Vec::new();
    if halves.public.is_empty() {
        faults.push(Fault::new(
            format!("{folder} (tokens.keys_dir) holds no public key, so no token could be verified"),
            if issues {
                format!("run: croupier keys generate <id> --dir {folder}")
            } else {
                format!("copy the <id>.public.pem of the player role's folder to {folder}")
            },
        ));
    }
    if issues && halves.private.is_empty() {
        faults.push(Fault::new(
            format!("{folder} (tokens.keys_dir) holds no private key, so no token could be issued"),
            format!("run: croupier keys generate <id> --dir {folder}"),
        ));
    }
    if !issues {
        faults.extend(halves.private.iter().map(|private| {
            Fault::new(
                format!(
                    "{} is a private key, and the {role} role issues no tokens",
                    private.display()
                ),
                "keep private halves where the player role runs and nowhere else: give this role a folder of public halves",
            )
        }));
    }
    faults.extend(halves.exposed());
    faults.extend(halves.made_for_development());
    faults
}

/// The keys of operators' tokens, which no server issues.
fn of_operators_keys(dir: &Path) -> Vec<Fault> {
    let halves = Halves::of(dir);
    let mut faults: Vec<_> = halves
        .private
        .iter()
        .map(|private| {
            Fault::new(
                format!(
                    "{} is a private key of operators' tokens, and no server issues those",
                    private.display()
                ),
                "keep it where croupier keys operator-token is run, and only its public half here",
            )
        })
        .collect();
    faults.extend(halves.exposed());
    faults.extend(halves.made_for_development());
    faults
}

/// What is between roles: secrets that nobody can guess, each for one thing.
fn of_secrets(config: &Config) -> Vec<Fault> {
    let named = config
        .signing_keys
        .iter()
        .map(|key| (format!("BRAND_SIGNING_KEY {:?}", key.id), &key.secret))
        .chain(
            config
                .service_tokens
                .iter()
                .map(|(caller, token)| (caller.token_variable(), token)),
        );
    let (mut faults, mut holders) = (Vec::new(), HashMap::<&str, BTreeSet<String>>::new());
    let next = "make one with: openssl rand -hex 32";
    for (name, secret) in named {
        let different: BTreeSet<_> = secret.expose().chars().collect();
        if different.len() < DIFFERENT {
            faults.push(Fault::new(format!("the secret of {name} can be guessed"), next));
        }
        holders.entry(secret.expose()).or_default().insert(name);
    }
    let shared = holders.into_values().filter(|names| names.len() > 1);
    faults.extend(shared.map(|names| {
        let names: Vec<_> = names.into_iter().collect();
        Fault::new(
            format!(
                "{} are one secret: who has the one has the others",
                names.join(", ")
            ),
            next,
        )
    }));
    faults.sort_by(|a, b| a.what.cmp(&b.what));
    faults
}

/// The files of a folder of keys, as they are on the disk: whole or not.
#[derive(Default)]
struct Halves {
    public: Vec<PathBuf>,
    private: Vec<PathBuf>,
}

impl Halves {
    fn of(dir: &Path) -> Self {
        let mut halves = Self::default();
        for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = path.to_string_lossy();
            if name.ends_with(".public.pem") {
                halves.public.push(path);
            } else if name.ends_with(".private.pem") {
                halves.private.push(path);
            }
        }
        halves.public.sort();
        halves.private.sort();
        halves
    }

    fn exposed(&self) -> impl Iterator<Item = Fault> {
        let exposed = |path: &&PathBuf| {
            fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0)
        };
        self.private.iter().filter(exposed).map(|path| {
            let path = path.display();
            Fault::new(
                format!("{path} can be read by other users"),
                format!("run: chmod 600 {path}"),
            )
        })
    }

    fn made_for_development(&self) -> impl Iterator<Item = Fault> {
        let local = |path: &&PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with(LOCAL_KEYS)
        };
        self.public.iter().filter(local).map(|path| {
            Fault::new(
                format!("{} was made for a house for development", path.display()),
                "take it away, and make another: croupier keys generate <id>",
            )
        })
    }
}
