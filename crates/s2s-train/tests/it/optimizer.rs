//! Adam and AdamW against PyTorch.

use s2s_train::{Adam, AdamConfig, Decay, Ema, GroupRule};
use tch::{Device, Kind, Tensor};

const TOLERANCE: f64 = 1e-6;

// import torch
// for cls, kw in [(torch.optim.Adam, dict(weight_decay=0.1)), (torch.optim.AdamW, dict(weight_decay=0.1)),
//                 (torch.optim.Adam, {})]:
//     w = torch.nn.Parameter(torch.arange(6.).cos().view(2, 3)); b = torch.nn.Parameter(torch.arange(3.).sin().view(1, 3))
//     optimizer = cls([w, b], lr=0.01, **kw)
//     for step in range(100):
//         x = (torch.arange(12.).view(4, 3) + step).cos()
//         loss = ((x @ w.t()).tanh().sum(1) + (x * b).sum(1) - torch.arange(4.)).pow(2).mean()
//         optimizer.zero_grad(); loss.backward(); optimizer.step()
//     print(w.flatten().tolist(), b.flatten().tolist(), optimizer.state[w]["exp_avg"].flatten().tolist(),
//           optimizer.state[w]["exp_avg_sq"].flatten().tolist())
#[rustfmt::skip]
const ADAM: [&[f64]; 4] = [
    &[0.6907960176467896, 0.17780490219593048, -0.6377466320991516, -0.669684886932373, -0.8174055218696594, -0.03636401519179344],
    &[-0.04322820156812668, 0.4525371789932251, 0.5279130339622498],
    &[0.03067566640675068, -0.0209058690816164, -0.06642527878284454, -0.15296465158462524, -0.10458426922559738, 0.057548895478248596],
    &[0.014577825553715229, 0.04600939899682999, 0.03596881777048111, 0.015266851522028446, 0.020048655569553375, 0.044190116226673126],
];
#[rustfmt::skip]
const ADAM_W: [&[f64]; 4] = [
    &[0.8036832809448242, 0.1823062300682068, -0.6400580406188965, -0.7712810039520264, -0.8535579442977905, -0.014910826459527016],
    &[-0.04036359116435051, 0.43559232354164124, 0.5085408091545105],
    &[-0.03419101610779762, -0.04655379056930542, -0.01611522026360035, -0.07922100275754929, -0.02582077868282795, 0.05131896957755089],
    &[0.012118030339479446, 0.042971838265657425, 0.037215687334537506, 0.01240996178239584, 0.02179728075861931, 0.0431654267013073],
];
#[rustfmt::skip]
const PLAIN: [&[f64]; 4] = [
    &[0.879336953163147, 0.1947704553604126, -0.7117209434509277, -0.8444012403488159, -0.9459314942359924, -0.020936772227287292],
    &[-0.0461842380464077, 0.4723675549030304, 0.5532205700874329],
    &[-0.021977463737130165, -0.034851592034101486, -0.015683330595493317, -0.08262714743614197, -0.019332557916641235, 0.061736296862363815],
    &[0.01142797339707613, 0.042977601289749146, 0.03686028718948364, 0.011894013732671738, 0.021311558783054352, 0.042988553643226624],
];

/// Parameters of the first kind are stepped by a loop over host memory, those of the second as views of flat buffers, as on
/// a GPU.
const KINDS: [Kind; 2] = [Kind::Float, Kind::Double];

struct Problem {
    w: Tensor,
    b: Tensor,
}

impl Problem {
    fn new() -> Self {
        Self::of(Kind::Float)
    }

    fn of(kind: Kind) -> Self {
        let arange = |n: i64| Tensor::arange(n, (kind, Device::Cpu));
        let leaf = |tensor: Tensor| tensor.detach().set_requires_grad(true);
        Self { w: leaf(arange(6).cos().view([2, 3])), b: leaf(arange(3).sin().view([1, 3])) }
    }

    fn parameters(&self) -> Vec<(String, Tensor)> {
        vec![("w".into(), self.w.shallow_clone()), ("b".into(), self.b.shallow_clone())]
    }

    fn loss(&self, step: i64) -> Tensor {
        let kind = self.w.kind();
        let x = (Tensor::arange(12, (kind, Device::Cpu)).view([4, 3]) + step).cos();
        let y = x.matmul(&self.w.tr()).tanh().sum_dim_intlist(1, false, kind)
            + (x * &self.b).sum_dim_intlist(1, false, kind);
        (y - Tensor::arange(4, (kind, Device::Cpu))).square().mean(kind)
    }

    fn train(&self, adam: &mut Adam, steps: std::ops::Range<i64>) {
        for step in steps {
            adam.backward(&self.loss(step)).expect("the loss depends on the parameters");
            adam.step(1.0);
        }
    }
}

#[track_caller]
fn check(config: AdamConfig, golden: &[&[f64]; 4]) {
    for kind in KINDS {
        let problem = Problem::of(kind);
        let mut adam = Adam::new(config, problem.parameters(), &[]);
        problem.train(&mut adam, 0..100);
        let state = adam.state();
        let moment = |name: &str| state.iter().find(|(n, _)| n == name).expect("the state is named").1.shallow_clone();
        let ours = [problem.w.detach(), problem.b.detach(), moment("mean.w"), moment("square.w")];
        for (ours, theirs) in ours.iter().zip(golden) {
            let distance = (ours.flatten(0, -1).to_kind(Kind::Double) - Tensor::from_slice(theirs)).abs().max();
            // PyTorch's numbers are those of f32: steps in f64 leave its rounding.
            let tolerance = if kind == Kind::Float { TOLERANCE } else { 10.0 * TOLERANCE };
            assert!(distance.double_value(&[]) < tolerance, "{kind:?}: {distance:?}");
        }
    }
}

#[test]
fn adam_equals_pytorch_after_100_steps() {
    check(AdamConfig::adam(0.01), &PLAIN);
    check(AdamConfig { weight_decay: 0.1, ..AdamConfig::adam(0.01) }, &ADAM);
}

#[test]
fn adam_w_equals_pytorch_after_100_steps() {
    assert_eq!(AdamConfig::adam_w(0.01, 0.1).decay, Decay::Weight);
    check(AdamConfig::adam_w(0.01, 0.1), &ADAM_W);
}

#[test]
fn a_restored_optimizer_goes_on_where_it_stopped_and_a_new_one_does_not() {
    for kind in KINDS {
        let whole = Problem::of(kind);
        let mut adam = Adam::new(AdamConfig::adam(0.01), whole.parameters(), &[]);
        whole.train(&mut adam, 0..30);
        let (steps, state) = (adam.steps(), adam.state());
        let copies: Vec<(String, Tensor)> = state.into_iter().map(|(name, tensor)| (name, tensor.copy())).collect();
        let parts = || Problem {
            w: whole.w.detach().copy().set_requires_grad(true),
            b: whole.b.detach().copy().set_requires_grad(true),
        };
        let (resumed, cold) = (parts(), parts());
        whole.train(&mut adam, 30..31);
        let mut second = Adam::new(AdamConfig::adam(0.01), resumed.parameters(), &[]);
        second.restore(steps, &copies).expect("the state fits");
        resumed.train(&mut second, 30..31);
        cold.train(&mut Adam::new(AdamConfig::adam(0.01), cold.parameters(), &[]), 30..31);
        assert_eq!(whole.w, resumed.w);
        assert_ne!(whole.w, cold.w);
        let error = second.restore(1, &copies[1..]).expect_err("a moment is missing");
        assert_eq!(error.to_string(), "invalid configuration: the optimizer state holds no mean.w of shape [2, 3]");
    }
}

#[test]
fn groups_scale_rate_and_decay() {
    for kind in KINDS {
        let problem = Problem::of(kind);
        let before = problem.w.detach().copy();
        let rules = [GroupRule { prefix: "w".into(), learning_rate: 0.0, weight_decay: 1.0 }];
        problem.train(&mut Adam::new(AdamConfig::adam(0.01), problem.parameters(), &rules), 0..3);
        assert_eq!(before, problem.w);
        assert_ne!(problem.b, Problem::of(kind).b);
    }
}

#[test]
fn clipping_limits_the_joint_norm_and_keeps_directions() {
    for kind in KINDS {
        let problem = Problem::of(kind);
        let mut adam = Adam::new(AdamConfig::adam(0.01), problem.parameters(), &[]);
        adam.backward(&problem.loss(0)).expect("the loss depends on the parameters");
        let [w, b] = ["w", "b"].map(|name| adam.gradient(name).expect("it has a share in the loss"));
        let norm = adam.clip_gradients(0.5).double_value(&[]);
        let [clipped_w, clipped_b] = ["w", "b"].map(|name| adam.gradient(name).expect("it still has"));
        let squares = clipped_w.square().sum(kind) + clipped_b.square().sum(kind);
        assert!(norm > 0.5 && (squares.sqrt().double_value(&[]) - 0.5).abs() < 1e-5);
        for (before, after) in [(w, clipped_w), (b, clipped_b)] {
            assert!((before * (0.5 / norm) - after).abs().max().double_value(&[]) < 1e-5);
        }
        adam.step(1.0);
        assert!(adam.gradient("w").is_none(), "a step uses gradients up");
    }
}

#[test]
fn clipped_steps_equal_steps_of_a_scaled_loss() {
    for kind in KINDS {
        let (clipped, scaled) = (Problem::of(kind), Problem::of(kind));
        let mut adams = [&clipped, &scaled].map(|p| Adam::new(AdamConfig::adam(0.01), p.parameters(), &[]));
        for step in 0..5 {
            adams[0].backward(&clipped.loss(step)).expect("a loss");
            let norm = adams[0].clip_gradients(0.5).double_value(&[]);
            adams[1].backward(&(scaled.loss(step) * (0.5 / norm).min(1.0))).expect("a loss");
            adams.iter_mut().for_each(|adam| adam.step(1.0));
        }
        assert!((clipped.w.detach() - scaled.w.detach()).abs().max().double_value(&[]) < TOLERANCE);
    }
}

#[test]
fn gradients_of_two_losses_add_up() {
    for kind in KINDS {
        let (both, sum) = (Problem::of(kind), Problem::of(kind));
        let mut adams = [&both, &sum].map(|p| Adam::new(AdamConfig::adam(0.01), p.parameters(), &[]));
        adams[0].backward(&both.loss(0)).expect("a loss");
        adams[0].backward(&both.loss(1)).expect("a loss");
        adams[1].backward(&(sum.loss(0) + sum.loss(1))).expect("a loss");
        let [a, b] = adams.each_mut().map(|adam| adam.gradient("b").expect("it has a share in the loss"));
        assert!((a - b).abs().max().double_value(&[]) < TOLERANCE);
    }
}

#[test]
fn gradients_that_follow_a_look_at_them_are_added() {
    let (looked, clipped, sum) = (Problem::new(), Problem::new(), Problem::new());
    let mut adams = [&looked, &clipped, &sum].map(|p| Adam::new(AdamConfig::adam(0.01), p.parameters(), &[]));
    let gradients = |adam: &mut Adam| ["w", "b"].map(|name| adam.gradient(name).expect("it has a share in the loss"));
    let backward = |adam: &mut Adam, loss: Tensor| adam.backward(&loss).expect("a loss");
    backward(&mut adams[0], looked.loss(0));
    let _ = gradients(&mut adams[0]);
    backward(&mut adams[0], looked.loss(1));
    backward(&mut adams[1], clipped.loss(0));
    let norm = adams[1].clip_gradients(0.5).double_value(&[]);
    assert!(norm > 0.5);
    backward(&mut adams[1], clipped.loss(1));
    let whole = gradients(&mut adams[0]);
    let after_clip = gradients(&mut adams[1]);
    // Each is the sum of what was there and what came; the clipped part stays clipped.
    let parts = [0, 1].map(|step| {
        backward(&mut adams[2], sum.loss(step));
        let found = gradients(&mut adams[2]);
        adams[2].step(0.0);
        found
    });
    for (k, (whole, after_clip)) in whole.iter().zip(&after_clip).enumerate() {
        let distance = |a: &Tensor, b: Tensor| (a - b).abs().max().double_value(&[]);
        assert!(distance(whole, &parts[0][k] + &parts[1][k]) < TOLERANCE);
        assert!(distance(after_clip, &parts[0][k] * (0.5 / (norm + 1e-6)) + &parts[1][k]) < TOLERANCE);
    }
}

#[test]
fn a_parameter_without_a_share_in_the_loss_stays() {
    for kind in KINDS {
        let (problem, whole) = (Problem::of(kind), Problem::of(kind));
        let alone = Tensor::ones([1, 1], (kind, Device::Cpu)).set_requires_grad(true);
        // Between the others, so that they do not lie side by side in a buffer.
        let mut parameters = problem.parameters();
        parameters.insert(1, ("alone".into(), alone.shallow_clone()));
        problem.train(&mut Adam::new(AdamConfig::adam_w(0.01, 0.1), parameters, &[]), 0..2);
        whole.train(&mut Adam::new(AdamConfig::adam_w(0.01, 0.1), whole.parameters(), &[]), 0..2);
        assert_eq!(alone.double_value(&[0, 0]), 1.0);
        assert_eq!((problem.w, problem.b), (whole.w, whole.b));
    }
}

#[test]
fn parameters_in_a_flat_buffer_lie_side_by_side_and_stay_there() {
    let problem = Problem::of(Kind::Double);
    let mut adam = Adam::new(AdamConfig::adam(0.01), problem.parameters(), &[]);
    let side_by_side =
        || (problem.b.data_ptr() as usize).wrapping_sub(problem.w.data_ptr() as usize) == 6 * size_of::<f64>();
    assert!(side_by_side());
    problem.train(&mut adam, 0..3);
    // Memory of its own, given by someone else: the optimizer takes the parameter back with its new numbers.
    let other = Problem::of(Kind::Double);
    problem.w.shallow_clone().set_data(&other.w.detach());
    assert!(!side_by_side());
    problem.train(&mut adam, 3..4);
    assert!(side_by_side());
    let moved = (problem.w.detach() - Problem::of(Kind::Double).w).abs().max().double_value(&[]);
    assert!((1e-4..0.02).contains(&moved), "one step from the numbers given: {moved}");
}

#[test]
fn the_average_follows_the_weights_and_can_be_exchanged() {
    let weight = Tensor::from_slice(&[0.0_f32]).set_requires_grad(true);
    let mut average = Ema::new(0.75, vec![("w".into(), weight.shallow_clone())]);
    let _ = tch::no_grad(|| weight.shallow_clone().fill_(1.0));
    average.update();
    average.exchange();
    assert_eq!((weight.double_value(&[0]), average.state()[0].1.double_value(&[0])), (0.25, 1.0));
    average.exchange();
    assert_eq!(weight.double_value(&[0]), 1.0);
}
