//! The iptables command line.
