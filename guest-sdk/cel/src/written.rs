//! How trees are written: see `no_code::tree`.

use no_code::tree::Op;

/// Appends a length or a count. What is longer than one can say is longer
/// than a whole tree may be, which is checked at the end.
pub(crate) fn count(node: &mut Vec<u8>, count: usize) {
    node.extend(u16::try_from(count).unwrap_or(u16::MAX).to_le_bytes());
}

/// Appends a text or a block.
pub(crate) fn sized(node: &mut Vec<u8>, bytes: &[u8]) {
    count(node, bytes.len());
    node.extend(bytes);
}

/// The node of a text.
pub(crate) fn text_node(text: &str) -> Vec<u8> {
    let mut node = vec![Op::Text as u8];
    sized(&mut node, text.as_bytes());
    node
}

/// The node of an operation on blocks.
pub(crate) fn of_blocks(op: Op, blocks: &[&[u8]]) -> Vec<u8> {
    let mut node = vec![op as u8];
    for block in blocks {
        sized(&mut node, block);
    }
    node
}

/// The node of an operation on nodes.
pub(crate) fn of_nodes(op: Op, nodes: &[&[u8]]) -> Vec<u8> {
    [&[op as u8][..], &nodes.concat()].concat()
}
