//! Connections with their answers through a gateway that runs a migrated script.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpListener, TcpStream, UdpSocket};
use std::os::fd::AsRawFd;
use std::process::Command;
use std::time::Duration;

use iptlint::packet::{Connection, Header, Packet, Path, State};
use nix::errno::Errno;
use nix::sched::{CloneFlags, setns, unshare};
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType, SockaddrIn, bind, connect, recv, sendto, setsockopt,
    socket, sockopt,
};
use nix::sys::time::TimeVal;

use crate::sandbox::Script;
use crate::scripts;
use crate::wire::{self, Seen, Sending};

const SCRIPT: &str = include_str!("gateway.sh");

const INSIDE: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 2);
const GATEWAY: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 9);
const OUTSIDE: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 7);

/// The one that leads to it.
const ROUTER: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 20);

/// The ports that masquerading takes.
const MASQUERADE_PORTS: std::ops::RangeInclusive<u16> = 61000..=65095;

/// Longer than any answer takes on a busy machine, and how long a refused connection is waited for.
const PATIENCE: Duration = Duration::from_secs(60);
const REFUSED: Duration = Duration::from_millis(300);

/// A network namespace.
struct Namespace(File);

impl Namespace {
    fn new() -> Self {
        let file = std::thread::spawn(|| {
            unshare(CloneFlags::CLONE_NEWNET).unwrap();
            ip("link set lo up");
            File::open("/proc/thread-self/ns/net").unwrap()
        });
        Self(file.join().unwrap())
    }

    /// Does something in it; sockets that are made there stay there.
    fn enter<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        std::thread::scope(|scope| {
            let entered = scope.spawn(|| {
                setns(&self.0, CloneFlags::CLONE_NEWNET).unwrap();
                work()
            });
            entered.join().unwrap()
        })
    }

    fn listen(&self, port: u16) -> TcpListener {
        self.enter(|| TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).unwrap())
    }

    fn connect(&self, address: Ipv4Addr, port: u16, patience: Duration) -> std::io::Result<TcpStream> {
        let to = SocketAddr::from((address, port));
        self.enter(|| TcpStream::connect_timeout(&to, patience))
    }

    fn udp(&self, port: u16) -> UdpSocket {
        let socket = self.enter(|| UdpSocket::bind((Ipv4Addr::UNSPECIFIED, port)).unwrap());
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        socket
    }
}

fn ip(arguments: &str) {
    let output = Command::new("ip").args(arguments.split_whitespace()).output().unwrap();
    assert!(output.status.success(), "ip {arguments}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A gateway between two networks.
struct Net {
    inside: Namespace,
    gateway: Namespace,
    outside: Namespace,
}

impl Net {
    fn new(backend: &'static str) -> Self {
        let net = Self { inside: Namespace::new(), gateway: Namespace::new(), outside: Namespace::new() };
        for (device, own, other, name) in
            [("eth1", "192.168.1.1/24", &net.inside, "lan0"), ("eth0", "203.0.113.9/24", &net.outside, "wan0")]
        {
            let there = format!("/proc/{}/fd/{}", std::process::id(), other.0.as_raw_fd());
            net.gateway.enter(|| {
                ip(&format!("link add {device} type veth peer name {name} netns {there}"));
                ip(&format!("addr add {own} dev {device}"));
                ip(&format!("link set {device} up"));
            });
        }
        net.inside.enter(|| {
            ip(&format!("addr add {INSIDE}/24 dev lan0"));
            ip("link set lan0 up");
            ip("route add default via 192.168.1.1");
        });
        net.outside.enter(|| {
            ip("addr add 203.0.113.20/24 dev wan0");
            ip("link set wan0 up");
            ip(&format!("addr add {OUTSIDE}/32 dev lo"));
            ip(&format!("route add 192.168.1.0/24 via {GATEWAY}"));
        });
        net.gateway.enter(|| {
            ip(&format!("route add {OUTSIDE} via 203.0.113.20"));
            let name = "gateway.sh";
            let text = scripts::migrated(name, SCRIPT.as_bytes().to_vec());
            let complaint = Script { name, text: &text, arguments: &[], backend }.load();
            assert_eq!(complaint, "", "the migrated script complains");
        });
        net
    }
}

/// Both ends of a connection that was made to `listener`, and who its other end seems to be.
fn accepted(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    let (stream, peer) = listener.accept().unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    (stream, peer)
}

/// Text goes there and back.
fn echo(mut client: TcpStream, mut server: TcpStream) {
    client.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut buffer = [0; 5];
    client.write_all(b"there").unwrap();
    server.read_exact(&mut buffer).unwrap();
    assert_eq!(&buffer, b"there");
    server.write_all(b" back").unwrap();
    client.read_exact(&mut buffer).unwrap();
    assert_eq!(&buffer, b" back");
}

fn assert_masqueraded(peer: SocketAddr) {
    assert!(peer.ip() == GATEWAY && MASQUERADE_PORTS.contains(&peer.port()), "the server sees {peer}");
}

fn tcp_is_masqueraded(net: &Net) {
    let listener = net.outside.listen(7);
    let client = net.inside.connect(OUTSIDE, 7, PATIENCE).unwrap();
    let (server, peer) = accepted(&listener);
    assert_masqueraded(peer);
    echo(client, server);
}

fn udp_is_masqueraded(net: &Net) {
    let (client, server) = (net.inside.udp(4000), net.outside.udp(7));
    client.send_to(b"there", (OUTSIDE, 7)).unwrap();
    let mut buffer = [0; 16];
    let (length, peer) = server.recv_from(&mut buffer).unwrap();
    assert_eq!(&buffer[..length], b"there");
    assert_masqueraded(peer);
    // The answer comes from the address that was asked.
    let answering = net.outside.enter(|| {
        drop(server);
        UdpSocket::bind((OUTSIDE, 7)).unwrap()
    });
    answering.send_to(b"back", peer).unwrap();
    let (length, from) = client.recv_from(&mut buffer).unwrap();
    assert_eq!((&buffer[..length], from), (&b"back"[..], SocketAddr::from((OUTSIDE, 7))));
}

fn ping_is_masqueraded(net: &Net) {
    const REQUEST: u8 = 8;
    const REPLY: u8 = 0;
    let pinged = net.inside.enter(|| {
        let own = socket(AddressFamily::Inet, SockType::Raw, SockFlag::empty(), SockProtocol::Icmp).unwrap();
        setsockopt(&own, sockopt::ReceiveTimeout, &TimeVal::new(60, 0)).unwrap();
        let mut request = [REQUEST, 0, 0, 0, 1, 2, 0, 1, b'p', b'i', b'n', b'g'];
        let sum = wire::checksum(&[&request]);
        request[2..4].copy_from_slice(&sum.to_be_bytes());
        sendto(own.as_raw_fd(), &request, &SockaddrIn::from(SocketAddrV4::new(OUTSIDE, 0)), MsgFlags::empty()).unwrap();
        let mut answer = [0; 128];
        let length = recv(own.as_raw_fd(), &mut answer, MsgFlags::empty()).unwrap();
        answer[20..length].to_vec()
    });
    assert_eq!((pinged[0], &pinged[4..]), (REPLY, &[1, 2, 0, 1, b'p', b'i', b'n', b'g'][..]));
}

fn the_web_goes_to_the_proxy(net: &Net) {
    let (proxy, web) = (net.gateway.listen(3128), net.outside.listen(80));
    let client = net.inside.connect(OUTSIDE, 80, PATIENCE).unwrap();
    let (server, peer) = accepted(&proxy);
    assert_eq!(peer.ip(), INSIDE);
    assert_eq!(client.peer_addr().unwrap(), SocketAddr::from((OUTSIDE, 80)));
    echo(client, server);
    web.set_nonblocking(true).unwrap();
    assert!(web.accept().is_err(), "it went to the web server as well");
}

fn mail_is_forwarded_to_the_server_inside(net: &Net) {
    let listener = net.inside.listen(25);
    let client = net.outside.connect(GATEWAY, 8025, PATIENCE).unwrap();
    let (server, peer) = accepted(&listener);
    assert_eq!(peer.ip(), ROUTER);
    echo(client, server);
}

/// A session of FTP from inside, as its client and as its server.
struct Ftp {
    client: TcpStream,
    server: TcpStream,
}

impl Ftp {
    fn new(net: &Net) -> Self {
        let control = net.outside.listen(21);
        let mut client = net.inside.connect(OUTSIDE, 21, PATIENCE).unwrap();
        client.set_read_timeout(Some(PATIENCE)).unwrap();
        let (mut server, peer) = accepted(&control);
        assert_masqueraded(peer);
        // The helper looks for commands behind the end of a line only.
        assert_eq!(told(&mut client, &mut server, "USER anonymous\r\n"), "USER anonymous\r\n");
        assert_eq!(told(&mut server, &mut client, "230 welcome\r\n"), "230 welcome\r\n");
        Self { client, server }
    }
}

/// What comes out of one end when a line is said into the other.
fn told(from: &mut TcpStream, to: &mut TcpStream, line: &str) -> String {
    from.write_all(line.as_bytes()).unwrap();
    let mut buffer = [0; 64];
    let length = to.read(&mut buffer).unwrap();
    String::from_utf8_lossy(&buffer[..length]).into_owned()
}

/// The address and port that six numbers of FTP are.
fn six_numbers(text: &str) -> SocketAddrV4 {
    let numbers: Vec<u8> = text.split(',').map(|number| number.parse().unwrap()).collect();
    let [a, b, c, d, high, low] = numbers[..] else { panic!("{text} is no address") };
    SocketAddrV4::new(Ipv4Addr::new(a, b, c, d), u16::from_be_bytes([high, low]))
}

/// The helper of the kernel puts the gateway's address into the client's PORT command.
///
/// It keeps the port if it can, where ip_masq_ftp took one of those of masquerading, so the client takes one itself.
fn ftp_data_comes_in(net: &Net) {
    let data = net.inside.listen(62000);
    let Ftp { mut client, mut server } = Ftp::new(net);
    let command = told(&mut client, &mut server, "PORT 192,168,1,2,242,48\r\n");
    let to = six_numbers(&command.trim_end()[5..]);
    assert_eq!(*to.ip(), GATEWAY, "the server gets {command}");
    let sending = net.outside.enter(|| {
        let own = socket(AddressFamily::Inet, SockType::Stream, SockFlag::empty(), None).unwrap();
        setsockopt(&own, sockopt::SendTimeout, &TimeVal::new(60, 0)).unwrap();
        bind(own.as_raw_fd(), &SockaddrIn::from(SocketAddrV4::new(OUTSIDE, 20))).unwrap();
        connect(own.as_raw_fd(), &SockaddrIn::from(to)).unwrap();
        TcpStream::from(own)
    });
    let (receiving, _) = accepted(&data);
    echo(sending, receiving);
}

/// Where the server tells its port, the client's connection for the data goes out like any other.
fn ftp_data_is_fetched(net: &Net) {
    let data = net.outside.listen(40000);
    let Ftp { mut client, mut server } = Ftp::new(net);
    assert_eq!(told(&mut client, &mut server, "PASV\r\n"), "PASV\r\n");
    let answer = told(&mut server, &mut client, "227 Entering Passive Mode (198,51,100,7,156,64)\r\n");
    let to = six_numbers(answer.split(['(', ')']).nth(1).unwrap());
    assert_eq!(to, SocketAddrV4::new(OUTSIDE, 40000), "the client gets {answer}");
    let receiving = net.inside.connect(*to.ip(), to.port(), PATIENCE).unwrap();
    let (sending, peer) = accepted(&data);
    // The helper keeps this port as well.
    assert_eq!(peer.ip(), GATEWAY);
    echo(sending, receiving);
}

/// That a port is closed comes as an ICMP error, which goes on to whoever sent the masqueraded packet.
fn closed_ports_are_told(net: &Net) {
    let client = net.inside.udp(4001);
    client.connect((OUTSIDE, 9)).unwrap();
    client.send(b"there").unwrap();
    assert_eq!(client.recv(&mut [0; 16]).unwrap_err().kind(), std::io::ErrorKind::ConnectionRefused);
}

/// A router on the way says that packets are too large for it; without its word connections would stand still.
fn narrow_ways_are_told(net: &Net) {
    let (client, server) = (net.inside.udp(4002), net.outside.udp(11));
    client.connect((OUTSIDE, 11)).unwrap();
    client.send(b"there").unwrap();
    let (_, peer) = server.recv_from(&mut [0; 16]).unwrap();
    assert_masqueraded(peer);
    let datagram = [&peer.port().to_be_bytes()[..], &[0, 11, 0, 13, 0, 0]].concat();
    let about = Seen {
        id: 1,
        protocol: 17,
        tos: 0,
        source: GATEWAY,
        destination: OUTSIDE,
        ports: Some((peer.port(), 11)),
        rest: datagram,
    };
    let error = Sending { about: Some(about), ..Sending::alone(too_large()) };
    net.outside.enter(|| {
        let own = socket(AddressFamily::Inet, SockType::Raw, SockFlag::empty(), SockProtocol::Raw).unwrap();
        let to = SockaddrIn::from(SocketAddrV4::new(GATEWAY, 0));
        sendto(own.as_raw_fd(), &error.bytes(2), &to, MsgFlags::empty()).unwrap();
    });
    assert_eq!(client.recv(&mut [0; 16]).unwrap_err().raw_os_error(), Some(Errno::EMSGSIZE as i32));
}

/// The ICMP error of a router outside; how the gateway takes it is not said.
fn too_large() -> Packet {
    const FRAGMENTATION_NEEDED: Header = Header::Icmp { kind: 3, code: 4 };
    Packet {
        path: Path::Received,
        arrival: "eth0".to_owned(),
        departure: String::new(),
        own_address: None,
        source: ROUTER,
        destination: GATEWAY,
        protocol: 1,
        header: FRAGMENTATION_NEEDED,
        fragment: false,
        tos: 0,
        mark: 0,
        length: None,
        connection: Connection::new(State::Related),
    }
}

fn strangers_stay_out(net: &Net) {
    let (_inside, _gateway) = (net.inside.listen(62001), net.gateway.listen(62002));
    for (address, port) in [(INSIDE, 62001), (GATEWAY, 62002), (GATEWAY, 62001), (GATEWAY, 3128), (INSIDE, 25)] {
        let connected = net.outside.connect(address, port, REFUSED);
        assert!(connected.is_err(), "{address} {port} can be reached from outside");
    }
}

#[test]
fn connections_work_both_ways_with_nft() {
    connections_work_both_ways("nft");
}

#[test]
fn connections_work_both_ways_with_legacy_tables() {
    connections_work_both_ways("legacy");
}

fn connections_work_both_ways(backend: &'static str) {
    if !crate::ready() {
        return;
    }
    let net = Net::new(backend);
    tcp_is_masqueraded(&net);
    udp_is_masqueraded(&net);
    ping_is_masqueraded(&net);
    the_web_goes_to_the_proxy(&net);
    mail_is_forwarded_to_the_server_inside(&net);
    strangers_stay_out(&net);
    ftp_data_comes_in(&net);
    ftp_data_is_fetched(&net);
    closed_ports_are_told(&net);
    narrow_ways_are_told(&net);
}
