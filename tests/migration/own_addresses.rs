//! Addresses of the host itself: no forwarded packet goes there, so their rules have no copies for forwarded packets.

use crate::{iptmigrate, temporary, text};

/// A gateway that forwards what comes from anywhere; `RULE` is one of input.
const GATEWAY: &str = "ipchains -P input DENY\nipchains -A input -i eth1 -j ACCEPT\n\
    ipchains -A input -i ppp0 -p tcp -d RULE 22 -j ACCEPT\nipchains -P forward ACCEPT\n";

/// Whether the rule has a copy, and the line that ends the report.
fn migrated(before: &str, address: &str, options: &[&str]) -> (bool, String) {
    let script = format!("{before}\n{}", GATEWAY.replace("RULE", address));
    let (_folder, path) = temporary("fw", script.as_bytes());
    let mut arguments = options.to_vec();
    arguments.push(path.to_str().unwrap());
    let output = iptmigrate(&arguments);
    let rules = text(&output.stdout);
    let copied = rules.lines().filter(|line| line.contains(&format!("-d {address} "))).count() > 1;
    (copied, text(&output.stderr).lines().last().unwrap_or_default().to_owned())
}

const CUT: &str = "EXT=`/sbin/ifconfig ppp0 | grep inet | cut -d: -f2 | cut -d' ' -f1`";

#[test]
fn what_the_host_has_itself_is_not_forwarded() {
    for (before, address, named) in [
        (CUT, "$EXT", "${EXT}"),
        ("EXT=$(ip -4 addr show ppp0 | sed -n 's/.*inet \\([0-9.]*\\).*/\\1/p')", "$EXT/32", "${EXT}/32"),
        ("EXT=192.0.2.1\nifconfig eth0 $EXT netmask 255.255.255.0 up", "$EXT", "192.0.2.1"),
        ("ip addr add 192.0.2.1/24 dev eth0", "192.0.2.1", "192.0.2.1"),
        ("ip address add dev eth0 $EXT/24", "$EXT", "${EXT}"),
        ("", "$IPLOCAL", "${IPLOCAL}"),
        ("new_ip_address=${new_ip_address:-192.0.2.1}", "$new_ip_address", "192.0.2.1"),
    ] {
        let (copied, report) = migrated(before, address, &[]);
        assert!(!copied, "{before}");
        let assumption = format!("{named} is an address of this host");
        assert!(report.contains("equal for all packets") && report.contains(&assumption), "{before}: {report}");
    }
}

#[test]
fn any_other_address_may_be_one_that_is_forwarded_to() {
    for (before, address) in [
        ("EXT=192.0.2.1", "$EXT"),
        ("EXT=`ifconfig ppp0 | sed -n 's/.*Bcast:\\([0-9.]*\\).*/\\1/p'`", "$EXT"),
        (&format!("{CUT}\nEXT=$(cat /etc/address)"), "$EXT"),
        (&format!("{CUT}\n"), "$OTHER"),
        (&format!("{CUT}\n"), "$EXT/24"),
        ("ifconfig eth0 192.0.2.1", "192.0.2.2"),
        ("ifconfig eth0 192.0.2.1", "192.0.2.0/24"),
        ("set_up() { ifconfig eth0 192.0.2.1; }", "192.0.2.1"),
    ] {
        let (copied, report) = migrated(before, address, &[]);
        assert!(copied, "{before}");
        assert!(!report.contains("address of this host"), "{before}: {report}");
    }
    // Each round has its own.
    let rounds = format!("{CUT}\nfor host in $EXT 10.0.0.7; do ipchains -A input -p udp -d $host -j DENY; done");
    let report = migrated(&rounds, "$OTHER", &[]).1;
    assert!(!report.contains("10.0.0.7 is an address"), "{report}");
}

#[test]
fn addresses_can_be_declared() {
    for (option, address) in [("192.0.2.1", "192.0.2.1"), ("EXT", "$EXT"), ("$EXT", "$EXT")] {
        assert!(migrated("", address, &[]).0);
        let (copied, report) = migrated("", address, &["--own-address", option]);
        assert!(!copied && report.contains("is an address of this host"), "{report}");
    }
}

/// Output met masqueraded packets under the host's own address, and so do the rules for marks.
#[test]
fn marks_by_the_source_of_masqueraded_packets_are_proved() {
    let script = ". /etc/x\nipchains -A forward -i ppp0 -j MASQ\nipchains -A output -s 192.168.1.0/24 -m 5\n\
                  ipchains -A output -p tcp -s $EXT 1024: -t 01 10\n";
    let (_folder, path) = temporary("fw", script.as_bytes());
    let report = text(&iptmigrate(&[path.to_str().unwrap()]).stderr);
    assert!(report.contains("equal for all packets"), "{report}");
}

/// An answer to a masqueraded connection goes to the host's own address, and on from there.
#[test]
fn answers_to_masqueraded_connections_are_still_asked_for() {
    let script =
        format!("{CUT}\n{}", GATEWAY.replace("RULE 22", "$EXT 1024:65535").replace("forward ACCEPT", "forward DENY"))
            + "ipchains -A forward -i ppp0 -j MASQ\n";
    let (_folder, path) = temporary("fw", script.as_bytes());
    let output = iptmigrate(&[path.to_str().unwrap()]);
    let rules = text(&output.stdout);
    let reply = "-A fwd-replies -i ppp0 -p tcp -m conntrack --ctrepldst $EXT -j ACCEPT";
    assert!(rules.contains(reply) && rules.matches("--dport 1024:65535").count() == 1, "{rules}");
}

/// A save file cannot ask for the addresses of devices, so they are named; the proof holds for those.
#[test]
fn a_save_file_is_for_the_devices_that_are_named() {
    let rules = ":input ACCEPT\n:forward MASQ\n:output DENY\n-A output -s 203.0.113.9/255.255.255.255 -i ppp+ -j ACCEPT\n\
                 -A output -s ! 10.0.0.0/255.0.0.0 -d 192.0.2.0/255.255.255.0 -j ACCEPT\n";
    let (_folder, path) = temporary("fw.save", rules.as_bytes());
    let migrated = |devices: &[&str]| {
        let options = devices.iter().flat_map(|device| ["--own-address", device]);
        let output = iptmigrate(&options.chain([path.to_str().unwrap()]).collect::<Vec<_>>());
        let copies = text(&output.stdout)
            .lines()
            .filter(|line| line.starts_with("-A fwd-masqueraded"))
            .map(str::to_owned)
            .collect();
        (copies, text(&output.stderr).lines().last().unwrap_or_default().to_owned())
    };
    let (copies, report): (Vec<String>, String) = migrated(&["ppp0=203.0.113.9", "eth0=10.0.0.1"]);
    // What the other rule lets pass on ppp0 has passed, and nothing leaves by lo.
    assert_eq!(copies, ["-A fwd-masqueraded -j ACCEPT -o ppp0"]);
    let devices = "the host's devices are lo with 127.0.0.1, ppp0 with 203.0.113.9 and eth0 with 10.0.0.1";
    assert!(report.contains(&format!("equal for all packets, given that {devices}")), "{report}");
    let (copies, report) = migrated(&["ppp0=203.0.113.8", "eth0=10.0.0.1"]);
    assert_eq!(copies, ["-A fwd-masqueraded -d 192.0.2.0/255.255.255.0 -j ACCEPT -o ppp0"]);
    assert!(report.contains("equal for all packets"), "{report}");
    let (copies, report) = migrated(&[]);
    assert!(copies.is_empty() && report.contains("not decided"), "{report}");
}
