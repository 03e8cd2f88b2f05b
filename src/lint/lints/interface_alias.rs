//! `interface-alias`: a second address taken for an interface.

use crate::diag::{Diagnostic, Severity};
use crate::eval::Step;
use crate::lint::{Category, Context, lint};
use crate::model::{Known, Match, Test};

lint! {
    /// Finds interface matches with the name of an address alias, such as `eth0:1`.
    ///
    /// # What it does
    /// Looks for a colon in the argument of `-i` and `-o`.
    ///
    /// # Why it is bad
    /// An alias is a label of an address, not a device: packets come in through `eth0` whatever address they
    /// are for, so the rule never matches.
    ///
    /// # Example
    /// ```sh
    /// iptables -P OUTPUT ACCEPT
    /// iptables -A OUTPUT -o eth0:1 -p tcp --dport 25 -j REJECT
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// iptables -P OUTPUT ACCEPT
    /// iptables -A OUTPUT -o eth0 -s 192.0.2.7 -p tcp --dport 25 -j REJECT
    /// ```
    pub(super) static LINT = {
        name: "interface-alias",
        category: Category::Script,
        severity: Severity::Warning,
        fixable: false,
        check: check,
    };
}

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let rules = context.live_commands().flat_map(|(step, command)| command.added_rules().map(move |rule| (step, rule)));
    let matches = rules.flat_map(|(step, rule)| rule.matches.iter().map(move |own| (step, own)));
    let alias = |(step, own): (&Step, &Match)| {
        let name = match &own.test {
            Test::Interface(Known::Is(name))
            | Test::InInterface(Known::Is(name))
            | Test::OutInterface(Known::Is(name)) => &name.name,
            _ => return None,
        };
        let (device, _) = name.split_once(':')?;
        let finding = context.finding(
            context.place(step, own.place),
            format!("`{name}` is an alias, and no packet has it for its interface"),
        );
        Some(finding.with_help(format!("match `{device}`, and the address of the alias where it matters")))
    };
    matches.filter_map(alias).collect()
}
