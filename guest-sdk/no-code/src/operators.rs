//! Operations on two values.

use core::cmp::Ordering;

use baton_guest::Money;

use crate::{tree::Op, value::Value};

pub(crate) fn of_two(op: Op, a: Value, b: Value) -> Option<Value> {
    match op {
        Op::Equal => Some(Value::Bool(a == b)),
        Op::NotEqual => Some(Value::Bool(a != b)),
        Op::Less => ordered(a, b, Ordering::is_lt),
        Op::LessOrEqual => ordered(a, b, Ordering::is_le),
        Op::Greater => ordered(a, b, Ordering::is_gt),
        Op::GreaterOrEqual => ordered(a, b, Ordering::is_ge),
        Op::Least => Some(if a.order(b)?.is_gt() { b } else { a }),
        Op::Greatest => Some(if a.order(b)?.is_lt() { b } else { a }),
        Op::In | Op::At => in_list(op, a, b),
        _ => match (a, b) {
            (Value::Int(a), Value::Int(b)) => whole(op, a, b).map(Value::Int),
            (Value::Double(a), Value::Double(b)) => decimal(op, a, b).map(Value::Double),
            (Value::Text(a), Value::Text(b)) => text(op, a, b),
            (Value::Money(a), Value::Money(b)) => amount(op, a, b),
            (Value::List(a), Value::List(b)) if op == Op::Add => Some(Value::list([a, b].concat())),
            (Value::Int(minor), Value::Text(currency)) if op == Op::Money => {
                Some(Money::new(minor, currency).into())
            }
            _ => None,
        },
    }
}

/// What is not a number has no order: nobody knows.
fn ordered(a: Value, b: Value, holds: fn(Ordering) -> bool) -> Option<Value> {
    a.order(b).map(|order| Value::Bool(holds(order)))
}

fn in_list(op: Op, a: Value, b: Value) -> Option<Value> {
    match (op, a, b) {
        (Op::In, wanted, Value::List(entries)) => Some(Value::Bool(entries.contains(&wanted))),
        (Op::At, Value::List(entries), Value::Int(at)) => {
            entries.get(usize::try_from(at).ok()?).copied()
        }
        _ => None,
    }
}

fn whole(op: Op, a: i64, b: i64) -> Option<i64> {
    match op {
        Op::Add => a.checked_add(b),
        Op::Subtract => a.checked_sub(b),
        Op::Multiply => a.checked_mul(b),
        Op::Divide => a.checked_div(b),
        Op::Remainder => a.checked_rem(b),
        _ => None,
    }
}

fn decimal(op: Op, a: f64, b: f64) -> Option<f64> {
    match op {
        Op::Add => Some(a + b),
        Op::Subtract => Some(a - b),
        Op::Multiply => Some(a * b),
        Op::Divide => Some(a / b),
        _ => None,
    }
}

fn text(op: Op, a: &str, b: &str) -> Option<Value> {
    match op {
        Op::Add => Some(Value::text([a, b].concat())),
        Op::Contains => Some(Value::Bool(a.contains(b))),
        Op::StartsWith => Some(Value::Bool(a.starts_with(b))),
        Op::EndsWith => Some(Value::Bool(a.ends_with(b))),
        _ => None,
    }
}

/// Amounts of two currencies have nothing to do with each other.
fn amount(op: Op, a: &Money, b: &Money) -> Option<Value> {
    if !a.same_currency(b) {
        return None;
    }
    match op {
        // How many times; of nothing, nobody knows.
        Op::Divide if b.minor != 0 => Some(Value::Double(a.minor as f64 / b.minor as f64)),
        Op::Add | Op::Subtract => {
            Some(Money::new(whole(op, a.minor, b.minor)?, &a.currency).into())
        }
        _ => None,
    }
}
