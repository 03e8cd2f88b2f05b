//! Commands that add, replace and delete rules.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Given, Head, Line, Translator, head, is_literal, words_line};
use crate::dialect::ipchains::Opt;
use crate::migrate::layout::{Copy, Purpose, Side, Stage};
use crate::migrate::numbers::{Position, width};
use crate::migrate::rule::{Token, Tokens, Trouble};
use crate::model::{Known, Rule};

/// What one rule becomes in the copies of its chain.
struct Copies(Vec<(Copy, Vec<Tokens>)>);

impl Translator<'_> {
    pub(super) fn append(&mut self, given: &Given<'_>, chain: &str, rules: &[Arc<Rule>]) -> Result<Vec<Line>, Trouble> {
        let head = head(given, Opt::Append, chain)?;
        let mut lines = Vec::new();
        for (number, rule) in rules.iter().enumerate() {
            let copies = self.copies(&head, (&rules[0], rule), number > 0)?;
            lines.extend(self.each_body(&head, "-A", &copies, number == 0)?);
            if given.counts {
                self.numbers.add(chain, None, rule, given.certain, copies.0.into_iter().collect());
            }
        }
        let joined = Side::of_chain(chain).filter(|_| self.frames.tails.are_joined(given.step));
        let joined = joined.filter(|side| self.rejects_at_the_end(*side));
        lines.extend(joined.map(|side| Line::Behind(side.builtin())));
        Ok(lines)
    }

    pub(super) fn delete_rules(
        &mut self,
        given: &Given<'_>,
        chain: &str,
        rules: &[Arc<Rule>],
    ) -> Result<Vec<Line>, Trouble> {
        let head = head(given, Opt::Delete, chain)?;
        let mut lines = Vec::new();
        for (number, rule) in rules.iter().enumerate() {
            let copies = self.copies(&head, (&rules[0], rule), number > 0);
            // What could match nothing was left out, but counts.
            let never = matches!(copies, Err(Trouble::Never));
            let copies = if never { Copies(Vec::new()) } else { copies? };
            lines.extend(self.delete_rule(&head, rule, copies, number == 0)?);
            if given.counts {
                self.numbers.remove_equal(chain, rule, given.certain);
            }
            if never && lines.is_empty() {
                return Err(Trouble::Never);
            }
        }
        Ok(lines)
    }

    /// Deletes what a rule has become: by its number where deleting what it becomes now would not do.
    fn delete_rule(&mut self, head: &Head<'_>, rule: &Rule, now: Copies, first: bool) -> Result<Vec<Line>, Trouble> {
        let Some(at) = self.numbers.equal(head.chain, rule) else { return self.each_body(head, "-D", &now, first) };
        let bodies: BTreeMap<Copy, Vec<Tokens>> = now.0.iter().cloned().collect();
        let width = |copy: &Copy| width(bodies.get(copy).map(Vec::as_slice).unwrap_or_default());
        let copies = self.layout.copies(head.chain).into_iter();
        let numbered: Vec<Copy> =
            copies.filter(|copy| !self.numbers.became(head.chain, at, rule, copy, width(copy))).collect();
        let by_rule = now.0.into_iter().filter(|(copy, _)| !numbered.contains(copy)).collect();
        let mut lines = self.each_body(head, "-D", &Copies(by_rule), first)?;
        for copy in numbered {
            let place = self.place(head, &copy, at)?;
            lines.extend(self.delete_all(head, &copy, place)?);
        }
        Ok(lines)
    }

    pub(super) fn insert(
        &mut self,
        given: &Given<'_>,
        chain: &str,
        position: &Known<u32>,
        rules: &[Arc<Rule>],
    ) -> Result<Vec<Line>, Trouble> {
        let head = head(given, Opt::Insert, chain)?;
        let Known::Is(at) = position else { return self.at_unknown(&head, "-I", rules) };
        let at = *at as usize;
        let mut lines = Vec::new();
        for (number, rule) in rules.iter().enumerate() {
            let copies = self.copies(&head, (&rules[0], rule), number > 0)?;
            let mut anew = Vec::new();
            for (nth_copy, (copy, bodies)) in copies.0.iter().enumerate() {
                if bodies.len() > 1 && bodies.iter().any(|body| body.1.is_some()) {
                    // Those for one device would not stay together.
                    anew.push(copy.clone());
                    continue;
                }
                let first = match self.position(&head, copy, at) {
                    Position::Same => at,
                    Position::At(first, _) => first,
                    Position::Unknown if at == 1 => 1 + self.ahead(copy),
                    Position::Unknown => {
                        anew.push(copy.clone());
                        continue;
                    }
                };
                let written = bodies.len() == 1 && first == at;
                for (nth, body) in bodies.iter().enumerate() {
                    let place = if written { None } else { Some(number_of(bodies, first, nth)) };
                    let main = written && nth_copy == 0 && number == 0;
                    lines.push(self.line(&head, copy, ("-I", place), body.clone(), main)?);
                }
            }
            if given.counts {
                self.numbers.add(chain, Some(at), rule, given.certain, copies.0.into_iter().collect());
            }
            lines.extend(self.anew(&head, &anew)?);
        }
        Ok(lines)
    }

    pub(super) fn replace(
        &mut self,
        given: &Given<'_>,
        chain: &str,
        position: &Known<u32>,
        rule: &Arc<Rule>,
    ) -> Result<Vec<Line>, Trouble> {
        let head = head(given, Opt::Replace, chain)?;
        let Known::Is(at) = position else { return self.at_unknown(&head, "-R", std::slice::from_ref(rule)) };
        let at = *at as usize;
        let copies = self.copies(&head, (rule, rule), false)?;
        let (mut lines, mut anew) = (Vec::new(), Vec::new());
        for (nth_copy, (copy, bodies)) in copies.0.iter().enumerate() {
            let Ok((first, width)) = self.place(&head, copy, at) else {
                anew.push(copy.clone());
                continue;
            };
            if self.numbers.is_empty(chain) && bodies.len() != 1 {
                return Err(Trouble::Number);
            }
            if bodies.iter().any(|body| body.1.is_some()) {
                // There may be no such device, or several.
                anew.push(copy.clone());
                continue;
            }
            if let (1, [body]) = (width, bodies.as_slice()) {
                let written = first == at;
                let order = ("-R", (!written).then(|| first.to_string()));
                lines.push(self.line(&head, copy, order, body.clone(), written && nth_copy == 0)?);
                continue;
            }
            lines.extend(self.delete_all(&head, copy, (first, width))?);
            for (nth, body) in bodies.iter().enumerate() {
                lines.push(self.line(&head, copy, ("-I", Some((first + nth).to_string())), body.clone(), false)?);
            }
        }
        if given.counts && !self.numbers.is_empty(chain) {
            self.numbers.remove(chain, at, given.certain);
            self.numbers.add(chain, Some(at), rule, given.certain, copies.0.into_iter().collect());
        }
        lines.extend(self.anew(&head, &anew)?);
        Ok(lines)
    }

    pub(super) fn delete_at(
        &mut self,
        given: &Given<'_>,
        command: Opt,
        chain: &str,
        position: &Known<u32>,
    ) -> Result<Vec<Line>, Trouble> {
        let head = head(given, command, chain)?;
        let (mut lines, mut anew) = (Vec::new(), Vec::new());
        let at = position.as_ref().map(|at| *at as usize);
        for (nth_copy, copy) in self.layout.copies(chain).iter().enumerate() {
            match (self.position(&head, copy, at.unwrap_or(1)), at) {
                (Position::Same, _) => {
                    let main = nth_copy == 0 && command == Opt::Delete;
                    lines.push(self.line(&head, copy, ("-D", None), Tokens::default(), main)?)
                }
                (Position::At(first, Some(width)), Some(_)) => {
                    lines.extend(self.delete_all(&head, copy, (first, width))?);
                }
                _ => anew.push(copy.clone()),
            }
        }
        if let (Some(at), true) = (at, given.counts) {
            self.numbers.remove(chain, at, given.certain);
        } else if !anew.is_empty() {
            return Err(Trouble::Number);
        }
        lines.extend(self.anew(&head, &anew)?);
        Ok(lines)
    }

    /// Builds copies anew, of which nobody knows where the rules stand: those whose rules are for the devices that
    /// masquerading takes its address from.
    fn anew(&mut self, head: &Head<'_>, copies: &[Copy]) -> Result<Vec<Line>, Trouble> {
        let mut lines = Vec::new();
        for copy in copies {
            let own = head.given.counts && copy.stage == Stage::Masqueraded;
            let bodies = self.numbers.bodies(head.chain, copy).filter(|_| own).ok_or(Trouble::Number)?;
            // What a variable holds may have changed since.
            if bodies.iter().flat_map(|body| &body.0).any(|token| !is_literal(&token.text)) {
                return Err(Trouble::Number);
            }
            let table = copy.purpose.table().map(|table| format!("-t {table} ")).unwrap_or_default();
            lines.push(words_line(&format!("{table}-F {}", copy.name)));
            for Tokens(tokens, devices, _) in bodies {
                let begin = format!("{table}-A {}", copy.name);
                let words = begin.split(' ').map(|text| Token { anchor: usize::MAX, text: text.to_owned() });
                let tokens = words.chain(tokens).collect();
                lines.push(Line::beside(tokens, devices));
            }
        }
        Ok(lines)
    }

    /// The lines for new rules; those that are left out, or to a person, count.
    pub(super) fn counted(
        &mut self,
        lines: Result<Vec<Line>, Trouble>,
        given: &Given<'_>,
        place: (&str, Option<usize>),
        rules: &[Arc<Rule>],
    ) -> Result<Vec<Line>, Trouble> {
        if matches!(lines, Err(Trouble::Never | Trouble::Person(_))) {
            self.count_out(given, place, rules.iter().map(|rule| &**rule));
        }
        lines
    }

    /// Counts rules that are left out.
    pub(super) fn count_out<'r>(
        &mut self,
        given: &Given<'_>,
        (chain, at): (&str, Option<usize>),
        rules: impl IntoIterator<Item = &'r Rule>,
    ) {
        for rule in rules.into_iter().filter(|_| given.counts) {
            self.numbers.add(chain, at, rule, given.certain, BTreeMap::new());
        }
    }

    /// What a rule becomes; `reversed` says that it is the second one of `-b`, of which `first` is the other.
    fn copies(&mut self, head: &Head<'_>, (first, rule): (&Rule, &Rule), reversed: bool) -> Result<Copies, Trouble> {
        let copies = self.layout.copies(head.chain).into_iter();
        copies
            .map(|copy| Ok((copy.clone(), self.bodies(head, reversed, (first, rule), &copy)?)))
            .collect::<Result<_, _>>()
            .map(Copies)
    }

    /// A command without a number for each rule; the last one of the first copy that has any may stand in the place of
    /// the old one.
    fn each_body(&mut self, head: &Head<'_>, option: &str, copies: &Copies, first: bool) -> Result<Vec<Line>, Trouble> {
        let mut lines = Vec::new();
        let own = copies.0.iter().position(|(_, bodies)| !bodies.is_empty()).filter(|_| first);
        for (at, (copy, bodies)) in copies.0.iter().enumerate() {
            for (nth, body) in bodies.iter().enumerate() {
                let main = own == Some(at) && nth + 1 == bodies.len();
                lines.push(self.line(head, copy, (option, None), body.clone(), main)?);
            }
        }
        Ok(lines)
    }

    /// Deletes `width` rules from the number `first` on.
    fn delete_all(
        &mut self,
        head: &Head<'_>,
        copy: &Copy,
        (first, width): (usize, usize),
    ) -> Result<Vec<Line>, Trouble> {
        (0..width).map(|_| self.line(head, copy, ("-D", Some(first.to_string())), Tokens::default(), false)).collect()
    }

    /// How many rules of the way stand before the script's own.
    fn ahead(&self, copy: &Copy) -> usize {
        match copy.purpose {
            Purpose::Filter => self.layout.route.ahead(&copy.name),
            Purpose::Mangle if copy.name == "POSTROUTING" => usize::from(self.layout.route.changes_masqueraded),
            _ => 0,
        }
    }

    /// A rule with a number that is not known stays at it, if each rule of the chain is one rule in each of its copies.
    fn at_unknown(&mut self, head: &Head<'_>, command: &str, rules: &[Arc<Rule>]) -> Result<Vec<Line>, Trouble> {
        let [rule] = rules else { return Err(Trouble::Number) };
        let copies = self.copies(head, (rule, rule), false)?;
        let mut lines = Vec::new();
        for (copy, bodies) in &copies.0 {
            let ([body], Position::Same) = (bodies.as_slice(), self.position(head, copy, 1)) else {
                return Err(Trouble::Number);
            };
            lines.push(self.line(head, copy, (command, None), body.clone(), lines.is_empty())?);
        }
        if head.given.counts {
            // Which rules have which numbers from here on is not known.
            self.numbers.flush(Some(head.chain), false);
            self.numbers.add(head.chain, None, rule, false, copies.0.into_iter().collect());
        }
        Ok(lines)
    }

    /// Where a rule of an old number stands, behind the rules of the way.
    fn position(&self, head: &Head<'_>, copy: &Copy, at: usize) -> Position {
        let (ahead, present) = (self.ahead(copy), self.frames.present(head.given.step));
        let position = match (self.frames.others.have_numbers(head.given.step), self.wide.contains(head.chain)) {
            (true, true) => Position::Unknown,
            (true, false) => Position::Same,
            (false, _) => self.numbers.position(head.chain, copy, at),
        };
        match position {
            Position::Same if ahead > 0 && present => Position::At(at + ahead, Some(1)),
            Position::At(first, width) if present => Position::At(first + ahead, width),
            other => other,
        }
    }

    /// The number of the first rule that an old one has become, and how many they are.
    fn place(&self, head: &Head<'_>, copy: &Copy, at: usize) -> Result<(usize, usize), Trouble> {
        match self.position(head, copy, at) {
            Position::Same => Ok((at, 1)),
            Position::At(first, Some(width)) => Ok((first, width)),
            Position::At(_, None) | Position::Unknown => Err(Trouble::Number),
        }
    }
}

/// The number of the rule that `bodies` has at `nth`, where the first of them gets the number `first`; one for the log may
/// be there or not.
fn number_of(bodies: &[Tokens], first: usize, nth: usize) -> String {
    match bodies.first().and_then(|body| body.2.as_ref()) {
        Some(flag) if nth > 0 => flag.number_behind(first + nth - 1),
        _ => (first + nth).to_string(),
    }
}
