//! `unused-policy`: a policy that decides nothing.

use crate::diag::{Diagnostic, Severity};
use crate::eval::Step;
use crate::lint::policies::closes;
use crate::lint::{Category, Context, covers, lint};
use crate::model::{Action, Chain, Command};
use crate::packet::Why;
use crate::text::{Place, Span};

lint! {
    /// Finds policies of the filter table that no packet comes to.
    ///
    /// # What it does
    /// Works out for every packet whether the rules of the chain leave it to the policy, and finds that they
    /// leave none. A policy that drops beneath rules that drop the rest is a net and no finding. Also finds
    /// policies that the next command sets anew.
    ///
    /// # Why it is bad
    /// The policy does not do what it says. Of a chain whose policy is DROP one thinks that it is closed, and
    /// here its rules let the rest through; where the policy is ACCEPT, the chain is open while its rules are
    /// flushed and loaded again.
    ///
    /// # Example
    /// ```sh
    /// iptables -P INPUT ACCEPT
    /// iptables -A INPUT -p tcp --dport 22 -j ACCEPT
    /// iptables -A INPUT -j DROP
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// iptables -P INPUT DROP
    /// iptables -A INPUT -p tcp --dport 22 -j ACCEPT
    /// ```
    pub(super) static LINT = {
        name: "unused-policy",
        category: Category::Logic,
        severity: Severity::Info,
        fixable: true,
        check: check,
    };
}

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    replaced(context).into_iter().chain(undercut(context)).collect()
}

/// Policies beneath rules that decide all packets.
fn undercut(context: &Context<'_>) -> Vec<Diagnostic> {
    let chains: Vec<&Chain> =
        context.analysis.rulesets.iter().filter_map(|own| own.table("filter")).flat_map(|own| &own.chains).collect();
    let mut found = Vec::new();
    for own in context.idle_rules() {
        let Why::Unasked { by } = &own.why else { continue };
        let mut set = chains.iter().flat_map(|chain| &chain.policies).filter(|policy| policy.place == Some(own.place));
        let Some(target) = set.next().and_then(|policy| policy.target.known()) else { continue };
        if closes(Some(target)) && by.last().is_some_and(|rule| keeps_out(&chains, *rule)) {
            continue;
        }
        let message = format!("no packet comes to the policy {target} of {}, its rules decide all", own.chain);
        found.push(covers::named(context.finding(own.place, message), by, "decides"));
    }
    found
}

/// Whether the rule at `place` keeps packets out, or sends them where that may be done.
fn keeps_out(chains: &[&Chain], place: Place) -> bool {
    let mut made = chains.iter().flat_map(|chain| &chain.entries).filter(|entry| entry.rule.place == place);
    made.any(|entry| {
        let name = entry.rule.target.as_ref().and_then(|target| target.name.known());
        name.is_none_or(|name| closes(Some(name)) || chains.iter().any(|chain| chain.name == name))
    })
}

/// Policies that are set anew before anything else is done.
fn replaced(context: &Context<'_>) -> Vec<Diagnostic> {
    let policies: Vec<(&Step, &Command, &str)> =
        context.live_commands().filter_map(|(step, command)| Some((step, command, policy_of(command)?))).collect();
    let later = |at: usize| {
        let (_, own, name) = policies[at];
        let same = |(_, command, chain): &&(&Step, &Command, &str)| {
            (command.dialect, command.family, *chain) == (own.dialect, own.family, name)
        };
        policies[at + 1..].iter().find(same).map(|(step, _, _)| *step)
    };
    let places: Vec<Place> = policies.iter().map(|(step, _, _)| context.analysis.written_at(step)).collect();
    let mut found = Vec::new();
    for (at, (step, _, name)) in policies.iter().enumerate() {
        // A loop or a function sets several policies in one place.
        let alone = places.iter().filter(|place| **place == places[at]).count() == 1;
        let Some(later) = later(at).filter(|later| alone && !step.many && !later.many) else { continue };
        let place = context.analysis.written_at(later);
        if !context.and_not(step.guard, later.guard).is_false() || !is_next(context, (places[at], place), &places) {
            continue;
        }
        let finding = context.finding(places[at], format!("this policy of {name} is set anew before it matters"));
        found.push(context.needless(finding.with_related(place, "here"), "Delete the policy that is set anew"));
    }
    found
}

/// The chain whose policy in the filter table a command sets.
fn policy_of(command: &Command) -> Option<&str> {
    let Action::Policy { chain, .. } = &command.action else { return None };
    chain.known().filter(|_| command.table.is("filter"))
}

/// Whether nothing but policies and comments stand between two commands of a file: whatever else is done there may
/// take its time, or hang on the policy.
fn is_next(context: &Context<'_>, (first, last): (Place, Place), policies: &[Place]) -> bool {
    if first.file != last.file || first.span.end > last.span.start {
        return false;
    }
    let source = context.analysis.sources.get(first.file);
    let mut at = first.span.end;
    let mut between = String::new();
    let mut inner: Vec<Span> = policies.iter().filter(|own| own.file == first.file).map(|own| own.span).collect();
    inner.sort_by_key(|span| span.start);
    for span in inner.into_iter().filter(|span| span.start >= first.span.end && span.start <= last.span.start) {
        between += &source.text(Span { start: at, end: span.start });
        at = span.end;
    }
    let code = |line: &str| line.split('#').next().unwrap_or_default().trim().to_owned();
    between.lines().all(|line| code(line).chars().all(|letter| letter == ';'))
}
