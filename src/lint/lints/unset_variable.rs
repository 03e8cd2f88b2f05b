//! `unset-variable`: an argument that is always empty.

use std::collections::HashSet;

use crate::diag::{Confidence, Diagnostic, Severity};
use crate::lint::empty::{Empty, Why};
use crate::lint::{Category, Context, lint};

lint! {
    /// Finds arguments that are always empty, so that an option takes the next word for its own.
    ///
    /// # What it does
    /// Follows the variables of the script, and looks for options whose argument is an unquoted
    /// variable that nothing sets, or sets only later, or that is empty each time the command runs.
    /// Nothing is said of variables that a file could set which the script reads, unless that file
    /// is read too.
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
    let first = empties.iter().filter(|empty| empty.why != Why::NeverSet || said.insert(empty.variable.clone()));
    first.map(|empty| report(context, empty)).collect()
}

fn report(context: &Context<'_>, empty: &Empty) -> Diagnostic {
    let Empty { variable, option, .. } = empty;
    let why = match empty.why {
        Why::Emptied => "is always empty here",
        Why::NeverSet => "is never set",
        Why::SetLate => "is set only behind this command",
    };
    let then = match &empty.swallowed {
        Some(word) => format!("so `{option}` takes `{word}` for its argument"),
        None => format!("so `{option}` has no argument"),
    };
    let help = match empty.why {
        Why::Emptied => format!("give `{variable}` a value, or leave out `{option}` where it has none"),
        Why::NeverSet => format!(
            "set `{variable}` before this line, or pass it in with `${{{variable}:?}}` so that the script stops without it"
        ),
        Why::SetLate => format!("set `{variable}` before this line"),
    };
    // The environment could still hold a variable that the script has not set.
    let confidence = if empty.why == Why::Emptied { Confidence::Proved } else { Confidence::Likely };
    let finding = context.finding(empty.place, format!("`{variable}` {why}, {then}"));
    finding.with_help(help).with_confidence(confidence)
}
