//! The two netlink services of the kernel that are needed: the packet log, and forgetting connections.

use std::os::fd::{AsRawFd, OwnedFd};

use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol, SockType, bind, recv, send, setsockopt, socket,
    sockopt,
};

use crate::wire::Seen;

/// A packet at one of the places where the log rules stand.
#[derive(Debug)]
pub(crate) struct Logged {
    pub(crate) group: u16,
    pub(crate) mark: u32,
    pub(crate) packet: Seen,
}

/// A netlink socket of netfilter.
pub(crate) struct Netlink(OwnedFd);

const LOG: u16 = 4;
const CONNECTIONS: u16 = 1;

impl Netlink {
    pub(crate) fn new() -> Self {
        let protocol = SockProtocol::NetlinkNetFilter;
        let own = socket(AddressFamily::Netlink, SockType::Raw, SockFlag::empty(), protocol).unwrap();
        setsockopt(&own, sockopt::RcvBufForce, &(64 << 20)).unwrap();
        bind(own.as_raw_fd(), &NetlinkAddr::new(0, 0)).unwrap();
        Self(own)
    }

    /// One that gets the packets of these log groups.
    pub(crate) fn log(groups: &[u16]) -> Self {
        let own = Self::new();
        for group in groups {
            own.request(LOG << 8 | 1, *group, &attribute(1, &[1]));
            let copy = [&256u32.to_be_bytes()[..], &[2, 0]].concat();
            own.request(LOG << 8 | 1, *group, &[attribute(2, &copy), attribute(5, &1u32.to_be_bytes())].concat());
        }
        own
    }

    /// Makes the kernel forget all connections.
    pub(crate) fn forget_connections(&self) {
        self.request(CONNECTIONS << 8 | 2, 0, &[]);
    }

    /// Sends a request, and waits until the kernel says that it is done.
    fn request(&self, kind: u16, resource: u16, payload: &[u8]) {
        const INET: u8 = 2;
        const REQUEST_AND_ACKNOWLEDGE: u16 = 1 | 4;
        let mut message = (20 + payload.len() as u32).to_ne_bytes().to_vec();
        message.extend(kind.to_ne_bytes());
        message.extend(REQUEST_AND_ACKNOWLEDGE.to_ne_bytes());
        message.extend([0; 8]);
        message.extend([INET, 0]);
        message.extend(resource.to_be_bytes());
        message.extend(payload);
        send(self.0.as_raw_fd(), &message, MsgFlags::empty()).unwrap();
        let mut answer = [0; 1024];
        let length = recv(self.0.as_raw_fd(), &mut answer, MsgFlags::empty()).unwrap();
        let code = i32::from_ne_bytes(answer[..length][16..20].try_into().unwrap());
        assert_eq!(code, 0, "netlink: {}", Errno::from_raw(-code));
    }

    /// What was logged since the last time.
    pub(crate) fn drain(&self) -> Vec<Logged> {
        let (mut seen, mut buffer) = (Vec::new(), vec![0; 1 << 20]);
        loop {
            match recv(self.0.as_raw_fd(), &mut buffer, MsgFlags::MSG_DONTWAIT) {
                Ok(length) => messages(&buffer[..length], &mut seen),
                Err(Errno::EAGAIN) => return seen,
                Err(error) => panic!("the packet log: {error}"),
            }
        }
    }
}

fn messages(mut data: &[u8], seen: &mut Vec<Logged>) {
    while data.len() >= 16 {
        let length = u32::from_ne_bytes(data[..4].try_into().unwrap()) as usize;
        if u16::from_ne_bytes([data[4], data[5]]) == LOG << 8 {
            seen.extend(logged(&data[16..length]));
        }
        data = data.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
}

/// One message of the log (linux/netfilter/nfnetlink_log.h).
fn logged(body: &[u8]) -> Option<Logged> {
    const MARK: u16 = 2;
    const PAYLOAD: u16 = 9;
    let group = u16::from_be_bytes([body[2], body[3]]);
    let (mut mark, mut packet, mut rest) = (0, None, &body[4..]);
    while rest.len() >= 4 {
        let length = usize::from(u16::from_ne_bytes([rest[0], rest[1]]));
        let value = &rest[4..length];
        match u16::from_ne_bytes([rest[2], rest[3]]) {
            MARK => mark = u32::from_be_bytes(value.try_into().ok()?),
            PAYLOAD => packet = Seen::read(value),
            _ => {}
        }
        rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    Some(Logged { group, mark, packet: packet? })
}

fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
    let mut bytes = (4 + value.len() as u16).to_ne_bytes().to_vec();
    bytes.extend(kind.to_ne_bytes());
    bytes.extend(value);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}
