//! `open-window`: the door stands open while the lock is put in.

use crate::diag::{Diagnostic, Severity};
use crate::eval::Step;
use crate::lint::policies::{closes_chain, may_close_chain};
use crate::lint::routing::switch;
use crate::lint::{Category, Context, lint};
use crate::model::{Action, Command, Dialect, Family};
use crate::packet::Hook;
use crate::text::Place;

lint! {
    /// Finds scripts that forward packets before they have closed FORWARD.
    ///
    /// # What it does
    /// Follows a run of a script: forwarding is switched on, FORWARD lets everything through, and only later it
    /// gets its policy or its last rule. The same holds for a chain that is closed first, then opened or flushed
    /// with forwarding on, and closed again.
    ///
    /// # Why it is bad
    /// Until the rest of the script has run, the host passes on every packet. If a command in between fails, or
    /// waits for a name server, it stays so.
    ///
    /// # Example
    /// ```sh
    /// echo 1 > /proc/sys/net/ipv4/ip_forward
    /// iptables -F
    /// iptables -P FORWARD DROP
    /// iptables -A FORWARD -i eth1 -o eth0 -j ACCEPT
    /// iptables -A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// iptables -F
    /// iptables -P FORWARD DROP
    /// iptables -A FORWARD -i eth1 -o eth0 -j ACCEPT
    /// iptables -A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
    /// echo 1 > /proc/sys/net/ipv4/ip_forward
    /// ```
    pub(super) static LINT = {
        name: "open-window",
        category: Category::Hazard,
        severity: Severity::Warning,
        fixable: false,
        check: check,
    };
}

/// A step that matters here.
enum Event {
    /// Forwarding is on from here, or off.
    Switched(bool),
    /// FORWARD is closed for certain.
    Closed,
    /// It may be, so nothing is claimed of it.
    MayBeClosed,
    /// It is opened, by its policy.
    Opened,
}

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    if !context.is_script() {
        return Vec::new();
    }
    let dialects = [Dialect::Iptables, Dialect::Ipchains].into_iter();
    dialects.filter_map(|dialect| first_window(context, dialect)).collect()
}

/// The first moment at which packets pass freely although the chain is closed later in the same run.
fn first_window(context: &Context<'_>, dialect: Dialect) -> Option<Diagnostic> {
    let events: Vec<(&Step, Event)> =
        context.live_steps().filter_map(|(step, command)| Some((step, event(step, command, dialect)?))).collect();
    let mut closings = events.iter().enumerate().filter(|(_, (_, event))| matches!(event, Event::Closed));
    closings.find_map(|(at, (closing, _))| {
        let (begin, opened) = window(context, &events[..at], closing)?;
        let chain = Hook::Forward.chain(dialect);
        let what =
            if opened { "packets pass freely from here, with forwarding on" } else { "forwarding is on from here" };
        let finding = context.finding(begin, format!("{what}, but {chain} is closed only later"));
        let help = format!("close {chain} first, and switch forwarding on at the end");
        Some(finding.with_related(context.analysis.written_at(closing), "it is closed here").with_help(help))
    })
}

/// Where the window begins that `closing` ends, and whether by a policy; `None` where there is no window.
fn window(context: &Context<'_>, before: &[(&Step, Event)], closing: &Step) -> Option<(Place, bool)> {
    let (mut on, mut closed, mut begin) = (None, false, None);
    for (step, event) in before {
        if !context.compatible(step.guard, closing.guard) {
            continue;
        }
        // What happens in all runs that close the chain can be relied on, and nothing else.
        let sure = context.and_not(closing.guard, step.guard).is_false() && !step.many;
        match event {
            Event::Switched(true) if sure => on = on.or(Some(*step)),
            Event::Switched(false) => (on, begin) = (None, None),
            Event::Closed | Event::MayBeClosed => (closed, begin) = (true, None),
            Event::Opened if sure => closed = false,
            Event::Switched(true) | Event::Opened => continue,
        }
        if let Some(switched) = on.filter(|_| !closed && begin.is_none()) {
            let opened = matches!(event, Event::Opened);
            let place = context.analysis.place_in_file(if opened { step } else { switched });
            begin = Some((place, opened));
        }
    }
    begin
}

fn event(step: &Step, command: Option<&Command>, dialect: Dialect) -> Option<Event> {
    if let Some(on) = switch(step, Family::V4) {
        return Some(Event::Switched(on));
    }
    let own = command.filter(|own| (own.dialect, own.family) == (dialect, Family::V4) && own.table.is("filter"))?;
    let name = Hook::Forward.chain(dialect);
    match &own.action {
        _ if closes_chain(own, name) => Some(Event::Closed),
        _ if may_close_chain(own, name) => Some(Event::MayBeClosed),
        Action::Policy { chain, target } if chain.is(name) && target.is("ACCEPT") => Some(Event::Opened),
        _ => None,
    }
}
