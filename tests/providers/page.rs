//! docs/providers.md.

use std::fmt::Write;

use croupier_game::{conformance::cases::GROUPS, provider::Protocol};

use super::{Cell, Played};

const HEAD: &str = "# Game providers: what every edge case comes to

Written by `tests/providers.rs`, which plays these cases as each provider over HTTP against the whole server and fails where this page says something else. To write it anew: `make docs-providers`.

A cell says what the books made of the call, how what can be staked changed, and the protocol's word for it. \"nothing stored\": the wallet was not asked, or the answer is one that a repeat may change. A dash: the protocol has no such message, and why. An asterisk: it takes more than a provider and `--hand`, and is played at the tests' house alone; the rest `croupier conformance` plays at anybody's.
What each adapter is built from, and what of it is not verified against the vendor, is in its module's documentation (`crates/game/src/<provider>/mod.rs`).
";

pub fn write(columns: &[(&Protocol, Vec<Played>)]) -> String {
    let mut page = HEAD.to_owned();
    contracts(&mut page, columns);
    for (number, title) in GROUPS {
        write!(page, "\n## {number}. {title}\n\n| |").unwrap();
        for (protocol, _) in columns {
            write!(page, " {} |", protocol.spec.title).unwrap();
        }
        page.push_str("\n|---|");
        page.push_str(&"---|".repeat(columns.len()));
        page.push('\n');
        let first = &columns[0].1;
        for (at, played) in first.iter().enumerate() {
            if played.group != number {
                continue;
            }
            let mark = if played.anywhere { "" } else { " \\*" };
            write!(page, "| {}{mark} |", played.name).unwrap();
            for (_, cells) in columns {
                write!(page, " {} |", cell(&cells[at].cell)).unwrap();
            }
            page.push('\n');
        }
    }
    page
}

pub fn cell(cell: &Cell) -> String {
    match cell {
        Cell::None(why) => format!("— {why}"),
        Cell::Found(finding) => {
            let outcome = finding.outcome.as_deref().unwrap_or("?");
            let sign = match finding.moved {
                0 => "±",
                moved if moved < 0 => "−",
                _ => "+",
            };
            let moved = finding.moved.unsigned_abs();
            format!(
                "{outcome} · {sign}{}.{:02} · `{}`",
                moved / 100,
                moved % 100,
                finding.wire
            )
        }
    }
}

fn contracts(page: &mut String, columns: &[(&Protocol, Vec<Played>)]) {
    page.push_str("\n## Contracts\n\n| |");
    for (protocol, _) in columns {
        write!(page, " {} |", protocol.spec.title).unwrap();
    }
    page.push_str("\n|---|");
    page.push_str(&"---|".repeat(columns.len()));
    page.push('\n');
    let mut line = |name: &str, value: &dyn Fn(&Protocol) -> String| {
        write!(page, "| {name} |").unwrap();
        for (protocol, _) in columns {
            write!(page, " {} |", value(protocol)).unwrap();
        }
        page.push('\n');
    };
    line("a win without its bet", &|protocol| {
        format!("{:?}", protocol.spec.contract.win_without_bet)
    });
    line("a rollback of a bet that was won or lost", &|protocol| {
        format!("{:?}", protocol.spec.contract.rollback_of_settled_bet)
    });
    line("a rollback of the unknown", &|protocol| {
        format!("{:?}", protocol.spec.contract.unknown_rollback)
    });
    line("a rollback of a win that was spent", &|protocol| {
        format!("{:?}", protocol.spec.contract.rollback_of_spent_win)
    });
    line("the balance in the answer to a repeat", &|protocol| {
        format!("{:?}", protocol.spec.contract.replay_balance)
    });
    line("a game that the catalogue does not have", &|protocol| {
        format!("{:?}", protocol.spec.contract.unknown_game)
    });
    line("accounts", &|protocol| {
        let rules = protocol.spec.accounts;
        format!("{} to {} of a-z 0-9 {}", rules.min, rules.max, rules.others)
    });
    line("keys", &|protocol| format!("{:?}", protocol.spec.keys));
}
