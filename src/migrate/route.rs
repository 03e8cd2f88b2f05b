//! The way of forwarded packets.
//!
//! Under ipchains a forwarded packet met input, forward and output in turn; iptables asks
//! FORWARD alone. So FORWARD leads it through copies of the three. What ends one of them
//! with ACCEPT jumps to the *joint* of the next: a chain that asks the next copy and then
//! applies its policy. A chain that lets every forwarded packet pass is left out, and where
//! only one remains, its rules stand in FORWARD itself.

mod facts;

use std::collections::BTreeSet;

use super::Options;
use super::adders::{self, Adder};
use super::layout::{Layout, Side, Stage};
use super::marks;
use super::policies::Policies;
use crate::analysis::Analysis;
use crate::eval::Program;
use crate::model::{Dialect, Effect, Family, Known, MarkChange, Test};
use crate::packet::Kernel;
use facts::Facts;
pub(super) use facts::{is_any, is_loopback};

/// Which stages there are, and how they are joined.
#[derive(Default)]
pub(super) struct Route {
    /// Input can hold forwarded packets back.
    entry: bool,
    /// Answers to masqueraded connections need a copy of input of their own.
    reply: bool,
    /// Connections whose destination is changed on arrival need one.
    relayed: bool,
    /// Output can hold forwarded packets back.
    exit: bool,
    /// Masqueraded packets need a copy of output of their own.
    masqueraded: bool,
    /// Forward has something to say.
    forward: bool,
    /// The only stage, whose rules stand in FORWARD itself, and whose policy is that of FORWARD.
    direct: Option<Stage>,
    /// Something is masqueraded.
    masquerade: bool,
    /// The one bit of the connection mark that says: masquerade this one.
    mark: u32,
    /// Something is redirected.
    redirect: bool,
    /// Connections are forwarded to inside hosts, by ipmasqadm or a helper of masquerading.
    forwarded_ports: bool,
    /// Output asks for the source of packets whose marks or TOS it changes, so masqueraded ones need rules of their own.
    pub(super) changes_masqueraded: bool,
    /// What must be added to marks by chains of their own.
    adders: BTreeSet<Adder>,
    /// REJECT answers as the compatibility module of Linux 2.4 did.
    pub(super) late_kernel: bool,
}

/// A chain that asks the rules of a stage and then applies the policy.
pub(super) struct Joint {
    pub(super) chain: &'static str,
    pub(super) stage: Stage,
    /// The ends of its rules that come first.
    heads: Vec<String>,
}

impl Joint {
    /// The number of its rule that is the policy.
    pub(super) fn policy_number(&self) -> usize {
        self.heads.len() + 2
    }
}

/// Tests for packets that ipchains took past the forward chain.
const REPLIES: &str = "-m conntrack --ctstate SNAT --ctdir REPLY";
const RELAYED: &str = "-m conntrack --ctstate DNAT --ctdir ORIGINAL";
/// How the comment begins that names the mark of masqueraded connections.
pub(super) const MARK_COMMENT: &str = "# What is masqueraded: only TCP, UDP and ICMP can be. The connection mark ";
/// The chain of the mangle table for masqueraded packets, which met output under the host's own address.
pub(super) const MASQUERADED: &str = "masqueraded";
/// The command that takes a rule back.
pub(super) fn taken_back(rule: &str) -> String {
    rule.replacen("-A ", "-D ", 1)
}

/// The ICMP requests that ipchains masqueraded.
const REQUESTS: [u8; 4] = [8, 13, 15, 17];

impl Route {
    pub(super) fn of(layout: &Layout<'_>, policies: &Policies, analysis: &Analysis<'_>, options: Options) -> Self {
        let found = Facts::of(layout, policies, analysis);
        // What ipmasqadm forwards does not ask forward.
        let ports = analysis
            .ruleset(Dialect::Ipchains, Family::V4)
            .and_then(|own| own.forwarding.as_ref())
            .is_some_and(|table| table.open || table.chains.iter().any(|chain| !chain.entries.is_empty()));
        let forwards = ports || found.can(Side::Forward, &["ACCEPT", "MASQ"]);
        let (holds_input, holds_output) = (found.holds_back(Side::Input), found.holds_back(Side::Output));
        let rejects = |side| found.can(side, &["REJECT"]);
        let masquerade = found.can(Side::Forward, &["MASQ"]);
        let staged = options.staged && found.has_policies();
        let entry = match forwards {
            _ if staged => true,
            true => holds_input || found.notes(Side::Input),
            false => rejects(Side::Input) || rejects(Side::Forward) && holds_input,
        };
        let exit = staged || forwards && (holds_output || found.notes(Side::Output));
        let helper = |name: &str| matches!(name, "ip_masq_ftp" | "ip_masq_irc");
        let helpers = analysis.invocations().any(|(_, _, invocation)| {
            invocation.program == Program::LoadModule
                && invocation.arguments.iter().any(|word| word.known().is_some_and(helper))
        });
        let forwarded_ports = analysis.uses(Program::Ipmasqadm) || helpers && masquerade;
        let by_destination =
            found.tests(Side::Input, |test| matches!(test, Test::Destination(_) | Test::DestinationPort(_)));
        let relayed = entry && forwarded_ports && by_destination;
        let forward =
            staged || !forwards || found.holds_back(Side::Forward) || found.rules(Side::Forward).next().is_some();
        let stages = [(Stage::Entry, entry), (Stage::Forward, forward || masquerade), (Stage::Exit, exit)];
        let mut present = stages.into_iter().filter(|(_, there)| *there).map(|(stage, _)| stage);
        let only = present.next().unwrap_or(Stage::Forward);
        let direct =
            (present.next().is_none() && !relayed && !ports && policies.only(only.side(), &["ACCEPT", "DENY"]))
                .then_some(only);
        let forward = forward || masquerade || direct == Some(Stage::Forward);
        let by_source = found.tests(Side::Output, |test| matches!(test, Test::Source(_) | Test::SourcePort(_)));
        Self {
            entry,
            exit,
            reply: entry && masquerade && by_destination,
            relayed,
            masqueraded: exit && masquerade && by_source,
            forward,
            direct,
            masquerade,
            mark: if masquerade { marks::free_bit(layout, analysis) } else { 0 },
            redirect: found.redirects(),
            forwarded_ports,
            changes_masqueraded: false,
            adders: adders(layout, analysis),
            late_kernel: options.kernel == Kernel::V2_4,
        }
    }

    /// Those who meet the rules of `side` in the filter table.
    pub(super) fn stages(&self, side: Side) -> Vec<Stage> {
        let all: &[(Stage, bool)] = match side {
            Side::Input => &[
                (Stage::Input, true),
                (Stage::Entry, self.entry),
                (Stage::Reply, self.reply),
                (Stage::Relayed, self.relayed),
            ],
            Side::Forward => &[(Stage::Forward, self.forward)],
            Side::Output => &[(Stage::Output, true), (Stage::Exit, self.exit), (Stage::Masqueraded, self.masqueraded)],
        };
        all.iter().filter(|(_, there)| *there).map(|(stage, _)| *stage).collect()
    }

    /// The chain in which the rules of a built-in chain stand.
    pub(super) fn rules_chain(&self, stage: Stage) -> &'static str {
        match stage {
            Stage::Input => "INPUT",
            Stage::Output => "OUTPUT",
            stage if self.direct == Some(stage) => "FORWARD",
            Stage::Forward => "fwd-forward",
            Stage::Entry => "fwd-input",
            Stage::Reply => "fwd-replies",
            Stage::Relayed => "fwd-relayed",
            Stage::Exit => "fwd-output",
            Stage::Masqueraded => "fwd-masqueraded",
        }
    }

    /// What a target of ipchains is in the filter table.
    pub(super) fn verdict(&self, target: &str, stage: Stage) -> Vec<&'static str> {
        match (target, stage) {
            ("DENY", _) => vec!["DROP"],
            ("REJECT", Stage::Input | Stage::Entry | Stage::Reply | Stage::Relayed) => vec!["REJECT"],
            ("REJECT", _) if self.late_kernel => vec!["REJECT"],
            // A rejected packet of the host's own got no ICMP answer, the program an error.
            ("REJECT", Stage::Output) => vec!["DROP"],
            ("REJECT", _) => vec!["REJECT", "--reject-with", "icmp-host-unreachable"],
            // A policy that is another one in the end masquerades nothing.
            ("MASQ", Stage::Forward) if self.masquerade => vec!["masquerade"],
            // Only packets that conntrack does not know come to a redirection in FORWARD.
            ("REDIRECT", Stage::Entry | Stage::Reply | Stage::Relayed) => vec!["DROP"],
            ("REDIRECT", Stage::Forward) if !self.late_kernel => vec!["DROP"],
            ("ACCEPT" | "MASQ" | "REDIRECT", stage) => vec![self.onward(stage)],
            _ => vec!["RETURN"],
        }
    }

    /// Whether the policy REJECT is a rule at the end of the built-in chain of a stage: who is rejected gets an answer.
    pub(super) fn rejects_at_the_end(&self, stage: Stage) -> bool {
        matches!(stage, Stage::Input | Stage::Output) && self.verdict("REJECT", stage) == ["REJECT"]
    }

    /// Where a packet goes that a stage accepts.
    fn onward(&self, stage: Stage) -> &'static str {
        match stage {
            Stage::Entry if self.forward => "to-forward",
            Stage::Entry | Stage::Forward | Stage::Reply | Stage::Relayed if self.exit => "to-output",
            _ => "ACCEPT",
        }
    }

    /// The joints of the stages, in the order of the packet's way.
    pub(super) fn joints(&self) -> Vec<Joint> {
        let mut joints = Vec::new();
        if self.entry && self.direct.is_none() {
            let heads = [(self.reply, REPLIES, "to-replies"), (self.relayed, RELAYED, "to-relayed")];
            let heads = heads.into_iter().filter(|(there, ..)| *there);
            let heads = heads.map(|(_, test, chain)| format!("{test} -j {chain}")).collect();
            joints.push(Joint { chain: "FORWARD", stage: Stage::Entry, heads });
        }
        if self.reply {
            joints.push(Joint { chain: "to-replies", stage: Stage::Reply, heads: Vec::new() });
        }
        if self.relayed {
            joints.push(Joint { chain: "to-relayed", stage: Stage::Relayed, heads: Vec::new() });
        }
        if self.forward && self.direct.is_none() {
            let chain = if self.entry { "to-forward" } else { "FORWARD" };
            joints.push(Joint { chain, stage: Stage::Forward, heads: self.past_forward() });
        }
        if self.exit && self.direct.is_none() {
            let chain = if self.entry || self.forward { "to-output" } else { "FORWARD" };
            joints.push(Joint { chain, stage: Stage::Exit, heads: Vec::new() });
        }
        if self.masqueraded {
            joints.push(Joint { chain: "to-masqueraded", stage: Stage::Masqueraded, heads: Vec::new() });
        }
        joints
    }

    /// The ends of the rules for packets that ipchains took past the forward chain.
    fn past_forward(&self) -> Vec<String> {
        let tests = [(self.masquerade && !self.reply, REPLIES), (self.forwarded_ports && !self.relayed, RELAYED)];
        let tests = tests.into_iter().filter(|(there, _)| *there);
        tests.map(|(_, test)| format!("{test} -j {}", self.onward(Stage::Forward))).collect()
    }

    /// The chains of the filter table that the way needs beside FORWARD.
    pub(super) fn chains(&self) -> Vec<&'static str> {
        let joints = self.joints();
        let of_rules = joints.iter().map(|joint| self.rules_chain(joint.stage));
        let own = joints.iter().map(|joint| joint.chain).filter(|chain| *chain != "FORWARD");
        of_rules.chain(own).chain(self.masquerade.then_some("masquerade")).collect()
    }

    /// Whether rules of our own belong to the way.
    pub(super) fn needs_frame(&self) -> bool {
        let heads = Side::ALL.into_iter().any(|side| !self.heads(Some(side)).is_empty());
        heads || self.masquerade || !self.joints().is_empty() || !self.adders.is_empty()
    }

    /// Whether anything is masqueraded.
    pub(super) fn masquerades(&self) -> bool {
        self.masquerade
    }

    /// Whether connections are forwarded to inside hosts, which takes rules of the nat table.
    pub(super) fn forwards_ports(&self) -> bool {
        self.forwarded_ports
    }

    /// Whether the rules of one stage stand in FORWARD itself.
    pub(super) fn is_direct(&self) -> bool {
        self.direct.is_some()
    }

    /// Whether the policy of FORWARD is that of the built-in chain of a side.
    pub(super) fn is_direct_for(&self, side: Side) -> bool {
        self.direct.is_some_and(|stage| stage.side() == side)
    }

    /// Whether the rules in FORWARD itself are copies of those of INPUT or OUTPUT.
    pub(super) fn copied_in_forward(&self) -> bool {
        self.direct.is_some_and(|stage| stage != Stage::Forward)
    }

    /// Whether FORWARD is more than the translation of forward.
    pub(super) fn is_staged(&self) -> bool {
        self.direct != Some(Stage::Forward)
    }

    /// The rules of the way that stand before the script's own in a built-in chain.
    pub(super) fn heads(&self, side: Option<Side>) -> Vec<String> {
        match side {
            Some(Side::Input) if self.redirect => vec![format!("-A INPUT {RELAYED} -j ACCEPT")],
            Some(Side::Forward) if self.direct == Some(Stage::Forward) => {
                self.past_forward().into_iter().map(|head| format!("-A FORWARD {head}")).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The connection mark of what is masqueraded, with its mask.
    fn mark(&self) -> String {
        format!("{0:#x}/{0:#x}", self.mark)
    }

    /// What people must know of it, as a comment.
    pub(super) fn mark_comment(&self) -> String {
        format!("{MARK_COMMENT}{:#x} tells nat which connections it is for.", self.mark)
    }

    /// The rule of mangle POSTROUTING that leads masqueraded packets to rules of their own, and answers to none.
    pub(super) fn mangle_head(&self) -> Option<String> {
        let mark = self.mark();
        let rule =
            || format!("-A POSTROUTING -m connmark --mark {mark} -m conntrack --ctdir ORIGINAL -g {MASQUERADED}");
        self.changes_masqueraded.then(rule)
    }

    /// How many of them stand in the chain of this name.
    pub(super) fn ahead(&self, chain: &str) -> usize {
        let side = Side::ALL.into_iter().find(|side| side.builtin() == chain);
        self.heads(side).len()
    }

    /// The chains of the mangle table that add to marks.
    pub(super) fn mark_chains(&self) -> Vec<String> {
        adders::chains(&self.adders)
    }

    /// Their rules.
    pub(super) fn mark_rules(&self) -> Vec<(String, Vec<String>)> {
        adders::rules(&self.adders)
    }

    /// The words of the rules that lead packets on their way, with what the policy is at a stage.
    pub(super) fn rules(&self, policy: impl Fn(Stage) -> String) -> Vec<String> {
        let mut rules = Vec::new();
        rules.extend(Side::ALL.into_iter().flat_map(|side| self.heads(Some(side))));
        for joint in self.joints() {
            let ends = [format!("-j {}", self.rules_chain(joint.stage)), format!("-j {}", policy(joint.stage))];
            rules.extend(joint.heads.iter().chain(&ends).map(|end| format!("-A {} {end}", joint.chain)));
        }
        if self.masquerade {
            rules.extend(self.masquerading());
        }
        rules
    }

    /// ipchains masqueraded TCP, UDP and ICMP requests, and dropped what is neither TCP, UDP nor ICMP.
    fn masquerading(&self) -> Vec<String> {
        let (plain, mark) = (self.onward(Stage::Forward), self.mark());
        let disguised = if self.masqueraded { "to-masqueraded" } else { plain };
        // Connection tracking knows no other ICMP than requests and what belongs to them, so the mark may stand for all.
        let mut rules = vec![format!("-A masquerade -j CONNMARK --set-xmark {mark}")];
        rules.extend(["tcp", "udp"].map(|protocol| format!("-A masquerade -p {protocol} -j {disguised}")));
        if disguised != plain {
            let of_requests = REQUESTS.map(|kind| format!("-A masquerade -p icmp --icmp-type {kind} -j {disguised}"));
            rules.extend(of_requests);
        }
        rules.push(format!("-A masquerade -p icmp -j {plain}"));
        rules.push("-A masquerade -j DROP".to_owned());
        for (protocol, ports) in
            [("-p tcp ", " --to-ports 61000-65095"), ("-p udp ", " --to-ports 61000-65095"), ("", "")]
        {
            rules.push(format!("-t nat -A POSTROUTING {protocol}-m connmark --mark {mark} -j MASQUERADE{ports}"));
        }
        rules
    }
}

/// The chains that relative marks need.
fn adders(layout: &Layout<'_>, analysis: &Analysis<'_>) -> BTreeSet<Adder> {
    let marks = marks::possible(layout, analysis);
    let effects = layout.placed().flat_map(|(_, placed)| &placed.rule.effects);
    let numbers = effects.filter_map(|effect| match effect {
        Effect::Mark(Known::Is(MarkChange::Add(number))) => Some(*number),
        _ => None,
    });
    let unknown = numbers.filter(|number| marks.as_ref().and_then(|marks| marks::additions(marks, *number)).is_none());
    unknown.flat_map(Adder::all).collect()
}
