//! How a checked rule is written down: what `baton-cel` writes and the
//! evaluator reads.
//!
//! A rule is its signal, tag and next step (texts; empty when it has none),
//! then three blocks: condition, score, reason. A node is its [`Op`] and what
//! the operation's line says. A *text* is a length and UTF-8; a *block* is a
//! length and a node, so that it can be passed over or evaluated again.
//! Lengths and counts have two bytes, numbers eight, all little endian.

/// Longest tree that fits into the evaluator's place.
pub const TREE_BYTES_MAX: usize = 8 * 1024;
/// Names that may be in use at once inside `exists`, `map` and the like.
pub const NAMES_MAX: usize = 4;

macro_rules! operations {
    ($($(#[doc = $doc:literal])* $op:ident,)*) => {
        /// What a node does.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Op { $($(#[doc = $doc])* $op,)* }

        const OPS: &[Op] = &[$(Op::$op),*];
    };
}

operations! {
    /// Nothing: `null`, or a value that a field lacks.
    Null,
    /// `false`.
    False,
    /// `true`.
    True,
    /// A whole number.
    Int,
    /// A decimal: its IEEE 754 bits.
    Double,
    /// A text.
    Text,
    /// A count, then that many nodes.
    List,
    /// A field: its place in the contract (one byte).
    Field,
    /// A part of a record: its place (one byte), then the node.
    Part,
    /// The value of a name: its number (one byte).
    Name,
    /// `!` node.
    Not,
    /// `-` node.
    Negate,
    /// Block `&&` block.
    And,
    /// Block `||` block.
    Or,
    /// Node `?` block `:` block.
    Choose,
    /// Node `==` node, and so on.
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Remainder,
    /// Node `in` node.
    In,
    /// Node `[` node `]`.
    At,
    /// Node contains node.
    Contains,
    /// Node starts with node.
    StartsWith,
    /// Node ends with node.
    EndsWith,
    /// Node in small ASCII letters.
    LowerAscii,
    /// Characters of a text, entries of a list.
    Size,
    /// Node as a whole number, toward zero.
    ToInt,
    /// Node as a decimal.
    ToDouble,
    /// Node as a text.
    ToText,
    /// The least of two nodes.
    Least,
    /// The greatest of two nodes.
    Greatest,
    /// Minor units and currency.
    Money,
    /// List node, name (one byte), block: whether it holds for all.
    All,
    /// Whether it holds for one at least.
    Exists,
    /// Whether it holds for exactly one.
    ExistsOne,
    /// Those for which it holds.
    Filter,
    /// What it is for each.
    Map,
    /// A count, then that many blocks, written one behind the other; what is
    /// not known is written so.
    Write,
    /// A setting: its type (one byte, in the order of the contract), its name
    /// (text).
    Setting,
}

/// A part of a tree that is being read.
#[derive(Debug, Clone, Copy)]
pub struct Code(&'static [u8]);

impl Code {
    /// The whole of it.
    pub fn new(bytes: &'static [u8]) -> Self {
        Self(bytes)
    }

    /// The next operation.
    pub fn op(&mut self) -> Op {
        let byte = self.byte();
        OPS.get(usize::from(byte)).copied().unwrap_or_else(damaged)
    }

    /// The next byte.
    pub fn byte(&mut self) -> u8 {
        self.take(1)[0]
    }

    /// The next length or count.
    pub fn count(&mut self) -> usize {
        let [low, high] = self.array();
        usize::from(u16::from_le_bytes([low, high]))
    }

    /// The next whole number.
    pub fn int(&mut self) -> i64 {
        i64::from_le_bytes(self.array())
    }

    /// The next text.
    pub fn text(&mut self) -> &'static str {
        let length = self.count();
        core::str::from_utf8(self.take(length)).unwrap_or_else(|_| damaged())
    }

    /// The next block.
    pub fn block(&mut self) -> Self {
        let length = self.count();
        Self(self.take(length))
    }

    fn array<const N: usize>(&mut self) -> [u8; N] {
        self.take(N).try_into().unwrap_or_else(|_| damaged())
    }

    fn take(&mut self, length: usize) -> &'static [u8] {
        let (taken, rest) = self.0.split_at_checked(length).unwrap_or_else(damaged);
        self.0 = rest;
        taken
    }
}

/// Only a tree that nobody checked: the instance traps.
pub(crate) fn damaged<T>() -> T {
    panic!("the tree is damaged")
}
