//! What the disk itself takes for a sync, in the same run: a durable answer
//! cannot come sooner.

use std::{fs::File, io::Write, path::Path, time::Instant};

/// Bytes appended before each sync.
const BYTES: usize = 4_096;

/// Appends and syncs `times` times in `folder`. Microseconds each, sorted.
pub fn syncs(folder: &Path, times: usize) -> std::io::Result<Vec<u32>> {
    let path = folder.join("syncs");
    let mut file = File::create(&path)?;
    let mut took = Vec::with_capacity(times);
    for _ in 0..times {
        file.write_all(&[7; BYTES])?;
        let begun = Instant::now();
        file.sync_data()?;
        took.push(begun.elapsed().as_micros().min(u128::from(u32::MAX)) as u32);
    }
    std::fs::remove_file(path)?;
    took.sort_unstable();
    Ok(took)
}
