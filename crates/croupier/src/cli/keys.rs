//! `croupier keys`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use croupier_brand::{
    Clock,
    token::{Audience, KeyDir, Kid, OperatorClaims},
};

use super::{Outcome, say};

/// Make and list the keys that tokens are signed with.
#[derive(Subcommand)]
pub(crate) enum KeysCommand {
    /// Make an RSA key pair of 2048 bits.
    Generate(Generate),
    /// List the keys of a folder.
    List(List),
    /// Sign a token for the back office.
    OperatorToken(OperatorToken),
}

#[derive(Args)]
struct Folder {
    /// The folder of keys.
    #[arg(
        long,
        default_value = "keys",
        env = "CROUPIER_TOKENS__KEYS_DIR",
        value_name = "FOLDER"
    )]
    dir: PathBuf,
}

impl Folder {
    /// The folder, which must hold a key.
    fn with_keys(self) -> Result<KeyDir, String> {
        let dir = KeyDir::new(&self.dir);
        if self.dir.exists() && !dir.list().map_err(|fault| fault.to_string())?.is_empty() {
            return Ok(dir);
        }
        let path = self.dir.display();
        Err(format!(
            "{path} holds no key\n  next: run: croupier keys generate <id> --dir {path}"
        ))
    }
}

#[derive(Args)]
pub(crate) struct Generate {
    /// The key's id; it sorts after those it replaces, so a date is a good one: 2026-11.
    kid: String,
    #[command(flatten)]
    folder: Folder,
}

#[derive(Args)]
pub(crate) struct List {
    #[command(flatten)]
    folder: Folder,
}

#[derive(Args)]
pub(crate) struct OperatorToken {
    /// Who the operator is, as audit rows shall name them.
    operator: String,
    /// Hours the token is good for.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=720))]
    hours: u16,
    /// The `iss` claim: tokens.issuer of the servers that verify it.
    #[arg(long, default_value = "croupier")]
    issuer: String,
    #[command(flatten)]
    folder: Folder,
}

impl KeysCommand {
    pub(crate) fn run(self) -> Outcome {
        match self {
            Self::Generate(generate) => {
                let (kid, dir) = (Kid::parse(&generate.kid)?, KeyDir::new(generate.folder.dir));
                dir.generate(&kid)?;
                say(format_args!(
                    "{}\n{}",
                    dir.private_path(&kid).display(),
                    dir.public_path(&kid).display()
                ));
            }
            Self::List(list) => {
                for key in list.folder.with_keys()?.list()? {
                    say(format_args!(
                        "{:<32}  {}",
                        key.kid,
                        if key.can_sign {
                            "signs and verifies"
                        } else {
                            "verifies"
                        }
                    ));
                }
            }
            Self::OperatorToken(wanted) => {
                let dir = wanted.folder.with_keys()?;
                say(operator_token(
                    &dir,
                    &wanted.issuer,
                    &wanted.operator,
                    wanted.hours,
                    &Clock::system(),
                )?);
            }
        }
        Ok(())
    }
}

/// A token for the back office, signed with the last key that can sign.
pub(crate) fn operator_token(
    dir: &KeyDir,
    issuer: &str,
    operator: &str,
    hours: u16,
    clock: &Clock,
) -> Result<String, croupier_brand::token::KeyError> {
    let now = clock.unix_seconds();
    dir.signing_key(None)?.sign(&OperatorClaims {
        iss: issuer.to_owned(),
        aud: OperatorClaims::AUDIENCE.to_owned(),
        admin_id: operator.to_owned(),
        jti: clock.new_id(),
        iat: now,
        exp: now + i64::from(hours) * 3_600,
    })
}
