//! Small scripts and the steps that they take.

use super::{Act, Evaluation, Settings, Step, evaluate};
use crate::logic::Formula;
use crate::syntax::{detect, parse};
use crate::text::{FileId, Source, Sources};

fn run(text: &str, arguments: Option<&[&str]>) -> (Sources, Evaluation) {
    let mut sources = Sources::default();
    let file = sources.add(Source::new("f", text.as_bytes().to_vec()));
    let form = detect(sources.get(file));
    let trees = vec![parse(sources.get(file), FileId(0), form)];
    let settings = Settings {
        arguments: arguments.map(|words| words.iter().map(|word| (*word).to_owned()).collect()),
        ..Settings::default()
    };
    let evaluation = evaluate(&sources, &trees, file, &settings);
    (sources, evaluation)
}

/// One line a step: `?` for a condition, `*` for a loop over something unknown, `-` where no run gets.
fn steps(text: &str) -> Vec<String> {
    run(text, None).1.steps.iter().map(show).collect()
}

fn show(step: &Step) -> String {
    let mark = match step.guard {
        Formula::TRUE => "",
        Formula::FALSE => "- ",
        _ => "? ",
    };
    let many = if step.many { "* " } else { "" };
    let act = match &step.act {
        Act::Run(invocation) => {
            let words: Vec<String> = invocation.arguments.iter().map(|word| word.value.to_string()).collect();
            format!("{:?} {}", invocation.program, words.join(" "))
        }
        Act::Outside(text) => format!("Outside {text}"),
        other => format!("{other:?}"),
    };
    format!("{mark}{many}{act}").trim_end().to_owned()
}

#[test]
fn commands_are_found_however_they_are_called() {
    let found = steps(
        "ipchains -F\n/sbin/ipchains -F\nsudo -u root ipchains -F\nnice -n 5 /sbin/iptables -F\n(exec iptables -F)\neval \"ipchains -A input\"\nIPC=/sbin/ipchains\n$IPC -F\nfw=\"ipchains\t-A gate\"\n$fw -j DENY\n$IPTABLES -F\n@IPCHAINS@ -F\ncommand -p iptables -F\n",
    );
    assert_eq!(
        found,
        [
            "Ipchains -F",
            "Ipchains -F",
            "Ipchains -F",
            "Iptables -F",
            "Iptables -F",
            "Ipchains -A input",
            "Ipchains -F",
            "Ipchains -A gate -j DENY",
            "Iptables -F",
            "Ipchains -F",
            "Iptables -F"
        ]
    );
}

#[test]
fn a_question_for_a_program_runs_nothing() {
    assert_eq!(
        steps("command -v iptables && command -V ip6tables >/dev/null\ntype iptables\nwhich iptables\n"),
        [] as [&str; 0]
    );
    assert_eq!(steps("if ! command -pv iptables; then exit; fi\niptables -F\n"), ["? Iptables -F"]);
}

#[test]
fn the_answer_to_a_question_for_a_program_is_where_it_is() {
    assert_eq!(
        steps("CMD=$(which iptables 2>/dev/null)\n[ -x \"$CMD\" ] || exit\n$CMD -F\n\"$CMD\" -X\n"),
        ["? Iptables -F", "? Iptables -X"]
    );
    assert_eq!(steps("FW=`command -v ipchains || echo /sbin/ipchains`\n$FW -F\n"), ["Ipchains -F"]);
    // What a variable is called after counts less.
    assert_eq!(steps("IPC=`which iptables`\n$IPC -F\n"), ["Iptables -F"]);
    assert_eq!(steps("TOOL=$(which gawk)\n$TOOL '{ print }' /etc/hosts\n"), [] as [&str; 0]);
    assert_eq!(steps("TOOL=$(cat /etc/tool)\n$TOOL -F\n"), ["Outside ${TOOL} -F"]);
}

#[test]
fn what_goes_to_standard_error_is_no_output() {
    for (output, known) in [
        ("echo a >&2; echo b", "b"),
        ("echo a 1>&2; echo b 2>&1", "b"),
        ("echo a &>/dev/null; echo b >&1", "b"),
        ("echo a >& log; echo b", "b"),
    ] {
        assert_eq!(steps(&format!("iptables -F $({output})\n")), [format!("Iptables -F {known}")], "{output}");
    }
}

#[test]
fn braces_are_written_out() {
    let words = |text: &str| steps(&format!("n=2\niptables {text}\n")).join("\n");
    for (text, written) in [
        ("-s 10.0.0.{1..3}", "-s 10.0.0.1 10.0.0.2 10.0.0.3"),
        ("{a,b}{1,2}", "a1 a2 b1 b2"),
        ("x{a,b{1,2},}y", "xay xb1y xb2y xy"),
        ("{a{1,2}}", "{a1} {a2}"),
        ("{$n,\"$n 3\"}x", "2x 2 3x"),
        ("{1..$n} {} {a} '{a,b}' \"{a,b}\" \\{a,b} ${n} {a,b a}", "{1..2} {} {a} {a,b} {a,b} {a,b} 2 {a,b a}"),
        ("{{a,b}", "{a {b"),
    ] {
        assert_eq!(words(text), format!("Iptables {written}"), "{text}");
    }
    assert_eq!(words("{1..9}{1..9}{1..9}{1..9}"), "Iptables ${{1..9}{1..9}{1..9}{1..9}}");
    assert_eq!(words(&"{a,".repeat(100)), format!("Iptables ${{{}}}", "{a,".repeat(100)));
    assert_eq!(steps("for i in {1..3}; do iptables -A a$i; done\n").len(), 3);
}

#[test]
fn subscripts_may_have_subscripts_and_names_may_be_asked_for() {
    let (_, found) = run("a=${b[$[i-1]]}\niptables -A ${!a} -p ${!tcp_*} -s ${!net@}\n", None);
    assert_eq!(found.steps.iter().map(show).collect::<Vec<_>>(), ["Iptables -A ${!a} -p ${!tcp_*} -s ${!net@}"]);
    assert!(found.unassigned.iter().all(|(name, _)| !name.starts_with('!')));
}

#[test]
fn old_arithmetic_is_worked_out() {
    assert_eq!(steps("n=3\niptables -A $[ n * (n + 1) ] -p $[$n+1]\n"), ["Iptables -A 12 -p 4"]);
}

#[test]
fn nothing_runs_behind_a_program_in_the_place_of_the_shell() {
    for behind in ["exec iptables -F", "command exec /bin/true", "exec -a fw sh run", "f() { exec iptables -F; }\nf"] {
        assert_eq!(steps(&format!("{behind}\niptables -X\n")).pop().as_deref(), Some("- Iptables -X"), "{behind}");
    }
    for goes_on in ["exec", "exec >/dev/null", "exec 2>&1 <f", "(exec iptables -F)", "exec iptables -L | grep DROP"] {
        assert_eq!(steps(&format!("{goes_on}\niptables -X\n")).pop().as_deref(), Some("Iptables -X"), "{goes_on}");
    }
    assert_eq!(steps("exec $PAGER\niptables -X\n"), ["Outside ${PAGER}", "? Iptables -X"]);
    assert_eq!(steps("[ -x /sbin/fw ] && exec /sbin/fw\niptables -X\n"), ["? Outside /sbin/fw", "? Iptables -X"]);
}

#[test]
fn text_that_mentions_a_command_is_none() {
    let text = "# ipchains -F\necho ipchains -F\necho \"iptables -A INPUT\"\ngrep 'ipchains -A' /etc/rc.firewall | sort\ncat <<EOF\nipchains -F\nEOF\nlogger -t fw ipchains\nX='ipchains -F'\n";
    assert_eq!(steps(text), [] as [&str; 0]);
}

#[test]
fn wrapper_functions_pass_their_words_on() {
    assert_eq!(
        steps("ipt() { /sbin/iptables \"$@\"; }\nipt -A INPUT -m comment --comment 'a b'\n"),
        ["Iptables -A INPUT -m comment --comment a b"]
    );
    assert_eq!(
        steps("run() { echo \"$*\"; eval \"$*\"; }\nF=ipchains\nrun $F -A input -j DENY\n"),
        ["Ipchains -A input -j DENY"]
    );
    assert_eq!(steps("iptables() { command iptables -w \"$@\"; }\niptables -F\n"), ["Iptables -w -F"]);
    assert_eq!(
        steps("allow() { ipchains -A input -p $1 --dport $2 -j ${3:-ACCEPT}; }\nallow tcp 22\nallow udp 53 DENY\n"),
        ["Ipchains -A input -p tcp --dport 22 -j ACCEPT", "Ipchains -A input -p udp --dport 53 -j DENY"]
    );
    assert_eq!(
        steps(
            "m() { if [ $1 = eth0 ]; then echo \"-i $1\"; else echo \"-o $1\"; fi; }\niptables -A X $(m eth0) -j DROP\n"
        ),
        ["Iptables -A X -i eth0 -j DROP"]
    );
}

#[test]
fn words_of_a_call_keep_their_places() {
    let (sources, evaluation) = run("run() { eval \"$*\"; }\nrun ipchains -A input\n", None);
    let Act::Run(invocation) = &evaluation.steps[0].act else { panic!("no invocation") };
    let texts: Vec<String> = invocation.arguments.iter().map(|word| sources.text(word.place).into_owned()).collect();
    assert_eq!(texts, ["-A", "input"]);
    assert_eq!(sources.text(evaluation.steps[0].place), "ipchains -A input");
    assert_eq!(evaluation.steps[0].calls.len(), 2);
}

#[test]
fn loops_over_known_lists_are_unrolled() {
    assert_eq!(
        steps("P='22 80'\nfor p in $P 443; do iptables -A I --dport $p; done\n"),
        ["Iptables -A I --dport 22", "Iptables -A I --dport 80", "Iptables -A I --dport 443"]
    );
    assert_eq!(steps("for i in $(seq 1 2); do iptables -N c$i; done\n"), ["Iptables -N c1", "Iptables -N c2"]);
    assert_eq!(
        steps("i=1; while [ $i -le 2 ]; do iptables -N c$i; i=$((i+1)); done\n"),
        ["Iptables -N c1", "Iptables -N c2"]
    );
    assert_eq!(steps("for h in `cat /etc/hosts`; do iptables -A I -s $h; done\n"), ["* Iptables -A I -s ${h}"]);
    assert_eq!(
        steps("cat f | while read a b; do iptables -A I -s $a; done\niptables -F\n"),
        ["* Iptables -A I -s ${a}", "Iptables -F"]
    );
    assert_eq!(steps("while true; do iptables -F; break; done\niptables -X\n"), ["Iptables -F", "Iptables -X"]);
}

#[test]
fn loops_whose_end_nobody_knows_are_looked_at_once() {
    assert_eq!(
        steps("while :; do read a; case $a in 1) iptables -F;; 2) exit;; esac; done\niptables -X\n"),
        ["? * Iptables -F", "- Iptables -X"]
    );
    assert_eq!(
        steps("D=no\nwhile true; do [ $D = yes ] && break; iptables -F; read D; done\niptables -X\n"),
        ["? * Iptables -F", "Iptables -X"]
    );
    assert_eq!(
        steps("i=0\nwhile true; do iptables -N c$i; i=$((i+1)); [ $i -ge 2 ] && break; done\niptables -X\n"),
        ["Iptables -N c0", "Iptables -N c1", "Iptables -X"]
    );
    assert_eq!(
        steps("D=no\nf() { D=yes; }\nfor h in `cat x`; do [ $D = yes ] && iptables -F; f; done\niptables -N $D\n"),
        ["? * Iptables -F", "Iptables -N ${D}"]
    );
    assert_eq!(
        steps("D=no\nf() { D=yes; }\n[ -f x ] && for h in `cat x`; do [ $D = yes ] && iptables -F; f; done\n"),
        ["? * Iptables -F"]
    );
    assert_eq!(steps("until false; do iptables -F; sleep 5; done &\niptables -X\n"), ["* Iptables -F", "Iptables -X"]);
}

#[test]
fn what_runs_in_the_background_neither_sets_nor_ends_anything() {
    assert_eq!(
        steps("P=22\n{ P=23; iptables -F; exit; } & iptables -A I --dport $P\n"),
        ["Iptables -F", "Iptables -A I --dport 22"]
    );
}

#[test]
fn functions_that_call_themselves_are_followed_while_that_shows_something_new() {
    assert_eq!(
        steps("down() { [ $1 = 0 ] && return; iptables -N c$1; down $(($1 - 1)); }\ndown 5\n")
            .into_iter()
            .filter(|step| !step.starts_with('-'))
            .collect::<Vec<_>>(),
        ["Iptables -N c5", "Iptables -N c4", "Iptables -N c3", "Iptables -N c2", "Iptables -N c1"]
    );
    let menu = steps("menu() { read a; iptables -N c; menu; }\nmenu\n");
    assert_eq!(menu, ["Iptables -N c", "Iptables -N c", "Outside menu"]);
}

#[test]
fn both_arms_of_a_condition_are_run() {
    assert_eq!(
        steps("if [ -n \"$X\" ]; then iptables -F; else iptables -X; fi\niptables -Z\n"),
        ["? Iptables -F", "? Iptables -X", "Iptables -Z"]
    );
    assert_eq!(
        steps("L=no\n[ $L = yes ] && iptables -F\n[ $L = no ] && iptables -X\n"),
        ["- Iptables -F", "Iptables -X"]
    );
    assert_eq!(
        steps("if [ \"$V\" ]; then L=-l; else L=; fi\nipchains -A input $L -j DENY\n"),
        ["? Ipchains -A input -l -j DENY", "? Ipchains -A input -j DENY"]
    );
    assert_eq!(
        steps(
            "case \"$1\" in start) iptables -F;; stop|down) iptables -X; exit 0;; *) echo usage; exit 1;; esac\niptables -Z\n"
        ),
        ["? Iptables -F", "? Iptables -X", "? Iptables -Z"]
    );
}

#[test]
fn functions_are_called_by_the_names_that_a_case_allows() {
    let functions = "start() { ipchains -A input; }\nstop() { ipchains -F; }\n";
    assert_eq!(
        steps(&format!("{functions}case \"$1\" in start|stop) $1 ;; *) exit 1 ;; esac\nipchains -Z\n")),
        ["? Ipchains -A input", "? Ipchains -F", "? Ipchains -Z"]
    );
    assert_eq!(
        steps(
            "fw_on() { ipchains -A input; }\nfw_off() { ipchains -F; }\ncase $1 in on|off) ;; *) exit ;; esac\nfw_$1\n"
        ),
        ["? Ipchains -A input", "? Ipchains -F"]
    );
    // It may be any other word.
    assert_eq!(
        steps(&format!("{functions}$1\nipchains -Z\n")),
        ["? Ipchains -A input", "? Ipchains -F", "? Outside ${1}", "Ipchains -Z"]
    );
    assert_eq!(steps(&format!("{functions}$PAGER\n"))[0], "Outside ${PAGER}");
}

#[test]
fn guards_tell_the_runs_apart() {
    let (_, mut evaluation) = run(
        "[ \"$1\" = start ] && iptables -F\n[ \"$1\" = stop ] && iptables -X\n[ x$1 = xstart ] && iptables -Z\n",
        None,
    );
    let guards: Vec<Formula> = evaluation.steps.iter().map(|step| step.guard).collect();
    assert!(!evaluation.conditions.formulas.compatible(guards[0], guards[1]));
    assert_eq!(guards[0], guards[2]);
}

#[test]
fn known_arguments_decide_the_case() {
    let script = "case \"$1\" in start) iptables -F;; stop) iptables -X;; esac\n";
    let shown: Vec<String> = run(script, Some(&["stop"])).1.steps.iter().map(show).collect();
    assert_eq!(shown, ["- Iptables -F", "Iptables -X"]);
}

#[test]
fn values_are_followed_or_unknown_with_a_name() {
    assert_eq!(
        steps("N=192.168.1\nNET=$N.0/24\niptables -A I -s ${NET%/*} -d $NOWHERE/32\n"),
        ["Iptables -A I -s 192.168.1.0 -d ${NOWHERE}/32"]
    );
    assert_eq!(steps("IP=`ifconfig ppp0 | sed s/a/b/`\niptables -A I -s $IP\n"), ["Iptables -A I -s ${IP}"]);
    assert_eq!(
        steps("LOG=no\n. /etc/fw.conf\niptables -A I -j $LOG\n"),
        ["Outside . /etc/fw.conf", "Iptables -A I -j ${LOG}"]
    );
    assert_eq!(
        steps("a=(x y)\nfor i in \"${a[@]}\"; do iptables -N $i; done\niptables -X ${a[1]}\n"),
        ["Iptables -N x", "Iptables -N y", "Iptables -X y"]
    );
    assert_eq!(steps("E=\niptables -A I -d $E -j DROP\n"), ["Iptables -A I -d -j DROP"]);
    assert_eq!(
        steps("set -- -A I; iptables \"$@\" -j DROP; shift; iptables -N $1\n"),
        ["Iptables -A I -j DROP", "Iptables -N I"]
    );
}

#[test]
fn a_function_that_nothing_calls_runs_where_it_is_defined() {
    let found = steps("[ -x /sbin/ipchains ] || exit 0\nIPC=/sbin/iptables\nf() { $IPC -F; }\n");
    assert_eq!(found, ["? Iptables -F"]);
}

#[test]
fn an_unread_file_leaves_programs_alone_that_are_known_where_it_is_read() {
    for program in ["/sbin/iptables", "iptables"] {
        let found =
            steps(&format!("[ -x /sbin/iptables ] || exit 0\nIPC={program}\n[ -f $CONF ] && . $CONF\n$IPC -F\n"));
        assert_eq!(found, ["? Outside . ${CONF}", "? Iptables -F"]);
    }
}

/// Where it is not known which runs get somewhere, neither is it which of the values a variable has there.
#[test]
fn values_on_paths_that_are_too_many() {
    let asked = |letter: &str| (0..24).map(|at| format!("[ -e {letter}{at} ]\n")).collect::<String>();
    let equal = |at: usize| format!("if [ -e a{at} ]; then [ -e b{at} ] || exit; else [ -e b{at} ] && exit; fi\n");
    let equal: String = (0..24).map(equal).collect();
    let found = steps(&format!("v=\n{}{}{equal}v=INPUT\niptables -P $v ACCEPT\n", asked("a"), asked("b")));
    assert_eq!(found, ["? Iptables -P ${v} ACCEPT"]);
}

#[test]
fn arguments_are_shifted_on_the_runs_that_get_there() {
    let add = "f() { case $1 in a) shift; ipchains -N $1 ;; b) shift; ipchains -F $1 ;; esac; ipchains -X $1; }\n";
    assert_eq!(
        steps(&format!("{add}f b x\n")),
        ["- Ipchains -N x", "Ipchains -F x", "Ipchains -X x"],
        "the arm that no run gets to takes nothing away"
    );
    let either = ["if [ $V = y ]; then shift; fi", "[ $V = y ] && shift", "case $V in y) shift ;; esac"];
    for shifts in either {
        let mut found = steps(&format!("f() {{ {shifts}; ipchains -X $1; }}\nf a b\n"));
        found.sort();
        assert_eq!(found, ["? Ipchains -X a", "? Ipchains -X b"], "{shifts}");
    }
    let ended = "f() { [ $V = y ] && { shift; exit; }; ipchains -X $1; }\nf a b\n";
    assert_eq!(steps(ended).last().map(String::as_str), Some("? Ipchains -X a"));
}

#[test]
fn an_argument_behind_an_unquoted_word_is_named_by_the_words_up_to_it() {
    let found = steps("f() { ipchains -N $1; ipchains -F $2; }\nf $A x\nf $B y\n");
    let of = |word, last| {
        [format!("Ipchains -N ${{1 of ${{{word}}}}}"), format!("Ipchains -F ${{2 of ${{{word}}} {last}}}")]
    };
    assert_eq!(found, [of("A", "x"), of("B", "y")].concat());
}

#[test]
fn declared_variables_keep_their_blanks() {
    for declares in ["local", "declare", "export"] {
        let found = steps(&format!("f() {{ {declares} a=$1 b=; ipchains -A input $a -d $b; }}\nf \"-p tcp\"\n"));
        assert_eq!(found, ["Ipchains -A input -p tcp -d"], "{declares}");
    }
}

#[test]
fn some_of_the_arguments() {
    let found = steps("f() { ipchains -A $1 \"${@:3}\" ${@:2:1}; }\nf input -f -s 10.0.0.1\n");
    assert_eq!(found, ["Ipchains -A input -s 10.0.0.1 -f"]);
    assert_eq!(steps("ipchains -A input \"${@:2}\"\n"), ["Ipchains -A input ${${@:2}}"]);
}

#[test]
fn kernel_parameters_and_here_documents_are_steps() {
    assert_eq!(
        steps("echo 1 > /proc/sys/net/ipv4/ip_forward\nsysctl -w net.ipv4.ip_forward=1\n"),
        ["ProcWrite /proc/sys/net/ipv4/ip_forward 1", "Sysctl -w net.ipv4.ip_forward=1"]
    );
    let restore = "IF=eth0\niptables-restore <<EOF\n*filter\n:INPUT DROP\n-A INPUT -i $IF -j ACCEPT\nCOMMIT\nEOF\n";
    let found = steps(restore);
    assert_eq!(found[0], "IptablesRestore");
    assert_eq!(found[3], "Iptables -A INPUT -i eth0 -j ACCEPT");
    assert_eq!(found[4], "Commit");
}

#[test]
fn what_is_never_run_is_looked_at_once() {
    assert_eq!(steps("exit 0\niptables -F\n"), ["- Iptables -F"]);
    assert_eq!(steps("stop() { iptables -F; }\n"), ["? Iptables -F"]);
    assert_eq!(steps("f() { return; iptables -F; }\nf\niptables -X\n"), ["- Iptables -F", "Iptables -X"]);
}

#[test]
fn endless_scripts_come_to_an_end() {
    let endless = steps("f() { f; f; }\nf\n");
    assert!(endless.len() < 20 && endless.iter().all(|step| step == "Outside f"), "{endless:?}");
    assert!(run("while true; do iptables -F; done\n", None).1.steps.len() <= 2000);
    let nested = "for a in $(seq 1 1000); do for b in $(seq 1 1000); do iptables -F; done; done\n";
    assert!(run(nested, None).1.cut_short.is_some());
}

#[test]
fn save_files_are_steps_too() {
    let found = steps("*nat\n:POSTROUTING ACCEPT [0:0]\n[1:2] -A POSTROUTING -o ppp0 -j MASQUERADE\n");
    assert_eq!(found[2], "Iptables -A POSTROUTING -o ppp0 -j MASQUERADE");
    assert_eq!(found[3], "Uncommitted");
    assert_eq!(
        steps(":input DENY\n-A input -s 0.0.0.0/0.0.0.0 -j DENY\n")[1],
        "Ipchains -A input -s 0.0.0.0/0.0.0.0 -j DENY"
    );
}

#[test]
fn loops_that_read_known_lines_are_unrolled() {
    let rules = ["Ipchains -A input -i eth0 -s 10.0.0.0/8 -j a b", "Ipchains -A input -i eth1 -s -j"];
    let body =
        "while read dev net rest; do\n[ -z \"$dev\" ] && continue\nipchains -A input -i $dev -s $net -j $rest\ndone";
    let lines = "eth0  10.0.0.0/8 a b\n\neth1\n";
    assert_eq!(steps(&format!("L='{lines}'\necho \"$L\" | {body}\n")), rules);
    assert_eq!(steps(&format!("{body} <<END\n{lines}END\n")), rules);
    assert_eq!(steps(&format!("{body} <<-'END'\n\t{}END\n", lines.replace('\n', "\n\t"))), rules);
    // What comes from elsewhere is not known, nor what a backslash would change.
    assert!(steps(&format!("cat /etc/list | {body}\n")).iter().all(|step| step.contains("* ")));
    assert!(steps(&format!("{body} <<'END'\nx\\y\nEND\n")).iter().all(|step| step.contains("* ")));
}

#[test]
fn fields_end_where_the_script_says() {
    let run = |text: &str| steps(&format!("{text}\niptables -A INPUT $1 $2 $3\n"));
    let as_arguments = |text: &str| run(text).last().cloned().unwrap_or_default();
    for (text, expected) in [
        ("v=21,10.0.0.1,22\nIFS=,\nset $v\nIFS=' '", "21 10.0.0.1 22"),
        ("v=21,10.0.0.1,22\nOLD=$IFS\nIFS=\",\"\nset -- $v\nIFS=$OLD", "21 10.0.0.1 22"),
        ("v=a,b\nIFS=,\nset -- $v\nunset IFS\nw='x y'\nset -- $w $1", "x y a"),
        ("v='a , b'\nIFS=' ,'\nset -- $v", "a b"),
        ("v=',a'\nIFS=,\nset -- x$v", "x a"),
        ("v='a b'\nIFS=\nset -- $v c", "a b c"),
        ("v=a:b\nf() { local IFS=:; set -- $v; echo $2; }\nset -- `f` 'c d'", "b c d"),
        ("set -- 22 80\nIFS=,\nP=\"$*\"\nunset IFS\nset -- $P", "22,80"),
        ("for p in a b; do IFS=,; done\nv=x,y\nset -- $v", "x y"),
    ] {
        assert_eq!(as_arguments(text), format!("Iptables -A INPUT {expected}"), "{text}");
    }
    // A mark that ends no field leaves an empty one.
    let chains = |text: &str| steps(&format!("IFS=:\nv={text}\nfor c in $v; do iptables -N \"$c\"; done\n")).len();
    assert_eq!((chains("a:b"), chains("a::b"), chains("a:"), chains(":a")), (2, 3, 1, 2));
    let list = run("for v in $LIST; do\nIFS=,\nset -- $v\ndone");
    assert!(list.iter().all(|step| !step.ends_with("INPUT ${v}")), "{list:?}");
    let unknown = steps("IFS=`cat sep`\nv='a b'\niptables -A INPUT $v\niptables -A INPUT c\n");
    assert_eq!(unknown, ["Iptables -A INPUT ${a b}", "Iptables -A INPUT c"]);
}

#[test]
fn leaving_a_loop_that_is_none_leaves_nothing() {
    let found =
        steps("continue\nipchains -F\nbreak 2\nfor i in 1 2; do break; ipchains -X; done\nipchains -P input DENY\n");
    assert_eq!(found, ["Ipchains -F", "- Ipchains -X", "- Ipchains -X", "Ipchains -P input DENY"]);
}

/// Whether the guards of two steps let one run take both.
fn in_one_run(text: &str) -> bool {
    let (_, mut evaluation) = run(text, None);
    let [one, other] = [0, 1].map(|at| evaluation.steps[at].guard);
    evaluation.conditions.formulas.compatible(one, other)
}

#[test]
fn arguments_that_are_shifted_are_others() {
    let loops = "while [ $# -gt 0 ]; do case $1 in -f) ipchains -F ;; *) break ;; esac; shift; done\n";
    assert!(in_one_run(&format!("{loops}case $1 in start) ipchains -X ;; esac\n")));
    assert!(in_one_run("[ $# = 2 ] && ipchains -F; shift; [ $# = 1 ] && ipchains -X\n"));
    let given = "f() { for i in $L; do [ $1 = a ] && ipchains -F; shift; done; [ $1 = b ] && ipchains -X; }; f a b\n";
    assert!(in_one_run(given));
}

#[test]
fn what_shells_do_differently_is_known_where_the_first_line_names_one() {
    for (shell, mark) in [("bash", ""), ("dash", "- "), ("sh", "? ")] {
        for script in ["return 1", "for i in 1; do ( break; ipchains -F ); done"] {
            let found = steps(&format!("#!/bin/{shell}\n{script}\nipchains -F\n"));
            assert_eq!(found[0], format!("{mark}Ipchains -F"), "{shell}: {script}");
        }
    }
}

#[test]
fn a_parameter_that_must_be_given_ends_the_script_without_it() {
    assert_eq!(
        steps("ipchains -N ${1:?usage}\n[ -z \"$1\" ] && ipchains -F\nipchains -X\n"),
        ["? Ipchains -N ${1}", "- Ipchains -F", "? Ipchains -X"]
    );
}

#[test]
fn a_function_that_the_file_calls_in_other_runs_is_called_by_nobody_else() {
    let functions = "stop() { iptables -F; }\nhelp() { iptables -L; }\n";
    let script = format!("{functions}case $1 in\nstart) iptables -P INPUT DROP ;;\nstop) stop ;;\nesac\n");
    let of_run = |arguments: Option<&[&str]>| run(&script, arguments).1.steps.iter().map(show).collect::<Vec<_>>();
    assert_eq!(
        of_run(Some(&["start"])),
        ["Iptables -P INPUT DROP", "- Outside stop", "- Iptables -F", "? Iptables -L"]
    );
    assert_eq!(of_run(None), ["? Iptables -P INPUT DROP", "? Iptables -F", "? Iptables -L"]);
}

#[test]
fn what_loops_set_is_known_behind_them_as_long_as_it_makes_few_commands() {
    let steps = |count: usize| {
        let names: Vec<String> = (0..count).map(|number| format!("V{number}")).collect();
        let set: String = names.iter().map(|name| format!("{name}=x\n")).collect();
        let arms: String = names.iter().map(|name| format!("{name}) {name}=y ;;\n")).collect();
        let read: String = names.iter().map(|name| format!(" ${name}")).collect();
        let script = format!("{set}while [ -n \"$1\" ]; do case $1 in\n{arms}esac; shift; done\niptables -A{read}\n");
        run(&script, None).1.steps.len()
    };
    assert_eq!((steps(2), steps(4)), (4, 16));
    assert_eq!(steps(20), 1);
}
