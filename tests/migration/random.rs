//! Random rulesets: the verifier must never find a packet that the migration treats differently.

use std::collections::BTreeMap;

use crate::dice::Dice;
use iptlint::analysis::{analyse, parse};
use iptlint::eval::Settings;
use iptlint::migrate::{Options, draft};
use iptlint::packet::Kernel;
use iptlint::text::{Source, Sources};
use iptlint::verify::{self, Proof};

/// So many rulesets are tried.
const RULESETS: u64 = 150;

const ADDRESSES: &[&str] =
    &["10.0.0.0/8", "192.168.1.0/24", "192.168.1.5", "203.0.113.9", "0/0", "172.16.2.0/255.0.0.255"];
const PORTS: &[&str] = &["80", "25", "1024:65535", "0:1023", ":512", "61000:65095"];
const DEVICES: &[&str] = &["eth0", "eth1", "ppp0", "ppp+", "lo", "eth+"];
const CHAINS: &[&str] = &["input", "forward", "output"];

/// A rule for `chain`. Masquerading and marks do not meet in one ruleset, since the mangle table sees
/// masqueraded packets with their old source.
fn rule(random: &mut Dice, chain: &str, users: &[&str], masquerades: bool) -> String {
    let protocol = random.pick(&["tcp", "udp", "icmp", "6", "", "", "50", "! tcp"]);
    let ported = matches!(protocol, "tcp" | "udp" | "6");
    let mut words = Vec::new();
    if !protocol.is_empty() {
        words.push(format!("-p {protocol}"));
    }
    for option in ["-s", "-d"] {
        // What output makes of a masqueraded source depends on the addresses of the devices.
        if random.one_in(2) || (masquerades && option == "-s" && chain != "input" && chain != "forward") {
            continue;
        }
        let negation = if random.one_in(7) { "! " } else { "" };
        let mut word = format!("{option} {negation}{}", random.pick(ADDRESSES));
        if ported && random.one_in(2) {
            word.push_str(&format!(" {}{}", if random.one_in(7) { "! " } else { "" }, random.pick(PORTS)));
        }
        words.push(word);
    }
    if random.one_in(3) {
        words.push(format!("-i {}{}", if random.one_in(7) { "! " } else { "" }, random.pick(DEVICES)));
    }
    if matches!(protocol, "tcp" | "6") && random.one_in(4) {
        words.push(random.pick(&["-y", "! -y"]).to_owned());
    }
    if random.one_in(12) {
        words.push("-l".to_owned());
    }
    if !masquerades && random.one_in(8) {
        words.push(
            random.pick(&["-m 5", "-m 0x10", "-m +3", "-m -1", "-m +2147483648", "-t 01 10", "-t e1 04"]).to_owned(),
        );
    }
    let mut targets = vec!["ACCEPT", "ACCEPT", "ACCEPT", "DENY", "DENY", "REJECT", ""];
    targets.extend(users);
    if masquerades && chain == "forward" {
        targets.extend(["MASQ", "MASQ"]);
    }
    if chain == "input" && matches!(protocol, "tcp" | "udp") {
        targets.push("REDIRECT 3128");
    }
    targets.push("RETURN");
    let target = random.pick(&targets);
    if !target.is_empty() {
        words.push(format!("-j {target}"));
    }
    words.join(" ")
}

fn ruleset(seed: u64) -> String {
    let random = &mut Dice(seed);
    let users = &["u0", "u1", "u2"][..random.roll(4)];
    let (masquerades, loops) = (random.one_in(2), random.one_in(5));
    let mut script: Vec<String> = users.iter().map(|user| format!("ipchains -N {user}")).collect();
    // The rules of each chain in their order.
    let mut held: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for _ in 0..random.roll(20) + 2 {
        let all: Vec<&str> = CHAINS.iter().chain(CHAINS).chain(users).copied().collect();
        let chain = random.pick(&all);
        // User chains lead to later ones only, or they may close a loop.
        let further: Vec<&str> =
            users.iter().copied().filter(|user| loops || !chain.starts_with('u') || *user > chain).collect();
        let held = held.entry(chain).or_default();
        let at = random.roll(held.len().max(1));
        let command = match random.roll(20) {
            0 | 1 => format!("-P {} {}", random.pick(CHAINS), random.pick(&["ACCEPT", "DENY", "REJECT"])),
            2 if masquerades => "-P forward MASQ".to_owned(),
            3 => {
                held.insert(at, rule(random, chain, &further, masquerades));
                format!("-I {chain} {} {}", at + 1, held[at])
            }
            4 if !held.is_empty() => {
                held.remove(at);
                format!("-D {chain} {}", at + 1)
            }
            5 if !held.is_empty() => {
                held[at] = rule(random, chain, &further, masquerades);
                format!("-R {chain} {} {}", at + 1, held[at])
            }
            6 if random.one_in(3) => {
                held.clear();
                format!("-F {chain}")
            }
            7 if !held.is_empty() => {
                let rule = held[at].clone();
                // The first one that is equal goes.
                let first = held.iter().position(|own| *own == rule).unwrap_or(at);
                held.remove(first);
                format!("-D {chain} {rule}")
            }
            _ => {
                let rule = rule(random, chain, &further, masquerades);
                // Without addresses the other direction is the same.
                let twice = !rule.contains("-s ") && !rule.contains("-d ") && random.one_in(3);
                held.extend(std::iter::repeat_n(rule.clone(), 1 + usize::from(twice)));
                format!("-A {chain} {}{rule}", if twice { "-b " } else { "" })
            }
        };
        script.push(format!("ipchains {command}"));
    }
    script.join("\n") + "\n"
}

#[test]
fn no_packet_is_treated_differently() {
    let mut proved = 0;
    for seed in 0..RULESETS {
        let script = ruleset(seed);
        let mut sources = Sources::default();
        let file = sources.add(Source::new("old", script.clone().into_bytes()));
        let trees = [parse(sources.get(file), file, None)];
        let mut old = analyse(&sources, &trees, file, &Settings::default());
        // Both styles for both kernels.
        let kernel = if seed % 4 < 2 { Kernel::V2_2 } else { Kernel::V2_4 };
        let options = Options { kernel, staged: seed % 2 == 1 };
        let Ok(draft) = draft(&old, options) else { panic!("seed {seed} is refused") };
        let mut output = Sources::default();
        let file = output.add(Source::new("new", draft.text().to_vec()));
        let trees = [parse(output.get(file), file, None)];
        let mut new = analyse(&output, &trees, file, &Settings::default());
        let migration = draft.read_back(&old, &new);
        match verify::migration(&mut old, &mut new, &migration.edits, kernel) {
            Proof::Equal { .. } => proved += 1,
            Proof::NotDecided { .. } => {}
            proof @ Proof::Different { .. } => {
                panic!("seed {seed}: {}\n{script}\n{}", proof.summary(), String::from_utf8_lossy(&migration.text))
            }
        }
    }
    // A few may hang on something that is not known.
    assert!(proved * 10 >= RULESETS * 9, "{proved} of {RULESETS} proved");
}
