//! What is to be said about a Redis: for `image-import doctor`.

use std::time::Duration;

use ::redis::{ErrorKind, RedisError, Script, ServerErrorKind};

use super::{OLDEST, Redis, field};
use crate::finding::{Finding, LIMIT, in_time};

/// How long a key that was written to try it stays, should the reply be lost.
const PROBE_STAYS: Duration = Duration::from_secs(60);
/// From this part of its memory on, Redis is as good as full.
const NEARLY_FULL: f64 = 0.9;

impl Redis {
    /// Looks at everything that jobs and tasks need: reachable, may write, loses nothing, new enough, room left.
    pub async fn findings(&self) -> Vec<Finding> {
        let asked = in_time(::redis::cmd("INFO").query_async::<String>(&mut self.connection())).await;
        let info = match asked {
            None => return vec![Finding::too_slow("redis.reach", "Redis")],
            Some(Err(error)) => return vec![refused(&error)],
            Some(Ok(info)) => info,
        };
        let mut findings = vec![Finding::ok("redis.reach", "Redis answers, and takes the password, if any")];
        findings.extend(judged(&info));
        findings.push(self.try_to_write().await);
        findings
    }

    /// Writes and removes a key, in a script as all work is done.
    async fn try_to_write(&self) -> Finding {
        let script =
            Script::new("redis.call('SET', KEYS[1], '1', 'PX', ARGV[1]) return redis.call('DEL', KEYS[1])");
        let mut call = script.prepare_invoke();
        call.key(self.key("doctor")).arg(u64::try_from(PROBE_STAYS.as_millis()).unwrap_or(u64::MAX));
        match in_time(self.run::<u64>(&call)).await {
            None => Finding::too_slow("redis.write", "Redis"),
            Some(Ok(_)) => Finding::ok("redis.write", "a script wrote a key and removed it"),
            Some(Err(super::Error::Call(error))) => Finding::failed(
                "redis.write",
                format!("a script may not write ({})", word(&error)),
                format!(
                    "Give the user of REDIS_URL all commands on keys that begin with `{}`; if the memory is full, \
                     give Redis more.",
                    self.prefix()
                ),
            ),
            Some(Err(error)) => Finding::failed("redis.write", error.to_string(), "Correct REDIS_URL."),
        }
    }
}

fn refused(error: &RedisError) -> Finding {
    let (found, fix) = match error.kind() {
        ErrorKind::AuthenticationFailed => wrong_password(),
        _ if matches!(error.code(), Some("NOAUTH" | "WRONGPASS")) => wrong_password(),
        _ if error.code() == Some("NOPERM") => (
            "the user may not ask for INFO".to_owned(),
            "Give the user of REDIS_URL the right to INFO, or all commands on the keys of this system.".to_owned(),
        ),
        ErrorKind::Server(ServerErrorKind::BusyLoading) => (
            "Redis is still reading its data".to_owned(),
            "Wait a moment; nothing is lost meanwhile.".to_owned(),
        ),
        _ => (
            format!("Redis does not answer ({})", word(error)),
            "Start Redis, and check host, port and scheme of REDIS_URL (rediss:// is TLS). Without REDIS_URL jobs \
             and tasks are kept in files."
                .to_owned(),
        ),
    };
    Finding::failed("redis.reach", found, fix)
}

fn wrong_password() -> (String, String) {
    (
        "Redis refuses the user or the password".to_owned(),
        "Put them into REDIS_URL: redis://USER:PASSWORD@HOST:6379/0, where USER may be empty.".to_owned(),
    )
}

/// What went wrong, without addresses.
fn word(error: &RedisError) -> String {
    match error.code() {
        Some(code) => code.to_owned(),
        None if error.is_timeout() => format!("nothing within {} s", LIMIT.as_secs()),
        None if error.is_connection_refusal() => "connection refused".to_owned(),
        None => error.category().to_owned(),
    }
}

/// Reads the answer to `INFO`.
fn judged(info: &str) -> Vec<Finding> {
    let get = |name| field(info, name);
    vec![
        version(get("redis_version"), get("role")),
        keeps(get("aof_enabled"), get("aof_last_write_status")),
        never_drops(get("maxmemory_policy")),
        memory(get("used_memory"), get("maxmemory")),
    ]
}

fn version(version: &str, role: &str) -> Finding {
    let mut parts = version.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    let number = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    if number < OLDEST {
        let (major, minor) = OLDEST;
        return Finding::failed(
            "redis.version",
            format!("version {version} lacks commands that are needed"),
            format!("Install Redis {major}.{minor} or newer, or Valkey."),
        );
    }
    if role == "slave" {
        let fix = "Point REDIS_URL at the primary.";
        return Finding::failed("redis.version", "it is a read-only replica", fix);
    }
    Finding::ok("redis.version", format!("version {version}"))
}

fn keeps(aof_enabled: &str, last_write: &str) -> Finding {
    if aof_enabled != "1" {
        return Finding::failed(
            "redis.appendonly",
            "appendonly is off: a restart of Redis would lose jobs and tasks",
            "Start Redis with `--appendonly yes`, or run `redis-cli config set appendonly yes` and write it into its \
             configuration.",
        );
    }
    if !matches!(last_write, "ok" | "") {
        let fix = "Make room on the disk of Redis, and look at its log.";
        return Finding::failed("redis.appendonly", "the last write to its log failed", fix);
    }
    Finding::ok("redis.appendonly", "what is acknowledged survives a restart (appendonly yes)")
}

fn never_drops(policy: &str) -> Finding {
    if policy == "noeviction" {
        return Finding::ok("redis.eviction", "nothing is dropped when memory runs short (noeviction)");
    }
    Finding::failed(
        "redis.eviction",
        format!("maxmemory-policy is {policy}: jobs and tasks may be dropped when memory runs short"),
        "Start Redis with `--maxmemory-policy noeviction`, or run `redis-cli config set maxmemory-policy noeviction` \
         and write it into its configuration.",
    )
}

fn memory(used: &str, most: &str) -> Finding {
    let mib = |bytes: f64| format!("{:.0} MiB", bytes / 1024.0 / 1024.0);
    let used: f64 = used.parse().unwrap_or(0.0);
    match most.parse::<f64>().unwrap_or(0.0) {
        most if most > 0.0 && used / most > NEARLY_FULL => Finding::warning(
            "redis.memory",
            format!("{} of {} are used", mib(used), mib(most)),
            "Raise maxmemory: when it is reached, new jobs and tasks wait.",
        ),
        most if most > 0.0 => Finding::ok("redis.memory", format!("{} of {} are used", mib(used), mib(most))),
        _ => Finding::ok("redis.memory", format!("{} are used, without a limit", mib(used))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Verdict;

    const GOOD: &str = "redis_version:7.0.15\r\nrole:master\r\naof_enabled:1\r\naof_last_write_status:ok\r\n\
                        maxmemory_policy:noeviction\r\nused_memory:1048576\r\nmaxmemory:0\r\n";

    fn worst(info: &str) -> (Verdict, &'static str) {
        judged(info).into_iter().map(|finding| (finding.verdict, finding.check)).max().unwrap()
    }

    #[test]
    fn each_thing_that_would_lose_jobs_is_found() {
        assert_eq!(worst(GOOD).0, Verdict::Ok);
        for (from, to, found) in [
            ("7.0.15", "5.0.7", (Verdict::Failed, "redis.version")),
            ("master", "slave", (Verdict::Failed, "redis.version")),
            ("aof_enabled:1", "aof_enabled:0", (Verdict::Failed, "redis.appendonly")),
            ("status:ok", "status:err", (Verdict::Failed, "redis.appendonly")),
            ("noeviction", "allkeys-lru", (Verdict::Failed, "redis.eviction")),
            ("maxmemory:0", "maxmemory:1100000", (Verdict::Warning, "redis.memory")),
        ] {
            assert_eq!(worst(&GOOD.replace(from, to)), found, "{to}");
        }
    }
}
