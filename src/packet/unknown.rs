//! What cannot be told of packets: where it comes from, and what makes it the same in two rules.
//!
//! Every test of a rule may be one for some packet (a port of a fragment), and a large ruleset has hundreds of
//! thousands of them. So what a test says is left in its rule until somebody asks.

use std::sync::Arc;

use super::Reason;
use super::compile::shown;
use crate::logic::Formula;
use crate::model::{ModuleUse, OptionUse, Rule, Test, Value};

/// A test that cannot be decided.
#[derive(Debug)]
pub(super) struct Unknown {
    pub(super) origin: Origin,
    /// Whether the same packet may get another answer the next time.
    pub(super) stateful: bool,
}

/// Where an unknown comes from.
#[derive(Debug)]
pub(super) enum Origin {
    /// A test of a rule, in which nothing is left open.
    Written(Written),
    /// Anything else.
    Other(Box<(Reason, Arc<Identity>)>),
}

/// A test where it stands in its rule.
#[derive(Clone, Debug)]
pub(super) struct Written {
    pub(super) rule: Arc<Rule>,
    /// The number of the match.
    pub(super) number: u32,
    pub(super) part: Part,
}

/// Which part of a match is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// All of it.
    Whole,
    /// That the packet has what the extension looks at.
    Name,
    /// The option of this number, not negated.
    Option(u32),
}

/// What makes two unknowns the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Identity {
    /// The same test, wherever it is written.
    Test(Test),
    /// The same condition of the script.
    Guard(Formula),
    /// The same test of this host's own address on the departure device.
    Own(Test),
    /// The same commands in the same rounds.
    Rounds(Box<Repeated>),
    /// Nothing: it is equal to no other.
    Alone,
}

/// That a rule is there for some round of loops.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Repeated {
    /// What the loops go over.
    pub(super) over: Vec<Value>,
    /// The conditions under which a round is the last one.
    pub(super) broken: Vec<Formula>,
    /// Its tests that may be others in each round, and whether they are negated.
    pub(super) tests: Vec<(bool, Test)>,
    /// The condition that it is made under, which may hold in some rounds only.
    pub(super) guard: Formula,
    /// Where the rules of the loops do not all do the same: it is the first of them that fits, in the order of the
    /// rounds.
    pub(super) first_of: Option<InTurn>,
}

/// Rules that each round of loops makes, one behind the other, and behind those of the rounds before.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct InTurn {
    /// The number of their chain.
    pub(super) chain: usize,
    /// The numbers of their entries.
    pub(super) entries: Arc<[u32]>,
    /// Which of them is meant.
    pub(super) at: usize,
}

impl Unknown {
    /// What makes it the same as another one.
    pub(super) fn identity(&self) -> Arc<Identity> {
        match &self.origin {
            Origin::Written(written) => Arc::new(Identity::Test(written.test())),
            Origin::Other(other) => Arc::clone(&other.1),
        }
    }

    /// The same, unless it is a test in which nothing is left open.
    pub(super) fn open(&self) -> Option<&Identity> {
        match &self.origin {
            Origin::Written(_) => None,
            Origin::Other(other) => Some(&other.1),
        }
    }

    /// Why it cannot be decided.
    pub(super) fn reason(&self) -> Reason {
        match &self.origin {
            Origin::Written(written) => Reason::Opaque(shown(&written.test()), written.rule.place),
            Origin::Other(other) => other.0.clone(),
        }
    }
}

impl Written {
    fn test(&self) -> Test {
        match (&self.rule.matches[self.number as usize].test, self.part) {
            (Test::Module(module), Part::Name) => Test::Module(bare(module)),
            (Test::Module(module), Part::Option(at)) => Test::Module(alone(module, at)),
            (test, _) => test.clone(),
        }
    }
}

fn bare(module: &ModuleUse) -> ModuleUse {
    ModuleUse { name: module.name.clone(), options: Vec::new() }
}

/// The match with the option of that number only, not negated.
pub(super) fn alone(module: &ModuleUse, at: u32) -> ModuleUse {
    let option = module.options.get(at as usize);
    let options = option.map(|option| OptionUse { negated: false, ..option.clone() });
    ModuleUse { name: module.name.clone(), options: options.into_iter().collect() }
}
