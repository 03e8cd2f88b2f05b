//! Rules that stand behind all others of a built-in chain: policies that iptables only has as rules.
//!
//! A policy holds wherever a script sets it, and such a rule only for packets that come to it. So it stands behind the
//! last command that may add to its chain, and where that is one of a function, behind the call.

use std::collections::HashMap;

use super::Item;
use super::frames::action;
use super::layout::Side;
use super::policies::Policies;
use super::render::Renamed;
use super::sites::{Site, Sites, Written, named, written};
use crate::analysis::Analysis;
use crate::eval::Step;
use crate::logic::Formula;
use crate::model::{Action, Value};
use crate::syntax::{Kind, Node, here_documents};
use crate::text::{Edit, Place, Span};

/// The rules that commands want at the end of a chain.
pub(super) struct LastRules<'a> {
    analysis: &'a Analysis<'a>,
    sites: &'a Sites<'a>,
    text: &'a Renamed<'a>,
    policies: &'a Policies,
    all: Vec<Tail>,
}

struct Tail {
    side: Side,
    /// The whole command.
    line: String,
    /// The command of the script that wants it.
    at: usize,
}

impl<'a> LastRules<'a> {
    pub(super) fn new(
        analysis: &'a Analysis<'a>,
        sites: &'a Sites<'a>,
        text: &'a Renamed<'a>,
        policies: &'a Policies,
    ) -> Self {
        Self { analysis, sites, text, policies, all: Vec::new() }
    }

    /// Wants the command `line` for the end of the built-in chain `chain`, in the place of the command `at`.
    pub(super) fn want(&mut self, chain: &str, line: String, at: usize) {
        let side = Side::ALL.into_iter().find(|side| side.builtin() == chain);
        self.all.extend(side.map(|side| Tail { side, line, at }));
    }

    /// The rules where they stand, and what is to be said about them.
    pub(super) fn put(&self) -> (Vec<Edit>, Vec<Item>) {
        let mut put: Vec<(usize, &Tail)> = Vec::new();
        for tail in &self.all {
            for origin in self.origins(tail) {
                let target = self.last(tail.side, origin).unwrap_or(tail.at);
                // A rule that several commands want stands once behind the last one.
                if !put.iter().any(|(own, other)| *own == target && other.line == tail.line) {
                    put.push((target, tail));
                }
            }
        }
        let edits = put.iter().filter_map(|(target, tail)| self.behind_command(*target, tail)).collect();
        let mut moved: Vec<Item> = Vec::new();
        for (_, tail) in put.iter().filter(|(target, tail)| *target != tail.at) {
            let line = &tail.line;
            let message =
                format!("the policy is the last rule of its chain: `{line}` stands behind the chain's last rule");
            let place = self.sites.get(tail.at).map(|site| Place::new(self.analysis.file, site.extent()));
            let item = place.map(|place| Item { place, message, person: false });
            moved.extend(item.filter(|item| !moved.contains(item)));
        }
        (edits, moved)
    }

    /// The steps of the command that wants a rule, the last one for each kind of run.
    fn origins(&self, tail: &Tail) -> Vec<usize> {
        let steps = self.analysis.evaluation.steps.iter().enumerate();
        let own = steps.filter(|(number, _)| self.wants(*number) && self.site(*number) == Some(tail.at));
        let last: HashMap<Formula, usize> = own.map(|(number, step)| (step.guard, number)).collect();
        let mut all: Vec<usize> = last.into_values().collect();
        all.sort_unstable();
        all
    }

    /// The command behind which a rule for the end of a chain stands that the step `origin` wants: the last one that may
    /// add to the chain in the runs of that step.
    fn last(&self, side: Side, origin: usize) -> Option<usize> {
        let steps = &self.analysis.evaluation.steps;
        let meets = |one: &Step, other: &Step| {
            other.uncalled <= one.uncalled && self.policies.compatible(one.guard, other.guard)
        };
        let wanted = steps.get(origin)?;
        let mut adding = (origin + 1..steps.len()).rev().filter(|number| self.may_add(*number, side));
        let number = adding.find(|number| steps.get(*number).is_some_and(|step| meets(wanted, step)))?;
        let last = steps.get(number)?;
        // What calls of a function add one after another stands before what is behind the last call.
        let called_again = |step: &Step| step.place == last.place && step.calls != last.calls;
        let again = steps.get(origin + 1..number)?.iter().any(|step| called_again(step) && meets(last, step));
        let shared = wanted.calls.iter().zip(&last.calls).take_while(|(one, other)| one == other).count();
        match last.calls.get(shared).filter(|_| again) {
            Some(call) => self.sites.innermost(self.analysis, *call),
            None => self.site(number),
        }
    }

    /// What a step of ipchains does in some run.
    fn action(&self, number: usize) -> Option<&Action> {
        self.analysis.evaluation.steps.get(number).filter(|step| !step.guard.is_false())?;
        action(self.analysis, number)
    }

    /// Whether a step may be one that wants a rule at the end.
    fn wants(&self, number: usize) -> bool {
        matches!(self.action(number), Some(Action::Policy { .. } | Action::Flush { .. } | Action::Append { .. }))
    }

    /// Whether a step may add a rule to the built-in chain of a side.
    fn may_add(&self, number: usize, side: Side) -> bool {
        let may_be = |chain: &Value| chain.known().is_none_or(|name| name == side.chain());
        match self.action(number) {
            Some(Action::Append { chain, .. } | Action::Insert { chain, .. }) => may_be(chain),
            action => matches!(action, Some(Action::Unknown)),
        }
    }

    /// The command of the script that a step runs.
    fn site(&self, number: usize) -> Option<usize> {
        let (step, invocation) = self.analysis.invocation(number)?;
        match written(self.analysis, self.sites, step, invocation) {
            Written::Here { site, .. } => Some(site),
            Written::Mixed => named(self.analysis, self.sites, step, invocation),
        }
    }

    /// A rule behind the command `target`.
    fn behind_command(&self, target: usize, tail: &Tail) -> Option<Edit> {
        let (site, origin) = (self.sites.get(target)?, self.sites.get(tail.at)?);
        let line = &tail.line;
        if let Some(statement) = self.around(site, origin) {
            return Some(self.behind(statement, line));
        }
        if site.listed && self.text.indentation(site.node.span.start).is_none() {
            return Some(Edit::insert(site.extent().end, format!("; {line}")));
        }
        let end = site.statement.end.max(site.extent().end);
        let indentation = self.text.indentation(site.statement.start).unwrap_or_default();
        let joined = target == tail.at && !site.listed;
        let text = if joined { format!("; {line}") } else { format!("\n{indentation}{line}") };
        let trimmed = self.text.source.text(Span { start: site.statement.start, end }).trim_end().len() as u32;
        Some(Edit::insert(site.statement.start + trimmed, text))
    }

    /// The loop or condition around a command, the outermost one in its function that does not hold the other command
    /// as well.
    fn around(&self, site: &Site<'_>, other: &Site<'_>) -> Option<Node<'a>> {
        let (mut node, mut found) = (self.analysis.tree()?.root(), None);
        let inside = |child: &Node<'_>| child.span.contains(site.node.span) && !child.span.is_empty();
        while let Some(next) = node.children().find(inside) {
            match next.kind {
                Kind::Function => found = None,
                Kind::Statement if found.is_none() && !next.span.contains(other.node.span) => found = Some(next),
                _ => {}
            }
            node = next;
        }
        let repeats = |node: &Node<'_>| node.walk().any(|inner| inner.kind == Kind::Compound);
        found.filter(|statement| site.string.is_none() && repeats(statement))
    }

    /// A command behind a statement and the texts that it reads.
    fn behind(&self, statement: Node<'_>, line: &str) -> Edit {
        let source = self.text.source;
        let end = statement.child(Kind::AndOr).map_or(statement.span, |list| list.span).end;
        let documents = self.analysis.tree().into_iter().flat_map(|tree| here_documents(tree.root()));
        let read = documents.filter(|here| statement.span.contains(here.redirect.span)).last();
        let rest = source.text(Span { start: end, end: source.line_span(end).end }).trim_start().to_owned();
        match read {
            // The line that ends the last text.
            Some(here) => {
                let end = source.line_span(here.body.span.end).end;
                Edit::insert(end, format!("\n{line}"))
            }
            None if rest.starts_with(';') => Edit::insert(end, format!("; {line}")),
            None => {
                let indentation = self.text.indentation(statement.span.start).unwrap_or_default();
                let end = if rest.starts_with('#') { source.line_span(end).end } else { end };
                Edit::insert(end, format!("\n{indentation}{line}"))
            }
        }
    }
}
