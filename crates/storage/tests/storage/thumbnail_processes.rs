//! The processes that make thumbnails: how many, what they die of, and that nobody else is harmed.

use std::{
    io::{Read as _, Write as _},
    process::{Command, Stdio},
    time::Duration,
};

use emulators::s3::{FaultKind, FaultRule};

use crate::{
    harness::{Stack, wait_for},
    thumbnails::{png, refusal},
};

#[test]
fn the_process_reads_no_settings_and_ends_with_its_input() {
    let mut process = Command::new(env!("CARGO_BIN_EXE_storage"))
        .arg("thumbnailer")
        .env("PORT", "nonsense")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    drop(process.stdin.take());
    let ended = process.wait_with_output().unwrap();
    assert!(ended.status.success());
    assert_eq!(ended.stdout, b"thumbs 1");
}

#[test]
fn the_system_bounds_what_the_process_may_hold() {
    let mut process = Command::new(env!("CARGO_BIN_EXE_storage"))
        .arg("thumbnailer")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut greeting = [0; 8];
    process.stdout.as_mut().unwrap().read_exact(&mut greeting).unwrap();
    // where the system tells
    if let Ok(limits) = std::fs::read_to_string(format!("/proc/{}/limits", process.id())) {
        let line = limits.lines().find(|line| line.starts_with("Max address space")).unwrap();
        assert!(!line.contains("unlimited"), "{line}");
    }
    drop(process.stdin.take());
    assert!(process.wait().unwrap().success());
}

#[test]
fn an_order_that_makes_no_sense_ends_the_process() {
    let mut process = Command::new(env!("CARGO_BIN_EXE_storage"))
        .arg("thumbnailer")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = process.stdin.take().unwrap();
    input.write_all(b"\0\0\0\x02{}").unwrap();
    assert!(!process.wait().unwrap().success(), "its input is still open");
}

#[tokio::test]
async fn whoever_comes_when_the_queue_is_full_is_sent_away() {
    let stack = Stack::start_with(|config, _| {
        config.thumbnails.workers = 1;
        config.thumbnails.waiting = 1;
    })
    .await;
    let mut keys = Vec::new();
    for name in ["slow.png", "b.png", "c.png", "d.png", "e.png"] {
        keys.push(stack.service.stored(name, &png()).await.key);
    }
    let slow = FaultRule::new(FaultKind::Latency).on("GetObject").seconds(2.0);
    stack.faults.add(FaultRule { key: Some("_slow".into()), ..slow });
    let fired = || stack.faults.report()[0].fired;
    let others = async {
        wait_for("the first one is at work", async || fired() == 1).await;
        futures::future::join_all(keys[1..].iter().map(|key| stack.thumbnail(key, "", &[]))).await
    };
    let (first, others) = tokio::join!(stack.thumbnail(&keys[0], "", &[]), others);
    assert_eq!(first.status(), 200);
    let (served, refused): (Vec<_>, Vec<_>) = others.into_iter().partition(|answer| answer.status() == 200);
    assert_eq!((served.len(), refused.len()), (1, 3));
    for answer in refused {
        let seconds: u64 = answer.headers()["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((1..=5).contains(&seconds));
        assert_eq!(refusal(answer).await, (503, "thumbnails-busy".to_owned()));
    }
    for key in &keys {
        assert_eq!(stack.thumbnail(key, "", &[]).await.status(), 200);
    }
}

#[tokio::test]
async fn without_the_program_there_are_no_thumbnails_and_nothing_is_said_of_the_image() {
    for program in ["/no/such/program", "/proc/self/exe"] {
        let stack = Stack::start_with(|config, _| config.thumbnails.program = Some(program.into())).await;
        let key = stack.service.stored("a.png", &png()).await.key;
        for _ in 0..2 {
            let answer = stack.thumbnail(&key, "", &[]).await;
            assert_eq!(refusal(answer).await, (500, "thumbnailer-failed".to_owned()), "{program}");
        }
    }
}

/// Programs that behave as no decoder should: scripts.
#[cfg(unix)]
mod hostile {
    use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

    use super::*;

    /// A program that does `evil` while there is a file `evil` beside it, and makes thumbnails otherwise.
    fn program(folder: &Path, evil: &str) -> std::path::PathBuf {
        let (path, flag) = (folder.join("program"), folder.join("evil"));
        let good = env!("CARGO_BIN_EXE_storage");
        let script = format!(
            "#!/bin/sh\nif [ -e '{flag}' ]; then\n{evil}\nfi\nexec '{good}' thumbnailer\n",
            flag = flag.display()
        );
        // written under another name: a file that is open for writing cannot be run
        fs::write(folder.join("new"), script).unwrap();
        fs::set_permissions(folder.join("new"), fs::Permissions::from_mode(0o755)).unwrap();
        fs::rename(folder.join("new"), &path).unwrap();
        fs::write(flag, "").unwrap();
        path
    }

    async fn stack(folder: &Path, evil: &str, time: Duration) -> Stack {
        let program = program(folder, evil);
        Stack::start_with(|config, _| {
            config.thumbnails.program = Some(program);
            config.thumbnails.time = time;
        })
        .await
    }

    async fn refused_and_then_well(evil: &str, time: Duration, code: &str) {
        let folder = tempfile::tempdir().unwrap();
        let stack = stack(folder.path(), evil, time).await;
        let hostile = stack.service.stored("hostile.png", &png()).await.key;
        let other = stack.service.stored("other.png", &png()).await.key;
        assert_eq!(refusal(stack.thumbnail(&hostile, "", &[]).await).await, (422, code.to_owned()));
        fs::remove_file(folder.path().join("evil")).unwrap();
        assert_eq!(stack.thumbnail(&other, "", &[]).await.status(), 200);
        // it costs once
        assert_eq!(refusal(stack.thumbnail(&hostile, "", &[]).await).await, (422, code.to_owned()));
    }

    #[tokio::test]
    async fn a_picture_that_kills_its_process_is_refused_and_the_next_is_made() {
        refused_and_then_well("printf 'thumbs 1'; kill -9 $$", Duration::from_secs(60), "broken-image").await;
    }

    #[tokio::test]
    async fn a_picture_that_takes_for_ever_is_broken_off_and_the_next_is_made() {
        let hangs = "printf 'thumbs 1'; exec sleep 1000";
        refused_and_then_well(hangs, Duration::from_secs(10), "took-too-long").await;
    }

    #[tokio::test]
    async fn a_process_that_gives_up_says_that_it_took_too_long() {
        let gives_up = "printf 'thumbs 1'; exit 3";
        refused_and_then_well(gives_up, Duration::from_secs(60), "took-too-long").await;
    }

    #[tokio::test]
    async fn an_answer_that_makes_no_sense_is_a_death() {
        let babbles = "printf 'thumbs 1\\377\\377\\377\\377nonsense'; exec sleep 1000";
        refused_and_then_well(babbles, Duration::from_secs(60), "broken-image").await;
    }

    #[tokio::test]
    async fn a_process_that_dies_of_something_else_costs_the_picture_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let dies_once =
            format!("rm '{}'; printf 'thumbs 1'; kill -9 $$", folder.path().join("evil").display());
        let stack = stack(folder.path(), &dies_once, Duration::from_secs(60)).await;
        let key = stack.service.stored("a.png", &png()).await.key;
        assert_eq!(stack.thumbnail(&key, "", &[]).await.status(), 200);
    }

    #[tokio::test]
    async fn processes_are_used_again_and_end_when_there_is_nothing_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let notes = format!("echo $$ >> '{}'", log.display());
        let program = program(folder.path(), &notes);
        let stack = Stack::start_with(|config, _| {
            config.thumbnails.program = Some(program);
            config.thumbnails.idle = Duration::from_secs(1);
        })
        .await;
        let key = stack.service.stored("a.png", &png()).await.key;
        for size in [160, 320, 640, 1280] {
            assert_eq!(stack.thumbnail(&key, &format!("?size={size}"), &[]).await.status(), 200);
        }
        let pids = fs::read_to_string(log).unwrap();
        let [pid] = pids.lines().collect::<Vec<_>>()[..] else { panic!("more than one process: {pids}") };
        // `exec` keeps the id
        let process = Path::new("/proc").join(pid);
        if Path::new("/proc/self").exists() {
            assert!(process.exists());
            wait_for("the process has ended", async || !process.exists()).await;
        }
    }

    /// Runs a program that notes its process ids, by so many workers.
    async fn noting(folder: &Path, workers: usize) -> (Stack, std::path::PathBuf) {
        let log = folder.join("log");
        let program = program(folder, &format!("echo $$ >> '{}'", log.display()));
        fs::write(folder.join("evil"), "").unwrap();
        let stack = Stack::start_with(|config, _| {
            config.thumbnails.program = Some(program);
            config.thumbnails.workers = workers;
        })
        .await;
        (stack, log)
    }

    fn noted(log: &Path) -> Vec<String> {
        fs::read_to_string(log).unwrap_or_default().lines().map(str::to_owned).collect()
    }

    #[tokio::test]
    async fn processes_that_ended_without_work_are_no_fault_of_the_next_picture() {
        let folder = tempfile::tempdir().unwrap();
        let (stack, log) = noting(folder.path(), 3).await;
        let key = stack.service.stored("a.png", &png()).await.key;
        // so that they are at work at the same time
        stack.faults.add(FaultRule::new(FaultKind::Latency).on("GetObject").seconds(0.5));
        let sizes = ["?size=160", "?size=320", "?size=640"];
        let made = futures::future::join_all(sizes.map(|size| stack.thumbnail(&key, size, &[]))).await;
        assert!(made.iter().all(|answer| answer.status() == 200));
        let ended = noted(&log);
        assert_eq!(ended.len(), 3);
        for process in &ended {
            assert!(Command::new("kill").args(["-9", process]).status().unwrap().success());
        }
        stack.faults.clear();
        assert_eq!(stack.thumbnail(&key, "?size=1280", &[]).await.status(), 200);
        assert_eq!(noted(&log).len(), 4);
    }

    #[tokio::test]
    async fn a_process_that_took_much_memory_is_not_used_again() {
        let folder = tempfile::tempdir().unwrap();
        let (stack, log) = noting(folder.path(), 1).await;
        let light = stack.service.stored("a.png", &png()).await.key;
        let heavy = stack.service.stored("a.jpg", &crate::thumbnail_memory::heavy_jpeg()).await.key;
        for (key, processes) in [(&light, 1), (&heavy, 1), (&light, 2)] {
            let size = if processes == 2 { "?size=640" } else { "" };
            assert_eq!(stack.thumbnail(key, size, &[]).await.status(), 200);
            assert_eq!(noted(&log).len(), processes);
        }
    }
}
