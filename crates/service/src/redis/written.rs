//! Waits until Redis has written what it answered.
//!
//! With `appendfsync everysec` an answer can be two seconds ahead of the log: while the disk is busy, Redis answers on
//! and writes later. What it had not written is gone when it is killed. Who says to a person that something is kept
//! asks here first. With `appendfsync always` that is one question.

use std::time::Duration;

use ::redis::RedisError;
use tokio::time::Instant;

use super::{Error, Redis, field};

/// Redis writes after two seconds, whatever the disk does.
const LONGEST: Duration = Duration::from_millis(2500);
/// Between two questions.
const PAUSE: Duration = Duration::from_millis(20);

/// How far the log is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Log {
    /// Bytes that are written.
    size: u64,
    /// Bytes that are not written yet.
    waiting: u64,
}

impl Redis {
    /// Waits until everything that was answered before is in the log of Redis, at most for the time after which it is
    /// there in any case. A Redis without a log, or one that does not tell, is not waited for.
    ///
    /// # Errors
    /// When Redis does not answer: then what was answered before may be lost, and is to be sent again.
    pub async fn written(&self) -> Result<(), Error> {
        let deadline = Instant::now() + LONGEST;
        let mut first = None;
        loop {
            let log = match self.ask_for_log().await {
                Ok(log) => log,
                Err(error) if no_answer(&error) => return Err(error.into()),
                Err(_) => return Ok(()),
            };
            let first = *first.get_or_insert(log);
            if log.has_reached(first) || Instant::now() >= deadline {
                return Ok(());
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn ask_for_log(&self) -> Result<Log, RedisError> {
        let mut ask = ::redis::cmd("INFO");
        let info: String = ask.arg("persistence").query_async(&mut self.connection()).await?;
        Ok(Log::read(&info))
    }
}

impl Log {
    /// Reads the answer to `INFO persistence`.
    fn read(info: &str) -> Self {
        let number = |name| field(info, name).parse().unwrap_or(0);
        Self { size: number("aof_current_size"), waiting: number("aof_buffer_length") }
    }

    /// True when all of `earlier` is written, also where more was added since: a busy Redis always has something that
    /// waits.
    fn has_reached(self, earlier: Self) -> bool {
        self.waiting == 0 || self.size >= earlier.size.saturating_add(earlier.waiting)
    }
}

fn no_answer(error: &RedisError) -> bool {
    error.is_io_error() || error.is_timeout() || error.is_connection_dropped()
}

#[cfg(test)]
mod tests {
    use client::Secret;
    use tokio::{
        io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
        net::{TcpListener, TcpStream},
    };

    use super::*;

    fn log(size: u64, waiting: u64) -> String {
        format!("aof_enabled:1\r\naof_current_size:{size}\r\naof_buffer_length:{waiting}\r\n")
    }

    /// A stand-in for Redis that answers each `INFO` with the next of `logs`, then hangs up; how many were asked for.
    async fn asked(logs: Vec<String>) -> (Result<(), Error>, usize) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Secret::new(format!("redis://{}/0", listener.local_addr().unwrap()));
        let all = logs.len();
        let (sender, mut left) = tokio::sync::watch::channel(all);
        let serving = tokio::spawn(async move {
            let mut logs = logs.into_iter();
            loop {
                let mut stream = BufReader::new(listener.accept().await.unwrap().0);
                while let Some(command) = command(&mut stream).await {
                    let answer = match (command.as_str(), &mut logs) {
                        ("INFO", logs) => match logs.next() {
                            Some(log) => format!("${}\r\n{log}\r\n", log.len()),
                            None => break,
                        },
                        _ => "+OK\r\n".to_owned(),
                    };
                    sender.send_replace(logs.len());
                    stream.get_mut().write_all(answer.as_bytes()).await.unwrap();
                }
            }
        });
        let written = Redis::new(&url).unwrap().written().await;
        serving.abort();
        (written, all - *left.borrow_and_update())
    }

    /// The name of the next command.
    async fn command(stream: &mut BufReader<TcpStream>) -> Option<String> {
        let parts = number(stream).await?;
        let mut name = None;
        for _ in 0..parts {
            let mut part = vec![0; number(stream).await? + 2];
            stream.read_exact(&mut part).await.ok()?;
            part.truncate(part.len() - 2);
            name = name.or(Some(String::from_utf8(part).unwrap()));
        }
        name
    }

    async fn number(stream: &mut BufReader<TcpStream>) -> Option<usize> {
        let mut line = String::new();
        stream.read_line(&mut line).await.ok()?;
        line.get(1..)?.trim().parse().ok()
    }

    #[tokio::test]
    async fn a_log_that_is_behind_is_waited_for() {
        let (written, asked) = asked(vec![log(10, 5), log(10, 9), log(10, 9), log(19, 0), log(19, 0)]).await;
        assert!(written.is_ok());
        assert_eq!(asked, 4);
    }

    #[tokio::test]
    async fn what_is_added_later_is_not_waited_for() {
        let (written, asked) = asked(vec![log(10, 5), log(10, 9), log(19, 7), log(26, 7)]).await;
        assert!(written.is_ok());
        assert_eq!(asked, 3);
    }

    #[tokio::test]
    async fn nothing_is_waited_for_where_all_is_written_or_there_is_no_log() {
        for first in [log(10, 0), "aof_enabled:0\r\n".to_owned()] {
            let (written, asked) = asked(vec![first, log(10, 5)]).await;
            assert!(written.is_ok());
            assert_eq!(asked, 1);
        }
    }

    #[tokio::test]
    async fn a_redis_that_dies_meanwhile_may_have_lost_it() {
        let (written, asked) = asked(vec![log(10, 5)]).await;
        assert!(written.is_err());
        assert_eq!(asked, 1);
    }

    #[tokio::test]
    async fn a_log_that_never_moves_is_not_waited_for_for_ever() {
        let (written, asked) = asked(vec![log(10, 5); 1000]).await;
        assert!(written.is_ok());
        assert!(asked > 1 && asked < 1000, "{asked}");
    }
}
