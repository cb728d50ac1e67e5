//! What a tenant may keep of modules and releases, and what they are watched
//! by.

use super::SCRIPT_COMPONENT_BYTES_MAX;

/// Modules of tenants that are kept compiled though nothing that is resident
/// uses them, of some 150 KB each.
pub const COMPILED_MODULES_MAX: usize = 512;
/// All of them together.
pub const COMPILED_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Tenants whose releases are ready to run at once.
pub const RESIDENT_TENANTS_MAX: usize = 10_000;
/// Memory of their modules in MiB, unless the configuration says otherwise;
/// a module that several tenants have counts for each.
pub const RESIDENT_MIB: u64 = 512;
/// Memory of a module that is ready, beside its machine code and its bytes.
pub const READY_MODULE_BYTES: u64 = 16 * 1024;
/// How long a deferred evaluation waits at a time until its tenant's releases
/// are ready, and how long it then stands aside for others.
pub const RELEASE_WAIT_SECONDS: i64 = 5;
/// How often it does so before the tenant's default applies: 20 minutes, in
/// which thousands of modules are compiled.
pub const RELEASE_WAITS_MAX: u32 = 120;
/// Modules of one tenant that may be compiled at once, after a while without.
pub const TENANT_COMPILES_MAX: u32 = 20;
/// How long it takes until a tenant may have one more compiled.
pub const TENANT_COMPILE_SECONDS: i64 = 10;
/// Modules that a tenant may have uploaded.
pub const TENANT_MODULES_MAX: usize = 256;
/// Modules in one release.
pub const RELEASE_MODULES_MAX: usize = 128;
/// Releases of a tenant that are kept; the oldest that nothing points to goes
/// when there is one more.
pub const TENANT_RELEASES_MAX: usize = 1_000;
/// Moves between releases that are remembered.
pub const ROLLOUT_MOVES_MAX: usize = 200;
/// Releases that can be rolled back to, one after the other.
pub const ROLLBACKS_MAX: usize = 50;
/// Releases whose idempotency key is remembered.
pub const RELEASE_KEYS_MAX: usize = 64;
/// What a publisher says of its module.
pub const PACKAGE_MANIFEST_BYTES_MAX: usize = 64 * 1024;
/// The longest file that can be a package: the component in base64, the
/// manifest as escaped text, the key and the signature.
pub const PACKAGE_BYTES_MAX: usize =
    SCRIPT_COMPONENT_BYTES_MAX / 3 * 4 + 2 * PACKAGE_MANIFEST_BYTES_MAX + 4_096;
/// Days after which a grant that nothing used is reported.
pub const GRANT_UNUSED_DAYS: i64 = 30;
/// Length of a release's note.
pub const RELEASE_NOTE_CHARS_MAX: usize = 500;
/// Evaluations among which guardrails count, at least: fewer say little.
pub const GUARDRAIL_WINDOW_MIN: u32 = 20;
/// Evaluations among which guardrails count, at most.
pub const GUARDRAIL_WINDOW_MAX: u32 = 100_000;
/// Failures in a row after which a module is suspended.
pub const BREAKER_FAILURES: u32 = 5;
/// How long a suspended module is left alone before it is tried again.
pub const BREAKER_SECONDS: i64 = 30;
/// Modules of all tenants whose failures are counted at once.
pub const BREAKERS_MAX: usize = 65_536;
/// Decisions of a shadow release that wait to be made or written, for all
/// tenants; what is over it is not made, and counted.
pub const SHADOWS_WAITING_MAX: usize = 256;
