//! The process that makes thumbnails, one after the other: so that a hostile image can do no more than end it.

mod bounds;

use std::{
    cell::RefCell,
    io::{self, Read, Write},
    process::ExitCode,
    sync::mpsc::{RecvTimeoutError, Sender, channel},
    thread,
    time::Duration,
};

use thread_priority::{ThreadPriority, set_current_thread_priority};

use super::{
    clock,
    engine::{self, Limits, Wanted},
    wire::{self, GO, GREETING, Order, Reply},
};

/// Most time of the processor for one picture, a little more than the engine allows itself: some decoders cannot be asked
/// to stop.
const LONGEST: Duration = Duration::from_secs(22);
/// How often that is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// What the process ends with then.
pub(super) const TOOK_TOO_LONG: i32 = 3;

/// The whole of the process: orders on standard input, thumbnails on standard output, until the input ends. It reads no
/// settings.
pub fn thumbnailer() -> ExitCode {
    // imports and everything else on this machine go first; where it cannot be set, it is as it is
    let _ = set_current_thread_priority(ThreadPriority::Min);
    bounds::bound_memory();
    match serve(io::stdin().lock(), io::stdout().lock(), &watch()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// What happens to a picture.
enum Event {
    Begun,
    /// Done, or waiting for leave.
    Paused,
}

/// Ends the process when a picture is not done in time.
fn watch() -> Sender<Event> {
    let (tell, told) = channel();
    thread::spawn(move || {
        while let Ok(event) = told.recv() {
            if matches!(event, Event::Paused) {
                continue;
            }
            let begun = clock::of_this_process();
            while matches!(told.recv_timeout(LOOK_EVERY), Err(RecvTimeoutError::Timeout)) {
                if clock::of_this_process() > begun + LONGEST {
                    std::process::exit(TOOK_TOO_LONG);
                }
            }
        }
    });
    tell
}

fn serve(input: impl Read, mut output: impl Write, watch: &Sender<Event>) -> io::Result<()> {
    output.write_all(GREETING)?;
    output.flush()?;
    let pipes = RefCell::new((input, output));
    // the watch lives as long as the process
    let tell = |event| drop(watch.send(event));
    let leave = || {
        let (input, output) = &mut *pipes.borrow_mut();
        tell(Event::Paused);
        output.write_all(&wire::frame(&Reply::Heavy)?)?;
        output.flush()?;
        let mut word = [0];
        input.read_exact(&mut word)?;
        tell(Event::Begun);
        if word == [GO] { Ok(()) } else { Err(io::ErrorKind::InvalidData.into()) }
    };
    loop {
        let (order, source) = {
            let (input, _) = &mut *pipes.borrow_mut();
            let Some(order) = wire::read::<Order>(input)? else { return Ok(()) };
            (order, read_source(input, order.length)?)
        };
        tell(Event::Begun);
        let wanted = Wanted { longest_side: order.longest_side, format: order.format() };
        let made = engine::make(&source, &wanted, &Limits::default(), &leave);
        drop(source);
        tell(Event::Paused);
        let (_, output) = &mut *pipes.borrow_mut();
        match made {
            Ok(picture) => {
                let length = picture.bytes.len() as u64;
                output.write_all(&wire::frame(&Reply::Made { length })?)?;
                output.write_all(&picture.bytes)?;
            }
            Err(refusal) => output.write_all(&wire::frame(&Reply::Refused(refusal.into()))?)?,
        }
        output.flush()?;
    }
}

fn read_source(input: &mut impl Read, length: u64) -> io::Result<Vec<u8>> {
    let mut source = Vec::new();
    let room = usize::try_from(length).map_err(io::Error::other)?;
    source.try_reserve_exact(room).map_err(io::Error::other)?;
    if input.take(length).read_to_end(&mut source)? < room {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(source)
}
