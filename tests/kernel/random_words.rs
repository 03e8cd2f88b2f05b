//! Random scripts whose words are only read when they run: each leaves in the kernel what the script does in ipchains
//! with the words that are read.
//!
//! The variable SEEDS names other seeds than those of every run, as in `SEEDS=100..200`.

use crate::at_run_time::{Case, wrong};
use crate::dice::Dice;
use crate::ready;
use crate::sandbox::Backend;

/// The seeds of every run.
const SEEDS: std::ops::Range<u64> = 0..40;

const ADDRESSES: &[&str] = &["10.0.0.0/8", "10.0.0.1", "192.168.1.0/24", "172.16.2.0/255.255.255.0", "0/0"];
const PORTS: &[&str] = &["80", "25", "1024:65535", "0:1023", "ssh"];
const DEVICES: &[&str] = &["eth0", "eth1", "ppp0", "ppp+"];
const VERDICTS: &[&str] = &["ACCEPT", "DENY", "REJECT"];

/// A script under construction.
struct Writer {
    dice: Dice,
    settings: String,
    script: String,
    list: String,
    variables: usize,
}

impl Writer {
    /// A variable that is read, with this value.
    fn read(&mut self, value: &str) -> String {
        self.variables += 1;
        self.settings.push_str(&format!("V{}='{value}'\n", self.variables));
        format!("$V{}", self.variables)
    }

    /// The word itself, or a variable in its place.
    fn perhaps_read(&mut self, value: &str) -> String {
        if self.dice.one_in(4) { self.read(value) } else { value.to_owned() }
    }

    fn line(&mut self, line: &str) {
        self.script.push_str(&format!("{line}\n"));
    }

    /// Tests for a rule with or without ports, each word perhaps read.
    fn tests(&mut self, chain: &str, ported: bool) -> String {
        let mut words = Vec::new();
        if ported {
            let protocol = self.dice.pick(&["tcp", "tcp", "udp"]);
            // A target that is read may only be REDIRECT where the protocol is known.
            let redirects = matches!(chain, "input" | "web");
            words.push(format!("-p {}", if redirects { protocol.to_owned() } else { self.perhaps_read(protocol) }));
        }
        // What output makes of a masqueraded source depends on the addresses of the devices.
        for option in ["-s", "-d"] {
            if self.dice.one_in(2) || option == "-s" && !matches!(chain, "input" | "forward" | "web") {
                continue;
            }
            let address = self.dice.pick(ADDRESSES);
            let mut word = format!("{option} {}", self.perhaps_read(address));
            if ported && self.dice.one_in(2) {
                let port = self.dice.pick(PORTS);
                word.push_str(&format!(" {}", self.perhaps_read(port)));
            }
            words.push(word);
        }
        if self.dice.one_in(3) {
            let device = self.dice.pick(DEVICES);
            words.push(format!("-i {}", self.perhaps_read(device)));
        }
        words.join(" ")
    }

    /// A target that rules of `chain` may have.
    fn target(&mut self, chain: &str, ported: bool) -> &'static str {
        let mut all = VERDICTS.to_vec();
        all.extend(VERDICTS);
        match chain {
            "forward" => all.push("MASQ"),
            "input" if ported => all.extend(["web", "REDIRECT 3128", "REDIRECT"]),
            "input" => all.push("web"),
            "web" => all.push("RETURN"),
            _ => {}
        }
        self.dice.pick(&all)
    }

    /// A command that adds a rule, of which something is read.
    fn rule(&mut self) {
        let chain = self.dice.pick(&["input", "input", "output", "forward", "web"]);
        let ported = self.dice.one_in(2);
        let (tests, target) = (self.tests(chain, ported), self.target(chain, ported));
        let log = self.dice.pick(&["", " -l"]);
        match self.dice.roll(7) {
            0 | 1 => {
                let logs = if target == "RETURN" { "" } else { log };
                let target = self.read(&format!("{target}{logs}"));
                self.line(&format!("ipchains -A {chain} {tests} -j {target}"));
            }
            2 => {
                self.variables += 1;
                let flag = format!("LOG{}", self.variables);
                self.settings.push_str(&format!("{flag}={}\n", log.trim()));
                let verdict = self.dice.pick(VERDICTS);
                self.line(&format!("ipchains -A {chain} {tests} -j {verdict} ${flag}"));
            }
            3 => {
                let rest = self.read(&format!("{tests} -j {target}{log}"));
                self.line(&format!("ipchains -A {chain} {rest}"));
            }
            4 => {
                let action = self.dice.pick(&["-A", "-I"]);
                let (action, verdict) = (self.read(action), self.dice.pick(VERDICTS));
                self.line(&format!("ipchains {action} {chain} {tests} -j {verdict}"));
            }
            5 => {
                let verdict = self.dice.pick(VERDICTS);
                let other = self.dice.pick(&["input", "forward", "web"]);
                let (tests, other) = (self.tests("output", ported), self.read(other));
                self.line(&format!("ipchains -A {other} {tests} -j {verdict}"));
            }
            _ => self.list.push_str(&format!("{chain} {} {tests}{log}\n", target.split(' ').next().unwrap())),
        }
    }
}

/// A script and its settings.
fn case(seed: u64) -> Case<'static> {
    let mut writer =
        Writer { dice: Dice(seed), settings: String::new(), script: String::new(), list: String::new(), variables: 0 };
    writer.line("ipchains -N web");
    if writer.dice.one_in(2) {
        let policy = writer.dice.pick(VERDICTS);
        let (chain, policy) = (writer.dice.pick(&["forward", "output"]), writer.read(policy));
        writer.line(&format!("ipchains -P {chain} {policy}"));
    }
    for _ in 0..writer.dice.roll(5) + 2 {
        writer.rule();
    }
    writer.line("ipchains -A input -i eth1 -j web");
    // The settings of what is in the list are those of the script.
    let list: String = writer.list.lines().filter(|line| !line.contains('$')).map(|line| format!("{line}\n")).collect();
    if !list.is_empty() {
        writer.line("while read chain target rest; do ipchains -A $chain $rest -j $target; done < ./list");
    }
    writer.line("ipchains -A input -p udp -s 10.0.0.7 -j ACCEPT");
    Case { title: "seed", settings: writer.settings, script: writer.script, list }
}

fn seeds() -> std::ops::Range<u64> {
    let given = std::env::var("SEEDS").ok();
    let ends = given.as_deref().and_then(|text| text.split_once(".."));
    ends.map_or(SEEDS, |(first, last)| first.parse().unwrap()..last.parse().unwrap())
}

#[test]
fn random_words_do_what_they_say() {
    if !ready() {
        return;
    }
    let of = |backend, odd| {
        let wrong = |seed: u64| {
            let case = case(seed);
            let answer = wrong(&case, 1000 + seed as usize, backend)?;
            Some(format!("seed {seed}: {answer}\n{}--\n{}--\n{}", case.settings, case.script, case.list))
        };
        seeds().filter(|seed| seed % 2 == odd).filter_map(wrong).collect::<Vec<_>>()
    };
    let found = std::thread::scope(|scope| {
        let nft = scope.spawn(|| of(Backend::Nft, 0));
        let legacy = of(Backend::Legacy, 1);
        [nft.join().unwrap(), legacy].concat()
    });
    assert!(found.is_empty(), "{}", found.join("\n"));
}
