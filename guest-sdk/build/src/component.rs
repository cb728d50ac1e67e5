//! From a core module to a component: encodes it, lifts the declaration to
//! the top, and checks that it imports nothing but fields.

use baton_domain::{
    field::Field,
    limits::DECLARATION_BYTES_MAX,
    module::{DECLARATION_SECTION, Declaration, InvalidDeclaration, World},
};
use wasm_encoder::{ComponentSection, CustomSection, RawSection};
use wasmparser::{Operator, Parser, Payload, Validator};
use wit_component::{ComponentEncoder, DecodedWasm};
use wit_parser::{Resolve, WorldId, WorldItem, WorldKey};

/// A module of Baton, ready to be uploaded.
#[derive(Debug, Clone)]
pub struct Component {
    /// The component.
    pub bytes: Vec<u8>,
    /// What it declares.
    pub declaration: Declaration,
    /// The fields that it imports, in the order of the contract: all that it
    /// can ever read.
    pub fields: Vec<Field>,
    /// Size of its memory when it starts.
    pub memory_bytes: u64,
    /// Whether its code can ask for more memory. A guest on the SDK's arena
    /// cannot.
    pub grows_memory: bool,
}

/// Why a core module is not one of Baton's.
#[derive(Debug, thiserror::Error)]
pub enum ComponentError {
    /// The bytes are no module.
    #[error("the module cannot be read")]
    Unreadable(#[from] wasmparser::BinaryReaderError),
    /// There is no declaration.
    #[error(
        "it has no declaration; declare it with `baton_guest::rule!` or `baton_guest::policy!`, \
         once in the crate"
    )]
    NoDeclaration,
    /// There are two.
    #[error("it has more than one declaration; does it link another rule's crate?")]
    TwoDeclarations,
    /// The declaration is too long.
    #[error("its declaration has {0} bytes, at most {DECLARATION_BYTES_MAX} are allowed")]
    DeclarationTooLong(usize),
    /// The declaration is not of the schema.
    #[error("its declaration cannot be read")]
    DeclarationUnreadable(#[source] serde_json::Error),
    /// The declaration breaks a rule.
    #[error("its declaration is not valid")]
    DeclarationInvalid(#[from] InvalidDeclaration),
    /// The declaration is another crate's.
    #[error("it declares the name {declared:?}, but its crate is called {expected:?}")]
    OtherName {
        /// In the declaration.
        declared: String,
        /// The crate's.
        expected: String,
    },
    /// The component could not be encoded.
    #[error("it cannot be made a component: {0}")]
    Encode(String),
    /// It imports something that is no field.
    #[error(
        "it imports {0}, which no module may; only fields and settings of the contract can be \
         imported, no WASI among them"
    )]
    ForeignImport(String),
    /// It does not export what its world asks for.
    #[error("it declares the world {world:?} but does not export `{export}`")]
    NoExport {
        /// The declared world.
        world: World,
        /// The function that world exports.
        export: &'static str,
    },
}

/// Makes a component of a core module that was built on the SDK.
///
/// # Errors
/// [`ComponentError`].
pub fn componentize(core: &[u8]) -> Result<Component, ComponentError> {
    let Lifted { module, declaration: json, memory_bytes, grows_memory } = lift(core)?;
    let declaration = parse(&json)?;
    let mut bytes = encode(&module).map_err(|error| ComponentError::Encode(format!("{error:#}")))?;
    CustomSection { name: DECLARATION_SECTION.into(), data: json.into() }
        .append_to_component(&mut bytes);
    Validator::new().validate_all(&bytes)?;
    let fields = check(&bytes, declaration.world)?;
    Ok(Component { bytes, declaration, fields, memory_bytes, grows_memory })
}

impl Component {
    /// Itself, when it declares `name`.
    pub(crate) fn named(self, name: &str) -> Result<Self, ComponentError> {
        let declared = self.declaration.name.as_str();
        if declared == name {
            return Ok(self);
        }
        Err(ComponentError::OtherName { declared: declared.into(), expected: name.into() })
    }
}

/// A core module without its declaration, and what was seen on the way.
struct Lifted {
    module: Vec<u8>,
    declaration: Vec<u8>,
    memory_bytes: u64,
    grows_memory: bool,
}

fn lift(core: &[u8]) -> Result<Lifted, ComponentError> {
    let mut module = wasm_encoder::Module::new();
    let mut declaration: Option<Vec<u8>> = None;
    let (mut memory_bytes, mut grows_memory) = (0, false);
    for payload in Parser::new(0).parse_all(core) {
        let payload = payload?;
        match &payload {
            Payload::CustomSection(section) if section.name() == DECLARATION_SECTION => {
                if declaration.replace(section.data().to_vec()).is_some() {
                    return Err(ComponentError::TwoDeclarations);
                }
                continue;
            }
            Payload::MemorySection(memories) => {
                for memory in memories.clone() {
                    memory_bytes += memory?.initial * 65_536;
                }
            }
            Payload::CodeSectionEntry(body) => {
                for operator in body.get_operators_reader()? {
                    grows_memory |= matches!(operator?, Operator::MemoryGrow { .. });
                }
            }
            _ => {}
        }
        if let Some((id, range)) = payload.as_section() {
            let data = &core[range.start as usize..range.end as usize];
            module.section(&RawSection { id, data });
        }
    }
    let declaration = declaration.ok_or(ComponentError::NoDeclaration)?;
    Ok(Lifted { module: module.finish(), declaration, memory_bytes, grows_memory })
}

fn parse(json: &[u8]) -> Result<Declaration, ComponentError> {
    if json.len() > DECLARATION_BYTES_MAX {
        return Err(ComponentError::DeclarationTooLong(json.len()));
    }
    let declaration: Declaration =
        serde_json::from_slice(json).map_err(ComponentError::DeclarationUnreadable)?;
    declaration.validate()?;
    Ok(declaration)
}

fn encode(module: &[u8]) -> anyhow::Result<Vec<u8>> {
    ComponentEncoder::default().module(module)?.validate(true).encode()
}

/// The fields that the component imports; it imports nothing else, and
/// exports the function of its world.
fn check(bytes: &[u8], world: World) -> Result<Vec<Field>, ComponentError> {
    let decoded = wit_component::decode(bytes);
    let (resolve, id) = match decoded {
        Ok(DecodedWasm::Component(resolve, id)) => (resolve, id),
        Ok(DecodedWasm::WitPackage(..)) => return Err(ComponentError::NoDeclaration),
        Err(error) => return Err(ComponentError::Encode(format!("{error:#}"))),
    };
    let export = match world {
        World::Rule => "score",
        World::Policy => "decide",
    };
    let exported = |key: &WorldKey| matches!(key, WorldKey::Name(name) if name == export);
    if !resolve.worlds[id].exports.keys().any(exported) {
        return Err(ComponentError::NoExport { world, export });
    }
    imported_fields(&resolve, id)
}

fn imported_fields(resolve: &Resolve, world: WorldId) -> Result<Vec<Field>, ComponentError> {
    let mut fields = Vec::new();
    for (key, item) in &resolve.worlds[world].imports {
        let name = resolve.name_world_key(key);
        let foreign = || ComponentError::ForeignImport(name.clone());
        match item {
            // The types that the exported function mentions.
            WorldItem::Type { .. } => {}
            WorldItem::Function(_) => return Err(foreign()),
            WorldItem::Interface { id, .. } => {
                let interface = name
                    .strip_prefix("baton:rules/")
                    .and_then(|rest| rest.strip_suffix("@1.0.0"))
                    .ok_or_else(foreign)?;
                for function in resolve.interfaces[*id].functions.keys() {
                    if interface != "settings" {
                        let field = format!("{interface}.{function}").parse();
                        fields.push(field.map_err(|_| foreign())?);
                    }
                }
            }
        }
    }
    fields.sort();
    Ok(fields)
}
