//! Names of files.

/// The last part of a path, behind its last `/`: what a program is called, wherever it lies.
pub fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
