//! What the real programs of both variants say of rules, in a network namespace.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use iptlint::model::Family;

use crate::{ABSENT, Rule};

/// The status of a program that has itself refused what was asked.
const REFUSED_BY_PROGRAM: &str = "2";

/// What the rules speak of and another program makes: a set, a counter.
const OBJECTS: [&str; 2] = ["ipset create listed hash:ip,port family FAMILY counters timeout 0", "nfacct add counted"];

/// What a program said of a rule: its canonical text, or `None` where it is refused.
pub(crate) type Answer = Option<String>;

/// The answer of a program with its status.
#[derive(Clone, Debug, Default)]
pub(crate) struct Said {
    status: String,
    answer: Answer,
}

impl Said {
    /// Whether the rule was taken.
    pub(crate) fn is_taken(&self) -> bool {
        self.answer.is_some()
    }

    /// Whether ours is the same, as far as the kernel can tell.
    pub(crate) fn is(&self, own: &Answer, rule: &Rule) -> bool {
        if rule.words.iter().any(|word| ABSENT.iter().any(|(name, _)| name == word)) {
            return own.is_none() == (self.status == REFUSED_BY_PROGRAM);
        }
        *own == self.answer
    }
}

/// What was said of a rule of either family (that of IPv6 is `true`) by each variant.
pub(crate) type Answers = BTreeMap<(bool, Rule), Vec<(&'static str, Said)>>;

/// Asks both variants, so many rules of a chain at once; `Err` says why they cannot be asked.
pub(crate) fn ask(rules: impl Fn(Family) -> Vec<Rule>, batch: usize) -> Result<Answers, &'static str> {
    let directory = tempfile::tempdir().map_err(|_| "there is no directory")?;
    let sets = [(Family::V4, "iptables", rules(Family::V4)), (Family::V6, "ip6tables", rules(Family::V6))];
    let mut real = Answers::new();
    // One variant after the other: both would make the same timers of IDLETIMER.
    for variant in ["nft", "legacy"] {
        let mut running = Vec::new();
        for (family, program, rules) in &sets {
            let child = start(&format!("{program}-{variant}"), rules, batch, directory.path());
            running.push((*family, rules, child.ok_or("there is no unshare")?));
        }
        for (family, rules, child) in running {
            let said = answers(child, rules, batch);
            if said.iter().all(|said| said.answer.is_none()) {
                return Err("the programs take no rule here");
            }
            assert_eq!(said.len(), rules.len(), "{variant} did not answer for every rule");
            for (rule, answer) in rules.iter().zip(said) {
                real.entry((family == Family::V6, rule.clone())).or_default().push((variant, answer));
            }
        }
    }
    Ok(real)
}

/// A script that gives each rule to the program and prints its status, then the saved rules.
fn script(program: &str, rules: &[Rule], batch: usize) -> String {
    let quote = |word: &String| format!("'{word}'");
    let family = if program.starts_with("ip6") { "inet6" } else { "inet" };
    // Of the names for realms and groups, only those that come with iproute2 count.
    let hidden = "mount -t tmpfs none /etc/iproute2\necho 0 cosmos >/etc/iproute2/rt_realms\n".to_owned()
        + "echo 0 default >/etc/iproute2/group\n";
    let mut text: String = hidden + &OBJECTS.map(|object| object.replace("FAMILY", family) + "\n").concat();
    text.push_str(&format!("{program} -t mangle -N measuring\n"));
    text.push_str(&format!("{program} -t mangle -A measuring -j RATEEST --rateest-name measured"));
    text.push_str(" --rateest-interval 250ms --rateest-ewmalog 500ms\n");
    for batch in batches(rules, batch) {
        let Some(first) = batch.first() else { continue };
        text.push_str("taken=no\n");
        for rule in batch {
            let words: Vec<String> = rule.words.iter().map(quote).collect();
            text.push_str(&format!(
                "{program} -t {} -A {} {} >/dev/null 2>&1; status=$?; echo $status; [ $status = 0 ] && taken=yes\n",
                rule.table,
                rule.chain,
                words.join(" ")
            ));
        }
        text.push_str(&format!(
            "[ $taken = yes ] && {program}-save -t {} 2>/dev/null | grep '^-A {} *'\necho ==\n\
             [ $taken = yes ] && {program} -t {} -F {}\n",
            first.table, first.chain, first.table, first.chain
        ));
    }
    text
}

/// Rules of one chain, so that the saved ones come in the order in which they were given.
fn batches(rules: &[Rule], most: usize) -> impl Iterator<Item = &[Rule]> {
    let of_chain = |one: &Rule, other: &Rule| one.table == other.table && one.chain == other.chain;
    rules.chunk_by(of_chain).flat_map(move |chain| chain.chunks(most))
}

fn start(program: &str, rules: &[Rule], batch: usize, directory: &Path) -> Option<Child> {
    let file = directory.join(program);
    std::fs::write(&file, script(program, rules, batch)).ok()?;
    let mut shell = Command::new("unshare");
    // The lock of iptables-legacy is one for the whole machine, and others may hold it.
    shell.args(["-n", "-m", "sh"]).arg(file).env("XTABLES_LOCKFILE", directory.join(format!("{program}.lock")));
    shell.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()
}

fn answers(child: Child, rules: &[Rule], most: usize) -> Vec<Said> {
    let output = child.wait_with_output().expect("the script ends");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut parts = text.split("==\n");
    let mut answers = Vec::new();
    for batch in batches(rules, most) {
        let lines: Vec<&str> = parts.next().unwrap_or_default().lines().collect();
        let (codes, saved) = lines.split_at(batch.len().min(lines.len()));
        // A rule that is alone may be several lines.
        let mut saved = saved.chunks(if most == 1 { saved.len().max(1) } else { 1 });
        let text = |lines: &[&str]| lines.iter().map(|line| line.trim_end()).collect::<Vec<_>>().join("\n");
        let answer = |code: &&str| Said {
            status: (*code).to_owned(),
            answer: (*code == "0").then(|| saved.next().map_or_else(String::new, text)),
        };
        answers.extend(codes.iter().map(answer));
    }
    answers
}
