//! Stand-ins for the outside world, each a real server behind a socket.

pub mod drive;
pub mod s3;
