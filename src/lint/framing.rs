//! What iptables-restore refuses of a save file's lines other than rules, also of one in a here-document.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use crate::analysis::Analysis;
use crate::diag::{Applicability, Diagnostic, Fix, Severity, Variant};
use crate::eval::{Act, HereRules, Step};
use crate::model::{Action, Command, Dialect, builtin_chains};
use crate::syntax::{Form, Kind, Node, Tree, pieces, problems_of_fragment, read_line};
use crate::text::{Edit, Place, Source, Span};

/// Verdicts, which no chain can be called.
const VERDICTS: [&str; 4] = ["ACCEPT", "DROP", "QUEUE", "RETURN"];

/// A chain name is shorter than the 29 bytes that the kernel keeps for it.
const LONGEST_CHAIN: usize = 28;

/// What is wrong with the lines of the file where it is a save file of iptables, unknown lines apart, and with
/// tables that a script restores.
pub(super) fn check(analysis: &Analysis<'_>) -> Vec<Diagnostic> {
    let open = analysis.evaluation.steps.iter().filter(|step| matches!(step.act, Act::Uncommitted));
    let open = open.map(|step| uncommitted(analysis, step.place));
    let of_steps = open.chain(analysis.endings().map(ends_here));
    let lines = save_file(analysis).map(|tree| Frame::new(analysis, false).lines(tree.root())).unwrap_or_default();
    let here = analysis.evaluation.here_rules.iter().filter(|own| own.place.file == analysis.file);
    let here = here.flat_map(|own| here_lines(analysis, own));
    lines.into_iter().chain(here).chain(of_steps).collect()
}

/// What is wrong with the lines of a here-document.
fn here_lines<'a>(analysis: &'a Analysis<'a>, own: &'a HereRules) -> Vec<Diagnostic> {
    let unknown = problems_of_fragment(own.nodes.root(), analysis.sources.get(own.place.file), own.place.file);
    let frame = Frame { here: Some(own), ..Frame::new(analysis, false) };
    [unknown, frame.lines(own.nodes.root())].concat()
}

/// That the restore program ends at a line, which it takes for a question.
fn ends_here(place: Place) -> Diagnostic {
    let message = "iptables-restore answers this and ends: nothing of the table is loaded, nor what follows";
    Diagnostic { severity: Severity::Warning, ..finding(place, message) }.with_help("remove the line")
}

/// The same, and lines of a save file that are unknown, or other lines than rules that a carriage return makes wrong.
pub fn refused(analysis: &Analysis<'_>) -> Vec<Diagnostic> {
    let nodes = save_file(analysis).into_iter().flat_map(|tree| tree.root().named());
    let unknown: HashSet<Span> = nodes.filter(|line| line.kind == Kind::UnknownLine).map(|line| line.span).collect();
    let problems = analysis.tree().into_iter().flat_map(|tree| &tree.problems);
    let problems = problems.filter(|problem| unknown.contains(&problem.place.span)).cloned();
    let exact = save_file(analysis).map(|tree| Frame::new(analysis, true).lines(tree.root())).unwrap_or_default();
    problems.chain(check(analysis)).chain(exact).collect()
}

fn save_file<'a>(analysis: &'a Analysis<'_>) -> Option<&'a Tree> {
    analysis.tree().filter(|tree| tree.form == Form::IptablesSave)
}

fn finding(place: Place, message: impl Into<String>) -> Diagnostic {
    Diagnostic::new("syntax-error", Severity::Error, place, message)
}

/// That the table which is opened at `place` has no `COMMIT`.
fn uncommitted(analysis: &Analysis<'_>, place: Place) -> Diagnostic {
    let message = "this table has no `COMMIT`, so iptables-restore loads nothing of it";
    let finding = finding(place, message).with_help("put a line `COMMIT` after its last rule");
    Diagnostic { fixes: commit_fix(analysis, place).into_iter().collect(), ..finding }
}

/// Puts `COMMIT` behind the last line of the table; what was not loaded is then, so that this is not safe.
fn commit_fix(analysis: &Analysis<'_>, place: Place) -> Option<Fix> {
    let source = analysis.sources.get(place.file);
    let opened = |step: &&Step| !(step.place == place && matches!(step.act, Act::Table { .. }));
    let of_table = |step: &&Step| matches!(step.act, Act::Chain { .. } | Act::Run(_)) && step.place.file == place.file;
    let lines = analysis.evaluation.steps.iter().skip_while(opened).skip(1).take_while(of_table);
    let inside = |at: &Place| at.file == analysis.file && at.span.start >= place.span.start;
    let last = lines.map(|step| step.place).take_while(inside).last().unwrap_or(place);
    (place.file == analysis.file).then_some(())?;
    let end = source.line_span(last.span.start).end;
    let ended = source.bytes().get(end as usize).is_some();
    let edit = if ended { Edit::insert(end + 1, "COMMIT\n") } else { Edit::insert(end, "\nCOMMIT\n") };
    let title = "Put `COMMIT` behind the table".to_owned();
    Some(Fix { title, applicability: Applicability::Unsafe, file: place.file, edits: vec![edit] })
}

struct Frame<'a> {
    analysis: &'a Analysis<'a>,
    source: &'a Source,
    /// Carriage returns count.
    exact: bool,
    /// The here-document that the lines stand in.
    here: Option<&'a HereRules>,
    /// The commands by their lines.
    commands: HashMap<Span, &'a Command>,
    /// The line that opened the table, and its name.
    table: Option<(Span, String)>,
    /// Whether lines outside a table were reported since the last one.
    strays: bool,
    /// The user's chains that the table has so far.
    chains: HashSet<String>,
    found: Vec<Diagnostic>,
}

impl<'a> Frame<'a> {
    fn new(analysis: &'a Analysis<'a>, exact: bool) -> Self {
        let source = analysis.sources.get(analysis.file);
        let commands = analysis.commands().filter(|(step, _)| step.place.file == analysis.file);
        let commands = commands.map(|(step, command)| (step.place.span, command)).collect();
        let (table, chains, found) = (None, HashSet::new(), Vec::new());
        Self { analysis, source, exact, here: None, commands, table, strays: false, chains, found }
    }

    /// What is wrong with the lines.
    fn lines(mut self, root: Node<'_>) -> Vec<Diagnostic> {
        for line in root.named() {
            match line.kind {
                Kind::Table => self.table(line),
                Kind::Chain => self.chain(line),
                Kind::Commit => self.commit(line),
                Kind::Rule => self.rule(line),
                Kind::Comment => self.indentation(line),
                _ => {}
            }
        }
        self.blank_lines(root.span);
        self.found
    }

    /// A line of blanks is a rule without a command.
    fn blank_lines(&mut self, whole: Span) {
        let mut begin = whole.range().start;
        for (piece, line) in pieces(self.source.view().get(whole.range()).unwrap_or_default()) {
            let line = line.strip_suffix('\n').unwrap_or(line);
            let span = Span::new(begin, begin + line.len());
            let line = if self.exact { line.strip_suffix('\r').unwrap_or(line) } else { line };
            if !self.unindented(piece).starts_with('\n') && line.chars().all(|c| matches!(c, ' ' | '\t')) {
                self.say(span, "iptables-restore takes a line of blanks for a rule", "remove the blanks");
            }
            begin += piece.len();
        }
    }

    fn say(&mut self, span: Span, message: impl Into<String>, help: &str) {
        let finding = finding(Place::new(self.analysis.file, span), message);
        self.found.push(if help.is_empty() { finding } else { finding.with_help(help) });
    }

    fn name(&self, line: Node<'_>, kind: Kind) -> Option<String> {
        line.child(kind).map(|child| self.with_carriage_return(child.span))
    }

    /// A text, and the carriage return right behind it where that counts.
    fn with_carriage_return(&self, span: Span) -> String {
        let end = if self.exact && self.behind(span).trim_end_matches('\n') == "\r" { "\r" } else { "" };
        format!("{}{end}", self.source.text(span))
    }

    /// What is read of a line behind a part of it, with the line end.
    fn behind(&self, part: Span) -> Cow<'a, str> {
        self.source.text(Span { start: part.end, end: read_line(self.source, part.start).end })
    }

    /// The last finding holds for one variant only.
    fn only_for(&mut self, variant: Variant) {
        self.found.last_mut().into_iter().for_each(|finding| finding.only = Some(variant));
    }

    /// A line without the tabs at its beginning, where the shell takes them away.
    fn unindented<'t>(&self, line: &'t str) -> &'t str {
        if self.here.is_some_and(|here| here.indented) { line.trim_start_matches('\t') } else { line }
    }

    /// Only rules may be indented: other lines are told by their first byte.
    fn indentation(&mut self, line: Node<'_>) {
        let begin = read_line(self.source, line.span.start).start;
        let before = self.source.text(Span { start: begin, end: line.span.start });
        if self.unindented(&before).starts_with([' ', '\t']) {
            self.say(
                line.span,
                "iptables-restore takes a line that begins with a blank for a rule",
                "remove the blanks",
            );
        }
    }

    fn is_outside(&mut self, line: Node<'_>) -> bool {
        let outside = self.table.is_none();
        if outside && !self.strays {
            self.strays = true;
            self.say(line.span, "this line stands in no table", "put it between a line such as `*filter` and `COMMIT`");
        }
        outside
    }

    /// Commands that make chains, and take them away, count for the lines of chains behind them.
    fn rule(&mut self, line: Node<'_>) {
        if self.is_outside(line) {
            return;
        }
        // Counters stand at the very beginning.
        if line.child(Kind::Counters).is_some() {
            self.indentation(line);
        }
        match self.commands.get(&line.span).map(|command| &command.action) {
            Some(Action::NewChain { chain }) => drop(self.chains.insert(chain.to_string())),
            Some(Action::DeleteChain { chain: Some(chain) }) => drop(self.chains.remove(&chain.to_string())),
            Some(Action::DeleteChain { chain: None }) => self.chains.clear(),
            _ => {}
        }
    }

    fn table(&mut self, line: Node<'_>) {
        self.indentation(line);
        if let Some((open, _)) = self.table.take() {
            self.found.push(uncommitted(self.analysis, Place::new(self.analysis.file, open)));
        }
        let name = self.name(line, Kind::TableName).unwrap_or_default();
        if builtin_chains(Dialect::Iptables, &name).is_none() {
            self.say(line.span, format!("there is no table `{}`", name.escape_debug()), "");
        }
        self.table = Some((line.span, name));
        self.strays = false;
        self.chains.clear();
    }

    fn commit(&mut self, line: Node<'_>) {
        self.indentation(line);
        let behind = self.behind(line.span);
        if behind.starts_with([' ', '\t']) || self.exact && behind.starts_with('\r') {
            self.say(
                line.span,
                "iptables-restore wants nothing behind `COMMIT`, not even a blank",
                "end the line behind it",
            );
        } else if !behind.ends_with('\n') {
            // The legacy variant knows it by its line end.
            let message = "iptables-legacy-restore does not take `COMMIT` without a line end behind it";
            self.say(line.span, message, "end the line");
            self.only_for(Variant::Legacy);
        }
        self.is_outside(line);
        self.table = None;
    }

    fn chain(&mut self, line: Node<'_>) {
        self.indentation(line);
        if self.is_outside(line) {
            return;
        }
        let Some(name) = self.name(line, Kind::ChainName) else { return };
        let table = self.table.as_ref().map(|(_, table)| table.clone()).unwrap_or_default();
        let builtin = builtin_chains(Dialect::Iptables, &table).is_some_and(|mut chains| chains.any(|own| own == name));
        let policy = self.name(line, Kind::ChainPolicy).or_else(|| self.behind_name(line));
        let wrong = match (wrong_policy(&name, policy.as_deref(), builtin), wrong_name(&name)) {
            // Each variant refuses it for a reason of its own.
            (Some(policy), Some(name)) if policy.only != name.only => Some(Wrong { only: None, ..name }),
            (policy, name) => policy.or(name),
        };
        if let Some(Wrong { message, help, only }) = wrong {
            self.say(line.span, message, help);
            only.into_iter().for_each(|variant| self.only_for(variant));
        } else if !builtin && !self.chains.insert(name.clone()) && !self.here.is_some_and(|here| here.keeps) {
            let message = format!("the chain `{name}` is there already, which iptables-legacy-restore refuses");
            self.say(line.span, message, "remove this line");
            self.only_for(Variant::Legacy);
        } else if builtin {
            self.chain_counters(line);
        }
    }

    /// What stands where a policy would, as counters do.
    fn behind_name(&self, line: Node<'_>) -> Option<String> {
        let name = line.child(Kind::ChainName)?;
        let behind = self.behind(name.span);
        behind.split([' ', '\t', '\r', '\n']).find(|word| !word.is_empty()).map(str::to_owned)
    }

    /// What stands behind the policy of a built-in chain are counters where they are restored, and from iptables
    /// 1.8.10 on.
    fn chain_counters(&mut self, line: Node<'_>) {
        let Some(policy) = line.child(Kind::ChainPolicy) else { return };
        let behind = self.behind(policy.span);
        let counters = behind.trim_end_matches('\n').split([' ', '\t']).skip(1).find(|word| !word.is_empty());
        if counters.is_some_and(are_counters) {
            return;
        }
        let shown = counters.map_or("nothing".to_owned(), |word| format!("`{}`", word.escape_debug()));
        if self.here.is_some_and(|here| here.counts) {
            let message = format!("{shown} stands where iptables-restore wants the counters of the chain to restore");
            self.say(line.span, message, "write `[0:0]`");
            if self.source.text(policy.span) == "-" {
                self.only_for(Variant::Nft);
            }
        } else if counters.is_some() {
            let message = format!("{shown} are no counters, and iptables-restore refuses them from 1.8.10 on");
            self.say(line.span, message, "write `[0:0]`, or nothing");
            self.found.last_mut().into_iter().for_each(|finding| finding.severity = Severity::Warning);
        }
    }
}

/// Whether the word begins as the counters of a chain do: whatever follows does not count.
fn are_counters(word: &str) -> bool {
    let numbers = word.strip_prefix('[').and_then(|numbers| numbers.split_once(':'));
    let digits = |number: &str| unsigned(number).bytes().take_while(u8::is_ascii_digit).count();
    let is_number = |number: &str| digits(number) > 0 && digits(number) == unsigned(number).len();
    numbers.is_some_and(|(packets, bytes)| is_number(packets) && digits(bytes) > 0)
}

fn unsigned(number: &str) -> &str {
    number.strip_prefix(['+', '-']).unwrap_or(number)
}

/// What is wrong with the line of a chain.
struct Wrong {
    message: String,
    help: &'static str,
    /// The only variant that refuses it.
    only: Option<Variant>,
}

fn wrong(message: String, help: &'static str, only: Option<Variant>) -> Option<Wrong> {
    Some(Wrong { message, help, only })
}

fn wrong_policy(name: &str, policy: Option<&str>, builtin: bool) -> Option<Wrong> {
    match policy {
        None => {
            let message = format!("the line of the chain `{name}` has no policy");
            wrong(message, "a chain of your own has the policy `-`", None)
        }
        Some("-") => None,
        Some("ACCEPT" | "DROP") if builtin => None,
        Some(_) if !builtin => {
            let message = format!(
                "`{name}` is no built-in chain of this table, and iptables-legacy-restore refuses a policy for it"
            );
            wrong(message, "write `-` for the policy", Some(Variant::Legacy))
        }
        Some(other) => wrong(format!("`{}` is no policy; there are ACCEPT and DROP", other.escape_debug()), "", None),
    }
}

fn wrong_name(name: &str) -> Option<Wrong> {
    if VERDICTS.contains(&name) {
        wrong(format!("`{name}` is a verdict, so no chain can be called so"), "", None)
    } else if name.len() > LONGEST_CHAIN {
        wrong(format!("the name `{name}` is longer than {LONGEST_CHAIN} bytes"), "", None)
    } else if name.starts_with(['-', '!']) {
        let message = format!("iptables-nft-restore refuses the name `{name}`, which begins with `-` or `!`");
        wrong(message, "", Some(Variant::Nft))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::judging::fixed;

    #[test]
    fn a_table_in_a_here_document_gets_its_commit() {
        let script = |end: &str| {
            format!(
                "iptables-restore --noflush <<-RULES\n\t*mangle\n\t-A PREROUTING -j MARK --set-mark 1\n{end}\t# done\n\tRULES\n\
                 iptables -P INPUT DROP\n"
            )
        };
        assert_eq!(fixed("syntax-error", &script("")), script("COMMIT\n"));
    }

    #[test]
    fn a_table_without_rules_gets_its_commit_too() {
        assert_eq!(fixed("syntax-error", "*filter\n:INPUT DROP [0:0]\n"), "*filter\n:INPUT DROP [0:0]\nCOMMIT\n");
        assert_eq!(fixed("syntax-error", "*nat\n*filter\nCOMMIT\n"), "*nat\nCOMMIT\n*filter\nCOMMIT\n");
    }
}
