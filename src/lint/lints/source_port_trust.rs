//! `source-port-trust`: a port that the sender chooses.

use crate::diag::{Diagnostic, Severity};
use crate::eval::Step;
use crate::lint::{Category, Context, lint};
use crate::model::{Action, Argument, Dialect, Known, OptionUse, Rule, Test};

lint! {
    /// Finds rules that let packets in because of their source port alone.
    ///
    /// # What it does
    /// Looks for ACCEPT rules in `INPUT` and `FORWARD` of iptables that test a source port, and neither a
    /// destination port, an address, the state of the connection, the TCP flags nor anything else.
    ///
    /// # Why it is bad
    /// The sender chooses the source port. Whoever sends from port 20, 53 or 80 gets to every port of the host.
    ///
    /// # Example
    /// ```sh
    /// iptables -P INPUT DROP
    /// iptables -A INPUT -p tcp --sport 80 -j ACCEPT
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// iptables -P INPUT DROP
    /// iptables -A INPUT -p tcp --sport 80 -m conntrack --ctstate ESTABLISHED -j ACCEPT
    /// ```
    pub(super) static LINT = {
        name: "source-port-trust",
        category: Category::Hazard,
        severity: Severity::Warning,
        fixable: false,
        check: check,
    };
}

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let commands = context.live_commands().filter(|(_, command)| {
        command.dialect == Dialect::Iptables && command.table.is("filter") && takes_in(&command.action)
    });
    let rules = commands.flat_map(|(step, command)| command.added_rules().map(move |rule| (step, rule)));
    let trusting = rules.filter(|(_, rule)| accepts(rule) && trusts(rule));
    let finding = |(step, _): (&Step, &Rule)| {
        let place = context.analysis.written_at(step);
        context
            .finding(place, "this rule lets in whatever comes from a certain port, and the sender chooses that port")
            .with_help("accept answers by their state: `-m conntrack --ctstate ESTABLISHED`")
    };
    trusting.map(finding).collect()
}

fn takes_in(action: &Action) -> bool {
    let (Action::Append { chain, .. } | Action::Insert { chain, .. }) = action else { return false };
    chain.is("INPUT") || chain.is("FORWARD")
}

fn accepts(rule: &Rule) -> bool {
    rule.undecided.is_empty() && rule.target.as_ref().is_some_and(|target| target.name.is("ACCEPT"))
}

/// Whether the rule asks for a source port, and else for nothing but a protocol and an arrival interface from outside.
fn trusts(rule: &Rule) -> bool {
    let mut by_port = false;
    let plain = rule.matches.iter().all(|own| match &own.test {
        Test::Protocol(_) => !own.negated,
        Test::InInterface(Known::Is(name)) => name.name != "lo",
        Test::Module(module) if module.name == "comment" => true,
        Test::Module(module) => {
            let sport =
                module.options.iter().all(|option| option.name == "--sport" && !option.negated && narrow(option));
            by_port |= sport && !module.options.is_empty();
            sport
        }
        _ => false,
    });
    plain && by_port
}

/// Whether it is about certain services, and not about all ports that a client may have.
fn narrow(option: &OptionUse) -> bool {
    let Some(Argument::Ports(ports)) = &option.argument else { return false };
    ports.iter().all(|range| range.high < 1024)
}
