//! Names: fields, their parts, and what `exists` and the like give a name to.

use baton_domain::field::Field;
use cel::common::ast::{Expr, IdedExpr, SelectExpr, operators};
use no_code::tree::Op;

use super::{Checked, Checker};
use crate::{
    kind::{self, Kind},
    mistake::Code,
    scope::{self, SETTING},
    written,
};

impl Checker<'_> {
    pub(super) fn name(&mut self, expr: &IdedExpr, name: &str) -> Checked {
        if let Some(at) = self.names.iter().rposition(|(known, _)| known == name) {
            return Checked::new(self.names[at].1.clone(), vec![Op::Name as u8, at as u8]);
        }
        let inside = kind::group(name);
        if !inside.is_empty() {
            let says = format!("{name} is a group of fields; write {}", inside.join(", "));
            return self.wrong(expr, Code::UnknownName, says);
        }
        if name == SETTING {
            let says = "setting is a group; write setting.NAME";
            return self.wrong(expr, Code::UnknownName, says);
        }
        let groups = Field::ALL.iter().map(|field| field.interface());
        let says = match kind::nearest(name, groups) {
            Some(near) => format!("there is no {name}; did you mean {near}?"),
            None => {
                format!("there is no {name}; a text needs quotes, a field is such as basket.value")
            }
        };
        self.wrong(expr, Code::UnknownName, says)
    }

    pub(super) fn select(&mut self, expr: &IdedExpr, select: &SelectExpr) -> Checked {
        if self.is_of_settings(select) {
            return self.setting(expr, &select.field);
        }
        if let Some((group, name)) = self.path(select) {
            return match kind::field(&group, &name) {
                Some(field) => self.field(field),
                None => self.unknown_field(expr, &group, &name),
            };
        }
        let whole = self.node(&select.operand);
        if whole.kind == Kind::Any {
            return Checked::wrong();
        }
        let parts = whole.kind.parts();
        let wanted = select.field.replace('-', "_");
        if let Some(at) = parts.iter().position(|(part, _)| *part == wanted) {
            let node = [&[Op::Part as u8, at as u8][..], &whole.node].concat();
            return Checked::new(parts[at].1.clone(), node);
        }
        let known: Vec<&str> = parts.iter().map(|(part, _)| *part).collect();
        let says = if known.is_empty() {
            format!("{} has no parts, so no {wanted}", whole.kind.words())
        } else {
            let known = known.join(", ");
            format!("{} has no {wanted}; it has {known}", whole.kind.words())
        };
        self.wrong_at(self.parsed.behind_dot(expr), Code::UnknownPart, says)
    }

    /// Whether it is `setting.NAME`.
    fn is_of_settings(&self, select: &SelectExpr) -> bool {
        let is_bound = self.names.iter().any(|(known, _)| known == SETTING);
        !is_bound && matches!(&select.operand.expr, Expr::Ident(group) if group == SETTING)
    }

    fn setting(&mut self, expr: &IdedExpr, name: &str) -> Checked {
        if let Some(setting) = self.scope.name_setting(name) {
            let mut node = vec![Op::Setting as u8, scope::place(setting.kind)];
            written::sized(&mut node, setting.name.as_bytes());
            return Checked::new(Kind::of_setting(setting.kind), node);
        }
        let known = self.scope.spellings();
        let says = match kind::nearest(name, known.iter().map(String::as_str)) {
            Some(near) => format!("there is no setting {name}; did you mean setting.{near}?"),
            None => format!("there is no setting {name}; declare it as [settings.{name}]"),
        };
        self.wrong(expr, Code::UnknownName, says)
    }

    /// The group and the name, when this is a field.
    fn path(&self, select: &SelectExpr) -> Option<(String, String)> {
        let Expr::Ident(group) = &select.operand.expr else {
            return None;
        };
        let is_bound = self.names.iter().any(|(known, _)| known == group);
        let is_group = !is_bound && !kind::group(group).is_empty();
        is_group.then(|| (group.clone(), select.field.clone()))
    }

    fn field(&mut self, field: Field) -> Checked {
        self.scope.fields.insert(field);
        let (kind, is_optional) = Kind::of(field.shape());
        Checked {
            kind,
            is_optional,
            node: vec![Op::Field as u8, field as u8],
        }
    }

    fn unknown_field(&mut self, expr: &IdedExpr, group: &str, name: &str) -> Checked {
        let known = kind::group(group);
        // `customer.lifetime-value` is read as a subtraction.
        let begins = |spelt: &&String| spelt.starts_with(&format!("{group}.{name}_"));
        let wrong = format!("{group}.{name}");
        let near = known
            .iter()
            .find(begins)
            .map(String::as_str)
            .or_else(|| kind::nearest(&wrong, known.iter().map(String::as_str)));
        let says = match near {
            Some(near) => format!("there is no field {wrong}; did you mean {near}?"),
            None => format!("there is no field {wrong}; there are {}", known.join(", ")),
        };
        self.wrong(expr, Code::UnknownField, says)
    }

    /// The field whose name was written with `-`, which subtracts:
    /// `customer.lifetime-value`.
    pub(super) fn subtracted(&self, expr: &IdedExpr) -> Option<Field> {
        let (group, name) = self.dashed(expr)?;
        kind::field(&group, &name)
    }

    fn dashed(&self, expr: &IdedExpr) -> Option<(String, String)> {
        match &expr.expr {
            Expr::Select(select) => self.path(select),
            Expr::Call(call) if call.func_name == operators::SUBSTRACT => {
                let [before, last] = call.args.as_slice() else {
                    return None;
                };
                let (group, name) = self.dashed(before)?;
                match &last.expr {
                    Expr::Ident(last) => Some((group, format!("{name}-{last}"))),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// `has(field)`.
    pub(super) fn has(&mut self, of: &IdedExpr) -> Checked {
        let checked = self.node(of);
        if checked.kind == Kind::Any {
            return Checked::wrong();
        }
        if !checked.is_optional || checked.kind == Kind::Null {
            let says = match checked.kind {
                Kind::List(_) => "a list is always there; write size(...) > 0",
                _ => "this is always known; has(...) is for what may be absent",
            };
            return self.wrong(of, Code::AlwaysKnown, says);
        }
        let node = [&[Op::NotEqual as u8][..], &checked.node, &[Op::Null as u8]].concat();
        Checked::new(Kind::Bool, node)
    }
}
