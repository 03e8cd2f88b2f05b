//! One ipchains command as the iptables commands that do the same.

use std::collections::{BTreeMap, BTreeSet};

use super::layout::{Copy, Layout, Purpose, Side, fits, is_special};
use super::numbers::{Numbers, Position};
use super::roles::{Roles, unquoted};
use super::rule::{Token, Tokens, Trouble, Verdict, Wording, verdict};
use crate::dialect::ipchains::{Opt, Use};
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
    /// Another program.
    Shell(String),
    /// A rule for the end of a chain, which holds after all others.
    Tail(Vec<Token>),
}

/// Stands for an argument that has no text of its own in the script.
pub(super) const NO_TEXT: &str = "\u{0}";

/// Turns anchors from arguments to the words that they are written in; false where a line needs a
/// text that an argument does not have.
pub(super) fn anchor_at_words(lines: &mut [Line], words: &[usize]) -> bool {
    let mut complete = true;
    for line in lines {
        let tokens = match line {
            Line::Filter { tokens, .. } | Line::Tail(tokens) => tokens,
            Line::Shell(text) => {
                complete &= !text.contains(NO_TEXT);
                continue;
            }
        };
        for token in tokens {
            token.anchor = words.get(token.anchor).copied().unwrap_or(usize::MAX);
            complete &= !token.text.contains(NO_TEXT);
        }
    }
    complete
}

/// What is known of a command while it is translated.
pub(super) struct Given<'a> {
    pub(super) step: usize,
    /// It runs in every run that gets so far.
    pub(super) certain: bool,
    /// It counts for what the kernel holds.
    pub(super) counts: bool,
    pub(super) wording: Wording<'a>,
}

/// Translates the commands of a script in the order in which they run.
pub(super) struct Translator<'a> {
    pub(super) layout: &'a Layout<'a>,
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
            Action::Replace { chain, position, rule } => self.replace(given, &known(chain)?, position, rule),
            Action::DeleteNumber { chain, position } => self.delete_number(given, &known(chain)?, position),
            Action::DeleteRule { chain, rules } => self.delete_rules(given, &known(chain)?, rules),
            Action::NewChain { chain }
            | Action::Flush { chain: Some(chain) }
            | Action::DeleteChain { chain: Some(chain) }
                if chain.known().is_none() && !may_be_builtin(chain) =>
            {
                Ok(vec![self.as_it_stands(given)])
            }
            Action::NewChain { chain } => self.each_copy(given, Opt::NewChain, &known(chain)?),
            Action::Flush { chain: Some(chain) } => {
                let chain = known(chain)?;
                if given.counts {
                    self.numbers.flush(Some(&chain), given.certain);
                }
                self.each_copy(given, Opt::Flush, &chain)
            }
            Action::DeleteChain { chain: Some(chain) } => self.each_copy(given, Opt::DeleteChain, &known(chain)?),
            Action::Zero { chain: Some(chain) } => self.each_copy(given, Opt::Zero, &known(chain)?),
            Action::Flush { chain: None } => {
                if given.counts {
                    self.numbers.flush(None, given.certain);
                }
                Ok(self.each_table(given))
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
    fn count_out(&mut self, given: &Given<'_>, chain: &str, at: Option<usize>, rules: &[Rule]) {
        for rule in rules.iter().filter(|_| given.counts) {
            self.numbers.add(chain, at, rule, given.certain, BTreeMap::new());
        }
    }

    fn append(&mut self, given: &Given<'_>, chain: &str, rules: &[Rule]) -> Result<Vec<Line>, Trouble> {
        let head = head(given, Opt::Append, chain)?;
        let mut lines = Vec::new();
        for (number, rule) in rules.iter().enumerate() {
            let mut widths = BTreeMap::new();
            for (at, copy) in self.layout.copies(chain).iter().enumerate() {
                let bodies = self.bodies(given, &head, number, (&rules[0], rule), copy)?;
                widths.insert(copy.clone(), bodies.len());
                let last = bodies.len();
                for (nth, body) in bodies.into_iter().enumerate() {
                    let main = at == 0 && number == 0 && nth + 1 == last;
                    lines.push(self.line(given, &head, copy, "-A", None, body, main)?);
                }
            }
            if given.counts {
                self.numbers.add(chain, None, rule, given.certain, widths);
            }
        }
        Ok(lines)
    }

    fn insert(
        &mut self,
        given: &Given<'_>,
        chain: &str,
        position: &Known<u32>,
        rules: &[Rule],
    ) -> Result<Vec<Line>, Trouble> {
        let head = head(given, Opt::Insert, chain)?;
        let at = *position.as_ref().ok_or(Trouble::RunTime)? as usize;
        let mut lines = Vec::new();
        for (number, rule) in rules.iter().enumerate() {
            let mut widths = BTreeMap::new();
            for (nth_copy, copy) in self.layout.copies(chain).iter().enumerate() {
                let bodies = self.bodies(given, &head, number, (&rules[0], rule), copy)?;
                widths.insert(copy.clone(), bodies.len());
                let single = bodies.len() == 1;
                let first = match self.numbers.position(chain, copy, at) {
                    Position::Same => at,
                    Position::At(first, _) => first,
                    Position::Unknown if at == 1 => 1,
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
                self.numbers.add(chain, Some(at), rule, given.certain, widths);
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
        for (nth_copy, copy) in self.layout.copies(chain).iter().enumerate() {
            let bodies = self.bodies(given, &head, 0, (rule, rule), copy)?;
            widths.insert(copy.clone(), bodies.len());
            let (first, width) = match self.numbers.position(chain, copy, at) {
                Position::Same => (at, 1),
                Position::At(first, width) => (first, width),
                Position::Unknown => return Err(unknown_number()),
            };
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
        if given.counts {
            self.numbers.remove(chain, at);
            self.numbers.add(chain, Some(at), rule, given.certain, widths);
        }
        Ok(lines)
    }

    fn delete_number(&mut self, given: &Given<'_>, chain: &str, position: &Known<u32>) -> Result<Vec<Line>, Trouble> {
        let head = head(given, Opt::Delete, chain)?;
        let mut lines = Vec::new();
        let at = position.as_ref().map(|at| *at as usize);
        for (nth_copy, copy) in self.layout.copies(chain).iter().enumerate() {
            let position = self.numbers.position(chain, copy, at.unwrap_or(1));
            match (position, at) {
                (Position::Same, _) => {
                    lines.push(self.line(given, &head, copy, "-D", None, Tokens::default(), nth_copy == 0)?)
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

    fn delete_rules(&mut self, given: &Given<'_>, chain: &str, rules: &[Rule]) -> Result<Vec<Line>, Trouble> {
        let head = head(given, Opt::Delete, chain)?;
        let mut lines = Vec::new();
        for (number, rule) in rules.iter().enumerate() {
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

    /// What stands behind the chain in each rule of `copy`: tests and target.
    fn bodies(
        &mut self,
        given: &Given<'_>,
        head: &Head<'_>,
        number: usize,
        (first, rule): (&Rule, &Rule),
        copy: &Copy,
    ) -> Result<Vec<Tokens>, Trouble> {
        if !rule.undecided.is_empty() {
            return Err(Trouble::RunTime);
        }
        let wording = &given.wording;
        let tests = wording.tests(first, number > 0, copy.side)?;
        let jump = wording.find(Opt::Jump);
        let anchor = jump.map_or(usize::MAX, |jump| jump.word);
        let mut bodies = Vec::new();
        for effect in wording.effects(rule, head.chain, copy.purpose, self.marks.as_ref())? {
            let mut body = tests.clone();
            effect.into_iter().for_each(|word| body.add(anchor, word));
            bodies.push(body);
        }
        let target = match &rule.target {
            Some(target) => Some(target.name.known().ok_or(Trouble::RunTime)?),
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
        bodies.extend(self.ending(given, tests, target, rule, copy)?);
        if (copy.purpose, copy.side, target, head.chain) == (Purpose::Filter, Side::Forward, Some("MASQ"), "forward") {
            bodies.push(replies(wording, first)?);
        }
        Ok(bodies)
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
        mut body: Tokens,
        target: Option<&str>,
        rule: &Rule,
        copy: &Copy,
    ) -> Result<Option<Tokens>, Trouble> {
        let wording = &given.wording;
        let jump = wording.find(Opt::Jump);
        let (anchor, word) = jump.map_or((usize::MAX, usize::MAX), |jump| (jump.word, jump.value_word()));
        let spelling = jump.map_or("-j".to_owned(), |jump| wording.spelling(jump, "-j"));
        if let (Some(jump), Some(chain)) = (jump, target.filter(|name| !is_special(name))) {
            let name = match copy.purpose {
                Purpose::Filter => self.layout.filter_name(chain, copy.side),
                purpose if self.layout.serves(chain, purpose, copy.side) => {
                    self.layout.other_name(chain, purpose, copy.side)
                }
                _ => return Ok(None),
            };
            body.add(anchor, spelling);
            body.add(word, self.roles.text(&wording.argument(jump), chain, &name)?);
            return Ok(Some(body));
        }
        if (copy.purpose, copy.side, target) == (Purpose::Filter, Side::Input, Some("REDIRECT")) {
            body = redirected(body);
        }
        match verdict(target, copy, redirect_port(wording, rule).as_ref())? {
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
                let text = if plain {
                    self.roles.text(&text, target, &name)?
                } else if is_literal(&text) {
                    name
                } else {
                    return Err(Trouble::RunTime);
                };
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
        let written_out = copy.purpose != Purpose::Filter && copy.name != head.chain;
        let name = if written_out { copy.name.clone() } else { self.roles.text(&text, head.chain, &copy.name)? };
        tokens.add(found.value_word(), name);
        let behind = found.further();
        match number {
            Some(number) => tokens.add(found.value_word(), number.to_string()),
            None => behind.iter().for_each(|word| tokens.add(*word, wording.text(*word))),
        }
        tokens.0.extend(body.0);
        if main {
            tokens.0.sort_by_key(|token| token.anchor);
        }
        Ok(Line::Filter { tokens: tokens.0, main })
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

    /// A command on all chains, for each table that the rules use.
    fn each_table(&self, given: &Given<'_>) -> Vec<Line> {
        let mut lines = vec![self.as_it_stands(given)];
        for table in ["nat", "mangle"].into_iter().filter(|table| self.layout.uses_table(table)) {
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
                        self.roles.text(&given.wording.text(word), chain, &copy.name)?
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
        let target = target.known().ok_or(Trouble::RunTime)?;
        let word = head.found.further().first().copied().unwrap_or_default();
        let (policy, tail) = match (target, side) {
            ("DENY", _) | ("REJECT", Side::Output) => ("DROP", None),
            ("REJECT", Side::Input) => ("DROP", Some(vec!["-A", "INPUT", "-j", "REJECT"])),
            ("REJECT", Side::Forward) => {
                ("DROP", Some(vec!["-A", "FORWARD", "-j", "REJECT", "--reject-with", "icmp-host-unreachable"]))
            }
            ("MASQ", _) => ("ACCEPT", Some(vec!["-t", "nat", "-A", "POSTROUTING", "-j", "MASQUERADE"])),
            (other, _) => (other, None),
        };
        let wording = &given.wording;
        let mut tokens = Tokens::default();
        tokens.add(head.found.word, wording.spelling(head.found, "-P"));
        tokens.add(head.found.value_word(), self.roles.text(&wording.argument(head.found), chain, side.builtin())?);
        let text = wording.text(word);
        tokens.add(
            word,
            if tail.is_some() && !is_literal(&text) {
                return Err(Trouble::RunTime);
            } else {
                self.roles.text(&text, target, policy)?
            },
        );
        let tail = tail.map(|words| {
            Line::Tail(words.into_iter().map(|text| Token { anchor: 0, text: text.to_owned() }).collect())
        });
        Ok(std::iter::once(Line::Filter { tokens: tokens.0, main: true }).chain(tail).collect())
    }
}

/// Whether a chain whose name is known in part may be a built-in one.
pub(super) fn may_be_builtin(chain: &Value) -> bool {
    ["input", "forward", "output"].into_iter().any(|name| fits(chain, name))
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
        Some(_) => wording.find(Opt::Jump)?.further().first().map(|word| Value::Known(wording.text(*word))),
        None => None,
    }
}

/// The tests of a redirected packet as INPUT sees it: by its original destination.
fn redirected(body: Tokens) -> Tokens {
    let mut tokens = Tokens::default();
    let anchor = body.0.last().map_or(0, |token| token.anchor);
    let mut loaded = false;
    let mut old = body.0.into_iter().peekable();
    while let Some(token) = old.next() {
        // An original destination that may be any is no test.
        if matches!(token.text.as_str(), "-d" | "--destination" | "--dst")
            && old.next_if(|next| is_any(unquoted(&next.text))).is_some()
        {
            continue;
        }
        let text = match token.text.as_str() {
            "-d" | "--destination" | "--dst" => "--ctorigdst".to_owned(),
            "--dport" => "--ctorigdstport".to_owned(),
            _ => token.text,
        };
        if text.starts_with("--ctorig") && !loaded {
            loaded = true;
            // A negation stands before its option, and the module before both.
            let bang = tokens.0.last().is_some_and(|last| last.text == "!").then(|| tokens.0.pop()).flatten();
            state(&mut tokens, token.anchor, "DNAT");
            tokens.0.extend(bang);
        }
        tokens.add(token.anchor, text);
    }
    if !loaded {
        state(&mut tokens, anchor, "DNAT");
    }
    tokens
}

fn is_any(text: &str) -> bool {
    matches!(text, "0/0" | "any/0" | "0.0.0.0/0" | "0.0.0.0/0.0.0.0")
}

fn state(tokens: &mut Tokens, anchor: usize, state: &str) {
    ["-m", "conntrack", "--ctstate", state].into_iter().for_each(|word| tokens.add(anchor, word));
}

/// Answers to masqueraded connections pass FORWARD, which ipchains did not ask about them.
fn replies(wording: &Wording<'_>, rule: &Rule) -> Result<Tokens, Trouble> {
    let mut tokens = Tokens::default();
    for found in
        wording.uses.iter().filter(|found| matches!(found.spec.opt, Opt::Source | Opt::Destination | Opt::Interface))
    {
        let only = Wording { uses: std::slice::from_ref(found), ..*wording };
        let kept = only.tests(rule, true, Side::Input);
        let mut own = match kept {
            Ok(own) => own,
            Err(_) => continue,
        };
        own.0.retain(|token| found.port.is_none_or(|port| token.anchor != port.word));
        tokens.0.append(&mut own.0);
    }
    state(&mut tokens, usize::MAX, "ESTABLISHED,RELATED");
    tokens.add(usize::MAX, "-j");
    tokens.add(usize::MAX, "ACCEPT");
    Ok(tokens)
}

/// `-S tcp tcpfin udp` sets kernel parameters; 0 keeps the old value.
fn timeouts(wording: &Wording<'_>) -> Result<Vec<Line>, Trouble> {
    const PARAMETERS: [&[&str]; 3] =
        [&["tcp_timeout_established"], &["tcp_timeout_fin_wait"], &["udp_timeout", "udp_timeout_stream"]];
    let found = wording.find(Opt::Set).filter(|found| found.further().len() == 2).ok_or(Trouble::RunTime)?;
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
