//! What comes to the chains of a file, worked out while other lints run where that is worth a thread.

use std::sync::OnceLock;
use std::thread::{Builder, Scope};

use super::Selection;
use super::context::Gates;
use crate::logic::Formula;
use crate::model::Ruleset;
use crate::packet::{self, Arrivals, Gate};
use crate::text::{STACK, threads};

/// The lints that ask for it.
const ASKING: [&str; 2] = ["redundant-match", "unreachable-chain"];

/// What comes to fewer rules is found out faster than a thread begins to.
const WORTH_A_THREAD: usize = 2_000;

/// What comes to each chain, in the order of the rulesets, their tables and the chains of those.
#[derive(Default)]
pub(super) struct Arriving(OnceLock<Vec<Vec<Arrivals>>>);

impl Arriving {
    /// Has a thread begin with it, if a lint will ask.
    pub(super) fn begin<'s>(
        &'s self,
        scope: &'s Scope<'s, '_>,
        rulesets: &'s [Ruleset],
        gates: &Gates,
        selection: &Selection,
    ) {
        let is_asked = ASKING.iter().any(|name| selection.severity(name).is_some());
        let chains = rulesets.iter().flat_map(|ruleset| &ruleset.tables).flat_map(|table| &table.chains);
        if !is_asked || threads() < 2 || chains.map(|chain| chain.entries.len()).sum::<usize>() < WORTH_A_THREAD {
            return;
        }
        let gates = (0..rulesets.len()).map(|number| gates.get(&(number, Formula::TRUE)).cloned());
        let Some(gates) = gates.collect::<Option<Vec<Gate>>>() else { return };
        let tests = asks_for_tests(selection);
        // Without a thread whoever asks first will work it out.
        let _ = Builder::new().stack_size(STACK).spawn_scoped(scope, move || {
            self.get(|| rulesets.iter().zip(&gates).map(|(own, gate)| packet::arrivals(own, gate, tests)).collect());
        });
    }

    /// What was found out, by `find` if nobody has begun.
    pub(super) fn get(&self, find: impl FnOnce() -> Vec<Vec<Arrivals>>) -> &[Vec<Arrivals>] {
        self.0.get_or_init(find)
    }
}

/// Whether single matches are judged, which takes more work.
pub(super) fn asks_for_tests(selection: &Selection) -> bool {
    selection.severity("redundant-match").is_some()
}
