//! `unreachable-chain`: jumped to, but not with any packet.

use crate::diag::{Diagnostic, Severity, Tag};
use crate::lint::chains::{self, Asked, Unasked};
use crate::lint::{Category, Context, lint};
use crate::model::{Chain, Entry};
use crate::packet::Arrivals;

lint! {
    /// Finds user chains that no packet can come to.
    ///
    /// # What it does
    /// Looks for user chains with rules that are the target of rules, but to which no packet comes: the jumps
    /// stand in chains to which no way leads from a built-in chain, or what they match was decided before, or
    /// contradicts what the chain they stand in is asked for. Works out what comes to each chain for every
    /// packet.
    ///
    /// # Why it is bad
    /// The rules of the chain are never asked: somewhere on the way a jump is missing or says too little.
    ///
    /// # Example
    /// ```sh
    /// iptables -P INPUT DROP
    /// iptables -N services
    /// iptables -N web
    /// iptables -A web -p tcp --dport 80 -j ACCEPT
    /// iptables -A web -p tcp --dport 81 -j services
    /// iptables -A services -p tcp -j web
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// iptables -P INPUT DROP
    /// iptables -N web
    /// iptables -A web -p tcp --dport 80 -j ACCEPT
    /// iptables -A INPUT -j web
    /// ```
    pub(super) static LINT = {
        name: "unreachable-chain",
        category: Category::Logic,
        severity: Severity::Warning,
        fixable: false,
        check: check,
    };
}

/// So many jumps are named.
const SHOWN: usize = 3;

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let unasked = chains::unasked(context).into_iter().filter_map(|Unasked { chain, jump }| Some((chain, vec![jump?])));
    let unasked: Vec<(&Chain, Vec<&Entry>)> = unasked.collect();
    let empty = chains::asked(context).into_iter().filter(|own| *own.arrivals == Arrivals::None);
    let empty = empty.map(|Asked { chain, jumps, .. }| (chain, jumps));
    let empty = empty.filter(|(chain, _)| !unasked.iter().any(|(own, _)| std::ptr::eq(*own, *chain)));
    let all = empty.chain(unasked.iter().cloned());
    all.filter_map(|(chain, jumps)| finding(context, chain, &jumps)).collect()
}

fn finding(context: &Context<'_>, chain: &Chain, jumps: &[&Entry]) -> Option<Diagnostic> {
    let place = chain.place.or_else(|| chain.entries.first().map(|entry| entry.rule.place))?;
    let finding = context.finding(place, format!("no packet can come to the chain {}", chain.name));
    let shown = jumps.iter().take(SHOWN);
    let finding =
        shown.fold(finding, |finding, jump| finding.with_related(jump.rule.place, "no packet takes this jump"));
    Some(Diagnostic { tags: vec![Tag::Unnecessary], ..finding })
}
