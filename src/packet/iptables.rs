//! iptables: all tables at every hook, in the order of the kernel.

mod nat;

pub(super) use nat::redirected;

use super::compile::{Compiled, compile};
use super::oracle::{Oracle, Stuck, decide};
use super::program::{Program, Ruling};
use super::sight::Sight;
use super::walk::{Loops, Walk};
use super::{Decision, Event, Hook, Host, Outcome, Packet, Path, State, Trace, Verdict};
use crate::logic::{Formula, Formulas};
use crate::model::Ruleset;

/// Connection tracking comes between raw and the rest; nat comes before filter where it changes
/// the destination and after it where it changes the source (`enum nf_ip_hook_priorities`).
pub(super) const EARLY_NAT: [&str; 5] = ["raw", "mangle", "nat", "filter", "security"];
pub(super) const LATE_NAT: [&str; 5] = ["raw", "mangle", "filter", "security", "nat"];

/// A ruleset of iptables, ready to be asked.
pub struct Filter {
    pub(super) program: Program,
    /// Table, hook and number of the built-in chains that are there.
    builtin: Vec<(&'static str, Hook, usize)>,
}

/// One packet on its way.
struct Way<'w, 'p> {
    filter: &'w Filter,
    walk: Walk<'w, 'p>,
    /// The way that it takes now.
    path: Path,
    /// What the nat table has made of it.
    verdict: Verdict,
    at: Option<Hook>,
}

impl Filter {
    /// Prepares the rules that are there under `assumption`, a formula over the script's conditions.
    pub fn new(ruleset: &Ruleset, formulas: &mut Formulas, assumption: Formula) -> Self {
        let Compiled { program, builtin } = compile(ruleset, formulas, assumption);
        let known = |(table, chain, at): &(String, String, usize)| {
            let table = EARLY_NAT.iter().find(|own| *own == table)?;
            Some((*table, HOOKS.into_iter().find(|hook| hook.name() == chain)?, *at))
        };
        Self { builtin: builtin.iter().filter_map(known).collect(), program }
    }

    /// What one chain of the filter table says.
    pub fn ask(&self, hook: Hook, packet: &Packet, trace: Option<&mut Trace>) -> Decision {
        let host = Host::default();
        self.decide(packet, &host, trace, |way| {
            way.see(hook);
            let ruling = way.chain("filter", hook)?;
            let verdict = ruling.and_then(dropped).unwrap_or(Verdict::Accept);
            Ok(way.walk.sight.outcome(verdict, hook))
        })
    }

    /// What becomes of a packet on its whole way.
    pub fn pass(&self, packet: &Packet, host: &Host, trace: Option<&mut Trace>) -> Decision {
        self.decide(packet, host, trace, |way| way.run())
    }

    fn decide(
        &self,
        packet: &Packet,
        host: &Host,
        mut trace: Option<&mut Trace>,
        run: impl Fn(&mut Way<'_, '_>) -> Result<Outcome, Stuck>,
    ) -> Decision {
        let one = |oracle: &mut Oracle| {
            let sight = Sight::new(packet, host);
            let walk = Walk::new((&self.program, Loops::Impossible), oracle, trace.as_deref_mut(), sight);
            run(&mut Way { filter: self, walk, path: packet.path, verdict: Verdict::Accept, at: None })
        };
        decide(one, &self.program)
    }

    pub(super) fn chain(&self, table: &str, hook: Hook) -> Option<usize> {
        self.builtin.iter().find(|(own, at, _)| *own == table && *at == hook).map(|(_, _, chain)| *chain)
    }
}

const HOOKS: [Hook; 5] = [Hook::Prerouting, Hook::Input, Hook::Forward, Hook::Output, Hook::Postrouting];

impl Way<'_, '_> {
    fn run(&mut self) -> Result<Outcome, Stuck> {
        if self.path != Path::Sent
            && let Some(lost) = self.hook(Hook::Prerouting)?
        {
            return Ok(lost);
        }
        let (rest, last) = match self.path {
            Path::Received => ([Some(Hook::Input), None], Hook::Input),
            Path::Forwarded => ([Some(Hook::Forward), Some(Hook::Postrouting)], Hook::Forward),
            Path::Sent => ([Some(Hook::Output), Some(Hook::Postrouting)], Hook::Output),
        };
        for hook in rest.into_iter().flatten() {
            if let Some(lost) = self.hook(hook)? {
                return Ok(lost);
            }
        }
        Ok(self.walk.sight.outcome(self.verdict, self.at.unwrap_or(last)))
    }

    /// Asks all tables at a hook; gives the outcome where the packet ends there.
    fn hook(&mut self, hook: Hook) -> Result<Option<Outcome>, Stuck> {
        self.see(hook);
        let order = if matches!(hook, Hook::Prerouting | Hook::Output) { EARLY_NAT } else { LATE_NAT };
        let tracked = self.walk.sight.track.state;
        let begins = matches!(hook, Hook::Prerouting | Hook::Output);
        if begins && tracked != State::Untracked {
            // In raw nothing is known of the connection yet.
            self.walk.sight.track.state = State::Invalid;
        }
        for table in order {
            if table == "mangle" && begins && self.walk.sight.track.state != State::Untracked {
                self.walk.sight.track.state = tracked;
            }
            let ruling = if table == "nat" { self.translate(hook)? } else { self.chain(table, hook)? };
            if let Some(verdict) = ruling.and_then(dropped) {
                if let Verdict::Reject(rejection) = verdict {
                    self.walk.note(|| Event::Rejected(rejection));
                }
                return Ok(Some(self.walk.sight.outcome(verdict, hook)));
            }
        }
        Ok(None)
    }

    /// Which devices rules see: at the hooks before routing none to leave by, on the way out of own packets none
    /// that they came in by. POSTROUTING sees the arrival device of forwarded packets since Linux 5.7 (`ip_output`).
    fn see(&mut self, hook: Hook) {
        let sight = &mut self.walk.sight;
        let packet = sight.packet;
        let leaves = !matches!(hook, Hook::Prerouting | Hook::Input);
        let came = hook != Hook::Output && self.path != Path::Sent;
        sight.arrival = Some(if came { &packet.arrival } else { "" });
        let destination = sight.ends.destination;
        let own = || destination.and_then(|address| sight.host.owns(address.into())) == Some(true);
        let moved = destination != Some(packet.destination.into());
        sight.departure = match &packet.departure {
            _ if !leaves => Some(""),
            // Where own packets go is looked up anew when the destination has become another one.
            _ if self.path == Path::Sent && hook == Hook::Postrouting && moved => own().then_some("lo"),
            // The destination was changed, and nobody said where the new one is.
            device if device.is_empty() => None,
            device => Some(device),
        };
    }

    fn chain(&mut self, table: &'static str, hook: Hook) -> Result<Option<Ruling>, Stuck> {
        let filter = self.filter;
        filter.chain(table, hook).map(|chain| self.walk.ask(table, chain)).transpose()
    }
}

fn dropped(ruling: Ruling) -> Option<Verdict> {
    match ruling {
        Ruling::Deny => Some(Verdict::Deny),
        Ruling::Reject(rejection) => Some(Verdict::Reject(rejection)),
        _ => None,
    }
}
