//! The benchmark table: what evaluation, a commit and a webhook cost, each
//! beside its floor, all in one run.

mod commit;
mod evaluate;
mod peers;

use std::path::PathBuf;

use clap::Args;

use crate::{Place, report, table::Table};

/// Arguments of `baton-load bench`.
#[derive(Debug, Args)]
pub struct Bench {
    /// The program that compares engines; without it they are left out.
    #[arg(long)]
    peers: Option<PathBuf>,
    #[command(flatten)]
    place: Place,
}

/// A line of the table.
pub struct Line {
    /// What was measured.
    what: String,
    /// What came out.
    is: String,
    /// Beside the floor.
    ratio: String,
    /// What is wanted, and whether it holds.
    goal: Option<(String, bool)>,
}

impl Line {
    /// A line without a floor and a goal.
    pub fn new(what: impl Into<String>, is: String) -> Self {
        let (what, ratio, goal) = (what.into(), String::new(), None);
        Self {
            what,
            is,
            ratio,
            goal,
        }
    }

    /// Beside its floor.
    pub fn ratio(mut self, ratio: String) -> Self {
        self.ratio = ratio;
        self
    }

    /// What is wanted, and whether it holds.
    pub fn goal(mut self, goal: impl Into<String>, holds: bool) -> Self {
        self.goal = Some((goal.into(), holds));
        self
    }

    fn print(&self) {
        let (goal, verdict) = match &self.goal {
            Some((goal, holds)) => (goal.as_str(), report::verdict(*holds)),
            None => ("", ""),
        };
        println!(
            "| {} | {} | {} | {goal} | {verdict} |",
            self.what, self.is, self.ratio
        );
    }
}

impl Bench {
    pub fn run(self) -> anyhow::Result<()> {
        println!("{}\n", report::machine());
        println!("| | measured | beside its floor | goal | |");
        println!("|---|---|---|---|---|");
        let print = |lines: Vec<Line>| lines.iter().for_each(Line::print);
        match self.peers.as_deref() {
            Some(program) if program.exists() => {
                print(peers::lines(program).unwrap_or_else(|error| vec![peers::failed(&error)]));
            }
            Some(program) => eprintln!("no other engines: {} is not built", program.display()),
            None => {}
        }
        print(evaluate::lines()?);
        print(commit::lines(&self.place)?);
        for line in Table::quick(self.place).webhook_lines()? {
            line.print();
        }
        Ok(())
    }
}
