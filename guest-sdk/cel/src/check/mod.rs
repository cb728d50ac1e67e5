//! Checks an expression against the catalogue of fields, and writes the tree
//! that the evaluator walks.

mod calls;
mod lists;
mod names;
mod operators;

use baton_domain::limits::{NO_CODE_DEPTH_MAX, NO_CODE_LIST_ITEMS_MAX};
use cel::common::ast::{Expr, IdedExpr, LiteralValue};
use no_code::tree::Op;

use crate::{
    kind::Kind,
    mistake::{Code, Problem},
    parse::Parsed,
    scope::Scope,
    written,
};

/// An expression that was checked.
#[derive(Debug, Clone)]
pub(crate) struct Checked {
    pub(crate) kind: Kind,
    /// Whether it may be absent.
    pub(crate) is_optional: bool,
    /// Its node.
    pub(crate) node: Vec<u8>,
}

impl Checked {
    fn new(kind: Kind, node: Vec<u8>) -> Self {
        Self {
            kind,
            is_optional: false,
            node,
        }
    }

    /// In the place of what is wrong.
    fn wrong() -> Self {
        Self::new(Kind::Any, vec![Op::Null as u8])
    }
}

/// Checks one expression.
pub(crate) struct Checker<'p> {
    parsed: &'p Parsed,
    /// Names that `exists`, `map` and the like gave, and the kind of each.
    names: Vec<(String, Kind)>,
    depth: usize,
    problems: Vec<Problem>,
    scope: &'p mut Scope,
}

impl<'p> Checker<'p> {
    /// Checks all of `parsed`; what it names is noted in `scope`.
    pub(crate) fn check(parsed: &'p Parsed, scope: &'p mut Scope) -> Result<Checked, Vec<Problem>> {
        let mut checker = Self {
            parsed,
            names: Vec::new(),
            depth: 0,
            problems: Vec::new(),
            scope,
        };
        let checked = checker.node(&parsed.root);
        if checker.problems.is_empty() {
            Ok(checked)
        } else {
            Err(checker.problems)
        }
    }

    fn node(&mut self, expr: &IdedExpr) -> Checked {
        self.depth += 1;
        let checked = if self.depth > NO_CODE_DEPTH_MAX {
            let says = format!("more than {NO_CODE_DEPTH_MAX} operations inside each other");
            self.wrong(expr, Code::TooDeep, says)
        } else {
            self.kind_of_node(expr)
        };
        self.depth -= 1;
        checked
    }

    fn kind_of_node(&mut self, expr: &IdedExpr) -> Checked {
        match &expr.expr {
            Expr::Literal(literal) => self.literal(expr, literal),
            Expr::Ident(name) => self.name(expr, name),
            Expr::Select(select) => self.select(expr, select),
            Expr::List(list) => self.list(expr, &list.elements),
            Expr::Call(call) => self.call(expr, call),
            Expr::Map(_) => self.wrong(
                expr,
                Code::NotAvailable,
                "rules have no maps; write a list, or ?:",
            ),
            Expr::Struct(_) | Expr::Comprehension(_) | Expr::Unspecified => {
                self.wrong(expr, Code::NotAvailable, "rules cannot make records")
            }
        }
    }

    fn literal(&mut self, expr: &IdedExpr, literal: &LiteralValue) -> Checked {
        let number = |op: Op, bits: [u8; 8]| [&[op as u8][..], &bits].concat();
        match literal {
            LiteralValue::Null => Checked {
                is_optional: true,
                ..Checked::new(Kind::Null, vec![Op::Null as u8])
            },
            LiteralValue::Boolean(flag) => {
                let op = if *flag.inner() { Op::True } else { Op::False };
                Checked::new(Kind::Bool, vec![op as u8])
            }
            LiteralValue::Int(int) => {
                Checked::new(Kind::Int, number(Op::Int, int.inner().to_le_bytes()))
            }
            LiteralValue::Double(double) => {
                let bits = double.inner().to_bits().to_le_bytes();
                Checked::new(Kind::Double, number(Op::Double, bits))
            }
            LiteralValue::String(text) => {
                Checked::new(Kind::Text, written::text_node(text.inner()))
            }
            LiteralValue::UInt(_) => {
                self.wrong(expr, Code::NotAvailable, "write the number without the u")
            }
            LiteralValue::Bytes(_) => self.wrong(
                expr,
                Code::NotAvailable,
                "rules have no bytes; write a text",
            ),
        }
    }

    fn list(&mut self, expr: &IdedExpr, elements: &[IdedExpr]) -> Checked {
        if elements.len() > NO_CODE_LIST_ITEMS_MAX {
            let says = format!(
                "the list has {} entries; {NO_CODE_LIST_ITEMS_MAX} are allowed",
                elements.len()
            );
            return self.wrong(expr, Code::TooMany, says);
        }
        let mut kind = Kind::Any;
        let mut node = vec![Op::List as u8];
        written::count(&mut node, elements.len());
        for element in elements {
            let checked = self.node(element);
            if checked.kind == Kind::Null {
                self.wrong(element, Code::WrongKind, "a list cannot hold null");
            }
            match kind.common(&checked.kind) {
                Some(common) => kind = common,
                None => {
                    let (first, other) = (kind.words(), checked.kind.words());
                    let says = format!("the list holds {first} and {other}; make them alike");
                    self.wrong(element, Code::WrongKind, says);
                }
            }
            node.extend(checked.node);
        }
        Checked::new(Kind::List(Box::new(kind)), node)
    }

    /// Notes a problem where `expr` begins.
    fn wrong(&mut self, expr: &IdedExpr, code: Code, says: impl Into<String>) -> Checked {
        self.wrong_at(self.parsed.start(expr), code, says)
    }

    fn wrong_at(&mut self, at: usize, code: Code, says: impl Into<String>) -> Checked {
        self.problems.push(Problem::new(at, code, says));
        Checked::wrong()
    }

    /// Checks that `checked`, which `expr` is, is of this kind.
    fn must_be(&mut self, expr: &IdedExpr, checked: &Checked, kind: &Kind, place: &str) -> bool {
        let fits = checked.kind != Kind::Null && kind.common(&checked.kind).is_some();
        if !fits {
            let says = format!(
                "{place} takes {}, this is {}",
                kind.words(),
                checked.kind.words()
            );
            self.wrong(expr, Code::WrongKind, says);
        }
        fits
    }
}
