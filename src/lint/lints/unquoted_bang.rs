//! `unquoted-bang`: a negation that never gets to the program.

use std::collections::HashSet;

use crate::diag::{Confidence, Diagnostic, Severity};
use crate::lint::{Category, Context, lint};
use crate::syntax::{Kind, Node};
use crate::text::Place;

lint! {
    /// Finds an exclamation mark that the shell takes for itself.
    ///
    /// # What it does
    /// Looks for commands that begin with `!` and then have an option where their name should be: the rest of
    /// a rule that was cut off. It also looks for words of filter commands such as `!eth0`, with the mark joined
    /// to its argument and neither quoted nor escaped.
    ///
    /// # Why it is bad
    /// At the beginning of a command `!` turns its exit status around, and the rule goes without its negation.
    /// Joined to a word, it stands for an earlier command in an interactive shell; in a script the program gets
    /// it as a part of the name, and waits for a device called `!eth0`.
    ///
    /// # Example
    /// ```sh
    /// iptables -P INPUT DROP
    /// iptables -A INPUT -i !eth0 -p tcp --dport 22 -j ACCEPT
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// iptables -P INPUT DROP
    /// iptables -A INPUT ! -i eth0 -p tcp --dport 22 -j ACCEPT
    /// ```
    pub(super) static LINT = {
        name: "unquoted-bang",
        category: Category::Script,
        severity: Severity::Warning,
        fixable: false,
        check: check,
    };
}

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let mut found = cut_off(context);
    found.extend(joined(context));
    found
}

/// Commands of which nothing is left but options.
fn cut_off(context: &Context<'_>) -> Vec<Diagnostic> {
    let analysis = context.analysis;
    let Some(tree) = analysis.tree() else { return Vec::new() };
    let source = analysis.sources.get(analysis.file);
    let options = |node: &Node<'_>| {
        let simple = node.child(Kind::Simple);
        node.child(Kind::Negation).is_some() && simple.is_some_and(|own| source.text(own.span).starts_with('-'))
    };
    let pipelines = tree.root().walk().filter(|node| node.kind == Kind::Pipeline && options(node));
    let finding = |node: Node<'_>| {
        let message = "the shell takes this `!` for itself, and looks for a program called like the option behind it";
        let finding = context.finding(Place::new(analysis.file, node.span), message);
        finding.with_help("join this line to the command that it belongs to")
    };
    pipelines.map(finding).collect()
}

/// Marks that are one word with what they are for.
fn joined(context: &Context<'_>) -> Vec<Diagnostic> {
    let analysis = context.analysis;
    let problems = analysis.readings.iter().flatten().flat_map(|reading| reading.problems());
    let said: HashSet<Place> = problems.map(|problem| problem.place).collect();
    let mut found = Vec::new();
    for (_, _, own) in analysis.invocations().filter(|(.., own)| own.program.filter().is_some() && own.table.is_none())
    {
        for word in own.arguments.iter().filter(|word| word.place != Place::default() && !said.contains(&word.place)) {
            let written = analysis.sources.text(word.place);
            if written.len() > 1 && written.starts_with('!') {
                let name = written.trim_start_matches('!');
                let message = format!(
                    "this `!` is a part of the word `{written}`, and an interactive shell takes it for an earlier command"
                );
                let finding = context.finding(word.place, message).with_confidence(Confidence::Likely);
                found.push(finding.with_help(format!("put it before the option, as a word of its own: `! -i {name}`")));
            }
        }
    }
    found
}
