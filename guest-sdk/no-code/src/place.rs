//! The place in the guest's data that is kept free for a rule.

use core::hint::black_box;

use crate::tree::TREE_BYTES_MAX;

/// What the place begins with; it stands nowhere else in the module.
pub const MARK: [u8; 16] = *b"baton:no-code:1\0";

/// Where the tree begins: behind the mark and its length (little endian).
pub const TREE_AT: usize = MARK.len() + size_of::<u32>();

/// Bytes of the place.
pub const PLACE_BYTES: usize = TREE_AT + TREE_BYTES_MAX;

static PLACE: [u8; PLACE_BYTES] = {
    let mut place = [0; PLACE_BYTES];
    let mut at = 0;
    while at < MARK.len() {
        place[at] = MARK[at];
        at += 1;
    }
    place
};

/// The tree that was put into the place.
pub(crate) fn tree() -> &'static [u8] {
    // The compiler must not conclude from the source that there is none.
    let place = black_box(&PLACE);
    let length = [16, 17, 18, 19].map(|at| place[at]);
    &place[TREE_AT..][..u32::from_le_bytes(length) as usize]
}
