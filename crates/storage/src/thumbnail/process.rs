//! The process that makes thumbnails, one after the other: so that a hostile image can do no more than end it.

use std::{
    io::{self, Read, Write},
    process::ExitCode,
    sync::mpsc::{RecvTimeoutError, Sender, channel},
    thread,
    time::Duration,
};

use thread_priority::{ThreadPriority, set_current_thread_priority};

use super::{
    engine::{self, Limits, Wanted},
    wire::{self, GREETING, Order, Reply},
};

/// Longer than the service waits: it may be gone, and nobody else would end the work.
const LONGEST: Duration = Duration::from_secs(60);

/// The whole of the process: orders on standard input, thumbnails on standard output, until the input ends. It reads no
/// settings.
pub fn thumbnailer() -> ExitCode {
    // imports and everything else on this machine go first; where it cannot be set, it is as it is
    let _ = set_current_thread_priority(ThreadPriority::Min);
    match serve(io::stdin().lock(), io::stdout().lock(), &watch()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// What happens to a picture.
enum Event {
    Begun,
    Done,
}

/// Ends the process when a picture is not done in time.
fn watch() -> Sender<Event> {
    let (tell, told) = channel();
    thread::spawn(move || {
        while let Ok(event) = told.recv() {
            if matches!(event, Event::Begun)
                && matches!(told.recv_timeout(LONGEST), Err(RecvTimeoutError::Timeout))
            {
                std::process::exit(2);
            }
        }
    });
    tell
}

fn serve(mut input: impl Read, mut output: impl Write, watch: &Sender<Event>) -> io::Result<()> {
    output.write_all(GREETING)?;
    output.flush()?;
    while let Some(order) = wire::read::<Order>(&mut input)? {
        let source = read_source(&mut input, order.length)?;
        // the watch lives as long as the process
        let _ = watch.send(Event::Begun);
        let wanted = Wanted { longest_side: order.longest_side, format: order.format() };
        let made = engine::make(&source, &wanted, &Limits::default());
        drop(source);
        let _ = watch.send(Event::Done);
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
    Ok(())
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
