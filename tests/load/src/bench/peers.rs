//! The same rule in other engines: measured by a program of its own, since its
//! libraries do not go together with Baton's.

use std::{path::Path, process::Command};

use anyhow::{Context, ensure};

use super::Line;

/// Goal: a fresh instance costs at most this over the native call.
const OVER_NATIVE_US_MAX: f64 = 10.0;

struct Engine {
    name: String,
    p50: f64,
    p99: f64,
}

pub fn lines(program: &Path) -> anyhow::Result<Vec<Line>> {
    let output = Command::new(program).output()?;
    let error = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "the comparison fails: {error}");
    let text = String::from_utf8(output.stdout)?;
    let engines: Vec<Engine> = text.lines().map(read).collect::<Result<_, _>>()?;
    let named = |name: &str| engines.iter().find(|it| it.name.starts_with(name));
    let native = named("native").context("the native call was measured")?.p50;
    let baton = named("Baton").context("Baton was measured")?.p50;
    let line = |engine: &Engine| {
        let Engine { name, p50, p99 } = engine;
        let what = format!("one rule, {name}");
        let line = Line::new(what, format!("p50 {p50:.2} µs, p99 {p99:.2} µs"));
        if name.starts_with("native") {
            line.ratio("the floor".to_owned())
        } else if name.starts_with("Baton") {
            let over = p50 - native;
            line.ratio(format!("native + {over:.2} µs")).goal(
                format!("≤ native + {OVER_NATIVE_US_MAX:.0} µs"),
                over <= OVER_NATIVE_US_MAX,
            )
        } else {
            line.ratio(format!("{:.1} times Baton's", p50 / baton))
                .goal("Baton is faster", baton < *p50)
        }
    };
    Ok(engines.iter().map(line).collect())
}

/// The comparison could not be made: no reason to measure nothing else.
pub fn failed(error: &anyhow::Error) -> Line {
    eprintln!("{error:#}");
    Line::new("one rule, other engines", "not measured".to_owned()).goal("it is measured", false)
}

fn read(line: &str) -> anyhow::Result<Engine> {
    let mut parts = line.split('\t');
    let mut next = || parts.next().context("a name and two numbers");
    Ok(Engine {
        name: next()?.to_owned(),
        p50: next()?.parse()?,
        p99: next()?.parse()?,
    })
}
