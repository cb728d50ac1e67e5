//! One walk over the bytes before anything validates or compiles them: what
//! is it, what is it made of, what does it import and export by name.

use baton_domain::{limits::SCRIPT_COMPONENT_BYTES_MAX, module::DECLARATION_SECTION};
use wasmparser::{
    BinaryReaderError, ComponentInstance, ComponentType, ComponentTypeDeclaration, CoreType,
    Encoding, Instance, InstanceTypeDeclaration, ModuleTypeDeclaration, Parser, Payload,
};

use super::{
    Rejection, code,
    measure::{Measure, Measures},
};

/// How the name of the section begins in which wit-bindgen keeps the world.
pub(super) const WORLD_SECTION: &str = "component-type";

/// What the walk found. Counts are of definitions, each at least once
/// instantiated or useless; the compiled component is counted again.
#[derive(Debug, Default)]
pub(crate) struct Census<'a> {
    /// Whether it is a core module and no component.
    pub(crate) is_core: bool,
    /// Whether it says which world of which contract it implements, as core
    /// modules do that are made to become components.
    pub(crate) names_world: bool,
    /// Names of the component's own imports, in order.
    pub(crate) imports: Vec<&'a str>,
    /// Names of the component's own exports, in order.
    pub(crate) exports: Vec<&'a str>,
    /// The bytes of the declaration.
    pub(crate) declaration: Option<&'a [u8]>,
    /// How much there is of everything that is counted.
    pub(crate) measures: Measures,
}

/// A module or component that the walk is inside of.
struct Level {
    encoding: Encoding,
    memories: u64,
    /// Components that it instantiates.
    instances: u64,
}

/// Walks over `bytes`.
///
/// # Errors
/// What the bytes are not, or the first limit that they exceed.
pub(crate) fn take(bytes: &[u8]) -> Result<Census<'_>, Rejection> {
    if bytes.len() > SCRIPT_COMPONENT_BYTES_MAX {
        return Err(Rejection::TooLarge {
            bytes: bytes.len(),
            max: SCRIPT_COMPONENT_BYTES_MAX,
        });
    }
    if !bytes.starts_with(b"\0asm") {
        return Err(Rejection::NotWasm);
    }
    let mut census = Census::default();
    census.measures.peak(Measure::Bytes, bytes.len() as u64)?;
    let mut levels: Vec<Level> = Vec::new();
    // An upper bound: as if every component were instantiated at every place
    // where any is. Chains of few bytes stand for millions of instances.
    let mut instances = 1u64;
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload.map_err(invalid)?;
        match &payload {
            Payload::Version { encoding, .. } => census.enter(*encoding, &mut levels)?,
            Payload::End(_) => {
                let left = levels.pop().map_or(0, |level| level.instances);
                instances = instances.saturating_mul(left.saturating_add(1));
                census.measures.peak(Measure::Instances, instances)?;
            }
            _ => census.count(&payload, &mut levels)?,
        }
    }
    Ok(census)
}

impl<'a> Census<'a> {
    fn enter(&mut self, encoding: Encoding, levels: &mut Vec<Level>) -> Result<(), Rejection> {
        if levels.is_empty() {
            self.is_core = encoding == Encoding::Module;
        } else {
            self.measures.add(Measure::Nested, 1)?;
        }
        levels.push(Level {
            encoding,
            memories: 0,
            instances: 0,
        });
        self.measures.peak(Measure::Depth, levels.len() as u64)
    }

    fn count(&mut self, payload: &Payload<'a>, levels: &mut [Level]) -> Result<(), Rejection> {
        let is_top = levels.len() == 1;
        let Some(level) = levels.last_mut() else {
            return Ok(());
        };
        match payload {
            Payload::CustomSection(section) => {
                self.names_world |= is_top && section.name().starts_with(WORLD_SECTION);
                if is_top && section.name() == DECLARATION_SECTION {
                    self.keep_declaration(section.data())?;
                }
                Ok(())
            }
            _ if level.encoding == Encoding::Module => {
                code::count(payload, &mut level.memories, &mut self.measures)
            }
            Payload::ComponentImportSection(section) => {
                self.measures
                    .add(Measure::Imports, section.count().into())?;
                for import in section.clone() {
                    let name = import.map_err(invalid)?.name.name;
                    self.imports.extend(is_top.then_some(name));
                }
                Ok(())
            }
            Payload::ComponentExportSection(section) => {
                self.measures
                    .add(Measure::Exports, section.count().into())?;
                for export in section.clone() {
                    let name = export.map_err(invalid)?.name.name;
                    self.exports.extend(is_top.then_some(name));
                }
                Ok(())
            }
            _ => self.count_component(payload, &mut level.instances),
        }
    }

    /// Counts a section that only components have.
    fn count_component(
        &mut self,
        payload: &Payload<'_>,
        instances: &mut u64,
    ) -> Result<(), Rejection> {
        let measures = &mut self.measures;
        match payload {
            Payload::InstanceSection(section) => {
                for instance in section.clone() {
                    if let Instance::Instantiate { .. } = instance.map_err(invalid)? {
                        measures.add(Measure::CoreInstances, 1)?;
                    }
                }
            }
            Payload::ComponentInstanceSection(section) => {
                for instance in section.clone() {
                    if let ComponentInstance::Instantiate { .. } = instance.map_err(invalid)? {
                        *instances += 1;
                    }
                }
            }
            Payload::ComponentAliasSection(section) => {
                measures.add(Measure::Aliases, section.count().into())?;
            }
            Payload::ComponentCanonicalSection(section) => {
                measures.add(Measure::Crossings, section.count().into())?;
            }
            Payload::CoreTypeSection(section) => {
                for ty in section.clone() {
                    count_core_type(&ty.map_err(invalid)?, measures)?;
                }
            }
            Payload::ComponentTypeSection(section) => {
                for ty in section.clone() {
                    count_type(&ty.map_err(invalid)?, measures)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn keep_declaration(&mut self, data: &'a [u8]) -> Result<(), Rejection> {
        self.measures
            .peak(Measure::DeclarationBytes, data.len() as u64)?;
        if self.declaration.replace(data).is_some() {
            return Err(Rejection::UnreadableDeclaration(
                "there are two of them".to_owned(),
            ));
        }
        Ok(())
    }
}

/// Counts a type and what it is declared of. The parser bounds the depth.
fn count_type(ty: &ComponentType<'_>, measures: &mut Measures) -> Result<(), Rejection> {
    measures.add(Measure::Types, 1)?;
    match ty {
        ComponentType::Func(function) => {
            measures.peak(Measure::FunctionParams, function.params.len() as u64)
        }
        ComponentType::Component(declarations) => declarations.iter().try_for_each(|it| match it {
            ComponentTypeDeclaration::CoreType(ty) => count_core_type(ty, measures),
            ComponentTypeDeclaration::Type(ty) => count_type(ty, measures),
            _ => measures.add(Measure::Types, 1),
        }),
        ComponentType::Instance(declarations) => declarations.iter().try_for_each(|it| match it {
            InstanceTypeDeclaration::CoreType(ty) => count_core_type(ty, measures),
            InstanceTypeDeclaration::Type(ty) => count_type(ty, measures),
            _ => measures.add(Measure::Types, 1),
        }),
        ComponentType::Defined(_) | ComponentType::Resource { .. } => Ok(()),
    }
}

fn count_core_type(ty: &CoreType<'_>, measures: &mut Measures) -> Result<(), Rejection> {
    match ty {
        CoreType::Rec(group) => code::count_group(group, measures),
        CoreType::Module(declarations) => declarations.iter().try_for_each(|it| match it {
            ModuleTypeDeclaration::Type(group) => code::count_group(group, measures),
            _ => measures.add(Measure::Types, 1),
        }),
    }
}

pub(crate) fn invalid(error: BinaryReaderError) -> Rejection {
    Rejection::Invalid(format!("{} (at byte {})", error.message(), error.offset()))
}
