//! An analysis in which words that are not known are supposed to be what ipchains takes in their place.

use super::{Analysis, Kernel, Reading, read};
use crate::eval::{Act, Invocation, Step};
use crate::logic::Formula;
use crate::model::{Dialect, Value, Word};
use crate::text::Sources;

/// What a target can be, apart from the script's own chains.
const TARGETS: &[&str] = &["ACCEPT", "DENY", "REJECT"];

/// What the flag for the log can be.
const FLAGS: &[&str] = &["", "-l"];

/// The protocols that have ports in iptables as in ipchains.
const PROTOCOLS: &[&str] = &["tcp", "udp"];

/// The options of iptables for ports.
const PORTS: [&str; 4] = ["--sport", "--dport", "--source-port", "--destination-port"];

/// What finds words that are supposed to be something, the last one first.
type Find = fn(&Sources, &Step, Option<&Reading>) -> Vec<(usize, Supposition)>;

/// A value that is not known, and what it is supposed to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Supposition {
    /// The value.
    pub value: Value,
    /// What it can be.
    pub can_be: CanBe,
}

/// What a value is supposed to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CanBe {
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// One word that is a port, or the type of ICMP.
    Port,
    /// The same, or no word at all.
    PortOrNothing,
}

impl CanBe {
    /// The texts that stand for a case of their own.
    fn texts(self) -> &'static [&'static str] {
        match self {
            Self::OneOf(texts) => texts,
            Self::Port => &[],
            Self::PortOrNothing => &[""],
        }
    }

    fn may_be_a_port(self) -> bool {
        !matches!(self, Self::OneOf(_))
    }
}

impl Analysis<'_> {
    /// Supposes that targets, policies, ports and flags for the log which are not known are such words, and protocols
    /// with ports TCP or UDP, each under the condition that it is that one. The rest of the analysis is made anew.
    pub fn suppose(&mut self) -> Vec<Supposition> {
        let mut suppositions = self.suppose_each(open_words);
        suppositions.extend(self.suppose_each(open_protocol));
        if !suppositions.is_empty() {
            self.load_anew();
        }
        suppositions
    }

    /// Counts functions that the file itself never calls as called by others, each where it likes, if any of them has
    /// to do with rules. The rest of the analysis is made anew.
    pub fn call_all(&mut self) {
        let steps = self.evaluation.steps.iter().zip(&self.readings);
        let concerned = steps.into_iter().any(|(step, reading)| step.uncalled && reading.is_some());
        if concerned && !self.evaluation.one_run {
            self.evaluation.steps.iter_mut().for_each(|step| step.uncalled = false);
            self.load_anew();
        }
    }

    /// The runs in which `-C` finds the rules that the file itself has put there before, and no others.
    pub fn from_nothing(&mut self) -> Formula {
        let formulas = &mut self.evaluation.conditions.formulas;
        self.answers.iter().fold(Formula::TRUE, |all, (_, runs)| formulas.and(all, *runs))
    }

    /// Answers the questions whether there is a rule, for a kernel that begins without any, as far as that can be told.
    /// The rest of the analysis is made anew.
    pub fn begin_with_nothing(&mut self) {
        self.answers.retain(|(_, runs)| *runs != Formula::UNDECIDED);
        let runs = self.from_nothing();
        let answers = std::mem::take(&mut self.answers);
        if answers.is_empty() {
            return;
        }
        let formulas = &mut self.evaluation.conditions.formulas;
        let commands = self.evaluation.steps.iter_mut().zip(&self.readings).filter(|(_, reading)| reading.is_some());
        for (step, _) in commands {
            let certain = formulas.and(step.guard, runs);
            step.guard = formulas.for_some(certain, &|asked| answers.iter().any(|(answered, _)| *answered == asked));
        }
        self.load_anew();
    }

    /// Works out anew what the kernel holds.
    pub(super) fn load_anew(&mut self) {
        let variant = self.installed.variant;
        let mut kernel = Kernel::after(&mut self.evaluation, &self.readings, Reading::command, variant);
        kernel.name_variants(&mut self.evaluation, &self.readings);
        (self.rulesets, self.refusals) = (kernel.rulesets, kernel.refusals);
    }

    /// Makes the steps anew for what `open` finds in them.
    fn suppose_each(&mut self, open: Find) -> Vec<Supposition> {
        let mut suppositions: Vec<Supposition> = Vec::new();
        let (mut steps, mut readings) = (Vec::new(), Vec::new());
        for (step, reading) in
            std::mem::take(&mut self.evaluation.steps).into_iter().zip(std::mem::take(&mut self.readings))
        {
            let open = if step.is_live() { open(self.sources, &step, reading.as_ref()) } else { Vec::new() };
            if open.is_empty() {
                steps.push(step);
                readings.push(reading);
                continue;
            }
            for (_, supposition) in &open {
                if !suppositions.contains(supposition) {
                    suppositions.push(supposition.clone());
                }
            }
            let supposed = self.supposed(step, &open);
            readings.extend(supposed.iter().map(|step| read(step, &self.installed)));
            steps.extend(supposed);
        }
        (self.evaluation.steps, self.readings) = (steps, readings);
        suppositions
    }

    /// The step once for each supposition, last words first so that those before keep their numbers.
    fn supposed(&mut self, step: Step, open: &[(usize, Supposition)]) -> Vec<Step> {
        let mut steps = vec![step];
        for (at, supposition) in open {
            let mut next = Vec::new();
            for step in steps {
                let mut rest = step.guard;
                for text in supposition.can_be.texts() {
                    let conditions = &mut self.evaluation.conditions;
                    let holds = conditions.equal(&supposition.value, &(*text).into(), step.place);
                    let guard = conditions.formulas.and(step.guard, holds);
                    rest = conditions.formulas.and_not(rest, holds);
                    next.extend((guard != Formula::FALSE).then(|| with_word(&step, *at, text, guard)));
                }
                if supposition.can_be.may_be_a_port() && rest != Formula::FALSE {
                    next.push(with_one_word(step, *at, rest));
                }
            }
            steps = next;
        }
        steps
    }
}

/// The words of a step that are supposed to be something, the last one first.
fn open_words(sources: &Sources, step: &Step, reading: Option<&Reading>) -> Vec<(usize, Supposition)> {
    let (Act::Run(invocation), Some(Reading::Ipchains(parsed))) = (&step.act, reading) else { return Vec::new() };
    if invocation.program.filter().is_none_or(|(dialect, _)| dialect != Dialect::Ipchains) {
        return Vec::new();
    }
    let written = |at: usize| invocation.arguments.get(at).map(|word| sources.text(word.place).into_owned());
    let open = parsed.open_words(&invocation.arguments, |at| written(at).unwrap_or_default());
    let value = |at: usize| invocation.arguments.get(at).map(|word| word.value.clone());
    let suppose = |at: usize, can_be| Some((at, Supposition { value: value(at)?, can_be }));
    let target = open.target.and_then(|at| suppose(at, CanBe::OneOf(TARGETS)));
    let flag = open.flag.and_then(|at| suppose(at, CanBe::OneOf(FLAGS)));
    let ports = open.ports.into_iter().filter_map(|at| {
        // What fills in a placeholder of a template puts something there.
        let placeholder = value(at)?.unknowns().any(|unknown| unknown.name.starts_with('@'));
        suppose(at, if placeholder { CanBe::Port } else { CanBe::PortOrNothing })
    });
    let mut found: Vec<(usize, Supposition)> = target.into_iter().chain(flag).chain(ports).collect();
    found.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    found
}

/// The protocol of a step that names ports, which are for TCP and UDP: iptables refuses them for any other, and what
/// ipchains reads as types of ICMP too.
fn open_protocol(_: &Sources, step: &Step, reading: Option<&Reading>) -> Vec<(usize, Supposition)> {
    let Act::Run(invocation) = &step.act else { return Vec::new() };
    let words = &invocation.arguments;
    let at = match reading {
        Some(Reading::Ipchains(parsed)) => parsed.protocol_with_ports(),
        Some(Reading::Iptables(_)) => {
            let is = |word: &Word, texts: &[&str]| word.known().is_some_and(|text| texts.contains(&text));
            let ports = words.iter().any(|word| is(word, &PORTS));
            words.iter().position(|word| is(word, &["-p", "--protocol"])).filter(|_| ports).map(|at| at + 1)
        }
        None => None,
    };
    let unknown = |at: &usize| words.get(*at).filter(|word| word.known().is_none() && word.value.pieces().len() == 1);
    let found = at.and_then(|at| Some((at, unknown(&at)?.value.clone())));
    let suppose = |(at, value)| (at, Supposition { value, can_be: CanBe::OneOf(PROTOCOLS) });
    found.map(suppose).into_iter().collect()
}

/// The step with a word that says `text`, or that is not there where that is nothing.
fn with_word(step: &Step, at: usize, text: &str, guard: Formula) -> Step {
    let Act::Run(invocation) = &step.act else { return step.clone() };
    let mut arguments = invocation.arguments.clone();
    match arguments.get(at).map(|word| word.place) {
        Some(_) if text.is_empty() => drop(arguments.remove(at)),
        Some(place) => arguments[at] = Word::new(text, place),
        None => {}
    }
    Step { act: Act::Run(Invocation { arguments, ..invocation.clone() }), guard, ..step.clone() }
}

/// The step with a word that is certainly one.
fn with_one_word(mut step: Step, at: usize, guard: Formula) -> Step {
    if let Act::Run(invocation) = &mut step.act
        && let Some(word) = invocation.arguments.get_mut(at)
    {
        word.splits = false;
    }
    Step { guard, ..step }
}
