//! What uploaded bytes are and what they could ever read, found without
//! compiling or running them.

use std::{collections::BTreeSet, sync::Arc};

use baton_domain::{
    field::Field,
    ids::ModuleDigest,
    module::{Declaration, SettingType, World},
};
use sha2::{Digest, Sha256};
use wasmparser::{
    WasmFeatures,
    component_types::{ComponentAnyTypeId, ComponentEntityType, ComponentInstanceTypeId},
    types::{Types, TypesRef},
};

use super::{
    AdmissionReport, Rejection, Tier,
    census::{self, Census},
    componentise::componentise,
    report::ReadableField,
    validate::validate,
    wit_type,
};

/// The newest version of the contract that this host has, major and minor.
pub(crate) const CONTRACT: (u32, u32) = (1, 1);
/// The contract's package.
const PACKAGE: &str = "baton:rules/";
/// The WebAssembly that modules may use: 2.0, tail calls and extended
/// constants. No threads, 64-bit memories, several memories, relaxed SIMD,
/// exceptions, garbage collection, or async in components.
pub(crate) const FEATURES: WasmFeatures = WasmFeatures::WASM2
    .union(WasmFeatures::TAIL_CALL)
    .union(WasmFeatures::EXTENDED_CONST)
    .union(WasmFeatures::COMPONENT_MODEL)
    .difference(WasmFeatures::GC_TYPES);

/// Bytes that follow the contract, and what they say about themselves. The
/// fields are all that this component can ever read.
#[derive(Debug, Clone)]
pub struct Inspected {
    bytes: Arc<[u8]>,
    digest: ModuleDigest,
    declaration: Arc<Declaration>,
    fields: BTreeSet<Field>,
    settings: Vec<SettingType>,
    /// Of the contract's version.
    minor: u32,
    report: Arc<AdmissionReport>,
}

impl Inspected {
    /// Reads `bytes`: a component of the world `rule` or `policy` that
    /// carries its declaration, or the core module of one, which becomes it.
    ///
    /// # Errors
    /// The first [`Rejection`] found.
    pub fn inspect(bytes: impl Into<Arc<[u8]>>) -> Result<Self, Rejection> {
        let uploaded = bytes.into();
        let census = census::take(&uploaded)?;
        if !census.is_core {
            let digest = digest_of(&uploaded);
            return Self::inspect_component(&uploaded, census, digest);
        }
        let component: Arc<[u8]> = componentise(&uploaded, &census)?.into();
        let census = census::take(&component)?;
        Self::inspect_component(&component, census, digest_of(&uploaded))
    }

    fn inspect_component(
        bytes: &Arc<[u8]>,
        mut census: Census<'_>,
        uploaded: ModuleDigest,
    ) -> Result<Self, Rejection> {
        let types = validate(bytes, &mut census.measures)?;
        let Imports {
            fields,
            settings,
            minor,
        } = Imports::read(&census, types.as_ref())?;
        let declaration = read_declaration(census.declaration)?;
        check_export(&types, declaration.world)?;
        let digest = digest_of(bytes);
        let report = AdmissionReport {
            name: declaration.name.clone(),
            world: declaration.world,
            contract: format!("{}.{minor}", CONTRACT.0),
            digest,
            bytes: bytes.len() as u64,
            uploaded,
            is_componentised: uploaded != digest,
            reads: fields.iter().copied().map(ReadableField::of).collect(),
            settings: settings.clone(),
            exports: census.exports.iter().map(|it| (*it).to_owned()).collect(),
            tier: census.measures.tier(),
            limits: census.measures.list(),
        };
        Ok(Self {
            digest,
            declaration: Arc::new(declaration),
            fields,
            settings,
            minor,
            report: Arc::new(report),
            bytes: Arc::clone(bytes),
        })
    }

    /// SHA-256 of the component.
    pub fn digest(&self) -> ModuleDigest {
        self.digest
    }

    /// What the module declares.
    pub fn declaration(&self) -> &Arc<Declaration> {
        &self.declaration
    }

    /// The world it implements.
    pub fn world(&self) -> World {
        self.declaration.world
    }

    /// The version of the contract that it was built for, major and minor.
    pub fn contract(&self) -> (u32, u32) {
        (CONTRACT.0, self.minor)
    }

    /// Every field that it can ever read.
    pub fn fields(&self) -> &BTreeSet<Field> {
        &self.fields
    }

    /// The types of settings that it asks for.
    pub fn settings(&self) -> &[SettingType] {
        &self.settings
    }

    /// The tier whose limits it needs.
    pub fn tier(&self) -> Tier {
        self.report.tier
    }

    /// What admission found, for people and programs.
    pub fn report(&self) -> &AdmissionReport {
        &self.report
    }

    /// The component.
    pub fn bytes(&self) -> &Arc<[u8]> {
        &self.bytes
    }
}

fn digest_of(bytes: &[u8]) -> ModuleDigest {
    ModuleDigest::new(Sha256::digest(bytes).into())
}

pub(super) fn read_declaration(json: Option<&[u8]>) -> Result<Declaration, Rejection> {
    let json = json.ok_or(Rejection::MissingDeclaration)?;
    let declaration: Declaration = serde_json::from_slice(json)
        .map_err(|error| Rejection::UnreadableDeclaration(error.to_string()))?;
    declaration
        .validate()
        .map_err(Rejection::InvalidDeclaration)?;
    Ok(declaration)
}

/// Other exports are permitted and never called (some toolchains add an
/// `init`).
fn check_export(types: &Types, world: World) -> Result<(), Rejection> {
    let (export, expected) = wit_type::of_world(world);
    let item = types.component_item_for_export(export);
    let Some(ComponentEntityType::Func(id)) = item.map(|item| item.ty) else {
        return Err(Rejection::MissingExport { world, export });
    };
    let found = wit_type::of_function(types.as_ref(), id);
    if found != expected {
        return Err(Rejection::WrongExport {
            export,
            expected,
            found,
        });
    }
    Ok(())
}

#[derive(Default)]
struct Imports {
    fields: BTreeSet<Field>,
    settings: Vec<SettingType>,
    minor: u32,
}

impl Imports {
    fn read(census: &Census<'_>, types: TypesRef<'_>) -> Result<Self, Rejection> {
        let mut imports = Self::default();
        for name in &census.imports {
            let item = types.component_item_for_import(name).map(|item| item.ty);
            match item {
                Some(ComponentEntityType::Instance(instance)) => {
                    imports.read_interface(name, types, instance)?;
                }
                // Types that a world names for its own functions.
                Some(ty) if is_plain_type(ty) => {}
                _ => {
                    return Err(Rejection::ForbiddenImport {
                        import: (*name).to_owned(),
                    });
                }
            }
        }
        Ok(imports)
    }

    fn read_interface(
        &mut self,
        name: &str,
        types: TypesRef<'_>,
        instance: ComponentInstanceTypeId,
    ) -> Result<(), Rejection> {
        let (interface, minor) = contract_interface(name)?;
        self.minor = self.minor.max(minor);
        for (function, item) in &types[instance].exports {
            let import = format!("{name}.{function}");
            match item.ty {
                ComponentEntityType::Func(id) => {
                    let expected = self.note(interface, function, &import)?;
                    let found = wit_type::of_function(types, id);
                    if found != expected {
                        return Err(Rejection::WrongType {
                            import,
                            expected,
                            found,
                        });
                    }
                }
                ty if is_plain_type(ty) => {}
                _ => return Err(Rejection::ForbiddenImport { import }),
            }
        }
        Ok(())
    }

    /// Notes the function as imported; its type in the contract.
    fn note(&mut self, interface: &str, function: &str, import: &str) -> Result<String, Rejection> {
        const SETTINGS: [SettingType; 5] = [
            SettingType::Boolean,
            SettingType::Integer,
            SettingType::Decimal,
            SettingType::Text,
            SettingType::Texts,
        ];
        if interface == "settings" {
            let kind = SETTINGS
                .into_iter()
                .find(|kind| wit_type::of_setting(*kind).0 == function);
            if let Some(kind) = kind {
                if !self.settings.contains(&kind) {
                    self.settings.push(kind);
                }
                return Ok(wit_type::of_setting(kind).1);
            }
        } else if let Ok(field) = format!("{interface}.{function}").parse::<Field>() {
            self.fields.insert(field);
            return Ok(wit_type::of_field(field.shape()));
        }
        Err(Rejection::UnknownField {
            import: import.to_owned(),
        })
    }
}

fn is_plain_type(ty: ComponentEntityType) -> bool {
    matches!(
        ty,
        ComponentEntityType::Type {
            created: ComponentAnyTypeId::Defined(_),
            ..
        }
    )
}

/// The interface's name within the contract, and the minor version that `name`
/// asks for, which is such as `baton:rules/customer@1.0.0`. To the linker all
/// of one major version are the same: functions are only ever added.
fn contract_interface(name: &str) -> Result<(&str, u32), Rejection> {
    let import = || name.to_owned();
    let rest = name
        .strip_prefix(PACKAGE)
        .ok_or_else(|| Rejection::ForbiddenImport { import: import() })?;
    let unsupported = || Rejection::UnsupportedContract { import: import() };
    let (interface, version) = rest.split_once('@').ok_or_else(unsupported)?;
    let numbers: Result<Vec<u32>, _> = version.split('.').map(str::parse).collect();
    let Ok([major, minor, _patch]) = numbers.as_deref() else {
        return Err(unsupported());
    };
    if *major != CONTRACT.0 || *minor > CONTRACT.1 {
        return Err(unsupported());
    }
    let known = interface == "types"
        || interface == "settings"
        || Field::ALL
            .iter()
            .any(|field| field.interface() == interface);
    if known {
        Ok((interface, *minor))
    } else {
        Err(Rejection::UnknownField { import: import() })
    }
}
