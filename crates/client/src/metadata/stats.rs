//! Numbers over all images.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Answer to `GET /stats`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Stats {
    /// Rows.
    pub total_images: u64,
    /// Rows whose provider is `aws`.
    pub aws_images: u64,
    /// Sum of `size`. Text from services of the original on MySQL.
    #[cfg_attr(feature = "openapi", schema(value_type = f64))]
    pub total_size_bytes: Value,
    /// The same in MiB, two decimals.
    #[cfg_attr(feature = "openapi", schema(value_type = f64))]
    pub total_size_mb: Value,
    /// By provider, most images first. Not from services of the original.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by_provider: Vec<ProviderStats>,
    /// By the type that Drive announced, likewise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by_type: Vec<TypeStats>,
}

/// What one provider has.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProviderStats {
    /// `aws`.
    pub storage_provider: String,
    /// Rows.
    pub images: u64,
    /// Sum of `size`.
    #[cfg_attr(feature = "openapi", schema(value_type = f64))]
    pub bytes: Value,
}

/// What there is of one type.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TypeStats {
    /// As Drive announced it.
    pub mime_type: String,
    /// Rows.
    pub images: u64,
    /// Sum of `size`.
    #[cfg_attr(feature = "openapi", schema(value_type = f64))]
    pub bytes: Value,
}
