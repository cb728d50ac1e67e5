//! Operators, and which kinds they take.

use cel::common::ast::{CallExpr, IdedExpr, operators};
use no_code::tree::Op;

use super::{Checked, Checker};
use crate::{
    kind::{self, Kind},
    mistake::Code,
    written,
};

/// The operator as it is written, and its operation.
fn two_sided(name: &str) -> Option<(&'static str, Op)> {
    Some(match name {
        operators::EQUALS => ("==", Op::Equal),
        operators::NOT_EQUALS => ("!=", Op::NotEqual),
        operators::LESS => ("<", Op::Less),
        operators::LESS_EQUALS => ("<=", Op::LessOrEqual),
        operators::GREATER => (">", Op::Greater),
        operators::GREATER_EQUALS => (">=", Op::GreaterOrEqual),
        operators::ADD => ("+", Op::Add),
        operators::SUBSTRACT => ("-", Op::Subtract),
        operators::MULTIPLY => ("*", Op::Multiply),
        operators::DIVIDE => ("/", Op::Divide),
        operators::MODULO => ("%", Op::Remainder),
        operators::IN => ("in", Op::In),
        operators::INDEX => ("[]", Op::At),
        _ => return None,
    })
}

impl Checker<'_> {
    /// The operator that `call` is; `None` when it is none.
    pub(super) fn operator(&mut self, expr: &IdedExpr, call: &CallExpr) -> Option<Checked> {
        match (call.func_name.as_str(), call.args.as_slice()) {
            (operators::LOGICAL_AND, [a, b]) => Some(self.both(Op::And, "&&", a, b)),
            (operators::LOGICAL_OR, [a, b]) => Some(self.both(Op::Or, "||", a, b)),
            (operators::LOGICAL_NOT, [of]) => {
                let checked = self.node(of);
                self.must_be(of, &checked, &Kind::Bool, "!");
                let node = written::of_nodes(Op::Not, &[&checked.node]);
                Some(Checked::new(Kind::Bool, node))
            }
            (operators::NEGATE, [of]) => Some(self.negated(of)),
            (operators::CONDITIONAL, [condition, yes, no]) => {
                Some(self.choice(expr, condition, yes, no))
            }
            (name, [a, b]) => {
                let (sign, op) = two_sided(name)?;
                Some(self.two_sided(expr, sign, op, [a, b]))
            }
            _ => None,
        }
    }

    fn both(&mut self, op: Op, sign: &str, a: &IdedExpr, b: &IdedExpr) -> Checked {
        let sides = [a, b].map(|side| {
            let checked = self.node(side);
            self.must_be(side, &checked, &Kind::Bool, sign);
            checked.node
        });
        Checked::new(Kind::Bool, written::of_blocks(op, &[&sides[0], &sides[1]]))
    }

    fn negated(&mut self, of: &IdedExpr) -> Checked {
        let checked = self.node(of);
        if !checked.kind.is_number() && checked.kind != Kind::Any {
            let says = format!("- takes a number, this is {}", checked.kind.words());
            return self.wrong(of, Code::WrongKind, says);
        }
        let node = written::of_nodes(Op::Negate, &[&checked.node]);
        Checked::new(checked.kind, node)
    }

    fn choice(
        &mut self,
        expr: &IdedExpr,
        condition: &IdedExpr,
        yes: &IdedExpr,
        no: &IdedExpr,
    ) -> Checked {
        let asked = self.node(condition);
        self.must_be(condition, &asked, &Kind::Bool, "the condition before ?");
        let (yes, no) = (self.node(yes), self.node(no));
        let Some(kind) = yes.kind.common(&no.kind) else {
            let says = format!(
                "both sides of : must be alike; these are {} and {}",
                yes.kind.words(),
                no.kind.words()
            );
            let code = if yes.kind.is_number() && no.kind.is_number() {
                Code::MixedNumbers
            } else {
                Code::WrongOperands
            };
            return self.wrong_at(self.parsed.operator(expr), code, says);
        };
        let mut node = written::of_nodes(Op::Choose, &[&asked.node]);
        written::sized(&mut node, &yes.node);
        written::sized(&mut node, &no.node);
        Checked {
            is_optional: yes.is_optional || no.is_optional,
            ..Checked::new(kind, node)
        }
    }

    fn two_sided(
        &mut self,
        expr: &IdedExpr,
        sign: &'static str,
        op: Op,
        sides: [&IdedExpr; 2],
    ) -> Checked {
        if op == Op::Subtract
            && let Some(field) = self.subtracted(expr)
        {
            let spelt = kind::spelling(field);
            let says = format!("names have _ for -: did you mean {spelt}?");
            return self.wrong(expr, Code::UnknownField, says);
        }
        let [a, b] = sides.map(|side| self.node(side));
        if a.kind == Kind::Any || b.kind == Kind::Any {
            // What is wrong with the side is said already.
            return Checked::wrong();
        }
        match result(op, &a, &b) {
            Some(kind) => {
                let node = written::of_nodes(op, &[&a.node, &b.node]);
                Checked::new(kind, node)
            }
            None => {
                let at = self.parsed.operator(expr);
                let (code, says) = refusal(sign, op, &a, &b);
                self.wrong_at(at, code, says)
            }
        }
    }
}

/// The kind that the operation makes of these two; `None` when it does not
/// take them.
fn result(op: Op, a: &Checked, b: &Checked) -> Option<Kind> {
    match op {
        Op::Equal | Op::NotEqual => {
            let is_possible = match (&a.kind, &b.kind) {
                (Kind::Null, _) => b.is_optional,
                (_, Kind::Null) => a.is_optional,
                (x, y) => x.common(y).is_some() || x.is_number() && y.is_number(),
            };
            is_possible.then_some(Kind::Bool)
        }
        Op::Less | Op::LessOrEqual | Op::Greater | Op::GreaterOrEqual => {
            let has_order = match (&a.kind, &b.kind) {
                (Kind::Text, Kind::Text) | (Kind::Money, Kind::Money) => true,
                (x, y) => x.is_number() && y.is_number(),
            };
            has_order.then_some(Kind::Bool)
        }
        Op::In => match &b.kind {
            Kind::List(entry) if a.kind != Kind::Null => entry.common(&a.kind).map(|_| Kind::Bool),
            _ => None,
        },
        Op::At => match (&a.kind, &b.kind) {
            (Kind::List(entry), Kind::Int) => Some((**entry).clone()),
            _ => None,
        },
        _ => arithmetic(op, &a.kind, &b.kind),
    }
}

fn arithmetic(op: Op, a: &Kind, b: &Kind) -> Option<Kind> {
    match (op, a, b) {
        (_, Kind::Int, Kind::Int) => Some(Kind::Int),
        (Op::Remainder, ..) => None,
        (_, Kind::Double, Kind::Double) => Some(Kind::Double),
        (Op::Add, Kind::Text, Kind::Text) => Some(Kind::Text),
        (Op::Add, Kind::List(_), Kind::List(_)) => a.common(b),
        (Op::Add | Op::Subtract, Kind::Money, Kind::Money) => Some(Kind::Money),
        (Op::Divide, Kind::Money, Kind::Money) => Some(Kind::Double),
        _ => None,
    }
}

fn refusal(sign: &str, op: Op, a: &Checked, b: &Checked) -> (Code, String) {
    let (left, right) = (a.kind.words(), b.kind.words());
    if a.kind.is_number() && b.kind.is_number() {
        let says = format!("{sign} cannot mix {left} and {right}; write double(...) or int(...)");
        return (Code::MixedNumbers, says);
    }
    if a.kind == Kind::Null || b.kind == Kind::Null {
        let says = "this is always known; only what may be absent is compared with null";
        return match op {
            Op::Equal | Op::NotEqual => (Code::AlwaysKnown, says.to_owned()),
            _ => (
                Code::WrongOperands,
                format!("{sign} does not take null; use == or !="),
            ),
        };
    }
    let says = match (&a.kind, &b.kind) {
        (Kind::Money, kind) | (kind, Kind::Money) if kind.is_number() => format!(
            "{sign} does not take {left} and {right}; write money(50000, \"USD\") for USD 500.00, \
             or .minor for the minor units"
        ),
        (Kind::Text, Kind::Text) if op == Op::In => {
            "in looks into a list; for texts write text.contains(\"...\")".to_owned()
        }
        _ => format!("{sign} does not take {left} and {right}"),
    };
    (Code::WrongOperands, says)
}
