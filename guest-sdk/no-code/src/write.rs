//! Reasons: values as people read them.

use core::fmt::Write as _;

use crate::{evaluate::Evaluation, tree::Code, value::Value};

/// What is written for a value that nobody has.
pub(crate) const NOT_KNOWN: &str = "not known";

impl Evaluation<'_> {
    /// The blocks as one text.
    pub(crate) fn write(&mut self, code: &mut Code) -> Option<Value> {
        let mut text = String::new();
        for _ in 0..code.count() {
            let block = code.block();
            match self.value(block) {
                Some(value) => push(&mut text, value),
                None => text.push_str(NOT_KNOWN),
            }
        }
        Some(Value::text(text))
    }
}

fn push(text: &mut String, value: Value) {
    match value {
        Value::Text(part) => text.push_str(part),
        Value::Bool(flag) => text.push_str(if flag { "yes" } else { "no" }),
        // Writing into a `String` does not fail.
        Value::Int(number) => {
            let _ = write!(text, "{number}");
        }
        Value::Money(money) => {
            let _ = write!(text, "{money}");
        }
        Value::Double(number) => push_decimal(text, number),
        Value::List(entries) => {
            for (at, entry) in entries.iter().enumerate() {
                if at > 0 {
                    text.push_str(", ");
                }
                push(text, *entry);
            }
        }
        Value::Null | Value::Record(_) => text.push_str(NOT_KNOWN),
    }
}

/// Rounded to hundredths, without noughts at the end: 2.6. The formatting of
/// the standard library would be a third of the guest.
fn push_decimal(text: &mut String, number: f64) {
    const HUNDREDTHS_MAX: f64 = 9e15;
    let hundredths = (number * 100.0).round_ties_even();
    if hundredths.is_nan() || hundredths.abs() > HUNDREDTHS_MAX {
        return text.push_str(NOT_KNOWN);
    }
    let (sign, hundredths) = (hundredths < 0.0, hundredths.abs() as u64);
    let (whole, fraction) = (hundredths / 100, hundredths % 100);
    if sign {
        text.push('-');
    }
    let _ = write!(text, "{whole}");
    if fraction > 0 {
        text.push('.');
        text.push(char::from(b'0' + (fraction / 10) as u8));
        if fraction % 10 > 0 {
            text.push(char::from(b'0' + (fraction % 10) as u8));
        }
    }
}
