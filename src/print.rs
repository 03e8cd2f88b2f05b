//! Text of either language, made from the model; nowhere else is it made.

pub mod iptables;
