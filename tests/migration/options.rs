//! The options of `iptmigrate`.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::Path;
use std::process::Command;

use crate::{files, iptmigrate, migrated, read, status, temporary, text};

const OLD: &[u8] = b"#!/bin/sh\nipchains -P forward DENY\necho ready\n";
const NEW: &[u8] = b"#!/bin/sh\niptables -P FORWARD DROP\necho ready\n";

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = entries.collect();
    names.sort();
    names
}

#[test]
fn the_diff_is_a_patch() {
    if Command::new("patch").arg("--version").output().is_err() {
        return;
    }
    for path in files("ipchains") {
        let (migrated, diff) = (migrated(&path), iptmigrate(&["--diff", &path]));
        assert_eq!(status(&diff), status(migrated), "{path}");
        let (directory, old) = temporary("old", &read(&path));
        let patch = directory.path().join("patch");
        fs::write(&patch, &diff.stdout).unwrap();
        if diff.stdout.is_empty() {
            assert!(migrated.stdout == read(&path), "{path}");
            continue;
        }
        let output = Command::new("patch").args(["--binary", "-s"]).arg(&old).arg(&patch).output().unwrap();
        assert!(output.status.success(), "{path}: {}", text(&output.stdout));
        assert!(fs::read(&old).unwrap() == migrated.stdout, "{path}");
    }
}

#[test]
fn a_patch_keeps_every_byte_and_every_line_end() {
    let old = b"echo \xE4\r\nipchains -F input\r\necho a\rb\nipchains -F output";
    let (directory, path) = temporary("fw", old);
    let (migrated, diff) = (iptmigrate(&[&path]).stdout, iptmigrate(&["--diff".as_ref(), path.as_os_str()]).stdout);
    let hunk = diff.splitn(3, |byte| *byte == b'\n').nth(2).unwrap();
    let kept = |line: &[u8]| matches!(line.first(), Some(b' ' | b'+')).then(|| line[1..].to_vec());
    let text: Vec<u8> = hunk.split_inclusive(|byte| *byte == b'\n').filter_map(kept).flatten().collect();
    assert_eq!(text, [&migrated[..], b"\n"].concat());
    drop(directory);
}

#[test]
fn the_diff_is_coloured_on_demand() {
    let path = "corpus/ipchains/five-lines.sh";
    let coloured = text(&iptmigrate(&["--diff", "--color", "always", path]).stdout);
    assert!(coloured.contains("\u{1B}[31m-") && coloured.contains("\u{1B}[32m+"));
    assert!(!text(&iptmigrate(&["--diff", path]).stdout).contains('\u{1B}'));
}

#[test]
fn check_writes_nothing_and_says_whether_anything_would_change() {
    let (directory, path) = temporary("fw", OLD);
    let output = iptmigrate(&["--check".as_ref(), path.as_os_str()]);
    assert_eq!((status(&output), text(&output.stdout).as_str()), (1, ""));
    assert_eq!(names(directory.path()), ["fw"]);
    fs::write(&path, NEW).unwrap();
    assert_eq!(status(&iptmigrate(&["--check".as_ref(), path.as_os_str()])), 0);
    assert_eq!(fs::read(&path).unwrap(), NEW);
}

#[test]
fn output_goes_to_a_file() {
    let (directory, path) = temporary("fw", OLD);
    let new = directory.path().join("new");
    let output = iptmigrate(&["-o".as_ref(), new.as_os_str(), path.as_os_str()]);
    assert_eq!((status(&output), text(&output.stdout).as_str()), (0, ""));
    assert_eq!(fs::read(&new).unwrap(), NEW);
    assert_eq!(fs::read(&path).unwrap(), OLD);
    let missing = directory.path().join("no-directory/new");
    let output = iptmigrate(&["-o".as_ref(), missing.as_os_str(), path.as_os_str()]);
    assert_eq!(status(&output), 2);
    assert!(text(&output.stderr).contains("no-directory/new: No such file"), "{}", text(&output.stderr));
}

#[test]
fn in_place_keeps_mode_and_owner_and_the_old_file() {
    let (directory, path) = temporary("fw", OLD);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o750)).unwrap();
    // Only root may give files away.
    let given = chown(&path, Some(65534), Some(65534)).is_ok();
    assert_eq!(status(&iptmigrate(&["--in-place".as_ref(), path.as_os_str()])), 0);
    assert_eq!(fs::read(&path).unwrap(), NEW);
    let metadata = fs::metadata(&path).unwrap();
    assert_eq!(metadata.mode() & 0o7777, 0o750);
    assert!(!given || (metadata.uid(), metadata.gid()) == (65534, 65534));
    assert_eq!(names(directory.path()), ["fw", "fw.orig"]);
    assert_eq!(fs::read(directory.path().join("fw.orig")).unwrap(), OLD);
}

#[test]
fn in_place_follows_a_symbolic_link() {
    let (directory, path) = temporary("fw", OLD);
    let link = directory.path().join("link");
    symlink("fw", &link).unwrap();
    let arguments = ["--in-place".as_ref(), "--backup".as_ref(), ".old".as_ref(), link.as_os_str()];
    assert_eq!(status(&iptmigrate(&arguments)), 0);
    assert_eq!(fs::read(&path).unwrap(), NEW);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(names(directory.path()), ["fw", "fw.old", "link"]);
}

#[test]
fn in_place_never_writes_over_an_older_backup() {
    let (directory, path) = temporary("fw", OLD);
    fs::write(directory.path().join("fw.orig"), "precious").unwrap();
    let output = iptmigrate(&["--in-place".as_ref(), path.as_os_str()]);
    assert_eq!(status(&output), 2);
    assert_eq!(fs::read(&path).unwrap(), OLD);
    assert_eq!(fs::read(directory.path().join("fw.orig")).unwrap(), b"precious");
    assert_eq!(names(directory.path()), ["fw", "fw.orig"]);
}

#[test]
fn in_place_leaves_a_file_alone_that_does_not_change() {
    let (directory, path) = temporary("fw", NEW);
    assert_eq!(status(&iptmigrate(&["--in-place".as_ref(), path.as_os_str()])), 0);
    assert_eq!(names(directory.path()), ["fw"]);
}

#[test]
fn the_report_is_json_on_demand() {
    let output = iptmigrate(&["--format", "json", "corpus/ipchains/home-dialup-gateway.sh"]);
    let report: serde_json::Value = serde_json::from_slice(&output.stderr).unwrap();
    assert_eq!(report["schema"], 1);
    assert_eq!(report["files"][0]["path"], "corpus/ipchains/home-dialup-gateway.sh");
}

#[test]
fn what_cannot_be_done_ends_with_status_2() {
    let (_directory, path) = temporary("fw", b"ipfwadm -I -p deny\n");
    let output = iptmigrate(&[&path]);
    assert_eq!((status(&output), text(&output.stdout).as_str()), (2, ""));
    assert!(text(&output.stderr).contains("ipfwadm"));
    assert_eq!(status(&iptmigrate(&["no-such-file"])), 2);
    assert_eq!(status(&iptmigrate(&["corpus"])), 2);
    assert_eq!(status(&iptmigrate(&["--in-place", "-"])), 2);
}

#[test]
fn comments_stay_beside_their_rules_on_request() {
    let script =
        b"ipchains -P forward DENY\n# who may come in\nipchains -A input -i eth1 -j ACCEPT\nipchains -A input -j DENY # nobody \"else\"\n\n\
                  ipchains -A output -j ACCEPT\n";
    let (_directory, path) = temporary("fw", script);
    let restore = ["--emit".as_ref(), "restore".as_ref(), path.as_os_str()];
    let with = text(&iptmigrate(&[&restore[..], &["--comments".as_ref()]].concat()).stdout);
    let rules: Vec<&str> = with.lines().filter(|line| line.contains(" INPUT ") || line.contains(" OUTPUT ")).collect();
    let rules: Vec<&str> = rules.into_iter().filter(|line| line.starts_with("-A")).collect();
    assert_eq!(
        rules,
        [
            "-A INPUT -i eth1 -m comment --comment \"who may come in\" -j ACCEPT",
            "-A INPUT -m comment --comment \"nobody else\" -j DROP",
            "-A OUTPUT -j ACCEPT"
        ]
    );
    assert!(!text(&iptmigrate(&restore).stdout).contains("comment"));
}

/// What `--emit restore` prints for a script, and what it says instead.
fn restored(script: &str) -> (String, String) {
    let (_directory, path) = temporary("fw", script.as_bytes());
    let output = iptmigrate(&["--emit".as_ref(), "restore".as_ref(), path.as_os_str()]);
    let said = text(&output.stderr);
    (text(&output.stdout), said.lines().filter(|line| line.starts_with("iptmigrate:")).collect())
}

const HELPER: &str = "-A PREROUTING -p tcp -m tcp --dport 21 -j CT --helper ftp";

#[test]
fn rules_are_restored_that_our_own_lines_add_unless_they_are_there() {
    let (rules, said) = restored("ipchains -P forward DENY\nmodprobe ip_masq_ftp\nmodprobe ip_masq_ftp\n");
    assert_eq!(said, "");
    assert_eq!(rules.lines().filter(|line| line.starts_with("-A")).collect::<Vec<_>>(), [HELPER]);
    assert!(rules.contains(":FORWARD DROP [0:0]\n"), "{rules}");
    // The same in a loop and in a function.
    let (rules, said) = restored("load() { modprobe ip_masq_$1; }\nfor m in ftp ftp; do load $m; done\nload ftp\n");
    assert_eq!(said, "");
    assert_eq!(rules.lines().filter(|line| line.starts_with("-A")).collect::<Vec<_>>(), [HELPER]);
}

#[test]
fn the_mark_of_masqueraded_connections_is_named_once() {
    let named =
        |text: &str| text.matches("\n# What is masqueraded").count() + usize::from(text.starts_with("# What is m"));
    for (script, marked) in
        [("ipchains -A forward -m 1 -j MASQ\n", 1), (":forward MASQ\n", 1), ("ipchains -P forward DENY\n", 0)]
    {
        let (_directory, path) = temporary("fw", script.as_bytes());
        let (rules, said) = restored(script);
        for text in [rules, text(&iptmigrate(&[path.as_os_str()]).stdout)] {
            assert_eq!(text.matches("-j CONNMARK --set-xmark 0x80000000/0x80000000\n").count(), marked, "{text}{said}");
            assert_eq!(named(&text), marked, "{text}{said}");
            assert_eq!(text.contains(" 0x80000000 tells nat"), marked == 1, "{text}{said}");
        }
    }
}

#[test]
fn conditions_that_touch_no_rule_keep_nothing_from_being_restored() {
    let quiet = "[ -f /etc/motd ] && echo ready\nfor f in /proc/sys/net/*; do echo 1 > $f; done\n";
    let (rules, said) = restored(&format!("ipchains -A input -i eth1 -j DENY\n{quiet}"));
    assert_eq!((said.as_str(), rules.contains("-A INPUT -i eth1 -j DROP\n")), ("", true), "{rules}");
}

#[test]
fn rules_that_differ_from_run_to_run_are_not_restored() {
    const SOME: &str = " of the migrated script runs in some runs only";
    let none = "iptmigrate: there is no one set of rules for iptables-restore: ";
    for (script, why) in [
        ("ipchains -F input\n[ -f /etc/a ] && ipchains -A input -j DENY\n", SOME),
        ("[ -f /etc/a ] && ipchains -P input DENY\n", SOME),
        ("[ -f /etc/a ] && ipchains -N x\n", SOME),
        ("for i in $LIST; do ipchains -A input -s 10.0.0.1 -j DENY; done\n", SOME),
        ("[ -f /etc/a ] && modprobe ip_masq_ftp\n", SOME),
        ("ipchains -A input -i $DEV -j DENY\n", "not all is known of `-A INPUT -i ${DEV} -j DROP`"),
    ] {
        let (rules, said) = restored(script);
        assert_eq!(rules, "", "{script}");
        assert!(said.starts_with(none) && said.contains(why), "{script}{said}");
    }
    assert!(restored("[ -f /etc/a ] && ipchains -P input DENY\n").1.contains("where `[ -f /etc/a ]` holds"));
}

#[test]
fn the_rules_of_one_run_are_restored() {
    const SCRIPT: &str = "[ -x /sbin/ipchains ] || exit 0\nEXT=$(ifconfig ppp0 | grep inet | cut -d: -f2)\n\
        [ -z \"$EXT\" ] && exit 1\ncase $1 in\nstart) ipchains -A input -d $EXT -i $DEV -j DENY ;;\n\
        stop) ipchains -F input ;;\nesac\n";
    let (_directory, path) = temporary("fw", SCRIPT.as_bytes());
    let restored = |more: &[&str]| {
        let arguments: Vec<&str> = ["--emit", "restore", path.to_str().unwrap()].iter().chain(more).copied().collect();
        let output = iptmigrate(&arguments);
        (text(&output.stdout), text(&output.stderr))
    };
    let given = ["--arg", "start", "--define", "EXT=192.0.2.1", "--define", "DEV=ppp0"];
    let (rules, said) = restored(&given);
    assert!(rules.contains("-A INPUT -d 192.0.2.1/32 -i ppp0 -j DROP\n"), "{rules}{said}");
    assert!(said.contains("equal for all packets"), "{said}");
    assert!(restored(&["--arg", "start", "--define", "EXT=192.0.2.1"]).1.contains("not all is known of"));
    for (without, why) in [(0, "where `$EXT` is not empty"), (2, "where `$1` is `start`")] {
        let more = if without == 0 { &given[..2] } else { &given[2..] };
        let (rules, said) = restored(more);
        assert!(rules.is_empty() && said.contains(why), "{said}");
    }
    let (rules, _) = restored(&["--arg", "stop", "--define", "EXT=192.0.2.1"]);
    assert!(!rules.contains("-A "), "{rules}");
}

#[test]
fn rules_for_devices_are_restored_where_the_addresses_of_all_are_given() {
    const SCRIPT: &str = "EXTIP=203.0.113.5\nipchains -P forward DENY\nipchains -P output DENY\nipchains -A output -i eth0 -j ACCEPT\n\
        ipchains -A output -s $EXTIP -j ACCEPT\nipchains -A output -i ppp+ -s ! 10.0.0.0/8 -j ACCEPT\n\
        ipchains -A forward -s 10.0.0.0/8 -j MASQ\n";
    let (_directory, path) = temporary("fw", SCRIPT.as_bytes());
    let restored = |more: &[&str]| {
        let arguments: Vec<&str> = ["--emit", "restore", path.to_str().unwrap()].iter().chain(more).copied().collect();
        let output = iptmigrate(&arguments);
        (text(&output.stdout), text(&output.stderr))
    };
    let (rules, said) = restored(&["--own-address", "ppp0=203.0.113.5", "--own-address", "eth0=10.0.0.1"]);
    let own: Vec<&str> = rules.lines().filter(|line| line.starts_with("-A fwd-masqueraded")).collect();
    assert_eq!(
        own,
        [
            "-A fwd-masqueraded -o eth0 -j ACCEPT",
            "-A fwd-masqueraded -o ppp0 -j ACCEPT",
            "-A fwd-masqueraded -o ppp0 -j ACCEPT"
        ],
        "{rules}{said}"
    );
    let (rules, said) = restored(&["--own-address", "ppp0=192.0.2.1"]);
    assert_eq!(rules.lines().filter(|line| line.starts_with("-A fwd-masqueraded")).count(), 2, "{rules}{said}");
    // That it is an own address says nothing of the device.
    let (rules, said) = restored(&["--own-address", "203.0.113.5"]);
    assert_eq!(rules, "");
    assert!(said.contains("whose address fits 203.0.113.5; --own-address DEVICE=ADDRESS"), "{said}");
    assert!(restored(&["--own-address", "ppp0=local"]).1.contains("`local` is no address of IPv4"));
}
