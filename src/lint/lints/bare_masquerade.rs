//! `bare-masquerade`: source translation for every way out.

use crate::diag::{Applicability, Diagnostic, Fix, Severity};
use crate::eval::{Act, Step};
use crate::lint::outside;
use crate::lint::{Category, Context, lint};
use crate::model::{Action, Address, Command, Known, Match, Network, Rule, Test};
use crate::text::Edit;

lint! {
    /// Finds source address translation that no departure interface limits.
    ///
    /// # What it does
    /// Looks for rules in `POSTROUTING` of the table nat whose target is `MASQUERADE` or `SNAT`
    /// and that name no departure interface (`-o`). One that names a destination (`-d`) is only `info`:
    /// connections from inside to a server inside are translated on purpose.
    ///
    /// # Why it is bad
    /// Such a rule also changes packets that come in from outside and are forwarded to a machine
    /// inside: all of them then seem to come from this host. Logs, access rules and spam filters
    /// of the servers inside no longer know who is calling, and two inner networks no longer
    /// see each other's addresses.
    ///
    /// # Example
    /// ```sh
    /// iptables -P FORWARD DROP
    /// iptables -t nat -A POSTROUTING -s 192.168.1.0/24 -j MASQUERADE
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// iptables -P FORWARD DROP
    /// iptables -t nat -A POSTROUTING -o ppp0 -s 192.168.1.0/24 -j MASQUERADE
    /// ```
    pub(super) static LINT = {
        name: "bare-masquerade",
        category: Category::Hazard,
        severity: Severity::Warning,
        fixable: true,
        check: check,
    };
}

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let commands = context.meant_commands().filter(|(_, command)| command.table.is("nat"));
    let rules = commands.flat_map(|(step, command)| added_rules(command).into_iter().map(move |rule| (step, rule)));
    rules.filter(|(_, rule)| is_bare(rule)).map(|(step, rule)| report(context, step, rule)).collect()
}

fn report(context: &Context<'_>, step: &Step, rule: &Rule) -> Diagnostic {
    let name = translation(rule).unwrap_or_default();
    let somewhere = rule.matches.iter().any(limits_the_destination);
    let what = match somewhere {
        true => "packet to there",
        false if rule.matches.is_empty() => "packet",
        false => "packet that it matches",
    };
    let message =
        format!("this {name} is not limited to an interface: every forwarded {what} will seem to come from this host");
    let finding = context.finding(context.analysis.written_at(step), message);
    let finding = finding.with_help("name the interface that leads outside with `-o`");
    if somewhere {
        return Diagnostic { severity: Severity::Info, ..finding };
    }
    Diagnostic { fixes: limit(context, step, rule).into_iter().collect(), ..finding }
}

/// Names the one interface that leads outside, where the script knows it.
fn limit(context: &Context<'_>, step: &Step, rule: &Rule) -> Option<Fix> {
    let Act::Run(invocation) = &step.act else { return None };
    let says = |own: &Match| matches!(own.test, Test::OutInterface(_));
    if rule.matches.iter().any(says) {
        return None;
    }
    let jump = invocation.arguments.iter().find(|word| matches!(word.known(), Some("-j" | "--jump")))?;
    let written = matches!(&*context.analysis.sources.text(jump.place), "-j" | "--jump");
    let interface = outside::interface(context, jump.place).filter(|_| written)?;
    Some(Fix {
        title: format!("Limit it to `-o {interface}`"),
        applicability: Applicability::Unsafe,
        file: jump.place.file,
        edits: vec![Edit::insert(jump.place.span.start, format!("-o {interface} "))],
    })
}

/// The rules that a command puts into `POSTROUTING`.
fn added_rules(command: &Command) -> Vec<&Rule> {
    match &command.action {
        Action::Append { chain, rules } | Action::Insert { chain, rules, .. } if chain.is("POSTROUTING") => {
            rules.iter().map(AsRef::as_ref).collect()
        }
        Action::Replace { chain, rule, .. } if chain.is("POSTROUTING") => vec![rule],
        _ => Vec::new(),
    }
}

fn translation(rule: &Rule) -> Option<&str> {
    let target = rule.target.as_ref()?.name.known()?;
    matches!(target, "MASQUERADE" | "SNAT").then_some(target)
}

fn is_bare(rule: &Rule) -> bool {
    translation(rule).is_some() && rule.undecided.is_empty() && !rule.matches.iter().any(limits_the_way_out)
}

/// Whether a match leaves only some ways out.
fn limits_the_way_out(own: &Match) -> bool {
    match &own.test {
        // Nothing is forwarded to `lo`, so `! -o lo` is every way out.
        Test::OutInterface(Known::Is(interface)) if own.negated => interface.name != "lo",
        Test::OutInterface(Known::Is(interface)) => !(interface.prefix && interface.name.is_empty()),
        Test::OutInterface(_) => true,
        _ => false,
    }
}

fn limits_the_destination(own: &Match) -> bool {
    match &own.test {
        Test::Destination(Known::Is(Address::V4(network))) => *network != Network::ANY,
        Test::Destination(_) => true,
        _ => false,
    }
}
