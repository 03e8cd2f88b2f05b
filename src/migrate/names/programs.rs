//! The program's name wherever it is written, and in the variables that hold it.

use std::collections::BTreeMap;

use super::{ASKING, Script, is_program, words_of};
use crate::dialect::{iptables_name, successor};
use crate::eval::DECLARING;
use crate::migrate::roles::unquoted;
use crate::migrate::sites::Site;
use crate::syntax::{HereDocument, Kind, Node, here_documents};
use crate::text::{Edit, Span};

impl Script<'_> {
    /// Edits that turn the program's name and the variables that hold it to iptables.
    pub(in crate::migrate) fn program_edits(&self, sites: &[Site<'_>]) -> Vec<Edit> {
        let variables = self.program_variables();
        let mut edits = Vec::new();
        for node in self.root.walk() {
            match node.kind {
                Kind::Name | Kind::ParameterName => self.rename(node, &variables, &mut edits),
                Kind::Assignment | Kind::ForClause => self.assigned_program(node, &mut edits),
                Kind::ParameterBraced => self.default_program(node, &mut edits),
                Kind::Simple => self.mentioned_programs(node, &variables, &mut edits),
                _ => {}
            }
        }
        self.variables_in_documents(&variables, &mut edits);
        self.called_programs(&mut edits);
        self.programs_in_strings(sites, &variables, &mut edits);
        edits.sort();
        edits.dedup();
        edits
    }

    fn rename(&self, node: Node<'_>, variables: &BTreeMap<String, String>, edits: &mut Vec<Edit>) {
        if let Some(new) = variables.get(&self.text(node.span)) {
            edits.push(Edit::replace(node.span, new.clone()));
        }
    }

    /// `IPCHAINS=/sbin/ipchains`, also with words before or behind the program, and `for fw in /sbin/ipchains ...`.
    fn assigned_program(&self, node: Node<'_>, edits: &mut Vec<Edit>) {
        let name = node.child(Kind::Name).map(|name| self.text(name.span)).unwrap_or_default();
        let speaks = name.to_ascii_lowercase().contains("ipchains") || self.is_called(&name);
        let leaves = node.all(Kind::Word).flat_map(|word| word.walk().collect::<Vec<_>>());
        for leaf in leaves.filter(|leaf| matches!(leaf.kind, Kind::Literal | Kind::DoubleText | Kind::SingleText)) {
            let text = self.text(leaf.span);
            for (start, part) in
                words_of(&text).into_iter().filter(|(_, part)| self.is_ours(part) && (speaks || part.contains('/')))
            {
                let begin = leaf.span.start + start as u32;
                let span = Span { start: begin, end: begin + part.len() as u32 };
                edits.push(Edit::replace(span, iptables_name(part)));
            }
        }
    }

    /// `${IPCHAINS:=/sbin/ipchains}`.
    fn default_program(&self, node: Node<'_>, edits: &mut Vec<Edit>) {
        let Some(operand) = node.child(Kind::Operand) else { return };
        let text = self.text(operand.span);
        if is_program(unquoted(&text)) {
            edits.push(Edit::replace(operand.span, iptables_name(&text)));
        }
    }

    /// Words of a command that name a program or a file of the kernel's.
    fn mentioned_programs(&self, node: Node<'_>, variables: &BTreeMap<String, String>, edits: &mut Vec<Edit>) {
        let words: Vec<Node<'_>> = node.all(Kind::Word).collect();
        let head = words.first().map(|word| self.text(word.span)).unwrap_or_default();
        let declares = DECLARING.contains(&head.as_str()) || head == "unset";
        for (at, word) in words.iter().enumerate().skip(1) {
            let text = self.text(word.span);
            let plain = unquoted(&text);
            // `[ "$KIND" = ipchains ]` asks for a word, `[ -x /sbin/ipchains ]` for the program.
            let compares = matches!(head.as_str(), "[" | "test")
                && words.get(at - 1).is_some_and(|before| matches!(self.text(before.span).as_str(), "=" | "==" | "!="));
            if ASKING.contains(&head.as_str()) && !compares {
                let new = if self.is_ours(plain) {
                    Some(iptables_name(&text))
                } else {
                    successor(plain).map(|new| text.replace(plain, new))
                };
                edits.extend(new.map(|new| Edit::replace(word.span, new)));
            } else if declares {
                let (name, value) =
                    text.split_once('=').map_or((text.as_str(), None), |(name, value)| (name, Some(value)));
                let start = word.span.start;
                if let Some(new) = variables.get(name) {
                    edits.push(Edit::replace(Span { start, end: start + name.len() as u32 }, new.clone()));
                }
                if let Some(value) = value.filter(|value| self.is_ours(unquoted(value))) {
                    edits.push(Edit::replace(
                        Span { start: word.span.end - value.len() as u32, end: word.span.end },
                        iptables_name(value),
                    ));
                }
            }
        }
    }

    /// Variables in the texts of here-documents.
    fn variables_in_documents(&self, variables: &BTreeMap<String, String>, edits: &mut Vec<Edit>) {
        for here in here_documents(self.root).filter(HereDocument::expands) {
            let inner = crate::syntax::parse_here_fragment(&self.text(here.body.span));
            let names = inner.root().walk().filter(|node| matches!(node.kind, Kind::Name | Kind::ParameterName));
            for name in names {
                let start = here.body.span.start + name.span.start;
                let span = Span { start, end: start + name.span.len() as u32 };
                let new = variables.get(&self.text(span));
                edits.extend(new.map(|new| Edit::replace(span, new.clone())));
            }
        }
    }

    /// The program in the commands themselves.
    fn called_programs(&self, edits: &mut Vec<Edit>) {
        for word in self.root.walk().filter(|node| node.kind == Kind::Word) {
            let text = self.text(word.span);
            // A backslash keeps an alias away.
            let plain = unquoted(&text).trim_start_matches('\\');
            if self.is_ours(plain) && self.names.hold(word.span) {
                edits.push(Edit::replace(word.span, iptables_name(&text)));
            }
        }
    }

    /// The program in the commands of strings that are run as scripts.
    fn programs_in_strings(&self, sites: &[Site<'_>], variables: &BTreeMap<String, String>, edits: &mut Vec<Edit>) {
        for site in sites.iter().filter(|site| site.string.is_some()) {
            for node in site.node.walk().filter(|node| matches!(node.kind, Kind::Name | Kind::ParameterName)) {
                self.rename(node, variables, edits);
            }
            let head = site.words().into_iter().find(|word| self.is_ours(unquoted(&self.text(*word))));
            edits.extend(head.map(|word| Edit::replace(word, iptables_name(&self.text(word)))));
        }
    }
}
