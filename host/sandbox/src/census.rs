//! One walk over the bytes before anything validates or compiles them: what
//! is it, what is it made of, what does it import and export by name.

use baton_domain::{
    limits::{
        COMPONENT_BYTES_MAX, COMPONENT_MEMORIES_MAX, COMPONENT_NESTED_MAX, COMPONENT_TABLES_MAX,
        DECLARATION_BYTES_MAX, EVALUATION_MEMORY_BYTES_MAX, EVALUATION_TABLE_ELEMENTS_MAX,
    },
    module::DECLARATION_SECTION,
};
use wasmparser::{BinaryReaderError, Encoding, MemoryType, Parser, Payload, TypeRef};

use crate::rejection::Rejection;

/// What the walk found. Counts are of definitions, each at least once
/// instantiated or useless; the compiled component is counted again.
#[derive(Debug, Default)]
pub(crate) struct Census<'a> {
    /// Names of the component's own imports, in order.
    pub(crate) imports: Vec<&'a str>,
    /// The bytes of the declaration.
    pub(crate) declaration: Option<&'a [u8]>,
    nested: usize,
    memories: usize,
    memory_bytes: usize,
    tables: usize,
    table_elements: usize,
}

/// Walks over `bytes`.
///
/// # Errors
/// What the bytes are not, or the first limit that they exceed.
pub(crate) fn take(bytes: &[u8]) -> Result<Census<'_>, Rejection> {
    if bytes.len() > COMPONENT_BYTES_MAX {
        return Err(Rejection::TooLarge {
            bytes: bytes.len(),
            max: COMPONENT_BYTES_MAX,
        });
    }
    if !bytes.starts_with(b"\0asm") {
        return Err(Rejection::NotWasm);
    }
    if Parser::is_core_wasm(bytes) {
        return Err(Rejection::CoreModule);
    }
    let mut census = Census::default();
    let mut depth = 0usize;
    let mut memories_here = 0usize;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.map_err(invalid)? {
            Payload::Version { encoding, .. } => {
                depth += 1;
                memories_here = 0;
                if depth > 1 {
                    census.nested += 1;
                    Rejection::limit("nested parts", census.nested, COMPONENT_NESTED_MAX)?;
                } else if encoding == Encoding::Module {
                    return Err(Rejection::CoreModule);
                }
            }
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    if let TypeRef::Memory(_) = import.map_err(invalid)?.ty {
                        memories_here += 1;
                    }
                }
            }
            Payload::MemorySection(section) => {
                for memory in section {
                    memories_here += 1;
                    census.count_memory(memory.map_err(invalid)?)?;
                }
            }
            Payload::TableSection(section) => {
                for table in section {
                    census.count_table(table.map_err(invalid)?.ty.initial)?;
                }
            }
            Payload::ComponentImportSection(section) if depth == 1 => {
                for import in section {
                    census.imports.push(import.map_err(invalid)?.name.name);
                }
            }
            Payload::CustomSection(section)
                if depth == 1 && section.name() == DECLARATION_SECTION =>
            {
                census.keep_declaration(section.data())?;
            }
            _ => {}
        }
        // The engine must have multi-memory on (without it, the compiler
        // panics on adapters between memories), so it is forbidden here.
        Rejection::limit("memories in one core module", memories_here, 1)?;
    }
    Ok(census)
}

impl<'a> Census<'a> {
    fn count_memory(&mut self, memory: MemoryType) -> Result<(), Rejection> {
        const PAGE_BYTES: u64 = 65_536;
        let bytes =
            usize::try_from(memory.initial.saturating_mul(PAGE_BYTES)).unwrap_or(usize::MAX);
        self.memories += 1;
        self.memory_bytes = self.memory_bytes.saturating_add(bytes);
        Rejection::limit("memories", self.memories, COMPONENT_MEMORIES_MAX as usize)?;
        Rejection::limit(
            "bytes of initial memory",
            self.memory_bytes,
            EVALUATION_MEMORY_BYTES_MAX,
        )
    }

    fn count_table(&mut self, initial: u64) -> Result<(), Rejection> {
        let elements = usize::try_from(initial).unwrap_or(usize::MAX);
        self.tables += 1;
        self.table_elements = self.table_elements.saturating_add(elements);
        Rejection::limit("tables", self.tables, COMPONENT_TABLES_MAX as usize)?;
        Rejection::limit(
            "table elements",
            self.table_elements,
            EVALUATION_TABLE_ELEMENTS_MAX,
        )
    }

    fn keep_declaration(&mut self, data: &'a [u8]) -> Result<(), Rejection> {
        Rejection::limit("bytes of declaration", data.len(), DECLARATION_BYTES_MAX)?;
        if self.declaration.replace(data).is_some() {
            return Err(Rejection::UnreadableDeclaration(
                "there are two of them".to_owned(),
            ));
        }
        Ok(())
    }
}

pub(crate) fn invalid(error: BinaryReaderError) -> Rejection {
    Rejection::Invalid(format!("{} (at byte {})", error.message(), error.offset()))
}
