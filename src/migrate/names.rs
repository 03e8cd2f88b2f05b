//! Names that change: the program's, the variables that hold it, and the values of chain and target variables.

use std::collections::{BTreeMap, BTreeSet};

use super::obsolete;
use super::roles::{Roles, unquoted};
use super::sites::Site;
use crate::analysis::Analysis;
use crate::dialect::iptables_name;
use crate::eval::{DECLARING, Program};
use crate::syntax::{HereDocument, Kind, Node, here_documents};
use crate::text::{Edit, Span};

/// Commands that only show their arguments.
pub(super) const SHOWING: [&str; 4] = ["echo", "printf", "logger", "print"];

/// Commands that ask whether a program or file is there.
pub(super) const ASKING: [&str; 8] = ["[", "test", "which", "type", "hash", "command", "whereis", "ls"];

/// The script as a text with names in it.
pub(super) struct Script<'a> {
    analysis: &'a Analysis<'a>,
    root: Node<'a>,
    /// The words that name a program of ipchains.
    names: BTreeSet<Span>,
    /// The variables in them.
    called: BTreeSet<String>,
}

/// The variables that name the program in the words `text`.
fn program_names(text: &str) -> Vec<String> {
    // Of a string that is run as a script only the first words of its commands are programs.
    let in_string = text.starts_with(['"', '\'']);
    let pieces = text.split(|c| in_string && matches!(c, ';' | '&' | '|'));
    let named = pieces.flat_map(|piece| {
        let piece = piece.trim_start_matches(['"', '\'', ' ', '\t']);
        let end = piece.find([' ', '\t']).filter(|_| in_string).unwrap_or(piece.len());
        variables_in(piece.get(..end).unwrap_or_default())
    });
    named.map(str::to_owned).collect()
}

impl<'a> Script<'a> {
    pub(super) fn new(analysis: &'a Analysis<'a>, root: Node<'a>) -> Self {
        let programs = [Program::Ipchains, Program::IpchainsSave, Program::IpchainsRestore];
        let ours = analysis.invocations().filter(|(_, _, invocation)| programs.contains(&invocation.program));
        let places: BTreeSet<_> = ours.map(|(_, _, invocation)| invocation.name).collect();
        let mut called: BTreeSet<String> =
            places.iter().flat_map(|place| program_names(&analysis.sources.text(*place))).collect();
        // A variable that begins with the value of another one: `tcp="$fw -p tcp"`.
        let assignments: Vec<Node<'_>> = root.walk().filter(|node| node.kind == Kind::Assignment).collect();
        for assignment in assignments.iter().rev() {
            let text = |node: Node<'_>| analysis.sources.get(analysis.file).text(node.span).into_owned();
            if assignment.child(Kind::Name).is_some_and(|name| called.contains(&text(name))) {
                called.extend(
                    assignment
                        .child(Kind::Word)
                        .into_iter()
                        .flat_map(|word| program_names(&text(word)).into_iter().take(1)),
                );
            }
        }
        let names = places.into_iter().filter(|place| place.file == analysis.file).map(|place| place.span).collect();
        Self { analysis, root, names, called }
    }

    fn text(&self, span: Span) -> String {
        self.analysis.sources.get(self.analysis.file).text(span).into_owned()
    }

    /// Edits that turn the program's name and the variables that hold it to iptables.
    pub(super) fn program_edits(&self, sites: &[Site<'_>]) -> Vec<Edit> {
        let variables = self.program_variables();
        let mut edits = Vec::new();
        for node in self.root.walk() {
            match node.kind {
                Kind::Name | Kind::ParameterName => self.rename(node, &variables, &mut edits),
                Kind::Assignment => self.assigned_program(node, &mut edits),
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

    /// Variables whose name speaks of ipchains and that name the program somewhere, with their new names.
    pub(super) fn program_variables(&self) -> BTreeMap<String, String> {
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
        // What another file sets `$ipc` to is not known, and whoever reads `$ipc -A INPUT` would take it for ipchains.
        let short = Program::of_variable(name) == Some(Program::Ipchains) && self.is_called(name) && !self.is_set(name);
        short.then(|| name.replace("ipc", "ipt").replace("IPC", "IPT")).filter(|new| new != name)
    }

    /// The variables among `variables` that nothing here sets, each with the place where it is first read.
    pub(super) fn set_elsewhere<'v>(&self, variables: &'v BTreeMap<String, String>) -> Vec<(Span, &'v str, &'v str)> {
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
        self.root.walk().any(|node| match node.kind {
            Kind::Assignment | Kind::ForClause => self.sets(node, name),
            Kind::Simple => {
                let words: Vec<String> = node.all(Kind::Word).map(|word| self.text(word.span)).collect();
                let given = |word: &String| word.split_once('=').is_some_and(|(own, _)| own == name);
                let reads = words.first().is_some_and(|head| head == "read") && words.iter().any(|word| word == name);
                reads || words.first().is_some_and(|head| DECLARING.contains(&head.as_str())) && words.iter().any(given)
            }
            _ => false,
        })
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

    /// Whether a command's program is named by the variable `name`.
    fn is_called(&self, name: &str) -> bool {
        self.called.contains(name)
    }

    fn rename(&self, node: Node<'_>, variables: &BTreeMap<String, String>, edits: &mut Vec<Edit>) {
        if let Some(new) = variables.get(&self.text(node.span)) {
            edits.push(Edit::replace(node.span, new.clone()));
        }
    }

    /// `IPCHAINS=/sbin/ipchains`, also with words before or behind the program.
    fn assigned_program(&self, node: Node<'_>, edits: &mut Vec<Edit>) {
        let Some(word) = node.child(Kind::Word) else { return };
        let name = node.child(Kind::Name).map(|name| self.text(name.span)).unwrap_or_default();
        let speaks = name.to_ascii_lowercase().contains("ipchains") || self.is_called(&name);
        for leaf in word.walk().filter(|leaf| matches!(leaf.kind, Kind::Literal | Kind::DoubleText | Kind::SingleText))
        {
            let text = self.text(leaf.span);
            for (start, part) in
                words_of(&text).into_iter().filter(|(_, part)| is_program(part) && (speaks || part.contains('/')))
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
                let new = if is_program(plain) {
                    Some(iptables_name(&text))
                } else {
                    obsolete::path(plain).map(|new| text.replace(plain, new))
                };
                edits.extend(new.map(|new| Edit::replace(word.span, new)));
            } else if declares {
                let (name, value) =
                    text.split_once('=').map_or((text.as_str(), None), |(name, value)| (name, Some(value)));
                let start = word.span.start;
                if let Some(new) = variables.get(name) {
                    edits.push(Edit::replace(Span { start, end: start + name.len() as u32 }, new.clone()));
                }
                if let Some(value) = value.filter(|value| is_program(unquoted(value))) {
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
            if is_program(unquoted(&text)) && self.names.iter().any(|name| name.contains(word.span)) {
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
            let head = site.words().into_iter().find(|word| is_program(unquoted(&self.text(*word))));
            edits.extend(head.map(|word| Edit::replace(word, iptables_name(&self.text(word)))));
        }
    }

    /// Whether a word names the program, or is a variable that does.
    pub(super) fn calls_program(&self, word: &str) -> bool {
        let plain = unquoted(word);
        is_program(plain) || super::roles::variable(plain).is_some_and(|name| self.is_called(&name))
    }

    /// Variables among `roles` that are used for something else than rules, or set to what cannot be changed.
    pub(super) fn unfit(&self, roles: &Roles, untranslated: &[Node<'_>]) -> BTreeSet<String> {
        let changed = roles.wanted.iter().filter(|(_, names)| names.iter().any(|(old, new)| old != new));
        let unchanged = |name: &str| untranslated.iter().any(|node| self.reads(*node, name));
        changed
            .filter(|(name, names)| unchanged(name) || !self.may_change(name, names))
            .map(|(name, _)| name.clone())
            .collect()
    }

    fn may_change(&self, name: &str, names: &BTreeMap<String, String>) -> bool {
        let mut fits = true;
        for node in self.root.walk() {
            match node.kind {
                Kind::Assignment if self.sets(node, name) => {
                    fits &= node.child(Kind::Word).is_some_and(|word| self.is_plain(word))
                }
                Kind::Simple => fits &= self.fits_command(node, name),
                Kind::DoubleBracket => fits &= !self.reads(node, name),
                Kind::CaseClause => fits &= node.child(Kind::Word).is_none_or(|word| !self.reads(word, name)),
                _ => {}
            }
        }
        fits && self.values(name).iter().any(|(_, value)| names.contains_key(value))
    }

    fn fits_command(&self, node: Node<'_>, name: &str) -> bool {
        let head = node.child(Kind::Word).map(|word| self.text(word.span)).unwrap_or_default();
        let declared =
            node.all(Kind::Word).any(|word| self.text(word.span).split('=').next() == Some(name)) && head != "echo";
        let rule = self
            .analysis
            .invocations()
            .any(|(_, step, _)| step.place.file == self.analysis.file && node.span.contains(step.place.span));
        !declared && (!self.reads(node, name) || rule || SHOWING.contains(&head.as_str()))
    }

    fn sets(&self, assignment: Node<'_>, name: &str) -> bool {
        assignment.child(Kind::Name).is_some_and(|own| self.text(own.span) == name)
    }

    fn reads(&self, node: Node<'_>, name: &str) -> bool {
        let is_name = |node: Node<'_>| {
            matches!(node.kind, Kind::Parameter | Kind::ParameterBraced)
                && node.named().any(|own| self.text(own.span) == name)
        };
        node.walk().any(is_name)
    }

    /// Whether a word holds no expansion.
    fn is_plain(&self, word: Node<'_>) -> bool {
        !self.text(word.span).contains(['$', '`'])
    }

    /// The literal values that a variable is set to, with their spans.
    fn values(&self, name: &str) -> Vec<(Span, String)> {
        let mut values = Vec::new();
        for node in self.root.walk() {
            let concerned = match node.kind {
                Kind::Assignment => self.sets(node, name),
                Kind::ForClause => node.child(Kind::Name).is_some_and(|own| self.text(own.span) == name),
                _ => false,
            };
            if !concerned {
                continue;
            }
            for word in node.all(Kind::Word) {
                for leaf in
                    word.walk().filter(|leaf| matches!(leaf.kind, Kind::Literal | Kind::DoubleText | Kind::SingleText))
                {
                    let text = self.text(leaf.span);
                    values.extend(words_of(&text).into_iter().map(|(start, part)| {
                        let begin = leaf.span.start + start as u32;
                        (Span { start: begin, end: begin + part.len() as u32 }, part.to_owned())
                    }));
                }
            }
        }
        values
    }

    /// Edits that give the variables of `roles` their new values.
    pub(super) fn role_edits(&self, roles: &Roles) -> Vec<Edit> {
        let mut edits = Vec::new();
        for (name, names) in &roles.wanted {
            for (span, value) in self.values(name) {
                if let Some(new) = names.get(&value).filter(|new| **new != value) {
                    edits.push(Edit::replace(span, new.clone()));
                }
            }
        }
        edits
    }
}

/// The variables that a piece of script reads.
fn variables_in(text: &str) -> impl Iterator<Item = &str> {
    text.split('$').skip(1).map(|rest| {
        let rest = rest.trim_start_matches('{');
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        rest.get(..end).unwrap_or_default()
    })
}

/// Whether `text` is a program of ipchains, with or without its path.
pub(super) fn is_program(text: &str) -> bool {
    let base = text.rsplit('/').next().unwrap_or(text).trim_matches('@');
    matches!(base.to_ascii_lowercase().as_str(), "ipchains" | "ipchains-save" | "ipchains-restore")
        && !text.starts_with("/etc/")
}

/// The words of a text and where they begin.
fn words_of(text: &str) -> Vec<(usize, &str)> {
    let mut words = Vec::new();
    let mut start = None;
    for (at, c) in text.char_indices().chain(std::iter::once((text.len(), ' '))) {
        match (c.is_whitespace(), start) {
            (false, None) => start = Some(at),
            (true, Some(from)) => {
                words.extend(text.get(from..at).map(|word| (from, word)));
                start = None;
            }
            _ => {}
        }
    }
    words
}
