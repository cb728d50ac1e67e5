//! What modules are, declare, read and answer.

mod declaration;
mod run;
mod settings;

pub use declaration::{
    DECLARATION_SECTION, Declaration, DeclaredSetting, InvalidDeclaration, World,
};
pub use run::{FieldSource, ModuleFailure, ModuleRun, Read, Reads};
pub use settings::{SettingSchema, SettingType, SettingValue, Settings};
