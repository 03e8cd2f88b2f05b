//! Rules without effect against a search through all packets that the rules tell apart: random chains,
//! no shared code.

use super::dice::Dice;
use super::idle::idle_lines;

/// A rule of few kinds: source network, protocol, ports, a state, and where its packets go.
#[derive(Clone, Copy)]
struct Plain {
    source: Option<(u32, u32)>,
    protocol: Option<u8>,
    ports: Option<(u32, u32)>,
    new: bool,
    jump: Jump,
}

#[derive(Clone, Copy, PartialEq)]
enum Jump {
    Verdict(&'static str),
    Log,
    Return,
    Call(usize),
}

struct Asked {
    source: u32,
    protocol: u8,
    port: u32,
    fragment: bool,
    new: bool,
}

impl Plain {
    fn random(dice: &mut Dice, chains: usize) -> Self {
        let length = 28 + dice.roll(5) as u32;
        let mask = (u64::from(u32::MAX) << (32 - length)) as u32;
        let source = (dice.roll(3) > 0).then(|| ((0xC000_0200 + dice.roll(16) as u32) & mask, mask));
        let protocol = (dice.roll(3) > 0).then(|| dice.pick(&[6, 17]));
        let low = dice.roll(5) as u32;
        let ports = protocol.filter(|_| dice.roll(3) > 0).map(|_| (low, low + dice.roll(3) as u32));
        let jump = match dice.roll(8) {
            0 => Jump::Log,
            1 => Jump::Return,
            2 if chains > 0 => Jump::Call(dice.roll(chains)),
            _ => Jump::Verdict(dice.pick(&["ACCEPT", "DROP"])),
        };
        Self { source, protocol, ports, new: dice.roll(6) == 0, jump }
    }

    fn written(&self) -> String {
        let mut text = String::new();
        if let Some((address, mask)) = self.source {
            let [a, b, c, d] = address.to_be_bytes();
            text += &format!(" -s {a}.{b}.{c}.{d}/{}", mask.count_ones());
        }
        if let Some(protocol) = self.protocol {
            text += &format!(" -p {}", if protocol == 6 { "tcp" } else { "udp" });
        }
        if let Some((low, high)) = self.ports {
            text += &format!(" --dport {low}:{high}");
        }
        if self.new {
            text += " -m conntrack --ctstate NEW";
        }
        let jump = match self.jump {
            Jump::Verdict(verdict) => verdict.to_owned(),
            Jump::Log => "LOG".to_owned(),
            Jump::Return => "RETURN".to_owned(),
            Jump::Call(chain) => format!("c{chain}"),
        };
        text + " -j " + &jump
    }

    fn matches(&self, asked: &Asked) -> bool {
        self.source.is_none_or(|(address, mask)| asked.source & mask == address)
            && self.protocol.is_none_or(|protocol| asked.protocol == protocol)
            && self.ports.is_none_or(|(low, high)| !asked.fragment && (low..=high).contains(&asked.port))
            && (!self.new || asked.new)
    }
}

/// Whether the packet goes no further than the chain; notes the rules that it meets.
fn pass(chains: &[Vec<Plain>], chain: usize, asked: &Asked, met: &mut Vec<usize>) -> bool {
    for (at, rule) in chains[chain].iter().enumerate().filter(|(_, rule)| rule.matches(asked)) {
        met.push(at);
        match rule.jump {
            Jump::Verdict(_) => return true,
            Jump::Return => return false,
            Jump::Call(other) if pass(chains, other, asked, &mut Vec::new()) => return true,
            Jump::Call(_) | Jump::Log => {}
        }
    }
    false
}

/// A packet for each way in which the rules tell packets apart.
fn all_packets() -> impl Iterator<Item = Asked> {
    let kinds = [(6, false), (6, true), (17, false), (17, true), (47, false)];
    (0..17).flat_map(move |source| {
        kinds.into_iter().flat_map(move |(protocol, fragment)| {
            (0..8).flat_map(move |port| {
                [false, true].map(|new| Asked { source: 0xC000_0200 + source, protocol, port, fragment, new })
            })
        })
    })
}

/// The lines of the rules that no packet comes to, chain by chain.
fn unmet(chains: &[Vec<Plain>]) -> Vec<usize> {
    let mut unmet = Vec::new();
    let mut line = chains.len() + 2;
    for (number, chain) in chains.iter().enumerate() {
        let mut met = vec![false; chain.len()];
        for asked in all_packets() {
            let mut rules = Vec::new();
            pass(chains, number, &asked, &mut rules);
            rules.into_iter().for_each(|at| met[at] = true);
        }
        unmet.extend(met.iter().enumerate().filter(|(_, met)| !**met).map(|(at, _)| line + at));
        line += chain.len();
    }
    unmet
}

fn check(seed: u64, lengths: &[usize]) -> usize {
    let mut dice = Dice(seed);
    let chain = |(number, length): (usize, &usize)| (0..*length).map(|_| Plain::random(&mut dice, number)).collect();
    let chains: Vec<Vec<Plain>> = lengths.iter().enumerate().map(chain).collect();
    let names = (0..chains.len()).map(|number| format!(":c{number} - [0:0]\n"));
    let rules = chains
        .iter()
        .enumerate()
        .flat_map(|(number, chain)| chain.iter().map(move |rule| format!("-A c{number}{}\n", rule.written())));
    let text = format!("*filter\n{}{}COMMIT\n", names.collect::<String>(), rules.collect::<String>());
    let expected = unmet(&chains);
    assert_eq!(idle_lines(&text), expected, "seed {seed}\n{text}");
    expected.len()
}

#[test]
fn short_chains_are_judged_exactly() {
    let found: usize = (1..80).map(|seed| check(seed, &[6, 9, 12])).sum();
    assert!(found > 300, "{found}");
}

#[test]
fn long_chains_are_judged_exactly() {
    let found: usize = (1..6).map(|seed| check(seed, &[5, 150])).sum();
    assert!(found > 300, "{found}");
}
