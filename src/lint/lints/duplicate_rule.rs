//! `duplicate-rule`: the same rule once more.

use std::collections::HashSet;

use crate::diag::{Diagnostic, Severity};
use crate::lint::{Category, Context, lint};
use crate::packet::Why;
use crate::text::Place;

lint! {
    /// Finds rules that repeat an earlier rule of their chain.
    ///
    /// # What it does
    /// Looks for two rules of one chain with the same matches and the same verdict, where the first is there
    /// whenever the second is. Rules with matches that count or remember, and with values that are not known,
    /// are left alone.
    ///
    /// # Why it is bad
    /// The first rule decides all packets of the second, which never decides one. Often the second was meant
    /// to say something else.
    ///
    /// # Example
    /// ```sh
    /// iptables -P OUTPUT ACCEPT
    /// iptables -A OUTPUT -p tcp --dport 25 -j REJECT
    /// iptables -A OUTPUT -p tcp --dport 25 -j REJECT
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// iptables -P OUTPUT ACCEPT
    /// iptables -A OUTPUT -p tcp --dport 25 -j REJECT
    /// iptables -A OUTPUT -p tcp --dport 465 -j REJECT
    /// ```
    pub(super) static LINT = {
        name: "duplicate-rule",
        category: Category::Logic,
        severity: Severity::Warning,
        fixable: true,
        check: check,
    };
}

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let finding = |(place, earlier): (&Place, &Place)| {
        let finding = context.finding(*place, "this rule repeats an earlier one and never decides a packet");
        context.needless(finding.with_related(*earlier, "the earlier rule"), "Delete the repeated rule")
    };
    // Rules that match nothing are reported as such.
    let idle = context.idle_rules().iter().filter(|own| own.why == Why::Impossible);
    let impossible: HashSet<Place> = idle.map(|own| own.place).collect();
    context.repeated_rules().iter().filter(|(place, _)| !impossible.contains(place)).map(finding).collect()
}
