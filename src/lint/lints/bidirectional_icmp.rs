//! `bidirectional-icmp`: the same type both ways.

use crate::analysis::Reading;
use crate::diag::{Diagnostic, Severity};
use crate::eval::Act;
use crate::lint::{Category, Context, lint};
use crate::model::{Known, Protocol, Test};

lint! {
    /// Finds rules of ipchains for an ICMP type in both directions.
    ///
    /// # What it does
    /// Looks for `-b` with `-p icmp` and a type or code.
    ///
    /// # Why it is bad
    /// `-b` swaps the addresses, but neither type nor code: the second rule is for the same type in the other
    /// direction, not for the answers. A ping that is let through gets no answer, and the other side may ping
    /// as well.
    ///
    /// # Example
    /// ```sh
    /// ipchains -P input DENY
    /// ipchains -A input -b -p icmp -s 192.0.2.7 8 -j ACCEPT
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// ipchains -P input DENY
    /// ipchains -A input -p icmp -s 192.0.2.7 8 -j ACCEPT
    /// ipchains -A input -p icmp -d 192.0.2.7 -s 0/0 0 -j ACCEPT
    /// ```
    pub(super) static LINT = {
        name: "bidirectional-icmp",
        category: Category::Migration,
        severity: Severity::Warning,
        fixable: false,
        check: check,
    };
}

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (step, reading) in context.analysis.evaluation.steps.iter().zip(&context.analysis.readings) {
        let (Act::Run(invocation), Some(Reading::Ipchains(_))) = (&step.act, reading) else { continue };
        let Some(command) = reading.as_ref().and_then(Reading::command) else { continue };
        let both = |text: &str| {
            text == "--bidirectional"
                || text.starts_with('-')
                    && !text.starts_with("--")
                    && text[1..].chars().take_while(char::is_ascii_alphabetic).all(|c| "byflvn".contains(c))
                    && text.contains('b')
        };
        let word = invocation.arguments.iter().find(|word| word.known().is_some_and(both));
        let rules: Vec<_> = command.added_rules().collect();
        let (Some(word), [rule, _, ..]) = (word, rules.as_slice()) else { continue };
        let icmp = |test: &Test| matches!(test, Test::Protocol(Known::Is(Protocol::ICMP)));
        let typed = |test: &Test| matches!(test, Test::SourcePort(_) | Test::DestinationPort(_));
        if rule.matches.iter().any(|own| icmp(&own.test)) && rule.matches.iter().any(|own| typed(&own.test)) {
            let message = "`-b` does not swap ICMP types: the second rule is for the same type, not for the answers";
            found.push(context.finding(context.place(step, word.place), message));
        }
    }
    found
}
