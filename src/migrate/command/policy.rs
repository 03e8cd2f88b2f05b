//! Policies, which iptables has only as ACCEPT and DROP.

use super::{Given, Head, Line, Translator, head, words_line};
use crate::dialect::ipchains::Opt;
use crate::logic::Formula;
use crate::migrate::layout::{Side, Stage};
use crate::migrate::rule::{Token, Tokens, Trouble, Wording, can_be_asked};
use crate::migrate::runtime;
use crate::model::Value;

impl Translator<'_> {
    pub(super) fn policy(&mut self, given: &Given<'_>, chain: &str, target: &Value) -> Result<Vec<Line>, Trouble> {
        let head = head(given, Opt::Policy, chain)?;
        let side = Side::of_chain(chain).ok_or(Trouble::RunTime)?;
        let word = head.found.further().first().copied().unwrap_or_default();
        let Some(target) = target.known() else { return self.policy_at_run_time(&head, side, word) };
        // A policy that is set again later needs no rule at the end.
        let finals = self.policies.possible(side, given.guard, usize::MAX);
        let rejects = target == "REJECT" && self.rejects_at_the_end(side) && finals.contains("REJECT");
        if rejects && finals.len() > 1 {
            return Err(Trouble::RunTime);
        }
        let route = &self.layout.route;
        let policy = match side {
            Side::Forward if route.is_staged() => self.forward_policy(given, side, target),
            _ if matches!(target, "DENY" | "REJECT") => "DROP",
            _ => "ACCEPT",
        };
        if rejects {
            self.ends_its_chain(given)?;
        }
        let text = self.roles.text(&given.wording.text(word), target, policy);
        let mut lines = match side == Side::Forward && policy == "ACCEPT" && self.opens_alone(given)? {
            true => Vec::new(),
            false => vec![self.policy_line(&head, side, word, text)],
        };
        if self.rejects_at_the_end(side) && self.frames.tails.are_left(given.step) {
            lines.push(Line::Perhaps(format!("-D {} -j REJECT", side.builtin())));
        }
        let verdict = |stage| route.verdict(target, stage).join(" ");
        lines.extend(self.passed_on(given, side, verdict, self.forward_policy(given, side, target)));
        lines.extend(rejects.then(|| last_of(side, "REJECT")));
        let alone = target == "REJECT" && self.frames.is_alone(given.step);
        lines.extend(alone.then(|| words_line(&format!("-A FORWARD -j {}", verdict(Stage::Forward)))));
        Ok(lines)
    }

    /// What a policy that a here-document declares means for forwarded packets.
    pub(in crate::migrate) fn declared_policy(
        &self,
        step: usize,
        guard: Formula,
        side: Side,
        target: &str,
    ) -> Vec<Line> {
        let wording =
            Wording { words: &[], texts: &[], uses: &[], unquoted: false, flag: None, ports: &[], given: &[] };
        let given = Given { step, guard, certain: true, counts: true, wording };
        let verdict = |stage| self.layout.route.verdict(target, stage).join(" ");
        self.passed_on(&given, side, verdict, self.forward_policy(&given, side, target))
    }

    /// A policy that the script asks a function for when it runs.
    fn policy_at_run_time(&mut self, head: &Head<'_>, side: Side, word: usize) -> Result<Vec<Line>, Trouble> {
        let given = head.given;
        let text = given.wording.text(word);
        if !can_be_asked(&text) {
            return Err(Trouble::RunTime);
        }
        let staged = side == Side::Forward && self.layout.route.is_staged();
        let closed = staged && self.forward_policy(given, side, "ACCEPT") == "DROP";
        let policy = if closed { "DROP".to_owned() } else { runtime::policy(&text) };
        let mut lines = vec![self.policy_line(head, side, word, policy)];
        if self.frames.is_alone(given.step) {
            let rejects = self.layout.route.verdict("REJECT", Stage::Forward).join(" ");
            if let Line::Filter { tokens, .. } = words_line(&format!("-A FORWARD -j {rejects}")) {
                lines.push(Line::Rejecting { tokens, word: text });
            }
            return Ok(lines);
        }
        lines.extend(self.passed_on(given, side, |stage| runtime::policy_target(stage, &text), "DROP"));
        // The policy may be REJECT, which iptables only has as a rule.
        let last = side.host_stage().filter(|stage| self.layout.route.rejects_at_the_end(*stage));
        if last.is_some() {
            self.ends_its_chain(given)?;
        }
        lines.extend(last.map(|stage| last_of(side, &runtime::policy_target(stage, &text))));
        Ok(lines)
    }

    /// The command for the built-in chain of a side, with `policy` in the place of `word`.
    fn policy_line(&mut self, head: &Head<'_>, side: Side, word: usize, policy: String) -> Line {
        let wording = &head.given.wording;
        let mut tokens = Tokens::default();
        tokens.add(head.found.word, wording.spelling(head.found, "-P"));
        let name = self.roles.text(&wording.argument(head.found), head.chain, side.builtin());
        tokens.add(head.found.value_word(), name);
        tokens.add(word, policy);
        Line::Filter { tokens: tokens.0, main: true }
    }

    /// What a policy means for forwarded packets: the rules that are policies on their way, or the policy `forward`.
    fn passed_on(&self, given: &Given<'_>, side: Side, verdict: impl Fn(Stage) -> String, forward: &str) -> Vec<Line> {
        let route = &self.layout.route;
        let joints = route.joints().into_iter().filter(|joint| joint.stage.side() == side && !route.is_direct());
        let set = joints.map(|joint| {
            let (chain, number) = (&joint.chain, joint.policy_number());
            format!("-R {chain} {number} -j {}", verdict(joint.stage))
        });
        if self.frames.lasts(given.step) && !route.is_direct() {
            return set.map(|words| words_line(&words)).collect();
        }
        let left = self.frames.others.have_policies(given.step).then(|| set.map(Line::Perhaps));
        let before = self.policies.known(Side::Forward, given.guard, given.step);
        let closed = forward == "DROP" && matches!(before, Some("DENY" | "REJECT" | "MASQ"));
        let kept = forward == "ACCEPT" && self.stays_closed(given);
        let sets = side != Side::Forward && route.is_staged() && !closed && !kept && !self.sets_forward(given);
        let policy = sets.then(|| words_line(&format!("-P FORWARD {forward}")));
        policy.into_iter().chain(left.into_iter().flatten()).collect()
    }

    /// The policy of FORWARD where there are no rules: packets pass if all three chains let them.
    fn forward_policy(&self, given: &Given<'_>, side: Side, target: &str) -> &'static str {
        let others = Side::ALL.into_iter().filter(|other| *other != side);
        let open = |other: Side| self.policies.known(other, given.guard, given.step) == Some("ACCEPT");
        if target == "ACCEPT" && others.into_iter().all(open) { "ACCEPT" } else { "DROP" }
    }

    /// Whether FORWARD keeps the policy that an earlier run may have given it.
    fn stays_closed(&self, given: &Given<'_>) -> bool {
        self.policies.stay_closed(given.guard) && !self.policies.is_closed(given.guard, given.step)
    }

    /// Whether the policy ACCEPT of forward is only for the way that another run has laid: FORWARD itself stays as closed as
    /// it is. Where there is no way, a person is told.
    fn opens_alone(&self, given: &Given<'_>) -> Result<bool, Trouble> {
        let laid = self.frames.lasts(given.step) || !self.layout.route.is_staged();
        let reason = "FORWARD stands for input, forward and output here, and another run may have closed one whose policy is \
                      not set on this way; set all of them";
        match !laid && self.stays_closed(given) {
            true if !self.frames.others.have_policies(given.step) => Err(Trouble::Person(reason.to_owned())),
            alone => Ok(alone),
        }
    }

    /// Whether the policy REJECT of a built-in chain is a rule at its end.
    pub(super) fn rejects_at_the_end(&self, side: Side) -> bool {
        side.host_stage().is_some_and(|stage| self.layout.route.rejects_at_the_end(stage))
    }

    /// Leaves a policy to a person that would be the last rule of its chain in runs with another policy as well.
    fn ends_its_chain(&self, given: &Given<'_>) -> Result<(), Trouble> {
        let reason = "iptables has the policy REJECT only as the last rule of a chain, and runs with another policy add \
                      rules behind this command too; add `-j REJECT` at the end of the runs that want it";
        if self.frames.tails.are_shared(given.step) { Err(Trouble::Person(reason.to_owned())) } else { Ok(()) }
    }

    /// Whether the policy of forward comes to be set beside this one.
    fn sets_forward(&self, given: &Given<'_>) -> bool {
        self.policies.follows(Side::Forward, given.guard, given.step)
    }
}

/// A rule that stands behind all others of a built-in chain.
pub(super) fn last_of(side: Side, target: &str) -> Line {
    Line::Tail(["-A", side.builtin(), "-j", target].map(|text| Token { anchor: 0, text: text.to_owned() }).to_vec())
}
