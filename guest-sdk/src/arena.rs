//! The allocator of guests: a bump arena in the module's static memory.
//!
//! A guest lives for one call in a fresh instance, so nothing needs to be
//! freed and growing memory would only cost page faults (measured: 8.5 µs a
//! call against 32). The arena is [`ARENA_KIB`] KiB unless the module
//! declares `arena_kib`. Every value that a field returns is placed in it,
//! and so is every `String` and `Vec` of the module.
//!
//! **When it is full the guest traps.** The host then counts the module as
//! failed for this occasion (`module_trapped`), never the message. A field's
//! longest value decides what is enough: `message.text` takes up to 16 KiB,
//! `message.recent` up to 80 KiB; a module that reads the latter should
//! declare `arena_kib: 160`.

#![allow(
    unsafe_code,
    reason = "a global allocator hands out raw memory; this is the one place that does"
)]

use core::{
    alloc::{GlobalAlloc, Layout},
    cell::{Cell, UnsafeCell},
    ptr,
};

/// Size of the arena of a module that does not declare `arena_kib`.
pub const ARENA_KIB: usize = 64;

/// A bump arena of `BYTES`. The [`rule!`](crate::rule) and
/// [`policy!`](crate::policy) macros make it the global allocator of a guest.
#[derive(Debug)]
#[repr(C, align(16))]
pub struct Arena<const BYTES: usize> {
    region: UnsafeCell<[u8; BYTES]>,
    used: Cell<usize>,
}

// SAFETY: a guest has one thread; the contract has no other kind.
unsafe impl<const BYTES: usize> Sync for Arena<BYTES> {}

impl<const BYTES: usize> Default for Arena<BYTES> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const BYTES: usize> Arena<BYTES> {
    /// An empty arena, all zeros, so that it takes no room in the module.
    pub const fn new() -> Self {
        Self {
            region: UnsafeCell::new([0; BYTES]),
            used: Cell::new(0),
        }
    }

    fn base(&self) -> *mut u8 {
        self.region.get().cast()
    }

    /// Whether the block ends where the free part begins.
    fn is_last(&self, block: *mut u8, size: usize) -> bool {
        block.addr() + size == self.base().addr() + self.used.get()
    }
}

// SAFETY: blocks never overlap, since `used` only moves past what is handed
// out, and back only over the last block when that block is given up.
unsafe impl<const BYTES: usize> GlobalAlloc for Arena<BYTES> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let free = self.base().addr() + self.used.get();
        let start = free.next_multiple_of(layout.align()) - self.base().addr();
        match start.checked_add(layout.size()) {
            Some(end) if end <= BYTES => {
                self.used.set(end);
                // SAFETY: `start` lies within the region.
                unsafe { self.base().add(start) }
            }
            _ => ptr::null_mut(),
        }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if self.is_last(block, layout.size()) {
            self.used.set(block.addr() - self.base().addr());
        }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as `alloc`; the block may be one that was used before.
        unsafe {
            let block = self.alloc(layout);
            if !block.is_null() {
                block.write_bytes(0, layout.size());
            }
            block
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // A growing `String` is mostly the last block: it grows in place.
        if self.is_last(block, layout.size()) {
            let start = block.addr() - self.base().addr();
            if size > BYTES - start {
                return ptr::null_mut();
            }
            self.used.set(start + size);
            return block;
        }
        if size <= layout.size() {
            return block;
        }
        // SAFETY: the new block is larger than the old and does not overlap it.
        unsafe {
            let moved = self.alloc(Layout::from_size_align_unchecked(size, layout.align()));
            if !moved.is_null() {
                ptr::copy_nonoverlapping(block, moved, layout.size());
            }
            moved
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(size: usize, align: usize) -> Layout {
        Layout::from_size_align(size, align).unwrap()
    }

    #[test]
    fn blocks_are_aligned_apart_and_within_the_arena() {
        let arena = Arena::<256>::new();
        let mut ends = arena.base().addr();
        for (size, align) in [(1, 1), (8, 8), (3, 1), (16, 16), (5, 4)] {
            let block = unsafe { arena.alloc(layout(size, align)) };
            assert!(!block.is_null() && block.addr().is_multiple_of(align));
            assert!(block.addr() >= ends);
            ends = block.addr() + size;
        }
        assert!(ends <= arena.base().addr() + 256);
    }

    #[test]
    fn a_full_arena_answers_null() {
        let arena = Arena::<64>::new();
        unsafe {
            assert!(!arena.alloc(layout(60, 1)).is_null());
            assert!(arena.alloc(layout(8, 1)).is_null());
            assert!(arena.alloc(layout(usize::MAX / 4, 1)).is_null());
            assert!(
                !arena.alloc(layout(4, 1)).is_null(),
                "the rest is still of use"
            );
        }
    }

    #[test]
    fn the_last_block_grows_in_place_and_others_move_with_their_bytes() {
        let arena = Arena::<128>::new();
        unsafe {
            let first = arena.alloc(layout(4, 1));
            first.copy_from(b"abcd".as_ptr(), 4);
            assert_eq!(arena.realloc(first, layout(4, 1), 8), first);
            let second = arena.alloc(layout(4, 1));
            let moved = arena.realloc(first, layout(8, 1), 16);
            assert!(moved.addr() > second.addr());
            assert_eq!(core::slice::from_raw_parts(moved, 4), b"abcd");
            assert!(arena.realloc(moved, layout(16, 1), 1000).is_null());
        }
    }

    #[test]
    fn a_freed_last_block_is_used_again_and_zeroed_on_request() {
        let arena = Arena::<64>::new();
        unsafe {
            let block = arena.alloc(layout(32, 1));
            block.write_bytes(7, 32);
            arena.dealloc(block, layout(32, 1));
            let again = arena.alloc_zeroed(layout(32, 1));
            assert_eq!(again, block);
            assert_eq!(core::slice::from_raw_parts(again, 32), [0; 32]);
        }
    }
}
