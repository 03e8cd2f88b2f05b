//! The layers of the library: who may use whom, and that ARCHITECTURE.md says the same.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};

/// The modules from low to high; each uses only those before it.
const LAYERS: [&str; 15] = [
    "text", "logic", "diag", "syntax", "model", "dialect", "eval", "analysis", "print", "packet", "verify", "lint",
    "migrate", "report", "app",
];

/// Modules that stand before another one, but are its siblings: neither uses the other.
const SIBLINGS: [(&str, &str); 5] =
    [("logic", "text"), ("eval", "dialect"), ("print", "analysis"), ("packet", "print"), ("migrate", "lint")];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn level(layer: &str) -> usize {
    LAYERS.iter().position(|known| *known == layer).unwrap_or_else(|| panic!("{layer} is in no layer"))
}

/// All files of the library with the layer that each belongs to.
fn files(directory: &Path, layer: Option<&str>, found: &mut Vec<(String, PathBuf)>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let own = layer.map_or(name, str::to_owned);
        if path.is_dir() {
            files(&path, Some(&own), found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push((own, path));
        }
    }
}

/// The layers that a file names in `crate::` paths, with the lines.
fn uses(text: &str) -> Vec<(usize, String)> {
    let name = |rest: &str| rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect::<String>();
    let line = |(at, line): (usize, &str)| -> Vec<(usize, String)> {
        line.split("crate::").skip(1).map(|rest| (at + 1, name(rest))).collect()
    };
    text.lines().enumerate().flat_map(line).filter(|(_, name)| !name.is_empty()).collect()
}

#[test]
fn every_module_uses_only_lower_layers() {
    let mut found = Vec::new();
    files(&root().join("src"), None, &mut found);
    let mut wrong = Vec::new();
    for (layer, path) in found.iter().filter(|(layer, _)| layer != "lib" && layer != "bin") {
        for (line, used) in uses(&fs::read_to_string(path).unwrap()).iter().filter(|(_, used)| used != layer) {
            let sideways = SIBLINGS.contains(&(layer.as_str(), used.as_str()));
            if level(used) > level(layer) || sideways {
                wrong.push(format!("{}:{line}: {layer} must not use {used}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_crate_lists_its_modules_in_the_order_of_the_layers() {
    let text = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let modules: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    assert_eq!(modules, LAYERS);
}

#[test]
fn the_architecture_lists_the_same_layers() {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let list = text.lines().skip_while(|line| *line != "## Layers").skip(1).take_while(|line| !line.starts_with("## "));
    let rows = list.filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    assert_eq!(rows.collect::<Vec<_>>(), LAYERS);
    assert!(text.lines().count() <= 200);
}
