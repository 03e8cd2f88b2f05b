//! What `ipmasqadm` forwards, where rules of REDIRECT stand in nat PREROUTING as well.
//!
//! ipchains asked all of input first, and forwarded what was left for this host then. In nat PREROUTING the first rule
//! that fits is the last one, also where it only keeps packets from being redirected.

use super::command::Translator;
use super::frames::{empties, happens};
use super::layout::{Placed, Purpose, Side, disjoint, is_special};
use super::outcome::Outcome;
use crate::analysis::Analysis;
use crate::dialect::ipmasqadm;
use crate::eval::{Act, Program};
use crate::model::Action;

/// What becomes of a command beside the rules. One that forwards ports stands where redirections leave it its packets;
/// it is left to a person if there is no such place, or if it would remove redirections.
pub(super) fn keep(outcome: Outcome, analysis: &Analysis<'_>, translator: &Translator<'_>, step: usize) -> Outcome {
    let Outcome::Commands(commands, note) = outcome else { return outcome };
    let beside = Beside { analysis, translator, step };
    let empties = |command: &String| command.ends_with("-t nat -F PREROUTING");
    if commands.iter().any(empties) && beside.removes() {
        let reason = "iptables would remove the rules of REDIRECT too; delete the forwarded ports one by one";
        return Outcome::Person(reason.to_owned());
    }
    match beside.place() {
        Place::AsWritten => Outcome::Commands(commands, note),
        Place::First => {
            let first = |command: String| command.replacen("-t nat -A PREROUTING", "-t nat -I PREROUTING", 1);
            Outcome::Commands(commands.into_iter().map(first).collect(), note)
        }
        Place::None => {
            let reason = "ipchains asked the rules of input first, REDIRECT among them; nowhere in nat PREROUTING would \
                          this rule leave them their packets and get its own";
            Outcome::Person(reason.to_owned())
        }
    }
}

/// Where a forwarded port stands in nat PREROUTING.
#[derive(Clone, Copy)]
enum Place {
    /// Where it would stand without redirections.
    AsWritten,
    /// Before rules that keep its packets from being redirected, which no other rule would do.
    First,
    /// Some rules would take its packets, or it would take theirs.
    None,
}

/// A command beside the rules.
struct Beside<'a> {
    analysis: &'a Analysis<'a>,
    translator: &'a Translator<'a>,
    step: usize,
}

impl Beside<'_> {
    /// Whether there may be redirections when the command empties nat PREROUTING, which stay where they are under
    /// ipchains.
    fn removes(&self) -> bool {
        let mut before = self.translator.layout.placed().map(|(_, placed)| placed);
        before
            .any(|placed| placed.step < self.step && Purpose::Redirect.is_served_by(placed.rule) && self.meets(placed))
    }

    /// Whether a rule of the script and what the command does may be there at once.
    fn meets(&self, placed: &Placed<'_>) -> bool {
        let (steps, policies) = (&self.analysis.evaluation.steps, self.translator.policies);
        let Some(step) = steps.get(self.step) else { return false };
        let emptied = |range| happens(self.analysis, policies, (range, step.guard), |action| empties(action, "input"));
        match steps.get(placed.step) {
            Some(own) if policies.compatible(own.guard, step.guard) => {
                !emptied(placed.step.min(self.step)..placed.step.max(self.step))
            }
            // An earlier run may have left it to one that empties input anyway.
            _ => !emptied(0..steps.len()),
        }
    }

    /// Where the ports that the command forwards stand.
    fn place(&self) -> Place {
        let command = self.analysis.evaluation.steps.get(self.step).and_then(|step| match &step.act {
            Act::Run(own) if own.program == Program::Ipmasqadm => Some(ipmasqadm::parse(&own.arguments, step.place)),
            _ => None,
        });
        let (entries, appended) = match command.map(|command| command.action) {
            Some(Action::Append { rules, .. }) => (rules, true),
            Some(Action::Insert { rules, .. }) => (rules, false),
            _ => return Place::AsWritten,
        };
        let met: Vec<&Placed<'_>> = self.copied().filter(|placed| self.meets(placed)).collect();
        let concerns = |placed: &Placed<'_>| entries.iter().any(|entry| !disjoint(entry, placed.rule));
        let is_ahead = |placed: &Placed<'_>| appended && (placed.step < self.step || placed.inserted);
        let (redirecting, keeping): (Vec<&Placed<'_>>, Vec<&Placed<'_>>) = met
            .iter()
            .filter(|placed| concerns(placed))
            .partition(|placed| Purpose::Redirect.is_served_by(placed.rule));
        let kept = keeping.into_iter().any(is_ahead);
        match redirecting.iter().all(|placed| is_ahead(placed)) {
            true if !kept => Place::AsWritten,
            // What has a number there would not have it behind another rule.
            true if redirecting.is_empty() && !met.iter().any(|placed| placed.inserted) => Place::First,
            _ => Place::None,
        }
    }

    /// The rules in nat PREROUTING and its chains that end the way of packets there before they are dropped.
    fn copied(&self) -> impl Iterator<Item = &Placed<'_>> {
        let layout = self.translator.layout;
        let ends = |(chain, placed): &(&str, &Placed<'_>)| {
            let ends = match placed.rule.target.as_ref().map(|target| target.name.known()) {
                None | Some(Some("DENY" | "REJECT")) => false,
                Some(Some("RETURN")) => Side::of_chain(chain).is_some(),
                Some(name) => name.is_none_or(is_special),
            };
            let serves = || Purpose::Redirect.is_served_by(placed.rule);
            let hides = || layout.hides(chain, Purpose::Redirect, placed.step, placed.rule);
            ends && layout.serves(chain, Purpose::Redirect, Side::Input) && (serves() || hides())
        };
        layout.placed().filter(ends).map(|(_, placed)| placed)
    }
}
