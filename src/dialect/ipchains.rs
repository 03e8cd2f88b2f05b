//! The ipchains command line.
