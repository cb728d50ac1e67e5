//! The import of an export into a folder: made beside it, and put in its place
//! when all of it is there.

use std::{
    fs,
    io::{self, BufRead, Write},
    path::{Path, PathBuf},
};

use super::{SledRows, SledStore, io_error, lock};
use crate::{
    Options,
    embedded::{
        self, Target, erasures::Erasures, keyring, keyring::Keyring, side_file::DiskFile,
        side_file::sync_directory,
    },
    error::StoreError,
    export::{ImportError, Imported},
};

/// Copies of the two files that lie beside the rows and are in no export.
#[derive(Debug, Clone)]
pub struct SmallFiles {
    /// `keys`, copied after the export was made.
    pub keys: PathBuf,
    /// `erasures`, the latest there is: who is on it stays erased.
    pub erasures: PathBuf,
}

impl SledStore {
    /// Makes the store in `folder`, which must not be there or be empty, from an
    /// export. All of it is there afterwards, or nothing. `progress` is told of
    /// the lines read so far.
    ///
    /// # Errors
    /// [`ImportError`].
    pub fn import(
        folder: impl AsRef<Path>,
        files: &SmallFiles,
        options: &Options,
        export: &mut dyn BufRead,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Imported, ImportError> {
        let folder = folder.as_ref();
        refuse_occupied(folder)?;
        let beside = beside(folder);
        let imported = fill(&beside, files, options, export, progress)
            .and_then(|imported| put_in_place(&beside, folder).map(|()| imported));
        if imported.is_err() {
            // What is left of it is cleared away by the next import, too.
            let _ = fs::remove_dir_all(&beside);
        }
        imported
    }
}

fn refuse_occupied(folder: &Path) -> Result<(), ImportError> {
    let is_free = match fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    };
    if is_free {
        return Ok(());
    }
    Err(ImportError::Occupied {
        folder: folder.display().to_string(),
    })
}

/// Where it is made: on the same disk, so that it can be renamed.
fn beside(folder: &Path) -> PathBuf {
    let mut name = folder.file_name().unwrap_or_default().to_owned();
    name.push(".importing");
    folder.with_file_name(name)
}

fn fill(
    beside: &Path,
    files: &SmallFiles,
    options: &Options,
    export: &mut dyn BufRead,
    progress: &mut dyn FnMut(u64),
) -> Result<Imported, ImportError> {
    let doing = io_error("making a folder for the import");
    let rows = beside.join("rows");
    if beside.exists() {
        fs::remove_dir_all(beside).map_err(&doing)?;
    }
    fs::create_dir_all(&rows).map_err(&doing)?;
    let lock = lock(beside)?;
    let keys = copy(&files.keys, &beside.join("keys"), keyring::whole_length)?;
    let erasures = copy(&files.erasures, &beside.join("erasures"), <[u8]>::len)?;
    let keyring = Keyring::open_used(Box::new(keys), options.entropy.clone());
    let target = Target {
        rows: &SledRows::open(&rows, lock)?,
        keyring: keyring.map_err(|error| match error {
            StoreError::Damaged { .. } | StoreError::Erased => ImportError::ForeignKeys,
            error => error.into(),
        })?,
        erasures: Erasures::open(Box::new(erasures))?,
        options,
    };
    embedded::import(target, export, progress)
}

/// Copies a small file, as far as `length` finds it whole.
fn copy(from: &Path, to: &Path, length: fn(&[u8]) -> usize) -> Result<DiskFile, ImportError> {
    let named = |source: io::Error| {
        let place = from.display();
        StoreError::Backend {
            doing: "copying the keys and the list of erasures",
            source: format!("{place}: {source}").into(),
        }
    };
    let contents = fs::read(from).map_err(named)?;
    let copied = DiskFile::open(to.to_owned()).and_then(|file| {
        let whole = &contents[..length(&contents)];
        let mut writing = fs::File::options().write(true).open(to)?;
        writing.write_all(whole).and_then(|()| writing.sync_all())?;
        Ok(file)
    });
    Ok(copied.map_err(named)?)
}

fn put_in_place(beside: &Path, folder: &Path) -> Result<(), ImportError> {
    let parent = match folder.parent() {
        Some(parent) if *parent != *"" => parent,
        _ => Path::new("."),
    };
    let placed = sync_directory(&beside.join("rows"))
        .and_then(|()| sync_directory(beside))
        .and_then(|()| fs::rename(beside, folder))
        .and_then(|()| sync_directory(parent));
    Ok(placed.map_err(io_error("putting the imported store in its place"))?)
}
