//! From the paths that the user names to files.
//!
//! A file that is named is read in any case. In a directory only firewall scripts and save files are,
//! and nothing that a `.gitignore` there leaves out.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use ignore::WalkBuilder;

use crate::report::Failure;

/// So much of a file says what it is.
const HEAD: u64 = 64 * 1024;

/// The programs that make a script a firewall script.
const PROGRAMS: [&str; 3] = ["iptables", "ip6tables", "ipchains"];

/// Endings of names that shell scripts and save files have.
const ENDINGS: [&str; 9] = ["sh", "bash", "rules", "save", "v4", "v6", "fw", "iptables", "ipchains"];

/// The files that `path` stands for, in the order of their names.
pub(super) fn files(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    if !path.is_dir() {
        return Ok(vec![path.to_path_buf()]);
    }
    let failed =
        |error: ignore::Error| Failure { path: Some(path.to_string_lossy().into_owned()), message: error.to_string() };
    let mut builder = WalkBuilder::new(path);
    let mut found = Vec::new();
    // A directory is the same whether it was cloned or copied.
    builder.require_git(false).hidden(true).sort_by_file_path(Path::cmp);
    for entry in builder.build() {
        let entry = entry.map_err(failed)?;
        if entry.file_type().is_some_and(|kind| kind.is_file()) && is_firewall(entry.path()) {
            found.push(entry.into_path());
        }
    }
    Ok(found)
}

/// Whether the file is a script or save file of ours, by its name and its beginning.
fn is_firewall(path: &Path) -> bool {
    let mut head = Vec::new();
    let read = File::open(path).and_then(|file| file.take(HEAD).read_to_end(&mut head));
    if read.is_err() || head.contains(&0) {
        return false;
    }
    let text = String::from_utf8_lossy(&head);
    let saved = text.lines().map(str::trim_end).any(|line| {
        ["*filter", "*nat", "*mangle", "*raw", "*security"].contains(&line)
            || line.starts_with(":input ")
            || line.starts_with(":forward ")
    });
    let shebang = text.lines().next().is_some_and(|line| line.starts_with("#!") && line.contains("sh"));
    let ending = path.extension().and_then(|ending| ending.to_str()).is_some_and(|ending| ENDINGS.contains(&ending));
    saved || (shebang || ending) && PROGRAMS.iter().any(|program| text.contains(program))
}
