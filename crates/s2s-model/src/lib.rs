//! Skeleton.

pub mod device;
