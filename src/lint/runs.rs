//! On which runs of the script a finding holds, in words.
//!
//! A finding about rules holds where a run gets to its place, or where its lint says. What every run that
//! touches the rules has in common is not said.

use std::collections::{HashMap, HashSet};

use crate::analysis::Analysis;
use crate::diag::{Diagnostic, Related};
use crate::eval::{Conditions, Question};
use crate::logic::{Formula, Variable};
use crate::model::Value;
use crate::text::Place;

use super::{Category, Lint};

/// More alternatives than these are no help.
const MOST_ALTERNATIVES: usize = 4;

/// Longer conditions are no help either; of those that have to hold together only so many are named.
const MOST_LITERALS: usize = 3;

/// A condition and its outcome.
type Literal = (Variable, bool);

/// For each literal that a text is compared with, which of the texts that is.
type Exclusive = HashMap<Variable, usize>;

/// Says of each finding that does not hold on every run what leads there.
pub(super) fn explain(analysis: &mut Analysis<'_>, findings: &mut [Diagnostic]) {
    let guards = guards(analysis);
    let conditions = &mut analysis.evaluation.conditions;
    let any = guards.values().fold(Formula::FALSE, |any, guard| conditions.formulas.or(any, *guard));
    let exclusive = exclusive(conditions);
    for finding in findings {
        let runs = finding.runs.or_else(|| guards.get(&finding.place).copied().filter(|_| is_about_rules(finding)));
        // A finding about a part of its command has no place of its own among the steps.
        let Some(runs) = runs.filter(|runs| *runs != any) else { continue };
        finding.related.extend(related(conditions, &exclusive, runs, any));
    }
}

/// What a finding about the form of a command says holds wherever the command stands.
fn is_about_rules(finding: &Diagnostic) -> bool {
    let category = Lint::named(finding.code).map(|lint| lint.category);
    matches!(category, Some(Category::Logic | Category::Hazard))
}

/// The runs that get to each command that touches rules.
fn guards(analysis: &mut Analysis<'_>) -> HashMap<Place, Formula> {
    let mut guards: HashMap<Place, Formula> = HashMap::new();
    let steps = analysis.commands().filter(|(step, _)| step.is_live());
    let steps: Vec<(Place, Formula)> = steps.map(|(step, _)| (analysis.written_at(step), step.guard)).collect();
    for (place, guard) in steps {
        let own = guards.entry(place).or_insert(Formula::FALSE);
        *own = analysis.evaluation.conditions.formulas.or(*own, guard);
    }
    guards
}

fn related(conditions: &mut Conditions, exclusive: &Exclusive, runs: Formula, any: Formula) -> Option<Related> {
    let (place, words) = words(conditions, exclusive, runs, any)?;
    Some(Related { place, message: format!("only where {words}"), is_condition: true })
}

/// The runs in words, and where the first condition is asked; `None` where nothing helpful can be said.
fn words(conditions: &mut Conditions, exclusive: &Exclusive, runs: Formula, any: Formula) -> Option<(Place, String)> {
    let mut ways = ways(conditions, runs)?;
    ways.retain(|way| is_possible(way, exclusive));
    for way in &mut ways {
        way.sort();
        way.retain(|literal| !holds_anyway(conditions, any, *literal));
        shorten(way, exclusive);
    }
    ways.sort();
    ways.dedup();
    let common: Vec<Literal> =
        ways.first()?.iter().copied().filter(|own| ways.iter().all(|way| way.contains(own))).collect();
    ways.iter_mut().for_each(|way| way.retain(|literal| !common.contains(literal)));
    // Where one way needs nothing more, neither do the others.
    let open = ways.iter().any(|way| way.is_empty() || way.len() > MOST_LITERALS);
    let rest = (!open && ways.len() > 1).then(|| either(conditions, &ways));
    // Each of them is needed, so that those which are asked last say enough.
    let common = &common[common.len().saturating_sub(MOST_LITERALS - usize::from(rest.is_some()))..];
    let mut shown: Vec<String> =
        rest.into_iter().chain(common.iter().filter_map(|own| clause(conditions, *own))).collect();
    // The same command may be asked several times.
    shown.dedup();
    let (first, _) = common.first().or_else(|| ways.first()?.first())?;
    if shown.is_empty() {
        return None;
    }
    Some((conditions.condition(*first)?.place, shown.join(if open { " and " } else { ", and " })))
}

/// The ways to make a formula hold, one a path of its diagram; `None` where there are too many.
fn ways(conditions: &Conditions, runs: Formula) -> Option<Vec<Vec<Literal>>> {
    let (mut open, mut found) = (vec![(runs, Vec::new())], Vec::new());
    while let Some((at, way)) = open.pop() {
        let Some((variable, low, high)) = conditions.formulas.decision(at) else {
            if at.is_true() {
                found.push(way);
            }
            if at == Formula::UNDECIDED || found.len() > MOST_ALTERNATIVES {
                return None;
            }
            continue;
        };
        for (next, outcome) in [(low, false), (high, true)] {
            open.push((next, [way.as_slice(), &[(variable, outcome)]].concat()));
        }
    }
    (!found.is_empty()).then_some(found)
}

fn exclusive(conditions: &Conditions) -> Exclusive {
    let texts = conditions.alternatives().enumerate();
    texts.flat_map(|(text, literals)| literals.map(move |literal| (literal, text))).collect()
}

/// Whether no text has to be two literals.
fn is_possible(way: &[Literal], exclusive: &Exclusive) -> bool {
    let mut seen = HashSet::new();
    let mut texts = way.iter().filter(|(_, outcome)| *outcome).filter_map(|(variable, _)| exclusive.get(variable));
    texts.all(|text| seen.insert(*text))
}

/// Whether a literal holds on every run that touches the rules.
fn holds_anyway(conditions: &mut Conditions, any: Formula, (variable, outcome): Literal) -> bool {
    let own = conditions.formulas.variable(variable);
    let own = if outcome { own } else { own.opposite() };
    conditions.formulas.implies(any, own)
}

/// A text that is one literal need not be said to be none of the others.
fn shorten(way: &mut Vec<Literal>, exclusive: &Exclusive) {
    let text = |(variable, _): &Literal| exclusive.get(variable).copied();
    let known: Vec<usize> = way.iter().filter(|(_, outcome)| *outcome).filter_map(text).collect();
    way.retain(|literal| literal.1 || text(literal).is_none_or(|text| !known.contains(&text)));
}

/// Alternatives; a text that all of them are about is named once.
fn either(conditions: &Conditions, ways: &[Vec<Literal>]) -> String {
    let literals = ways.iter().map(|way| literal(conditions, way)).collect::<Option<Vec<_>>>();
    if let Some([(text, first), rest @ ..]) = literals.as_deref()
        && rest.iter().all(|(own, _)| own == text)
    {
        let rest = rest.iter().map(|(_, literal)| format!("`{literal}`"));
        return listed(
            std::iter::once(Question::Literal((*text).clone(), (*first).to_owned()).wording(true)).chain(rest),
        );
    }
    let way = |way: &Vec<Literal>| {
        let clauses: Vec<String> = way.iter().filter_map(|literal| clause(conditions, *literal)).collect();
        clauses.join(" and ")
    };
    listed(ways.iter().map(way))
}

/// The text and what it is, where a way says no more than that.
fn literal<'c>(conditions: &'c Conditions, way: &[Literal]) -> Option<(&'c Value, &'c str)> {
    let [(variable, true)] = way else { return None };
    match &conditions.condition(*variable)?.question {
        Question::Literal(text, literal) if !literal.is_empty() => Some((text, literal)),
        _ => None,
    }
}

fn listed(words: impl Iterator<Item = String>) -> String {
    let mut all: Vec<String> = words.collect();
    let last = all.pop().unwrap_or_default();
    if all.is_empty() { last } else { format!("{} or {last}", all.join(", ")) }
}

fn clause(conditions: &Conditions, (variable, outcome): Literal) -> Option<String> {
    Some(conditions.condition(variable)?.question.wording(outcome))
}

#[cfg(test)]
mod tests {
    use crate::lint::judging::findings;

    /// What is said of where the findings of `duplicate-rule` in a script hold.
    fn said(script: &str) -> Vec<String> {
        said_by("duplicate-rule", script)
    }

    fn said_by(name: &'static str, script: &str) -> Vec<String> {
        let (_, findings) = findings(name, script);
        let related = findings.into_iter().flat_map(|finding| finding.related);
        related.map(|own| own.message).filter(|message| message.starts_with("only where")).collect()
    }

    const TWICE: &str = "iptables -A INPUT -p tcp -j DROP; iptables -A INPUT -p tcp -j DROP";

    fn under(around: &str) -> Vec<String> {
        said(&format!("iptables -P INPUT DROP\n{}\n", around.replace("RULES", TWICE)))
    }

    #[test]
    fn a_finding_says_what_leads_to_it() {
        assert_eq!(under("RULES"), Vec::<String>::new());
        assert_eq!(under("if [ -z \"$IP\" ]; then RULES; fi"), ["only where `$IP` is empty"]);
        assert_eq!(under("[ -n \"$IP\" ] && { RULES; }"), ["only where `$IP` is not empty"]);
        assert_eq!(under("case $1 in stop) ;; start) RULES;; esac"), ["only where `$1` is `start`"]);
        assert_eq!(under("case $1 in start|restart) RULES;; esac"), ["only where `$1` is `start` or `restart`"]);
        assert_eq!(
            under("case $1 in stop|status) ;; *) RULES;; esac"),
            ["only where `$1` is not `stop` and `$1` is not `status`"]
        );
        assert_eq!(under("case $IF in ppp*) RULES;; esac"), ["only where `$IF` fits `ppp*`"]);
        assert_eq!(
            under("if grep -q nat /proc/modules; then :; else RULES; fi"),
            ["only where `grep -q nat /proc/modules` fails"]
        );
        assert_eq!(
            under("case $1 in start|restart) if [ -f /etc/web ]; then RULES; fi;; esac"),
            ["only where `$1` is `start` or `restart`, and `[ -f /etc/web ]` holds"]
        );
    }

    #[test]
    fn a_text_is_one_word_at_a_time() {
        let start = "start() { RULES; }; stop() { iptables -F; }";
        let arms = "case $1 in start) start ;; stop) stop ;; restart) stop; start ;; esac";
        let script = format!("{}\n{arms}\n", start.replace("RULES", TWICE.rsplit_once(';').unwrap().0));
        assert_eq!(said_by("missing-final-drop", &script), ["only where `$1` is `start` or `restart`"]);
    }

    #[test]
    fn of_many_conditions_the_innermost_are_said() {
        let nested = "[ -f /a ] && [ -f /b ] && [ -f /c ] && [ -f /d ] && { RULES; }";
        let said = "only where `[ -f /b ]` holds and `[ -f /c ]` holds and `[ -f /d ]` holds";
        assert_eq!(under(nested), [said]);
    }

    #[test]
    fn a_finding_about_the_form_says_which_values_lead_to_it() {
        let port = |script: &str| said_by("port-without-protocol", script);
        let command = "iptables -A INPUT $P --dport 22 -j ACCEPT";
        assert_eq!(
            port(&format!("P=\nif [ -f /etc/web ]; then P='-p tcp'; fi\n{command}\n")),
            ["only where `[ -f /etc/web ]` does not hold"]
        );
        // However the command is come to, its form is wrong.
        assert_eq!(port(&format!("P='-m comment'\n[ -f /etc/web ] && {}\n", command.replace("$P ", ""))), [""; 0]);
    }

    #[test]
    fn what_all_runs_have_in_common_is_not_said() {
        let rest = "iptables -P INPUT DROP\nRULES\n[ -n \"$WEB\" ] && iptables -A INPUT -p tcp -j ACCEPT";
        assert_eq!(said(&format!("[ -x /sbin/iptables ] || exit 0\n{}\n", rest.replace("RULES", TWICE))), [""; 0]);
    }

    #[test]
    fn a_finding_about_a_chain_says_in_which_runs_the_chain_is_closed() {
        let script = |rules: &str| {
            format!(
                "#!/bin/sh\nflush() {{ ipchains -F input; ipchains -P input ${{1:-ACCEPT}}; }}\n\
                 case $1 in\nstart) flush DENY; {rules} ;;\nstop) flush ;;\nesac\n"
            )
        };
        let answers = "ipchains -A input -p tcp ! -y -j ACCEPT";
        for (lint, rules) in [
            ("missing-loopback", answers),
            ("blocks-all-icmp", answers),
            ("missing-established", "ipchains -A input -p tcp -d 0/0 22 -j ACCEPT"),
        ] {
            assert_eq!(said_by(lint, &script(rules)), ["only where `$1` is `start`"], "{lint}");
        }
    }
}
