//! Time that work on pictures has taken: of the processor, so that a busy machine makes no picture one that takes too
//! long. Where the system does not tell, time that has passed.

use std::time::Duration;

#[cfg(unix)]
mod told {
    use std::time::Duration;

    use rustix::time::{ClockId, Timespec, clock_gettime};

    fn since_start(Timespec { tv_sec, tv_nsec }: Timespec) -> Duration {
        Duration::new(u64::try_from(tv_sec).unwrap_or(0), u32::try_from(tv_nsec).unwrap_or(0))
    }

    pub(super) fn thread() -> Duration {
        since_start(clock_gettime(ClockId::ThreadCPUTime))
    }

    pub(super) fn process() -> Duration {
        since_start(clock_gettime(ClockId::ProcessCPUTime))
    }
}

#[cfg(not(unix))]
mod told {
    use std::{
        sync::OnceLock,
        time::{Duration, Instant},
    };

    static START: OnceLock<Instant> = OnceLock::new();

    pub(super) fn thread() -> Duration {
        START.get_or_init(Instant::now).elapsed()
    }

    pub(super) fn process() -> Duration {
        thread()
    }
}

/// What this thread has worked since it began.
pub(super) fn of_this_thread() -> Duration {
    told::thread()
}

/// What all threads of this process have worked since it began.
pub(super) fn of_this_process() -> Duration {
    told::process()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sleep_is_no_work_where_the_system_tells() {
        let (thread, process) = (of_this_thread(), of_this_process());
        let asleep = Duration::from_millis(300);
        std::thread::sleep(asleep);
        if cfg!(unix) {
            assert!(of_this_thread() < thread + asleep / 2);
        }
        let mut sum = 0_u64;
        while of_this_thread() == thread || of_this_process() == process {
            sum = std::hint::black_box(sum.wrapping_add(1));
        }
    }
}
