//! Runs of a script that follow on one another: each finds what the last one left.

use std::process::Command;

use crate::{iptmigrate, temporary, text};

/// The script as one that runs it with each of these arguments in turn.
fn in_turn(script: &str, runs: &[&str]) -> String {
    runs.iter().map(|arguments| format!("( set -- {arguments}\n{script}\n)\n")).collect()
}

/// What the verifier says of the runs of a script and of its migration.
fn compared(script: &str, runs: &[&str]) -> (String, String) {
    let (_folder, path) = temporary("fw", script.as_bytes());
    let migrated = text(&iptmigrate(&[&path]).stdout);
    let (_old, old) = temporary("old", in_turn(script, runs).as_bytes());
    let (_new, new) = temporary("new", in_turn(&migrated, runs).as_bytes());
    let output = Command::new(env!("CARGO_BIN_EXE_iptlint")).arg("compare").args([old, new]).output().unwrap();
    (text(&output.stdout), migrated)
}

fn assert_equal(script: &str, all: &[&[&str]]) {
    for runs in all {
        let (said, migrated) = compared(script, runs);
        assert!(said.starts_with("equal"), "{runs:?}: {said}\n{migrated}");
    }
}

const GATEWAY: &str = "case $1 in\n\
    start)\n  ipchains -F\n  ipchains -P input DENY\n  ipchains -P forward DENY\n  ipchains -A input -i eth1 -j ACCEPT\n  \
    ipchains -A forward -s 10.0.0.0/8 -j MASQ\n  ;;\n\
    stop)\n  ipchains -F\n  ipchains -P input ACCEPT\n  ipchains -P forward ACCEPT\n  ;;\n";

#[test]
fn what_a_run_adds_joins_what_another_one_left() {
    let script = format!(
        "{GATEWAY}block) ipchains -I input -s $2 -j DENY ;;\nunblock) ipchains -D input -s $2 -j DENY ;;\n\
         panic)\n  for chain in input output forward; do\n    ipchains -I $chain -j DENY\n  done\n  ;;\nesac\n"
    );
    assert_equal(
        &script,
        &[
            &["start"],
            &["block 10.9.9.9"],
            &["start", "block 10.9.9.9"],
            &["start", "block 10.9.9.9", "block 10.9.9.8"],
            &["start", "block 10.9.9.9", "unblock 10.9.9.9"],
            &["start", "panic"],
            &["start", "panic", "start"],
            &["block 10.9.9.9", "start", "stop"],
            &["start", "stop", "block 10.9.9.9"],
        ],
    );
}

#[test]
fn a_policy_that_a_run_sets_is_that_of_the_rules_which_another_one_left() {
    let script = format!(
        "{GATEWAY}lockdown) ipchains -P forward DENY; ipchains -P output DENY ;;\nopen) ipchains -P input ACCEPT ;;\n\
         shut)\n  for chain in input forward output; do\n    ipchains -P $chain REJECT\n  done\n  ;;\nesac\n"
    );
    assert_equal(
        &script,
        &[
            &["lockdown"],
            &["open"],
            &["shut"],
            &["start", "lockdown"],
            &["start", "open"],
            &["start", "shut"],
            &["start", "stop", "lockdown"],
            &["start", "stop", "start", "shut"],
        ],
    );
}

#[test]
fn what_a_run_adds_is_not_left_out_for_what_others_leave() {
    let script = "case $1 in\nstart)\n  ipchains -F\n  ipchains -P input DENY\n  ipchains -P forward DENY\n  \
                  ipchains -A input -i eth1 -j ACCEPT\n  ipchains -A forward -i eth0 -j ACCEPT\n  ;;\n\
                  last) ipchains -A input -j REJECT ;;\nesac\n";
    assert_equal(script, &[&["start"], &["last"], &["start", "last"], &["last", "start"]]);
}

/// All runs come by the place where the way is laid; what one of them forwards, later ones find.
#[test]
fn what_is_left_in_other_arms_counts_in_those_that_add_nothing_to_it() {
    let script = "ipchains -D input -j nets\nipchains -F nets\nipchains -X nets\nipchains -N nets\n\
                  ipchains -A input -j nets\ncase $1 in\n\
                  isp)\n  ipchains -A nets -d $2 -p tcp -j ACCEPT\n  \
                  ipmasqadm portfw -a -P tcp -L $2 8080 -R 192.168.1.10 80\n  ;;\n\
                  office) ipchains -A nets -d 192.168.1.0/24 -j ACCEPT ;;\nesac\nipchains -A nets -j DENY\n";
    assert_equal(script, &[&["isp 10.1.1.1"], &["isp 10.1.1.1", "office"], &["isp 10.1.1.1", "isp 10.1.1.2"]]);
}

/// The policy REJECT is a rule of iptables, which another policy takes away.
#[test]
fn a_policy_that_is_a_rule_goes_with_the_next_one() {
    let script = "case $1 in\nlock) ipchains -P input REJECT ;;\nunlock) ipchains -P input ACCEPT ;;\n\
                  ban) ipchains -I input -s $2 -j DENY ;;\nesac\n";
    let runs: [&[&str]; 5] = [
        &["lock"],
        &["lock", "unlock"],
        &["lock", "lock", "unlock"],
        &["ban 10.9.9.9", "lock"],
        &["lock", "ban 10.9.9.9"],
    ];
    assert_equal(script, &runs);
}

#[test]
fn a_run_that_empties_one_chain_keeps_what_others_hold() {
    let script = format!(
        "{GATEWAY}nat)\n  ipchains -F forward\n  ipchains -A forward -s $2 -j MASQ\n  ;;\n\
         in)\n  ipchains -F input\n  ipchains -A input -i $2 -j ACCEPT\n  ;;\nesac\n"
    );
    assert_equal(
        &script,
        &[
            &["nat 10.1.0.0/16"],
            &["in eth2"],
            &["start", "nat 10.1.0.0/16"],
            &["start", "in eth2"],
            &["in eth2", "start"],
        ],
    );
}

#[test]
fn a_function_that_runs_what_it_is_given_lays_nothing_itself() {
    let script = "fw() { ipchains \"$@\" || echo \"refused: $*\" >&2; }\ncase $1 in\nstart)\n  fw -F input\n  \
                  fw -P input DENY\n  fw -A input -i eth1 -j ACCEPT\n  fw -A input -s 10.0.0.9 -j DENY\n  \
                  fw -A forward -i eth0 -j ACCEPT\n  ;;\nblock) fw -I input -s $2 -j DENY ;;\nesac\n";
    let (_, migrated) = compared(script, &["start"]);
    let function = migrated.lines().find(|line| line.starts_with("fw()"));
    assert_eq!(function, Some("fw() { iptables \"$@\" || echo \"refused: $*\" >&2; }"));
    assert_equal(script, &[&["start"], &["block 10.9.9.9"], &["start", "block 10.9.9.9"], &["start", "start"]]);
}

#[test]
fn a_function_that_ends_the_script_does_not_end_the_next_run() {
    let script = "fw() { ipchains \"$@\" || exit 1; }\nfw -F\nfw -P input DENY\nfw -A input -i lo -j ACCEPT\n\
                  fw -A forward -s 10.0.0.2 -j MASQ\n";
    assert_equal(script, &[&[""], &["", ""]]);
}

#[test]
fn chains_of_the_script_are_those_that_another_run_made() {
    let script = "case $1 in\nstart)\n  ipchains -F\n  ipchains -X\n  ipchains -P input DENY\n  ipchains -P forward DENY\n  \
                  ipchains -N guests\n  ipchains -A input -i eth2 -j guests\n  ipchains -A input -i eth1 -j ACCEPT\n  \
                  ipchains -A forward -i eth0 -j MASQ\n  ;;\n\
                  allow) ipchains -A guests -s $2 -j ACCEPT ;;\nforget) ipchains -F guests ;;\nesac\n";
    assert_equal(
        script,
        &[
            &["start"],
            &["start", "allow 10.9.9.9"],
            &["start", "allow 10.9.9.9", "forget", "allow 10.9.9.8"],
            &["start", "allow 10.9.9.9", "start"],
        ],
    );
}

#[test]
fn rules_of_other_runs_have_numbers_too() {
    let script = "case $1 in\nstart)\n  ipchains -F\n  ipchains -P forward DENY\n  ipchains -A input -s 10.0.0.9 -j DENY\n  \
                  ipchains -A forward -s 10.0.0.0/8 -j ACCEPT\n  ;;\n\
                  first) ipchains -D input 1 ;;\nother) ipchains -R input 1 -s 10.0.0.8 -j DENY ;;\nesac\n";
    assert_equal(
        script,
        &[&["start"], &["first"], &["start", "first"], &["start", "other"], &["start", "other", "first"]],
    );
}

/// A rule that logs is two rules of iptables, which a run that does not add it has to count.
#[test]
fn numbers_are_those_of_rules_that_other_runs_left() {
    let script = "case $1 in\nstart)\n  ipchains -F\n  ipchains -A input -s 10.0.0.9 -l -j DENY\n  \
                  ipchains -A input -s 10.0.0.7 -j DENY\n  ;;\nfirst) ipchains -D input 1 ;;\nsecond) ipchains -D input 2 ;;\n\
                  late) ipchains -I input 2 -s 10.0.0.5 -j DENY ;;\nearly) ipchains -I input -s 10.0.0.5 -j DENY ;;\nesac\n";
    let (_, migrated) = compared(script, &["start"]);
    for counted in ["-D input 1 ;;", "-D input 2 ;;", "-I input 2 -s 10.0.0.5"] {
        assert!(migrated.contains(&format!("from_ipchains {counted}")), "{counted}: {migrated}");
    }
    assert_equal(script, &[&["start", "early"]]);
}

#[test]
fn a_policy_that_only_another_run_sets_is_named() {
    let script = format!("{GATEWAY}lockdown) ipchains -P output DENY ;;\nesac\n");
    let (_folder, path) = temporary("fw", script.as_bytes());
    let report = text(&iptmigrate(&[&path]).stderr);
    let notes: Vec<&str> = report.lines().filter(|line| line.contains("the policy of")).collect();
    let open = "the policy of output is not set on this way here: for forwarded packets it is ACCEPT then";
    assert!(matches!(notes.as_slice(), [one, other] if one.contains(open) && other.contains(open)), "{report}");
    assert_equal(&script, &[&["start", "stop"], &["start", "stop", "lockdown"]]);
}

/// The loops that remove the chains of the way stand in one of the script's own.
#[test]
fn loops_that_are_added_leave_the_variables_of_the_script_alone() {
    let script = "case $1 in\nstart)\n  ipchains -P input DENY\n  ipchains -P forward DENY\n  \
                  ipchains -A input -i eth1 -j ACCEPT\n  ipchains -A forward -i eth0 -j MASQ\n  ;;\nstop)\n  \
                  for chain in input output forward; do\n    ipchains -F $chain; ipchains -P $chain ACCEPT\n  done\n  ;;\nesac\n";
    assert_equal(script, &[&["start"], &["start", "stop"], &["start", "stop", "start"]]);
}

/// Chains that are emptied one by one hold what the next run deletes, and the way of forwarded packets with them.
#[test]
fn a_run_that_deletes_all_chains_takes_what_another_one_has_laid() {
    let start = "ipchains -F input\nipchains -F output\nipchains -F forward\nipchains -X\n\
                 ipchains -A input -s 10.0.1.0/24 -i eth1 -j DENY\nipchains -A forward -s 10.0.1.0/24 -j DENY\n";
    let script = format!("case $1 in\nstart)\n{start};;\nstop) ipchains -F ;;\nremove) ipchains -D input 1 ;;\nesac\n");
    assert_equal(&script, &[&["start", "start"], &["start", "start", "remove"], &["start", "stop", "start"]]);
    let chains =
        script.replace("ipchains -X\n", "ipchains -X\nipchains -N web\nipchains -N idle\nipchains -A input -j web\n");
    assert_equal(&chains, &[&["start", "start"], &["start", "start", "remove"]]);
    let early = script.replace("-X\n", "-N idle\n").replace("start)\n", "start)\nipchains -X\n");
    assert_equal(&early, &[&["start", "start"], &["start", "start", "remove"]]);
}

/// What a run stops that leaves a policy as it is stays as closed as it was.
#[test]
fn a_policy_that_a_stop_leaves_keeps_forwarded_packets_back() {
    let start = "ipchains -F\nipchains -P input DENY\nipchains -P output DENY\nipchains -P forward DENY\n\
                 ipchains -A input -i eth1 -j ACCEPT\nipchains -A output -i eth1 -j ACCEPT\n\
                 ipchains -A forward -s 10.0.0.0/8 -j MASQ\n";
    for left in ["input", "forward", "output"] {
        let stop: String = ["input", "forward", "output"]
            .into_iter()
            .filter(|chain| *chain != left)
            .map(|chain| format!("ipchains -P {chain} ACCEPT\n"))
            .collect();
        let script = format!("case $1 in\nstart)\n{start};;\nstop)\nipchains -F\n{stop};;\nesac\n");
        assert_equal(&script, &[&["stop"], &["start", "stop"], &["start", "stop", "start"]]);
        let (_folder, path) = temporary("fw", script.as_bytes());
        let report = text(&iptmigrate(&[&path]).stderr);
        let said = report.contains(&format!("the policy of {left} is not set on this way"));
        assert!(said && (left == "forward") != report.contains("not migrated"), "{left}: {report}");
        let unlock = script.replace("esac", &format!("unlock) ipchains -P {left} ACCEPT ;;\nesac"));
        let (unlocked, _) = compared(&unlock, &["start", "unlock"]);
        assert!(unlocked.starts_with("equal"), "{left}: {unlocked}");
    }
}

/// All runs come by the place where the way is laid, and not all of them empty what they find.
#[test]
fn rules_of_some_runs_stay_in_others_that_empty_one_chain() {
    let script = "case $1 in\nstart)\n  ipchains -F\n  ipchains -A forward -p tcp -i ppp0 -j DENY\n  ipchains -A input -j ACCEPT\n  \
                  ;;\nclean) ipchains -F input ;;\nesac\nipchains -A forward -p udp -d 0/0 80 -j DENY\n";
    assert_equal(script, &[&["start"], &["clean"], &["start", "clean"], &["clean", "start"], &["start", "other"]]);
    // What flushes is behind the place for the others.
    let bare = script.replace("clean)", "bare) ipchains -F output ;;\nclean)").replace(" -j ACCEPT", " -b -j ACCEPT");
    assert_equal(&bare, &[&["start", "clean"], &["start", "bare"], &["bare", "start"], &["start", "clean", "bare"]]);
}

/// The policy REJECT is a rule of iptables, which comes to stand behind what later runs append.
#[test]
fn a_policy_that_is_a_rule_stays_behind_what_other_runs_append() {
    let script = "case $1 in\nstart)\n  ipchains -F output\n  ipchains -P input REJECT\n  ipchains -A input -i eth1 -j ACCEPT\n  ;;\n\
                  open)\n  for port in 25 110; do\n    ipchains -A input -p tcp -d 0/0 $port -j ACCEPT\n  done\n  \
                  ipchains -A output -d 10.9.9.9 -j DENY\n  ;;\nrestart)\n  ipchains -F input\n  \
                  ipchains -A input -i eth2 -j ACCEPT\n  ;;\nunlock) ipchains -P input ACCEPT ;;\nesac\n";
    assert_equal(
        script,
        &[
            &["start"],
            &["open"],
            &["start", "start"],
            &["start", "open"],
            &["start", "start", "open", "open"],
            &["start", "open", "unlock"],
            &["start", "unlock", "open"],
        ],
    );
    let (_folder, path) = temporary("fw", script.as_bytes());
    let report = text(&iptmigrate(&[&path]).stderr);
    assert!(
        report.contains("fw:14: note: the policy of input is not set on this way here: the rest is dropped"),
        "{report}"
    );
}

/// What forwarded packets do not notice in one run counts where another one appends to it.
#[test]
fn rules_in_forward_alone_join_what_other_runs_left() {
    let script = "case $1 in\nstart)\n  ipchains -F input\n  ipchains -A input -j ACCEPT\n  ;;\n\
                  block) ipchains -A input -s $2 -j REJECT ;;\nesac\n";
    assert_equal(script, &[&["start"], &["block 10.9.9.9"], &["start", "block 10.9.9.9"]]);
}

/// FORWARD then holds copies of what input has, which stays.
#[test]
fn forward_may_be_emptied_where_input_has_all_rules() {
    let script = "case $1 in\nstart)\n  ipchains -F\n  ipchains -A input -p tcp -d 0/0 22 -j REJECT\n  ;;\n\
                  stop) ipchains -F forward ;;\nall) ipchains -F forward; ipchains -F input ;;\nesac\n";
    assert_equal(script, &[&["start"], &["stop"], &["start", "stop"], &["start", "stop", "start"], &["start", "all"]]);
}

/// Rules that are added later meet the policies which a run without rules has set.
#[test]
fn a_policy_of_a_run_without_rules_is_that_of_rules_which_others_add() {
    let block = "block) ipchains -A input -p tcp -s $2 -i ppp+ -j ACCEPT ;;\n";
    let flushes = ["ipchains -F", "for c in input output forward; do ipchains -F $c; done", ":"];
    for flush in flushes {
        let script = format!(
            "case $1 in\n{block}panic)\n  {flush}\n  for c in input output forward; do ipchains -P $c DENY; done\n  ;;\n\
             lock)\n  {flush}\n  ipchains -P input DENY\n  ;;\nesac\n"
        );
        assert_equal(
            &script,
            &[
                &["panic"],
                &["panic", "block 10.9.9.9"],
                &["lock", "block 10.9.9.9"],
                &["block 10.9.9.9", "panic", "block 10.9.9.8"],
                &["block 10.9.9.9", "lock"],
            ],
        );
    }
}

/// A policy that is set before all chains are emptied is no rule of the way, which goes with the others.
#[test]
fn a_policy_that_a_flush_follows_on_is_named_where_others_add_rules() {
    let script = "case $1 in\nblock) ipchains -A input -p tcp -s $2 -i ppp+ -j ACCEPT ;;\n\
                  panic)\n  for c in input output forward; do ipchains -P $c DENY; done\n  ipchains -F\n  ;;\nesac\n";
    let (_folder, path) = temporary("fw", script.as_bytes());
    let report = text(&iptmigrate(&[&path]).stderr);
    for chain in ["input", "forward", "output"] {
        let note = format!(
            "fw:2: note: the policy of {chain} is not set on this way here: for forwarded packets it is ACCEPT"
        );
        assert!(report.contains(&note), "{report}");
    }
}

/// Every run sets it first, also those that find the way of another one.
#[test]
fn a_policy_that_all_runs_set_is_that_of_rules_which_some_leave() {
    let script = "ipchains -P input DENY\ncase $1 in\nstart) ipchains -A input -s 10.0.0.1 -j ACCEPT ;;\n\
                  lock) ipchains -P input REJECT ;;\nstop) ipchains -F ;;\nesac\n";
    assert_equal(
        script,
        &[
            &["start"],
            &["lock"],
            &["start", "lock"],
            &["start", "lock", "start"],
            &["start", "lock", "status"],
            &["lock", "start"],
        ],
    );
}

/// Without anything that is emptied or deleted, too, each run finds what the others have left.
#[test]
fn a_policy_and_the_rules_of_other_runs_meet_where_nothing_is_taken_away() {
    let script = "case $1 in\na) ipchains -A input -s 10.0.0.1 -j REJECT ;;\nb) ipchains -P forward DENY ;;\nesac\n";
    assert_equal(script, &[&["a"], &["b"], &["a", "b"], &["b", "a"], &["a", "b", "a"], &["b", "a", "b"]]);
}

/// The rule of iptables for the policy REJECT is there once, however often a run comes to what sets it.
#[test]
fn a_policy_that_a_loop_sets_is_one_rule() {
    let lock = "for c in input output forward; do ipchains -P $c REJECT; done";
    let function = "close() { ipchains -P $1 REJECT; }\n";
    for (before, lock) in [("", lock), (function, "close input; close output; close forward")] {
        let script = format!(
            "{before}case $1 in\nstart) ipchains -A input -s 10.0.0.1 -j ACCEPT ;;\nlock)\n  {lock}\n  ;;\n\
             unlock) ipchains -P input ACCEPT ;;\nesac\n"
        );
        assert_equal(
            &script,
            &[&["lock"], &["lock", "unlock"], &["start", "lock", "unlock"], &["lock", "lock", "start", "unlock"]],
        );
    }
}

/// Where rules that all runs add follow, the policy is still only that of the others.
#[test]
fn a_policy_that_a_flushing_run_does_not_set_is_named() {
    let script = "case $1 in\nstart)\n  ipchains -F\n  ipchains -A forward -s 10.0.0.1 -j REJECT\n  ;;\n\
                  panic)\n  ipchains -F input\n  ipchains -P input DENY\n  ;;\nesac\nipchains -A input -i eth1 -j ACCEPT\n";
    let (_folder, path) = temporary("fw", script.as_bytes());
    let report = text(&iptmigrate(&[&path]).stderr);
    let note = "fw:4: note: the policy of input is not set on this way here: for forwarded packets it is ACCEPT";
    assert!(report.contains(note), "{report}");
}
