//! stub
#[allow(missing_docs)]
pub enum Fate {
    Keep,
    Commands { commands: Vec<String>, note: Option<String> },
    Nothing { note: String },
    Person { reason: String },
}
#[allow(missing_docs)]
pub fn path(_path: &str) -> Option<&'static str> {
    None
}
#[allow(missing_docs)]
pub fn load_module(_program: &str, _arguments: &[&str], _iptables: &str) -> Fate {
    Fate::Keep
}
#[allow(missing_docs)]
pub fn unload_module(_program: &str, _arguments: &[&str]) -> Fate {
    Fate::Keep
}
#[allow(missing_docs)]
pub fn proc_write(_path: &str, _value: &str) -> Fate {
    Fate::Keep
}
#[allow(missing_docs)]
pub fn sysctl(_arguments: &[&str]) -> Fate {
    Fate::Keep
}
#[allow(missing_docs)]
pub fn is_ipchains_service(_words: &[&str]) -> bool {
    false
}
#[allow(missing_docs)]
pub fn masqadm(_arguments: &[Option<&str>], _texts: &[&str], _iptables: &str) -> Fate {
    Fate::Keep
}
