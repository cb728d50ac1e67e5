//! Packages: a module that travels as one file, with what its publisher says
//! of it, signed.
//!
//! The file is JSON: the manifest as the text that was signed, the component in
//! base64, the publisher's key and the signature (ed25519, RFC 8032) over
//!
//! ```text
//! "baton package 1\n"  SHA-256 of the component  the manifest's text
//! ```
//!
//! What a module declares (signals, tags, next steps, settings) travels inside
//! the component; the manifest adds who made it and why it reads what it reads.
//! Nothing of it is trusted before [`Package::open`] has checked all of it.

mod key;

use std::{collections::BTreeMap, sync::Arc};

use base64::{Engine, prelude::BASE64_STANDARD};
use baton_domain::{
    field::Field,
    ids::{ModuleDigest, ModuleName},
    limits::SHORT_TEXT_CHARS_MAX,
};
use baton_sandbox::{Inspected, Rejection};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub use key::{PublisherKey, SigningKey, UnusableKey};

/// What stands before what is signed, so that a signature is of nothing else.
const SIGNED_AS: &[u8] = b"baton package 1\n";
/// The version of the file's form.
const FORM: u32 = 1;

/// What a publisher says of its module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The module's name, as it declares it.
    pub name: ModuleName,
    /// What the publisher calls itself.
    pub publisher: Arc<str>,
    /// The package's version, as the publisher counts.
    pub version: Arc<str>,
    /// Every field that the module reads, and why.
    pub reads: BTreeMap<Field, Arc<str>>,
    /// SHA-256 of the component; set when the package is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<ModuleDigest>,
}

/// The file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    baton_package: u32,
    manifest: String,
    component: String,
    key: PublisherKey,
    signature: String,
}

/// A package of which everything was checked.
#[derive(Debug, Clone)]
pub struct Package {
    /// What its publisher says.
    pub manifest: Manifest,
    /// Whose signature it bears.
    pub key: PublisherKey,
    /// The module.
    pub module: Inspected,
}

/// Why a file is no package, or cannot become one.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    /// The bytes are not in the form of a package.
    #[error("this is no package: {0}")]
    Unreadable(String),
    /// A newer Baton made it.
    #[error("a newer Baton made this package (its form is {0}, this one reads {FORM})")]
    Newer(u32),
    /// The signature is of something else, or of somebody else.
    #[error("the signature does not hold: the package was changed after it was signed")]
    Signature,
    /// The manifest tells of another module.
    #[error("the manifest says {what} {said}, and the module has {found}")]
    Disagrees {
        /// What it tells.
        what: &'static str,
        /// What the manifest says.
        said: String,
        /// What the module has.
        found: String,
    },
    /// A text of the manifest is empty or too long.
    #[error("{what} has {chars} characters; 1 to {SHORT_TEXT_CHARS_MAX} are allowed")]
    Text {
        /// Which text.
        what: String,
        /// Its length.
        chars: usize,
    },
    /// The module is refused.
    #[error("the module is refused: {0}")]
    Module(#[from] Rejection),
}

impl PackageError {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreadable(_) => "package_unreadable",
            Self::Newer(_) => "package_newer",
            Self::Signature => "package_signature",
            Self::Disagrees { .. } => "package_disagrees",
            Self::Text { .. } => "package_text",
            Self::Module(rejection) => rejection.code(),
        }
    }
}

impl Package {
    /// Reads a package and checks all of it: the signature first, then that the
    /// manifest tells of this module, and that hosts take it.
    ///
    /// # Errors
    /// The first [`PackageError`] found.
    pub fn open(bytes: &[u8]) -> Result<Self, PackageError> {
        let unreadable = |why: String| PackageError::Unreadable(why);
        let file: File =
            serde_json::from_slice(bytes).map_err(|error| unreadable(error.to_string()))?;
        if file.baton_package != FORM {
            return Err(PackageError::Newer(file.baton_package));
        }
        let component = BASE64_STANDARD.decode(&file.component);
        let component = component.map_err(|error| unreadable(format!("its component: {error}")))?;
        let signature = hex::decode(&file.signature);
        let signature = signature.map_err(|error| unreadable(format!("its signature: {error}")))?;
        let signed = signed(&component, &file.manifest);
        if !file.key.verifies(&signed, &signature) {
            return Err(PackageError::Signature);
        }
        let manifest: Manifest = serde_json::from_str(&file.manifest)
            .map_err(|error| unreadable(format!("its manifest: {error}")))?;
        let module = Inspected::inspect(component)?;
        check(&manifest, &module)?;
        Ok(Self {
            manifest,
            key: file.key,
            module,
        })
    }

    /// Makes a package of a component, signed with `key`.
    ///
    /// # Errors
    /// As [`Package::open`]: what is made is what a host takes.
    pub fn make(
        mut manifest: Manifest,
        component: &[u8],
        key: &SigningKey,
    ) -> Result<Vec<u8>, PackageError> {
        let module = Inspected::inspect(component.to_vec())?;
        // What travels is what a host runs.
        let component = module.bytes().clone();
        manifest.digest = Some(module.digest());
        check(&manifest, &module)?;
        let unwritten = |error: serde_json::Error| PackageError::Unreadable(error.to_string());
        let text = serde_json::to_string(&manifest).map_err(unwritten)?;
        let signature = key.sign(&signed(&component, &text));
        let file = File {
            baton_package: FORM,
            component: BASE64_STANDARD.encode(&component),
            manifest: text,
            key: key.public(),
            signature: hex::encode(signature),
        };
        serde_json::to_vec_pretty(&file).map_err(unwritten)
    }
}

fn signed(component: &[u8], manifest: &str) -> Vec<u8> {
    let digest: [u8; 32] = Sha256::digest(component).into();
    [SIGNED_AS, &digest, manifest.as_bytes()].concat()
}

/// The manifest tells of this module and no other.
fn check(manifest: &Manifest, module: &Inspected) -> Result<(), PackageError> {
    let text = |what: &str, text: &str| {
        let chars = text.chars().count();
        let what = what.to_owned();
        let fits = (1..=SHORT_TEXT_CHARS_MAX).contains(&chars);
        fits.then_some(()).ok_or(PackageError::Text { what, chars })
    };
    text("publisher", &manifest.publisher)?;
    text("version", &manifest.version)?;
    for (field, why) in &manifest.reads {
        text(&format!("reads.{field}"), why)?;
    }
    let agrees = |what, said: String, found: String| {
        (said == found)
            .then_some(())
            .ok_or(PackageError::Disagrees { what, said, found })
    };
    let declared = &module.declaration().name;
    agrees("the name", manifest.name.to_string(), declared.to_string())?;
    let said = manifest.digest.map(|it| it.to_string());
    agrees(
        "the digest",
        said.unwrap_or_default(),
        module.digest().to_string(),
    )?;
    let listed = |fields: &mut dyn Iterator<Item = &Field>| {
        let names: Vec<&str> = fields.map(|it| it.name()).collect();
        names.join(", ")
    };
    agrees(
        "it reads",
        listed(&mut manifest.reads.keys()),
        listed(&mut module.fields().iter()),
    )
}
