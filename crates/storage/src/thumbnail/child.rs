//! One process that makes thumbnails, seen from the service.

use std::{
    ffi::OsString,
    io,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use bytes::Bytes;
use service::Env;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    process::{ChildStdin, ChildStdout, Command},
    sync::Semaphore,
    time::timeout,
};

use super::{
    failure::Refused,
    process::TOOK_TOO_LONG,
    wire::{self, GO, GREETING, Order, Reply},
};
use crate::bucket::{Reading, S3Error};

/// How long a process may take to say its greeting; the machine may be busy.
const STARTS_WITHIN: Duration = Duration::from_secs(20);
/// How long a process that has closed its output may take to end.
const ENDS_WITHIN: Duration = Duration::from_secs(5);
/// Longest thumbnail: one of the largest size is a tenth of it.
const MOST_BYTES: u64 = 16 * 1024 * 1024;

/// For the allocator of GNU: large pieces go back to the system as soon as they are freed. Else it keeps those of one
/// picture for the next, and each process stays as large as its largest picture. Other allocators do not know these.
const WHAT_THE_ALLOCATOR_GIVES_BACK: [(&str, &str); 2] =
    [("MALLOC_MMAP_THRESHOLD_", "4194304"), ("MALLOC_TRIM_THRESHOLD_", "8388608")];

/// Why a process made nothing. It is not to be used any more.
#[derive(Debug)]
pub(super) enum Fall {
    /// It could not be started, or is another program.
    NotStarted(io::Error),
    /// The bytes of the image stopped coming.
    Cut(S3Error),
    /// It died, or talked nonsense.
    Died(io::Error),
    /// It took too long.
    Late,
}

/// The process. Dropping it kills it.
#[derive(Debug)]
pub(super) struct Child {
    process: tokio::process::Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    /// How many orders it had.
    pub(super) orders: u32,
    /// True once it has taken much memory.
    pub(super) was_heavy: bool,
    /// When it was last needed.
    pub(super) since: Instant,
}

impl Child {
    /// Starts `program`, which gets no settings and no secrets.
    pub(super) async fn start(program: Option<&Path>) -> Result<Self, Fall> {
        Self::spawn(program).await.map_err(Fall::NotStarted)
    }

    async fn spawn(program: Option<&Path>) -> io::Result<Self> {
        let program = program.map_or_else(running_program, |program| Ok(program.to_owned()))?;
        let mut process = Command::new(program)
            .arg(super::COMMAND)
            .env_clear()
            .envs(what_the_system_needs())
            .envs(WHAT_THE_ALLOCATOR_GIVES_BACK)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // decoders write what they like there
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let missing = || io::Error::other("the process has no pipes");
        let input = process.stdin.take().ok_or_else(missing)?;
        let mut output = BufReader::new(process.stdout.take().ok_or_else(missing)?);
        let mut greeting = [0; GREETING.len()];
        timeout(STARTS_WITHIN, output.read_exact(&mut greeting)).await??;
        if greeting != *GREETING {
            return Err(io::Error::other("the program makes no thumbnails"));
        }
        Ok(Self { process, input, output, orders: 0, was_heavy: false, since: Instant::now() })
    }

    /// Has a thumbnail made of the bytes of `image`, which are handed on as they come. From the last of them on it may
    /// take as long as `patience`; if it takes much memory, only while it holds a permit of `heavy`.
    pub(super) async fn make(
        &mut self,
        order: &Order,
        image: &mut Reading,
        patience: Duration,
        heavy: &Semaphore,
    ) -> Result<Result<Bytes, Refused>, Fall> {
        match self.work_on(order, image, patience, heavy).await {
            Err(Fall::Died(_)) if self.has_given_up().await => Err(Fall::Late),
            made => made,
        }
    }

    /// Whether the process has ended because the picture took too much time of the processor.
    async fn has_given_up(&mut self) -> bool {
        let ended = timeout(ENDS_WITHIN, self.process.wait()).await;
        matches!(ended, Ok(Ok(status)) if status.code() == Some(TOOK_TOO_LONG))
    }

    async fn work_on(
        &mut self,
        order: &Order,
        image: &mut Reading,
        patience: Duration,
        heavy: &Semaphore,
    ) -> Result<Result<Bytes, Refused>, Fall> {
        self.orders += 1;
        let begun = wire::frame(order).map_err(Fall::Died)?;
        self.feed(&begun, patience).await?;
        while let Some(piece) = image.next().await.map_err(Fall::Cut)? {
            self.feed(&piece, patience).await?;
        }
        let mut reply = self.reply(patience).await?;
        let mut leave = None;
        if reply == Reply::Heavy {
            self.was_heavy = true;
            // nobody closes the semaphore; each who holds a permit is done in time or killed
            leave = heavy.acquire().await.ok();
            self.feed(&[GO], patience).await?;
            reply = self.reply(patience).await?;
        }
        let made = timeout(patience, self.made(reply)).await.map_err(|_| Fall::Late)?.map_err(Fall::Died);
        drop(leave);
        self.since = Instant::now();
        made
    }

    async fn feed(&mut self, bytes: &[u8], patience: Duration) -> Result<(), Fall> {
        timeout(patience, self.input.write_all(bytes)).await.map_err(|_| Fall::Late)?.map_err(Fall::Died)
    }

    async fn reply(&mut self, patience: Duration) -> Result<Reply, Fall> {
        let reply = async {
            self.input.flush().await?;
            wire::receive(&mut self.output).await
        };
        timeout(patience, reply).await.map_err(|_| Fall::Late)?.map_err(Fall::Died)
    }

    async fn made(&mut self, reply: Reply) -> io::Result<Result<Bytes, Refused>> {
        let length = match reply {
            Reply::Refused(refused) => return Ok(Err(refused)),
            Reply::Made { length } if length <= MOST_BYTES => length,
            Reply::Made { .. } => return Err(io::Error::other("the thumbnail is no small one")),
            Reply::Heavy => return Err(io::Error::other("leave was given already")),
        };
        let mut bytes = vec![0; usize::try_from(length).map_err(io::Error::other)?];
        self.output.read_exact(&mut bytes).await?;
        Ok(Ok(bytes.into()))
    }
}

/// The program that runs here; on Linux also when its file was replaced meanwhile, and then still the same version.
fn running_program() -> io::Result<PathBuf> {
    let running = Path::new("/proc/self/exe");
    if cfg!(target_os = "linux") && running.exists() {
        Ok(running.to_owned())
    } else {
        std::env::current_exe()
    }
}

/// Windows starts no program without these.
fn what_the_system_needs() -> impl Iterator<Item = (&'static str, OsString)> {
    let env = Env::from_process_without_file();
    let names = if cfg!(windows) { &["SystemRoot", "TEMP"][..] } else { &[] };
    names.iter().filter_map(move |name| Some((*name, env.get(name)?.into())))
}
