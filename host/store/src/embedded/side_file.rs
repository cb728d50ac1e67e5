//! The two small files beside the rows: keys and erasures. What is appended is
//! on the disk when the call returns; what is patched is replaced whole.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

/// A file that grows at its end and is patched rarely.
pub(crate) trait SideFile: Send {
    /// Its length.
    fn length(&self) -> io::Result<u64>;
    /// Fills `bytes` from `offset` on.
    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> io::Result<()>;
    /// Appends and syncs.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// Cuts off a torn tail.
    fn truncate(&mut self, length: u64) -> io::Result<()>;
    /// Writes a copy with `patches` (offset and bytes), syncs it and puts it in
    /// the place of the file, so that either the old one or the new one is
    /// there whole.
    fn patch(&mut self, patches: &[(u64, Vec<u8>)]) -> io::Result<()>;

    /// All of it.
    fn contents(&self) -> io::Result<Vec<u8>> {
        let length = usize::try_from(self.length()?).map_err(io::Error::other)?;
        let mut bytes = vec![0; length];
        self.read_at(0, &mut bytes)?;
        Ok(bytes)
    }
}

/// One on a disk.
pub(crate) struct DiskFile {
    path: PathBuf,
    file: File,
}

/// Makes entries of a directory durable.
pub(crate) fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

impl DiskFile {
    /// Opens the file, or makes it and its entry in the directory durable. A
    /// copy that a crash kept from taking its place is removed.
    pub(crate) fn open(path: PathBuf) -> io::Result<Self> {
        let copy = path.with_extension("new");
        if copy.exists() {
            fs::remove_file(&copy)?;
        }
        let is_new = !path.exists();
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path)?;
        if is_new {
            file.sync_all()?;
            sync_directory(parent(&path))?;
        }
        Ok(Self { path, file })
    }
}

/// One that is looked at and never changed: what would be cut off merely counts
/// as gone.
pub(crate) struct ReadOnlyFile {
    file: File,
    length: u64,
}

impl ReadOnlyFile {
    /// Opens the file, which must be there.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        Ok(Self { file, length })
    }
}

impl SideFile for ReadOnlyFile {
    fn length(&self) -> io::Result<u64> {
        Ok(self.length)
    }

    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> io::Result<()> {
        self.file.read_exact_at(bytes, offset)
    }

    fn append(&mut self, _: &[u8]) -> io::Result<()> {
        Err(io::ErrorKind::ReadOnlyFilesystem.into())
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        self.length = length;
        Ok(())
    }

    fn patch(&mut self, _: &[(u64, Vec<u8>)]) -> io::Result<()> {
        Err(io::ErrorKind::ReadOnlyFilesystem.into())
    }
}

fn parent(path: &Path) -> &Path {
    path.parent()
        .filter(|parent| *parent != Path::new(""))
        .unwrap_or(Path::new("."))
}

impl SideFile for DiskFile {
    fn length(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> io::Result<()> {
        self.file.read_exact_at(bytes, offset)
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.seek(SeekFrom::End(0))?;
        self.file.write_all(bytes)?;
        self.file.sync_all()
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        self.file.set_len(length)?;
        self.file.sync_all()
    }

    fn patch(&mut self, patches: &[(u64, Vec<u8>)]) -> io::Result<()> {
        let beside = self.path.with_extension("new");
        let mut copy = Self::open(beside.clone())?.file;
        self.file.seek(SeekFrom::Start(0))?;
        io::copy(&mut Read::by_ref(&mut self.file), &mut copy)?;
        for (offset, bytes) in patches {
            copy.write_all_at(bytes, *offset)?;
        }
        copy.sync_all()?;
        fs::rename(&beside, &self.path)?;
        sync_directory(parent(&self.path))?;
        self.file = copy;
        Ok(())
    }
}

/// One in memory; clones share it.
#[derive(Clone, Default)]
pub(crate) struct MemoryFile(Arc<Mutex<Vec<u8>>>);

impl MemoryFile {
    fn with<T>(&self, work: impl FnOnce(&mut Vec<u8>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn range(offset: u64, length: usize) -> std::ops::Range<usize> {
    let start = usize::try_from(offset).unwrap_or(usize::MAX);
    start..start.saturating_add(length)
}

impl SideFile for MemoryFile {
    fn length(&self) -> io::Result<u64> {
        Ok(self.with(|all| all.len() as u64))
    }

    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> io::Result<()> {
        self.with(|all| {
            let found = all.get(range(offset, bytes.len()));
            bytes.copy_from_slice(found.ok_or(io::ErrorKind::UnexpectedEof)?);
            Ok(())
        })
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.with(|all| all.extend(bytes));
        Ok(())
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        self.with(|all| all.truncate(range(length, 0).start));
        Ok(())
    }

    fn patch(&mut self, patches: &[(u64, Vec<u8>)]) -> io::Result<()> {
        self.with(|all| {
            for (offset, bytes) in patches {
                let place = all.get_mut(range(*offset, bytes.len()));
                place
                    .ok_or(io::ErrorKind::UnexpectedEof)?
                    .copy_from_slice(bytes);
            }
            Ok(())
        })
    }
}
