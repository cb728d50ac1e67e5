//! What is done with each entry of a list.

use crate::{
    evaluate::Evaluation,
    tree::{Code, Op, damaged},
    value::Value,
};

impl Evaluation<'_> {
    /// The block once for each entry, under its name.
    pub(crate) fn each(&mut self, op: Op, code: &mut Code) -> Option<Value> {
        let Value::List(entries) = self.node(code)? else {
            return None;
        };
        let name = usize::from(code.byte());
        let block = code.block();
        match op {
            Op::All => self.settled_by_one(entries, name, block, false),
            Op::Exists => self.settled_by_one(entries, name, block, true),
            Op::ExistsOne => {
                let mut found = 0;
                for entry in entries {
                    self.bind(name, *entry);
                    found += u32::from(self.flag(block)?);
                }
                Some(Value::Bool(found == 1))
            }
            Op::Filter => {
                let mut kept = Vec::new();
                for entry in entries {
                    self.bind(name, *entry);
                    if self.flag(block)? {
                        kept.push(*entry);
                    }
                }
                Some(Value::list(kept))
            }
            _ => {
                let mut mapped = Vec::with_capacity(entries.len());
                for entry in entries {
                    self.bind(name, *entry);
                    mapped.push(self.value(block)?);
                }
                Some(Value::list(mapped))
            }
        }
    }

    /// `exists` and `all` are `||` and `&&` over the entries.
    fn settled_by_one(
        &mut self,
        entries: &[Value],
        name: usize,
        block: Code,
        settled_by: bool,
    ) -> Option<Value> {
        let mut is_known = true;
        for entry in entries {
            self.bind(name, *entry);
            match self.flag(block) {
                Some(flag) if flag == settled_by => return Some(Value::Bool(settled_by)),
                Some(_) => {}
                None => is_known = false,
            }
        }
        is_known.then_some(Value::Bool(!settled_by))
    }

    fn bind(&mut self, name: usize, value: Value) {
        match self.names.get_mut(name) {
            Some(bound) => *bound = value,
            None => damaged(),
        }
    }
}
