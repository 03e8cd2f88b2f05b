//! The variables that hold whole commands.

use std::collections::HashMap;

use super::{ASKING, SHOWING, Script};
use crate::migrate::roles::unquoted;
use crate::syntax::{Kind, Node};
use crate::text::{Span, Spans};

impl Script<'_> {
    /// The commands in variables that are run nowhere else than at `gone`, which is no longer so in the output. With some
    /// of its words changed, such a command would be one of neither program.
    pub(in crate::migrate) fn commands_left(&self, gone: &Spans) -> Spans {
        let holds_command = |word: &Node<'_>| {
            let text = self.text(word.span);
            let runs = word.walk().any(|node| matches!(node.kind, Kind::Backquoted | Kind::CommandSubstitution));
            let mut words = unquoted(&text).split_whitespace();
            !runs && words.next().is_some_and(|program| self.calls_program(program)) && words.next().is_some()
        };
        let set = self.root.walk().filter(|node| node.kind == Kind::Assignment).filter_map(|node| {
            let word = node.child(Kind::Word).filter(holds_command)?;
            Some((self.text(node.child(Kind::Name)?.span), word.span))
        });
        let set: Vec<(String, Span)> = set.collect();
        let looks = |node: &Node<'_>| {
            let head = node.child(Kind::Word).map(|word| self.text(word.span));
            let looking = |head: String| SHOWING.contains(&head.as_str()) || ASKING.contains(&head.as_str());
            node.kind == Kind::Simple && head.is_some_and(looking)
        };
        let looked_at: Spans = self.root.walk().filter(looks).map(|node| node.span).collect();
        let mut reads: HashMap<String, Vec<Span>> = HashMap::new();
        for node in self.root.walk().filter(|node| matches!(node.kind, Kind::Parameter | Kind::ParameterBraced)) {
            for name in node.named() {
                reads.entry(self.text(name.span)).or_default().push(node.span);
            }
        }
        let is_left = |name: &String| {
            let reads = reads.get(name).map(Vec::as_slice).unwrap_or_default();
            !reads.is_empty() && reads.iter().all(|read| gone.hold(*read) || looked_at.hold(*read))
        };
        set.into_iter().filter(|(name, _)| is_left(name)).map(|(_, span)| span).collect()
    }
}
