//! The lines of an export, read one by one, and whether all of them are there.

use std::io::{BufRead, Read};

use baton_domain::limits::EXPORT_LINE_BYTES_MAX;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::{
    embedded::export::line::{Line, VERSION},
    error::StoreError,
    export::ImportError,
};

/// An export that is being read.
pub(super) struct Input<'i> {
    export: &'i mut dyn BufRead,
    hash: Sha256,
    /// The hash before the line that was read last.
    hash_before: Sha256,
    lines: u64,
    bytes: Vec<u8>,
}

/// What every version's first line has.
#[derive(Deserialize)]
struct First {
    is: String,
    version: u32,
}

fn not_whole(what: impl Into<String>) -> ImportError {
    ImportError::NotWhole { what: what.into() }
}

impl<'i> Input<'i> {
    pub(super) fn new(export: &'i mut dyn BufRead) -> Self {
        Self {
            export,
            hash: Sha256::new(),
            hash_before: Sha256::new(),
            lines: 0,
            bytes: Vec::new(),
        }
    }

    pub(super) fn lines(&self) -> u64 {
        self.lines
    }

    /// Reads the next line into `bytes`.
    fn read(&mut self) -> Result<(), ImportError> {
        self.bytes.clear();
        let max = EXPORT_LINE_BYTES_MAX as u64;
        let read = Read::take(&mut *self.export, max).read_until(b'\n', &mut self.bytes);
        read.map_err(|source| StoreError::Backend {
            doing: "reading the export",
            source: source.into(),
        })?;
        self.lines += 1;
        match self.bytes.last() {
            None => Err(not_whole("its last line is missing")),
            Some(b'\n') => {
                self.hash_before.clone_from(&self.hash);
                self.hash.update(&self.bytes);
                Ok(())
            }
            Some(_) if self.bytes.len() as u64 == max => Err(ImportError::Line {
                line: self.lines,
                what: format!("it is longer than {max} bytes"),
            }),
            Some(_) => Err(not_whole(format!("line {} breaks off", self.lines))),
        }
    }

    /// The first line, of which only a version that is known is read further.
    pub(super) fn first_line(&mut self) -> Result<Line, ImportError> {
        self.read().map_err(|error| match error {
            ImportError::Store(error) => ImportError::Store(error),
            _ => ImportError::NoExport,
        })?;
        let first: First =
            serde_json::from_slice(&self.bytes).map_err(|_| ImportError::NoExport)?;
        if first.is != "baton_export" {
            return Err(ImportError::NoExport);
        }
        if first.version > VERSION {
            return Err(ImportError::Newer {
                found: first.version,
                known: VERSION,
            });
        }
        self.parse()
    }

    /// The next line.
    pub(super) fn line(&mut self) -> Result<Line, ImportError> {
        self.read()?;
        self.parse()
    }

    fn parse(&self) -> Result<Line, ImportError> {
        // serde quotes what it could not read, so only the place is told.
        serde_json::from_slice(&self.bytes).map_err(|error| ImportError::Line {
            line: self.lines,
            what: format!("it cannot be read from column {} on", error.column()),
        })
    }

    /// Says at which line something was wrong.
    pub(super) fn at_line(&self, error: ImportError) -> ImportError {
        match error {
            ImportError::Store(error @ (StoreError::Damaged { .. } | StoreError::Erased)) => {
                let what = match error {
                    StoreError::Damaged { what } => what,
                    error => error.to_string(),
                };
                ImportError::Line {
                    line: self.lines,
                    what,
                }
            }
            error => error,
        }
    }

    /// The last line was read: nothing is missing, and nothing follows.
    pub(super) fn check_end(&mut self, lines: u64, sha256: &str) -> Result<(), ImportError> {
        if lines != self.lines {
            let there = self.lines;
            return Err(not_whole(format!("{there} of {lines} lines are there")));
        }
        if hex::encode(self.hash_before.clone().finalize()) != sha256 {
            return Err(not_whole("its checksum differs"));
        }
        let rest = self
            .export
            .fill_buf()
            .map_err(|source| StoreError::Backend {
                doing: "reading the export",
                source: source.into(),
            })?;
        if rest.is_empty() {
            Ok(())
        } else {
            Err(not_whole("something follows its last line"))
        }
    }
}
