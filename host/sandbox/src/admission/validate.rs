//! Validation, and the size of types once names in them are followed.

use std::collections::HashMap;

use wasmparser::{
    FuncValidatorAllocations, Parser, ValidPayload, Validator,
    component_types::{ComponentDefinedType, ComponentDefinedTypeId, ComponentValType},
    types::{Types, TypesRef},
};

use super::{
    FEATURES, Rejection,
    census::invalid,
    measure::{Measure, Measures},
};

/// Validates a whole component; the types of its outermost part.
///
/// # Errors
/// [`Rejection::Invalid`]; [`Rejection::OverLimit`] for types that spell out
/// too much.
pub(super) fn validate(bytes: &[u8], measures: &mut Measures) -> Result<Types, Rejection> {
    let mut validator = Validator::new_with_features(FEATURES);
    let mut parser = Parser::new(0);
    parser.set_features(FEATURES);
    let mut functions = Vec::new();
    let mut outermost = None;
    let mut sizes = Sizes::default();
    for payload in parser.parse_all(bytes) {
        let payload = payload.map_err(invalid)?;
        match validator.payload(&payload).map_err(invalid)? {
            ValidPayload::Func(function, body) => functions.push((function, body)),
            ValidPayload::End(types) => {
                if types.as_ref().component_function_count() > 0 {
                    sizes.measure_functions(types.as_ref(), measures)?;
                }
                outermost = Some(types);
            }
            _ => {}
        }
    }
    let mut allocations = FuncValidatorAllocations::default();
    for (function, body) in functions {
        let mut function = function.into_validator(allocations);
        function.validate(&body).map_err(invalid)?;
        allocations = function.into_allocations();
    }
    outermost.ok_or_else(|| Rejection::Invalid("it has no end".to_owned()))
}

/// How many values a type spells out, remembered by type: the same type may
/// stand in a thousand others.
#[derive(Default)]
struct Sizes(HashMap<ComponentDefinedTypeId, u64>);

impl Sizes {
    fn measure_functions(
        &mut self,
        types: TypesRef<'_>,
        measures: &mut Measures,
    ) -> Result<(), Rejection> {
        for index in 0..types.component_function_count() {
            let function = &types[types.component_function_at(index)];
            let values = function.params.iter().map(|(_, ty)| ty);
            let size = values
                .chain(&function.result)
                .fold(0, |sum: u64, ty| sum.saturating_add(self.value(types, ty)));
            measures.peak(Measure::TypeValues, size)?;
        }
        Ok(())
    }

    fn value(&mut self, types: TypesRef<'_>, ty: &ComponentValType) -> u64 {
        let ComponentValType::Type(id) = ty else {
            return 1;
        };
        if let Some(size) = self.0.get(id) {
            return *size;
        }
        // The validator bounds the depth of types.
        let size = self.defined(types, &types[*id]).saturating_add(1);
        self.0.insert(*id, size);
        size
    }

    fn defined(&mut self, types: TypesRef<'_>, ty: &ComponentDefinedType) -> u64 {
        match ty {
            ComponentDefinedType::Record(record) => self.sum(types, record.fields.values()),
            ComponentDefinedType::Tuple(tuple) => self.sum(types, tuple.types.iter()),
            ComponentDefinedType::Variant(variant) => {
                let payloads = variant.cases.values().filter_map(|case| case.ty.as_ref());
                self.sum(types, payloads)
                    .saturating_add(variant.cases.len() as u64)
            }
            ComponentDefinedType::List { element, .. } => self.value(types, element),
            ComponentDefinedType::Option { ty, .. } => self.value(types, ty),
            ComponentDefinedType::Result { ok, err, .. } => {
                self.sum(types, ok.iter().chain(err.iter()))
            }
            ComponentDefinedType::Flags(names) | ComponentDefinedType::Enum(names) => {
                names.len() as u64
            }
            // The others have one value, or are off.
            _ => 0,
        }
    }

    fn sum<'a>(
        &mut self,
        types: TypesRef<'_>,
        values: impl Iterator<Item = &'a ComponentValType>,
    ) -> u64 {
        values.fold(0, |sum, ty| sum.saturating_add(self.value(types, ty)))
    }
}
