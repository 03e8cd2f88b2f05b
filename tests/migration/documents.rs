//! Rules that ipchains-restore reads from a here-document join those that are there.

use super::{iptmigrate, temporary, text};

/// The migration of a script, which is proved to be equal.
#[track_caller]
fn proved(script: &str) -> String {
    let (_directory, path) = temporary("firewall.sh", script.as_bytes());
    let output = iptmigrate(&[&path]);
    let report = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{report}");
    assert!(report.contains(": equal for all packets"), "{report}");
    text(&output.stdout)
}

const DOCUMENT: &str = "ipchains-restore -f <<SAVE\n:input DENY\n:forward DENY\n:output ACCEPT\n:mine -\n\
    -A input -s 0.0.0.0/0.0.0.0 -d 0.0.0.0/0.0.0.0 -i lo -j ACCEPT\n\
    -A input -s 10.0.0.0/255.0.0.0 -d 0.0.0.0/0.0.0.0 -i eth0 -j mine\n\
    -A mine -s 0.0.0.0/0.0.0.0 -d 0.0.0.0/0.0.0.0 80:80 -p 6 -j ACCEPT\nSAVE\n";

#[test]
fn rules_before_and_behind_stay() {
    let before = "ipchains -A input -i eth1 -j ACCEPT\n";
    let behind = "ipchains -A input -p tcp --dport 113 -j REJECT\n";
    for script in [
        format!("{before}{DOCUMENT}"),
        format!("{DOCUMENT}{behind}"),
        format!("{before}{DOCUMENT}{behind}"),
        format!("{before}{}{behind}", DOCUMENT.replace(":forward DENY", ":forward ACCEPT")),
    ] {
        let migrated = proved(&script);
        assert!(
            migrated.contains("\niptables-restore -n <<SAVE\n") || migrated.starts_with("iptables-restore -n <<SAVE\n")
        );
    }
}

#[test]
fn policies_of_a_document_count_for_forwarded_packets() {
    let migrated =
        proved(&format!("ipchains -A input -i eth1 -j ACCEPT\nipchains -A forward -i eth1 -j ACCEPT\n{DOCUMENT}"));
    assert!(migrated.contains("\n-R FORWARD 2 -j DROP\n"), "{migrated}");
}

#[test]
fn the_way_is_laid_where_the_document_is_read() {
    let arm = format!("if [ \"$1\" = start ]; then\n{DOCUMENT}else\nipchains -F input\nipchains -P input ACCEPT\nfi\n");
    let migrated = proved(&format!("{arm}ipchains -A input -p tcp --dport 113 -j REJECT\n"));
    assert!(!migrated.starts_with("iptables -F FORWARD"), "{migrated}");
    proved(&arm.replace(":forward DENY", ":forward ACCEPT"));
}
