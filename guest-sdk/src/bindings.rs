//! What wit-bindgen makes of `wit/v1`: record types, one import a field, and
//! the macros that export a module's function.
//!
//! Both worlds share the imports of the first, so that a field has one
//! function and a record one type, whichever world a module implements.

#![allow(
    unsafe_code,
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    clippy::all,
    clippy::uninlined_format_args,
    reason = "generated code: it crosses the component boundary through raw memory"
)]

pub mod rule {
    wit_bindgen::generate!({
        path: "../wit/v1",
        world: "rule",
        pub_export_macro: true,
        export_macro_name: "export_rule",
        default_bindings_module: "baton_guest::bindings::rule",
        additional_derives: [PartialEq],
        generate_unused_types: true,
        disable_run_ctors_once_workaround: true,
    });
}

pub mod policy {
    wit_bindgen::generate!({
        path: "../wit/v1",
        world: "policy",
        pub_export_macro: true,
        export_macro_name: "export_policy",
        default_bindings_module: "baton_guest::bindings::policy",
        disable_run_ctors_once_workaround: true,
        with: {
            "baton:rules/types@1.1.0": crate::bindings::rule::baton::rules::types,
            "baton:rules/occasion@1.1.0": crate::bindings::rule::baton::rules::occasion,
            "baton:rules/message@1.1.0": crate::bindings::rule::baton::rules::message,
            "baton:rules/conversation@1.1.0": crate::bindings::rule::baton::rules::conversation,
            "baton:rules/basket@1.1.0": crate::bindings::rule::baton::rules::basket,
            "baton:rules/payment@1.1.0": crate::bindings::rule::baton::rules::payment,
            "baton:rules/order@1.1.0": crate::bindings::rule::baton::rules::order,
            "baton:rules/customer@1.1.0": crate::bindings::rule::baton::rules::customer,
            "baton:rules/delivery@1.1.0": crate::bindings::rule::baton::rules::delivery,
            "baton:rules/booking@1.1.0": crate::bindings::rule::baton::rules::booking,
            "baton:rules/settings@1.1.0": crate::bindings::rule::baton::rules::settings,
        },
    });
}
