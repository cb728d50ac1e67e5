//! The same rule, with the same inputs and outputs, in other engines and in
//! Baton, in turns within one run. Prints a line an engine: its name, p50 and
//! p99 in microseconds, between tabs.

mod engine;

mod baton;
mod extism_plugin;
mod scripts;
mod zen;

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use baton_guest_build::Workspace;
use engine::Engine;
use peers_rule::{Moment, decide};

/// Calls of each engine before anything is measured.
const WARM_UP: usize = 500;
/// Rounds, in which engines take turns, and calls of each in a round.
const ROUNDS: usize = 40;
const CALLS: usize = 250;

fn main() -> anyhow::Result<()> {
    let mut fresh = baton::FreshInstance::new()?;
    let (extism_warm, extism_fresh) = extism_plugin::load(plugin()?)?;
    for moment in [Moment::above_minimum(), Moment::paid()] {
        fresh.set(&moment)?;
        check(&mut fresh, &moment)?;
    }
    fresh.set(&Moment::above_average())?;
    let mut engines: Vec<Box<dyn Engine>> = vec![
        Box::new(baton::Native),
        Box::new(fresh),
        Box::new(extism_warm),
        Box::new(extism_fresh),
        Box::new(zen::Zen::new()?),
        Box::new(scripts::Rhai::new()?),
        Box::new(scripts::Cel::new()?),
    ];
    // Baton's settings belong to a release, and were checked above.
    for engine in engines.iter_mut().filter(|it| !it.name().starts_with("Baton")) {
        check(&mut **engine, &Moment::above_minimum())?;
        check(&mut **engine, &Moment::paid())?;
    }
    let moment = Moment::above_average();
    for engine in &mut engines {
        check(&mut **engine, &moment)?;
        time(&mut **engine, &moment, WARM_UP)?;
    }
    let mut took = vec![Vec::new(); engines.len()];
    for _ in 0..ROUNDS {
        for (engine, took) in engines.iter_mut().zip(&mut took) {
            took.extend(time(&mut **engine, &moment, CALLS)?);
        }
    }
    for (engine, took) in engines.iter().zip(&mut took) {
        took.sort_unstable();
        let at = |share: f64| took[((took.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e6;
        println!("{}\t{:.2}\t{:.2}", engine.name(), at(0.5), at(0.99));
    }
    Ok(())
}

/// The rule as an Extism plugin: built as guests are, but no component.
fn plugin() -> anyhow::Result<Vec<u8>> {
    let workspace = Workspace::of(Path::new(env!("CARGO_MANIFEST_DIR")))?;
    let plugin = workspace.guest("peers-plugin")?;
    let modules = workspace.build_core_modules(&[plugin])?;
    let path = modules.get("peers-plugin").context("it was built")?;
    Ok(fs::read(path)?)
}

fn check(engine: &mut dyn Engine, moment: &Moment) -> anyhow::Result<()> {
    let said = engine
        .run(moment)
        .with_context(|| engine.name().to_owned())?;
    let expected = decide(moment);
    let is_same = match (&said, &expected) {
        (Some(said), Some(expected)) => {
            // Engines order their arithmetic differently.
            let near = (said.score - expected.score).abs() < 1e-9;
            let words = |it: &peers_rule::Signal| {
                let it = it.clone();
                (it.name, it.reason, it.tag, it.next_step)
            };
            near && words(said) == words(expected)
        }
        (None, None) => true,
        _ => false,
    };
    ensure!(
        is_same,
        "{} says {said:?} instead of {expected:?}",
        engine.name()
    );
    Ok(())
}

fn time(
    engine: &mut dyn Engine,
    moment: &Moment,
    calls: usize,
) -> anyhow::Result<Vec<Duration>> {
    (0..calls)
        .map(|_| {
            let begun = Instant::now();
            let said = engine.run(moment)?;
            let took = begun.elapsed();
            drop(said);
            Ok(took)
        })
        .collect()
}
