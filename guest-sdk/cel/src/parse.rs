//! Expressions as the parser of `cel` reads them, and where each part stands.

use baton_domain::limits::{NO_CODE_DEPTH_MAX, NO_CODE_EXPRESSION_CHARS_MAX};
use cel::{
    Env,
    common::ast::{CallExpr, Expr, IdedExpr, SourceInfo},
};

use crate::mistake::{Code, Problem};

/// An expression that could be read.
#[derive(Debug)]
pub(crate) struct Parsed {
    pub(crate) root: IdedExpr,
    source: String,
    info: SourceInfo,
}

/// Reads `source`. Macros stay the calls that they are written as, so that
/// what is checked is what the author wrote.
pub(crate) fn parse(source: &str) -> Result<Parsed, Problem> {
    let chars = source.chars().count();
    if chars > NO_CODE_EXPRESSION_CHARS_MAX {
        let says = format!(
            "the expression has {chars} characters; {NO_CODE_EXPRESSION_CHARS_MAX} are allowed"
        );
        return Err(Problem::new(0, Code::WrongText, says));
    }
    if source.trim().is_empty() {
        return Err(Problem::new(0, Code::WrongText, "the expression is empty"));
    }
    let parser = Env::default()
        .parser()
        .enable_optional_syntax(false)
        .enable_ident_escape_syntax(true)
        // The parser counts parentheses as well.
        .max_recursion_depth(NO_CODE_DEPTH_MAX as u16);
    match parser.parse_with_source_info(source) {
        Ok((root, info)) => Ok(Parsed {
            root,
            source: source.to_owned(),
            info,
        }),
        // What is wrong first makes most of the others.
        Err(errors) => Err(errors.errors.first().map_or_else(
            || Problem::new(0, Code::Syntax, "the expression cannot be read"),
            |error| problem(source, error),
        )),
    }
}

fn problem(source: &str, error: &cel::ParseError) -> Problem {
    let is_too_deep = |text: &str| text.contains("Recursion limit");
    let cause = error.source.as_ref().map(ToString::to_string);
    if is_too_deep(&error.msg) || cause.as_deref().is_some_and(is_too_deep) {
        let says = format!("more than {NO_CODE_DEPTH_MAX} operations inside each other");
        return Problem::new(0, Code::TooDeep, says);
    }
    // Behind the last that is there, however much space follows.
    let at = byte_at(source, error.pos).min(source.trim_end().len());
    let rest = source.trim_end().get(at..).unwrap_or_default();
    let says = match rest.chars().next() {
        None => "the expression ends too early".to_owned(),
        Some('=') if !rest.starts_with("==") => "write == to compare".to_owned(),
        Some('"' | '\'') if error.msg.contains("token recognition") => {
            "this text has no closing quote".to_owned()
        }
        Some(first) => {
            let is_word = |c: char| c.is_alphanumeric() || c == '_';
            let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            let found = &rest[..length.max(first.len_utf8())];
            format!("{found} cannot stand here")
        }
    };
    Problem::new(at, Code::Syntax, says)
}

/// The byte of a line and a character, both from 1.
fn byte_at(source: &str, (line, column): (isize, isize)) -> usize {
    let skip = usize::try_from(line.saturating_sub(1)).unwrap_or(0);
    let begin: usize = source.split_inclusive('\n').take(skip).map(str::len).sum();
    let column = usize::try_from(column.saturating_sub(1)).unwrap_or(0);
    begin + byte_of(&source[begin.min(source.len())..], column)
}

/// The byte where this character begins.
fn byte_of(source: &str, character: usize) -> usize {
    source
        .char_indices()
        .nth(character)
        .map_or(source.len(), |(byte, _)| byte)
}

impl Parsed {
    /// Where an expression begins.
    pub(crate) fn start(&self, expr: &IdedExpr) -> usize {
        let here = self.operator(expr);
        match &expr.expr {
            Expr::Select(select) => here.min(self.start(&select.operand)),
            Expr::Call(CallExpr { target, args, .. }) => {
                let first = target.as_deref().or(args.first());
                let begin = first.map_or(here, |first| here.min(self.start(first)));
                match &expr.expr {
                    // `f(x)`: its own place is the parenthesis.
                    Expr::Call(call) if target.is_none() && begin == here => {
                        self.called(expr, &call.func_name)
                    }
                    _ => begin,
                }
            }
            _ => here,
        }
    }

    /// Where the operator, the dot or the parenthesis of an expression stands.
    pub(crate) fn operator(&self, expr: &IdedExpr) -> usize {
        let (begin, _) = self.info.offset_for(expr.id).unwrap_or_default();
        byte_of(&self.source, begin as usize)
    }

    /// Where the name behind the dot begins.
    pub(crate) fn behind_dot(&self, expr: &IdedExpr) -> usize {
        let dot = self.operator(expr);
        let rest = self.source.get(dot..).unwrap_or_default();
        let skipped = rest.trim_start_matches(|c: char| c == '.' || c.is_whitespace());
        dot + rest.len() - skipped.len()
    }

    /// Where the name of the function stands that an expression calls.
    pub(crate) fn called(&self, expr: &IdedExpr, name: &str) -> usize {
        let open = self.operator(expr);
        let before = self.source.get(..open).unwrap_or_default();
        match before.trim_end().strip_suffix(name) {
            Some(before) => before.len(),
            None => open,
        }
    }
}
