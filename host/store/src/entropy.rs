//! Where random ids, keys and nonces come from: passed in, so that a
//! simulation can be repeated.

use std::{
    cell::RefCell,
    sync::atomic::{AtomicU64, Ordering},
};

use sha2::{Digest, Sha256};

/// A source of random bytes.
pub trait Entropy: Send + Sync + 'static {
    /// Fills `bytes`.
    ///
    /// # Errors
    /// When the source fails; nothing is written then.
    fn fill(&self, bytes: &mut [u8]) -> std::io::Result<()>;
}

/// The operating system's.
#[derive(Debug, Clone, Copy, Default)]
pub struct OsEntropy;

/// Bytes drawn ahead from the operating system, by each thread for itself: a
/// call of it for every nonce costs as much as sealing what goes with it.
const AHEAD_BYTES: usize = 1_024;

thread_local! {
    static AHEAD: RefCell<Ahead> = const {
        RefCell::new(Ahead { bytes: [0; AHEAD_BYTES], used: AHEAD_BYTES })
    };
}

struct Ahead {
    bytes: [u8; AHEAD_BYTES],
    used: usize,
}

impl Ahead {
    fn fill(&mut self, bytes: &mut [u8]) -> std::io::Result<()> {
        if self.used + bytes.len() > AHEAD_BYTES {
            getrandom::fill(&mut self.bytes).map_err(std::io::Error::other)?;
            self.used = 0;
        }
        let drawn = &mut self.bytes[self.used..self.used + bytes.len()];
        bytes.copy_from_slice(drawn);
        // Nothing that was given out stays here.
        drawn.fill(0);
        self.used += bytes.len();
        Ok(())
    }
}

impl Entropy for OsEntropy {
    fn fill(&self, bytes: &mut [u8]) -> std::io::Result<()> {
        if bytes.len() > AHEAD_BYTES / 8 {
            return getrandom::fill(bytes).map_err(std::io::Error::other);
        }
        AHEAD.with_borrow_mut(|ahead| ahead.fill(bytes))
    }
}

/// The same bytes for the same seed, in the order in which they are asked for.
/// For simulations and tests alone: whoever knows the seed knows all keys.
#[derive(Debug)]
pub struct SeededEntropy {
    seed: u64,
    drawn: AtomicU64,
}

impl SeededEntropy {
    /// Starts the sequence of `seed`.
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            drawn: AtomicU64::new(0),
        }
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, bytes: &mut [u8]) -> std::io::Result<()> {
        for chunk in bytes.chunks_mut(32) {
            let drawn = self.drawn.fetch_add(1, Ordering::Relaxed);
            let mut hasher = Sha256::new();
            hasher.update(self.seed.to_be_bytes());
            hasher.update(drawn.to_be_bytes());
            chunk.copy_from_slice(&hasher.finalize()[..chunk.len()]);
        }
        Ok(())
    }
}
