//! The two macros that make a module: [`rule!`] and [`policy!`].

/// Declares a rule: its name and summary, what it may emit, its settings and
/// the function that scores.
///
/// - Each entry of `signals`, `tags` and `next_steps` becomes a constant
///   ([`SignalName`](crate::SignalName), [`Tag`](crate::Tag),
///   [`NextStep`](crate::NextStep)), and nothing else makes such a value: what
///   is not declared does not compile.
/// - Each setting becomes a function in the module `setting`, typed
///   `boolean` (`bool`), `integer` (`i64`), `decimal` (`f64`), `text`
///   (`String`) or `texts` (`Vec<String>`). Its doc comment is what the
///   merchant reads; its name has dashes for underscores. Words of JSON Schema
///   behind the type say which values it takes, as in
///   `orders: integer(minimum: 1, maximum: 9) = 2` and
///   `tone: text(enum: ["warm", "formal"]) = "warm"`: `minimum`, `maximum`,
///   `enum`, `minLength`, `maxLength`, `minItems` and `maxItems`.
/// - `score` is a function that returns an `Option`, a `Vec` or anything else
///   that yields [`Signal`](crate::Signal)s, at most 8.
/// - `arena_kib`, optional and before `score`, sets the size of the [arena](crate::arena).
///
/// The type `Module` stands for the rule in tests. See the [crate](crate)
/// for a complete example.
#[macro_export]
macro_rules! rule {
    (
        name: $name:literal,
        summary: $summary:literal,
        $(signals: { $($signals:tt)* },)?
        $(tags: { $($tags:tt)* },)?
        $(next_steps: { $($steps:tt)* },)?
        $(settings: { $($settings:tt)* },)?
        $(arena_kib: $arena_kib:expr,)?
        score: $score:path $(,)?
    ) => {
        $crate::__module! {
            "rule", $name, $summary,
            { $($($signals)*)? } { $($($tags)*)? } { $($($steps)*)? } { $($($settings)*)? }
        }

        impl $crate::Rule for Module {
            const DECLARATION: $crate::declare::Declaration = DECLARATION;

            fn score() -> ::std::vec::Vec<$crate::Signal> {
                ::std::iter::IntoIterator::into_iter($score()).collect()
            }
        }

        $crate::__guest! { rule, export_rule, $($arena_kib)? }

        #[cfg(target_arch = "wasm32")]
        impl $crate::bindings::rule::Guest for Module {
            fn score() -> ::std::vec::Vec<$crate::bindings::rule::Signal> {
                let signals = <Module as $crate::Rule>::score();
                signals.into_iter().map(::std::convert::Into::into).collect()
            }
        }
    };
}

/// Declares a policy, as [`rule!`] does a rule. `decide` is a function from a
/// `Vec` of [`ScoredSignal`](crate::ScoredSignal)s to a
/// [`Decision`](crate::Decision).
#[macro_export]
macro_rules! policy {
    (
        name: $name:literal,
        summary: $summary:literal,
        $(tags: { $($tags:tt)* },)?
        $(next_steps: { $($steps:tt)* },)?
        $(settings: { $($settings:tt)* },)?
        $(arena_kib: $arena_kib:expr,)?
        decide: $decide:path $(,)?
    ) => {
        $crate::__module! {
            "policy", $name, $summary,
            {} { $($($tags)*)? } { $($($steps)*)? } { $($($settings)*)? }
        }

        impl $crate::Policy for Module {
            const DECLARATION: $crate::declare::Declaration = DECLARATION;

            fn decide(signals: ::std::vec::Vec<$crate::ScoredSignal>) -> $crate::Decision {
                $decide(signals)
            }
        }

        $crate::__guest! { policy, export_policy, $($arena_kib)? }

        #[cfg(target_arch = "wasm32")]
        impl $crate::bindings::policy::Guest for Module {
            fn decide(
                signals: ::std::vec::Vec<$crate::bindings::policy::ScoredSignal>,
            ) -> $crate::bindings::policy::Decision {
                let signals = signals.into_iter().map(::std::convert::Into::into).collect();
                <Module as $crate::Policy>::decide(signals).into()
            }
        }
    };
}

/// The declaration, its constants and the functions of the settings.
#[doc(hidden)]
#[macro_export]
macro_rules! __module {
    (
        $world:literal, $name:literal, $summary:literal,
        { $($signal:ident = $signal_text:literal),* $(,)? }
        { $($tag:ident = $tag_text:literal),* $(,)? }
        { $($step:ident = $step_text:literal),* $(,)? }
        { $(
            $(#[doc = $help:literal])*
            $setting:ident: $kind:ident $(($($word:ident: $bound:expr),+ $(,)?))? = $default:expr
        ),* $(,)? }
    ) => {
        /// This module, for tests.
        #[derive(Debug, Clone, Copy)]
        pub struct Module;

        const DECLARATION: $crate::declare::Declaration = $crate::declare::Declaration {
            name: $name,
            world: $world,
            summary: $summary,
            signals: &[$($signal_text),*],
            tags: &[$($tag_text),*],
            next_steps: &[$($step_text),*],
            settings: &[$($crate::declare::DeclaredSetting {
                name: setting::names::$setting,
                kind: stringify!($kind),
                default: stringify!($default),
                help: concat!($($help),*),
                schema: &[$($(($crate::__keyword!($word), stringify!($bound))),+)?],
            }),*],
        };

        $(
            #[doc = concat!("The signal `", $signal_text, "`.")]
            pub const $signal: $crate::SignalName = $crate::SignalName::declared($signal_text);
        )*
        $(
            #[doc = concat!("The tag `", $tag_text, "`.")]
            pub const $tag: $crate::Tag = $crate::Tag::declared($tag_text);
        )*
        $(
            #[doc = concat!("The next step `", $step_text, "`.")]
            pub const $step: $crate::NextStep = $crate::NextStep::declared($step_text);
        )*

        /// The values that the merchant set, or the defaults.
        pub mod setting {
            $(
                $(#[doc = $help])*
                pub fn $setting() -> $crate::__setting!(type $kind) {
                    $crate::__setting!(read $kind, names::$setting, $default)
                }
            )*

            #[allow(non_upper_case_globals, reason = "one constant a setting, named as it is")]
            pub(crate) mod names {
                $(
                    pub(crate) const $setting: &str = $crate::declare::text(
                        &const { $crate::declare::kebab::<{ stringify!($setting).len() }>(
                            stringify!($setting),
                        ) },
                    );
                )*
            }
        }
    };
}

/// A word of JSON Schema that a setting may be described by.
#[doc(hidden)]
#[macro_export]
macro_rules! __keyword {
    (minimum) => {
        "minimum"
    };
    (maximum) => {
        "maximum"
    };
    (enum) => {
        "enum"
    };
    (minLength) => {
        "minLength"
    };
    (maxLength) => {
        "maxLength"
    };
    (minItems) => {
        "minItems"
    };
    (maxItems) => {
        "maxItems"
    };
}

/// The Rust type of a setting, and how it is read.
#[doc(hidden)]
#[macro_export]
macro_rules! __setting {
    (type boolean) => { bool };
    (type integer) => { i64 };
    (type decimal) => { f64 };
    (type text) => { ::std::string::String };
    (type texts) => { ::std::vec::Vec<::std::string::String> };
    (read boolean, $name:expr, $default:expr) => {
        $crate::settings::boolean($name).unwrap_or($default)
    };
    (read integer, $name:expr, $default:expr) => {
        $crate::settings::integer($name).unwrap_or($default)
    };
    (read decimal, $name:expr, $default:expr) => {
        $crate::settings::decimal($name).unwrap_or($default)
    };
    (read text, $name:expr, $default:expr) => {
        $crate::settings::text($name).unwrap_or_else(|| ::std::string::String::from($default))
    };
    (read texts, $name:expr, $default:expr) => {
        $crate::settings::texts($name).unwrap_or_else(|| {
            let texts: &[&str] = &$default;
            texts.iter().map(|text| ::std::string::String::from(*text)).collect()
        })
    };
}

/// What only a guest has: allocator, export and declaration. Two rules linked
/// into one native test binary would clash over them.
#[doc(hidden)]
#[macro_export]
macro_rules! __guest {
    ($world:ident, $export:ident, $($arena_kib:expr)?) => {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            const KIB: usize = {
                let kib = $crate::arena::ARENA_KIB;
                $(let kib: usize = { let _ = kib; $arena_kib };)?
                kib
            };

            #[global_allocator]
            static ARENA: $crate::arena::Arena<{ KIB * 1024 }> = $crate::arena::Arena::new();

            #[allow(unsafe_code, reason = "names the custom section that the host reads")]
            #[unsafe(link_section = "baton:declaration")]
            #[used]
            static JSON: [u8; DECLARATION.json_len()] = DECLARATION.json();

            $crate::bindings::$world::$export!(
                Module with_types_in $crate::bindings::$world
            );
        };
    };
}
