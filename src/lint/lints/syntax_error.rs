//! `syntax-error`: what has no proper form.

use crate::diag::{Diagnostic, Severity};
use crate::lint::{Category, Context, framing, lint};

lint! {
    /// Finds text that the shell, or the program that restores a save file, cannot read.
    ///
    /// # What it does
    /// Reports quotes that are never closed, `if` without `fi`, words that close nothing, lines
    /// of a save file that mean nothing or stand in no table, and tables without `COMMIT`.
    ///
    /// # Why it is bad
    /// The shell stops at such a place, often after it has run half of the script: the firewall
    /// is then flushed but not loaded. A save file with such a line is not loaded at all.
    ///
    /// # Example
    /// ```sh
    /// if [ -f /etc/blocked ]; then
    ///   echo "blocking"
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// if [ -f /etc/blocked ]; then
    ///   echo "blocking"
    /// fi
    /// ```
    pub(super) static LINT = {
        name: "syntax-error",
        category: Category::Syntax,
        severity: Severity::Error,
        fixable: true,
        check: check,
    };
}

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    context.problems().into_iter().chain(framing::check(context.analysis)).collect()
}
