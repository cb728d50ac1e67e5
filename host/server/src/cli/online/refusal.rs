//! What a host answers instead of doing what was asked for.

use std::process::ExitCode;

use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use super::{line, print, printable};

/// What the command exits with when the host refuses.
const REFUSED: u8 = 3;

/// A refusal.
#[derive(Debug, thiserror::Error)]
#[error("{message} ({code})")]
pub(super) struct Refusal {
    code: String,
    message: String,
    problems: Vec<Problem>,
    /// As it came.
    answer: Value,
}

/// What is wrong with one module of a release.
#[derive(Debug, Deserialize)]
struct Problem {
    module: String,
    code: String,
    message: String,
    #[serde(default)]
    ungranted: Vec<String>,
}

/// The body of every error of the API.
#[derive(Deserialize)]
struct Body {
    error: Told,
}

#[derive(Deserialize)]
struct Told {
    code: String,
    message: String,
    #[serde(default)]
    problems: Vec<Problem>,
}

impl Refusal {
    /// Of an answer that is an error.
    pub(super) fn of(status: StatusCode, answer: Value) -> Self {
        let told = Body::deserialize(&answer).map_or_else(
            |_| Told {
                code: status.as_u16().to_string(),
                message: "an error without a reason: is Baton's host there?".to_owned(),
                problems: Vec::new(),
            },
            |it| it.error,
        );
        Self {
            code: told.code,
            message: told.message,
            problems: told.problems,
            answer,
        }
    }

    /// Its stable code.
    pub(super) fn code(&self) -> &str {
        &self.code
    }

    /// Tells it, with what to do next where that is known.
    pub(super) fn tell(&self, json: bool) -> anyhow::Result<ExitCode> {
        if json {
            print(&format!("{:#}\n", self.answer))?;
        } else {
            self.complain();
        }
        Ok(ExitCode::from(REFUSED))
    }

    #[expect(clippy::print_stderr, reason = "what is wrong goes to standard error")]
    fn complain(&self) {
        let mut text = line(&format!("error: {self}"));
        for problem in &self.problems {
            let Problem {
                module,
                code,
                message,
                ungranted,
            } = problem;
            // Of a single problem the message is made.
            if *code != self.code || !self.message.ends_with(&**message) {
                text += &line(&format!("  {module}: {message} ({code})"));
            }
            if !ungranted.is_empty() {
                let fields = ungranted.join(" ");
                text += &format!("  next: baton module grant {module} {fields}\n");
            }
        }
        if matches!(&*self.code, "unauthorized" | "forbidden") {
            text += "  next: give an operator's key of the tenant with --key or BATON_KEY\n";
        }
        eprint!("{}", printable(&text));
    }
}
