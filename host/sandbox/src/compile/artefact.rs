//! Machine code as bytes. The one place that may run what it is given, so
//! whoever calls it answers for where the bytes come from.

use wasmtime::component::Component;

use crate::engine::Sandbox;

/// Bytes that this host vouches for: its own compiler made them in this
/// process or a child of it, or they carry its key's code of authentication.
pub(super) struct Artefact(Vec<u8>);

impl Artefact {
    /// Vouches for `bytes`.
    pub(super) fn vouched(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
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
            Component::deserialize(sandbox.engine(), &self.0)
        }
    }
}
