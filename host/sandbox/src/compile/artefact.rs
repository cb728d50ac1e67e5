//! Machine code as bytes. The one place that may run what it is given, so
//! whoever calls it answers for where the bytes come from.

use wasmtime::component::Component;

use crate::engine::Sandbox;

/// Bytes that this host vouches for: its own compiler made them in this
/// process or a child of it, or they carry its key's code of authentication.
///
/// They are read whole and not mapped from their file: whoever could write to
/// that file later would change code that was authenticated before.
pub(super) struct Artefact {
    bytes: Vec<u8>,
    /// Where the machine code begins in them.
    begin: usize,
}

impl Artefact {
    /// Vouches for `bytes`.
    pub(super) fn vouched(bytes: Vec<u8>) -> Self {
        Self::vouched_from(bytes, 0)
    }

    /// Vouches for `bytes` from `begin` on.
    pub(super) fn vouched_from(bytes: Vec<u8>, begin: usize) -> Self {
        Self { bytes, begin }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.get(self.begin..).unwrap_or_default()
    }

    /// The component, if its engine was configured as this one is.
    pub(super) fn load(&self, sandbox: &Sandbox) -> wasmtime::Result<Component> {
        // SAFETY: wasmtime asks for bytes that `precompile_component` made and
        // that nobody changed. An artefact is made of nothing else: see the
        // callers of `vouched`, the child's output and the authenticated cache.
        #[allow(
            unsafe_code,
            reason = "loading machine code is what this module is for"
        )]
        unsafe {
            Component::deserialize(sandbox.engine(), self.bytes())
        }
    }
}
