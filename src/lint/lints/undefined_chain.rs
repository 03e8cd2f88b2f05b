//! `undefined-chain`: a chain that does not exist.

use std::collections::HashSet;

use crate::diag::{Confidence, Diagnostic, Severity};
use crate::eval::{Act, Step};
use crate::lint::{Category, Context, lint};
use crate::model::{Action, Command, Dialect, Rule, Value};
use crate::text::Place;

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
    /// iptables -A OUTPUT -p tcp --dport 25 -j no_mail
    /// ```
    ///
    /// # Use instead
    /// ```sh
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

/// The built-in chains of the programs.
const BUILTIN: [(Dialect, &[&str]); 2] = [
    (Dialect::Ipchains, &["input", "forward", "output"]),
    (Dialect::Iptables, &["INPUT", "FORWARD", "OUTPUT", "PREROUTING", "POSTROUTING"]),
];

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let analysis = context.analysis;
    let made = made_chains(context);
    let refused = analysis.refusals.iter().filter(|(_, refusal)| refusal.code == "undefined-chain");
    let mut found = context.problems();
    for (number, _) in refused {
        let reading = analysis.readings.get(*number).and_then(Option::as_ref);
        let (Some(step), Some(command)) =
            (analysis.evaluation.steps.get(*number), reading.and_then(|reading| reading.command()))
        else {
            continue;
        };
        found.extend(undefined(context, step, command, &made));
    }
    found
}

/// The names of the chains that some command of the file makes.
fn made_chains(context: &Context<'_>) -> HashSet<String> {
    let by_command = context.analysis.commands().filter_map(|(_, command)| match &command.action {
        Action::NewChain { chain } | Action::RenameChain { to: chain, .. } => Some(chain.to_string()),
        _ => None,
    });
    let by_line = context.analysis.evaluation.steps.iter().filter_map(|step| match &step.act {
        Act::Chain { name, .. } => Some(name.to_string()),
        _ => None,
    });
    by_command.chain(by_line).collect()
}

fn undefined(context: &Context<'_>, step: &Step, command: &Command, made: &HashSet<String>) -> Option<Diagnostic> {
    let (name, place) = missing(step, command, made)?;
    let later = made.contains(&name.to_string());
    if later && tidies_up(&command.action) {
        return None;
    }
    let message = if later {
        format!("the chain `{name}` does not exist yet, or not any more, when this command runs")
    } else {
        format!("there is no chain or target `{name}`")
    };
    let finding = context.finding(context.place(step, place), message);
    Some(finding.with_help("make the chain with `-N` before it is used").with_confidence(Confidence::Likely))
}

/// Whether the command only takes away what an earlier run of the script may have left.
fn tidies_up(action: &Action) -> bool {
    !matches!(action, Action::Append { .. } | Action::Insert { .. } | Action::Replace { .. } | Action::Policy { .. })
}

/// What is missing, the chain or the target, and where it is written.
fn missing<'c>(step: &Step, command: &'c Command, made: &HashSet<String>) -> Option<(&'c Value, Place)> {
    let (chain, rule) = parts(&command.action)?;
    let builtin = BUILTIN.iter().filter(|(dialect, _)| *dialect == command.dialect);
    let known = |name: &str| made.contains(name) || builtin.clone().any(|(_, names)| names.contains(&name));
    match (chain.known(), rule.and_then(|rule| rule.target.as_ref())) {
        (Some(name), Some(target)) if known(name) => Some((&target.name, target.place)),
        _ => Some((chain, chain_place(step, chain))),
    }
}

/// The chain of a command, and the first rule that it is about.
fn parts(action: &Action) -> Option<(&Value, Option<&Rule>)> {
    match action {
        Action::Append { chain, rules } | Action::Insert { chain, rules, .. } | Action::DeleteRule { chain, rules } => {
            Some((chain, rules.first()))
        }
        Action::Replace { chain, rule, .. } | Action::Check { chain, rule } => Some((chain, Some(rule))),
        Action::Policy { chain, .. }
        | Action::DeleteNumber { chain, .. }
        | Action::RenameChain { from: chain, .. }
        | Action::Flush { chain: Some(chain) }
        | Action::DeleteChain { chain: Some(chain) }
        | Action::Zero { chain: Some(chain) }
        | Action::List { chain: Some(chain), .. } => Some((chain, None)),
        _ => None,
    }
}

/// Where the chain is written in the command.
fn chain_place(step: &Step, chain: &Value) -> Place {
    let Act::Run(invocation) = &step.act else { return step.place };
    let word = invocation.arguments.iter().find(|word| word.value == *chain);
    word.map_or(step.place, |word| word.place)
}
