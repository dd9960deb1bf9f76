//! A brand's journal in a file: a line of JSON each, so that it can be verified where there is no database.
//!
//! | line | |
//! |---|---|
//! | `journal` | the first: whose it is, and up to when |
//! | `base` | the seal before the first one in the file, where something was archived before |
//! | `seal` | each seal, in order |
//! | `opening` | where a wallet's history goes on from |
//! | `entry` | each entry, in the journal's order |
//! | `place` | only in an archive, instead of an entry that a seal holds and that is later: its hash |
//! | `end` | the last: how many entries there were |

use std::io::{BufRead, Write};

use croupier_brand::{BrandCode, BrandId};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::{
    row::{Opening, Row},
    seal::Seal,
    verify::{Fault, Verified, Verifier},
};
use crate::{engine::chain::Link, repo::audit as repo};

/// What this version writes and reads.
const FORMAT: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Line {
    Journal(Head),
    Base(Seal),
    Seal(Seal),
    Opening(Opening),
    Entry(Row),
    Place(Place),
    End { entries: u64 },
}

/// The first line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// 1.
    pub format: u32,
    /// The brand's number.
    pub brand_id: i32,
    /// The brand's code.
    pub brand: String,
    /// Of an archive: it has every entry before this time that was there.
    #[serde(with = "time::serde::rfc3339::option")]
    pub before: Option<OffsetDateTime>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    xid: u64,
    n: i32,
    #[serde(with = "hex::serde")]
    hash: Link,
}

/// Why nothing was exported, or not all of it.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The database failed.
    #[error("the journal cannot be read: {0}")]
    Database(#[from] sqlx::Error),
    /// The file cannot be written or read.
    #[error("the export cannot be written or read: {0}")]
    File(#[from] std::io::Error),
    /// A line is none of an export.
    #[error("line {0} is not of an export: {1}")]
    Line(u64, String),
    /// The entries, or the seals, are not as they must be.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// Not everything before that time is sealed.
    #[error(
        "{0}: the journal is not sealed up to there yet\n  next: wait for wallet.seal_interval_ms and try again; a wallet role must run, and no transaction may be open for long"
    )]
    NotSealed(String),
    /// A wallet's entries are not in the order of their times.
    #[error(
        "{0}: wallet {1} has an entry before that time that came after one of a later time (clocks that differ)\n  next: archive together with the next month"
    )]
    Intertwined(String, String),
}

/// What was read from a file, and is right.
#[derive(Clone, Debug)]
pub struct Read {
    /// Whose it is.
    pub head: Head,
    /// What it comes to.
    pub verified: Verified,
    /// Where each wallet's history goes on from.
    pub closing: Vec<Opening>,
}

/// Writes a brand's journal; with `before`, what an archive of everything before that time must hold. Gives the
/// number of entries. For a transaction of [`begin`](super::audit::begin).
///
/// # Errors
/// [`ExportError`].
pub async fn write(
    db: &mut PgConnection,
    brand: BrandId,
    code: &BrandCode,
    before: Option<OffsetDateTime>,
    out: &mut (dyn Write + Send),
) -> Result<u64, ExportError> {
    let seals = repo::seals(db, brand.get()).await?;
    let base = seals.iter().rev().find(|seal| seal.archived.is_some()).cloned();
    let from = base.as_ref().map_or(0, |seal| seal.below);
    let until = match before {
        None => u64::MAX,
        Some(before) => archive_end(db, brand, code, before, &seals).await?,
    };
    let head = Head {
        format: FORMAT,
        brand_id: brand.get(),
        brand: code.as_str().to_owned(),
        before,
    };
    put(out, &Line::Journal(head))?;
    let after = base.as_ref().map_or(0, |seal| seal.number);
    if let Some(base) = base {
        put(out, &Line::Base(base))?;
    }
    for seal in seals
        .into_iter()
        .filter(|seal| seal.number > after && seal.below <= until)
    {
        put(out, &Line::Seal(seal))?;
    }
    for opening in repo::openings(db, brand.get()).await? {
        put(out, &Line::Opening(opening))?;
    }
    let mut entries = 0;
    repo::open_entries(db, brand.get()).await?;
    loop {
        let page = repo::next_entries(db).await?;
        if page.is_empty() {
            break;
        }
        for row in page {
            if before.is_none_or(|before| row.at < before) {
                entries += 1;
                put(out, &Line::Entry(row))?;
            } else if (from..until).contains(&row.xid) {
                let Row { xid, n, hash, .. } = row;
                put(out, &Line::Place(Place { xid, n, hash }))?;
            }
        }
    }
    repo::close_entries(db).await?;
    put(out, &Line::End { entries })?;
    out.flush()?;
    Ok(entries)
}

/// Where the seals end that an archive needs to be verified by itself.
async fn archive_end(
    db: &mut PgConnection,
    brand: BrandId,
    code: &BrandCode,
    before: OffsetDateTime,
    seals: &[Seal],
) -> Result<u64, ExportError> {
    if let Some(wallet) = repo::intertwined(db, brand.get(), before).await? {
        return Err(ExportError::Intertwined(code.as_str().to_owned(), wallet));
    }
    let Some(last) = repo::last_before(db, brand.get(), before).await? else {
        return Ok(0);
    };
    let seal = seals.iter().find(|seal| seal.below > last);
    seal.map(|seal| seal.below)
        .ok_or_else(|| ExportError::NotSealed(code.as_str().to_owned()))
}

fn put(out: &mut (dyn Write + Send), line: &Line) -> Result<(), std::io::Error> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}

/// Reads a file and verifies all of it.
///
/// # Errors
/// [`ExportError`], naming the first thing that is not as it must be.
pub fn read(input: impl BufRead) -> Result<Read, ExportError> {
    let mut head = None;
    let (mut base, mut seals, mut openings) = (None, Vec::<Seal>::new(), Vec::new());
    let (mut verifier, mut entries, mut end) = (None::<Verifier>, 0, None);
    for (number, line) in (1..).zip(input.lines()) {
        let line: Line =
            serde_json::from_str(&line?).map_err(|fault| ExportError::Line(number, fault.to_string()))?;
        let misplaced = || ExportError::Line(number, "it is not in its place".to_owned());
        if end.is_some() || head.is_none() != matches!(line, Line::Journal(_)) {
            return Err(misplaced());
        }
        let heading = matches!(
            line,
            Line::Journal(_) | Line::Base(_) | Line::Seal(_) | Line::Opening(_)
        );
        if heading && verifier.is_some() {
            return Err(misplaced());
        }
        if let (false, None, Some(Head { brand, brand_id, .. })) = (heading, &verifier, &head) {
            let seals = std::mem::take(&mut seals);
            let archived = seals.iter().rev().find(|seal| seal.archived.is_some());
            let whole_from = archived.or(base.as_ref()).map_or(0, |seal| seal.below);
            let openings = std::mem::take(&mut openings);
            let mut begun = Verifier::new(brand, *brand_id, base.as_ref(), whole_from, openings)?;
            begun.seals(seals)?;
            verifier = Some(begun);
        }
        let before = head.as_ref().and_then(|head: &Head| head.before);
        match (line, &mut verifier) {
            (Line::Journal(first), _) if first.format == FORMAT => head = Some(first),
            (Line::Journal(first), _) => {
                let what = format!("format {} is not one that this version reads", first.format);
                return Err(ExportError::Line(number, what));
            }
            (Line::Base(seal), _) if base.is_none() && seals.is_empty() => base = Some(seal),
            (Line::Seal(seal), _) => seals.push(seal),
            (Line::Opening(opening), _) => openings.push(opening),
            (Line::Entry(row), Some(_)) if before.is_some_and(|before| row.at >= before) => {
                let what = "an entry that is not of this archive: it is later".to_owned();
                return Err(ExportError::Line(number, what));
            }
            (Line::Entry(row), Some(verifier)) => {
                entries += 1;
                verifier.entry(&row)?;
            }
            // Where all entries are to be there, a hash alone would hide one.
            (Line::Place(Place { xid, n, hash }), Some(verifier)) if before.is_some() => {
                verifier.place(xid, n, &hash)?;
            }
            (Line::End { entries }, _) => end = Some(entries),
            _ => return Err(misplaced()),
        }
    }
    let (Some(head), Some(verifier), Some(end)) = (head, verifier, end) else {
        return Err(ExportError::Line(
            0,
            "the file ends before its last line".to_owned(),
        ));
    };
    if end != entries {
        let what = format!("the last line says {end} entries, and there are {entries}");
        return Err(ExportError::Line(0, what));
    }
    let closing = verifier.closing();
    Ok(Read {
        head,
        verified: verifier.finish()?,
        closing,
    })
}
