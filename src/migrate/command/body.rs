//! What stands behind the chain in the rules that one rule becomes.

use super::{Given, Head, Translator};
use crate::dialect::ipchains::{Opt, Use};
use crate::migrate::layout::{Copy, Purpose, Stage, is_special};
use crate::migrate::loops::Edge;
use crate::migrate::rule::{Before, Flag, Tokens, Trouble, Verdict, Wording, answered, disguised, verdict};
use crate::migrate::{rule, runtime};
use crate::model::{Argument, Known, Match, Rule, Test, Word};

impl Translator<'_> {
    /// What stands behind the chain in each rule of `copy`: tests and target.
    pub(super) fn bodies(
        &mut self,
        head: &Head<'_>,
        reversed: bool,
        (first, rule): (&Rule, &Rule),
        copy: &Copy,
    ) -> Result<Vec<Tokens>, Trouble> {
        let given = head.given;
        let wording = &given.wording;
        // Where rules are numbered, one must know how many there are; the first one may have one for the log before it.
        let number = head.found.further().first().map(|at| wording.text(*at));
        let at_head = number.is_none_or(|number| number == "1") && matches!(wording.flag, Some(Flag::Parameter(_)));
        let numbered = head.found.spec.opt == Opt::Replace || head.found.spec.opt == Opt::Insert && !at_head;
        let open = rule.undecided.len() > wording.ports.len() + usize::from(wording.flag.is_some());
        let negated = |(text, word): (&String, &Word)| word.known().is_none() && self.layout.may_be_negated(text);
        let negated = wording.texts.iter().zip(wording.words).any(negated);
        if open || negated || numbered && wording.flag.is_some() {
            return Err(Trouble::RunTime);
        }
        let mut tests = wording.tests(first, reversed, copy.stage)?;
        if self.layout.is_never((head.chain, copy), given.step, rule) {
            return Ok(Vec::new());
        }
        match self.for_stage(tests, copy.stage, (given.step, first), reversed) {
            Ok(found) => tests = found,
            Err(Trouble::Never) => return Ok(Vec::new()),
            Err(trouble) => return Err(trouble),
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
            Some(target) => match (wording.unknown_target(rule), target.name.known()) {
                (Some(text), _) if copy.purpose == Purpose::Filter => {
                    bodies.push(self.ending_at_run_time((head, rule), tests, &text, copy));
                    return Ok(bodies);
                }
                // Outside of the filter table it only matters that the rule ends the chain.
                (Some(_), _) => Some("ACCEPT"),
                (None, Some(name)) => Some(name),
                (None, None) => return Err(Trouble::RunTime),
            },
            None => None,
        };
        let beside = || self.layout.copies(head.chain).iter().any(|copy| copy.purpose == Purpose::Mangle);
        if rule.target.is_none() && wording.flag.is_none() && (!bodies.is_empty() || changes(rule) && beside()) {
            // The rule counts the packets that another one of its counts already.
            return Ok(bodies);
        }
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
    fn ending_at_run_time(
        &self,
        (head, rule): (&Head<'_>, &Rule),
        mut body: Tokens,
        text: &str,
        copy: &Copy,
    ) -> Tokens {
        let given = head.given;
        // In copies the rule ends the way of its packets, so that the target may let none come back.
        let copied = self.layout.copies(head.chain).iter().any(|own| own.purpose != Purpose::Filter);
        let jump = given.wording.find(Opt::Jump);
        let ask = match copied {
            true => runtime::copied_target,
            false if has_ports(rule) && is_open(rule) && self.layout.may_redirect_at_the_end(head.chain, text) => {
                runtime::redirecting_target
            }
            false => runtime::target,
        };
        let (anchor, word) = jump.map_or((usize::MAX, usize::MAX), |jump| (jump.word, jump.value_word()));
        body.add(anchor, jump.map_or("-j".to_owned(), |jump| given.wording.spelling(jump, "-j")));
        body.add(word, ask(copy.stage, text));
        with_rest(body, &given.wording)
    }

    /// The tests of a rule as packets of a stage are to be asked, whose addresses the kernel may have changed;
    /// `reversed` says that the rule is the second one of `-b`.
    fn for_stage(
        &mut self,
        tests: Tokens,
        stage: Stage,
        (step, rule): (usize, &Rule),
        reversed: bool,
    ) -> Result<Tokens, Trouble> {
        match stage {
            Stage::Masqueraded => match disguised(tests, rule, reversed)? {
                (tests, false) => Ok(tests),
                (tests, true) => self.in_doubt(rule).then_some(tests).ok_or(Trouble::Never),
            },
            Stage::Reply if self.layout.ports_vary.contains(&step) => Ok(Before::REPLY.tests(tests, rule, reversed)),
            Stage::Reply => Ok(Before::REPLY.tests(answered(tests, rule, reversed)?, rule, reversed)),
            Stage::Relayed => Ok(Before::RELAYED.tests(tests, rule, reversed)),
            _ => Ok(tests),
        }
    }

    /// Whether a rule is for masqueraded packets of which nobody knows if their port fits: only if it holds them back.
    fn in_doubt(&mut self, rule: &Rule) -> bool {
        let holds = rule.target.as_ref().is_some_and(|target| target.name.is("DENY") || target.name.is("REJECT"));
        let taken = if holds { "all of them are held back" } else { "it is left out for them" };
        self.doubts.insert(format!(
            "whether masqueraded packets have its source port depends on the one that is chosen for them; {taken}"
        ));
        holds
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
            match self.layout.loops.edge(chain, next, copy.stage.side()) {
                Edge::Plain => {}
                Edge::Closes if copy.purpose == Purpose::Filter || copy.purpose.heeds_drops() => {
                    body.add(anchor, spelling);
                    body.add(word, if copy.purpose == Purpose::Filter { "DROP" } else { "ACCEPT" });
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
                    self.layout.other_name(next, purpose, copy.stage)
                }
                _ => return Ok(None),
            };
            body.add(anchor, spelling);
            body.add(word, self.roles.text(&wording.argument(jump), next, &name));
            return Ok(Some(body));
        }
        let means = if target == Some("RETURN") { Some(self.left_for(given, chain, copy)?) } else { target };
        match verdict(means, copy, &self.layout.route, &redirect_port(wording, rule)) {
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

    /// What RETURN means in a copy: from a built-in chain it leads to the policy, which may be one that iptables has
    /// only as the last rule.
    fn left_for(&self, given: &Given<'_>, chain: &str, copy: &Copy) -> Result<&'static str, Trouble> {
        let side = copy.stage.side();
        let ends = copy.purpose == Purpose::Filter && self.layout.route.rejects_at_the_end(copy.stage);
        if !ends || chain != side.chain() {
            return Ok("RETURN");
        }
        let policies = self.policies.possible(side, given.guard, usize::MAX);
        match policies.contains("REJECT") || policies.contains("") {
            false => Ok("RETURN"),
            true if policies.len() == 1 && policies.contains("REJECT") => Ok("REJECT"),
            true => Err(Trouble::Person("the policy that RETURN leads to depends on the run".to_owned())),
        }
    }
}

/// Whether the target of a rule is not known.
fn is_open(rule: &Rule) -> bool {
    rule.target.as_ref().is_none_or(|target| target.name.known().is_none())
}

/// Whether a rule is for TCP or UDP, of which alone packets are redirected.
fn has_ports(rule: &Rule) -> bool {
    let is = |found: &Match| match &found.test {
        Test::Protocol(Known::Is(protocol)) => !found.negated && matches!(protocol.0, 6 | 17),
        _ => false,
    };
    rule.matches.iter().any(is)
}

/// Whether a rule marks packets or gives them another TOS.
fn changes(rule: &Rule) -> bool {
    Purpose::Mangle.is_served_by(rule)
}

/// The rule with what is left of the word that may be the flag for the log, which is nothing if it is one.
fn with_rest(mut body: Tokens, wording: &Wording<'_>) -> Tokens {
    let word = wording.find(Opt::Jump).map_or(usize::MAX, Use::value_word);
    if let (Some(flag), Some(target)) = (&wording.flag, body.0.iter_mut().rfind(|token| token.anchor == word)) {
        target.text.push_str(&flag.rest());
    }
    body
}

/// The words behind REDIRECT that name its port; port 0 is the one to which the packet goes anyway.
fn redirect_port(wording: &Wording<'_>, rule: &Rule) -> Vec<String> {
    const OPTION: &str = "--to-ports";
    let Some(jump) = wording.find(Opt::Jump) else { return Vec::new() };
    let option = rule.target.iter().flat_map(|target| &target.options).find(|option| option.name == "port");
    let same = option.is_none_or(|option| option.argument == Some(Argument::Number(0)));
    let text = |at: &usize| wording.text(*at);
    if let Some(port) = jump.further().first() {
        return if same { Vec::new() } else { vec![OPTION.to_owned(), text(port)] };
    }
    let Some(open) = wording.ports.iter().find(|at| **at == jump.value_word() + 1) else { return Vec::new() };
    if wording.given.contains(open) {
        return vec![OPTION.to_owned(), text(open)];
    }
    rule::bare(&text(open)).map(|port| rule::optional(OPTION, port.name)).into_iter().collect()
}
