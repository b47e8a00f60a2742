//! What tests change that only time would change.

use std::time::Duration;

use service::redis::Redis;

use super::RedisQueue;

impl RedisQueue {
    /// Ends all leases, as thirty seconds would.
    pub(in crate::queue) async fn end_leases(&self) {
        self.make_due("leases").await;
    }

    /// No report that is in hand is waited for any longer.
    pub(in crate::queue) async fn end_reports(&self) {
        self.make_due("reports").await;
    }

    async fn make_due(&self, times: &str) {
        let ended = "for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
            redis.call('ZADD', KEYS[1], 0, id) end";
        let times = format!("{}{times}", self.prefix);
        let _: () =
            redis::Script::new(ended).key(times).invoke_async(&mut self.redis.connection()).await.unwrap();
    }

    /// Outcomes that were not acknowledged.
    pub(in crate::queue) async fn waiting_reports(&self) -> usize {
        let reports = format!("{}reports", self.prefix);
        redis::cmd("ZCARD").arg(reports).query_async(&mut self.redis.connection()).await.unwrap()
    }

    /// All keys; those alone that go by themselves where `only_passing`.
    pub(in crate::queue) async fn keys(&self, only_passing: bool) -> Vec<String> {
        let mut keys: Vec<String> = redis::cmd("KEYS")
            .arg(format!("{}*", self.prefix))
            .query_async(&mut self.redis.connection())
            .await
            .unwrap();
        if only_passing {
            let mut passing = Vec::new();
            for key in keys {
                let left: i64 =
                    redis::cmd("TTL").arg(&key).query_async(&mut self.redis.connection()).await.unwrap();
                passing.extend((left >= 0).then_some(key));
            }
            keys = passing;
        }
        keys
    }

    /// The clock of Redis is set back: by it, all that was written down lies later.
    pub(in crate::queue) async fn set_clock_back(&self, time: Duration) {
        let later = "redis.call('HINCRBY', ARGV[1] .. 'clock', 'seen', ARGV[2])
            for _, name in ipairs({ 'delayed', 'leases', 'reports' }) do
                for _, id in ipairs(redis.call('ZRANGE', ARGV[1] .. name, 0, -1)) do
                    redis.call('ZINCRBY', ARGV[1] .. name, ARGV[2], id)
                end
            end";
        let millis = i64::try_from(time.as_millis()).unwrap();
        let later = redis::Script::new(later);
        let mut call = later.prepare_invoke();
        call.arg(&*self.prefix).arg(millis);
        let _: () = call.invoke_async(&mut self.redis.connection()).await.unwrap();
    }

    /// Everything it holds.
    pub(in crate::queue) async fn snapshot(&self) -> Vec<(String, Vec<u8>)> {
        let mut all = Vec::new();
        for key in self.keys(false).await {
            let value = redis::cmd("DUMP").arg(&key).query_async(&mut self.redis.connection()).await.unwrap();
            all.push((key, value));
        }
        all
    }

    /// It holds that again, and nothing else.
    pub(in crate::queue) async fn restore(&self, snapshot: &[(String, Vec<u8>)]) {
        self.remove(&self.keys(false).await).await;
        for (key, value) in snapshot {
            let mut restore = redis::cmd("RESTORE");
            restore.arg(key).arg(0).arg(value);
            let _: () = restore.query_async(&mut self.redis.connection()).await.unwrap();
        }
    }

    /// Tasks in the stream of a job.
    pub(in crate::queue) async fn ready(&self, job: &str) -> usize {
        let stream = format!("{}tasks:drive:\"{job}\"", self.prefix);
        redis::cmd("XLEN").arg(stream).query_async(&mut self.redis.connection()).await.unwrap()
    }

    /// No worker was there for a while.
    pub(in crate::queue) async fn be_absent(&self, time: Duration) {
        let _: i64 = redis::cmd("HINCRBY")
            .arg(format!("{}clock", self.prefix))
            .arg("seen")
            .arg(-i64::try_from(time.as_millis()).unwrap())
            .query_async(&mut self.redis.connection())
            .await
            .unwrap();
    }

    /// A job had neither a batch nor an outcome for a while.
    pub(in crate::queue) async fn be_silent(&self, job: &str, time: Duration) {
        let _: i64 = redis::cmd("HINCRBY")
            .arg(format!("{}job:\"{job}\"", self.prefix))
            .arg("progressed_at")
            .arg(-i64::try_from(time.as_millis()).unwrap())
            .query_async(&mut self.redis.connection())
            .await
            .unwrap();
    }

    /// Somebody else writes into it: Lua, in which `P` is what every key begins with.
    pub(in crate::queue) async fn meddle(&self, script: &str) {
        let script = redis::Script::new(&format!("local P, call = ARGV[1], redis.call {script}"));
        let mut call = script.prepare_invoke();
        call.arg(&*self.prefix);
        let _: () = call.invoke_async(&mut self.redis.connection()).await.unwrap();
    }

    /// Bytes of everything it holds.
    pub(in crate::queue) async fn memory(&self) -> u64 {
        let mut bytes = 0;
        for key in self.keys(false).await {
            let mut ask = redis::cmd("MEMORY");
            ask.arg("USAGE").arg(key);
            let one: Option<u64> = ask.query_async(&mut self.redis.connection()).await.unwrap();
            bytes += one.unwrap_or(0);
        }
        bytes
    }

    /// Removes keys.
    pub(in crate::queue) async fn remove(&self, keys: &[String]) {
        for key in keys {
            let _: i64 = redis::cmd("DEL").arg(key).query_async(&mut self.redis.connection()).await.unwrap();
        }
    }

    /// The Redis of `TEST_REDIS_URL`, with keys that nobody else has.
    pub(in crate::queue) fn test_redis() -> Redis {
        let env = service::Env::from_process_without_file();
        let Some(url) = env.get("TEST_REDIS_URL") else {
            panic!("TEST_REDIS_URL is not set: start the tests through tests/run, which provides Redis")
        };
        let prefix = format!("image-import:test-{}:", uuid::Uuid::new_v4().simple());
        Redis::with_prefix(&client::Secret::new(url), &prefix).unwrap()
    }
}
