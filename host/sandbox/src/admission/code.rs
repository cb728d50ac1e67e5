//! Counts what core modules are made of, down to the operators of each
//! function. Nothing is validated here, so no count may be believed further
//! than its limit.

use wasmparser::{
    CompositeInnerType, ElementItems, FuncType, FunctionBody, MemoryType, Operator, Payload,
    RecGroup, TypeRef,
};

use super::{
    Rejection,
    census::invalid,
    measure::{Measure, Measures},
};

/// Counts a section, or one function, of a core module.
///
/// # Errors
/// [`Rejection::OverLimit`], and [`Rejection::Invalid`] where it cannot be
/// read.
pub(super) fn count(
    payload: &Payload<'_>,
    memories_here: &mut u64,
    measures: &mut Measures,
) -> Result<(), Rejection> {
    match payload {
        Payload::TypeSection(section) => {
            for group in section.clone() {
                count_group(&group.map_err(invalid)?, measures)?;
            }
            Ok(())
        }
        Payload::ImportSection(section) => {
            for import in section.clone().into_imports() {
                measures.add(Measure::Imports, 1)?;
                if let TypeRef::Memory(_) = import.map_err(invalid)?.ty {
                    *memories_here += 1;
                    measures.peak(Measure::MemoriesOfModule, *memories_here)?;
                }
            }
            Ok(())
        }
        Payload::MemorySection(section) => {
            for memory in section.clone() {
                *memories_here += 1;
                // The engine must have multi-memory on (without it, the
                // compiler panics on adapters between memories), so it is
                // forbidden here.
                measures.peak(Measure::MemoriesOfModule, *memories_here)?;
                count_memory(memory.map_err(invalid)?, measures)?;
            }
            Ok(())
        }
        Payload::TableSection(section) => {
            for table in section.clone() {
                measures.add(Measure::Tables, 1)?;
                measures.add(Measure::TableElements, table.map_err(invalid)?.ty.initial)?;
            }
            Ok(())
        }
        Payload::ElementSection(section) => {
            measures.add(Measure::ElementSegments, section.count().into())?;
            for segment in section.clone() {
                let entries = match segment.map_err(invalid)?.items {
                    ElementItems::Functions(items) => items.count(),
                    ElementItems::Expressions(_, items) => items.count(),
                };
                measures.add(Measure::Elements, entries.into())?;
            }
            Ok(())
        }
        Payload::FunctionSection(section) => {
            measures.add(Measure::Functions, section.count().into())
        }
        Payload::GlobalSection(section) => measures.add(Measure::Globals, section.count().into()),
        Payload::ExportSection(section) => measures.add(Measure::Exports, section.count().into()),
        Payload::DataSection(section) => {
            measures.add(Measure::DataSegments, section.count().into())
        }
        Payload::CodeSectionEntry(body) => count_body(body, measures),
        _ => Ok(()),
    }
}

/// Counts types of core modules, wherever they are declared.
pub(super) fn count_group(group: &RecGroup, measures: &mut Measures) -> Result<(), Rejection> {
    for ty in group.types() {
        measures.add(Measure::Types, 1)?;
        if let CompositeInnerType::Func(function) = &ty.composite_type.inner {
            count_signature(function, measures)?;
        }
    }
    Ok(())
}

fn count_signature(function: &FuncType, measures: &mut Measures) -> Result<(), Rejection> {
    measures.peak(Measure::FunctionParams, function.params().len() as u64)?;
    measures.peak(Measure::FunctionParams, function.results().len() as u64)
}

fn count_memory(memory: MemoryType, measures: &mut Measures) -> Result<(), Rejection> {
    const PAGE_BYTES: u64 = 65_536;
    measures.add(Measure::Memories, 1)?;
    measures.add(
        Measure::MemoryBytes,
        memory.initial.saturating_mul(PAGE_BYTES),
    )
}

fn count_body(body: &FunctionBody<'_>, measures: &mut Measures) -> Result<(), Rejection> {
    // First, since it bounds the rest.
    measures.peak(Measure::FunctionBytes, body.as_bytes().len() as u64)?;
    let mut locals = 0u64;
    for group in body.get_locals_reader().map_err(invalid)? {
        let (count, _) = group.map_err(invalid)?;
        locals = locals.saturating_add(count.into());
        measures.peak(Measure::FunctionLocals, locals)?;
    }
    measures.add(Measure::Locals, locals)?;
    let (mut blocks, mut branches) = (0u64, 0u64);
    for operator in body.get_operators_reader().map_err(invalid)? {
        match operator.map_err(invalid)? {
            Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => {
                blocks += 1;
                measures.peak(Measure::FunctionBlocks, blocks)?;
            }
            Operator::BrTable { targets } => {
                branches = branches.saturating_add(targets.len().into());
                measures.peak(Measure::FunctionBranches, branches)?;
            }
            _ => {}
        }
    }
    Ok(())
}
