//! `broken-continuation`: a backslash that does not continue its line.

use crate::diag::{Applicability, Diagnostic, Fix, Severity};
use crate::lint::{Category, Context, lint};
use crate::text::{Edit, Place, Span};

lint! {
    /// Finds backslashes that blanks keep from continuing the line.
    ///
    /// # What it does
    /// Looks for a backslash at the end of a line with blanks or tabs behind it.
    ///
    /// # Why it is bad
    /// Only a backslash right before the line end continues a line. With a blank in between the
    /// command ends here with an argument that is one blank, and the next line runs as a command
    /// of its own: the rule is refused or matches far more than it should.
    ///
    /// # Example
    /// <!-- a blank follows the backslash -->
    /// ```sh
    #[doc = " echo the rules are being \\ "]
    ///   loaded
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// echo the rules are being \
    ///   loaded
    /// ```
    pub(super) static LINT = {
        name: "broken-continuation",
        category: Category::Script,
        severity: Severity::Error,
        fixable: true,
        check: check,
    };
}

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    context.broken_continuations().iter().map(|place| report(context, *place)).collect()
}

fn report(context: &Context<'_>, place: Place) -> Diagnostic {
    let blanks = Span { start: place.span.start + 1, ..place.span };
    context
        .finding(place, "the blanks behind this backslash keep it from continuing the line")
        .with_help("delete the blanks behind the backslash")
        .with_fix(Fix {
            title: "Delete the blanks behind the backslash".to_owned(),
            // The command becomes another one: the one its author meant.
            applicability: Applicability::Unsafe,
            file: place.file,
            edits: vec![Edit::replace(blanks, "")],
        })
}
