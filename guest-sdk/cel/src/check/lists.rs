//! `exists`, `all`, `exists_one`, `filter` and `map`.

use baton_domain::limits::NO_CODE_NAMES_MAX;
use cel::common::ast::{Expr, IdedExpr};
use no_code::tree::Op;

use super::{Checked, Checker};
use crate::{kind::Kind, mistake::Code, written};

impl Checker<'_> {
    /// The call of one of them; `None` when it is none.
    pub(super) fn each(
        &mut self,
        expr: &IdedExpr,
        list: &IdedExpr,
        name: &str,
        args: &[IdedExpr],
    ) -> Option<Checked> {
        let op = match name {
            "all" => Op::All,
            "exists" => Op::Exists,
            "exists_one" => Op::ExistsOne,
            "filter" => Op::Filter,
            "map" => Op::Map,
            _ => return None,
        };
        let [entry, body] = args else {
            return None;
        };
        let Expr::Ident(entry_name) = &entry.expr else {
            let says = format!("{name} gives each entry a name: {name}(x, ...)");
            return Some(self.wrong(entry, Code::WrongArguments, says));
        };
        let checked = self.node(list);
        let kind = match checked.kind {
            Kind::Any => return Some(Checked::wrong()),
            Kind::List(kind) => *kind,
            other => {
                let says = format!("{name} is for lists, this is {}", other.words());
                return Some(self.wrong(list, Code::WrongKind, says));
            }
        };
        if self.names.len() == NO_CODE_NAMES_MAX {
            let says = format!("more than {NO_CODE_NAMES_MAX} of these inside each other");
            let at = self.parsed.called(expr, name);
            return Some(self.wrong_at(at, Code::TooDeep, says));
        }
        let slot = self.names.len() as u8;
        self.names.push((entry_name.clone(), kind.clone()));
        let inner = self.node(body);
        self.names.pop();
        let result = match op {
            Op::Map => {
                if inner.kind == Kind::Null || inner.is_optional {
                    let says = "a list cannot hold what may be absent";
                    self.wrong(body, Code::WrongKind, says);
                }
                Kind::List(Box::new(inner.kind))
            }
            _ => {
                self.must_be(body, &inner, &Kind::Bool, name);
                if op == Op::Filter {
                    Kind::List(Box::new(kind))
                } else {
                    Kind::Bool
                }
            }
        };
        let mut node = written::of_nodes(op, &[&checked.node, &[slot]]);
        written::sized(&mut node, &inner.node);
        Some(Checked::new(result, node))
    }
}
