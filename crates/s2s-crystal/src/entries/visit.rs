//! Classification of JSON objects: a structure in one of the layouts, or a container of structures.

use crate::{
    ase, cif,
    json::{Fields, Value},
    optimade,
    options::ReadOptions,
    parse_error::{Fault, Locator, ParseErrorKind, shorten},
    parsed_structure::{ParsedStructure, kept_name},
    pymatgen,
};

/// What a JSON object turned out to be.
pub(super) enum Visit<'a> {
    /// A structure.
    Structure(Box<ParsedStructure>),
    /// A list of objects to visit, or a single one.
    Holds(Value<'a>),
    /// Names, and under some of them objects to visit.
    Map(Fields<'a>),
    /// Something that belongs to the layout and is no structure.
    Skip,
    /// Nothing that describes a structure.
    Nothing,
}

/// The values by which an object is classified.
struct Document<'a> {
    names: [Option<Value<'a>>; 4],
    structure: Option<Value<'a>>,
    pymatgen: [Option<Value<'a>>; 2],
    attributes: Option<Value<'a>>,
    optimade: [Option<Value<'a>>; 3],
    kind: Option<Value<'a>>,
    header: Option<Value<'a>>,
    ase: [Option<Value<'a>>; 2],
    data: Option<Value<'a>>,
    errors: Option<Value<'a>>,
}

impl<'a> Document<'a> {
    fn read(value: Value<'a>) -> Result<Self, Fault> {
        let [
            material_id,
            task_id,
            entry_id,
            id,
            structure,
            lattice,
            sites,
            attributes,
            vectors,
            positions,
            at_sites,
            kind,
            header,
            numbers,
            ase_positions,
            data,
            errors,
        ] = value.pick(
            "the object",
            [
                "material_id",
                "task_id",
                "entry_id",
                "id",
                "structure",
                "lattice",
                "sites",
                "attributes",
                "lattice_vectors",
                "cartesian_site_positions",
                "species_at_sites",
                "type",
                "x-optimade",
                "numbers",
                "positions",
                "data",
                "errors",
            ],
        )?;
        Ok(Self {
            names: [material_id, task_id, entry_id, id],
            structure,
            pymatgen: [lattice, sites],
            attributes,
            optimade: [vectors, positions, at_sites],
            kind,
            header,
            ase: [numbers, ase_positions],
            data,
            errors,
        })
    }

    fn is_pymatgen(&self) -> bool {
        self.pymatgen[1].is_some() || self.pymatgen[0].is_some_and(Value::is_object)
    }

    fn is_optimade(&self) -> bool {
        self.optimade.iter().any(Option::is_some)
    }

    /// Whether the attributes are those of a structures entry.
    fn has_attributes(&self) -> bool {
        let Some(attributes) = self.attributes.filter(|attributes| attributes.is_object()) else { return false };
        self.kind.is_some_and(|kind| kind.bytes() == b"\"structures\"")
            || Document::read(attributes).is_ok_and(|attributes| attributes.is_optimade())
    }

    fn is_ase(&self) -> bool {
        self.ase.iter().all(Option::is_some)
    }
}

/// Whether an object, or the first element of a list, says that it is a structure or holds one.
pub(super) fn holds_structure(value: Value<'_>) -> bool {
    let object =
        if value.is_list() { value.list("the list").ok().and_then(|mut list| list.next()) } else { Some(value) };
    let Some(object) = object.filter(|object| object.is_object()) else { return false };
    match Document::read(object) {
        Ok(document) => {
            document.is_pymatgen()
                || document.structure.is_some()
                || document.is_optimade()
                || document.has_attributes()
                || document.is_ase()
        }
        // What is wrong with it is said when its turn comes.
        Err(_) => true,
    }
}

/// What an object is; `name` is its key, and becomes what the object calls itself.
pub(super) fn visit<'a>(
    value: Value<'a>,
    name: &mut String,
    options: &ReadOptions,
    locator: Locator<'a>,
) -> Result<Visit<'a>, Fault> {
    let document = Document::read(value)?;
    if let Some(own) = document.names.into_iter().flatten().find_map(Value::name) {
        name.clear();
        name.push_str(&own);
    }
    let structure = |parsed: Result<ParsedStructure, Fault>| parsed.map(|parsed| Visit::Structure(Box::new(parsed)));
    if let Some(held) = document.structure {
        if held.is_text() {
            return cif_text(held, name, options, locator);
        }
        if held.is_object() {
            let inner = Document::read(held)?;
            return if inner.is_ase() {
                structure(ase::structure(held, inner.ase, name, options, locator))
            } else {
                structure(pymatgen::structure(held, inner.pymatgen, name, options, locator))
            };
        }
    }
    if document.is_pymatgen() {
        return structure(pymatgen::structure(value, document.pymatgen, name, options, locator));
    }
    let is_other = document.kind.is_some_and(|kind| kind.is_text() && kind.bytes() != b"\"structures\"");
    if document.header.is_some() || (document.attributes.is_some() && is_other) {
        // The first line of a dump, or an entry of another type.
        return Ok(Visit::Skip);
    }
    if document.is_optimade() {
        return structure(optimade::structure(value, name, options, locator));
    }
    if let Some(attributes) = document.attributes.filter(|_| document.has_attributes()) {
        return structure(optimade::structure(attributes, name, options, locator));
    }
    if document.is_ase() {
        return structure(ase::structure(value, document.ase, name, options, locator));
    }
    if let Some(data) = document.data.filter(|data| data.is_list() || data.is_object()) {
        return Ok(Visit::Holds(data));
    }
    if let Some(errors) = document.errors.filter(|errors| errors.is_list()) {
        let message = format!("the server answered with an error: {}", shorten(errors.bytes()));
        return errors.fault(ParseErrorKind::InvalidValue, message);
    }
    let fields = value.fields("the object")?;
    if fields.clone().any(|(_, value)| holds_structure(value)) {
        return Ok(Visit::Map(fields));
    }
    Ok(if is_other { Visit::Skip } else { Visit::Nothing })
}

/// A structure as the text of a CIF, as old dumps of the Materials Project have it.
///
/// What is found in it is placed where the text begins, and says where in the text it is.
fn cif_text<'a>(
    held: Value<'a>,
    name: &str,
    options: &ReadOptions,
    mut locator: Locator<'a>,
) -> Result<Visit<'a>, Fault> {
    let text = held.text("structure")?;
    if !text.contains("_cell_length_a") {
        return held.fault(ParseErrorKind::InvalidValue, "structure is neither an object nor the text of a CIF");
    }
    let found: Result<Vec<ParsedStructure>, _> = cif::read(&*text, options).take(2).collect();
    match found {
        Ok(mut structures) if structures.len() == 1 => {
            let mut parsed = structures.remove(0);
            parsed.name = kept_name(name.as_bytes());
            let (line, column) = locator.position(held.offset);
            for found in &mut parsed.diagnostics {
                found.message =
                    format!("the CIF under structure: line {}, column {}: {}", found.line, found.column, found.message);
                (found.line, found.column) = (line, column);
                found.block = Some(name).filter(|name| !name.is_empty()).map(shorten);
            }
            Ok(Visit::Structure(Box::new(parsed)))
        }
        Ok(_) => held.fault(ParseErrorKind::InvalidValue, "the CIF under structure does not hold one structure"),
        Err(error) => held.fault(error.kind(), format!("the CIF under structure: {error}")),
    }
}
