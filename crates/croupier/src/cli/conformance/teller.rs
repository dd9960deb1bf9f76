//! What the person at the terminal is told.

use std::{io::Write, path::Path};

use croupier_game::conformance::{
    ENDED_EARLY as NOT_BEGUN, Ended, Exchange, LEFT_OUT, Progress, Verdict, cases, report::Report,
};

use crate::cli::{plain, say};

pub(super) fn last_words(exchange: &Exchange) -> String {
    format!(
        "  sent: POST {} {}\n  came: {}\n",
        plain(&exchange.path),
        plain(&exchange.sent),
        plain(&exchange.came)
    )
}

/// Tells how it goes: where reports are printed, beside them.
pub(super) struct Teller {
    aside: bool,
}

impl Teller {
    pub(super) fn new(aside: bool) -> Self {
        Self { aside }
    }

    pub(super) fn line(&self, line: &str) {
        if self.aside {
            let _ = writeln!(std::io::stderr(), "{line}");
        } else {
            say(line);
        }
    }

    pub(super) fn tell(&self, progress: Progress<'_>) {
        let Progress::Ended(ended) = progress else {
            return;
        };
        let (group, name) = (ended.case.group, ended.case.name);
        if matches!(&ended.verdict, Verdict::NotRun(why) if why == LEFT_OUT || why == NOT_BEGUN) {
            return;
        }
        self.line(&match &ended.verdict {
            Verdict::Held => format!("  ✓ {group:>2} {name}"),
            Verdict::Failed(why) => {
                format!("  ✗ {group:>2} {name}: {}\n       {}", plain(why), wanted(ended))
            }
            Verdict::NotRun(why) => format!("  · {group:>2} {name}: not run: {}", plain(why)),
            Verdict::NotSaid(why) => format!("  — {group:>2} {name}: {why}"),
        });
        for note in &ended.notes {
            self.line(&format!("       {note}"));
        }
    }

    pub(super) fn sum_up(&self, report: &Report, files: &[&Path]) {
        let counts = report.counts();
        self.line(&format!(
            "\n{} held, {} failed, {} not run, {} not part of the protocol.",
            counts.held, counts.failed, counts.not_run, counts.not_said
        ));
        for file in files {
            self.line(&format!("The report is in {}.", file.display()));
        }
    }
}

fn wanted(ended: &Ended) -> String {
    let sources: Vec<_> = ended.basis.sources.iter().map(|source| source.title()).collect();
    format!("wanted: {} ({})", ended.basis.says, sources.join(", "))
}

/// Every case, by its group.
pub(super) fn list() {
    for (number, title) in cases::GROUPS {
        say(format_args!("{number}. {title}"));
        for case in cases::all().iter().filter(|case| case.group == number) {
            let needs: Vec<_> = case.needs.iter().map(|need| need.what()).collect();
            let needs = if needs.is_empty() {
                String::new()
            } else {
                format!(" (needs {})", needs.join(", "))
            };
            say(format_args!("     {}{needs}", case.name));
        }
    }
}
