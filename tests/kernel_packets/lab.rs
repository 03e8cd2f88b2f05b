//! A host in a network namespace of its own, and what its kernel does with packets.
//!
//! Each device of the host is one end of a pair whose other end is in a second
//! namespace, where nobody listens. Packets are put into those other ends; log
//! rules at the very ends of the kernel's paths say what became of them.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::fd::{AsRawFd, OwnedFd};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use iptlint::packet::{Connection, Header, Packet, Path, State};
use nix::ifaddrs::getifaddrs;
use nix::sched::{CloneFlags, CpuSet, sched_getaffinity, sched_getcpu, sched_setaffinity, setns, unshare};
use nix::sys::socket::{
    AddressFamily, LinkAddr, MsgFlags, SockFlag, SockProtocol, SockType, SockaddrIn, sendto, setsockopt, socket,
    sockopt,
};
use nix::unistd::Pid;

use crate::firewalls::HOOKS;
use crate::netlink::{Logged, Netlink};
use crate::wire::{self, Seen, Sending};

/// What the kernel did with a packet.
#[derive(Clone, Debug)]
pub(crate) enum Fate {
    /// It reached a program of the host.
    Delivered { mark: u32, packet: Seen },
    /// It left the host.
    Sent { mark: u32, packet: Seen },
    /// Its sender got an ICMP error of this type and code.
    Rejected(u8, u8),
    /// Its sender got a TCP reset.
    Reset,
    /// Nothing was seen of it.
    Dropped,
}

/// The host; it belongs to the thread that made it, which is in its namespace from then on.
pub(crate) struct Lab {
    backend: &'static str,
    log: Netlink,
    connections: Netlink,
    /// Sends packets of the host itself.
    own: OwnedFd,
    /// Puts packets into devices.
    links: OwnedFd,
    /// The same inside the host, for its loopback device.
    loopback: OwnedFd,
    addresses: HashMap<String, LinkAddr>,
    id: u16,
}

/// The hardware addresses of all devices of the host, and of whoever sends to it.
const HOST: [u8; 6] = [2, 0, 0, 0, 0, 1];
const WORLD: [u8; 6] = [2, 0, 0, 0, 0, 2];

const LOCAL: u16 = 1;
const SENT: u16 = 2;
const ERROR: u16 = 3;
const LAST: u16 = 4;

/// The protocol of the packet that says that all before it are done; it is one for experiments.
const MARKER: u8 = 253;

/// Longer than a busy machine takes to handle a few hundred packets.
const PATIENCE: Duration = Duration::from_secs(60);

/// The priority that packets have which we send through the host's own socket (SO_PRIORITY).
///
/// Whatever else the host says to a packet is seen, but does not leave: it would end the packet's connection.
const OURS: i32 = 0x1971;

const LOG_RULES: &str = r#"
table ip packet_fates
delete table ip packet_fates
table ip packet_fates {
  chain local { type filter hook input priority 10000; log group 1 snaplen 256 queue-threshold 1; }
  chain sent { type filter hook postrouting priority 10000; log group 2 snaplen 256 queue-threshold 1; }
  chain errors {
    type filter hook output priority -10000;
    meta priority 0x1971 accept;
    ip protocol icmp icmp type destination-unreachable log group 3 snaplen 256 queue-threshold 1 drop;
    tcp flags & rst == rst log group 3 snaplen 256 queue-threshold 1 drop;
  }
  chain last {
    type filter hook prerouting priority -10000;
    iifname "lo" ip protocol 253 log group 4 snaplen 256 queue-threshold 1 drop;
  }
}
"#;

/// Settings of the host: it forwards everything, answers nothing by itself, and leaves every judgement to the rules.
const SETTINGS: &[(&str, &str)] = &[
    ("ip_forward", "1"),
    ("icmp_ratemask", "0"),
    ("icmp_ratelimit", "0"),
    ("icmp_msgs_per_sec", "1000000"),
    ("icmp_msgs_burst", "1000000"),
    ("icmp_echo_ignore_all", "1"),
    ("icmp_echo_ignore_broadcasts", "1"),
];

const DEVICE_SETTINGS: &[(&str, &str)] = &[
    ("rp_filter", "0"),
    ("accept_local", "1"),
    ("route_localnet", "1"),
    ("forwarding", "1"),
    ("send_redirects", "0"),
    ("log_martians", "0"),
];

impl Lab {
    /// A host with these devices, each with an address and the length of its network's prefix.
    pub(crate) fn new(backend: &'static str, devices: &[(String, Ipv4Addr, u8)]) -> Self {
        unshare(CloneFlags::CLONE_NEWNET).unwrap();
        let world = File::open("/proc/thread-self/ns/net").unwrap();
        let links = packet_socket();
        unshare(CloneFlags::CLONE_NEWNET).unwrap();
        let host = File::open("/proc/thread-self/ns/net").unwrap();
        write_setting("ipv6/conf/all/disable_ipv6", "1");
        write_setting("ipv6/conf/default/disable_ipv6", "1");
        run("ip", "link set lo up");
        let elsewhere = format!("/proc/{}/fd/{}", std::process::id(), world.as_raw_fd());
        for (name, address, prefix) in devices {
            run("ip", &format!("link add {name} type veth peer name {name} netns {elsewhere}"));
            run("ip", &format!("link set {name} address 02:00:00:00:00:01 up arp off"));
            run("ip", &format!("addr add {address}/{prefix} dev {name}"));
        }
        settle();
        let mut addresses = link_addresses();
        let loopback = packet_socket();
        setns(&world, CloneFlags::CLONE_NEWNET).unwrap();
        for (name, ..) in devices {
            run("ip", &format!("link set {name} up"));
        }
        addresses.extend(link_addresses().into_iter().filter(|(name, _)| name != "lo"));
        setns(&host, CloneFlags::CLONE_NEWNET).unwrap();
        let own = socket(AddressFamily::Inet, SockType::Raw, SockFlag::empty(), SockProtocol::Raw).unwrap();
        setsockopt(&own, sockopt::Priority, &OURS).unwrap();
        let (log, connections) = (Netlink::log(&[LOCAL, SENT, ERROR, LAST]), Netlink::new());
        Self { backend, log, connections, own, links, loopback, addresses, id: 0 }
    }

    /// Runs a program in the host.
    pub(crate) fn run(&self, command: &str) {
        let (program, arguments) = command.split_once(' ').unwrap();
        run(program, arguments);
    }

    /// Loads a file as iptables-save prints it, in place of all rules; what the program complains of.
    pub(crate) fn restore(&self, rules: &str) -> Result<(), String> {
        let policies = |hooks: &[&str]| hooks.iter().map(|hook| format!(":{hook} ACCEPT [0:0]\n")).collect::<String>();
        let empty = HOOKS.iter().map(|(table, hooks)| format!("*{table}\n{}COMMIT\n", policies(hooks)));
        let empty: String = empty.collect();
        let program = format!("iptables-{}-restore", self.backend);
        // Legacy tables are locked for the whole machine.
        let wait: &[&str] = if self.backend == "legacy" { &["-w"] } else { &[] };
        feed(&program, wait, &empty)?;
        feed(&program, wait, rules)?;
        self.watch();
        Ok(())
    }

    /// Puts up the log rules, and the settings that somebody else may have changed.
    pub(crate) fn watch(&self) {
        settle();
        feed("nft", &["-f", "-"], LOG_RULES).unwrap();
    }

    /// Gives commands to iproute2, one a line.
    pub(crate) fn configure(&self, commands: &str) {
        feed("ip", &["-batch", "-"], commands).unwrap();
    }

    /// What the kernel does with each of the packets, of which none may depend on another.
    pub(crate) fn fates(&mut self, packets: &[Packet]) -> Vec<Fate> {
        let all: Vec<Sending> = packets.iter().cloned().map(Sending::alone).collect();
        self.fates_of(&all)
    }

    /// The same of packets that may belong to others, which were sent before.
    pub(crate) fn fates_of(&mut self, packets: &[Sending]) -> Vec<Fate> {
        let mut all = Vec::new();
        for some in packets.chunks(200) {
            self.log.drain();
            let first = self.id % 60000 + 1;
            let logged = on_one_processor(|| {
                for (packet, id) in some.iter().zip(first..) {
                    self.send(packet, id);
                    self.id = id;
                }
                self.rest()
            });
            let mut fates: HashMap<u16, Fate> = HashMap::new();
            let flows: Vec<(u16, &Sending)> = (first..).zip(some).collect();
            for logged in logged {
                if let Some((id, fate)) = attributed(&flows, logged) {
                    // Once delivered, a closed port answers with the same ICMP error.
                    fates.entry(id).or_insert(fate);
                }
            }
            all.extend(flows.iter().map(|(id, _)| fates.remove(id).unwrap_or(Fate::Dropped)));
        }
        all
    }

    /// Waits for all packets that were sent from this processor; what was logged of them.
    ///
    /// The kernel takes packets of all devices out of one queue for each processor, so when the last one that was
    /// put there is seen, the others are done.
    fn rest(&self) -> Vec<Logged> {
        let marker = Packet {
            path: Path::Received,
            arrival: "lo".to_owned(),
            departure: String::new(),
            own_address: None,
            source: Ipv4Addr::LOCALHOST,
            destination: Ipv4Addr::LOCALHOST,
            protocol: MARKER,
            header: Header::Hidden,
            fragment: false,
            tos: 0,
            mark: 0,
            length: None,
            connection: Connection::new(State::New),
        };
        self.send(&Sending::alone(marker), 0);
        let begun = Instant::now();
        let mut seen = self.log.drain();
        while !seen.iter().any(|own| own.group == LAST) {
            assert!(begun.elapsed() < PATIENCE, "the kernel does not handle packets");
            std::thread::sleep(Duration::from_millis(1));
            seen.extend(self.log.drain());
        }
        seen.retain(|own| own.group != LAST);
        seen
    }

    /// Makes the kernel forget what it knows of connections.
    pub(crate) fn forget(&self) {
        self.connections.forget_connections();
    }

    /// Sends a packet; that the kernel refuses it is one of its ways to drop it.
    fn send(&self, sending: &Sending, id: u16) {
        let (packet, bytes) = (&sending.packet, sending.bytes(id));
        let _ = match packet.path {
            Path::Sent => {
                setsockopt(&self.own, sockopt::Mark, &packet.mark).unwrap();
                let to = SockaddrIn::from(SocketAddrV4::new(packet.destination, 0));
                sendto(self.own.as_raw_fd(), &bytes, &to, MsgFlags::empty())
            }
            _ => {
                let link = if packet.arrival == "lo" { &self.loopback } else { &self.links };
                let to = &self.addresses[&packet.arrival];
                let host = if packet.arrival == "lo" { [0; 6] } else { HOST };
                let frame = [&host[..], &WORLD, &[8, 0], &bytes].concat();
                sendto(link.as_raw_fd(), &frame, to, MsgFlags::empty())
            }
        };
    }
}

/// Which of the packets a log message is about, and what it says of it.
fn attributed(flows: &[(u16, &Sending)], logged: Logged) -> Option<(u16, Fate)> {
    let Logged { group, mark, packet: seen } = logged;
    if group != ERROR {
        // The kernel's own ICMP errors may have the id by chance, but quote another packet.
        let quoted = quoted(&seen).map_or(0, |quoted| quoted.id);
        let same_type = |own: &Sending| match own.packet.header {
            Header::Icmp { kind, .. } if wire::is_icmp_error(kind) => {
                seen.rest.first() == Some(&kind) && quoted == own.about.as_ref().map_or(0, |about| about.id)
            }
            Header::Icmp { kind, .. } => seen.rest.first() == Some(&kind),
            _ => true,
        };
        let ours = |id: u16, own: &Sending| id == seen.id && own.packet.protocol == seen.protocol && same_type(own);
        let (id, _) = flows.iter().find(|(id, own)| ours(*id, own))?;
        let packet = seen;
        return Some((
            *id,
            if group == LOCAL { Fate::Delivered { mark, packet } } else { Fate::Sent { mark, packet } },
        ));
    }
    if seen.protocol == 1 {
        let quoted = quoted(&seen)?;
        let (id, _) = flows.iter().find(|(id, own)| *id == quoted.id && own.packet.protocol == quoted.protocol)?;
        return Some((*id, Fate::Rejected(seen.rest[0], seen.rest[1])));
    }
    let (from, to) = seen.ports?;
    let ports = |own: &Sending| own.packet.header.ports().filter(|_| own.packet.protocol == 6);
    let back = |own: &Sending| own.packet.source == seen.destination && ports(own).is_some_and(|own| own.0 == to);
    let exact = |own: &Sending| own.packet.destination == seen.source && ports(own).is_some_and(|own| own.1 == from);
    let candidates = || flows.iter().filter(|(_, own)| back(own));
    // Where the destination was translated, its sender is all there is to go by.
    let (id, _) = candidates().find(|(_, own)| exact(own)).or_else(|| candidates().next())?;
    (*id != seen.id).then_some((*id, Fate::Reset))
}

/// The packet that an ICMP error is about.
fn quoted(error: &Seen) -> Option<Seen> {
    Seen::read(error.rest.get(8..)?)
}

/// Keeps this thread on the processor that it is on.
fn on_one_processor<T>(work: impl FnOnce() -> T) -> T {
    let this = Pid::from_raw(0);
    let all = sched_getaffinity(this).unwrap();
    let mut one = CpuSet::new();
    one.set(sched_getcpu().unwrap()).unwrap();
    sched_setaffinity(this, &one).unwrap();
    let result = work();
    sched_setaffinity(this, &all).unwrap();
    result
}

fn packet_socket() -> OwnedFd {
    socket(AddressFamily::Packet, SockType::Raw, SockFlag::empty(), None).unwrap()
}

fn link_addresses() -> HashMap<String, LinkAddr> {
    let link = |own: nix::ifaddrs::InterfaceAddress| Some((own.interface_name, *own.address?.as_link_addr()?));
    getifaddrs().unwrap().filter_map(link).collect()
}

/// Makes the settings of all devices and of the host what the comparison takes them for.
fn settle() {
    for device in fs::read_dir("/proc/sys/net/ipv4/conf").unwrap() {
        let device = device.unwrap().file_name();
        for (key, value) in DEVICE_SETTINGS {
            write_setting(&format!("ipv4/conf/{}/{key}", device.to_string_lossy()), value);
        }
    }
    for (key, value) in SETTINGS {
        write_setting(&format!("ipv4/{key}"), value);
    }
    // What was sent over the loopback device ends there.
    write_setting("ipv4/conf/lo/forwarding", "0");
    write_setting("netfilter/nf_conntrack_tcp_be_liberal", "1");
}

fn write_setting(key: &str, value: &str) {
    // Older and newer kernels lack some.
    let _ = fs::write(format!("/proc/sys/net/{key}"), value);
}

fn run(program: &str, arguments: &str) {
    let output = Command::new(program).args(arguments.split_whitespace()).output().unwrap();
    assert!(output.status.success(), "{program} {arguments}: {}", String::from_utf8_lossy(&output.stderr));
}

fn feed(program: &str, arguments: &[&str], text: &str) -> Result<(), String> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() && complaint.is_empty() { Ok(()) } else { Err(complaint) }
}

/// The kernel's answer to one packet is not taken for another packet whose id it has by chance.
#[test]
fn an_error_of_the_kernel_is_none_of_ours() {
    let error = |source: [u8; 4], destination: [u8; 4]| Packet {
        path: Path::Forwarded,
        arrival: "eth0".to_owned(),
        departure: "eth1".to_owned(),
        own_address: None,
        source: source.into(),
        destination: destination.into(),
        protocol: 1,
        header: Header::Icmp { kind: 3, code: 1 },
        fragment: false,
        tos: 0,
        mark: 0,
        length: None,
        connection: Connection::new(State::Invalid),
    };
    let ours = Sending::alone(error([10, 0, 0, 5], [192, 0, 2, 4]));
    let bytes = ours.bytes(206);
    let attributed_to = |bytes: &[u8]| {
        let logged = Logged { group: SENT, mark: 0, packet: Seen::read(bytes).unwrap() };
        attributed(&[(206, &ours)], logged).map(|(id, _)| id)
    };
    assert_eq!(attributed_to(&bytes), Some(206));
    let mut of_the_kernel = bytes.clone();
    // The id of the packet that the error is about.
    of_the_kernel[20 + 8 + 4..20 + 8 + 6].copy_from_slice(&239u16.to_be_bytes());
    assert_eq!(attributed_to(&of_the_kernel), None);
}
