//! Reasons: texts with expressions in braces.

use no_code::tree::Op;

use crate::{
    check::Checker,
    kind::Kind,
    mistake::{Code, Problem},
    parse::parse,
    scope::Scope,
    written,
};

/// A piece of a template, and where it begins.
enum Piece<'t> {
    Text(String),
    Expression(usize, &'t str),
}

/// The node that writes `template`.
pub(crate) fn check(template: &str, scope: &mut Scope) -> Result<Vec<u8>, Vec<Problem>> {
    let pieces = pieces(template).map_err(|problem| vec![problem])?;
    let mut problems = Vec::new();
    let mut node = vec![Op::Write as u8];
    written::count(&mut node, pieces.len());
    for piece in pieces {
        match piece {
            Piece::Text(text) => written::sized(&mut node, &written::text_node(&text)),
            Piece::Expression(at, source) => match expression(source, scope) {
                Ok(block) => written::sized(&mut node, &block),
                Err(found) => problems.extend(found.into_iter().map(|mut problem| {
                    problem.at += at;
                    problem
                })),
            },
        }
    }
    if problems.is_empty() {
        Ok(node)
    } else {
        Err(problems)
    }
}

fn expression(source: &str, scope: &mut Scope) -> Result<Vec<u8>, Vec<Problem>> {
    let parsed = parse(source).map_err(|problem| vec![problem])?;
    let checked = Checker::check(&parsed, scope)?;
    let entry = match &checked.kind {
        Kind::List(entry) => entry,
        kind => kind,
    };
    if matches!(entry, Kind::Record(_) | Kind::List(_) | Kind::Null) {
        let says = format!("{} cannot be written; write a part of it", entry.words());
        let at = parsed.start(&parsed.root);
        return Err(vec![Problem::new(at, Code::WrongKind, says)]);
    }
    Ok(checked.node)
}

fn pieces(template: &str) -> Result<Vec<Piece<'_>>, Problem> {
    let mut pieces = Vec::new();
    let mut text = String::new();
    let mut at = 0;
    while let Some(character) = template[at..].chars().next() {
        let is_twice = template[at + character.len_utf8()..].starts_with(character);
        match character {
            '{' | '}' if is_twice => {
                text.push(character);
                at += 2;
            }
            '{' => {
                let length = closing(&template[at + 1..]).ok_or_else(|| {
                    Problem::new(at, Code::OpenBrace, "this { has no }; write {{ for a brace")
                })?;
                if !text.is_empty() {
                    pieces.push(Piece::Text(std::mem::take(&mut text)));
                }
                let source = &template[at + 1..at + 1 + length];
                pieces.push(Piece::Expression(at + 1, source));
                at += length + 2;
            }
            '}' => {
                let says = "this } has no { before it; write }} for a brace";
                return Err(Problem::new(at, Code::OpenBrace, says));
            }
            other => {
                text.push(other);
                at += other.len_utf8();
            }
        }
    }
    if !text.is_empty() {
        pieces.push(Piece::Text(text));
    }
    Ok(pieces)
}

/// Length of the expression before its closing brace; braces inside quotes are
/// text.
fn closing(rest: &str) -> Option<usize> {
    let mut quote = None;
    let mut is_escaped = false;
    for (at, character) in rest.char_indices() {
        match (quote, character) {
            (Some(_), _) if is_escaped => is_escaped = false,
            (Some(_), '\\') => is_escaped = true,
            (Some(open), _) if open == character => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(character),
            (None, '}') => return Some(at),
            (None, _) => {}
        }
    }
    None
}
