//! What tests look at, and change where only time would.

use super::{Redis, listing};
use crate::store::{JobNo, Lease, NewJob, Page};

impl Redis {
    /// Ends all leases.
    pub(in crate::store) async fn end_leases(&self) {
        let ended = "for i, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
            redis.call('ZADD', KEYS[1], i, id) end";
        let open = format!("{}open", self.base);
        let _: () =
            redis::Script::new(ended).key(open).invoke_async(&mut self.server.connection()).await.unwrap();
    }

    /// Sends the same new job twice, as after an answer that got lost; the job both times.
    pub(in crate::store) async fn create_twice(
        &self,
        job: &NewJob,
        page: &Page,
        lease: &Lease,
    ) -> [JobNo; 2] {
        let new = listing::new_job(job, page, lease).unwrap();
        let mut numbers = [JobNo(0); 2];
        for number in &mut numbers {
            *number = JobNo(self.create(&new).await.unwrap().1);
        }
        numbers
    }

    /// All keys.
    pub(in crate::store) async fn keys(&self) -> Vec<String> {
        self.command(redis::cmd("KEYS").arg(format!("{}*", self.base))).await.unwrap()
    }

    /// Removes keys.
    pub(in crate::store) async fn remove(&self, keys: &[String]) {
        for key in keys {
            let _: i64 = self.command(redis::cmd("DEL").arg(key)).await.unwrap();
        }
    }

    /// How many files of a job are known.
    pub(in crate::store) async fn known_files(&self, job: JobNo) -> u64 {
        self.command(redis::cmd("HLEN").arg(format!("{}{}:files", self.base, job.0))).await.unwrap()
    }

    /// Somebody else writes into it: Lua, in which `P` is what every key begins with.
    pub(in crate::store) async fn meddle(&self, script: &str) {
        let script = redis::Script::new(&format!("local P, call = KEYS[1], redis.call {script}"));
        let _: () = script.key(&*self.base).invoke_async(&mut self.server.connection()).await.unwrap();
    }

    /// Bytes of everything it holds.
    pub(in crate::store) async fn memory(&self) -> u64 {
        let mut bytes = 0;
        for key in self.keys().await {
            let mut ask = redis::cmd("MEMORY");
            ask.arg("USAGE").arg(key).arg("SAMPLES").arg(0);
            bytes += self.command::<Option<u64>>(&ask).await.unwrap().unwrap_or(0);
        }
        bytes
    }

    /// How often the server has run a command; asking is an `INFO`.
    pub(in crate::store) async fn calls_of(&self, command: &str) -> u64 {
        let stats: String = self.command(redis::cmd("INFO").arg("commandstats")).await.unwrap();
        let line = format!("cmdstat_{command}:calls=");
        let calls = stats.lines().find_map(|stat| stat.strip_prefix(&*line)?.split(',').next()?.parse().ok());
        calls.unwrap_or(0)
    }

    /// Commands that the server has run, those of scripts included.
    pub(in crate::store) async fn commands(&self) -> u64 {
        let stats: String = self.command(redis::cmd("INFO").arg("commandstats")).await.unwrap();
        let calls = |line: &str| line.split_once("calls=")?.1.split(',').next()?.parse::<u64>().ok();
        stats.lines().filter_map(calls).sum()
    }
}
