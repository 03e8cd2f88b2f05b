//! How long a script of 200 lines takes: to parse, to lint, to migrate. Run with `cargo bench`.
//!
//! Each job is timed many times, and the fastest run counts; the ratio is to parsing alone.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on fails")]

use std::hint::black_box;
use std::io::Write;
use std::time::{Duration, Instant};

use iptlint::analysis::{Analysis, analyse, parse};
use iptlint::eval::Settings;
use iptlint::text::{FileId, Source, Sources};

const ROUNDS: usize = 30;

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

fn fastest<T>(job: impl Fn() -> T) -> Duration {
    let once = || {
        let start = Instant::now();
        black_box(job());
        start.elapsed()
    };
    (0..ROUNDS).map(|_| once()).min().unwrap()
}

fn main() {
    let text = script();
    let source = Source::new("script", text.as_bytes().to_vec());
    let parsing = fastest(|| parse(&source, FileId(0), None));
    let jobs = [
        ("parse", parsing),
        ("analyse", fastest(|| with_analysis(&text, |analysis| analysis.rulesets.len()))),
        ("lint", fastest(|| with_analysis(&text, |mut analysis| iptlint::lint::check(&mut analysis).len()))),
        ("migrate", fastest(|| with_analysis(&text, |analysis| iptlint::migrate::migrate(&analysis).is_ok()))),
    ];
    let mut out = std::io::stdout().lock();
    writeln!(out, "{} lines, {} bytes", text.lines().count(), text.len()).unwrap();
    for (name, time) in jobs {
        let ratio = time.as_secs_f64() / parsing.as_secs_f64();
        writeln!(out, "{name:8} {:8.3} ms {ratio:6.1} x", time.as_secs_f64() * 1e3).unwrap();
    }
}
