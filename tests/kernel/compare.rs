//! What `iptlint rules` knows of a script, against what the kernel holds.
//!
//! The texts are those that the program prints; under which conditions each of them is there, the library knows.
//! The script's undecided conditions leave several outcomes open. The search looks for one that
//! makes every chain come out as the kernel has it: each rule whose condition then holds is
//! there, in order, and there are no others. A rule of a loop over something unknown may be
//! there any number of times.

use std::collections::BTreeMap;

use iptlint::logic::{Formula, Formulas};
use iptlint::model::{Chain, Entry, Policy, Ruleset};

use crate::pattern::{Bindings, unify};
use crate::saved::Table;

/// Steps after which the search gives up.
const STEPS: usize = 400_000;

/// One chain on both sides.
struct Pair<'a> {
    label: String,
    exists: Formula,
    policies: &'a [Policy],
    entries: Vec<Expected<'a>>,
    unordered: bool,
    /// Whether the kernel has it, its policy, and its rules.
    actual: Option<(&'a str, &'a [String])>,
}

#[derive(Clone)]
struct Expected<'a> {
    entry: &'a Entry,
    text: String,
}

impl Expected<'_> {
    fn many(&self) -> bool {
        self.entry.many || !self.entry.rule.undecided.is_empty()
    }

    fn fits(&self, actual: &str, bindings: &mut Bindings) -> bool {
        if !self.entry.rule.undecided.is_empty() {
            return true;
        }
        if self.entry.many {
            unify(&self.text, actual, &mut bindings.clone()) || unify(&self.text, actual, &mut Bindings::new())
        } else {
            unify(&self.text, actual, bindings)
        }
    }
}

/// One outcome of the conditions and the unknown values, as far as it is settled.
#[derive(Clone)]
struct World {
    formula: Formula,
    bindings: Bindings,
}

struct Search<'a, 'f> {
    formulas: &'f mut Formulas,
    pairs: &'a [Pair<'a>],
    /// Rules that nothing accounts for may be there.
    open: bool,
    steps: usize,
    /// The furthest that any attempt got: chain, the kernel's rule, expected rule.
    furthest: (usize, usize, usize),
}

/// Says how `saved` differs from `ruleset`, if it does.
///
/// Where `open`, the script also makes rules that are only known at run time: chains, policies and
/// rules that nothing accounts for are let pass.
pub(crate) fn difference(
    ruleset: &Ruleset,
    formulas: &mut Formulas,
    listed: &BTreeMap<String, Table>,
    saved: &BTreeMap<String, Table>,
    open: bool,
) -> Result<(), String> {
    let fresh = Table::default();
    let mut pairs = Vec::new();
    for table in &ruleset.tables {
        let listed = listed.get(&table.name).unwrap_or(&fresh);
        let actual = saved.get(&table.name).unwrap_or(&fresh);
        let known: Vec<&str> = table.chains.iter().map(|chain| chain.name.as_str()).collect();
        for name in actual.policies.keys().filter(|name| !known.contains(&name.as_str())) {
            let chain = known.iter().any(|known| known.contains("${") && unify(known, name, &mut Bindings::new()));
            if !chain && !table.open && !open {
                return Err(format!("{}: there is a chain {name}", table.name));
            }
        }
        for chain in &table.chains {
            pairs.extend(pair(&table.name, chain, listed, actual)?);
        }
    }
    for (name, table) in saved.iter().filter(|(name, _)| ruleset.table(name).is_none()) {
        if !table.is_fresh() && !open {
            return Err(format!("there is a table {name} that nothing should have touched"));
        }
    }
    search(&pairs, formulas, open)
}

/// A chain whose name is not known stands for each chain of the kernel that it may be.
fn pair<'a>(table: &str, chain: &'a Chain, listed: &Table, saved: &'a Table) -> Result<Vec<Pair<'a>>, String> {
    let entries = entries(table, chain, listed)?;
    let actual = |name: &str| saved.policies.get(name).map(|policy| (policy.as_str(), saved.chain(name)));
    let one = |name: &str, exists| Pair {
        label: format!("{table} {name}"),
        exists,
        policies: &chain.policies,
        entries: entries.clone(),
        unordered: chain.ordering_uncertain,
        actual: actual(name).or((chain.builtin).then_some(("ACCEPT", &[]))),
    };
    if !chain.name.contains("${") {
        return Ok(vec![one(&chain.name, chain.exists)]);
    }
    let fitting = saved.policies.keys().filter(|name| unify(&chain.name, name, &mut Bindings::new()));
    Ok(fitting.map(|name| one(name, Formula::TRUE)).collect())
}

/// The rules that some run leaves in a chain, each as the program prints it.
fn entries<'a>(table: &str, chain: &'a Chain, listed: &Table) -> Result<Vec<Expected<'a>>, String> {
    let policy = listed.policies.get(&chain.name);
    let fits = |policy: &String| policy == "-" || chain.policies.iter().any(|own| own.target.to_string() == *policy);
    if !chain.exists.is_false() && !policy.is_some_and(fits) {
        return Err(format!("{table} {}: iptlint prints the policy {policy:?}", chain.name));
    }
    let possible: Vec<&Entry> = chain.entries.iter().filter(|entry| !entry.guard.is_false()).collect();
    let printed = listed.chain(&chain.name);
    if printed.len() != possible.len() {
        let (own, all) = (printed.len(), possible.len());
        return Err(format!("{table} {}: iptlint prints {own} of {all} rules", chain.name));
    }
    Ok(possible.into_iter().zip(printed).map(|(entry, text)| Expected { entry, text: text.clone() }).collect())
}

fn search(pairs: &[Pair<'_>], formulas: &mut Formulas, open: bool) -> Result<(), String> {
    let mut search = Search { formulas, pairs, open, steps: 0, furthest: (0, 0, 0) };
    let world = World { formula: Formula::TRUE, bindings: Bindings::new() };
    if search.chain(0, &world) {
        return Ok(());
    }
    let (at, actual, expected) = search.furthest;
    let given_up = if search.steps > STEPS { " (the search was given up)" } else { "" };
    Err(format!("{}{given_up}", pairs.get(at).map_or(String::new(), |pair| pair.show(actual, expected))))
}

impl Search<'_, '_> {
    /// The world narrowed to `guard`, unless that is impossible in it.
    fn narrow(&mut self, world: &World, guard: Formula) -> Option<World> {
        let formula = match self.formulas.and(world.formula, guard) {
            Formula::FALSE => return None,
            Formula::UNDECIDED => world.formula,
            formula => formula,
        };
        Some(World { formula, bindings: world.bindings.clone() })
    }

    fn narrow_not(&mut self, world: &World, guard: Formula) -> Option<World> {
        let guard = self.formulas.not(guard);
        self.narrow(world, guard)
    }

    fn chain(&mut self, at: usize, world: &World) -> bool {
        let pairs = self.pairs;
        let Some(pair) = pairs.get(at) else { return true };
        self.reach(at, 0, 0);
        let Some((policy, _)) = pair.actual else {
            let without = self.narrow_not(world, pair.exists);
            return without.is_some_and(|world| self.chain(at + 1, &world));
        };
        let Some(world) = self.narrow(world, pair.exists) else { return false };
        if policy == "-" || pair.policies.is_empty() || self.open {
            return self.rules(at, 0, 0, &world);
        }
        pair.policies.iter().any(|known| {
            let narrowed = self.narrow(&world, known.guard);
            narrowed.is_some_and(|mut world| {
                unify(&known.target.to_string(), policy, &mut world.bindings) && self.rules(at, 0, 0, &world)
            })
        })
    }

    fn reach(&mut self, at: usize, expected: usize, actual: usize) {
        self.furthest = self.furthest.max((at, actual, expected));
    }

    /// Whether the rules from `e` on can become the kernel's from `a` on.
    fn rules(&mut self, at: usize, e: usize, a: usize, world: &World) -> bool {
        self.steps += 1;
        if self.steps > STEPS {
            return false;
        }
        self.reach(at, e, a);
        let pairs = self.pairs;
        let pair = &pairs[at];
        let actual = pair.actual.map_or(&[][..], |(_, rules)| rules);
        if pair.unordered {
            return self.unordered(at, actual, world);
        }
        let Some(expected) = pair.entries.get(e) else {
            return (a == actual.len() || self.open) && self.chain(at + 1, world);
        };
        if expected.many() {
            return self.repeated(at, e, a, world);
        }
        if let (Some(rule), Some(mut world)) = (actual.get(a), self.narrow(world, expected.entry.guard))
            && expected.fits(rule, &mut world.bindings)
            && self.rules(at, e + 1, a + 1, &world)
        {
            return true;
        }
        if self.open && a < actual.len() && self.rules(at, e, a + 1, world) {
            return true;
        }
        let without = self.narrow_not(world, expected.entry.guard);
        without.is_some_and(|world| self.rules(at, e + 1, a, &world))
    }

    /// The rules of a loop from `e` on, which may come any number of times in any turn.
    fn repeated(&mut self, at: usize, e: usize, a: usize, world: &World) -> bool {
        let pairs = self.pairs;
        let pair = &pairs[at];
        let group = pair.entries[e..].iter().take_while(|expected| expected.many()).count();
        let actual = pair.actual.map_or(&[][..], |(_, rules)| rules);
        if let Some(rule) = actual.get(a) {
            for expected in &pair.entries[e..e + group] {
                // What holds in one round need not hold in the next one.
                let mut bindings = world.bindings.clone();
                if self.narrow(world, expected.entry.guard).is_some()
                    && expected.fits(rule, &mut bindings)
                    && self.rules(at, e, a + 1, &World { formula: world.formula, bindings })
                {
                    return true;
                }
            }
        }
        self.rules(at, e + group, a, world)
    }

    /// Where the order is open: every rule of the kernel is expected, and every certain one is there.
    fn unordered(&mut self, at: usize, actual: &[String], world: &World) -> bool {
        let pairs = self.pairs;
        let entries = &pairs[at].entries;
        let mut world = world.clone();
        let mut used = vec![false; entries.len()];
        for rule in actual {
            let found = (0..entries.len()).find(|number| {
                let fresh = !used[*number] || entries[*number].many();
                let narrowed = self.narrow(&world, entries[*number].entry.guard);
                fresh
                    && narrowed.is_some_and(|mut own| {
                        let fits = entries[*number].fits(rule, &mut own.bindings);
                        if fits {
                            world = own;
                        }
                        fits
                    })
            });
            match found {
                Some(found) => used[found] = true,
                None if self.open => {}
                None => return false,
            }
        }
        let all = entries
            .iter()
            .zip(&used)
            .all(|(expected, used)| *used || expected.many() || !expected.entry.guard.is_true());
        all && self.chain(at + 1, &world)
    }
}

impl Pair<'_> {
    /// Both sides, with the place where they part.
    fn show(&self, actual: usize, expected: usize) -> String {
        let mark = |expected: &Expected<'_>| match (expected.entry.guard.is_true(), expected.many()) {
            (_, true) => '*',
            (true, false) => ' ',
            (false, false) => '?',
        };
        let policies: Vec<String> = self.policies.iter().map(|policy| policy.target.to_string()).collect();
        let mut text = format!("chain {}; expected: {}\n", self.label, policies.join(" or "));
        for (number, rule) in self.entries.iter().enumerate() {
            let here = if number == expected { ">" } else { " " };
            text.push_str(&format!("{here}{} {}\n", mark(rule), rule.text));
        }
        let Some((policy, rules)) = self.actual else { return text + "the kernel has no such chain\n" };
        text.push_str(&format!("the kernel: {policy}\n"));
        for (number, rule) in rules.iter().enumerate() {
            let here = if number == actual { ">" } else { " " };
            text.push_str(&format!("{here}  {rule}\n"));
        }
        text
    }
}
