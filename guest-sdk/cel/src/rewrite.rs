//! From the stock evaluator to the core module of one rule: the tree in its
//! place, the rule's own declaration, and a trap for every field and
//! every type of setting that the rule does not read.

use std::{collections::BTreeSet, convert::Infallible};

use baton_domain::{
    field::Field,
    module::{DECLARATION_SECTION, SettingType},
};
use no_code::place::{MARK, PLACE_BYTES};
use wasm_encoder::{
    CodeSection, ConstExpr, CustomSection, DataSection, Function, FunctionSection, ImportSection,
    Module,
    reencode::{self, Reencode, utils},
};
use wasmparser::{DataKind, Imports, Operator, Parser, Payload, TypeRef};

/// Why an evaluator is none.
#[derive(Debug, thiserror::Error)]
pub enum EvaluatorError {
    /// The bytes are no module.
    #[error("the evaluator cannot be read")]
    Unreadable(#[from] wasmparser::BinaryReaderError),
    /// The module cannot be written anew.
    #[error("the evaluator cannot be rewritten: {0}")]
    NotRewritten(String),
    /// There is no place for a rule, or more than one.
    #[error("the evaluator has {0} places for a rule; was it built by `make guests`?")]
    Places(usize),
    /// What came out is no module of Baton.
    #[error("the rule cannot be made a component")]
    Component(#[from] baton_guest_build::ComponentError),
}

/// What a rule reads: the imports that it keeps.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kept<'r> {
    pub(crate) fields: &'r BTreeSet<Field>,
    pub(crate) types: &'r [SettingType],
}

type Rewritten<T> = Result<T, reencode::Error<Infallible>>;

/// The core module of a rule that reads this.
pub(crate) fn rewrite(
    evaluator: &[u8],
    tree: &[u8],
    reads: Kept<'_>,
    declaration: &str,
) -> Result<Vec<u8>, EvaluatorError> {
    let (imports, defined) = functions(evaluator, reads)?;
    let mut rewriter = Rewriter {
        tree,
        imports,
        defined,
        places: 0,
    };
    let mut module = Module::new();
    rewriter
        .parse_core_module(&mut module, Parser::new(0), evaluator)
        .map_err(|error| EvaluatorError::NotRewritten(error.to_string()))?;
    if rewriter.places != 1 {
        return Err(EvaluatorError::Places(rewriter.places));
    }
    module.section(&CustomSection {
        name: DECLARATION_SECTION.into(),
        data: declaration.as_bytes().into(),
    });
    Ok(module.finish())
}

/// A function that the evaluator imports.
struct Imported {
    type_index: u32,
    is_kept: bool,
}

/// The functions that it imports, in order, of which a rule keeps what it
/// reads; and how many it defines.
fn functions(evaluator: &[u8], reads: Kept<'_>) -> Result<(Vec<Imported>, u32), EvaluatorError> {
    let (mut imports, mut defined) = (Vec::new(), 0);
    for payload in Parser::new(0).parse_all(evaluator) {
        match payload? {
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import?;
                    if let TypeRef::Func(type_index) = import.ty {
                        let is_kept = reads.has(import.module, import.name);
                        imports.push(Imported {
                            type_index,
                            is_kept,
                        });
                    }
                }
            }
            Payload::FunctionSection(section) => defined = section.count(),
            _ => {}
        }
    }
    Ok((imports, defined))
}

impl Kept<'_> {
    /// Whether the rule needs this import. What is neither field nor setting
    /// stays, and is judged where components are made.
    fn has(self, module: &str, name: &str) -> bool {
        let interface = module
            .strip_prefix("baton:rules/")
            .and_then(|rest| rest.split('@').next());
        let Some(interface) = interface else {
            return true;
        };
        if interface == "settings" {
            return self.types.iter().any(|kind| function(*kind) == name);
        }
        let field = format!("{interface}.{name}").parse::<Field>();
        field.map_or(true, |field| self.fields.contains(&field))
    }
}

/// The function of the contract that reads settings of a type.
fn function(kind: SettingType) -> &'static str {
    match kind {
        SettingType::Boolean => "boolean",
        SettingType::Integer => "integer",
        SettingType::Decimal => "decimal",
        SettingType::Text => "text",
        SettingType::Texts => "texts",
    }
}

struct Rewriter<'r> {
    tree: &'r [u8],
    imports: Vec<Imported>,
    defined: u32,
    places: usize,
}

impl Rewriter<'_> {
    fn dropped(&self) -> impl Iterator<Item = &Imported> {
        self.imports.iter().filter(|import| !import.is_kept)
    }
}

fn counted<'i>(imports: impl IntoIterator<Item = &'i Imported>, is_kept: bool) -> u32 {
    let alike = imports
        .into_iter()
        .filter(|import| import.is_kept == is_kept);
    u32::try_from(alike.count()).unwrap_or(u32::MAX)
}

impl Reencode for Rewriter<'_> {
    type Error = Infallible;

    /// Imports that stay come first, as ever; what the module defines moves
    /// down by as many as are gone; the traps stand at the end.
    fn function_index(&mut self, function: u32) -> Rewritten<u32> {
        let at = function as usize;
        Ok(match self.imports.get(at) {
            None => function - counted(&self.imports, false),
            Some(import) if import.is_kept => counted(&self.imports[..at], true),
            Some(_) => {
                let traps_at = counted(&self.imports, true) + self.defined;
                traps_at + counted(&self.imports[..at], false)
            }
        })
    }

    fn parse_import_section(
        &mut self,
        imports: &mut ImportSection,
        section: wasmparser::ImportSectionReader<'_>,
    ) -> Rewritten<()> {
        let mut functions = 0;
        for import in section.into_imports() {
            let import = import?;
            if let TypeRef::Func(_) = import.ty {
                functions += 1;
                if !self.imports[functions - 1].is_kept {
                    continue;
                }
            }
            utils::parse_imports(self, imports, Imports::Single(0, import))?;
        }
        Ok(())
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: wasmparser::FunctionSectionReader<'_>,
    ) -> Rewritten<()> {
        utils::parse_function_section(self, functions, section)?;
        for import in self.dropped() {
            functions.function(import.type_index);
        }
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        section: wasmparser::CodeSectionReader<'_>,
    ) -> Rewritten<()> {
        utils::parse_code_section(self, code, section)?;
        for _ in self.dropped() {
            let mut trap = Function::new([]);
            trap.instructions().unreachable().end();
            code.function(&trap);
        }
        Ok(())
    }

    /// The place becomes two pieces of data: the empty rest of it between them
    /// is not written, since memory begins as noughts.
    fn parse_data(&mut self, data: &mut DataSection, datum: wasmparser::Data<'_>) -> Rewritten<()> {
        let marks = datum.data.windows(MARK.len());
        let found = marks.enumerate().filter(|(_, bytes)| *bytes == MARK);
        let places: Vec<usize> = found.map(|(at, _)| at).collect();
        self.places += places.len();
        let (Some(base), Some(at)) = (base(&datum)?, places.first()) else {
            return utils::parse_data(self, data, datum);
        };
        let behind = (at + PLACE_BYTES).min(datum.data.len());
        let mut head = datum.data[..at + MARK.len()].to_vec();
        head.extend((self.tree.len() as u32).to_le_bytes());
        head.extend(self.tree);
        data.active(0, &ConstExpr::i32_const(base), head);
        let rest = datum.data[behind..].to_vec();
        data.active(0, &ConstExpr::i32_const(base + behind as i32), rest);
        Ok(())
    }

    fn data_count(&mut self, count: u32) -> Rewritten<u32> {
        Ok(count + 1)
    }

    fn parse_custom_section(
        &mut self,
        module: &mut Module,
        section: wasmparser::CustomSectionReader<'_>,
    ) -> Rewritten<()> {
        if section.name() == DECLARATION_SECTION {
            return Ok(());
        }
        utils::parse_custom_section(self, module, section)
    }
}

/// Where a piece of data lies, when that is a plain number.
fn base(datum: &wasmparser::Data<'_>) -> Rewritten<Option<i32>> {
    let DataKind::Active { offset_expr, .. } = &datum.kind else {
        return Ok(None);
    };
    match offset_expr.get_operators_reader().read()? {
        Operator::I32Const { value } => Ok(Some(value)),
        _ => Ok(None),
    }
}
