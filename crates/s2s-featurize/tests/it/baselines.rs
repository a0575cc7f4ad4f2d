//! The inputs of the published CGCNN and MEGNet, as their own code makes them.

use std::{collections::HashMap, error::Error, fs, path::Path};

use s2s_crystal::Crystal;
use s2s_featurize::{
    AtomFeatures, AtomFeaturizer, AtomFeaturizerConfig, CgcnnVocabulary, Featurizer, GaussianBasis, MegnetVocabulary,
    RadialBasis, Vocabulary,
};
use safetensors::{Dtype, SafeTensors};
use serde::Deserialize;

use crate::shared_data;

/// The numbers of a tensor, row after row.
fn numbers(tensors: &SafeTensors<'_>, name: &str) -> Result<Vec<f64>, Box<dyn Error>> {
    let tensor = tensors.tensor(name)?;
    let bytes = tensor.data();
    Ok(match tensor.dtype() {
        Dtype::F64 => bytes
            .chunks_exact(8)
            .map(|b| Ok(f64::from_le_bytes(b.try_into()?)))
            .collect::<Result<_, Box<dyn Error>>>()?,
        Dtype::F32 => bytes
            .chunks_exact(4)
            .map(|b| Ok(f32::from_le_bytes(b.try_into()?).into()))
            .collect::<Result<_, Box<dyn Error>>>()?,
        Dtype::I32 => bytes
            .chunks_exact(4)
            .map(|b| Ok(i32::from_le_bytes(b.try_into()?).into()))
            .collect::<Result<_, Box<dyn Error>>>()?,
        Dtype::I64 => bytes
            .chunks_exact(8)
            .map(|b| Ok(i64::from_le_bytes(b.try_into()?) as f64))
            .collect::<Result<_, Box<dyn Error>>>()?,
        other => return Err(format!("{name} is {other:?}").into()),
    })
}

fn structures(published: &Path) -> Result<Vec<(String, Crystal)>, Box<dyn Error>> {
    let visible = shared_data::crystals(published.join("cgcnn/structures.jsonl"))?;
    assert_eq!(visible.len(), 150);
    Ok(visible.into_iter().map(|(file, crystal)| (file.trim_end_matches(".cif").to_owned(), crystal)).collect())
}

/// Every row of twelve against the stored one; neighbors that tie with the last one may differ.
fn rows_agree(name: &str, features: &AtomFeatures, indices: &[f64], distances: &[f64]) {
    assert_eq!(indices.len(), 12 * features.num_atoms(), "{name}");
    for atom in 0..features.num_atoms() {
        let expected: Vec<(usize, f64)> =
            (12 * atom..12 * atom + 12).map(|k| (indices[k] as usize, distances[k])).collect();
        let found: Vec<(usize, f32)> = features.neighbors(atom).collect();
        assert_eq!(found.len(), 12, "{name}");
        for ((_, f), (_, e)) in found.iter().zip(&expected) {
            assert!((f64::from(*f) - e).abs() < 1e-6 * e.max(1.0), "{name}, atom {atom}: {f} and {e}");
        }
        let last = expected[11].1;
        let is_certain = |distance: f64| distance < last - 1e-5 || last > 8.5;
        let mut found: Vec<usize> = found.iter().filter(|n| is_certain(n.1.into())).map(|n| n.0).collect();
        let mut expected: Vec<usize> = expected.iter().filter(|n| is_certain(n.1)).map(|n| n.0).collect();
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected, "{name}, atom {atom}");
    }
}

#[test]
fn cgcnn_graphs_are_those_of_the_published_loader() -> Result<(), Box<dyn Error>> {
    let Some(published) = shared_data::folder().map(|f| f.join("peers")) else { return Ok(()) };
    let bytes = fs::read(published.join("cgcnn/graphs.safetensors"))?;
    let graphs = SafeTensors::deserialize(&bytes)?;
    let featurizer = AtomFeaturizer::new(AtomFeaturizerConfig::cgcnn(), CgcnnVocabulary)?;
    for (name, crystal) in structures(&published)? {
        let features = featurizer.featurize(&crystal)?;
        let tokens: Vec<f64> = features.tokens.iter().map(|t| t.0.into()).collect();
        assert_eq!(tokens, numbers(&graphs, &format!("{name}/z"))?);
        let [indices, distances] = ["nbr_idx", "nbr_dist"].map(|part| numbers(&graphs, &format!("{name}/{part}")));
        rows_agree(&name, &features, &indices?, &distances?);
    }
    Ok(())
}

#[test]
fn cgcnn_padding_vectors_and_gaussians_are_the_published_ones() -> Result<(), Box<dyn Error>> {
    let Some(folder) = shared_data::folder().map(|f| f.join("peers/cgcnn")) else { return Ok(()) };
    let bytes = fs::read(folder.join("intermediates.safetensors"))?;
    let stored = SafeTensors::deserialize(&bytes)?;
    let featurizer = AtomFeaturizer::new(AtomFeaturizerConfig::cgcnn(), CgcnnVocabulary)?;
    let vectors = CgcnnVocabulary::element_vectors();
    let cases: Vec<serde_json::Value> = serde_json::from_str(&fs::read_to_string(folder.join("intermediates.json"))?)?;
    let lines: String = cases.iter().map(|case| format!("{case}\n")).collect();
    let listed = std::env::temp_dir().join(format!("s2s-featurize-{}.jsonl", std::process::id()));
    fs::write(&listed, lines)?;
    let crystals = shared_data::crystals(listed.clone())?;
    fs::remove_file(listed)?;
    assert!(crystals.iter().any(|(name, _)| name == "synthetic-padding"));
    for (name, crystal) in crystals {
        let features = featurizer.featurize(&crystal)?;
        let distances = numbers(&stored, &format!("{name}/nbr_dist"))?;
        rows_agree(&name, &features, &numbers(&stored, &format!("{name}/nbr_idx"))?, &distances);
        let rows = features.tokens.iter().flat_map(|t| vectors.row(t.0.into()).to_vec()).map(f64::from);
        assert_eq!(rows.collect::<Vec<f64>>(), numbers(&stored, &format!("{name}/atom_fea"))?);
        let expanded = GaussianBasis::cgcnn().expand(&distances[..12]);
        for (f, e) in expanded.iter().zip(numbers(&stored, &format!("{name}/nbr_fea_atom0"))?) {
            assert!((f64::from(*f) - e).abs() < 1e-6, "{name}: {f} and {e}");
        }
    }
    Ok(())
}

#[derive(Deserialize)]
struct MegnetLine {
    file: String,
    n_edges: usize,
    atoms_without_bond: usize,
}

#[test]
fn megnet_bonds_are_counted_as_published() -> Result<(), Box<dyn Error>> {
    let Some(published) = shared_data::folder().map(|f| f.join("peers")) else { return Ok(()) };
    let crystals: HashMap<String, Crystal> = structures(&published)?.into_iter().collect();
    let featurizer = AtomFeaturizer::new(AtomFeaturizerConfig::megnet(), MegnetVocabulary)?;
    for line in fs::read_to_string(published.join("megnet/predictions.jsonl"))?.lines() {
        let line: MegnetLine = serde_json::from_str(line)?;
        let features = featurizer.featurize(&crystals[line.file.trim_end_matches(".cif")])?;
        let alone = (0..features.num_atoms()).filter(|atom| features.neighbors(*atom).len() == 0).count();
        assert_eq!((features.neighbor_sites.len(), alone), (line.n_edges, line.atoms_without_bond), "{}", line.file);
    }
    Ok(())
}

#[test]
fn megnet_bonds_nodes_and_gaussians_are_the_published_ones() -> Result<(), Box<dyn Error>> {
    let Some(published) = shared_data::folder().map(|f| f.join("peers")) else { return Ok(()) };
    let bytes = fs::read(published.join("megnet/intermediates.safetensors"))?;
    let stored = SafeTensors::deserialize(&bytes)?;
    let featurizer = AtomFeaturizer::new(AtomFeaturizerConfig::megnet(), MegnetVocabulary)?;
    let crystals: HashMap<String, Crystal> = structures(&published)?.into_iter().collect();
    for name in ["mp-1027", "mp-1183481", "mp-1207193"] {
        let features = featurizer.featurize(&crystals[name])?;
        let [source, target, distance, node, gaussians] =
            ["src", "dst", "dist", "node_type", "edge_rbf"].map(|part| numbers(&stored, &format!("{name}/{part}")));
        let (source, target, distance) = (source?, target?, distance?);
        let nodes: Vec<f64> = features.tokens.iter().map(|t| f64::from(t.0) - 1.0).collect();
        assert_eq!(nodes, node?, "{name}");
        let mut expected: Vec<(usize, usize, i64)> = (0..source.len())
            .map(|k| (source[k] as usize, target[k] as usize, (distance[k] * 1e4).round() as i64))
            .collect();
        let mut found: Vec<(usize, usize, i64)> = (0..features.num_atoms())
            .flat_map(|i| features.neighbors(i).map(move |(j, d)| (i, j, (f64::from(d) * 1e4).round() as i64)))
            .collect();
        expected.sort_unstable();
        found.sort_unstable();
        assert_eq!(found, expected, "{name}");
        let expanded = GaussianBasis::megnet().expand(&distance[..32.min(distance.len())]);
        for (f, e) in expanded.iter().zip(gaussians?) {
            assert!((f64::from(*f) - e).abs() < 2e-6, "{name}: {f} and {e}");
        }
    }
    Ok(())
}

#[test]
fn megnet_knows_the_published_elements_in_their_order() -> Result<(), Box<dyn Error>> {
    let Some(folder) = shared_data::folder().map(|f| f.join("peers/megnet")) else { return Ok(()) };
    let config: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(folder.join("MEGNet-MP-2018.6.1-Eform.json"))?)?;
    let published: Vec<&str> =
        config["element_types"].as_array().into_iter().flatten().filter_map(|symbol| symbol.as_str()).collect();
    let known: Vec<&str> = (1..=MegnetVocabulary.num_classes() as u16)
        .filter_map(|token| MegnetVocabulary.element(s2s_featurize::Token(token)))
        .map(|element| element.symbol())
        .collect();
    assert_eq!(known, published);
    Ok(())
}
