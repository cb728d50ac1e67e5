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

/// A page of linear memory.
const PAGE_BYTES: u64 = 65_536;

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
    let Lifted {
        module,
        declaration,
    } = lift(core)?;
    let mut bytes =
        encode(&module).map_err(|error| ComponentError::Encode(format!("{error:#}")))?;
    CustomSection {
        name: DECLARATION_SECTION.into(),
        data: declaration.into(),
    }
    .append_to_component(&mut bytes);
    Component::read(bytes)
}

impl Component {
    /// Reads a component: its declaration, what it imports, what memory it
    /// takes.
    ///
    /// # Errors
    /// [`ComponentError`].
    pub fn read(bytes: Vec<u8>) -> Result<Self, ComponentError> {
        Validator::new().validate_all(&bytes)?;
        let Seen {
            declaration,
            memory_bytes,
            grows_memory,
        } = look(&bytes)?;
        let declaration = parse(&declaration)?;
        let fields = check(&bytes, declaration.world)?;
        Ok(Self {
            bytes,
            declaration,
            fields,
            memory_bytes,
            grows_memory,
        })
    }

    /// Itself, when it declares `name`.
    pub(crate) fn named(self, name: &str) -> Result<Self, ComponentError> {
        let declared = self.declaration.name.as_str();
        if declared == name {
            return Ok(self);
        }
        Err(ComponentError::OtherName {
            declared: declared.into(),
            expected: name.into(),
        })
    }
}

/// A core module, and the declaration that was taken out of it.
struct Lifted {
    module: Vec<u8>,
    declaration: Vec<u8>,
}

fn lift(core: &[u8]) -> Result<Lifted, ComponentError> {
    let mut module = wasm_encoder::Module::new();
    let mut declaration: Option<Vec<u8>> = None;
    for payload in Parser::new(0).parse_all(core) {
        let payload = payload?;
        match &payload {
            Payload::CustomSection(section) if section.name() == DECLARATION_SECTION => {
                keep(&mut declaration, section.data())?;
            }
            _ => {
                if let Some((id, range)) = payload.as_section() {
                    let data = &core[range.start as usize..range.end as usize];
                    module.section(&RawSection { id, data });
                }
            }
        }
    }
    let declaration = declaration.ok_or(ComponentError::NoDeclaration)?;
    Ok(Lifted {
        module: module.finish(),
        declaration,
    })
}

/// What the bytes of a component tell without decoding its types.
struct Seen {
    declaration: Vec<u8>,
    memory_bytes: u64,
    grows_memory: bool,
}

fn look(component: &[u8]) -> Result<Seen, ComponentError> {
    let mut declaration: Option<Vec<u8>> = None;
    let (mut memory_bytes, mut grows_memory) = (0, false);
    let mut depth = 0;
    for payload in Parser::new(0).parse_all(component) {
        match payload? {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            Payload::CustomSection(section)
                if depth == 0 && section.name() == DECLARATION_SECTION =>
            {
                keep(&mut declaration, section.data())?;
            }
            Payload::MemorySection(memories) => {
                for memory in memories {
                    memory_bytes += memory?.initial * PAGE_BYTES;
                }
            }
            Payload::CodeSectionEntry(body) => {
                for operator in body.get_operators_reader()? {
                    grows_memory |= matches!(operator?, Operator::MemoryGrow { .. });
                }
            }
            _ => {}
        }
    }
    let declaration = declaration.ok_or(ComponentError::NoDeclaration)?;
    Ok(Seen {
        declaration,
        memory_bytes,
        grows_memory,
    })
}

fn keep(declaration: &mut Option<Vec<u8>>, found: &[u8]) -> Result<(), ComponentError> {
    match declaration.replace(found.to_vec()) {
        None => Ok(()),
        Some(_) => Err(ComponentError::TwoDeclarations),
    }
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
    ComponentEncoder::default()
        .module(module)?
        .validate(true)
        .encode()
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
                    .and_then(|rest| rest.split_once("@1."))
                    .map(|(interface, _)| interface)
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

#[cfg(test)]
mod tests {
    use super::*;

    const DECLARATION: &str = r#"{"name":"t","world":"rule","summary":"Tests."}"#;

    /// A core module of a rule that imports `import`, with the sections that
    /// the SDK would have written.
    fn core(import: &str, export: &str, sections: &[&str]) -> Vec<u8> {
        let imports = if import.is_empty() {
            String::new()
        } else {
            let (module, function) = import.split_once('#').unwrap();
            format!(r#"(import "{module}" "{function}" (func (result i32)))"#)
        };
        let text = format!(
            r#"(module {imports}
                (memory (export "memory") 1)
                (func (export "{export}") (result i32) i32.const 0)
                (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable))"#
        );
        let mut module = wat::parse_str(text).unwrap();
        for section in sections {
            let data = section.as_bytes().into();
            let section = CustomSection {
                name: DECLARATION_SECTION.into(),
                data,
            };
            module.push(wasm_encoder::Section::id(&section));
            wasm_encoder::Encode::encode(&section, &mut module);
        }
        embed(&mut module);
        module
    }

    /// Adds the component type, as wit-bindgen does.
    fn embed(module: &mut Vec<u8>) {
        let mut resolve = Resolve::default();
        let wit = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit/v1");
        let (package, _) = resolve.push_dir(wit).unwrap();
        let world = resolve.select_world(&[package], Some("rule")).unwrap();
        let encoding = wit_component::StringEncoding::UTF8;
        wit_component::embed_component_metadata(module, &resolve, world, encoding).unwrap();
    }

    fn refusal(core: &[u8]) -> String {
        componentize(core).unwrap_err().to_string()
    }

    #[test]
    fn a_rule_becomes_a_component_with_its_declaration_on_top() {
        let core = core("baton:rules/order@1.1.0#count", "score", &[DECLARATION]);
        let component = componentize(&core).unwrap();
        assert_eq!(component.fields, [Field::OrderCount]);
        assert_eq!(component.declaration.name.as_str(), "t");
        assert_eq!(component.memory_bytes, PAGE_BYTES);
        assert!(!component.grows_memory);
        let copies = component.bytes.windows(DECLARATION.len());
        let copies = copies
            .filter(|bytes| *bytes == DECLARATION.as_bytes())
            .count();
        assert_eq!(copies, 1, "the inner module's copy is gone");
        assert!(component.clone().named("t").is_ok());
        assert!(
            component
                .named("other")
                .unwrap_err()
                .to_string()
                .contains("\"t\"")
        );
    }

    #[test]
    fn a_declaration_must_be_there_once_and_be_valid() {
        let with = |sections: &[&str]| refusal(&core("", "score", sections));
        assert!(with(&[]).contains("no declaration"));
        assert!(with(&[DECLARATION, DECLARATION]).contains("more than one"));
        assert!(with(&["{"]).contains("cannot be read"));
        let unknown = DECLARATION.replace("summary", "colour");
        assert!(with(&[&unknown]).contains("cannot be read"));
        let twice = DECLARATION.replace("}", r#","tags":["a","a"]}"#);
        assert!(with(&[&twice]).contains("not valid"));
        let long = " ".repeat(DECLARATION_BYTES_MAX) + DECLARATION;
        assert!(with(&[&long]).contains("bytes"));
    }

    #[test]
    fn only_fields_can_be_imported() {
        for foreign in [
            "wasi:clocks/monotonic-clock@0.2.0#now",
            "wasi_snapshot_preview1#random_get",
            "env#now",
        ] {
            let module = core(foreign, "score", &[DECLARATION]);
            assert!(componentize(&module).is_err(), "{foreign}");
        }
        let unknown = core("baton:rules/order@1.1.0#colour", "score", &[DECLARATION]);
        assert!(componentize(&unknown).is_err());
    }

    #[test]
    fn the_world_must_be_the_declared_one() {
        let policy = DECLARATION.replace("\"rule\"", "\"policy\"");
        let refused = refusal(&core("", "score", &[&policy]));
        assert!(refused.contains("`decide`"), "{refused}");
    }
}
