//! TensorBoard event files: TFRecord framing, masked CRC-32C and three protobuf messages.
//!
//! # Source
//!
//! tensorflow/core/lib/io/record_writer.h (framing), tensorflow/core/util/event.proto and
//! tensorflow/core/framework/summary.proto (field numbers).

use std::io::{self, Write};

/// Appends scalar events to a TensorBoard event file.
#[derive(Debug)]
pub struct EventWriter<W> {
    out: W,
}

impl<W: Write> EventWriter<W> {
    /// Starts a file: its version record, and a session start that hides events of a killed run from `step` on.
    ///
    /// # Errors
    ///
    /// Whatever the writer says.
    pub fn new(out: W, wall_time: f64, step: i64) -> io::Result<Self> {
        let mut writer = Self { out };
        let mut version = event(wall_time, 0);
        bytes_field(&mut version, 3, b"brain.Event:2");
        writer.record(&version)?;
        // Event.session_log (7) with SessionLog.status (1) = START (1).
        let mut start = event(wall_time, step);
        bytes_field(&mut start, 7, &[0x08, 0x01]);
        writer.record(&start)?;
        Ok(writer)
    }

    /// Writes one step's values.
    ///
    /// # Errors
    ///
    /// Whatever the writer says.
    pub fn scalars<'a>(
        &mut self,
        wall_time: f64,
        step: i64,
        values: impl IntoIterator<Item = (&'a str, f64)>,
    ) -> io::Result<()> {
        let mut summary = Vec::new();
        for (tag, value) in values {
            let mut entry = Vec::new();
            bytes_field(&mut entry, 1, tag.as_bytes());
            entry.push(2 << 3 | 5);
            entry.extend((value as f32).to_le_bytes());
            bytes_field(&mut summary, 1, &entry);
        }
        let mut message = event(wall_time, step);
        bytes_field(&mut message, 5, &summary);
        self.record(&message)
    }

    /// Hands buffered events on.
    ///
    /// # Errors
    ///
    /// Whatever the writer says.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn record(&mut self, data: &[u8]) -> io::Result<()> {
        let length = (data.len() as u64).to_le_bytes();
        self.out.write_all(&length)?;
        self.out.write_all(&masked_crc32c(&length).to_le_bytes())?;
        self.out.write_all(data)?;
        self.out.write_all(&masked_crc32c(data).to_le_bytes())
    }
}

/// `Event.wall_time` (1, double) and `Event.step` (2, int64).
fn event(wall_time: f64, step: i64) -> Vec<u8> {
    let mut message = vec![1 << 3 | 1];
    message.extend(wall_time.to_le_bytes());
    if step != 0 {
        message.push(2 << 3);
        varint(&mut message, step as u64);
    }
    message
}

fn bytes_field(message: &mut Vec<u8>, field: u8, bytes: &[u8]) {
    message.push(field << 3 | 2);
    varint(message, bytes.len() as u64);
    message.extend(bytes);
}

fn varint(message: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        message.push(value as u8 | 0x80);
        value >>= 7;
    }
    message.push(value as u8);
}

fn masked_crc32c(bytes: &[u8]) -> u32 {
    crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8)
}

/// CRC-32C (Castagnoli), reflected polynomial 0x82f63b78, one table of 256 entries.
fn crc32c(bytes: &[u8]) -> u32 {
    const TABLE: [u32; 256] = {
        let mut table = [0; 256];
        let mut entry = 0;
        while entry < 256 {
            let mut value = entry as u32;
            let mut bit = 0;
            while bit < 8 {
                value = if value & 1 == 1 { value >> 1 ^ 0x82f6_3b78 } else { value >> 1 };
                bit += 1;
            }
            table[entry] = value;
            entry += 1;
        }
        table
    };
    !bytes.iter().fold(!0, |crc, byte| TABLE[usize::from(crc as u8 ^ byte)] ^ crc >> 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crc32c_matches_the_vectors_of_rfc_3720() {
        assert_eq!(crc32c(b"123456789"), 0xe306_9283);
        assert_eq!(crc32c(&[0; 32]), 0x8a91_36aa);
        assert_eq!(crc32c(&[0xff; 32]), 0x62a8_ab43);
    }

    #[test]
    fn a_file_is_the_bytes_tensorboard_writes() -> io::Result<()> {
        let mut bytes = Vec::new();
        EventWriter::new(&mut bytes, 1.5, 7)?.scalars(2.5, 300, [("loss/train", 0.25)])?;
        // from tensorboard.compat.proto import event_pb2 as e, summary_pb2 as s
        // from tensorboard.summary.writer.record_writer import RecordWriter
        // for event in [e.Event(wall_time=1.5, file_version="brain.Event:2"),
        //               e.Event(wall_time=1.5, step=7, session_log=e.SessionLog(status=e.SessionLog.START)),
        //               e.Event(wall_time=2.5, step=300, summary=s.Summary(
        //                   value=[s.Summary.Value(tag="loss/train", simple_value=0.25)]))]:
        //     RecordWriter(file).write(event.SerializeToString())
        assert_eq!(hex(&bytes), include_str!("../tests/data/events.hex").trim());
        Ok(())
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
