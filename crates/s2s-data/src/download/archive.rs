//! Reading the one file of a ZIP archive.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use super::DownloadError;

/// Reads the only file of a ZIP archive, such as MP-2018.6.1 from figshare, without unpacking it to disk.
///
/// What `read` leaves is read to the end all the same, so that the checksum of the archive is compared.
///
/// # Errors
///
/// [`DownloadError::Io`] if the archive cannot be read, has another number of files than one, or is damaged.
pub fn read_zipped<T>(path: &Path, read: impl FnOnce(&mut (dyn Read + '_)) -> T) -> Result<T, DownloadError> {
    let damaged = |error: io::Error| DownloadError::io(path)(error);
    let mut archive =
        zip::ZipArchive::new(File::open(path).map_err(damaged)?).map_err(|error| damaged(error.into()))?;
    if archive.len() != 1 {
        return Err(damaged(io::Error::other(format!("{} files in the archive, expected one", archive.len()))));
    }
    let mut member = archive.by_index(0).map_err(|error| damaged(error.into()))?;
    let value = read(&mut member);
    io::copy(&mut member, &mut io::sink()).map_err(damaged)?;
    Ok(value)
}
