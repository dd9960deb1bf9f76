//! Where reports go.

use std::{fs::OpenOptions, io::Write, path::PathBuf};

use croupier_game::conformance::report::{Format, Report};

/// Where a report goes.
#[derive(Clone, Debug)]
pub(super) struct Destination {
    format: Format,
    /// None: to standard output.
    pub(super) file: Option<PathBuf>,
}

impl Destination {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if let Some(format) = Format::named(text) {
            return Ok(Self { format, file: None });
        }
        let file = PathBuf::from(text);
        let ending = file.extension().and_then(|ending| ending.to_str()).unwrap_or("");
        match Format::of_ending(ending) {
            Some(format) => Ok(Self {
                format,
                file: Some(file),
            }),
            None => Err(
                "its ending must be .html, .json or .xml (JUnit); or html, json or junit alone, to print it"
                    .to_owned(),
            ),
        }
    }

    /// That it can be written, found out before anything is sent. What is there stays until there is a report.
    pub(super) fn open(&self) -> Result<(), String> {
        let Some(file) = &self.file else {
            return Ok(());
        };
        let opened = OpenOptions::new().create(true).append(true).open(file);
        opened
            .map(drop)
            .map_err(|fault| format!("--report {}: {fault}", file.display()))
    }

    pub(super) fn name(&self) -> String {
        match &self.file {
            Some(file) => file.display().to_string(),
            None => "on standard output".to_owned(),
        }
    }

    pub(super) fn write(&self, report: &Report) -> std::io::Result<()> {
        let text = self.format.write(report);
        match &self.file {
            Some(file) => std::fs::write(file, text),
            None => std::io::stdout().write_all(text.as_bytes()),
        }
    }
}
