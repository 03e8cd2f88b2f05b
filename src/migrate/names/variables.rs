//! The variables that hold the program, and what they are called then.

use std::collections::{BTreeMap, BTreeSet};

use super::{Script, is_program};
use crate::dialect::iptables_name;
use crate::eval::{DECLARING, Program};
use crate::migrate::roles::unquoted;
use crate::syntax::{Kind, Node};
use crate::text::Span;

impl Script<'_> {
    /// Variables whose name speaks of ipchains and that name the program somewhere, with their new names.
    pub(in crate::migrate) fn program_variables(&self) -> BTreeMap<String, String> {
        let names = |kinds: &'static [Kind]| {
            self.root.walk().filter(move |node| kinds.contains(&node.kind)).map(|node| self.text(node.span))
        };
        let all: BTreeSet<String> = names(&[Kind::Name, Kind::ParameterName]).collect();
        let renamed = all.iter().filter_map(|name| Some((name.clone(), self.new_name(name)?)));
        renamed.filter(|(_, new)| !all.contains(new)).collect()
    }

    /// The name for a variable that names the program.
    fn new_name(&self, name: &str) -> Option<String> {
        if name.to_ascii_lowercase().contains("ipchains") {
            return self.names_program(name).then(|| iptables_name(name));
        }
        // What `$ipc` is where nothing here sets it is not known, and whoever reads `$ipc -A INPUT` would take it for
        // ipchains.
        let short = Program::of_variable(name) == Some(Program::Ipchains) && self.guessed.contains(name);
        short.then(|| name.replace("ipc", "ipt").replace("IPC", "IPT")).filter(|new| new != name)
    }

    /// The variables among `variables` that nothing here sets, each with the place where it is first read.
    pub(in crate::migrate) fn set_elsewhere<'v>(
        &self,
        variables: &'v BTreeMap<String, String>,
    ) -> Vec<(Span, &'v str, &'v str)> {
        let first = |name: &str| {
            let mut reads = self.root.walk().filter(|node| node.kind == Kind::Word && self.reads(*node, name));
            reads.next().map(|node| node.span)
        };
        let has_default = |name: &str| {
            let defaults = self.root.walk().filter(|node| node.child(Kind::Operand).is_some());
            defaults.filter_map(|node| node.child(Kind::ParameterName)).any(|own| self.text(own.span) == name)
        };
        let unset = variables.iter().filter(|(name, _)| !self.is_set(name) && !has_default(name));
        unset.filter_map(|(name, new)| Some((first(name)?, name.as_str(), new.as_str()))).collect()
    }

    /// Whether the script gives a variable a value.
    fn is_set(&self, name: &str) -> bool {
        self.root.walk().any(|node| self.gives(node, name))
    }

    /// Whether a variable has the value in the rest of the script that it has at `from`.
    pub(in crate::migrate) fn keeps(&self, name: &str, from: Span) -> bool {
        let gives = |node: &Node<'_>| self.gives(*node, name);
        let mut functions = self.root.walk().filter(|node| node.kind == Kind::Function);
        let mut later = self.root.walk().filter(|node| node.span.end > from.start);
        !later.any(|node| gives(&node)) && !functions.any(|function| function.walk().any(|node| gives(&node)))
    }

    /// Whether a piece of the script gives a variable a value.
    pub(super) fn gives(&self, node: Node<'_>, name: &str) -> bool {
        match node.kind {
            Kind::Assignment | Kind::ForClause => self.sets(node, name),
            Kind::Simple => {
                let words: Vec<String> = node.all(Kind::Word).map(|word| self.text(word.span)).collect();
                let given = |word: &String| word.split_once('=').is_some_and(|(own, _)| own == name);
                let reads = words.first().is_some_and(|head| head == "read") && words.iter().any(|word| word == name);
                reads || words.first().is_some_and(|head| DECLARING.contains(&head.as_str())) && words.iter().any(given)
            }
            _ => false,
        }
    }

    /// Whether a variable holds the path of a program of ipchains, or is used as one.
    fn names_program(&self, name: &str) -> bool {
        let assigned = self.root.walk().filter(|node| node.kind == Kind::Assignment).any(|node| {
            let own = node.child(Kind::Name).is_some_and(|own| self.text(own.span) == name);
            own && node.child(Kind::Word).is_some_and(|word| is_program(unquoted(&self.text(word.span))))
        });
        let defaults = self.root.walk().filter(|node| node.kind == Kind::ParameterBraced).any(|node| {
            let own = node.child(Kind::ParameterName).is_some_and(|own| self.text(own.span) == name);
            own && node.child(Kind::Operand).is_some_and(|operand| is_program(unquoted(&self.text(operand.span))))
        });
        assigned || defaults || self.is_called(name)
    }
}
