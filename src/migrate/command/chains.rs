//! Commands about whole chains.

use std::collections::BTreeMap;

use super::policy::last_of;
use super::{Given, Line, Translator, head, words_line};
use crate::dialect::ipchains::Opt;
use crate::migrate::frames::Leftover;
use crate::migrate::layout::{Copy, Purpose, Side, Stage};
use crate::migrate::route::{MASQUERADED, taken_back};
use crate::migrate::rule::{Tokens, Trouble};
use crate::model::Value;

impl Translator<'_> {
    /// A command on one chain, for each of its copies.
    pub(super) fn each_copy(&mut self, given: &Given<'_>, opt: Opt, chain: &str) -> Result<Vec<Line>, Trouble> {
        let head = head(given, opt, chain)?;
        let option = head.found.spec.name();
        let copies = self.layout.copies(chain);
        let mut lines = Vec::new();
        for (at, copy) in copies.iter().enumerate() {
            lines.push(self.line(&head, copy, (&option, None), Tokens::default(), at == 0)?);
        }
        Ok(lines)
    }

    /// Forgets what a chain has counted; the copies in other tables count nothing that ipchains did.
    pub(super) fn zero(&mut self, given: &Given<'_>, chain: &str) -> Result<Vec<Line>, Trouble> {
        let head = head(given, Opt::Zero, chain)?;
        let option = head.found.spec.name();
        let copies = self.there(given, chain).into_iter().filter(|copy| copy.purpose == Purpose::Filter);
        let line = |(at, copy): (usize, Copy)| self.line(&head, &copy, (&option, None), Tokens::default(), at == 0);
        copies.enumerate().map(line).collect()
    }

    /// The copies of a chain at a step: before the way of forwarded packets is laid, FORWARD stands for those of its own.
    fn there(&self, given: &Given<'_>, chain: &str) -> Vec<Copy> {
        let (present, side) = (self.frames.present(given.step), Side::of_chain(chain));
        let forward = || "FORWARD".to_owned();
        let mut copies = self.layout.copies(chain);
        let apart = self.frames.others.are_apart(given.step);
        if copies.is_empty() && side == Some(Side::Forward) && !present && !apart {
            copies.push(Copy { purpose: Purpose::Filter, stage: Stage::Forward, name: forward() });
        }
        let own = |copy: &Copy| side.is_some() && copy.purpose == Purpose::Filter && copy.name.starts_with("fwd-");
        copies.retain(|copy| present || !own(copy) || copy.stage == Stage::Forward);
        // What an earlier run has left there goes when the way is laid.
        let disguised = |copy: &Copy| copy.purpose == Purpose::Mangle && copy.name == MASQUERADED;
        copies.retain(|copy| present || self.frames.is_over(given.step) || !disguised(copy));
        for copy in copies.iter_mut().filter(|copy| !present && own(copy)) {
            copy.name = forward();
        }
        copies
    }

    /// Empties a chain; before the way of forwarded packets is laid, what an earlier run has left of it too.
    pub(super) fn flush(&mut self, given: &Given<'_>, chain: &str) -> Result<Vec<Line>, Trouble> {
        let head = head(given, Opt::Flush, chain)?;
        let option = head.found.spec.name();
        let present = self.frames.present(given.step);
        let side = Side::of_chain(chain);
        let mut lines = Vec::new();
        for copy in self.there(given, chain) {
            // Forgetting the rules of forward may have taken it away.
            if copy.purpose == Purpose::Mangle && copy.name == MASQUERADED && self.frames.is_over(given.step) {
                lines.push(cleared(Some("mangle"), MASQUERADED.to_owned(), "", false));
                continue;
            }
            let main = lines.is_empty();
            lines.push(self.line(&head, &copy, (&option, None), Tokens::default(), main)?);
        }
        for purpose in Purpose::OTHERS.into_iter().filter(|_| side.is_some()) {
            let laid = side.and_then(|side| self.layout.lays(purpose, side)).zip(purpose.table());
            lines.extend(laid.map(|((_, chain), table)| words_line(&format!("-t {table} -F {chain}"))));
        }
        if side == Some(Side::Forward) && self.layout.route.masquerades() && !present {
            lines.push(words_line("-t nat -F POSTROUTING"));
        }
        for head in self.layout.route.heads(side).into_iter().filter(|_| present) {
            lines.push(words_line(&head));
        }
        let masqueraded = self.layout.route.mangle_head().filter(|_| present && side == Some(Side::Output));
        lines.extend(masqueraded.map(|head| words_line(&format!("-t mangle {head}"))));
        if side == Some(Side::Forward) {
            lines.extend(self.clear(given, false));
        }
        lines.extend(self.clear_marks(given, false));
        lines.extend(side.and_then(|side| self.policy_again(given, side)));
        if lines.is_empty() && self.frames.others.are_apart(given.step) {
            lines.push(Line::Shell(":".to_owned()));
        }
        Ok(lines)
    }

    /// The policy of a chain that is a rule, which goes with the others when the chain is emptied.
    pub(super) fn policy_again(&self, given: &Given<'_>, side: Side) -> Option<Line> {
        let known = |before| self.policies.known(side, given.guard, before) == Some("REJECT");
        (self.rejects_at_the_end(side) && known(given.step) && known(usize::MAX)).then(|| last_of(side, "REJECT"))
    }

    /// Takes back the way where a run has deleted the last rule of the script.
    pub(super) fn undone(&self, given: &Given<'_>) -> Vec<Line> {
        if !self.frames.is_undone(given.step) {
            return Vec::new();
        }
        let route = &self.layout.route;
        let rules = route.rules(|stage| route.verdict("ACCEPT", stage).join(" ")).into_iter();
        let rules = rules.chain(route.mangle_head().map(|head| format!("-t mangle {head}")));
        let forward = "-A FORWARD";
        let staged = !route.is_direct();
        let builtin = |rule: &String| ["-t ", "-A INPUT", forward].iter().any(|begin| rule.starts_with(begin));
        let rules = rules.filter(|rule| builtin(rule) && !(staged && rule.starts_with(forward)));
        let mut lines: Vec<Line> = rules.map(|rule| words_line(&taken_back(&rule))).collect();
        // Nothing else stands there.
        lines.extend((staged && !route.joints().is_empty()).then(|| words_line("-F FORWARD")));
        lines.extend(self.clear(given, false));
        lines.extend(self.clear_marks(given, false));
        lines
    }

    /// Removes the chains of the way where a run may add no rules.
    pub(super) fn clear(&self, given: &Given<'_>, emptied: bool) -> Vec<Line> {
        let route = &self.layout.route;
        let of_mangle = || route.mangle_head().map(|_| cleared(Some("mangle"), MASQUERADED.to_owned(), "", emptied));
        let of_filter = || cleared(None, route.chains().join(" "), &self.leading_there(), emptied);
        let over = self.frames.is_over(given.step);
        let own = (over && !route.chains().is_empty()).then(of_filter);
        let chains = own.into_iter().chain(over.then(of_mangle).flatten());
        let helped = self.frames.helpers.forgotten(given.step).iter();
        let helped = helped.map(|rule| Line::Perhaps(format!("-t raw -D {rule}")));
        chains.chain(helped).collect()
    }

    /// Removes the chains that add to marks, behind what has emptied all that lead there.
    pub(super) fn clear_marks(&self, given: &Given<'_>, emptied: bool) -> Option<Line> {
        let chains = self.layout.route.mark_chains().join(" ");
        let goes = self.frames.is_unmarked(given.step) && !chains.is_empty();
        goes.then(|| cleared(Some("mangle"), chains, "", emptied))
    }

    /// Removes the chains of the script that can be removed: those of the way stay, and iptables removes either all
    /// chains or none.
    fn remove_chains(&self, made: &[String]) -> Vec<Line> {
        let mut tables: BTreeMap<Option<&'static str>, Vec<String>> = BTreeMap::new();
        for copy in made.iter().flat_map(|chain| self.layout.copies(chain)) {
            tables.entry(copy.purpose.table()).or_default().push(copy.name);
        }
        tables.into_iter().map(|(table, chains)| cleared(table, chains.join(" "), "", true)).collect()
    }

    /// The copies of user chains that forwarded packets alone meet: the script may empty them only later, and until
    /// then they lead to chains of the way.
    fn leading_there(&self) -> String {
        let way = self.layout.route.chains();
        let others = |chain: &String| chain != Side::Forward.builtin() && !way.contains(&chain.as_str());
        self.layout.own_chains().copies.into_iter().filter(others).collect::<Vec<_>>().join(" ")
    }

    /// Removes all chains; those of the way stay while it is laid, and what an earlier run has left of it goes.
    pub(super) fn remove_all(&self, given: &Given<'_>) -> Vec<Line> {
        let (present, left) = (self.frames.present(given.step), self.frames.leftover(given.step));
        let made = self.layout.made().filter(|made| present || left == Some(Leftover::Joined) && !made.is_empty());
        if let Some(made) = made {
            return self.remove_chains(&made);
        }
        let idle = left == Some(Leftover::Idle) && !self.layout.route.chains().is_empty();
        let way = idle.then(|| cleared(None, self.layout.route.chains().join(" "), "", false));
        way.into_iter().chain(self.each_table(given)).collect()
    }

    /// A command on all chains, for each table that the rules use.
    pub(super) fn each_table(&self, given: &Given<'_>) -> Vec<Line> {
        let mut lines = vec![self.as_it_stands(given)];
        let masquerades = self.layout.route.masquerades();
        let used = |table: &&str| {
            self.layout.uses_table(table) || self.layout.lays_in(table) || (*table == "nat" && masquerades)
        };
        for table in ["nat", "mangle"].into_iter().filter(used) {
            let mut tokens = Tokens::default();
            tokens.add(0, "-t");
            tokens.add(0, table);
            (0..given.wording.words.len()).for_each(|word| tokens.add(word, given.wording.text(word)));
            // ipchains kept what ipmasqadm forwards, which stands in PREROUTING.
            if table == "nat" && given.wording.find(Opt::Flush).is_some() && self.keeps_forwarding(given) {
                tokens.add(usize::MAX, "POSTROUTING");
            }
            lines.push(Line::Filter { tokens: tokens.0, main: false });
        }
        lines
    }

    /// Whether ports may be forwarded when a command is run, by rules that stand alone in nat PREROUTING.
    fn keeps_forwarding(&self, given: &Given<'_>) -> bool {
        let mut before = self.layout.forwarded_before(given.step);
        !self.layout.uses_table("nat") && before.any(|guard| self.policies.compatible(guard, given.guard))
    }

    pub(super) fn list(&mut self, given: &Given<'_>, chain: Option<&Value>) -> Result<Vec<Line>, Trouble> {
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
}

/// Removes chains, once they and what leads there have been emptied, unless all chains have been.
fn cleared(table: Option<&'static str>, chains: String, leading: &str, emptied: bool) -> Line {
    let full = if emptied { String::new() } else { format!("{chains} {leading}").trim_end().to_owned() };
    Line::Clear { table, chains, full }
}
