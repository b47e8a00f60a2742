//! What every binary does to be a service: settings, telemetry, errors to JSON, extractors, CORS, health, serve and
//! drain. A service crate brings its routes and its background work; the rest is here.

pub mod cors;
pub mod env;
pub mod error;
pub mod extract;
pub mod finding;
pub mod health;
pub mod inside;
pub mod metrics;
pub mod odd_json;
pub mod page;
pub mod probe;
#[cfg(feature = "redis")]
pub mod redis;
pub mod serve;
pub mod shutdown;
pub mod start;
pub mod telemetry;
pub mod traces;

mod conventions;

pub use env::Env;
pub use error::ApiError;
pub use metrics::Metrics;
pub use shutdown::Shutdown;
