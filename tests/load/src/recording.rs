//! The rows that a real host writes, kept to be written again without it.
//!
//! A file of them is a list of events; each is a count of rows, and each row is
//! the length of its key, the length of its value (`u32::MAX` when the row is
//! removed), key and value. Lengths are little-endian `u32`.

use std::{
    collections::HashMap,
    fs::File,
    io::{BufReader, BufWriter, Read, Write},
    path::Path,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use baton_store::{Observer, Synced};

/// A row: its key, and its value unless it is removed.
pub type Row = (Vec<u8>, Option<Vec<u8>>);

const REMOVED: u32 = u32::MAX;

/// Rows of one event, each with whether its key must be fresh each time.
pub struct Share {
    /// The rows.
    pub rows: Vec<(Row, bool)>,
}

#[derive(Default)]
struct Batch {
    changes: usize,
    rows: Vec<Row>,
}

/// Keeps what the store writes.
#[derive(Default)]
pub struct Recorder {
    batches: Mutex<Vec<Batch>>,
    is_recording: AtomicBool,
}

impl Recorder {
    /// Records from now on.
    pub fn start(&self) {
        self.is_recording.store(true, Ordering::Relaxed);
    }

    /// Writes what was recorded: the rows of each batch in order, shared out
    /// evenly among the commits that it merged.
    pub fn write(&self, path: &Path) -> std::io::Result<()> {
        let batches = self.batches.lock().unwrap_or_else(PoisonError::into_inner);
        let mut file = BufWriter::new(File::create(path)?);
        for batch in batches.iter().filter(|it| !it.rows.is_empty()) {
            let mut rows = batch.rows.as_slice();
            for left in (1..=batch.changes.max(1)).rev() {
                let (share, others) = rows.split_at(rows.len().div_ceil(left));
                rows = others;
                put_number(&mut file, share.len())?;
                for (key, value) in share {
                    put_number(&mut file, key.len())?;
                    match value {
                        Some(value) => put_number(&mut file, value.len())?,
                        None => file.write_all(&REMOVED.to_le_bytes())?,
                    }
                    file.write_all(key)?;
                    file.write_all(value.as_deref().unwrap_or_default())?;
                }
            }
        }
        file.flush()
    }
}

impl Observer for Recorder {
    fn synced(&self, batch: &Synced) {
        if self.is_recording.load(Ordering::Relaxed) {
            let (changes, rows) = (batch.changes, Vec::new());
            self.batches
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(Batch { changes, rows });
        }
    }

    fn wrote(&self, key: &[u8], value: Option<&[u8]>) {
        let row = (key.to_vec(), value.map(<[u8]>::to_vec));
        let mut batches = self.batches.lock().unwrap_or_else(PoisonError::into_inner);
        // Before the first batch was announced, nothing is recorded.
        if let Some(batch) = batches.last_mut() {
            batch.rows.push(row);
        }
    }
}

fn put_number(file: &mut impl Write, number: usize) -> std::io::Result<()> {
    let number = u32::try_from(number).map_err(std::io::Error::other)?;
    file.write_all(&number.to_le_bytes())
}

fn number(file: &mut impl Read) -> std::io::Result<u32> {
    let mut bytes = [0; 4];
    file.read_exact(&mut bytes)?;
    Ok(u32::from_le_bytes(bytes))
}

fn bytes(file: &mut impl Read, length: u32) -> std::io::Result<Vec<u8>> {
    let mut bytes = vec![0; length as usize];
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// Reads what [`Recorder::write`] wrote. A key that was written once and stays
/// (an event, an identity) must be fresh each time it is written again; one
/// that was written several times (the head of a customer's log, work that
/// comes and goes) is the same each time.
pub fn read(path: &Path) -> std::io::Result<Vec<Share>> {
    let mut file = BufReader::new(File::open(path)?);
    let mut left = file.get_ref().metadata()?.len();
    let mut shares: Vec<Share> = Vec::new();
    while left > 0 {
        let count = number(&mut file)?;
        left -= 4;
        let mut rows = Vec::with_capacity(count as usize);
        for _ in 0..count {
            let (key, value) = (number(&mut file)?, number(&mut file)?);
            left -= 8 + u64::from(key);
            let key = bytes(&mut file, key)?;
            let value = match value {
                REMOVED => None,
                length => {
                    left -= u64::from(length);
                    Some(bytes(&mut file, length)?)
                }
            };
            rows.push(((key, value), false));
        }
        shares.push(Share { rows });
    }
    let mut times: HashMap<Vec<u8>, usize> = HashMap::new();
    for ((key, _), _) in shares.iter().flat_map(|it| &it.rows) {
        *times.entry(key.clone()).or_default() += 1;
    }
    for ((key, value), is_fresh) in shares.iter_mut().flat_map(|it| &mut it.rows) {
        *is_fresh = value.is_some() && times[key] == 1;
    }
    Ok(shares)
}

/// A key that was never written before: `key` in its `pass`th use. The eighth
/// byte from the end is the highest of the place in a log, or one of a hash, so
/// that the key stays beside its neighbours.
pub fn fresh(key: &[u8], pass: usize) -> Vec<u8> {
    let mut key = key.to_vec();
    if let Some(at) = key.len().checked_sub(8) {
        key[at] = key[at].wrapping_add((pass % 256) as u8);
    }
    key
}

/// Rows and bytes of an event, on average.
pub fn describe(path: &Path) -> std::io::Result<String> {
    let shares = read(path)?;
    let events = shares.len().max(1) as f64;
    let rows = shares.iter().map(|it| it.rows.len()).sum::<usize>() as f64;
    let size = |((key, value), _): &(Row, bool)| key.len() + value.as_ref().map_or(0, Vec::len);
    let bytes = shares
        .iter()
        .flat_map(|it| &it.rows)
        .map(size)
        .sum::<usize>() as f64;
    Ok(format!(
        "{:.1} rows and {:.0} bytes an event (of {events} events)",
        rows / events,
        bytes / events
    ))
}
