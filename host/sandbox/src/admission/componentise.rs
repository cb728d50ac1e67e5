//! Makes a component of an uploaded core module, if it is one that wants to be:
//! toolchains without components of their own give such modules.
//!
//! What the module says of its world is thrown away unread and the host's own
//! contract put in its place. The decoder of such sections trusts them: one
//! whose package depends on itself makes it recurse until the process dies.

use std::{panic, sync::LazyLock};

use baton_domain::module::World;
use baton_guest_build::{ComponentError, componentize};
use wasm_encoder::RawSection;
use wasmparser::{Parser, Payload};
use wit_component::{StringEncoding, embed_component_metadata};
use wit_parser::{Resolve, SourceMap};

use super::{
    Rejection,
    census::{Census, WORLD_SECTION, invalid},
    inspect::read_declaration,
};

/// The contract, file by file.
const CONTRACT: [(&str, &str); 4] = [
    ("fields.wit", include_str!("../../../../wit/v1/fields.wit")),
    (
        "settings.wit",
        include_str!("../../../../wit/v1/settings.wit"),
    ),
    ("types.wit", include_str!("../../../../wit/v1/types.wit")),
    ("world.wit", include_str!("../../../../wit/v1/world.wit")),
];

/// The same, understood; nothing if it cannot be, which a test would see.
static RESOLVED: LazyLock<Option<Resolve>> = LazyLock::new(|| {
    let mut sources = SourceMap::default();
    for (name, text) in CONTRACT {
        sources.push_str(name, text);
    }
    let mut resolve = Resolve::default();
    resolve.push_group(sources.parse().ok()?).ok()?;
    Some(resolve)
});

/// The component of `core`, with its declaration; the same one each time.
/// `census` is what the walk over `core` found, all limits among it.
///
/// # Errors
/// [`Rejection::CoreModule`] with what it lacks, or what is wrong with its
/// declaration.
pub(super) fn componentise(core: &[u8], census: &Census<'_>) -> Result<Vec<u8>, Rejection> {
    if !census.names_world {
        return Err(Rejection::CoreModule(
            "it does not say which world it implements (no `component-type` section)".to_owned(),
        ));
    }
    let declaration = read_declaration(census.declaration)?;
    let mut module = without_world(core)?;
    embed(&mut module, declaration.world).map_err(Rejection::CoreModule)?;
    // The encoder is meant for what compilers write, and asserts that it gets
    // nothing else.
    let encoded = panic::catch_unwind(|| componentize(&module)).map_err(|_| {
        Rejection::CoreModule("it is not what compilers write for a component".to_owned())
    })?;
    encoded.map(|it| it.bytes).map_err(refused)
}

/// The module without the sections that name a world.
fn without_world(core: &[u8]) -> Result<Vec<u8>, Rejection> {
    let mut module = wasm_encoder::Module::new();
    for payload in Parser::new(0).parse_all(core) {
        let payload = payload.map_err(invalid)?;
        let names_world = matches!(
            &payload,
            Payload::CustomSection(section) if section.name().starts_with(WORLD_SECTION)
        );
        if let Some((id, range)) = payload.as_section()
            && !names_world
        {
            let data = core.get(range).unwrap_or_default();
            module.section(&RawSection { id, data });
        }
    }
    Ok(module.finish())
}

fn embed(module: &mut Vec<u8>, world: World) -> Result<(), String> {
    let name = match world {
        World::Rule => "rule",
        World::Policy => "policy",
    };
    let contract = RESOLVED.as_ref();
    let contract = contract.ok_or("this host cannot read its own contract")?;
    let mut worlds = contract.worlds.iter();
    let (id, _) = worlds
        .find(|(_, world)| world.name == name)
        .ok_or("this host's contract lacks the world")?;
    embed_component_metadata(module, contract, id, StringEncoding::UTF8)
        .map_err(|error| format!("{error:#}"))
}

fn refused(error: ComponentError) -> Rejection {
    match error {
        ComponentError::Unreadable(error) => Rejection::Invalid(error.to_string()),
        ComponentError::ForeignImport(import) => Rejection::ForbiddenImport { import },
        ComponentError::NoExport { world, export } => Rejection::MissingExport { world, export },
        ComponentError::Encode(why) => Rejection::CoreModule(why),
        other => Rejection::CoreModule(other.to_string()),
    }
}
