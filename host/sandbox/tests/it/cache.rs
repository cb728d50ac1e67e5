//! Machine code on disk: found again, and never loaded when anything about it
//! is wrong.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    path::Path,
    time::{Duration, SystemTime},
};

use baton_sandbox::{
    ArtefactCache, CacheCounts, Compiled, Compiler, Inspected, Sandbox, Way, run_one_rule,
};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use tempfile::TempDir;

use crate::guest::{HONEST_RULE, declaration, declare, encode, honest_rule, message};

const KEY: [u8; 32] = [7; 32];

/// A cache of its own, and what is compiled with it.
struct Rig {
    folder: TempDir,
    sandbox: Sandbox,
    compiler: Compiler,
}

impl Rig {
    fn new() -> Self {
        Self {
            folder: TempDir::new().unwrap(),
            sandbox: Sandbox::new().unwrap(),
            compiler: Compiler::new(Way::InProcess),
        }
    }

    fn cache(&self) -> ArtefactCache {
        ArtefactCache::open(self.folder.path(), KEY).unwrap()
    }

    /// Compiles, and holds that the result answers as the honest rule does.
    #[track_caller]
    fn compile(&self, module: &Inspected, cache: &ArtefactCache) {
        let compiled = self
            .compiler
            .compile(module.clone(), &self.sandbox, Some(cache))
            .unwrap();
        assert_eq!(answer(&compiled), "hello");
    }

    fn path(&self, module: &Inspected) -> std::path::PathBuf {
        self.cache().path(module.digest(), &self.sandbox)
    }
}

fn answer(compiled: &Compiled) -> String {
    let granted = compiled.inspected().fields().clone();
    let ready = compiled.activate(&granted, &BTreeMap::new()).unwrap();
    let signals = run_one_rule(&ready, &message("hello")).run.answer.unwrap();
    signals[0].reason.to_string()
}

fn honest() -> Inspected {
    Inspected::inspect(honest_rule()).unwrap()
}

/// Much the same as the honest rule: another name, another score.
fn another(name: &str) -> Inspected {
    let core = HONEST_RULE.replace("f64.const 0.5", "f64.const 0.25");
    let bytes = declare(encode(&core, "rule"), &declaration(name, "rule"));
    Inspected::inspect(bytes).unwrap()
}

fn counts(found: u64, missed: u64, removed: u64) -> CacheCounts {
    CacheCounts {
        found,
        missed,
        removed,
        unwritten: 0,
    }
}

#[test]
fn what_was_compiled_once_is_found_after_a_restart() {
    let rig = Rig::new();
    let cache = rig.cache();
    rig.compile(&honest(), &cache);
    rig.compile(&honest(), &cache);
    assert_eq!(cache.counts(), counts(1, 1, 0));
    let cache = rig.cache();
    rig.compile(&honest(), &cache);
    assert_eq!(cache.counts(), counts(1, 0, 0));
}

/// Spoils the file of the honest rule, and sees it replaced.
fn check_rebuilt(spoil: impl FnOnce(&Rig, &Path)) {
    let rig = Rig::new();
    rig.compile(&honest(), &rig.cache());
    let path = rig.path(&honest());
    let right = fs::read(&path).unwrap();
    spoil(&rig, &path);
    assert!(fs::read(&path).unwrap() != right, "nothing was spoilt");
    let cache = rig.cache();
    rig.compile(&honest(), &cache);
    assert_eq!(cache.counts(), counts(0, 0, 1), "it was loaded");
    rig.compile(&honest(), &cache);
    assert_eq!(cache.counts(), counts(1, 0, 1), "it was not made anew");
}

#[test]
fn a_poisoned_file_is_never_loaded() {
    for at in [0, 31, 32, 100, 5_000] {
        check_rebuilt(|_, path| {
            let mut bytes = fs::read(path).unwrap();
            bytes[at] ^= 1;
            fs::write(path, bytes).unwrap();
        });
    }
}

#[test]
fn a_truncated_file_is_never_loaded() {
    for length in [0, 1, 32, 33, 4_096] {
        check_rebuilt(|_, path| {
            let bytes = fs::read(path).unwrap();
            fs::write(path, &bytes[..length]).unwrap();
        });
    }
    check_rebuilt(|_, path| {
        let mut bytes = fs::read(path).unwrap();
        bytes.push(0);
        fs::write(path, bytes).unwrap();
    });
}

#[test]
fn a_foreign_file_is_never_loaded() {
    // Another module's, authentic but for its name.
    check_rebuilt(|rig, path| {
        rig.compile(&another("other"), &rig.cache());
        fs::copy(rig.path(&another("other")), path).unwrap();
    });
    // Another host's.
    check_rebuilt(|rig, path| {
        fs::remove_file(path).unwrap();
        let theirs = ArtefactCache::open(rig.folder.path(), [8; 32]).unwrap();
        rig.compile(&honest(), &theirs);
    });
}

#[test]
fn machine_code_of_another_engine_is_never_loaded() {
    check_rebuilt(|_, path| {
        // Authentic in every way, and yet not what this engine takes.
        let engine = wasmtime::Engine::default();
        let stale = engine.precompile_component(&honest_rule()).unwrap();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let name: Vec<u8> = (0..name.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&name[at..at + 2], 16).unwrap())
            .collect();
        let mut mac = Hmac::<Sha256>::new_from_slice(&KEY).unwrap();
        mac.update(&name);
        mac.update(&stale);
        let mut bytes = mac.finalize().into_bytes().to_vec();
        bytes.extend(stale);
        fs::write(path, bytes).unwrap();
    });
}

#[test]
fn what_was_not_used_for_longest_goes_first() {
    let rig = Rig::new();
    let modules = ["a", "b", "c"].map(another);
    rig.compile(&modules[0], &rig.cache());
    let size = fs::metadata(rig.path(&modules[0])).unwrap().len();
    let room_for_two = size * 5 / 2;
    let cache = ArtefactCache::open_with(rig.folder.path().into(), KEY, room_for_two).unwrap();
    rig.compile(&modules[1], &cache);
    // As if both were old, the first one older, and used again since.
    for (module, days) in [(&modules[0], 1), (&modules[1], 2)] {
        let then = SystemTime::UNIX_EPOCH + Duration::from_secs(86_400 * days);
        let file = File::options().write(true).open(rig.path(module)).unwrap();
        file.set_modified(then).unwrap();
    }
    rig.compile(&modules[0], &cache);
    rig.compile(&modules[2], &cache);
    let kept = modules.each_ref().map(|it| rig.path(it).exists());
    assert_eq!(kept, [true, false, true]);
    assert_eq!(cache.counts().unwritten, 0);
}

#[test]
fn what_a_killed_host_left_is_swept_away_and_a_full_disk_costs_nothing() {
    let rig = Rig::new();
    let left = rig.folder.path().join("4711-1.unfinished");
    fs::write(&left, "half of it").unwrap();
    let cache = rig.cache();
    assert!(!left.exists());
    // Nothing can be written where its folder was.
    fs::remove_dir_all(rig.folder.path()).unwrap();
    rig.compile(&honest(), &cache);
    assert_eq!(cache.counts().unwritten, 1);
}

#[test]
fn a_folder_that_cannot_be_is_refused() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let refused = ArtefactCache::open(file.join("cache"), KEY).unwrap_err();
    assert!(
        refused
            .to_string()
            .contains("cannot keep compiled modules in")
    );
}
