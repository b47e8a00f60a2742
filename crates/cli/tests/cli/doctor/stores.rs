//! Database and Redis.

use std::{
    net::{Ipv4Addr, TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use tempfile::TempDir;

use super::world::World;

const PASSWORD: &str = "canary-password";

#[test]
fn a_database_that_lets_nobody_in_is_told_without_its_password() {
    let env = service::Env::from_process_without_file();
    let Some(url) = env.get("TEST_MYSQL_URL") else {
        panic!("TEST_MYSQL_URL is not set: start the tests through tests/run, which provides MariaDB")
    };
    let url: url::Url = url.parse().unwrap();
    let (host, port) = (url.host_str().unwrap().to_owned(), url.port().unwrap_or(3306).to_string());
    let right = [
        ("DB_SERVER", host.as_str()),
        ("DB_PORT", &port),
        ("DB_NAME", "information_schema"),
        ("DB_USER", url.username()),
        ("DB_PASSWORD", url.password().unwrap()),
    ];
    let world = World::new();
    let told = world.told(&right, &[]);
    assert_eq!((told.about("database.reach"), told.about("database.rights")), ("ok".into(), "failed".into()));
    for (name, value, words) in [
        ("DB_PASSWORD", PASSWORD, "the password is refused"),
        ("DB_PORT", "1", "DB_SERVER"),
        ("DB_NAME", "there_is_no_such_database", "CREATE DATABASE"),
    ] {
        let told = world.told(&[&right[..], &[(name, value)]].concat(), &[]);
        assert_eq!(told.about("database.reach"), "failed", "{name}: {}", told.0);
        assert!(told.words("database.reach").contains(words), "{name}: {}", told.0);
    }
    let half = world.told(&[("DB_SERVER", "db"), ("DB_PASSWORD", PASSWORD)], &[]);
    assert!(half.words("database.settings").contains("DB_NAME, DB_USER are missing"), "{}", half.0);
}

/// A Redis of this test's own.
struct OwnRedis {
    process: Child,
    url: String,
    _dir: TempDir,
}

impl OwnRedis {
    fn start(arguments: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let process = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--save", "", "--daemonize", "no", "--port", &port.to_string()])
            .args(["--requirepass", PASSWORD, "--dir", &dir.path().display().to_string()])
            .args(arguments)
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server is installed: tests/run sees to that");
        let redis = Self { process, url: format!("redis://:{PASSWORD}@127.0.0.1:{port}/0"), _dir: dir };
        let deadline = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            assert!(Instant::now() < deadline, "Redis does not start");
            std::thread::sleep(Duration::from_millis(20));
        }
        redis
    }
}

impl Drop for OwnRedis {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_redis_that_would_lose_jobs_is_told() {
    let world = World::new();
    let good = OwnRedis::start(&["--appendonly", "yes"]);
    let told = world.told(&[("REDIS_URL", &good.url)], &[]);
    assert_eq!(told.all("failed"), Vec::<&str>::new(), "{}", told.0);
    assert_eq!(told.about("redis.write"), "ok");
    let forgetful = OwnRedis::start(&["--appendonly", "no", "--maxmemory-policy", "allkeys-lru"]);
    let told = world.told(&[("REDIS_URL", &forgetful.url)], &[]);
    assert_eq!(
        (told.about("redis.appendonly"), told.about("redis.eviction")),
        ("failed".into(), "failed".into())
    );
    assert!(told.words("redis.appendonly").contains("--appendonly yes"));
    let wrong = good.url.replace(PASSWORD, "canary-wrong-password");
    let told = world.told(&[("REDIS_URL", &wrong)], &[]);
    assert!(told.words("redis.reach").contains("password"), "{}", told.0);
    drop(good);
    let told = world.told(&[("REDIS_URL", "redis://:canary-password@127.0.0.1:1/0")], &[]);
    assert!(told.about("redis.reach") == "failed" && told.words("redis.reach").contains("Start Redis"));
}
