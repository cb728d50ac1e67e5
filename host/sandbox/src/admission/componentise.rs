//! Makes a component of an uploaded core module, if it is one that wants to be:
//! toolchains without components of their own give such modules.

use std::panic;

use baton_guest_build::{ComponentError, componentize};

use super::{Rejection, census::Census};

/// The component of `core`, with its declaration; the same one each time.
/// `census` is what the walk over `core` found, all limits among it.
///
/// # Errors
/// [`Rejection::CoreModule`] with what it lacks, or what is wrong with its
/// declaration.
pub(super) fn componentise(core: &[u8], census: &Census<'_>) -> Result<Vec<u8>, Rejection> {
    if !census.names_world {
        return Err(Rejection::CoreModule(
            "it does not say which world it implements (no `component-type` section)".to_owned(),
        ));
    }
    // The encoder is meant for what compilers write, and asserts that it gets
    // nothing else.
    let encoded = panic::catch_unwind(|| componentize(core));
    let encoded = encoded.map_err(|_| {
        Rejection::CoreModule("its `component-type` section is not what compilers write".to_owned())
    })?;
    encoded.map(|component| component.bytes).map_err(refused)
}

fn refused(error: ComponentError) -> Rejection {
    match error {
        ComponentError::Unreadable(error) => Rejection::Invalid(error.to_string()),
        ComponentError::NoDeclaration => Rejection::MissingDeclaration,
        ComponentError::TwoDeclarations => {
            Rejection::UnreadableDeclaration("there are two of them".to_owned())
        }
        ComponentError::DeclarationUnreadable(error) => {
            Rejection::UnreadableDeclaration(error.to_string())
        }
        ComponentError::DeclarationInvalid(error) => Rejection::InvalidDeclaration(error),
        ComponentError::ForeignImport(import) => Rejection::ForbiddenImport { import },
        ComponentError::NoExport { world, export } => Rejection::MissingExport { world, export },
        ComponentError::Encode(why) => Rejection::CoreModule(why),
        other => Rejection::CoreModule(other.to_string()),
    }
}
