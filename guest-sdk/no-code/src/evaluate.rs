//! Walks a tree. `None` is "not known" throughout.

use crate::{
    facts::{FIELDS, Facts},
    tree::{Code, NAMES_MAX, Op, damaged},
    value::Value,
};

/// One evaluation: what was read so far, and the names in use.
pub(crate) struct Evaluation<'f> {
    facts: &'f dyn Facts,
    /// Each field is read once, when it is first needed.
    read: [Option<Value>; FIELDS],
    pub(crate) names: [Value; NAMES_MAX],
}

impl<'f> Evaluation<'f> {
    pub(crate) fn new(facts: &'f dyn Facts) -> Self {
        Self {
            facts,
            read: [None; FIELDS],
            names: [Value::Null; NAMES_MAX],
        }
    }

    /// The value of a block.
    pub(crate) fn value(&mut self, mut block: Code) -> Option<Value> {
        self.node(&mut block)
    }

    /// The value of the next node. When it is not known, where the node ends
    /// is not known either: whoever goes on needs blocks.
    pub(crate) fn node(&mut self, code: &mut Code) -> Option<Value> {
        match code.op() {
            Op::Null => Some(Value::Null),
            Op::False => Some(Value::Bool(false)),
            Op::True => Some(Value::Bool(true)),
            Op::Int => Some(Value::Int(code.int())),
            Op::Double => Some(Value::Double(f64::from_bits(code.int() as u64))),
            Op::Text => Some(Value::Text(code.text())),
            Op::Field => Some(self.field(code.byte())),
            Op::Setting => {
                let kind = code.byte();
                Some(self.facts.setting(kind, code.text()))
            }
            Op::Name => self.names.get(usize::from(code.byte())).copied(),
            Op::List => self.list(code),
            Op::Part => self.part(code),
            op @ (Op::And | Op::Or) => self.settle(code, op == Op::Or),
            Op::Choose => self.choose(code),
            op @ (Op::All | Op::Exists | Op::ExistsOne | Op::Filter | Op::Map) => {
                self.each(op, code)
            }
            Op::Write => self.write(code),
            op @ (Op::Not
            | Op::Negate
            | Op::LowerAscii
            | Op::Size
            | Op::ToInt
            | Op::ToDouble
            | Op::ToText) => {
                let of = self.node(code)?;
                crate::calls::of_one(op, of)
            }
            op => {
                let (a, b) = (self.node(code)?, self.node(code)?);
                crate::operators::of_two(op, a, b)
            }
        }
    }

    fn field(&mut self, field: u8) -> Value {
        let Some(known) = self.read.get_mut(usize::from(field)) else {
            return damaged();
        };
        *known.get_or_insert_with(|| self.facts.read(field))
    }

    fn list(&mut self, code: &mut Code) -> Option<Value> {
        let count = code.count();
        let mut values = Vec::with_capacity(count);
        for _ in 0..count {
            values.push(self.node(code)?);
        }
        Some(Value::list(values))
    }

    fn part(&mut self, code: &mut Code) -> Option<Value> {
        let place = usize::from(code.byte());
        match (self.node(code)?, place) {
            (Value::Record(parts), _) => parts.get(place).copied(),
            (Value::Money(money), 0) => Some(Value::Int(money.minor)),
            (Value::Money(money), 1) => Some(Value::Text(&money.currency)),
            _ => None,
        }
    }

    /// `&&` and `||`: the side that settles it wins, whichever it is and
    /// whatever the other one is.
    fn settle(&mut self, code: &mut Code, settled_by: bool) -> Option<Value> {
        let (left, right) = (code.block(), code.block());
        let left = self.flag(left);
        if left == Some(settled_by) {
            return Some(Value::Bool(settled_by));
        }
        let right = self.flag(right);
        if right == Some(settled_by) {
            return Some(Value::Bool(settled_by));
        }
        left.and(right).map(Value::Bool)
    }

    fn choose(&mut self, code: &mut Code) -> Option<Value> {
        let condition = self.node(code)?;
        let (yes, no) = (code.block(), code.block());
        match condition {
            Value::Bool(true) => self.value(yes),
            Value::Bool(false) => self.value(no),
            _ => None,
        }
    }

    pub(crate) fn flag(&mut self, block: Code) -> Option<bool> {
        match self.value(block)? {
            Value::Bool(flag) => Some(flag),
            _ => None,
        }
    }
}
