//! The scripts: each is one operation, whole or not at all, and costs by what it names.

use std::sync::LazyLock;

use service::redis::Script;

/// Each is what they share, followed by its own text.
macro_rules! scripts {
    ($($name:ident = $file:literal;)+) => {
        $(pub(super) static $name: LazyLock<Script> =
            LazyLock::new(|| Script::new(concat!(include_str!("prelude.lua"), include_str!($file))));)+
    };
}

scripts! {
    ENQUEUE = "enqueue.lua";
    CLAIM = "claim.lua";
    RENEW = "renew.lua";
    KEEP = "keep.lua";
    DEFER = "defer.lua";
    FINISH = "finish.lua";
    STOP = "stop.lua";
    END_SOME = "end_some.lua";
    TAKE_REPORTS = "take_reports.lua";
    ACKNOWLEDGE = "acknowledge.lua";
    RETURN_REPORTS = "return_reports.lua";
    SET_ASIDE = "set_aside.lua";
    TAKE_BACK = "take_back.lua";
    JOURNAL = "journal.lua";
    FORGET = "forget.lua";
    SILENCE = "silence.lua";
    FIGURES = "figures.lua";
}
