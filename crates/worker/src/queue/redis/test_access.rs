//! What tests change that only time would change.

use std::time::Duration;

use service::redis::Redis;

use super::RedisQueue;

impl RedisQueue {
    /// Ends all leases, as thirty seconds would.
    pub(in crate::queue) async fn end_leases(&self) {
        let ended = "for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
            redis.call('ZADD', KEYS[1], 0, id) end";
        let leases = format!("{}leases", self.prefix);
        let _: () =
            redis::Script::new(ended).key(leases).invoke_async(&mut self.redis.connection()).await.unwrap();
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
