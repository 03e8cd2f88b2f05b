//! `unset-variable`: an argument that is always empty.

use std::collections::HashSet;

use crate::diag::{Confidence, Diagnostic, Severity};
use crate::lint::empty::Empty;
use crate::lint::{Category, Context, lint};

lint! {
    /// Finds arguments that are always empty, so that an option takes the next word for its own.
    ///
    /// # What it does
    /// Follows the variables of the script, and looks for options whose argument is an unquoted
    /// variable that nothing sets, or that is empty each time the command runs. Nothing is said
    /// of variables that a file could set which the script reads, unless that file is read too.
    ///
    /// # Why it is bad
    /// The shell drops the empty word. In `-s $NET -j DENY` the option `-s` then takes `-j` for
    /// an address, and the rule is refused, or means something else.
    ///
    /// # Example
    /// ```sh
    /// iptables -P OUTPUT ACCEPT
    /// SERVER=192.168.1.2
    /// iptables -A OUTPUT -d $SREVER -j REJECT
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// iptables -P OUTPUT ACCEPT
    /// SERVER=192.168.1.2
    /// iptables -A OUTPUT -d $SERVER -j REJECT
    /// ```
    pub(super) static LINT = {
        name: "unset-variable",
        category: Category::Script,
        severity: Severity::Warning,
        fixable: false,
        check: check,
    };
}

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    // A variable that nobody sets is said once, not for each of its uses.
    let mut said = HashSet::new();
    let empties = context.empty_arguments();
    let first = empties.iter().filter(|empty| !empty.never_set || said.insert(empty.variable.clone()));
    first.map(|empty| report(context, empty)).collect()
}

fn report(context: &Context<'_>, empty: &Empty) -> Diagnostic {
    let Empty { variable, option, .. } = empty;
    let why = if empty.never_set { "is never set" } else { "is always empty here" };
    let then = match &empty.swallowed {
        Some(word) => format!("so `{option}` takes `{word}` for its argument"),
        None => format!("so `{option}` has no argument"),
    };
    let help = if empty.never_set {
        format!(
            "set `{variable}` before this line, or pass it in with `${{{variable}:?}}` so that the script stops without it"
        )
    } else {
        format!("give `{variable}` a value, or leave out `{option}` where it has none")
    };
    // The environment could still hold a variable that the script never sets.
    let confidence = if empty.never_set { Confidence::Likely } else { Confidence::Proved };
    let finding = context.finding(empty.place, format!("`{variable}` {why}, {then}"));
    finding.with_help(help).with_confidence(confidence)
}
