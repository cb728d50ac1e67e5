//! Which guests a cargo workspace has.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::{Error, cargo};

/// A cargo workspace with guest crates.
#[derive(Debug)]
pub struct Workspace {
    root: PathBuf,
    guests: Vec<Guest>,
}

/// A crate of a workspace that builds to a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guest {
    /// Name of the crate; must be the name in its declaration.
    pub name: String,
    /// Folder of the crate.
    pub folder: PathBuf,
    /// Name of the library target: the file that cargo makes.
    pub(crate) target: String,
    /// Crates it depends on by path, such as a checkout of the SDK.
    pub(crate) neighbours: Vec<Neighbour>,
}

/// A crate in a folder of its own.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Neighbour {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
}

/// Where guests land, under the root of a workspace.
pub(crate) fn guests_dir(root: &Path) -> PathBuf {
    root.join("target/guests")
}

impl Workspace {
    /// The workspace that `folder` lies in.
    ///
    /// # Errors
    /// [`Error::NoWorkspace`] and what starting cargo may cause.
    pub fn of(folder: &Path) -> Result<Self, Error> {
        let metadata: Metadata =
            serde_json::from_slice(&cargo::metadata(folder)?).map_err(Error::CargoOutput)?;
        let guests = metadata
            .packages
            .into_iter()
            .filter_map(Package::guest)
            .collect();
        Ok(Self {
            root: metadata.workspace_root,
            guests,
        })
    }

    /// Its root folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where its guests land.
    pub fn guests_dir(&self) -> PathBuf {
        guests_dir(&self.root)
    }

    /// All its guests.
    pub fn guests(&self) -> &[Guest] {
        &self.guests
    }

    /// The guest of this name.
    ///
    /// # Errors
    /// [`Error::NoGuest`].
    pub fn guest(&self, name: &str) -> Result<Guest, Error> {
        let found = self.guests.iter().find(|guest| guest.name == name);
        found.cloned().ok_or_else(|| self.no_guest(name))
    }

    /// All guests in `folder`, relative to the root or absolute.
    ///
    /// # Errors
    /// [`Error::NoGuest`] when there are none.
    pub fn guests_in(&self, folder: impl AsRef<Path>) -> Result<Vec<Guest>, Error> {
        let folder = self.root.join(folder.as_ref());
        let inside = |guest: &&Guest| guest.folder.starts_with(&folder);
        let guests: Vec<_> = self.guests.iter().filter(inside).cloned().collect();
        if guests.is_empty() {
            return Err(self.no_guest(&folder.display().to_string()));
        }
        Ok(guests)
    }

    fn no_guest(&self, name: &str) -> Error {
        let known: Vec<_> = self
            .guests
            .iter()
            .map(|guest| guest.name.as_str())
            .collect();
        Error::NoGuest {
            name: name.to_owned(),
            known: known.join(", "),
        }
    }

    #[cfg(test)]
    fn for_test(root: &str, guests: &[(&str, &str)]) -> Self {
        let guest = |(name, folder): &(&str, &str)| Guest {
            name: (*name).into(),
            folder: folder.into(),
            target: name.replace('-', "_"),
            neighbours: Vec::new(),
        };
        Self {
            root: root.into(),
            guests: guests.iter().map(guest).collect(),
        }
    }
}

/// The part of `cargo metadata` that matters.
#[derive(Deserialize)]
struct Metadata {
    workspace_root: PathBuf,
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    manifest_path: PathBuf,
    targets: Vec<Target>,
    #[serde(default)]
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    crate_types: Vec<String>,
}

/// Has a path only where it was given by one.
#[derive(Deserialize)]
struct Dependency {
    name: String,
    path: Option<PathBuf>,
}

impl Package {
    fn guest(self) -> Option<Guest> {
        let library = |target: &Target| target.crate_types.iter().any(|kind| kind == "cdylib");
        let target = self
            .targets
            .into_iter()
            .find(library)?
            .name
            .replace('-', "_");
        let folder = self.manifest_path.parent()?.to_owned();
        let near = |Dependency { name, path }| Some(Neighbour { name, path: path? });
        let neighbours = self.dependencies.into_iter().filter_map(near).collect();
        Some(Guest {
            name: self.name,
            folder,
            target,
            neighbours,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guests_are_found_by_name_and_folder() {
        let workspace = Workspace::for_test("/w", &[("a", "/w/rules/a"), ("b", "/w/more/b")]);
        assert_eq!(workspace.guest("b").unwrap().folder, Path::new("/w/more/b"));
        let names = |folder: &str| {
            workspace
                .guests_in(folder)
                .map(|guests| guests.len())
                .map_err(|e| e.to_string())
        };
        assert_eq!(names("rules"), Ok(1));
        assert_eq!(names("/w"), Ok(2));
        assert!(names("rule").unwrap_err().contains("it has: a, b"));
        assert!(workspace.guest("c").is_err());
    }

    #[test]
    fn only_crates_with_a_cdylib_are_guests() {
        let package = |kinds: &str| {
            let json = format!(
                r#"{{"name":"my-rule","manifest_path":"/w/my/Cargo.toml","targets":[
                    {{"name":"my-rule","crate_types":{kinds}}}]}}"#
            );
            serde_json::from_str::<Package>(&json).unwrap().guest()
        };
        assert_eq!(package(r#"["lib"]"#), None);
        let guest = package(r#"["cdylib","rlib"]"#).unwrap();
        assert_eq!(
            (guest.name.as_str(), guest.target.as_str()),
            ("my-rule", "my_rule")
        );
    }
}
