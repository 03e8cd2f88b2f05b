//! Which commands read from a standard input that they share with the loop around them.
//!
//! `while read line; do ssh $line uptime; done < hosts` runs once, since `ssh` takes the lines that are left.

use std::rc::Rc;

use super::run::Evaluator;
use super::unit::Unit;
use crate::syntax::{Kind, Node};
use crate::text::base_name;

/// Programs that read their standard input, but where so many words beside options name what else to read.
const READERS: [(&str, usize); 29] = [
    ("read", usize::MAX),
    ("mapfile", usize::MAX),
    ("readarray", usize::MAX),
    ("ssh", usize::MAX),
    ("rsh", usize::MAX),
    ("nc", usize::MAX),
    ("tr", usize::MAX),
    ("tee", usize::MAX),
    ("xargs", usize::MAX),
    ("ipchains-restore", usize::MAX),
    ("iptables-restore", 1),
    ("ip6tables-restore", 1),
    ("cat", 1),
    ("head", 1),
    ("tail", 1),
    ("sort", 1),
    ("uniq", 1),
    ("wc", 1),
    ("cut", 1),
    ("sh", 1),
    ("bash", 1),
    ("dash", 1),
    ("ash", 1),
    ("grep", 2),
    ("egrep", 2),
    ("fgrep", 2),
    ("sed", 2),
    ("awk", 2),
    ("perl", 2),
];

/// Functions that call one another are looked into so deeply.
const MAX_CALLS: usize = 8;

impl<'s> Evaluator<'s> {
    /// Whether something in the body of a loop takes lines from what the loop reads.
    pub(super) fn takes_lines(&self, unit: &Unit<'s>, node: Node<'_>, calls: usize) -> bool {
        let own = |node: &Node<'_>| unit.written(node.span).contains('<');
        match node.kind {
            // Only the first command of a pipeline reads what the shell reads.
            Kind::Pipeline => {
                let is_command = |node: &Node<'_>| matches!(node.kind, Kind::Simple | Kind::Compound | Kind::Function);
                node.named().find(is_command).is_some_and(|first| self.takes_lines(unit, first, calls))
            }
            Kind::Function => false,
            Kind::Compound if node.all(Kind::Redirect).any(|redirect| own(&redirect)) => false,
            Kind::Simple => {
                let redirected = node.all(Kind::Redirect).any(|redirect| own(&redirect));
                !redirected && self.is_reader(unit, node, calls)
                    || node.named().any(|word| self.takes_lines(unit, word, calls))
            }
            _ => node.named().any(|inner| self.takes_lines(unit, inner, calls)),
        }
    }

    /// Whether a command reads its standard input.
    fn is_reader(&self, unit: &Unit<'s>, command: Node<'_>, calls: usize) -> bool {
        let mut words = command.all(Kind::Word).map(|word| unit.text(word.span));
        let Some(name) = words.next() else { return false };
        if let Some(choices) = self.state.functions.get(&name) {
            let reads =
                |body: Node<'_>, unit: &Rc<Unit<'s>>| calls == MAX_CALLS || self.takes_lines(unit, body, calls + 1);
            return choices.iter().any(|(_, function)| reads(function.body.root(), &function.unit));
        }
        let Some((_, files)) = READERS.iter().find(|(own, _)| *own == base_name(&name)) else { return false };
        let (options, operands): (Vec<String>, Vec<String>) =
            words.partition(|word| word.starts_with('-') && word != "-");
        // With these options `ssh` reads nothing.
        let silent = name.ends_with("ssh") && options.iter().any(|option| option.contains(['n', 'f']));
        // The number or the mark behind one of these options is no file.
        let numbers =
            options.iter().filter(|option| matches!(option.as_str(), "-n" | "-c" | "-d" | "-f" | "-k")).count();
        let operands = operands.iter().filter(|word| *word != "-").count();
        !silent && operands.saturating_sub(numbers) < *files
    }
}
