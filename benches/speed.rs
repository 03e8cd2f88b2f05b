//! How long the jobs take: to parse, to lint, to migrate. Run with `cargo bench`.
//!
//! Each job is done many times, and the fastest run counts. What counts is the time on the processor, where the
//! system tells it, so that other programs do not disturb. Figures stand side by side: each job beside parsing
//! alone, and what is ten times as long beside the tenth of it, which should take a tenth of the time.
//! `valgrind --tool=callgrind` counts the instructions of a single run of the programs.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on fails")]

use std::hint::black_box;
use std::io::Write;
use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use iptlint::analysis::{Analysis, analyse, parse};
use iptlint::eval::Settings;
use iptlint::text::{FileId, Source, Sources};

const ROUNDS: usize = 30;

/// A ruleset takes longer, and needs fewer rounds.
const FEW_ROUNDS: usize = 3;

/// A script with variables, loops and all common kinds of rules.
fn script() -> String {
    let mut text = String::from("#!/bin/sh\nIPCHAINS=/sbin/ipchains\nEXTIF=ppp0\nLAN=192.168.1.0/24\n");
    text.push_str("$IPCHAINS -F\n$IPCHAINS -P input DENY\n$IPCHAINS -P forward DENY\n");
    for number in 0..48 {
        text.push_str(&format!("# customer {number}\n"));
        text.push_str(&format!("$IPCHAINS -A input -i $EXTIF -p tcp -s 10.{number}.0.0/16 -d $LAN 22 -j ACCEPT\n"));
        text.push_str(&format!("$IPCHAINS -A input -i $EXTIF -p udp -s 10.{number}.0.1 53 -j DENY -l\n"));
        text.push_str(&format!("$IPCHAINS -A forward -i $EXTIF -s 192.168.{number}.0/24 -j MASQ\n"));
    }
    text.push_str("for port in 25 80 443; do $IPCHAINS -A input -p tcp -d $LAN $port -j ACCEPT; done\n");
    text
}

fn with_analysis<T>(text: &str, job: impl FnOnce(Analysis<'_>) -> T) -> T {
    let mut sources = Sources::default();
    let source = Source::new("script", text.as_bytes().to_vec());
    let tree = parse(&source, FileId(0), None);
    sources.add(source);
    job(analyse(&sources, std::slice::from_ref(&tree), FileId(0), &Settings::default()))
}

/// A save file of so many rules, in chains of forty.
fn ruleset(rules: usize) -> String {
    let chains = rules.div_ceil(40);
    let mut text = String::from("*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n");
    text.extend((0..chains).map(|chain| format!(":zone{chain} - [0:0]\n")));
    text.extend(
        (0..chains).map(|chain| format!("-A FORWARD -d 10.{}.{}.0/24 -j zone{chain}\n", chain >> 8, chain & 255)),
    );
    for number in 0..rules {
        let (chain, port, host) = (number / 40, 1 + number * 7919 % 60000, number * 31 % 251);
        let state = if number % 3 == 0 { " -m conntrack --ctstate NEW" } else { "" };
        text.push_str(&format!(
            "-A zone{chain} -s 192.168.{host}.0/24 -p tcp -m tcp --dport {port}{state} -j ACCEPT\n"
        ));
    }
    text + "COMMIT\n"
}

/// So many addresses that are kept out, in one chain.
fn blocklist(rules: usize) -> String {
    let address = |number: usize| (number as u32 + 1).wrapping_mul(0x9E37_79B1);
    let mut text = String::from("*filter\n:INPUT ACCEPT [0:0]\n:blocked - [0:0]\n-A INPUT -j blocked\n");
    text.extend((0..rules).map(|number| format!("-A blocked -s {}/32 -j DROP\n", Ipv4Addr::from(address(number)))));
    text + "COMMIT\n"
}

/// A script that calls a function so many times.
fn calls(count: usize) -> String {
    let mut text = String::from(
        "#!/bin/sh\nadd() {\n  if [ -n \"$3\" ]; then\n    ipchains -A input -p $1 -s $2 -d 0/0 $3 -j ACCEPT\n",
    );
    text.push_str("  else\n    ipchains -A input -p $1 -s $2 -j DENY\n  fi\n}\nipchains -F\nipchains -P input DENY\n");
    text.extend(
        (0..count).map(|number| format!("add tcp 10.{}.{}.0/24 {}\n", number >> 8, number & 255, number % 900)),
    );
    text
}

/// The time that this thread has had on the processor; the time of day where the system does not tell.
fn now(start: Instant) -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let own = text.split(' ').next().and_then(|own| own.parse().ok());
    own.map_or_else(|| start.elapsed(), Duration::from_nanos)
}

fn fastest<T>(rounds: usize, job: impl Fn() -> T) -> Duration {
    let start = Instant::now();
    let once = || {
        let before = now(start);
        black_box(job());
        now(start) - before
    };
    (0..rounds).map(|_| once()).min().unwrap()
}

fn parsing(text: &str, rounds: usize) -> Duration {
    let source = Source::new("input", text.as_bytes().to_vec());
    fastest(rounds, || parse(&source, FileId(0), None))
}

fn migrating(text: &str, rounds: usize) -> Duration {
    fastest(rounds, || with_analysis(text, |analysis| iptlint::migrate::migrate(&analysis).is_ok()))
}

fn linting(text: &str, rounds: usize) -> Duration {
    fastest(rounds, || with_analysis(text, |mut analysis| iptlint::lint::check(&mut analysis).len()))
}

fn line(name: &str, time: Duration, beside: Duration) {
    let ratio = time.as_secs_f64() / beside.as_secs_f64();
    writeln!(std::io::stdout().lock(), "{name:24} {:9.3} ms {ratio:6.1} x", time.as_secs_f64() * 1e3).unwrap();
}

fn main() {
    let text = script();
    let alone = parsing(&text, ROUNDS);
    line("script: parse", alone, alone);
    line("script: analyse", fastest(ROUNDS, || with_analysis(&text, |analysis| analysis.rulesets.len())), alone);
    line("script: lint", linting(&text, ROUNDS), alone);
    line("script: migrate", migrating(&text, ROUNDS), alone);
    let few = migrating(&calls(100), FEW_ROUNDS);
    line("100 calls: migrate", few, few);
    line("1,000 calls: migrate", migrating(&calls(1_000), FEW_ROUNDS), few);
    let (small, large) = (ruleset(1_000), ruleset(10_000));
    let (parsed, linted) = (parsing(&small, FEW_ROUNDS), linting(&small, FEW_ROUNDS));
    line("1,000 rules: parse", parsed, parsed);
    line("1,000 rules: lint", linted, parsed);
    line("10,000 rules: parse", parsing(&large, FEW_ROUNDS), parsed);
    line("10,000 rules: lint", linting(&large, FEW_ROUNDS), linted);
    let blocked = linting(&blocklist(1_000), FEW_ROUNDS);
    line("1,000 addresses: lint", blocked, blocked);
    line("10,000 addresses: lint", linting(&blocklist(10_000), FEW_ROUNDS), blocked);
}
