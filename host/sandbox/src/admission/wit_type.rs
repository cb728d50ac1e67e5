//! Types as text: `option<record{minor: s64, currency: string}>`. Two
//! functions of the component model fit each other when their texts are the
//! same, so the contract is compared, and a mismatch shown, in one form.

use baton_domain::{
    field::Shape,
    module::{SettingType, World},
};
use wasmparser::{
    component_types::{ComponentDefinedType, ComponentFuncTypeId, ComponentValType},
    types::TypesRef,
};

/// Length at which the text of a foreign type is cut off. Type graphs can be
/// exponentially larger than their bytes; the contract's longest is a tenth.
const TEXT_BYTES_MAX: usize = 4_096;

const MONEY: &str = "record{minor: s64, currency: string}";
const PAIRS: &str = "list<tuple<string, string>>";

/// The type of a field function.
pub(crate) fn of_field(shape: Shape) -> String {
    let result = match shape {
        Shape::Text => "string".to_owned(),
        Shape::OptionalText => "option<string>".to_owned(),
        Shape::Count => "u32".to_owned(),
        Shape::OptionalCount => "option<u32>".to_owned(),
        Shape::Seconds => "u64".to_owned(),
        Shape::OptionalFlag => "option<bool>".to_owned(),
        Shape::OptionalMoney => format!("option<{MONEY}>"),
        Shape::Texts => "list<string>".to_owned(),
        Shape::Lines => lines(),
        Shape::OptionalOrder => format!(
            "option<record{{id: string, status: string, total: {MONEY}, lines: {}, age-days: u32}}>",
            lines()
        ),
        Shape::Messages => {
            "list<record{author: string, kind: string, text: string, age-hours: u32}>".to_owned()
        }
        Shape::Owners => "list<record{owner: string, age-hours: u32}>".to_owned(),
    };
    format!("func() -> {result}")
}

fn lines() -> String {
    format!(
        "list<record{{product: string, name: string, quantity: u32, unit-price: {MONEY}, attributes: {PAIRS}}}>"
    )
}

/// The name and type of a setting function.
pub(crate) fn of_setting(kind: SettingType) -> (&'static str, String) {
    let (name, result) = match kind {
        SettingType::Boolean => ("boolean", "bool"),
        SettingType::Integer => ("integer", "s64"),
        SettingType::Decimal => ("decimal", "f64"),
        SettingType::Text => ("text", "string"),
        SettingType::Texts => ("texts", "list<string>"),
    };
    (name, format!("func(string) -> option<{result}>"))
}

/// The name and type of the function that a world exports.
pub(crate) fn of_world(world: World) -> (&'static str, String) {
    let signal = format!(
        "record{{name: string, score: f64, reason: string, tag: option<string>, next-step: option<string>, extra: {PAIRS}}}"
    );
    match world {
        World::Rule => ("score", format!("func() -> list<{signal}>")),
        World::Policy => {
            let scored =
                format!("record{{module: string, signal: {signal}, weight: f64, extra: {PAIRS}}}");
            let decision = format!(
                "record{{outcome: string, team: option<string>, tier: option<string>, tags: list<string>, reasons: list<string>, next-step: option<string>, priority: u8, extra: {PAIRS}}}"
            );
            ("decide", format!("func(list<{scored}>) -> {decision}"))
        }
    }
}

/// The type of a function of a component.
pub(crate) fn of_function(types: TypesRef<'_>, id: ComponentFuncTypeId) -> String {
    let function = &types[id];
    let mut text = Text(String::new());
    text.push(if function.async_ {
        "async func("
    } else {
        "func("
    });
    text.separated(function.params.iter().map(|(_, ty)| ty), |text, ty| {
        text.value(types, ty);
    });
    text.push(")");
    if let Some(result) = &function.result {
        text.push(" -> ");
        text.value(types, result);
    }
    text.0
}

/// Text that stops growing at its limit. What is cut off equals no type of
/// the contract.
struct Text(String);

impl Text {
    fn push(&mut self, part: &str) {
        if !self.full() {
            self.0.push_str(part);
        }
    }

    fn full(&self) -> bool {
        self.0.len() > TEXT_BYTES_MAX
    }

    fn separated<T>(
        &mut self,
        items: impl Iterator<Item = T>,
        mut write: impl FnMut(&mut Self, T),
    ) {
        for (at, item) in items.enumerate() {
            if self.full() {
                return;
            }
            if at > 0 {
                self.push(", ");
            }
            write(self, item);
        }
    }

    fn value(&mut self, types: TypesRef<'_>, ty: &ComponentValType) {
        match ty {
            ComponentValType::Primitive(primitive) => self.push(&primitive.to_string()),
            // Every level writes before it descends, so the limit on the text
            // is a limit on the depth as well.
            ComponentValType::Type(id) => self.defined(types, &types[*id]),
        }
    }

    fn defined(&mut self, types: TypesRef<'_>, ty: &ComponentDefinedType) {
        match ty {
            ComponentDefinedType::Primitive(primitive) => self.push(&primitive.to_string()),
            ComponentDefinedType::Record(record) => {
                self.push("record{");
                self.separated(record.fields.iter(), |text, (name, ty)| {
                    text.push(name.as_str());
                    text.push(": ");
                    text.value(types, ty);
                });
                self.push("}");
            }
            ComponentDefinedType::List { element, .. } => self.wrapped("list<", types, element),
            ComponentDefinedType::Option { ty, .. } => self.wrapped("option<", types, ty),
            ComponentDefinedType::Tuple(tuple) => {
                self.push("tuple<");
                self.separated(tuple.types.iter(), |text, ty| text.value(types, ty));
                self.push(">");
            }
            // The contract has no others, so their details cannot matter.
            other => self.push(other_kind(other)),
        }
    }

    fn wrapped(&mut self, open: &str, types: TypesRef<'_>, ty: &ComponentValType) {
        if !self.full() {
            self.push(open);
            self.value(types, ty);
            self.push(">");
        }
    }
}

fn other_kind(ty: &ComponentDefinedType) -> &'static str {
    match ty {
        ComponentDefinedType::Variant(_) => "variant",
        ComponentDefinedType::Flags(_) => "flags",
        ComponentDefinedType::Enum(_) => "enum",
        ComponentDefinedType::Result { .. } => "result",
        ComponentDefinedType::Own(_) | ComponentDefinedType::Borrow(_) => "resource",
        _ => "unsupported",
    }
}
