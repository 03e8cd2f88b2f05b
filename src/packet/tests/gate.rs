//! Questions to a gate, with answers worked out by hand.

use crate::analysis;
use crate::eval::Settings;
use crate::logic::Formula;
use crate::model::{Network, PortRange};
use crate::packet::{Class, Flags, Gate, Hook, Passage, State, Ways};
use crate::text::{FileId, Source, Sources};

fn ask(script: &str, hook: Hook, class: &Class) -> Option<Passage> {
    let mut sources = Sources::default();
    let source = Source::new("fw.sh", script.as_bytes().to_vec());
    let trees = [analysis::parse(&source, FileId(0), None)];
    sources.add(source);
    let mut analysis = analysis::analyse(&sources, &trees, FileId(0), &Settings::default());
    let ruleset = analysis.rulesets.first().expect("a ruleset");
    let mut gate = Gate::new(ruleset, &mut analysis.evaluation.conditions, Formula::TRUE);
    let passage = gate.ask(hook, class);
    let lets = gate.clone().lets(hook, class);
    assert_eq!(lets, passage.map(|passage| passage != Passage::Nothing), "{script}");
    passage
}

const CLOSED: &str = "iptables -P INPUT DROP\n";

fn with(rules: &str, class: &Class) -> Option<Passage> {
    ask(&format!("{CLOSED}{rules}"), Hook::Input, class)
}

fn web() -> Class {
    Class {
        protocol: Some(6),
        destination_port: Some(PortRange::single(80)),
        flags: Some(Flags::SYN),
        state: Some(State::New),
        device: Some(Ways::Outside),
        ..Class::default()
    }
}

#[test]
fn a_class_passes_as_a_whole_in_part_or_not_at_all() {
    assert_eq!(with("", &web()), Some(Passage::Nothing));
    assert_eq!(with("iptables -A INPUT -p tcp --dport 80 -j ACCEPT", &web()), Some(Passage::Everything));
    assert_eq!(with("iptables -A INPUT -p tcp --dport 81 -j ACCEPT", &web()), Some(Passage::Nothing));
    assert_eq!(with("iptables -A INPUT -s 10.0.0.0/8 -j ACCEPT", &web()), Some(Passage::Something));
    let inside = Class { source: Some(Network { address: 0x0A01_0000, mask: 0xFFFF_0000 }), ..web() };
    assert_eq!(with("iptables -A INPUT -s 10.0.0.0/8 -j ACCEPT", &inside), Some(Passage::Everything));
}

#[test]
fn what_is_not_known_may_come_out_either_way() {
    assert_eq!(with("iptables -A INPUT -i $WAN -j ACCEPT", &web()), Some(Passage::Something));
    assert_eq!(with("if $OPEN; then iptables -A INPUT -j ACCEPT; fi", &web()), Some(Passage::Something));
    assert_eq!(with("iptables -A INPUT -m limit --limit 1/s -j ACCEPT", &web()), Some(Passage::Something));
    assert_eq!(with("iptables -A INPUT -j $TARGET", &web()), Some(Passage::Something));
    assert_eq!(with("iptables -A INPUT -m mark --mark 1 -j ACCEPT", &web()), Some(Passage::Something));
    assert_eq!(with("iptables -A INPUT -i lo -s $WAN -j ACCEPT", &web()), Some(Passage::Nothing));
}

#[test]
fn states_answers_and_devices_are_told_apart() {
    let answer = Class {
        protocol: Some(6),
        state: Some(State::Established),
        reply: Some(true),
        device: Some(Ways::Outside),
        ..Class::default()
    };
    let states = "iptables -A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT";
    assert_eq!(with(states, &answer), Some(Passage::Everything));
    assert_eq!(with(states, &web()), Some(Passage::Nothing));
    assert_eq!(with("iptables -A INPUT -m conntrack --ctdir ORIGINAL -j ACCEPT", &answer), Some(Passage::Nothing));
    assert_eq!(with("iptables -A INPUT -i lo -j ACCEPT", &answer), Some(Passage::Nothing));
    let loopback = Class { device: Some(Ways::Loopback), ..answer };
    assert_eq!(with("iptables -A INPUT -i lo -j ACCEPT", &loopback), Some(Passage::Everything));
    let named = Class { device: Some(Ways::Device("eth1".into())), ..web() };
    assert_eq!(with("iptables -A INPUT -i eth1 -j ACCEPT", &named), Some(Passage::Everything));
    assert_eq!(
        with("iptables -A INPUT -i eth0 -j ACCEPT\niptables -A INPUT ! -i eth1 -j ACCEPT", &named),
        Some(Passage::Nothing)
    );
}

#[test]
fn the_way_out_is_asked_by_the_device_of_departure() {
    let out = "iptables -P OUTPUT DROP\niptables -A OUTPUT -o lo -j ACCEPT";
    let class = |device| Class { device: Some(device), ..Class::default() };
    assert_eq!(ask(out, Hook::Output, &class(Ways::Loopback)), Some(Passage::Everything));
    assert_eq!(ask(out, Hook::Output, &class(Ways::Outside)), Some(Passage::Nothing));
}

#[test]
fn ipchains_has_no_states_and_one_device() {
    let script = "ipchains -P input DENY\nipchains -P output DENY\nipchains -A input -i eth0 -p tcp -d 0/0 80 -j ACCEPT\nipchains -A output -i eth0 -j ACCEPT";
    let named = Class { device: Some(Ways::Device("eth0".into())), ..web() };
    assert_eq!(ask(script, Hook::Input, &named), Some(Passage::Everything));
    assert_eq!(ask(script, Hook::Output, &named), Some(Passage::Everything));
    let established = Class { state: Some(State::Established), ..named };
    assert_eq!(ask(script, Hook::Input, &established), Some(Passage::Everything));
    let loopback = Class { device: Some(Ways::Loopback), ..web() };
    assert_eq!(ask(script, Hook::Input, &loopback), Some(Passage::Nothing));
}
