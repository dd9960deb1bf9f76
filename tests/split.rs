//! The roles apart: what stands between them.
