//! `abbreviated-option`: an option cut short.

use crate::analysis::Reading;
use crate::diag::{Applicability, Diagnostic, Fix, Severity, Tag};
use crate::dialect::iptables::Use;
use crate::dialect::iptables::extensions::EXTENSIONS;
use crate::eval::Act;
use crate::lint::{Category, Context, lint};
use crate::text::Edit;

lint! {
    /// Finds long options that are not written in full.
    ///
    /// # What it does
    /// Looks for options of extensions of which only the beginning is written, such as `--to` for `--to-
    /// source`.
    ///
    /// # Why it is bad
    /// The abbreviation stops to work when another option with the same beginning is added, and people have to
    /// guess.
    ///
    /// # Example
    /// ```sh
    /// iptables -P FORWARD DROP
    /// iptables -t nat -A POSTROUTING -o ppp0 -j SNAT --to 192.0.2.1
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// iptables -P FORWARD DROP
    /// iptables -t nat -A POSTROUTING -o ppp0 -j SNAT --to-source 192.0.2.1
    /// ```
    pub(super) static LINT = {
        name: "abbreviated-option",
        category: Category::Deprecated,
        severity: Severity::Info,
        fixable: true,
        check: check,
    };
}

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (step, reading) in context.analysis.evaluation.steps.iter().zip(&context.analysis.readings) {
        let (Act::Run(invocation), Some(Reading::Iptables(parsed))) = (&step.act, reading) else { continue };
        for own in &parsed.abbreviated {
            let Some(word) = invocation.arguments.get(own.option) else { continue };
            let Some(short) = word.known().filter(|text| is_short(text, own)) else { continue };
            let full = &own.name;
            let place = context.place(step, word.place);
            let finding = context.finding(place, format!("`{short}` is short for `{full}`"));
            let finding = Diagnostic { tags: vec![Tag::Deprecated], ..finding };
            let written = context.analysis.sources.text(place) == short;
            found.push(if written {
                finding.with_fix(Fix {
                    title: "Write the option in full".to_owned(),
                    applicability: Applicability::Safe,
                    file: place.file,
                    edits: vec![Edit::replace(place.span, full.as_str())],
                })
            } else {
                finding
            });
        }
    }
    found
}

/// Whether the word, with which the option's name begins, is no name of it.
fn is_short(text: &str, own: &Use) -> bool {
    let Some(extension) = &own.extension else { return false };
    let all = EXTENSIONS.iter().filter(|known| known.name == extension);
    let rows = || all.clone().flat_map(|known| known.options);
    let named = rows().any(|row| row.name == text || row.aliases.contains(&text));
    !named
}
