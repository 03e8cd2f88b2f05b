//! The variables that hold the program, and what they are called then.

use std::collections::{BTreeMap, BTreeSet};

use super::{Script, is_program};
use crate::dialect::iptables_name;
use crate::eval::{DECLARING, Program};
use crate::migrate::Item;
use crate::migrate::roles::{unquoted, variable};
use crate::syntax::{Kind, Node};
use crate::text::{Place, Span};

impl Script<'_> {
    /// Variables whose name speaks of ipchains and that name the program somewhere, with their new names.
    pub(in crate::migrate) fn program_variables(&self) -> BTreeMap<String, String> {
        self.variables_by(|is_taken| !is_taken)
    }

    /// Those of them that keep their names, since the script has another variable of the new one, and that nothing here
    /// sets.
    pub(in crate::migrate) fn variables_kept(&self) -> BTreeMap<String, String> {
        let mut kept = self.variables_by(|is_taken| is_taken);
        // Elsewhere the program changes where the variable is set.
        kept.retain(|name, _| !self.is_set(name));
        kept
    }

    /// What is to be said of their commands.
    pub(in crate::migrate) fn programs_kept(&self) -> Vec<Item> {
        let kept = self.variables_kept();
        let item = |(old, new): (&String, &String)| {
            let source = self.analysis.sources.get(self.analysis.file);
            let of_ipchains = self.analysis.invocations().filter(|(_, _, own)| own.program == Program::Ipchains);
            let names = of_ipchains.map(|(_, _, own)| own.name).filter(|place| place.file == self.analysis.file);
            let places: BTreeSet<Place> =
                names.filter(|place| variable(&self.text(place.span)).as_ref() == Some(old)).collect();
            let lines: BTreeSet<usize> = places.iter().map(|place| source.line(place.span.start)).collect();
            let lines: Vec<String> = lines.iter().map(usize::to_string).collect();
            let message = format!(
                "`${old}` names the program and cannot become `${new}`, which is another variable of the script; see to it \
                 that iptables is named in what has become of {} {}",
                if lines.len() == 1 { "line" } else { "lines" },
                lines.join(", ")
            );
            Some(Item { place: *places.first()?, message, person: true })
        };
        kept.iter().filter_map(item).collect()
    }

    /// The variables that name the program, by whether the new name is taken.
    fn variables_by(&self, wanted: impl Fn(bool) -> bool) -> BTreeMap<String, String> {
        let names = |kinds: &'static [Kind]| {
            self.root.walk().filter(move |node| kinds.contains(&node.kind)).map(|node| self.text(node.span))
        };
        let all: BTreeSet<String> = names(&[Kind::Name, Kind::ParameterName]).collect();
        let renamed = all.iter().filter_map(|name| Some((name.clone(), self.new_name(name)?)));
        renamed.filter(|(_, new)| wanted(all.contains(new))).collect()
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
