//! ipchains: one chain asked once, and the whole way through a Linux 2.2 host.

use super::compile::{Compiled, compile};
use super::iptables::redirected;
use super::oracle::{Oracle, Stuck, decide};
use super::program::{Program, Ruling};
use super::sight::Sight;
use super::walk::{Loops, Walk};
use super::{Decision, Event, Header, Hook, Host, Kernel, Outcome, Packet, Path, Reason, Rejection, Trace, Verdict};
use crate::logic::{Formula, Formulas};
use crate::model::{FORWARDING, PortRange, Ruleset};

/// Ports that masquerading picks from (`PORT_MASQ_BEGIN` and `PORT_MASQ_END` of ip_masq.h; the end is not included).
pub(super) const MASQUERADE_PORTS: PortRange = PortRange { low: 61000, high: 65095 };

/// A ruleset of ipchains, ready to be asked.
pub struct Filter {
    pub(super) program: Program,
    pub(super) input: usize,
    pub(super) forward: usize,
    pub(super) output: usize,
    /// The modules of ipmasqadm with entries.
    pub(super) forwarding: Vec<usize>,
    kernel: Kernel,
}

impl Filter {
    /// Prepares the rules that are there under `assumption`, a formula over the script's conditions.
    ///
    /// A ruleset of the other dialect has none of the chains, and then everything is accepted.
    pub fn new(ruleset: &Ruleset, formulas: &mut Formulas, assumption: Formula) -> Self {
        let Compiled { mut program, builtin } = compile(ruleset, formulas, assumption);
        let mut chain = |name: &str| {
            let found =
                builtin.iter().find(|(table, chain, _)| table != FORWARDING && chain == name).map(|(_, _, at)| *at);
            found.unwrap_or_else(|| program.empty_chain(name))
        };
        let (input, forward, output) = (chain("input"), chain("forward"), chain("output"));
        let modules = builtin.iter().filter(|(table, ..)| table == FORWARDING).map(|(_, _, at)| *at);
        let forwarding = modules.filter(|at| !program.chains[*at].rules.is_empty()).collect();
        Self { program, input, forward, output, forwarding, kernel: Kernel::default() }
    }

    /// The same rules in another kernel.
    pub fn with_kernel(self, kernel: Kernel) -> Self {
        Self { kernel, ..self }
    }

    /// The chain of a hook.
    pub(super) fn chain(&self, hook: Hook) -> Option<usize> {
        match hook {
            Hook::Input => Some(self.input),
            Hook::Forward => Some(self.forward),
            Hook::Output => Some(self.output),
            Hook::Prerouting | Hook::Postrouting => None,
        }
    }

    /// What one built-in chain says; input is asked with the arrival device, the others with the departure device.
    pub fn ask(&self, hook: Hook, packet: &Packet, trace: Option<&mut Trace>) -> Decision {
        let host = Host::default();
        self.decide(trace, |oracle, trace| {
            let mut walk = self.walk(oracle, trace, Sight::new(packet, &host));
            let ruling = self.asked(&mut walk, hook)?;
            let verdict = match ruling {
                Ruling::Accept | Ruling::Translate(_) => Verdict::Accept,
                Ruling::Deny => Verdict::Deny,
                Ruling::Reject(_) => Verdict::Reject(rejection(hook, packet.path, self.kernel)),
                Ruling::Masquerade => Verdict::Masquerade { rewritten: is_masqueraded(packet) },
                Ruling::Redirect(port) => Verdict::Redirect { port: own_port(port, packet) },
            };
            Ok(walk.sight.outcome(verdict, hook))
        })
    }

    /// What becomes of a packet on its whole way.
    pub fn pass(&self, packet: &Packet, host: &Host, trace: Option<&mut Trace>) -> Decision {
        self.decide(trace, |oracle, trace| {
            let mut walk = self.walk(oracle, trace, Sight::new(packet, host));
            match packet.path {
                Path::Received => self.delivered(&mut walk),
                Path::Sent => self.sent(&mut walk, Verdict::Accept, Hook::Output),
                Path::Forwarded => self.forwarded(&mut walk),
            }
        })
    }

    fn decide(
        &self,
        mut trace: Option<&mut Trace>,
        mut run: impl FnMut(&mut Oracle, Option<&mut Trace>) -> Result<Outcome, Stuck>,
    ) -> Decision {
        decide(|oracle| run(oracle, trace.as_deref_mut()), &self.program)
    }

    fn walk<'w, 'p>(&'w self, oracle: &'w mut Oracle, trace: Option<&'w mut Trace>, sight: Sight<'p>) -> Walk<'w, 'p> {
        Walk::new((&self.program, Loops::Deny), oracle, trace, sight)
    }

    /// Asks a chain with its one device.
    fn asked<'p>(&self, walk: &mut Walk<'_, 'p>, hook: Hook) -> Result<Ruling, Stuck> {
        let packet: &'p Packet = walk.sight.packet;
        let (chain, device) = match hook {
            Hook::Forward => (self.forward, &packet.departure),
            Hook::Output | Hook::Postrouting => (self.output, &packet.departure),
            Hook::Input | Hook::Prerouting => (self.input, &packet.arrival),
        };
        walk.sight.arrival = Some(device);
        walk.sight.departure = None;
        let relayed = packet.path == Path::Received && hook == Hook::Output;
        if relayed && device.is_empty() {
            // The destination was changed, and nobody said where the new one is.
            walk.sight.arrival = None;
        }
        let ruling = walk.ask("filter", chain);
        walk.sight.departure = Some(&packet.departure);
        ruling
    }

    /// `ip_local_deliver` comes after the input chain; a misplaced MASQ counts as ACCEPT (ip_input.c of Linux 2.2).
    fn received(&self, walk: &mut Walk<'_, '_>) -> Result<Outcome, Stuck> {
        let packet = walk.sight.packet;
        let ruling = self.asked(walk, Hook::Input)?;
        let verdict = self.dropped(ruling, Hook::Input, packet.path).unwrap_or(match ruling {
            Ruling::Redirect(port) => redirect(own_port(port, packet)),
            _ => Verdict::Accept,
        });
        Ok(walk.sight.outcome(verdict, Hook::Input))
    }

    /// Input, and then either this host or another that `ipmasqadm` forwards to; those packets skip forward
    /// (`ip_local_deliver` calls `ip_fw_demasquerade`, which may route the packet again).
    fn delivered(&self, walk: &mut Walk<'_, '_>) -> Result<Outcome, Stuck> {
        let input = self.received(walk)?;
        if input.verdict != Verdict::Accept {
            return Ok(input);
        }
        let mut found = None;
        for chain in &self.forwarding {
            if let Ruling::Translate(translation) = walk.ask(FORWARDING, *chain)? {
                if found.is_some() {
                    return Err(walk.oracle.stop(Reason::Order(FORWARDING.to_owned())));
                }
                found = Some(translation);
            }
        }
        let Some(translation) = found else { return Ok(input) };
        let changed = redirected(walk.sight.ends, translation);
        walk.sight.ends = changed;
        walk.sight.changes += 1;
        walk.note(|| Event::Destination(changed.destination.map(Into::into), changed.ports.map(|ports| ports.1)));
        if changed.destination.is_some_and(|own| walk.sight.host.owns(own.into()) == Some(true)) {
            let port = changed.ports.map(|ports| ports.1).filter(|port| port.low == port.high);
            return Ok(walk.sight.outcome(Verdict::Redirect { port: port.map(|port| port.low) }, Hook::Input));
        }
        self.sent(walk, Verdict::Accept, Hook::Output)
    }

    /// The output chain, where all but DENY and REJECT sends the packet (ip_output.c); `passed` is what it then is.
    fn sent(&self, walk: &mut Walk<'_, '_>, passed: Verdict, at: Hook) -> Result<Outcome, Stuck> {
        let ruling = self.asked(walk, Hook::Output)?;
        Ok(match self.dropped(ruling, Hook::Output, walk.sight.packet.path) {
            Some(verdict) => walk.sight.outcome(verdict, Hook::Output),
            None => walk.sight.outcome(passed, at),
        })
    }

    /// The verdict, where the packet ends here.
    fn dropped(&self, ruling: Ruling, hook: Hook, path: Path) -> Option<Verdict> {
        match ruling {
            Ruling::Deny => Some(Verdict::Deny),
            Ruling::Reject(_) => Some(Verdict::Reject(rejection(hook, path, self.kernel))),
            _ => None,
        }
    }

    /// Input, forward, masquerading, output (`ip_forward` of ip_forward.c).
    fn forwarded(&self, walk: &mut Walk<'_, '_>) -> Result<Outcome, Stuck> {
        let input = self.received(walk)?;
        if input.verdict != Verdict::Accept {
            return Ok(input);
        }
        let packet = walk.sight.packet;
        let ruling = self.asked(walk, Hook::Forward)?;
        if let Some(verdict) = self.dropped(ruling, Hook::Forward, packet.path) {
            return Ok(walk.sight.outcome(verdict, Hook::Forward));
        }
        match ruling {
            Ruling::Masquerade if matches!(packet.protocol, 1 | 6 | 17) => {
                let rewritten = is_masqueraded(packet);
                if rewritten {
                    masquerade(walk);
                }
                self.sent(walk, Verdict::Masquerade { rewritten }, Hook::Forward)
            }
            // ip_fw_masquerade refuses other protocols, and a misplaced REDIRECT is no verdict that ip_forward passes.
            Ruling::Masquerade => Ok(walk.sight.outcome(Verdict::Deny, Hook::Forward)),
            Ruling::Redirect(_) if self.kernel == Kernel::V2_2 => Ok(walk.sight.outcome(Verdict::Deny, Hook::Forward)),
            _ => self.sent(walk, Verdict::Accept, Hook::Output),
        }
    }
}

/// What the sender is told (`icmp_send` in ip_input.c, ip_forward.c; none for own packets in ip_output.c);
/// ip_fw_compat.c of Linux 2.4 sends the same everywhere.
pub(super) fn rejection(hook: Hook, path: Path, kernel: Kernel) -> Rejection {
    match (hook, path, kernel) {
        (_, _, Kernel::V2_4) | (Hook::Input | Hook::Prerouting, ..) => Rejection::PORT_UNREACHABLE,
        (Hook::Output, Path::Sent, _) => Rejection::LocalError,
        _ => Rejection::HOST_UNREACHABLE,
    }
}

/// Whether masquerading rewrites the packet: of ICMP only requests (`ip_fw_masq_icmp` of ip_masq.c).
fn is_masqueraded(packet: &Packet) -> bool {
    match packet.header {
        Header::Icmp { kind, .. } => matches!(kind, 8 | 13 | 15 | 17),
        _ => matches!(packet.protocol, 6 | 17),
    }
}

/// Port 0 is the packet's own.
fn own_port(port: Option<u16>, packet: &Packet) -> Option<u16> {
    match (port?, packet.header.ports()) {
        (0, Some((_, destination))) => Some(destination),
        (port, _) => Some(port),
    }
}

/// A redirection to port 0 is none (`ip_local_deliver` asks for a port other than 0).
fn redirect(port: Option<u16>) -> Verdict {
    if port == Some(0) { Verdict::Accept } else { Verdict::Redirect { port } }
}

fn masquerade(walk: &mut Walk<'_, '_>) {
    let sight = &mut walk.sight;
    sight.ends.source = sight.own_address();
    sight.ends.ports = sight.ends.ports.map(|(_, destination)| (MASQUERADE_PORTS, destination));
    sight.changes += 1;
    let (source, ports) = (walk.sight.ends.source, walk.sight.ends.ports);
    walk.note(|| Event::Source(source.map(Into::into), ports.map(|ports| ports.0)));
}
