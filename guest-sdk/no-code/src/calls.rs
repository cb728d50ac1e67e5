//! Operations on one value.

use crate::{tree::Op, value::Value};

/// Whole numbers that a decimal can hold lie between these, both excluded.
const WHOLE_MAX: f64 = 9_223_372_036_854_775_808.0;

pub(crate) fn of_one(op: Op, of: Value) -> Option<Value> {
    match (op, of) {
        (Op::Not, Value::Bool(flag)) => Some(Value::Bool(!flag)),
        (Op::Negate, Value::Int(number)) => number.checked_neg().map(Value::Int),
        (Op::Negate, Value::Double(number)) => Some(Value::Double(-number)),
        (Op::LowerAscii, Value::Text(text)) => Some(Value::text(text.to_ascii_lowercase())),
        (Op::Size, Value::Text(text)) => Some(size(text.chars().count())),
        (Op::Size, Value::List(entries)) => Some(size(entries.len())),
        (Op::ToInt, Value::Int(_)) | (Op::ToDouble, Value::Double(_)) => Some(of),
        (Op::ToInt, Value::Double(number)) => {
            let fits = number > -WHOLE_MAX && number < WHOLE_MAX;
            fits.then_some(Value::Int(number as i64))
        }
        (Op::ToDouble, Value::Int(number)) => Some(Value::Double(number as f64)),
        (Op::ToText, Value::Text(_)) => Some(of),
        (Op::ToText, Value::Int(number)) => Some(Value::text(number.to_string())),
        (Op::ToText, Value::Bool(flag)) => Some(Value::Text(if flag { "true" } else { "false" })),
        _ => None,
    }
}

fn size(count: usize) -> Value {
    Value::Int(i64::try_from(count).unwrap_or(i64::MAX))
}
