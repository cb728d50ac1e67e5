//! Functions, and what they take.

use baton_domain::money::Currency;
use cel::common::ast::{CallExpr, Expr, IdedExpr, LiteralValue};
use no_code::tree::Op;

use super::{Checked, Checker};
use crate::{
    kind::{self, Kind},
    mistake::Code,
    written,
};

/// Functions of a text and a text.
const OF_TEXTS: [(&str, Op); 3] = [
    ("contains", Op::Contains),
    ("startsWith", Op::StartsWith),
    ("endsWith", Op::EndsWith),
];

/// Every function there is, as it is called.
const KNOWN: [&str; 17] = [
    "has(field)",
    "size(x)",
    "int(x)",
    "double(x)",
    "string(x)",
    "money(minor, currency)",
    "math.least(a, b)",
    "math.greatest(a, b)",
    "text.contains(part)",
    "text.startsWith(part)",
    "text.endsWith(part)",
    "text.lowerAscii()",
    "list.exists(x, ...)",
    "list.exists_one(x, ...)",
    "list.all(x, ...)",
    "list.filter(x, ...)",
    "list.map(x, ...)",
];

/// CEL has these; a rule has no clock, and its patterns are texts.
const NOT_AVAILABLE: [&str; 6] = ["matches", "timestamp", "duration", "dyn", "type", "bytes"];

impl Checker<'_> {
    pub(super) fn call(&mut self, expr: &IdedExpr, call: &CallExpr) -> Checked {
        if let Some(checked) = self.operator(expr, call) {
            return checked;
        }
        let name = call.func_name.as_str();
        let is_math = matches!(&call.target, Some(target)
            if matches!(&target.expr, Expr::Ident(library) if library == "math"));
        match (&call.target, call.args.as_slice()) {
            (None, [of]) if name == "has" => self.has(of),
            (None, [of]) if name == "size" => self.size(of),
            (Some(target), []) if name == "size" => self.size(target),
            (None, [of]) if ["int", "double", "string"].contains(&name) => self.convert(name, of),
            (None, [minor, currency]) if name == "money" => self.money(minor, currency),
            (Some(_), [a, b]) if is_math && name == "least" => self.extreme(Op::Least, a, b),
            (Some(_), [a, b]) if is_math && name == "greatest" => self.extreme(Op::Greatest, a, b),
            (Some(target), []) if name == "lowerAscii" => {
                let text = self.text(target, "lowerAscii");
                Checked::new(Kind::Text, written::of_nodes(Op::LowerAscii, &[&text]))
            }
            (Some(target), [part]) if OF_TEXTS.iter().any(|(known, _)| *known == name) => {
                let (text, part) = (self.text(target, name), self.text(part, name));
                let op = OF_TEXTS.iter().find(|(known, _)| *known == name);
                let op = op.map_or(Op::Contains, |(_, op)| *op);
                Checked::new(Kind::Bool, written::of_nodes(op, &[&text, &part]))
            }
            (Some(target), args) if !is_math => match self.each(expr, target, name, args) {
                Some(checked) => checked,
                None => self.unknown_call(expr, name),
            },
            _ => self.unknown_call(expr, name),
        }
    }

    fn unknown_call(&mut self, expr: &IdedExpr, name: &str) -> Checked {
        let at = self.parsed.called(expr, name);
        if NOT_AVAILABLE.contains(&name) {
            let says = format!("rules have no {name}(); see the list of functions");
            return self.wrong_at(at, Code::NotAvailable, says);
        }
        let bare = |known: &'static str| {
            let end = known.find('(').unwrap_or(known.len());
            let begin = known[..end].rfind('.').map_or(0, |dot| dot + 1);
            &known[begin..end]
        };
        if let Some(known) = KNOWN.into_iter().find(|known| bare(known) == name) {
            let says = format!("{name} is called as {known}");
            return self.wrong_at(at, Code::WrongArguments, says);
        }
        let says = match kind::nearest(name, KNOWN.map(bare)) {
            Some(near) => format!("there is no function {name}; did you mean {near}?"),
            None => format!(
                "there is no function {name}; there are {}",
                KNOWN.join(", ")
            ),
        };
        self.wrong_at(at, Code::UnknownFunction, says)
    }

    fn text(&mut self, of: &IdedExpr, place: &str) -> Vec<u8> {
        let checked = self.node(of);
        self.must_be(of, &checked, &Kind::Text, place);
        checked.node
    }

    fn size(&mut self, of: &IdedExpr) -> Checked {
        let checked = self.node(of);
        if !matches!(checked.kind, Kind::Text | Kind::List(_) | Kind::Any) {
            let says = format!(
                "size takes a text or a list, this is {}",
                checked.kind.words()
            );
            return self.wrong(of, Code::WrongKind, says);
        }
        Checked::new(Kind::Int, written::of_nodes(Op::Size, &[&checked.node]))
    }

    fn convert(&mut self, name: &str, of: &IdedExpr) -> Checked {
        let checked = self.node(of);
        let is_number = checked.kind.is_number();
        let (op, kind, fits) = match name {
            "int" => (Op::ToInt, Kind::Int, is_number),
            "double" => (Op::ToDouble, Kind::Double, is_number),
            _ => {
                let fits = matches!(checked.kind, Kind::Int | Kind::Text | Kind::Bool);
                (Op::ToText, Kind::Text, fits)
            }
        };
        if !fits && checked.kind != Kind::Any {
            let takes = if op == Op::ToText {
                "a whole number, a text or a yes or no; a reason writes others as {...}"
            } else {
                "a number; an amount has .minor"
            };
            let says = format!("{name} takes {takes}; this is {}", checked.kind.words());
            return self.wrong(of, Code::WrongKind, says);
        }
        Checked::new(kind, written::of_nodes(op, &[&checked.node]))
    }

    fn money(&mut self, minor: &IdedExpr, currency: &IdedExpr) -> Checked {
        let units = self.node(minor);
        if units.kind == Kind::Double {
            let says = "money takes whole minor units: money(50000, \"USD\") is USD 500.00";
            return self.wrong(minor, Code::WrongKind, says);
        }
        self.must_be(minor, &units, &Kind::Int, "money");
        let code = self.node(currency);
        self.must_be(currency, &code, &Kind::Text, "money");
        if let Expr::Literal(LiteralValue::String(text)) = &currency.expr
            && !is_currency(text.inner())
        {
            let says = format!("{:?} is no currency; write it as \"USD\"", text.inner());
            self.wrong(currency, Code::WrongArguments, says);
        }
        let node = written::of_nodes(Op::Money, &[&units.node, &code.node]);
        Checked::new(Kind::Money, node)
    }

    fn extreme(&mut self, op: Op, a: &IdedExpr, b: &IdedExpr) -> Checked {
        let (left, right) = (self.node(a), self.node(b));
        let kind = left.kind.common(&right.kind);
        match kind {
            Some(kind) if kind.is_number() || kind == Kind::Any => {
                let node = written::of_nodes(op, &[&left.node, &right.node]);
                Checked::new(kind, node)
            }
            _ => {
                let (left, right) = (left.kind.words(), right.kind.words());
                let says = format!(
                    "math takes two whole numbers or two decimals, these are {left} and {right}"
                );
                self.wrong(a, Code::WrongKind, says)
            }
        }
    }
}

/// As amounts have it: `usd` would equal none.
fn is_currency(text: &str) -> bool {
    Currency::parse(text).is_ok_and(|currency| currency.as_str() == text)
}
