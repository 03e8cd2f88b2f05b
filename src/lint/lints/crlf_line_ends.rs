//! `crlf-line-ends`: lines that end as on DOS.

use std::collections::HashSet;

use crate::diag::{Applicability, Diagnostic, Fix, Severity};
use crate::lint::{Category, Context, lint};
use crate::syntax::{Form, Kind};
use crate::text::{Edit, Place, Span};

lint! {
    /// Finds lines that end with a carriage return.
    ///
    /// # What it does
    /// Looks for carriage returns before line feeds, and reports the first one. Those that `iptables-restore`
    /// overlooks, on comments and behind the counters of chains, are none by themselves.
    ///
    /// # Why it is bad
    /// The shell and `iptables-restore` take the carriage return for a part of the last word. A target becomes
    /// one that does not exist, and what was meant to be `#!/bin/sh` is not found.
    ///
    /// # Example
    /// ```sh
    /// iptables -P INPUT DROP␍
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// iptables -P INPUT DROP
    /// ```
    pub(super) static LINT = {
        name: "crlf-line-ends",
        category: Category::Script,
        severity: Severity::Error,
        fixable: true,
        check: check,
    };
}

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let file = context.analysis.file;
    let bytes = context.analysis.sources.get(file).bytes();
    let pairs = bytes.windows(2).enumerate().filter(|(_, pair)| *pair == b"\r\n");
    let ends: Vec<Span> = pairs.map(|(at, _)| Span::new(at, at + 1)).collect();
    let overlooked = overlooked(context);
    let Some(first) = ends.iter().find(|end| !overlooked.contains(&end.end)) else { return Vec::new() };
    let lines = if ends.len() == 1 { "one line ends".to_owned() } else { format!("{} lines end", ends.len()) };
    let finding = context.finding(
        Place::new(file, *first),
        format!("{lines} with a carriage return, which becomes a part of the last word"),
    );
    vec![finding.with_fix(Fix {
        title: "Remove the carriage returns".to_owned(),
        applicability: Applicability::Unsafe,
        file,
        edits: ends.into_iter().map(|span| Edit::replace(span, "")).collect(),
    })]
}

/// The ends of lines at which iptables-restore does not look: those of comments, and those apart from a table's
/// name or a chain's policy.
fn overlooked(context: &Context<'_>) -> HashSet<u32> {
    let Some(tree) = context.analysis.tree().filter(|tree| tree.form == Form::IptablesSave) else {
        return HashSet::new();
    };
    let source = context.analysis.sources.get(context.analysis.file);
    let ends = tree.root().named().filter_map(|line| {
        let seen = match line.kind {
            Kind::Comment => line.span.start,
            Kind::Table => line.child(Kind::TableName)?.span.end + 1,
            Kind::Chain => line.child(Kind::ChainPolicy)?.span.end + 1,
            _ => return None,
        };
        let end = source.line_span(line.span.start).end;
        (seen < end).then_some(end)
    });
    ends.collect()
}
