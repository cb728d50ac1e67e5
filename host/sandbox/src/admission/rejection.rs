//! Why uploaded bytes are not admitted.

use baton_domain::module::{InvalidDeclaration, World};

use super::inspect::CONTRACT;

/// Why bytes do not become a module. The texts are for the merchant; the
/// [code](Rejection::code) is for programs and never changes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rejection {
    /// The bytes do not begin as WebAssembly does.
    #[error("these bytes are not WebAssembly")]
    NotWasm,
    /// A core module that cannot be made a component.
    #[error("this core module cannot be made a component of `baton:rules`: {0}")]
    CoreModule(String),
    /// Larger than uploads may be.
    #[error("the component has {bytes} bytes; {max} are allowed")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The limit.
        max: usize,
    },
    /// Damaged, or uses WebAssembly features that are off.
    #[error("the component is not valid: {0}")]
    Invalid(String),
    /// It imports something that is no part of the contract, such as WASI.
    #[error("it imports `{import}`, which modules cannot have; only `baton:rules` exists")]
    ForbiddenImport {
        /// What it imports.
        import: String,
    },
    /// It imports a field or setting function that does not exist.
    #[error("it imports `{import}`, which is not a field of the contract")]
    UnknownField {
        /// What it imports.
        import: String,
    },
    /// It imports a known function at another type.
    #[error("it imports `{import}` as `{found}`; the contract says `{expected}`")]
    WrongType {
        /// What it imports.
        import: String,
        /// The type in the contract.
        expected: String,
        /// The type that it imports.
        found: String,
    },
    /// It was built for a version of the contract that this host lacks.
    #[error("it was built for `{import}`; this host has version {newest} of the contract", newest = newest())]
    UnsupportedContract {
        /// What it imports.
        import: String,
    },
    /// It lacks the export of the world that it declares.
    #[error("it declares the world {world:?} but does not export `{export}`")]
    MissingExport {
        /// The declared world.
        world: World,
        /// The function that the world exports.
        export: &'static str,
    },
    /// The export of its world has another type.
    #[error("it exports `{export}` as `{found}`; the contract says `{expected}`")]
    WrongExport {
        /// The function that the world exports.
        export: &'static str,
        /// The type in the contract.
        expected: String,
        /// The type that it exports.
        found: String,
    },
    /// It carries no declaration.
    #[error("it carries no declaration (custom section `baton:declaration`)")]
    MissingDeclaration,
    /// The declaration cannot be read.
    #[error("its declaration cannot be read: {0}")]
    UnreadableDeclaration(String),
    /// The declaration can be read but says something that may not be.
    #[error("its declaration is not valid: {0}")]
    InvalidDeclaration(InvalidDeclaration),
    /// It is made of more than it may be.
    #[error("it has {measured} {what}; {max} are allowed")]
    OverLimit {
        /// What was counted.
        what: &'static str,
        /// How much there is.
        measured: u64,
        /// How much may be.
        max: u64,
    },
    /// Its instances, counted when everything is put together, need more than
    /// the pool has for one module.
    #[error("it needs more than one module may: {0}")]
    TooDemanding(String),
    /// Compiling it takes too long.
    #[error("compiling it takes longer than {seconds_max} s")]
    CompileTooSlow {
        /// How long it may take.
        seconds_max: u64,
    },
    /// Compiling it takes too much memory.
    #[error("compiling it takes more than {bytes_max} bytes of memory")]
    CompileTooLarge {
        /// How much it may take.
        bytes_max: u64,
    },
    /// Too many modules are being compiled: nothing is wrong with this one.
    #[error("too many modules are being compiled")]
    CompilerBusy,
    /// The compiler does not take it.
    #[error("it cannot be compiled: {0}")]
    NotCompiled(String),
}

fn newest() -> String {
    let (major, minor) = CONTRACT;
    format!("{major}.{minor}")
}

impl Rejection {
    /// A stable code for logs, metrics and APIs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotWasm => "not_wasm",
            Self::CoreModule(_) => "core_module",
            Self::TooLarge { .. } => "too_large",
            Self::Invalid(_) => "invalid_component",
            Self::ForbiddenImport { .. } => "forbidden_import",
            Self::UnknownField { .. } => "unknown_field",
            Self::WrongType { .. } => "wrong_type",
            Self::UnsupportedContract { .. } => "unsupported_contract",
            Self::MissingExport { .. } => "missing_export",
            Self::WrongExport { .. } => "wrong_export",
            Self::MissingDeclaration => "missing_declaration",
            Self::UnreadableDeclaration(_) => "unreadable_declaration",
            Self::InvalidDeclaration(_) => "invalid_declaration",
            Self::OverLimit { .. } | Self::TooDemanding(_) => "over_limit",
            Self::CompileTooSlow { .. } => "compile_too_slow",
            Self::CompileTooLarge { .. } => "compile_too_large",
            Self::CompilerBusy => "compiler_busy",
            Self::NotCompiled(_) => "not_compiled",
        }
    }

    /// What its author can do about it.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::NotWasm => "upload the `.wasm` file that the build wrote",
            Self::CoreModule(_) => {
                "build it with the guest SDK, or as a component of `baton:rules`, and upload that"
            }
            Self::TooLarge { .. } => {
                "build for size (`opt-level = \"s\"`, LTO, stripped) and leave out large tables"
            }
            Self::Invalid(_) => {
                "build it again; use no threads, exceptions, garbage collection, 64-bit or \
                 several memories"
            }
            Self::ForbiddenImport { .. } => {
                "build without WASI and without other hosts' functions: a rule has no clock, \
                 files, network or chance"
            }
            Self::UnknownField { .. } | Self::WrongType { .. } => {
                "build it against the contract of this host (`wit/v1`)"
            }
            Self::UnsupportedContract { .. } => {
                "build it against version 1.0 of the contract, or upgrade the host"
            }
            Self::MissingExport { .. } | Self::WrongExport { .. } => {
                "export the function of the declared world as `wit/v1` has it, or declare the \
                 other world"
            }
            Self::MissingDeclaration => {
                "declare it with `baton_guest::rule!` or `baton_guest::policy!`, or add the \
                 section yourself"
            }
            Self::UnreadableDeclaration(_) | Self::InvalidDeclaration(_) => {
                "correct the declaration and build again"
            }
            Self::CompilerBusy => "upload it again in a minute",
            Self::OverLimit { .. }
            | Self::TooDemanding(_)
            | Self::CompileTooSlow { .. }
            | Self::CompileTooLarge { .. } => {
                "make the module smaller, or split it into several rules"
            }
            Self::NotCompiled(_) => {
                "build it with a released compiler; if that changes nothing, ask whoever runs \
                 this host"
            }
        }
    }
}
