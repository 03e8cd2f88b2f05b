//! One ipchains command as the iptables commands that do the same.

use std::sync::Arc;

use std::collections::{BTreeMap, BTreeSet};

use super::frames::Frames;
use super::layout::{Copy, Layout, Purpose, Side, Stage, fits, is_special};
use super::loops::Edge;
use super::numbers::{Numbers, Position};
use super::policies::Policies;
use super::roles::{Roles, variable};
use super::route::is_loopback;
use super::rule::{Before, Devices, Flag, Token, Tokens, Trouble, Verdict, Wording, answered, disguised, verdict};
use super::{rule, runtime};
use crate::dialect::ipchains::{Opt, Use};
use crate::logic::Formula;
use crate::model::{Action, Known, Rule, Value};

/// A command of the output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// A command of the same program.
    Filter {
        /// Its words after the program.
        tokens: Vec<Token>,
        /// It is the old command, rewritten where it stands.
        main: bool,
    },
    /// The same for each of some devices, by which the packet goes.
    EachDevice { tokens: Vec<Token>, devices: Devices },
    /// The same where a word is the flag for the log.
    Flagged { tokens: Vec<Token>, flag: Flag },
    /// Another program.
    Shell(String),
    /// A rule for the end of a chain, which holds after all others.
    Tail(Vec<Token>),
    /// Removes chains, which need not be there.
    Clear(String),
}

fn words_line(words: &str) -> Line {
    let tokens = words.split(' ').map(|text| Token { anchor: usize::MAX, text: text.to_owned() });
    Line::Filter { tokens: tokens.collect(), main: false }
}

/// Stands for an argument that has no text of its own in the script.
pub(super) const NO_TEXT: &str = "\u{0}";

/// What is known of a command while it is translated.
pub(super) struct Given<'a> {
    pub(super) step: usize,
    pub(super) guard: Formula,
    /// It runs in every run that gets so far.
    pub(super) certain: bool,
    /// It counts for what the kernel holds.
    pub(super) counts: bool,
    pub(super) wording: Wording<'a>,
}

/// Translates the commands of a script in the order in which they run.
pub(super) struct Translator<'a> {
    pub(super) layout: &'a Layout<'a>,
    pub(super) policies: &'a Policies,
    pub(super) frames: &'a Frames,
    pub(super) numbers: Numbers,
    pub(super) roles: Roles,
    /// The marks that a packet can have.
    pub(super) marks: Option<BTreeSet<u32>>,
}

/// The words that name the command and its chain.
struct Head<'a> {
    found: &'a Use,
    /// The chain in ipchains.
    chain: &'a str,
}

impl Translator<'_> {
    pub(super) fn translate(&mut self, given: &Given<'_>, action: &Action) -> Result<Vec<Line>, Trouble> {
        let known = |chain: &Value| chain.known().map(str::to_owned).ok_or(Trouble::RunTime);
        match action {
            Action::Append { chain, rules } => {
                let chain = known(chain)?;
                let lines = self.append(given, &chain, rules);
                if lines == Err(Trouble::Never) {
                    self.count_out(given, &chain, None, rules);
                }
                lines
            }
            Action::Insert { chain, position, rules } => {
                let chain = known(chain)?;
                let lines = self.insert(given, &chain, position, rules);
                if lines == Err(Trouble::Never) {
                    self.count_out(given, &chain, position.as_ref().map(|at| *at as usize), rules);
                }
                lines
            }
            Action::Replace { chain, position, rule } => {
                let chain = known(chain)?;
                match self.replace(given, &chain, position, rule) {
                    // What takes the place of the old rule matches nothing, so the old one goes.
                    Err(Trouble::Never) => {
                        let lines = self.delete_at(given, Opt::Replace, &chain, position)?;
                        let at = position.as_ref().map(|at| *at as usize);
                        self.count_out(given, &chain, at, std::slice::from_ref(rule));
                        Ok(lines)
                    }
                    other => other,
                }
            }
            Action::DeleteNumber { chain, position } => self.delete_at(given, Opt::Delete, &known(chain)?, position),
            Action::DeleteRule { chain, rules } => self.delete_rules(given, &known(chain)?, rules),
            Action::NewChain { chain }
            | Action::Flush { chain: Some(chain) }
            | Action::DeleteChain { chain: Some(chain) }
                if chain.known().is_none() && !may_be_builtin(chain) =>
            {
                let copied = |name: &String| fits(chain, name) && self.layout.copies(name).len() > 1;
                match self.layout.user_chains().any(|name| copied(&name)) {
                    true => Err(Trouble::RunTime),
                    false => Ok(vec![self.as_it_stands(given)]),
                }
            }
            Action::NewChain { chain } => self.each_copy(given, Opt::NewChain, &known(chain)?),
            Action::Flush { chain: Some(chain) } => {
                let chain = known(chain)?;
                if given.counts {
                    self.numbers.flush(Some(&chain), given.certain);
                }
                self.flush(given, &chain)
            }
            Action::DeleteChain { chain: Some(chain) } => self.each_copy(given, Opt::DeleteChain, &known(chain)?),
            Action::Zero { chain: Some(chain) } => self.each_copy(given, Opt::Zero, &known(chain)?),
            Action::Flush { chain: None } => {
                if given.counts {
                    self.numbers.flush(None, given.certain);
                }
                let mut lines = self.each_table(given);
                if self.frames.closing.contains(&given.step) {
                    lines.push(words_line("-P FORWARD DROP"));
                }
                lines.extend(self.clear(given));
                Ok(lines)
            }
            Action::DeleteChain { chain: None } | Action::Zero { chain: None } => Ok(self.each_table(given)),
            Action::Policy { chain, target } => self.policy(given, &known(chain)?, target),
            Action::List { chain, .. } => self.list(given, chain.as_ref()),
            Action::ListMasquerading => Ok(vec![Line::Shell("cat /proc/net/nf_conntrack".to_owned())]),
            Action::MasqueradeTimeouts { .. } => timeouts(&given.wording),
            Action::Check { .. } => Err(Trouble::Person(
                "iptables cannot say what would happen to a packet; its `-C` asks whether a rule exists".to_owned(),
            )),
            Action::Information => Ok(vec![self.as_it_stands(given)]),
            Action::RenameChain { .. } | Action::Unknown => Err(Trouble::RunTime),
        }
    }

    /// A rule that can match nothing is left out, but counts where rules are counted.
    fn count_out(&mut self, given: &Given<'_>, chain: &str, at: Option<usize>, rules: &[Arc<Rule>]) {
        for rule in rules.iter().filter(|_| given.counts) {
            self.numbers.add(chain, at, rule, given.certain, BTreeMap::new());
        }
    }

    fn append(&mut self, given: &Given<'_>, chain: &str, rules: &[Arc<Rule>]) -> Result<Vec<Line>, Trouble> {
        let head = head(given, Opt::Append, chain)?;
        let mut lines = Vec::new();
        for (number, rule) in rules.iter().enumerate() {
            let mut widths = BTreeMap::new();
            let mut fixed = given.certain;
            for (at, copy) in self.layout.copies(chain).iter().enumerate() {
                let bodies = self.bodies(given, &head, number, (&rules[0], rule), copy)?;
                widths.insert(copy.clone(), bodies.len());
                fixed &= bodies.iter().all(|body| body.1.is_none() && body.2.is_none());
                let last = bodies.len();
                for (nth, body) in bodies.into_iter().enumerate() {
                    let main = at == 0 && number == 0 && nth + 1 == last;
                    lines.push(self.line(given, &head, copy, "-A", None, body, main)?);
                }
            }
            if given.counts {
                self.numbers.add(chain, None, rule, fixed, widths);
            }
        }
        Ok(lines)
    }

    fn insert(
        &mut self,
        given: &Given<'_>,
        chain: &str,
        position: &Known<u32>,
        rules: &[Arc<Rule>],
    ) -> Result<Vec<Line>, Trouble> {
        let head = head(given, Opt::Insert, chain)?;
        let at = *position.as_ref().ok_or(Trouble::RunTime)? as usize;
        let mut lines = Vec::new();
        for (number, rule) in rules.iter().enumerate() {
            let mut widths = BTreeMap::new();
            let mut fixed = given.certain;
            for (nth_copy, copy) in self.layout.copies(chain).iter().enumerate() {
                let bodies = self.bodies(given, &head, number, (&rules[0], rule), copy)?;
                widths.insert(copy.clone(), bodies.len());
                fixed &= bodies.iter().all(|body| body.1.is_none() && body.2.is_none());
                let single = bodies.len() == 1;
                let first = match self.position(given, chain, copy, at) {
                    Position::Same => at,
                    Position::At(first, _) => first,
                    Position::Unknown if at == 1 => 1 + self.ahead(copy),
                    Position::Unknown => return Err(unknown_number()),
                };
                for (nth, body) in bodies.into_iter().enumerate() {
                    let written = single && first == at;
                    let place = if written { None } else { Some(first + nth) };
                    lines.push(self.line(
                        given,
                        &head,
                        copy,
                        "-I",
                        place,
                        body,
                        written && nth_copy == 0 && number == 0,
                    )?);
                }
            }
            if given.counts {
                self.numbers.add(chain, Some(at), rule, fixed, widths);
            }
        }
        Ok(lines)
    }

    fn replace(
        &mut self,
        given: &Given<'_>,
        chain: &str,
        position: &Known<u32>,
        rule: &Rule,
    ) -> Result<Vec<Line>, Trouble> {
        let head = head(given, Opt::Replace, chain)?;
        let at = *position.as_ref().ok_or(Trouble::RunTime)? as usize;
        let mut lines = Vec::new();
        let mut widths = BTreeMap::new();
        let mut fixed = given.certain;
        for (nth_copy, copy) in self.layout.copies(chain).iter().enumerate() {
            let bodies = self.bodies(given, &head, 0, (rule, rule), copy)?;
            widths.insert(copy.clone(), bodies.len());
            fixed &= bodies.iter().all(|body| body.1.is_none() && body.2.is_none());
            let (first, width) = match self.position(given, chain, copy, at) {
                Position::Same => (at, 1),
                Position::At(first, width) => (first, width),
                Position::Unknown => return Err(unknown_number()),
            };
            if self.numbers.is_empty(chain) && bodies.len() != 1 {
                return Err(unknown_number());
            }
            if width == 1 && bodies.len() == 1 {
                let written = first == at;
                for body in bodies {
                    lines.push(self.line(
                        given,
                        &head,
                        copy,
                        "-R",
                        (!written).then_some(first),
                        body,
                        written && nth_copy == 0,
                    )?);
                }
                continue;
            }
            for _ in 0..width {
                lines.push(self.line(given, &head, copy, "-D", Some(first), Tokens::default(), false)?);
            }
            for (nth, body) in bodies.into_iter().enumerate() {
                lines.push(self.line(given, &head, copy, "-I", Some(first + nth), body, false)?);
            }
        }
        if given.counts && !self.numbers.is_empty(chain) {
            self.numbers.remove(chain, at);
            self.numbers.add(chain, Some(at), rule, fixed, widths);
        }
        Ok(lines)
    }

    fn delete_at(
        &mut self,
        given: &Given<'_>,
        command: Opt,
        chain: &str,
        position: &Known<u32>,
    ) -> Result<Vec<Line>, Trouble> {
        let head = head(given, command, chain)?;
        let mut lines = Vec::new();
        let at = position.as_ref().map(|at| *at as usize);
        for (nth_copy, copy) in self.layout.copies(chain).iter().enumerate() {
            let position = self.position(given, chain, copy, at.unwrap_or(1));
            match (position, at) {
                (Position::Same, _) => {
                    let main = nth_copy == 0 && command == Opt::Delete;
                    lines.push(self.line(given, &head, copy, "-D", None, Tokens::default(), main)?)
                }
                (Position::At(first, width), Some(_)) => {
                    for _ in 0..width {
                        lines.push(self.line(given, &head, copy, "-D", Some(first), Tokens::default(), false)?);
                    }
                }
                _ => return Err(unknown_number()),
            }
        }
        if let (Some(at), true) = (at, given.counts) {
            self.numbers.remove(chain, at);
        }
        Ok(lines)
    }

    fn delete_rules(&mut self, given: &Given<'_>, chain: &str, rules: &[Arc<Rule>]) -> Result<Vec<Line>, Trouble> {
        let head = head(given, Opt::Delete, chain)?;
        let mut lines = Vec::new();
        for (number, rule) in rules.iter().enumerate() {
            if let Some(at) = self.numbers.unlike(chain, rule) {
                for copy in self.layout.copies(chain) {
                    let (first, width) = match self.position(given, chain, &copy, at) {
                        Position::Same => (at, 1),
                        Position::At(first, width) => (first, width),
                        Position::Unknown => return Err(unknown_number()),
                    };
                    for _ in 0..width {
                        lines.push(self.line(given, &head, &copy, "-D", Some(first), Tokens::default(), false)?);
                    }
                }
                if given.counts {
                    self.numbers.remove(chain, at);
                }
                continue;
            }
            for (at, copy) in self.layout.copies(chain).iter().enumerate() {
                let bodies = self.bodies(given, &head, number, (&rules[0], rule), copy)?;
                let last = bodies.len();
                for (nth, body) in bodies.into_iter().enumerate() {
                    lines.push(self.line(
                        given,
                        &head,
                        copy,
                        "-D",
                        None,
                        body,
                        at == 0 && number == 0 && nth + 1 == last,
                    )?);
                }
            }
            if given.counts {
                self.numbers.remove_equal(chain, rule);
            }
        }
        Ok(lines)
    }

    /// How many rules of the way stand before the script's own.
    fn ahead(&self, copy: &Copy) -> usize {
        if copy.purpose == Purpose::Filter { self.layout.route.ahead(&copy.name) } else { 0 }
    }

    /// Where a rule of an old number stands, behind the rules of the way.
    fn position(&self, given: &Given<'_>, chain: &str, copy: &Copy, at: usize) -> Position {
        let ahead = self.ahead(copy);
        match self.numbers.position(chain, copy, at) {
            Position::Same if ahead > 0 && self.frames.present(given.step) => Position::At(at + ahead, 1),
            Position::At(first, width) if self.frames.present(given.step) => Position::At(first + ahead, width),
            other => other,
        }
    }

    /// What stands behind the chain in each rule of `copy`: tests and target.
    fn bodies(
        &mut self,
        given: &Given<'_>,
        head: &Head<'_>,
        number: usize,
        (first, rule): (&Rule, &Rule),
        copy: &Copy,
    ) -> Result<Vec<Tokens>, Trouble> {
        let wording = &given.wording;
        // Where rules are numbered, one must know how many there are.
        let numbered = matches!(head.found.spec.opt, Opt::Insert | Opt::Replace);
        let open = rule.undecided.len() > wording.ports.len() + usize::from(wording.flag.is_some());
        if open || numbered && wording.flag.is_some() {
            return Err(Trouble::RunTime);
        }
        let mut tests = wording.tests(first, number > 0, copy.stage)?;
        match copy.stage {
            stage if stage.is_forwarded() && is_loopback(rule) => return Ok(Vec::new()),
            stage => match self.for_stage(tests, stage, (given.step, first), number > 0) {
                Ok(found) => tests = found,
                Err(Trouble::Never) => return Ok(Vec::new()),
                Err(trouble) => return Err(trouble),
            },
        }
        let jump = wording.find(Opt::Jump);
        let anchor = jump.map_or(usize::MAX, |jump| jump.word);
        let mut bodies = Vec::new();
        if let (Some(flag), Purpose::Filter) = (&wording.flag, copy.purpose) {
            let mut body = Tokens(tests.0.clone(), tests.1.clone(), Some(flag.clone()));
            rule::jump(wording.log(rule, head.chain)).into_iter().for_each(|word| body.add(anchor, word));
            bodies.push(body);
        }
        for effect in wording.effects(rule, head.chain, copy.purpose, self.marks.as_ref())? {
            let mut body = tests.clone();
            effect.into_iter().for_each(|word| body.add(anchor, word));
            bodies.push(body);
        }
        let target = match &rule.target {
            Some(target) => match (target.name.known(), wording.unknown_target(rule)) {
                (Some(name), _) => Some(name),
                (None, Some(text)) if copy.purpose == Purpose::Filter => {
                    bodies.push(self.ending_at_run_time(given, tests, &text, copy));
                    return Ok(bodies);
                }
                // Outside of the filter table it only matters that the rule ends the chain.
                (None, Some(_)) => Some("ACCEPT"),
                (None, None) => return Err(Trouble::RunTime),
            },
            None => None,
        };
        let served = copy.purpose.is_served_by(rule) && copy.purpose != Purpose::Mangle;
        if copy.purpose != Purpose::Filter
            && !served
            && target.is_none_or(is_special)
            && !self.stops(head.chain, copy.purpose, given.step, rule)
        {
            return Ok(bodies);
        }
        let ending = self.ending(given, head.chain, tests, target, rule, copy)?;
        bodies.extend(ending.map(|body| with_rest(body, wording)));
        Ok(bodies)
    }

    /// The rule with a verdict that the script asks a function for when it runs.
    fn ending_at_run_time(&self, given: &Given<'_>, mut body: Tokens, text: &str, copy: &Copy) -> Tokens {
        let jump = given.wording.find(Opt::Jump);
        let (anchor, word) = jump.map_or((usize::MAX, usize::MAX), |jump| (jump.word, jump.value_word()));
        body.add(anchor, jump.map_or("-j".to_owned(), |jump| given.wording.spelling(jump, "-j")));
        body.add(word, runtime::target(copy.stage, text));
        with_rest(body, &given.wording)
    }

    /// The tests of a rule as packets of a stage are to be asked, whose addresses the kernel may have changed;
    /// `reversed` says that the rule is the second one of `-b`.
    fn for_stage(
        &self,
        tests: Tokens,
        stage: Stage,
        (step, rule): (usize, &Rule),
        reversed: bool,
    ) -> Result<Tokens, Trouble> {
        match stage {
            Stage::Masqueraded => disguised(tests, rule, reversed),
            Stage::Reply if self.layout.ports_vary.contains(&step) => Ok(Before::REPLY.tests(tests, rule, reversed)),
            Stage::Reply => Ok(Before::REPLY.tests(answered(tests, rule, reversed)?, rule, reversed)),
            Stage::Relayed => Ok(Before::RELAYED.tests(tests, rule, reversed)),
            _ => Ok(tests),
        }
    }

    /// Whether a rule must keep its packets from later rules of a copy outside of the filter table.
    fn stops(&self, chain: &str, purpose: Purpose, step: usize, rule: &Rule) -> bool {
        let drops = rule.target.as_ref().is_some_and(|target| target.name.is("DENY") || target.name.is("REJECT"));
        (!drops || purpose.heeds_drops()) && self.layout.hides(chain, purpose, step, rule)
    }

    /// The rule that carries the verdict.
    fn ending(
        &mut self,
        given: &Given<'_>,
        chain: &str,
        mut body: Tokens,
        target: Option<&str>,
        rule: &Rule,
        copy: &Copy,
    ) -> Result<Option<Tokens>, Trouble> {
        let wording = &given.wording;
        let jump = wording.find(Opt::Jump);
        let (anchor, word) = jump.map_or((usize::MAX, usize::MAX), |jump| (jump.word, jump.value_word()));
        let spelling = jump.map_or("-j".to_owned(), |jump| wording.spelling(jump, "-j"));
        if let (Some(jump), Some(next)) = (jump, target.filter(|name| !is_special(name))) {
            match self.layout.loops.edge(chain, next) {
                Edge::Plain => {}
                Edge::Closes if copy.purpose == Purpose::Filter => {
                    body.add(anchor, spelling);
                    body.add(word, "DROP");
                    return Ok(Some(body));
                }
                Edge::Closes => return Ok(None),
                Edge::Depends => {
                    return Err(Trouble::Person(
                        "this jump closes a loop for some packets, which ipchains dropped; iptables has no such rule"
                            .to_owned(),
                    ));
                }
            }
            let name = match copy.purpose {
                Purpose::Filter => self.layout.filter_name(next, copy.stage),
                purpose if self.layout.serves(next, purpose, copy.stage.side()) => {
                    self.layout.other_name(next, purpose, copy.stage.side())
                }
                _ => return Ok(None),
            };
            body.add(anchor, spelling);
            body.add(word, self.roles.text(&wording.argument(jump), next, &name));
            return Ok(Some(body));
        }
        match verdict(target, copy, &self.layout.route, redirect_port(wording, rule).as_ref()) {
            Verdict::Omit => Ok(None),
            Verdict::Count => Ok(Some(body)),
            Verdict::To(words) => {
                body.add(anchor, spelling);
                let mut words = words.into_iter();
                let (Some(jump), Some(target)) = (jump, target) else { return Ok(Some(body)) };
                let name = words.next().unwrap_or_default();
                let rest: Vec<String> = words.collect();
                let plain =
                    copy.purpose == Purpose::Filter && rest.is_empty() && !matches!(target, "MASQ" | "REDIRECT");
                let text = wording.argument(jump);
                let text = if plain { self.roles.text(&text, target, &name) } else { name };
                body.add(word, text);
                rest.into_iter().for_each(|text| body.add(word, text));
                Ok(Some(body))
            }
        }
    }

    /// A whole command: table, command, chain, number, and what stands behind.
    #[allow(clippy::too_many_arguments)]
    fn line(
        &mut self,
        given: &Given<'_>,
        head: &Head<'_>,
        copy: &Copy,
        option: &str,
        number: Option<usize>,
        body: Tokens,
        main: bool,
    ) -> Result<Line, Trouble> {
        let wording = &given.wording;
        let found = head.found;
        let mut tokens = Tokens::default();
        if let Some(table) = copy.purpose.table() {
            tokens.add(found.word, "-t");
            tokens.add(found.word, table);
        }
        let own = wording.spelling(found, option);
        tokens.add(
            found.word,
            if own.starts_with("--") && !same_command(&own, option) { option.to_owned() } else { own },
        );
        let text = wording.argument(found);
        // Another table's chain of another name is written out; where that differs from run to run, so do the lines.
        let own_stage = matches!(copy.stage, Stage::Input | Stage::Output | Stage::Forward);
        let written_out = (copy.purpose != Purpose::Filter || !own_stage) && !copy.name.starts_with(head.chain);
        let name = if written_out { copy.name.clone() } else { self.roles.text(&text, head.chain, &copy.name) };
        tokens.add(found.value_word(), name);
        let behind = found.further();
        match number {
            Some(number) => tokens.add(found.value_word(), number.to_string()),
            None => behind.iter().for_each(|word| tokens.add(*word, wording.text(*word))),
        }
        tokens.0.extend(body.0);
        let main = main && body.1.is_none() && body.2.is_none();
        if main {
            tokens.0.sort_by_key(|token| token.anchor);
        }
        match (body.1, body.2) {
            (Some(_), Some(_)) => Err(Trouble::RunTime),
            (Some(devices), None) => Ok(Line::EachDevice { tokens: tokens.0, devices }),
            (None, Some(flag)) => Ok(Line::Flagged { tokens: tokens.0, flag }),
            (None, None) => Ok(Line::Filter { tokens: tokens.0, main }),
        }
    }

    /// A command on one chain, for each of its copies.
    fn each_copy(&mut self, given: &Given<'_>, opt: Opt, chain: &str) -> Result<Vec<Line>, Trouble> {
        let head = head(given, opt, chain)?;
        let option = head.found.spec.name();
        let copies = self.layout.copies(chain);
        let mut lines = Vec::new();
        for (at, copy) in copies.iter().enumerate() {
            lines.push(self.line(given, &head, copy, &option, None, Tokens::default(), at == 0)?);
        }
        Ok(lines)
    }

    /// Empties a chain; before the way of forwarded packets is laid, what an earlier run has left of it too.
    fn flush(&mut self, given: &Given<'_>, chain: &str) -> Result<Vec<Line>, Trouble> {
        let head = head(given, Opt::Flush, chain)?;
        let option = head.found.spec.name();
        let present = self.frames.present(given.step);
        let side = Side::of_chain(chain);
        let mut lines = Vec::new();
        let mut copies = self.layout.copies(chain);
        if copies.is_empty() && side == Some(Side::Forward) && !present {
            copies.push(Copy { purpose: Purpose::Filter, stage: Stage::Forward, name: "FORWARD".to_owned() });
        }
        for copy in copies {
            let frame = side.is_some() && copy.purpose == Purpose::Filter && copy.name.starts_with("fwd-");
            let name = match frame && !present {
                true if copy.stage == Stage::Forward => "FORWARD".to_owned(),
                true => continue,
                false => copy.name.clone(),
            };
            let main = lines.is_empty();
            lines.push(self.line(given, &head, &Copy { name, ..copy }, &option, None, Tokens::default(), main)?);
        }
        if side == Some(Side::Forward) && self.layout.route.masquerades() && !present {
            lines.push(words_line("-t nat -F POSTROUTING"));
        }
        for head in self.layout.route.heads(side).into_iter().filter(|_| present) {
            lines.push(words_line(&head));
        }
        if side == Some(Side::Forward) {
            lines.extend(self.clear(given));
        }
        Ok(lines)
    }

    /// Removes the chains of the way where no rules follow.
    fn clear(&self, given: &Given<'_>) -> Option<Line> {
        let chains = self.layout.route.chains();
        (self.frames.is_over(given.step) && !chains.is_empty()).then(|| Line::Clear(chains.join(" ")))
    }

    /// A command on all chains, for each table that the rules use.
    fn each_table(&self, given: &Given<'_>) -> Vec<Line> {
        let mut lines = vec![self.as_it_stands(given)];
        let masquerades = self.layout.route.masquerades();
        let used = |table: &&str| self.layout.uses_table(table) || (*table == "nat" && masquerades);
        for table in ["nat", "mangle"].into_iter().filter(used) {
            let mut tokens = Tokens::default();
            tokens.add(0, "-t");
            tokens.add(0, table);
            (0..given.wording.words.len()).for_each(|word| tokens.add(word, given.wording.text(word)));
            lines.push(Line::Filter { tokens: tokens.0, main: false });
        }
        lines
    }

    fn as_it_stands(&self, given: &Given<'_>) -> Line {
        let mut tokens = Tokens::default();
        (0..given.wording.words.len()).for_each(|word| tokens.add(word, given.wording.text(word)));
        Line::Filter { tokens: tokens.0, main: true }
    }

    fn list(&mut self, given: &Given<'_>, chain: Option<&Value>) -> Result<Vec<Line>, Trouble> {
        let Some(chain) = chain else { return Ok(vec![self.as_it_stands(given)]) };
        let chain = chain.known().ok_or(Trouble::RunTime)?;
        let head = head(given, Opt::List, chain)?;
        let mut lines = Vec::new();
        for copy in self.layout.copies(chain).iter().filter(|copy| copy.purpose == Purpose::Filter) {
            let mut tokens = Tokens::default();
            for word in 0..given.wording.words.len() {
                let name = word == head.found.value_word();
                tokens.add(
                    word,
                    if name {
                        self.roles.text(&given.wording.text(word), chain, &copy.name)
                    } else {
                        given.wording.text(word)
                    },
                );
            }
            lines.push(Line::Filter { tokens: tokens.0, main: lines.is_empty() });
        }
        Ok(lines)
    }

    fn policy(&mut self, given: &Given<'_>, chain: &str, target: &Value) -> Result<Vec<Line>, Trouble> {
        let head = head(given, Opt::Policy, chain)?;
        let side = Side::of_chain(chain).ok_or(Trouble::RunTime)?;
        let word = head.found.further().first().copied().unwrap_or_default();
        let Some(target) = target.known() else { return self.policy_at_run_time(given, &head, side, word) };
        let route = &self.layout.route;
        let policy = match side {
            Side::Forward if route.is_staged() => self.forward_policy(given, side, target),
            _ if matches!(target, "DENY" | "REJECT") => "DROP",
            _ => "ACCEPT",
        };
        let wording = &given.wording;
        let mut tokens = Tokens::default();
        tokens.add(head.found.word, wording.spelling(head.found, "-P"));
        tokens.add(head.found.value_word(), self.roles.text(&wording.argument(head.found), chain, side.builtin()));
        let text = self.roles.text(&wording.text(word), target, policy);
        // A policy that is set again later needs no rule at the end.
        let finals = self.policies.possible(side, given.guard, usize::MAX);
        let rejects = target == "REJECT" && side == Side::Input && finals.contains("REJECT");
        if rejects && finals.len() > 1 {
            return Err(Trouble::RunTime);
        }
        tokens.add(word, text);
        let mut lines = vec![Line::Filter { tokens: tokens.0, main: true }];
        if self.frames.lasts(given.step) {
            for joint in route.joints().into_iter().filter(|joint| joint.stage.side() == side) {
                let verdict = route.verdict(target, joint.stage).join(" ");
                lines.push(words_line(&format!("-R {} {} -j {verdict}", joint.chain, joint.policy_number())));
            }
        } else if side != Side::Forward && route.is_staged() && !self.sets_forward(given) {
            lines.push(words_line(&format!("-P FORWARD {}", self.forward_policy(given, side, target))));
        }
        if rejects {
            let words = ["-A", "INPUT", "-j", "REJECT"];
            lines.push(Line::Tail(words.map(|text| Token { anchor: 0, text: text.to_owned() }).to_vec()));
        }
        Ok(lines)
    }

    /// A policy that the script asks a function for when it runs.
    fn policy_at_run_time(
        &mut self,
        given: &Given<'_>,
        head: &Head<'_>,
        side: Side,
        word: usize,
    ) -> Result<Vec<Line>, Trouble> {
        let (wording, route) = (&given.wording, &self.layout.route);
        let text = wording.text(word);
        if variable(&text).is_none() {
            return Err(Trouble::RunTime);
        }
        let closed = side == Side::Forward && route.is_staged() && self.forward_policy(given, side, "ACCEPT") == "DROP";
        let mut tokens = Tokens::default();
        tokens.add(head.found.word, wording.spelling(head.found, "-P"));
        let name = self.roles.text(&wording.argument(head.found), head.chain, side.builtin());
        tokens.add(head.found.value_word(), name);
        tokens.add(word, if closed { "DROP".to_owned() } else { runtime::policy(&text) });
        let mut lines = vec![Line::Filter { tokens: tokens.0, main: true }];
        if self.frames.lasts(given.step) {
            for joint in route.joints().into_iter().filter(|joint| joint.stage.side() == side) {
                let verdict = runtime::target(joint.stage, &text);
                lines.push(words_line(&format!("-R {} {} -j {verdict}", joint.chain, joint.policy_number())));
            }
        } else if side != Side::Forward && route.is_staged() && !self.sets_forward(given) {
            lines.push(words_line("-P FORWARD DROP"));
        }
        if side == Side::Input {
            // The policy may be REJECT, which iptables only has as a rule.
            let words = ["-A", "INPUT", "-j", &runtime::target(Stage::Input, &text)].map(str::to_owned);
            lines.push(Line::Tail(words.map(|text| Token { anchor: 0, text }).to_vec()));
        }
        Ok(lines)
    }

    /// The policy of FORWARD where there are no rules: packets pass if all three chains let them.
    fn forward_policy(&self, given: &Given<'_>, side: Side, target: &str) -> &'static str {
        let others = Side::ALL.into_iter().filter(|other| *other != side);
        let open = |other: Side| self.policies.known(other, given.guard, given.step) == Some("ACCEPT");
        if target == "ACCEPT" && others.into_iter().all(open) { "ACCEPT" } else { "DROP" }
    }

    /// Whether the policy of forward comes to be set beside this one.
    fn sets_forward(&self, given: &Given<'_>) -> bool {
        self.policies.follows(Side::Forward, given.guard, given.step)
    }
}

/// Whether a chain whose name is known in part may be a built-in one.
pub(super) fn may_be_builtin(chain: &Value) -> bool {
    ["input", "forward", "output"].into_iter().any(|name| fits(chain, name))
}

/// The rule with what is left of the word that may be the flag for the log, which is nothing if it is one.
fn with_rest(mut body: Tokens, wording: &Wording<'_>) -> Tokens {
    let word = wording.find(Opt::Jump).map_or(usize::MAX, Use::value_word);
    if let (Some(flag), Some(target)) = (&wording.flag, body.0.iter_mut().rfind(|token| token.anchor == word)) {
        target.text.push_str(&flag.rest());
    }
    body
}

fn head<'a>(given: &Given<'a>, opt: Opt, chain: &'a str) -> Result<Head<'a>, Trouble> {
    given.wording.find(opt).map(|found| Head { found, chain }).ok_or(Trouble::RunTime)
}

fn unknown_number() -> Trouble {
    Trouble::Person(
        "which rule has this number depends on the run, and one ipchains rule may be several iptables rules".to_owned(),
    )
}

fn same_command(long: &str, option: &str) -> bool {
    let pairs = [
        ("--append", "-A"),
        ("--insert", "-I"),
        ("--replace", "-R"),
        ("--delete", "-D"),
        ("--flush", "-F"),
        ("--zero", "-Z"),
        ("--new-chain", "-N"),
        ("--delete-chain", "-X"),
    ];
    pairs.contains(&(long, option))
}

/// Text without anything that the shell expands.
pub(super) fn is_literal(text: &str) -> bool {
    !text.contains(['$', '`'])
}

fn redirect_port(wording: &Wording<'_>, rule: &Rule) -> Option<Value> {
    let option = rule.target.as_ref()?.options.iter().find(|option| option.name == "port")?;
    match &option.argument {
        Some(crate::model::Argument::Number(0)) => Some("0".into()),
        Some(_) => wording.find(Opt::Jump)?.further().first().map(|word| Value::from(wording.text(*word))),
        None => None,
    }
}

/// `-S tcp tcpfin udp` sets kernel parameters; 0 keeps the old value.
fn timeouts(wording: &Wording<'_>) -> Result<Vec<Line>, Trouble> {
    const PARAMETERS: [&[&str]; 3] =
        [&["tcp_timeout_established"], &["tcp_timeout_fin_wait"], &["udp_timeout", "udp_timeout_stream"]];
    let found = wording.find(Opt::Set).ok_or(Trouble::RunTime)?;
    let all = wording.text(found.value_word());
    if found.further().is_empty() && all.starts_with('$') && variable(&all).is_some() {
        // All three are in one variable.
        let set = PARAMETERS.iter().zip(1..).flat_map(|(names, number)| {
            names
                .iter()
                .map(move |name| format!("[ ${number} = 0 ] || sysctl -w net.netfilter.nf_conntrack_{name}=${number}"))
        });
        let commands: Vec<String> = std::iter::once(format!("set -- {all}")).chain(set).collect();
        return Ok(vec![Line::Shell(format!("({})", commands.join("; ")))]);
    }
    if found.further().len() != 2 {
        return Err(Trouble::RunTime);
    }
    let words = std::iter::once(found.value_word()).chain(found.further().iter().copied());
    let mut lines = Vec::new();
    for (word, parameters) in words.zip(PARAMETERS) {
        let text = wording.text(word);
        if wording.words.get(word).and_then(|word| word.known()) == Some("0") {
            continue;
        }
        let guard = if is_literal(&text) { String::new() } else { format!("[ {text} = 0 ] || ") };
        lines.extend(
            parameters
                .iter()
                .map(|name| Line::Shell(format!("{guard}sysctl -w net.netfilter.nf_conntrack_{name}={text}"))),
        );
    }
    Ok(if lines.is_empty() { vec![Line::Shell(":".to_owned())] } else { lines })
}
