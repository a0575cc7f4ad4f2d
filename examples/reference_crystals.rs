//! Prints the embedded reference crystals as JSON lines, in the schema that every command reads.
//!
//! ```text
//! cargo run --example reference_crystals > reference.jsonl
//! ```

use std::io;

use s2s_data::{record::RecordWriter, reference};
use serde_json::{Value, json};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut writer = RecordWriter::new(io::stdout().lock());
    for crystal in reference::crystals() {
        let mut record = crystal.to_record();
        if let Value::Object(known) = json!({
            "family": crystal.class,
            "space_group": crystal.space_group,
            "density": crystal.density,
        }) {
            record.extra = known;
        }
        writer.write(&record)?;
    }
    drop(writer.finish()?);
    Ok(())
}
