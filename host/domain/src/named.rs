//! Closed sets of which each member has a name and a label.

/// An enum whose members have a name, as everywhere outside the code, and a
/// label in plain words: with `ALL`, `name`, `label`, `Display`, and `FromStr`,
/// whose error says that there is no such `$what`.
macro_rules! named {
    (
        $(#[$meta:meta])*
        $set:ident, $unknown:ident, $what:literal;
        $($variant:ident $name:literal $label:literal;)*
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $set {
            $(#[doc = $label] $variant,)*
        }

        impl $set {
            /// Every one.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// As everywhere outside the code.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// In plain words.
            pub fn label(self) -> &'static str {
                match self {
                    $(Self::$variant => $label,)*
                }
            }
        }

        #[doc = concat!("There is no ", $what, " of this name.")]
        #[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
        #[error("there is no {what} {0:?}", what = $what)]
        pub struct $unknown(String);

        impl std::str::FromStr for $set {
            type Err = $unknown;
            fn from_str(name: &str) -> Result<Self, $unknown> {
                let found = Self::ALL.iter().copied().find(|it| it.name() == name);
                found.ok_or_else(|| $unknown(name.chars().take(80).collect()))
            }
        }

        impl std::fmt::Display for $set {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}

/// Reads and writes a set by the names of its members.
macro_rules! by_name {
    ($set:ident, $unknown:ident) => {
        impl TryFrom<String> for $set {
            type Error = $unknown;
            fn try_from(name: String) -> Result<Self, $unknown> {
                name.parse()
            }
        }

        impl From<$set> for String {
            fn from(it: $set) -> Self {
                it.name().to_owned()
            }
        }
    };
}

pub(crate) use by_name;
pub(crate) use named;
