//! `undefined-chain`: a chain that does not exist.

use crate::diag::{Confidence, Diagnostic, Severity};
use crate::dialect::iptables::extensions::nearest_target;
use crate::lint::absent::{self, Absent};
use crate::lint::{Category, Context, lint};
use crate::model::{Action, Command};

lint! {
    /// Finds rules for, and jumps to, chains that do not exist.
    ///
    /// # What it does
    /// Follows the commands that make and delete chains through the script, and looks for
    /// commands that name a chain which no run of the script has made by then. Commands that
    /// tidy up a chain which the script makes later are left alone.
    ///
    /// # Why it is bad
    /// The command is refused. Where a save file is restored, it fails as a whole, and with the
    /// newer iptables a test of it beforehand does not even notice.
    ///
    /// # Example
    /// ```sh
    /// iptables -P OUTPUT ACCEPT
    /// iptables -A OUTPUT -p tcp --dport 25 -j no_mail
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// iptables -P OUTPUT ACCEPT
    /// iptables -N no_mail
    /// iptables -A no_mail -j REJECT
    /// iptables -A OUTPUT -p tcp --dport 25 -j no_mail
    /// ```
    pub(super) static LINT = {
        name: "undefined-chain",
        category: Category::Correctness,
        severity: Severity::Error,
        fixable: false,
        check: check,
    };
}

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let absent = if context.is_fragment() { Vec::new() } else { absent::find(context) };
    let undefined =
        absent.iter().filter(|absent| !(absent.elsewhere || absent.made_later && tidies_up(absent.command)));
    context.problems().into_iter().chain(undefined.map(|absent| report(context, absent))).collect()
}

/// Whether the command only takes away what an earlier run of the script may have left.
fn tidies_up(command: &Command) -> bool {
    let adds = matches!(
        command.action,
        Action::Append { .. } | Action::Insert { .. } | Action::Replace { .. } | Action::Policy { .. }
    );
    !adds
}

fn report(context: &Context<'_>, absent: &Absent<'_>) -> Diagnostic {
    let name = absent.name;
    let message = if absent.made_later {
        format!("the chain `{name}` does not exist yet, or not any more, when this command runs")
    } else {
        format!("there is no chain or target `{name}`")
    };
    // Another script may have made it before this one runs.
    let finding = context.finding(absent.place, message).with_confidence(Confidence::Likely);
    match absent.name.known().and_then(nearest_target).filter(|_| is_jump(absent)) {
        Some(target) => finding.with_help(format!("did you mean `{target}`?")),
        None => finding.with_help("make the chain with `-N` before it is used"),
    }
}

/// Whether the name stands behind `-j`.
fn is_jump(absent: &Absent<'_>) -> bool {
    let mut rules = absent.command.added_rules();
    rules.any(|rule| rule.target.as_ref().is_some_and(|target| !target.goto && target.name == *absent.name))
        && !absent.made_later
}
