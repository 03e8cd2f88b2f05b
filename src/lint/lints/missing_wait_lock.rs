//! `missing-wait-lock`: two programs at one table.

use crate::diag::{Confidence, Diagnostic, Severity};
use crate::eval::{Act, Invocation, Program, Step};
use crate::lint::{Category, Context, lint};
use crate::model::{Action, Command, Word};

lint! {
    /// Finds scripts that do not let iptables wait for its turn.
    ///
    /// # What it does
    /// Looks for the first command of a script that changes rules with `iptables` or `ip6tables` and has no
    /// option `-w`. It is off unless it is asked for: most scripts run alone.
    ///
    /// # Why it is bad
    /// Only one program at a time may change the tables. If Docker, fail2ban or a hook of the network does so in
    /// that moment, the command of iptables-legacy gives up (`Another app is currently holding the xtables
    /// lock`), and the rule is missing.
    ///
    /// # Example
    /// ```sh
    /// iptables -P INPUT DROP
    /// iptables -A INPUT -i lo -j ACCEPT
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// IPTABLES="iptables -w 5"
    /// $IPTABLES -P INPUT DROP
    /// $IPTABLES -A INPUT -i lo -j ACCEPT
    /// ```
    pub(super) static LINT = {
        name: "missing-wait-lock",
        category: Category::Script,
        severity: Severity::Info,
        fixable: false,
        check: check,
    };
}

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    if !context.is_script() {
        return Vec::new();
    }
    let mut commands = context.live_commands().filter(|(step, command)| match &step.act {
        Act::Run(own) => is_called(own) && changes(command) && !own.arguments.iter().any(may_wait),
        _ => false,
    });
    let finding = |(step, _): (&Step, &Command)| {
        let message = "this command gives up where another program is at work on the rules";
        let finding = context.finding(context.analysis.written_at(step), message);
        finding.with_help("add `-w` to this and the other commands").with_confidence(Confidence::Heuristic)
    };
    commands.next().map(finding).into_iter().collect()
}

/// Whether it is a program of its own, and not a line of a save file.
fn is_called(own: &Invocation) -> bool {
    matches!(own.program, Program::Iptables | Program::Ip6tables) && own.table.is_none()
}

fn changes(command: &Command) -> bool {
    use Action::{Check, Information, List, Skipped, Unknown};
    !matches!(command.action, List { .. } | Check { .. } | Information | Skipped { .. } | Unknown)
}

/// Whether the word is the option, or may be.
fn may_wait(word: &Word) -> bool {
    let text = word.value.known_prefix();
    text.starts_with("-w") || text.starts_with("--wait") || word.splits
}
