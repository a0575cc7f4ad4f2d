//! A fully connected network on descriptors of compositions.

use ndarray::{Array1, Array2, ArrayView2, Axis, Zip};
use s2s_crystal::Composition;
use s2s_featurize::RandomStream;
use serde::{Deserialize, Serialize};

use super::cross_conformal::{PointAnswer, PointLearner, PointModel};
use crate::{EvalError, sigmoid};

/// How a network is made and learns.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkConfig {
    /// Units of each of the two hidden layers.
    pub width: usize,
    /// Passes over the examples.
    pub epochs: usize,
    /// Examples per step.
    pub batch: usize,
    /// Learning rate at the start; it falls to zero along half a cosine.
    #[serde(rename = "rate")]
    pub learning_rate: f64,
    /// Share of the units that are left out of a step, in [0, 1).
    pub dropout: f64,
    /// Decay of the weights per step, in units of the rate, as in AdamW.
    pub decay: f64,
    /// Networks from other starting weights; their mean answers, and their standard deviation says how far to believe it.
    pub members: usize,
}

impl NetworkConfig {
    /// What one would pick without looking at any result.
    pub fn plain() -> Self {
        Self { width: 192, epochs: 50, batch: 64, learning_rate: 2e-3, dropout: 0.1, decay: 0.02, members: 3 }
    }
}

/// Fully connected layers with rectifiers on standardized columns; two outputs.
///
/// ```text
/// loss = mean |target − y₀| over what has a transition + mean −log σ(± y₁) over all
/// answer = y₀ where σ(y₁) ≥ 1/2, else none
/// ```
///
/// Targets are divided by their standard deviation; y₀ learns from superconductors alone. Optimizer: AdamW. Missing numbers count as the mean of
/// their column.
///
/// # Source
///
/// Loshchilov and Hutter, Decoupled weight decay regularization, ICLR (2019), for the optimizer and the schedule; He et al., ICCV (2015), for the
/// starting weights; Lakshminarayanan et al., NIPS (2017), for the members.
#[derive(Clone, Copy, Debug)]
pub struct NetworkLearner(pub NetworkConfig);

/// What a [`NetworkLearner`] has learned.
#[derive(Debug)]
pub struct Network {
    mean: Array1<f32>,
    /// One over the standard deviation of a column, and 0 where it does not vary.
    inverse: Array1<f32>,
    scale: f64,
    members: Vec<Layers>,
}

impl PointLearner for NetworkLearner {
    type Model = Network;

    fn name(&self) -> String {
        "network".to_owned()
    }

    fn fit(
        &self,
        _compositions: &[&Composition],
        rows: &[&[f32]],
        targets: &[f64],
        seed: u64,
    ) -> Result<Network, EvalError> {
        let NetworkConfig { width, epochs, batch, learning_rate, dropout, decay, members } = self.0;
        let counts = width > 0 && epochs > 0 && batch > 0 && members > 0;
        let numbers =
            learning_rate > 0.0 && (0.0..1.0).contains(&dropout) && (0.0..1.0).contains(&(learning_rate * decay));
        if !(counts && numbers) {
            return Err(EvalError::Config { reason: format!("no network can learn like this: {:?}", self.0) });
        }
        let columns = rows.first().map_or(0, |row| row.len());
        if columns == 0 || rows.len() != targets.len() || rows.iter().any(|row| row.len() != columns) {
            return Err(EvalError::Data { reason: "rows of one width are needed, one per target".to_owned() });
        }
        let (mean, inverse) = standardization(rows, columns);
        let inputs = standardized(rows, &mean, &inverse);
        let positive: Vec<f64> = targets.iter().copied().filter(|target| *target > 0.0).collect();
        let scale = (positive.iter().map(|target| target * target).sum::<f64>() / positive.len().max(1) as f64).sqrt();
        let scale = if scale > 0.0 { scale } else { 1.0 };
        let targets: Vec<f32> = targets.iter().map(|target| (target / scale) as f32).collect();
        let member =
            |number: usize| Training::new(columns, &self.0, seed, number as u64).run(&inputs, &targets, &self.0);
        Ok(Network { mean, inverse, scale, members: (0..members).map(member).collect() })
    }
}

impl PointModel for Network {
    fn answer(&self, _composition: &Composition, row: &[f32]) -> PointAnswer {
        let input = standardized(&[row], &self.mean, &self.inverse);
        let outputs: Vec<[f64; 2]> = self.members.iter().map(|layers| layers.outputs(&input)).collect();
        let count = outputs.len() as f64;
        let mean = outputs.iter().map(|output| output[0]).sum::<f64>() / count;
        let variance = outputs.iter().map(|output| (output[0] - mean).powi(2)).sum::<f64>() / count;
        let probability = outputs.iter().map(|output| sigmoid(output[1])).sum::<f64>() / count;
        let value = if probability < 0.5 { 0.0 } else { self.scale * mean.max(0.0) };
        PointAnswer { value, std: self.scale * variance.sqrt(), probability }
    }
}

/// Mean and inverse standard deviation of the numbers that every column has.
fn standardization(rows: &[&[f32]], columns: usize) -> (Array1<f32>, Array1<f32>) {
    let of = |column: usize| {
        let there = || rows.iter().map(|row| f64::from(row[column])).filter(|x| x.is_finite());
        let count = there().count().max(1) as f64;
        let mean = there().sum::<f64>() / count;
        let deviation = (there().map(|x| (x - mean).powi(2)).sum::<f64>() / count).sqrt();
        (mean as f32, if deviation > 1e-6 * (1.0 + mean.abs()) { (1.0 / deviation) as f32 } else { 0.0 })
    };
    let (mean, inverse): (Vec<f32>, Vec<f32>) = (0..columns).map(of).unzip();
    (mean.into(), inverse.into())
}

/// Values beyond this many standard deviations count as this many: a column that hardly varies must not decide alone.
const FARTHEST: f32 = 5.0;

fn standardized(rows: &[&[f32]], mean: &Array1<f32>, inverse: &Array1<f32>) -> Array2<f32> {
    Array2::from_shape_fn((rows.len(), mean.len()), |(i, k)| {
        let x = rows[i][k];
        if x.is_finite() { ((x - mean[k]) * inverse[k]).clamp(-FARTHEST, FARTHEST) } else { 0.0 }
    })
}

/// Weights and biases of three layers: two hidden ones and the outputs.
#[derive(Clone, Debug)]
struct Layers([Layer; 3]);

#[derive(Clone, Debug)]
struct Layer {
    weight: Array2<f32>,
    bias: Array1<f32>,
}

impl Layer {
    fn zeros(inputs: usize, outputs: usize) -> Self {
        Self { weight: Array2::zeros((inputs, outputs)), bias: Array1::zeros(outputs) }
    }

    fn forward(&self, inputs: &ArrayView2<'_, f32>) -> Array2<f32> {
        inputs.dot(&self.weight) + &self.bias
    }
}

impl Layers {
    fn outputs(&self, input: &Array2<f32>) -> [f64; 2] {
        let [first, second, last] = &self.0;
        let hidden = first.forward(&input.view()).mapv_into(|x| x.max(0.0));
        let hidden = second.forward(&hidden.view()).mapv_into(|x| x.max(0.0));
        let output = last.forward(&hidden.view());
        [f64::from(output[[0, 0]]), f64::from(output[[0, 1]])]
    }

    /// Gradients of the loss on a batch; `keep` has the factors of the units of both hidden layers, row by row.
    fn gradients(&self, inputs: &Array2<f32>, targets: &[f32], keep: [&Array2<f32>; 2]) -> [Layer; 3] {
        let [first, second, last] = &self.0;
        let one = first.forward(&inputs.view()).mapv_into(|x| x.max(0.0)) * keep[0];
        let two = second.forward(&one.view()).mapv_into(|x| x.max(0.0)) * keep[1];
        let mut slope = last.forward(&two.view());
        let share = 1.0 / targets.len() as f32;
        for (mut output, &target) in slope.axis_iter_mut(Axis(0)).zip(targets) {
            let some = target > 0.0;
            output[0] = if some { share * (output[0] - target).signum() } else { 0.0 };
            output[1] = share * (sigmoid(f64::from(output[1])) as f32 - f32::from(u8::from(some)));
        }
        let back = |slope: &Array2<f32>, layer: &Layer, active: &Array2<f32>, keep: &Array2<f32>| {
            let mut before = slope.dot(&layer.weight.t());
            Zip::from(&mut before).and(active).and(keep).for_each(|x, a, k| *x *= if *a > 0.0 { *k } else { 0.0 });
            before
        };
        let of = |inputs: &Array2<f32>, slope: &Array2<f32>| Layer {
            weight: inputs.t().dot(slope),
            bias: slope.sum_axis(Axis(0)),
        };
        let slope_two = back(&slope, last, &two, keep[1]);
        let slope_one = back(&slope_two, second, &one, keep[0]);
        [of(inputs, &slope_one), of(&one, &slope_two), of(&two, &slope)]
    }
}

/// Weights with the moments of their gradients.
struct Training {
    layers: Layers,
    first: [Layer; 3],
    second: [Layer; 3],
    stream: RandomStream,
}

impl Training {
    fn new(columns: usize, config: &NetworkConfig, seed: u64, member: u64) -> Self {
        let mut stream = RandomStream::new(*b"tcnetwrk", seed, 0, member);
        let shapes = [(columns, config.width), (config.width, config.width), (config.width, 2)];
        let zeros = || shapes.map(|(inputs, outputs)| Layer::zeros(inputs, outputs));
        let mut layers = zeros();
        for layer in &mut layers {
            // Uniform with the variance 2 / inputs.
            let bound = (6.0 / layer.weight.nrows() as f64).sqrt();
            layer.weight.mapv_inplace(|_| ((2.0 * stream.unit() - 1.0) * bound) as f32);
        }
        Self { layers: Layers(layers), first: zeros(), second: zeros(), stream }
    }

    fn run(mut self, inputs: &Array2<f32>, targets: &[f32], config: &NetworkConfig) -> Layers {
        let mut order: Vec<usize> = (0..targets.len()).collect();
        let steps = config.epochs * targets.len().div_ceil(config.batch);
        let mut step = 0;
        for _ in 0..config.epochs {
            self.stream.shuffle(&mut order);
            for batch in order.chunks(config.batch) {
                let of_batch: Vec<f32> = batch.iter().map(|&i| targets[i]).collect();
                let kept = [(); 2].map(|()| self.kept(batch.len(), config));
                let gradients = self.layers.gradients(&inputs.select(Axis(0), batch), &of_batch, [&kept[0], &kept[1]]);
                let learning_rate =
                    0.5 * config.learning_rate * (1.0 + (std::f64::consts::PI * step as f64 / steps as f64).cos());
                step += 1;
                self.descend(&gradients, learning_rate, config.decay, step);
            }
        }
        self.layers
    }

    /// Zero for units that are left out, and for the others what keeps the sum the same on average.
    fn kept(&mut self, rows: usize, config: &NetworkConfig) -> Array2<f32> {
        let factor = (1.0 / (1.0 - config.dropout)) as f32;
        let drawn = |_| if self.stream.unit() < config.dropout { 0.0 } else { factor };
        Array2::from_shape_simple_fn((rows, config.width), || 0.0).mapv_into(drawn)
    }

    /// One step of AdamW.
    fn descend(&mut self, gradients: &[Layer; 3], learning_rate: f64, decay: f64, step: usize) {
        const BETAS: [f64; 2] = [0.9, 0.999];
        let [first, second] = BETAS.map(|beta| 1.0 - beta.powi(step.min(1 << 20) as i32));
        let (learning_rate, keep) = (learning_rate as f32, (1.0 - learning_rate * decay) as f32);
        let (first, second, betas) = (first as f32, second as f32, BETAS.map(|beta| beta as f32));
        let moved = |x: &mut f32, m: &mut f32, v: &mut f32, g: &f32| {
            *m = betas[0] * *m + (1.0 - betas[0]) * g;
            *v = betas[1] * *v + (1.0 - betas[1]) * g * g;
            *x -= learning_rate * (*m / first) / ((*v / second).sqrt() + 1e-8);
        };
        let moments = self.first.iter_mut().zip(&mut self.second);
        for ((layer, gradient), (m, v)) in self.layers.0.iter_mut().zip(gradients).zip(moments) {
            layer.weight.mapv_inplace(|x| x * keep);
            Zip::from(&mut layer.weight).and(&mut m.weight).and(&mut v.weight).and(&gradient.weight).for_each(moved);
            Zip::from(&mut layer.bias).and(&mut m.bias).and(&mut v.bias).and(&gradient.bias).for_each(moved);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn training() -> (Training, NetworkConfig) {
        let config = NetworkConfig { width: 6, epochs: 1, dropout: 0.0, ..NetworkConfig::plain() };
        (Training::new(3, &config, 1, 0), config)
    }

    #[test]
    fn gradients_are_differences_of_the_loss() {
        let (training, _) = training();
        let mut stream = RandomStream::new(*b"netgrads", 1, 0, 0);
        let inputs = Array2::from_shape_simple_fn((5, 3), || (2.0 * stream.unit() - 1.0) as f32);
        let targets = [0.0, 1.5, 0.7, 0.0, 2.0];
        let keep = Array2::from_shape_fn((5, 6), |(i, k)| if (i + k) % 4 == 0 { 0.0 } else { 1.25 });
        let loss = |layers: &Layers| -> f64 {
            let [first, second, last] = &layers.0;
            let one = first.forward(&inputs.view()).mapv_into(|x| x.max(0.0)) * &keep;
            let two = second.forward(&one.view()).mapv_into(|x| x.max(0.0)) * &keep;
            let out = last.forward(&two.view());
            let row = |(i, target): (usize, &f32)| {
                let logit = f64::from(out[[i, 1]]);
                let p = sigmoid(if *target > 0.0 { logit } else { -logit });
                let off = if *target > 0.0 { f64::from((out[[i, 0]] - target).abs()) } else { 0.0 };
                off - p.ln()
            };
            targets.iter().enumerate().map(row).sum::<f64>() / targets.len() as f64
        };
        let gradients = training.layers.gradients(&inputs, &targets, [&keep, &keep]);
        for (layer, gradient) in gradients.iter().enumerate() {
            for index in [(0, 0), (1, 1), (2, 0)] {
                let step = 1e-3;
                let moved = |by: f32| {
                    let mut layers = training.layers.clone();
                    layers.0[layer].weight[index] += by;
                    loss(&layers)
                };
                let difference = (moved(step) - moved(-step)) / f64::from(2.0 * step);
                let found = f64::from(gradient.weight[index]);
                assert!((difference - found).abs() < 2e-3, "layer {layer}, {index:?}: {found} is {difference}");
            }
        }
    }

    #[test]
    fn it_learns_a_curve_and_a_gate_where_a_line_cannot() -> Result<(), EvalError> {
        let mut stream = RandomStream::new(*b"netcurve", 1, 0, 0);
        let composition: Composition = "Nb".parse().expect("a formula");
        // A dome over the first column: none outside, and a column that says nothing.
        let dome = |x: f32| f64::from(4.0 - 16.0 * (x - 0.5) * (x - 0.5)).max(0.0);
        let rows: Vec<[f32; 3]> =
            (0..1200).map(|_| [2.0 * stream.unit() as f32 - 0.5, stream.unit() as f32, f32::NAN]).collect();
        let rows: Vec<&[f32]> = rows.iter().map(<[f32; 3]>::as_slice).collect();
        let targets: Vec<f64> = rows.iter().map(|row| dome(row[0])).collect();
        let config = NetworkConfig { width: 32, epochs: 40, members: 2, ..NetworkConfig::plain() };
        let model = NetworkLearner(config).fit(&[], &rows[..1000], &targets[..1000], 1)?;
        let answers: Vec<PointAnswer> = rows[1000..].iter().map(|row| model.answer(&composition, row)).collect();
        let error = answers.iter().zip(&targets[1000..]).map(|(a, t)| (a.value - t).abs()).sum::<f64>() / 200.0;
        assert!(error < 0.3, "{error}, where always none has {}", targets[1000..].iter().sum::<f64>() / 200.0);
        let right = answers.iter().zip(&targets[1000..]).filter(|(a, t)| (a.probability >= 0.5) == (**t > 0.0)).count();
        assert!(right > 190, "{right} of 200");
        // The same again.
        let again = NetworkLearner(config).fit(&[], &rows[..1000], &targets[..1000], 1)?;
        assert_eq!(again.answer(&composition, rows[1100]), answers[100]);
        Ok(())
    }

    #[test]
    fn what_cannot_learn_is_refused() {
        let row: &[f32] = &[1.0];
        for config in [
            NetworkConfig { width: 0, ..NetworkConfig::plain() },
            NetworkConfig { members: 0, ..NetworkConfig::plain() },
            NetworkConfig { learning_rate: f64::NAN, ..NetworkConfig::plain() },
            NetworkConfig { dropout: 1.0, ..NetworkConfig::plain() },
        ] {
            assert!(matches!(NetworkLearner(config).fit(&[], &[row], &[1.0], 1), Err(EvalError::Config { .. })));
        }
        assert!(NetworkLearner(NetworkConfig::plain()).fit(&[], &[row], &[], 1).is_err());
    }
}
