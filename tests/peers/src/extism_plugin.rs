//! Extism: a plugin that is kept warm, and one made for each call.

use extism::{CompiledPlugin, Manifest, Plugin, PluginBuilder, Wasm};
use peers_rule::{Moment, Signal};

use crate::engine::Engine;

const FUNCTION: &str = "score";

/// A plugin that is kept; what it learnt stays in it.
pub struct Warm(Plugin);

/// A plugin made for each call, from code that is compiled already.
pub struct Fresh(CompiledPlugin);

pub fn load(module: Vec<u8>) -> anyhow::Result<(Warm, Fresh)> {
    let manifest = Manifest::new([Wasm::data(module)]);
    let compiled = PluginBuilder::new(manifest).with_wasi(false).compile()?;
    Ok((
        Warm(Plugin::new_from_compiled(&compiled)?),
        Fresh(compiled),
    ))
}

fn call(plugin: &mut Plugin, moment: &Moment) -> anyhow::Result<Option<Signal>> {
    let input = serde_json::to_vec(moment)?;
    let output = plugin.call::<&[u8], &[u8]>(FUNCTION, &input)?;
    Ok(serde_json::from_slice(output)?)
}

impl Engine for Warm {
    fn name(&self) -> &'static str {
        "Extism 1.41, warm plugin"
    }

    fn run(&mut self, moment: &Moment) -> anyhow::Result<Option<Signal>> {
        call(&mut self.0, moment)
    }
}

impl Engine for Fresh {
    fn name(&self) -> &'static str {
        "Extism 1.41, fresh plugin"
    }

    fn run(&mut self, moment: &Moment) -> anyhow::Result<Option<Signal>> {
        call(&mut Plugin::new_from_compiled(&self.0)?, moment)
    }
}
