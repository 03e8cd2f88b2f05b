//! `state-match`: the old name of the connection states.

use crate::diag::{Applicability, Diagnostic, Fix, Severity, Tag};
use crate::eval::Step;
use crate::lint::{Category, Context, lint};
use crate::model::{Dialect, Word};
use crate::text::Edit;

lint! {
    /// Finds `-m state`, which `-m conntrack` has replaced.
    ///
    /// # What it does
    /// Looks for `-m state --state` in commands and save files of iptables.
    ///
    /// # Why it is bad
    /// The kernel keeps the old match only for old scripts, and lists it with the new one's name anyway. Since it
    /// works as it is, the lint is off unless it is asked for.
    ///
    /// # Example
    /// ```sh
    /// iptables -P INPUT DROP
    /// iptables -A INPUT -m state --state ESTABLISHED,RELATED -j ACCEPT
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// iptables -P INPUT DROP
    /// iptables -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
    /// ```
    pub(super) static LINT = {
        name: "state-match",
        category: Category::Deprecated,
        severity: Severity::Info,
        fixable: true,
        check: check,
    };
}

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let invocations = context.analysis.invocations();
    let iptables = invocations.filter(|(_, _, own)| matches!(own.program.filter(), Some((Dialect::Iptables, _))));
    iptables.flat_map(|(_, step, own)| old_matches(context, step, &own.arguments)).collect()
}

/// Each `-m state` of a command, with the options that belong to it.
fn old_matches(context: &Context<'_>, step: &Step, words: &[Word]) -> Vec<Diagnostic> {
    let names: Vec<&Word> = words.windows(2).filter_map(loaded).collect();
    let [name] = names.as_slice() else { return Vec::new() };
    let options: Vec<&Word> = words.iter().filter(|word| is(word, "--state")).collect();
    let place = context.place(step, name.place);
    let finding = context.finding(place, "`-m state` is the old name of `-m conntrack`");
    let finding = Diagnostic { tags: vec![Tag::Deprecated], ..finding.with_help("write `-m conntrack --ctstate`") };
    // Words that come out of a variable are left to people.
    let written = |word: &Word, text: &str| context.analysis.sources.text(word.place) == text;
    let [option] = options.as_slice() else { return vec![finding] };
    if !written(name, "state") || !written(option, "--state") || name.place.file != option.place.file {
        return vec![finding];
    }
    vec![finding.with_fix(Fix {
        title: "Use the match conntrack".to_owned(),
        applicability: Applicability::Safe,
        file: name.place.file,
        edits: vec![Edit::replace(name.place.span, "conntrack"), Edit::replace(option.place.span, "--ctstate")],
    })]
}

/// The word `state` behind `-m`.
fn loaded(pair: &[Word]) -> Option<&Word> {
    let [option, name] = pair else { return None };
    ((is(option, "-m") || is(option, "--match")) && is(name, "state")).then_some(name)
}

fn is(word: &Word, text: &str) -> bool {
    word.value.known() == Some(text)
}
