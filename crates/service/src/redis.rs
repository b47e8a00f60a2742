//! The connection to Redis that replicas share: what is common to everything that is kept there.
//!
//! Each operation is one script, so that it happens whole or not at all, and whoever sends it checks in the script that
//! it may. A lost connection comes back by itself; the operation under way then fails, and may or may not have
//! happened: it must be one that can be sent again. Redis Cluster is not supported: scripts touch keys of many slots.

mod findings;
mod written;

use std::{fmt, sync::Arc, time::Duration};

use ::redis::{
    Client, Cmd, FromRedisValue, RedisError, RedisResult, ScriptInvocation,
    aio::{ConnectionManager, ConnectionManagerConfig},
};
use client::Secret;

pub use ::redis::Script;

/// What every key begins with.
const PREFIX: &str = "image-import:";
/// How long a connection may take to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// How long an answer may take. The slowest script writes a page of a thousand files.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// When a call that found no connection is made again. The connection of all callers keeps a refusal until the next
/// call, also when Redis has been back for long: that call would fail for nothing.
const REFUSED_AGAIN: [Duration; 2] = [Duration::from_millis(20), Duration::from_millis(200)];
/// The oldest version whose commands are enough.
const OLDEST: (u32, u32) = (6, 2);

/// Redis does not answer, or refuses. `Display` holds no address and no secret.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The URL is none of Redis.
    #[error("must be a Redis URL, such as redis://host:6379/0, or rediss:// with TLS")]
    Url,
    /// The call failed.
    #[error("ask Redis")]
    Call(#[from] RedisError),
}

/// A connection. Clones are one.
#[derive(Clone)]
pub struct Redis {
    connection: ConnectionManager,
    prefix: Arc<str>,
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redis").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

/// Checks a URL without connecting.
///
/// # Errors
/// When it is no URL of Redis.
pub fn check_url(url: &str) -> Result<(), Error> {
    Client::open(url).map(drop).map_err(|_| Error::Url)
}

impl Redis {
    /// The Redis at `url`. Nothing is sent yet: it may be down.
    ///
    /// # Errors
    /// When `url` is no URL of Redis.
    pub fn new(url: &Secret) -> Result<Self, Error> {
        Self::with_prefix(url, PREFIX)
    }

    /// The same, with keys that begin with `prefix`: for tests that share one Redis.
    ///
    /// # Errors
    /// When `url` is no URL of Redis.
    pub fn with_prefix(url: &Secret, prefix: &str) -> Result<Self, Error> {
        client::http::install_tls();
        let client = Client::open(url.expose()).map_err(|_| Error::Url)?;
        // who asks decides how often: a wait in here would only hide that Redis is down
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(1)
            .set_connection_timeout(Some(CONNECT_TIMEOUT))
            .set_response_timeout(Some(ANSWER_TIMEOUT));
        let connection = ConnectionManager::new_lazy_with_config(client, config)?;
        Ok(Self { connection, prefix: prefix.into() })
    }

    /// The key `name` of this system.
    pub fn key(&self, name: impl fmt::Display) -> String {
        format!("{}{name}", self.prefix)
    }

    /// What every key begins with: for scripts that make keys.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// For commands and pipelines.
    pub fn connection(&self) -> ConnectionManager {
        self.connection.clone()
    }

    /// Runs a script; one that Redis does not know yet is sent first.
    ///
    /// # Errors
    /// When Redis does not answer, or the script fails. It may have run all the same.
    pub async fn run<T: FromRedisValue>(&self, script: &ScriptInvocation<'_>) -> Result<T, Error> {
        let mut pauses = REFUSED_AGAIN.iter();
        loop {
            let answer = script.invoke_async(&mut self.connection()).await;
            if !is_made_again(&answer, pauses.next()).await {
                return Ok(answer?);
            }
        }
    }

    /// Runs a command.
    ///
    /// # Errors
    /// When Redis does not answer, or refuses. It may have run all the same.
    pub async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, Error> {
        let mut pauses = REFUSED_AGAIN.iter();
        loop {
            let answer = command.query_async(&mut self.connection()).await;
            if !is_made_again(&answer, pauses.next()).await {
                return Ok(answer?);
            }
        }
    }

    /// Whether what is acknowledged stays: for `/ready`.
    ///
    /// # Errors
    /// What is wrong and what to set, fit for anybody.
    pub async fn check(&self) -> Result<(), String> {
        let info: String =
            ::redis::cmd("INFO").query_async(&mut self.connection()).await.map_err(|error| {
                if error.is_io_error() { "no answer" } else { "refused the question" }.to_owned()
            })?;
        judge(&info)
    }
}

/// Whether a call is to be made again after a pause, which is over then: one that cannot have reached Redis.
async fn is_made_again<T>(answer: &RedisResult<T>, pause: Option<&Duration>) -> bool {
    // the name of a container that starts again is not known for a moment, which is an error without a kind of its own
    let was_refused = answer.as_ref().is_err_and(|error| {
        error.is_connection_refusal()
            || (error.is_io_error() && !error.is_timeout() && !error.is_connection_dropped())
    });
    let Some(pause) = pause.filter(|_| was_refused) else { return false };
    tokio::time::sleep(*pause).await;
    true
}

/// Reads the answer to `INFO`.
fn judge(info: &str) -> Result<(), String> {
    let field = |name| field(info, name);
    let mut parts = field("redis_version").split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    let version = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    if version < OLDEST {
        return Err(format!("its version must be {}.{} or newer", OLDEST.0, OLDEST.1));
    }
    if field("role") == "slave" {
        return Err("it is a read-only replica".to_owned());
    }
    if field("aof_enabled") != "1" {
        return Err("a restart would lose jobs: start it with `--appendonly yes`".to_owned());
    }
    if field("maxmemory_policy") != "noeviction" {
        return Err("it may drop jobs when memory runs short: set `maxmemory-policy noeviction`".to_owned());
    }
    Ok(())
}

/// A line of the answer to `INFO`; empty where there is none.
fn field<'i>(info: &'i str, name: &str) -> &'i str {
    info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str =
        "redis_version:7.0.15\r\nrole:master\r\naof_enabled:1\r\nmaxmemory_policy:noeviction\r\n";

    #[test]
    fn what_would_lose_jobs_is_named_with_its_remedy() {
        assert_eq!(judge(GOOD), Ok(()));
        for (from, to, named) in [
            ("7.0.15", "6.0.9", "6.2"),
            ("master", "slave", "replica"),
            ("aof_enabled:1", "aof_enabled:0", "--appendonly yes"),
            ("noeviction", "allkeys-lru", "noeviction"),
        ] {
            let problem = judge(&GOOD.replace(from, to)).unwrap_err();
            assert!(problem.contains(named), "{problem}");
        }
    }

    #[test]
    fn a_url_of_something_else_is_refused_without_repeating_it() {
        assert!(check_url("redis://:pass@host:6379/0").is_ok());
        assert!(check_url("rediss://host").is_ok());
        let error = check_url("http://user:canary@host").unwrap_err().to_string();
        assert!(!error.contains("canary") && error.contains("redis://"), "{error}");
    }

    #[tokio::test]
    async fn one_refused_connection_fails_no_call() {
        // bound and not listening: it refuses, and nobody else gets the port
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
        let place = socket.local_addr().unwrap();
        let redis = Redis::new(&Secret::new(format!("redis://{place}/0"))).unwrap();
        assert!(redis.ask::<()>(&::redis::cmd("PING")).await.is_err(), "nobody is there");
        // it is back; what the connection remembers is that it was refused
        let listener = socket.listen(16).unwrap();
        let server = tokio::spawn(async move {
            use tokio::io::{AsyncReadExt, AsyncWriteExt};
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut bytes = [0; 4096];
            while let Ok(1..) = stream.read(&mut bytes).await {
                let commands =
                    bytes.iter().take_while(|byte| **byte != 0).filter(|byte| **byte == b'*').count();
                stream.write_all("+OK\r\n".repeat(commands).as_bytes()).await.unwrap();
                bytes.fill(0);
            }
        });
        let answer: String = redis.ask(&::redis::cmd("PING")).await.unwrap();
        assert_eq!(answer, "OK");
        server.abort();
    }

    #[tokio::test]
    async fn a_redis_that_is_down_is_said_and_no_reason_to_fail_at_the_start() {
        let redis = Redis::new(&Secret::new("redis://:canary@127.0.0.1:1/0")).unwrap();
        assert_eq!(redis.check().await, Err("no answer".to_owned()));
        let error = redis.run::<()>(&Script::new("return 1").prepare_invoke()).await.unwrap_err();
        assert!(!format!("{error:?}").contains("canary"));
        assert_eq!(redis.key("jobs"), "image-import:jobs");
    }
}
