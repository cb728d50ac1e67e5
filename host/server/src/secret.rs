//! Fresh secrets, from the operating system.

use std::fmt::Write as _;

/// A secret of 256 random bits, after a prefix that tells what it is.
///
/// # Errors
/// When the operating system has no randomness to give.
pub fn random_secret(prefix: &str) -> Result<String, getrandom::Error> {
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes)?;
    let mut secret = format!("{prefix}_");
    for byte in bytes {
        // Writing to a string cannot fail.
        let _ = write!(secret, "{byte:02x}");
    }
    Ok(secret)
}
