//! What one run of a script for ipchains leaves for the next: as the original had it, so has the migrated one.

use std::fs;
use std::path::Path;
use std::process::Command;

use iptlint::analysis;
use iptlint::eval::Settings;
use iptlint::model::{Dialect, Family};
use iptlint::print;
use iptlint::syntax::Form;
use iptlint::text::{FileId, Source, Sources};

use crate::dice::Dice;
use crate::sandbox::{self, Backend};
use crate::{analysed, arguments, file_name, files, migrated, saved, shell};

/// Whether a second run of the original leaves other rules than the first: it empties no chain, or not all that it
/// fills, before it fills them.
pub(crate) fn leaves_more(path: &Path, arguments: &[&str]) -> bool {
    let text = fs::read(path).unwrap();
    // A save file is loaded in place of all rules.
    if !path.to_str().unwrap().contains("/ipchains/") || path.extension().is_none_or(|end| end != "sh") {
        return false;
    }
    let left = |twice| left_by(&sandbox::recorded(&[(file_name(path), &text)], shell(path, &text), arguments, twice));
    saved::more(&left(false), &left(true)).is_some()
}

/// The rules that commands of ipchains leave, as a save file.
fn left_by(commands: &[u8]) -> String {
    let mut sources = Sources::default();
    let source = Source::new("recorded", commands.to_vec());
    let trees = [analysis::parse(&source, FileId(0), Some(Form::Script))];
    sources.add(source);
    let analysis = analysis::analyse(&sources, &trees, FileId(0), &Settings::default());
    analysis.ruleset(Dialect::Ipchains, Family::V4).map(print::ipchains_save).unwrap_or_default()
}

/// The chains of users and the rules in a save file of either kind.
fn contents(saved: &str) -> Vec<&str> {
    let chain = |line: &&str| line.starts_with(':') && line.split(' ').nth(1) == Some("-");
    saved.lines().filter(|line| line.starts_with("-A") || chain(line)).collect()
}

/// Scripts that leave nothing of a firewall when they are told to stop.
const AT_LEAST: usize = 3;

#[test]
fn a_firewall_that_is_stopped_leaves_nothing() {
    if !crate::ready() {
        return;
    }
    let (mut wrong, mut stopped) = (Vec::new(), 0);
    for path in files("ipchains", &["sh"]) {
        let name = file_name(&path);
        if !arguments(name).contains(&["stop"].as_slice()) {
            continue;
        }
        let text = fs::read(&path).unwrap();
        let shell = shell(&path, &text);
        let both = format!("{shell} ./{name} start\n{shell} ./{name} stop\n");
        let runs: [(&str, &[u8]); 2] = [("start-and-stop.sh", both.as_bytes()), (name, &text)];
        if !contents(&left_by(&sandbox::recorded(&runs, "sh", &[], false))).is_empty() {
            continue;
        }
        stopped += 1;
        let new = migrated(&path);
        for backend in Backend::ALL {
            let saved = sandbox::left(&[runs[0], (name, &new)], "sh", backend);
            let left = contents(&saved);
            if !left.is_empty() {
                wrong.push(format!("{name} [{}]: {left:?}", backend.name()));
            }
        }
    }
    let only = std::env::var("ONLY").is_ok();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(stopped >= AT_LEAST || only, "only {stopped} scripts are stopped");
}

/// So many random scripts are run.
const SCRIPTS: u64 = 14;

const CHAINS: [&str; 3] = ["input", "forward", "output"];

/// A rule for a chain, behind its name.
fn rule(random: &mut Dice, chain: &str) -> String {
    let tests =
        ["-s 10.0.0.0/8", "-p tcp -d 0/0 80", "-p udp -s 0/0 53", "-i eth0", "-p icmp -d 192.168.1.0/24", "-y -p tcp"];
    let log = if random.one_in(5) { " -l" } else { "" };
    let mut targets = vec!["ACCEPT", "DENY", "REJECT"];
    targets.extend((chain == "forward").then_some("MASQ"));
    format!("{} -j {}{log}", random.pick(&tests), random.pick(&targets))
}

/// A script as those that boot a machine, of which each kind of run but `start` joins what others have left.
fn init_script(random: &mut Dice) -> String {
    let mut script = "#!/bin/sh\ncase $1 in\nstart)\nipchains -F\n".to_owned();
    for chain in CHAINS {
        let policies: &[&str] = if chain == "input" { &["ACCEPT", "DENY", "REJECT"] } else { &["ACCEPT", "DENY"] };
        script.push_str(&format!("ipchains -P {chain} {}\n", random.pick(policies)));
    }
    for _ in 0..4 {
        let chain = random.pick(&CHAINS);
        script.push_str(&format!("ipchains -A {chain} {}\n", rule(random, chain)));
    }
    let (blocked, opened, emptied) = (random.pick(&CHAINS), random.pick(&CHAINS), random.pick(&CHAINS));
    script.push_str(&format!(";;\nblock) ipchains -I {blocked} -s $2 -j DENY ;;\n"));
    script.push_str(&format!("unblock) ipchains -D {blocked} -s $2 -j DENY ;;\n"));
    script.push_str(&format!("open) ipchains -A {opened} -p tcp -d 0/0 $2 -j ACCEPT ;;\n"));
    script.push_str("panic) for chain in input forward output; do ipchains -I $chain -j DENY; done ;;\n");
    let renewed = rule(random, emptied);
    script.push_str(&format!(
        "renew)\nipchains -F {emptied}\nipchains -P {emptied} DENY\nipchains -A {emptied} {renewed}\n;;\n"
    ));
    script.push_str(
        "stop)\nipchains -F\nfor chain in input forward output; do ipchains -P $chain ACCEPT; done\n;;\nesac\n",
    );
    script
}

/// What one kind of run finds is what the runs before it have left, in whichever order they come.
#[test]
fn runs_of_random_scripts_leave_what_the_original_leaves() {
    if !crate::ready() {
        return;
    }
    const RUNS: [&str; 9] =
        ["start", "start", "block 10.9.9.9", "unblock 10.9.9.9", "open 25", "open 110", "panic", "renew", "stop"];
    let mut wrong = Vec::new();
    for seed in 0..SCRIPTS {
        let mut random = Dice(seed + 1);
        let (script, name) = (init_script(&mut random), format!("random-runs-{seed}"));
        let runs: Vec<&str> = (0..2 + seed % 3).map(|_| random.pick(&RUNS)).collect();
        let both: String = runs.iter().map(|arguments| format!("sh ./{name} {arguments}\n")).collect();
        let migration =
            |analysis: analysis::Analysis<'_>| iptlint::migrate::migrate(&analysis).unwrap_or_else(|_| panic!());
        let new = analysed(&name, script.as_bytes(), &[], migration);
        assert!(new.is_complete(), "{:?}\n{script}", new.items);
        let (first, own) = (format!("{name}.sh"), name.as_str());
        let old = sandbox::recorded(&[(&first, both.as_bytes()), (own, script.as_bytes())], "sh", &[], false);
        for backend in Backend::ALL {
            let left = sandbox::left(&[(&first, both.as_bytes()), (own, &new.text)], "sh", backend);
            let directory = std::env::temp_dir().join(format!("{name}-{}-{}", backend.name(), std::process::id()));
            fs::create_dir_all(&directory).unwrap();
            let files = [("old.sh", old.as_slice()), ("left.rules", left.as_bytes())].map(|(name, text)| {
                fs::write(directory.join(name), text).unwrap();
                directory.join(name)
            });
            let output = Command::new(env!("CARGO_BIN_EXE_iptlint")).arg("compare").args(files).output().unwrap();
            fs::remove_dir_all(&directory).unwrap();
            let answer = String::from_utf8_lossy(&output.stdout).into_owned();
            if !answer.starts_with("equal for all packets") {
                wrong.push(format!("{runs:?} [{}]: {answer}\n{script}", backend.name()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
