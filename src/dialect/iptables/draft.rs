//! What a command has said so far, and the command made of it.

use std::sync::Arc;

use smol_str::SmolStr;

use super::extension::Role;
use super::general::{General, Id};
use super::kind::{Given, Scope};
use super::module::Loaded;
use super::{Context, extensions};
use crate::model::{
    Action, Address, Command, Dialect, Family, Interface, Known, Match, ModuleUse, Protocol, Rule, Target, Test,
    Unknown, Value,
};
use crate::text::Place;

/// A test as written.
#[derive(Clone, Debug)]
pub(super) struct Said<T> {
    /// What it says.
    pub(super) what: T,
    /// Whether it is negated.
    pub(super) negated: bool,
    /// Where its option is.
    pub(super) place: Place,
}

/// A command (`-A`, `-F`...) with its own arguments.
#[derive(Debug)]
pub(super) struct Ordered {
    /// Which.
    pub(super) general: &'static General,
    /// The chain.
    pub(super) chain: Option<(Value, Place)>,
    /// A rule number.
    pub(super) number: Option<Known<u32>>,
    /// A policy or new name.
    pub(super) extra: Option<(Value, Place)>,
}

impl Ordered {
    /// Whether the command takes a rule.
    pub(super) fn takes_rule(&self) -> bool {
        match self.general.id {
            Id::Append | Id::Insert | Id::Replace | Id::Check => true,
            Id::Delete => self.number.is_none(),
            _ => false,
        }
    }
}

/// Everything a command line said.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) order: Option<Ordered>,
    pub(super) zero: bool,
    /// The program prints what it is asked for (`-h`, `-V`), whatever else is said.
    pub(super) informs: bool,
    /// `-4` or `-6` of a save file stands for the other family, and nothing behind it is read.
    pub(super) cut_short: bool,
    pub(super) table: Option<(Value, Place)>,
    pub(super) source: Option<Said<Vec<Known<Address>>>>,
    pub(super) destination: Option<Said<Vec<Known<Address>>>>,
    pub(super) in_interface: Option<Said<Option<Known<Interface>>>>,
    pub(super) out_interface: Option<Said<Option<Known<Interface>>>>,
    pub(super) protocol: Option<Said<Known<Protocol>>>,
    pub(super) fragment: Option<Said<()>>,
    pub(super) target: Option<Said<(Value, bool)>>,
    pub(super) counters: Option<(u64, u64)>,
    pub(super) undecided: Vec<Value>,
    /// Options used, for the check against the command.
    pub(super) used: Vec<(&'static General, Place)>,
}

/// The tests of a rule but for addresses, and its target.
type Rest = (Vec<Match>, Option<Target>);

impl Draft {
    /// What is known of the protocol at this point.
    pub(super) fn given(&self) -> Given {
        match &self.protocol {
            None => Given::Nothing,
            Some(said) => match said.what {
                Known::Is(Protocol(0)) => Given::Nothing,
                Known::Is(Protocol(number)) => Given::Protocol(number, said.negated),
                Known::Unknown(_) => Given::Unknown,
            },
        }
    }

    /// The table the command works on.
    pub(super) fn table(&self, context: &Context) -> Value {
        let own = self.table.as_ref().map(|(table, _)| table.clone());
        own.or_else(|| context.table.clone()).unwrap_or_else(|| Value::from("filter"))
    }

    /// The command, where it is known what it does.
    pub(super) fn command(self, place: Place, context: &Context, loaded: &[Loaded]) -> Option<Command> {
        let table = self.table(context);
        let action = if self.informs {
            Action::Information
        } else if self.skips_rules() {
            Action::Skipped { target: self.sought(context.family, loaded) }
        } else if self.order.is_some() {
            self.action(place, context, loaded)?
        } else if self.undecided.is_empty() {
            return None;
        } else {
            Action::Unknown
        };
        Some(Command { dialect: Dialect::Iptables, family: context.family, table, action, place })
    }

    /// Whether the rules of the command are for the other family. They have no address then, since addresses are looked
    /// at behind all options; commands without rules are carried out.
    fn skips_rules(&self) -> bool {
        self.cut_short && self.order.as_ref().is_none_or(Ordered::takes_rule)
    }

    /// What rules for the other family jump to, unless it is an extension.
    fn sought(self, family: Family, loaded: &[Loaded]) -> Option<Value> {
        let loaded = loaded.iter().any(|own| own.role == Role::Target && own.extension.is_some());
        let (target, _) = self.target.filter(|_| self.order.is_some() && !loaded)?.what;
        // `-g` loads none, but iptables finds it here.
        let known = target.known().is_some_and(|name| extensions::find(name, Role::Target, family).is_some());
        (!known).then_some(target)
    }

    fn action(self, place: Place, context: &Context, loaded: &[Loaded]) -> Option<Action> {
        let rules = self.rules(place, context, loaded);
        let order = self.order?;
        let one = || rules.first().cloned().unwrap_or_else(|| Rule::new(place).into());
        let chain = order.chain.map(|(chain, _)| chain);
        let extra = order.extra.map(|(extra, _)| extra);
        Some(match order.general.id {
            Id::Append => Action::Append { chain: chain?, rules },
            Id::Insert => Action::Insert { chain: chain?, position: order.number.unwrap_or(Known::Is(1)), rules },
            Id::Replace => Action::Replace { chain: chain?, position: order.number?, rule: one() },
            Id::Delete => match order.number {
                Some(position) => Action::DeleteNumber { chain: chain?, position },
                None => Action::DeleteRule { chain: chain?, rules },
            },
            Id::Check => Action::Check { chain: chain?, rule: one() },
            Id::List | Id::ListRules if self.zero && order.number.is_some() => {
                Action::Zero { chain, position: order.number, listed: true }
            }
            Id::List | Id::ListRules => {
                let rules = order.general.id == Id::ListRules && order.number.is_none();
                Action::List { chain, zero: self.zero, rules }
            }
            Id::Flush => Action::Flush { chain },
            Id::Zero => Action::Zero { chain, position: order.number, listed: false },
            Id::NewChain => Action::NewChain { chain: chain? },
            Id::DeleteChain => Action::DeleteChain { chain },
            Id::RenameChain => Action::RenameChain { from: chain?, to: extra? },
            Id::Policy => Action::Policy { chain: chain?, target: extra? },
            _ => return None,
        })
    }

    /// One rule for each pair of a source and a destination, the sources in the outer loop.
    fn rules(&self, place: Place, context: &Context, loaded: &[Loaded]) -> Vec<Arc<Rule>> {
        let scope = Scope { family: context.family, protocol: self.given() };
        let sources = addresses(self.source.as_ref(), Test::Source);
        let destinations = addresses(self.destination.as_ref(), Test::Destination);
        let (sources, destinations) = within_reason(sources, destinations);
        let others = self.other_matches(scope, loaded);
        let target = self.target(scope, loaded);
        let pairs = sources.iter().flat_map(|source| destinations.iter().map(move |destination| [source, destination]));
        let others = std::iter::repeat_n((others, target), sources.len() * destinations.len());
        let rule = |(ends, (others, target)): ([&Option<Match>; 2], Rest)| {
            let ends = ends.into_iter().flatten().cloned();
            // A large ruleset has no room to spare.
            let mut matches = Vec::with_capacity(ends.clone().count() + others.len());
            matches.extend(ends);
            matches.extend(others);
            let undecided = self.undecided.clone();
            Arc::new(Rule { matches, target, counters: self.counters, undecided, ..Rule::new(place) })
        };
        pairs.zip(others).map(rule).collect()
    }

    fn other_matches(&self, scope: Scope, loaded: &[Loaded]) -> Vec<Match> {
        let mut matches = Vec::new();
        if let Some(said) = &self.in_interface {
            matches.extend(interface(said, Test::InInterface));
        }
        if let Some(said) = &self.out_interface {
            matches.extend(interface(said, Test::OutInterface));
        }
        if let Some(said) = self.protocol.as_ref().filter(|said| said.what != Known::Is(Protocol::ANY)) {
            let test = Test::Protocol(said.what.clone());
            matches.push(Match { negated: said.negated, test, place: said.place });
        }
        if let Some(said) = &self.fragment {
            matches.push(Match { negated: said.negated, test: Test::Fragment, place: said.place });
        }
        for module in loaded.iter().filter(|module| module.role == Role::Match) {
            let used = ModuleUse { name: module.name.clone(), options: module.canonical(scope) };
            matches.push(Match { negated: false, test: Test::Module(used), place: module.place });
        }
        matches
    }

    fn target(&self, scope: Scope, loaded: &[Loaded]) -> Option<Target> {
        let Said { what: (name, goto), place, .. } = self.target.clone()?;
        let module = loaded.iter().find(|module| module.role == Role::Target);
        let options = module.map(|module| module.canonical(scope)).unwrap_or_default();
        let extension = module.is_some_and(|module| module.extension.is_some());
        Some(Target { name, goto, extension, options, place })
    }
}

/// So many pairs of a source and a destination are told apart in any command, and so many for each address.
const MOST_PAIRS: usize = 256;
const MOST_PAIRS_EACH: usize = 4;

/// Both ends, unless they make more rules than anybody could look at: some thousand addresses each make millions. Which
/// addresses those are is then as good as not known.
fn within_reason(
    sources: Vec<Option<Match>>,
    destinations: Vec<Option<Match>>,
) -> (Vec<Option<Match>>, Vec<Option<Match>>) {
    let most = MOST_PAIRS.max(MOST_PAIRS_EACH * (sources.len() + destinations.len()));
    if sources.len() * destinations.len() <= most {
        return (sources, destinations);
    }
    let unknown = |ends: &[Option<Match>], test: fn(Known<Address>) -> Test| {
        let place = ends.iter().flatten().map(|own| own.place).next().unwrap_or_default();
        let name = format!("{} addresses", ends.len()).into();
        let value = Value::unknown(Unknown { name, id: place.span.start + 1, single: true });
        vec![Some(Match { negated: false, test: test(Known::Unknown(value)), place })]
    };
    (unknown(&sources, Test::Source), unknown(&destinations, Test::Destination))
}

/// The alternatives for one end; every address is one without a test.
fn addresses(said: Option<&Said<Vec<Known<Address>>>>, test: fn(Known<Address>) -> Test) -> Vec<Option<Match>> {
    let Some(said) = said else { return vec![None] };
    let every = |address: &Known<Address>| match address {
        Known::Is(Address::V4(network)) => network.mask == 0,
        Known::Is(Address::V6(network)) => network.mask == 0,
        _ => false,
    };
    let one = |address: &Known<Address>| {
        let tests = said.negated || !every(address);
        tests.then(|| Match { negated: said.negated, test: test(address.clone()), place: said.place })
    };
    said.what.iter().map(one).collect()
}

/// An interface test; `+` alone tests nothing unless it is negated.
fn interface(said: &Said<Option<Known<Interface>>>, test: fn(Known<Interface>) -> Test) -> Option<Match> {
    let every = || Known::Is(Interface { name: SmolStr::default(), prefix: true });
    let interface = match (&said.what, said.negated) {
        (Some(interface), _) => interface.clone(),
        (None, true) => every(),
        (None, false) => return None,
    };
    Some(Match { negated: said.negated, test: test(interface), place: said.place })
}
