//! What there is to know of a script whose functions are written out, found in one walk over it.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::body::{self, Function};
use crate::analysis::Analysis;
use crate::migrate::roles::unquoted;
use crate::migrate::sites::Site;
use crate::migrate::wrappers::SETTING;
use crate::syntax::{Kind, Node};
use crate::text::{Place, Source, Span, Spans};

/// Commands that run what their words say.
const RUNNING: [&str; 7] = ["eval", "trap", "exec", "command", "time", "export", "unset"];

pub(super) struct Script<'a> {
    pub(super) source: &'a Source,
    analysis: &'a Analysis<'a>,
    /// The simple commands by their first words.
    calls: HashMap<String, Vec<&'a Site<'a>>>,
    functions: Vec<Definition<'a>>,
    /// The functions of each name.
    named: HashMap<String, Vec<usize>>,
    bodies: Spans,
    /// Words that stand where they may be run from.
    said: HashSet<String>,
    /// Where each variable is read, with the function around that.
    reads: HashMap<String, Vec<(Span, Option<Span>)>>,
    /// Where each variable is set.
    sets: HashMap<String, Spans>,
    /// The simple commands of which something may ask how they went: they end a function or a condition.
    asked: HashSet<Span>,
    /// The steps of the file by where they stand.
    steps: Vec<(Span, usize)>,
}

/// A function as it is defined.
struct Definition<'a> {
    node: Node<'a>,
    /// The variables that it sets, as often as it does.
    assigned: Vec<String>,
    /// The first words of its commands.
    heads: HashSet<String>,
}

impl<'a> Script<'a> {
    pub(super) fn new(analysis: &'a Analysis<'a>, root: Node<'a>, sites: &'a [Site<'a>]) -> Self {
        let mut script = Self {
            source: analysis.sources.get(analysis.file),
            analysis,
            calls: HashMap::new(),
            functions: Vec::new(),
            named: HashMap::new(),
            bodies: Spans::default(),
            said: HashSet::new(),
            reads: HashMap::new(),
            sets: HashMap::new(),
            asked: HashSet::new(),
            steps: Vec::new(),
        };
        for site in sites {
            script.calls.entry(script.head(site.node)).or_default().push(site);
        }
        let mut sets = HashMap::new();
        script.find(root, Around { function: None, asked: false }, &mut sets);
        script.sets =
            sets.into_iter().map(|(name, spans): (_, Vec<Span>)| (name, spans.into_iter().collect())).collect();
        script.bodies = script.functions.iter().map(|own| own.node.span).collect();
        let steps = analysis.evaluation.steps.iter().enumerate();
        let here = steps.filter(|(_, step)| step.place.file == analysis.file && !step.uncalled);
        script.steps = here.map(|(at, step)| (step.place.span, at)).collect();
        script.steps.sort_unstable();
        script
    }

    pub(super) fn text(&self, span: Span) -> String {
        self.source.text(span).into_owned()
    }

    fn head(&self, simple: Node<'_>) -> String {
        simple.child(Kind::Word).map(|word| unquoted(&self.text(word.span)).to_owned()).unwrap_or_default()
    }

    /// Takes in a node and what is below it.
    fn find(&mut self, node: Node<'a>, around: Around, sets: &mut HashMap<String, Vec<Span>>) {
        match node.kind {
            Kind::Function => self.define(node),
            Kind::Simple => {
                if around.asked {
                    self.asked.insert(node.span);
                }
                if RUNNING.contains(&self.head(node).as_str()) {
                    self.say(node);
                }
            }
            Kind::Assignment => self.say(node),
            Kind::Parameter | Kind::ParameterBraced => {
                let names = node.named().filter(|own| matches!(own.kind, Kind::Name | Kind::ParameterName));
                for name in names {
                    let name = self.text(name.span);
                    self.reads.entry(name).or_default().push((node.span, around.function));
                }
            }
            _ => {}
        }
        if matches!(node.kind, Kind::Assignment | Kind::Word)
            && let Some((name, _)) = self.source.text(node.span).split_once('=')
        {
            sets.entry(name.to_owned()).or_default().push(node.span);
        }
        let last = node.all(Kind::Statement).last().map(|last| last.span);
        for child in node.children() {
            let asked = match node.kind {
                Kind::List | Kind::Script if last.is_none_or(|last| !last.contains(child.span)) => false,
                Kind::Function | Kind::CommandSubstitution => true,
                Kind::IfClause | Kind::ElifPart | Kind::WhileClause if child.kind == Kind::List => true,
                _ => around.asked,
            };
            let function = if node.kind == Kind::Function { Some(node.span) } else { around.function };
            self.find(child, Around { function, asked }, sets);
        }
    }

    fn define(&mut self, node: Node<'a>) {
        let name = node.child(Kind::FunctionName).map(|name| self.text(name.span)).unwrap_or_default();
        self.named.entry(name).or_default().push(self.functions.len());
        let heads = node.walk().filter(|own| own.kind == Kind::Simple).map(|own| self.head(own)).collect();
        self.functions.push(Definition { node, assigned: self.assigned(node), heads });
    }

    fn say(&mut self, node: Node<'_>) {
        let text = self.source.text(node.span);
        let parts = text.split(|c: char| !c.is_ascii_alphanumeric() && !"_-.:+".contains(c));
        self.said.extend(parts.map(str::to_owned));
    }

    /// The calls of the functions of this name.
    pub(super) fn calls(&self, name: &str) -> &[&'a Site<'a>] {
        self.calls.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// What is known of a function with this body.
    pub(super) fn function(&self, function: Node<'a>, body: Node<'a>) -> Function<'a> {
        let number = self.number(function);
        let called = self.called(number);
        let assigned = self.functions.get(number).map(|own| own.assigned.clone()).unwrap_or_default();
        let shared =
            assigned.iter().filter(|variable| self.is_read_outside(variable, function.span)).cloned().collect();
        let others = called.iter().filter_map(|at| self.functions.get(*at)).flat_map(|other| &other.assigned);
        let changed = others.chain(&assigned).cloned().collect();
        Function { source: self.source, body, assigned, changed, shared, calls_others: !called.is_empty() }
    }

    /// Whether a function is defined once, and known calls are all that becomes of it.
    pub(super) fn is_only_called(&self, name: &str, function: Node<'_>, calls: &[&Site<'_>]) -> bool {
        let once = self.named.get(name).is_some_and(|own| own.len() == 1);
        let inside = |span: Span| function.span.contains(span);
        let fits = |call: &&Site<'_>| {
            let span = call.node.span;
            call.string.is_none() && !inside(span) && (span.start > function.span.end || self.bodies.hold(span))
        };
        let known: Spans = calls.iter().map(|call| call.node.span).collect();
        let known = |place: &Place| place.file == self.analysis.file && known.hold(place.span);
        let seen = |at: &usize| {
            let step = self.analysis.evaluation.steps.get(*at);
            step.is_none_or(|step| step.calls.iter().any(known))
        };
        let first = self.steps.partition_point(|(span, _)| span.start < function.span.start);
        let within = self.steps.iter().skip(first).take_while(|(span, _)| span.start < function.span.end);
        let all_seen = within.filter(|(span, _)| inside(*span)).all(|(_, at)| seen(at));
        once && calls.iter().all(fits) && all_seen && !self.said.contains(name)
    }

    /// Which of the functions this one is.
    fn number(&self, function: Node<'a>) -> usize {
        self.functions.partition_point(|own| own.node.span.start < function.span.start)
    }

    /// The functions that a function calls, and those that they call.
    fn called(&self, function: usize) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        let mut pending = vec![function];
        while let Some(definition) = pending.pop().and_then(|at| self.functions.get(at)) {
            for head in &definition.heads {
                let named = self.named.get(head).map(Vec::as_slice).unwrap_or_default();
                pending.extend(named.iter().filter(|at| found.insert(**at)));
            }
        }
        found
    }

    /// The variables that a piece of the script sets, as often as it does.
    fn assigned(&self, node: Node<'_>) -> Vec<String> {
        let mut names = Vec::new();
        for own in node.walk() {
            match own.kind {
                Kind::Assignment | Kind::ForClause | Kind::ArrayAssignment => {
                    names.extend(own.child(Kind::Name).map(|name| self.text(name.span)));
                }
                Kind::ParameterBraced if own.child(Kind::ParameterOperator).is_some() => {
                    let assigns =
                        own.child(Kind::ParameterOperator).is_some_and(|own| self.text(own.span).ends_with('='));
                    names.extend(own.child(Kind::ParameterName).filter(|_| assigns).map(|name| self.text(name.span)));
                }
                Kind::Simple if self.head(own) != "eval" && SETTING.contains(&self.head(own).as_str()) => {
                    let words = own.all(Kind::Word).skip(1).map(|word| self.text(word.span));
                    // `local NAME` alone sets nothing.
                    let sets =
                        |word: &String| word.contains('=') || !body::DECLARING.contains(&self.head(own).as_str());
                    names.extend(words.filter(sets).filter_map(|word| word.split('=').next().map(str::to_owned)));
                }
                _ => {}
            }
        }
        names
    }

    /// Whether a variable is read outside of a function, and not only behind where it is set there.
    fn is_read_outside(&self, variable: &str, function: Span) -> bool {
        let reads = self.reads.get(variable).map(Vec::as_slice).unwrap_or_default();
        let set_before = |read: Span, around: Span| {
            let before = Span { start: around.start, end: read.start };
            self.sets.get(variable).is_some_and(|sets| sets.lie_in(before))
        };
        let outside = reads.iter().filter(|(read, _)| !function.contains(*read));
        outside.into_iter().any(|(read, around)| around.is_none_or(|around| !set_before(*read, around)))
    }

    /// Whether something may ask how a statement went: it ends a function or a condition.
    pub(super) fn status_counts(&self, command: Node<'_>) -> bool {
        self.asked.contains(&command.span)
    }
}

/// What a node stands in.
#[derive(Clone, Copy)]
struct Around {
    /// The innermost function.
    function: Option<Span>,
    /// Something may ask how it went.
    asked: bool,
}
