//! Replacing a file in one step, with the old one kept beside it on demand.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// Puts `bytes` in the place of the file at `path`, which is kept with `suffix` behind its name where there is one.
///
/// A symbolic link is followed: the file that it leads to is replaced. Mode and owner stay. The new
/// file is written beside the old one and takes its name only when it is complete.
pub(super) fn replace(path: &Path, bytes: &[u8], suffix: Option<&str>) -> Result<(), String> {
    let failed = |path: &Path, error: std::io::Error| format!("{}: {error}", path.display());
    let real = fs::canonicalize(path).map_err(|error| failed(path, error))?;
    let metadata = fs::metadata(&real).map_err(|error| failed(&real, error))?;
    let directory = real.parent().unwrap_or(Path::new("/"));
    let mut file = NamedTempFile::new_in(directory).map_err(|error| failed(directory, error))?;
    file.write_all(bytes).and_then(|()| file.as_file().sync_all()).map_err(|error| failed(&real, error))?;
    // Only root may give a file away; whoever else owns the old file owns the new one too.
    let _ = chown(file.path(), Some(metadata.uid()), Some(metadata.gid()));
    fs::set_permissions(file.path(), metadata.permissions()).map_err(|error| failed(&real, error))?;
    if let Some(suffix) = suffix {
        keep(&real, suffix).map_err(|error| failed(&real, error))?;
    }
    file.persist(&real).map_err(|error| failed(&real, error.error))?;
    Ok(())
}

/// Keeps the old file under another name; the original is there at every moment.
fn keep(path: &Path, suffix: &str) -> std::io::Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    let backup = PathBuf::from(name);
    if backup.exists() {
        let message = format!("the backup {} is already there", backup.display());
        return Err(std::io::Error::new(std::io::ErrorKind::AlreadyExists, message));
    }
    fs::hard_link(path, &backup).or_else(|_| fs::copy(path, &backup).map(|_| ()))
}
