//! `byte-order-mark`: three bytes before the first one.

use crate::diag::{Applicability, Diagnostic, Fix, Severity};
use crate::lint::{Category, Context, lint};
use crate::text::{Edit, Place, Span};

lint! {
    /// Finds a byte order mark at the beginning of a file.
    ///
    /// # What it does
    /// Looks for the bytes EF BB BF, which some editors put before the first line.
    ///
    /// # Why it is bad
    /// The kernel no longer sees `#!`, the shell takes the mark for a part of the first word, and `iptables-
    /// restore` refuses the first line.
    ///
    /// # Example
    /// ```sh
    /// <BOM>iptables -P INPUT DROP
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// iptables -P INPUT DROP
    /// ```
    pub(super) static LINT = {
        name: "byte-order-mark",
        category: Category::Script,
        severity: Severity::Error,
        fixable: true,
        check: check,
    };
}

const MARK: char = '\u{FEFF}';

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let file = context.analysis.file;
    if !context.analysis.sources.get(file).view().starts_with(MARK) {
        return Vec::new();
    }
    let span = Span::new(0, MARK.len_utf8());
    let finding = context.finding(Place::new(file, span), "the file begins with a byte order mark, which is no blank");
    vec![finding.with_fix(Fix {
        title: "Remove the byte order mark".to_owned(),
        applicability: Applicability::Unsafe,
        file,
        edits: vec![Edit::replace(span, "")],
    })]
}
