//! The table of all optimizers and adapters, which the benches walk too.

use downhill_optim::schedule::{Cosine, Linear, Schedule};
use downhill_optim::{
    Adadelta, Adafactor, Adagrad, Adam, AdamW, Adamax, Adan, Asgd, BiasCorrection, Conjugacy,
    ConjugateGradient, Epsilon, Error, GradientDescent, Group, Lamb, Lars, Lbfgs, LevenbergMarquardt, Lion,
    Muon, NAdam, NewtonCg, Norm, Optimizer, Plateau, RAdam, Real, RmsProp, Rprop, ScheduleFreeAdamW,
    ScheduleFreeSgd, Sgd, Sophia,
};

pub(crate) type Boxed<T> = Box<dyn Optimizer<T>>;

/// Every optimizer and adapter, with a rate for curvatures up to 1.
pub(crate) fn table<T: Real>() -> Vec<(&'static str, Boxed<T>)> {
    rows().unwrap()
}

fn rows<T: Real>() -> Result<Vec<(&'static str, Boxed<T>)>, Error> {
    let fall = || Cosine::new(3000);
    Ok(vec![
        ("gradient descent", Box::new(GradientDescent::new(0.5)?)),
        ("gradient descent, momentum", Box::new(GradientDescent::new(0.1)?.momentum(0.8)?)),
        ("gradient descent, nesterov", Box::new(GradientDescent::new(0.1)?.nesterov_momentum(0.8)?)),
        ("sgd", Box::new(Sgd::new(0.5)?.weight_decay(0.1)?)),
        ("sgd, momentum", Box::new(Sgd::new(0.1)?.momentum(0.8)?.weight_decay(0.1)?)),
        ("sgd, dampened", Box::new(Sgd::new(0.2)?.dampened_momentum(0.8, 0.3)?)),
        ("sgd, dampened nesterov", Box::new(Sgd::new(0.2)?.dampened_nesterov_momentum(0.8, 0.3)?)),
        ("sgd, nesterov", Box::new(Sgd::new(0.1)?.nesterov_momentum(0.9)?)),
        ("adam", Box::new(Adam::new(0.01)?.weight_decay(0.1)?)),
        ("adam, amsgrad", Box::new(Adam::new(0.01)?.betas(0.8, 0.99)?.eps(1e-6)?.amsgrad())),
        ("adamw", Box::new(AdamW::new(0.01)?.weight_decay(0.1)?)),
        ("adamw, amsgrad", Box::new(AdamW::new(0.01)?.betas(0.8, 0.99)?.eps(1e-6)?.amsgrad())),
        // At a constant rate RMSprop ends in a cycle around the minimum, whose size is of the rate's order.
        ("rmsprop", Box::new(RmsProp::new(0.01)?.weight_decay(0.1)?.schedule(fall()?))),
        ("rmsprop, momentum", Box::new(RmsProp::new(0.01)?.alpha(0.9)?.momentum(0.5)?.schedule(fall()?))),
        ("rmsprop, centred", Box::new(RmsProp::new(0.01)?.eps(1e-2)?.centred().schedule(fall()?))),
        (
            "rmsprop, both",
            Box::new(RmsProp::new(0.01)?.eps(1e-2)?.centred().momentum(0.5)?.schedule(fall()?)),
        ),
        ("rmsprop, inside", Box::new(RmsProp::new(0.01)?.epsilon(Epsilon::Inside).schedule(fall()?))),
        (
            "rmsprop, rate inside",
            Box::new(RmsProp::new(0.01)?.alpha(0.9)?.momentum(0.5)?.rate_inside().schedule(fall()?)),
        ),
        ("adam, inside", Box::new(Adam::new(0.01)?.epsilon(Epsilon::Inside))),
        ("adam, uncorrected", Box::new(Adam::new(0.01)?.epsilon(Epsilon::Uncorrected))),
        ("adam, late", Box::new(Adam::new(0.01)?.betas(0.8, 0.99)?.correction(BiasCorrection::Late))),
        ("adamw, no correction", Box::new(AdamW::new(0.01)?.correction(BiasCorrection::Off))),
        ("adagrad", Box::new(Adagrad::new(0.5)?.weight_decay(0.1)?)),
        (
            "adagrad, options",
            Box::new(Adagrad::new(0.5)?.rate_decay(1e-4)?.initial(0.1)?.epsilon(Epsilon::Inside)),
        ),
        ("adadelta", Box::new(Adadelta::new(3.0)?.weight_decay(0.1)?.schedule(fall()?))),
        ("adamax", Box::new(Adamax::new(0.01)?.weight_decay(0.1)?)),
        ("adamax, outside", Box::new(Adamax::new(0.01)?.eps_outside())),
        ("nadam", Box::new(NAdam::new(0.01)?.weight_decay(0.1)?)),
        ("nadam, decoupled", Box::new(NAdam::new(0.01)?.weight_decay(0.1)?.decoupled())),
        ("radam", Box::new(RAdam::new(0.01)?.weight_decay(0.1)?)),
        ("radam, decoupled", Box::new(RAdam::new(0.01)?.beta2(0.99)?.weight_decay(0.1)?.decoupled())),
        ("rprop", Box::new(Rprop::new(0.01)?.factors(0.5, 1.1)?.sizes(1e-9, 1.0)?)),
        ("asgd", Box::new(Asgd::new(0.5)?.weight_decay(0.1)?.start(4.0)?)),
        ("lion", Box::new(Lion::new(0.01)?.weight_decay(0.1)?.schedule(fall()?))),
        ("adan", Box::new(Adan::new(0.01)?.weight_decay(0.1)?)),
        // What these do in a part depends on all of it, where weight decay acts.
        ("lamb, by part", Box::new(Lamb::new(0.01)?.weight_decay(0.1)?)),
        ("lars, by part", Box::new(Lars::new(0.1)?.momentum(0.8)?.trust(0.1)?.weight_decay(0.1)?)),
        (
            "adafactor, by part",
            Box::new(Adafactor::new(0.1)?.least(0.1)?.weight_decay(0.1)?.schedule(fall()?)),
        ),
        (
            "adafactor, inside, by part",
            Box::new(Adafactor::new(0.1)?.least(0.1)?.eps_inside(1e-9)?.schedule(fall()?)),
        ),
        ("muon, by part", Box::new(Muon::new(0.01)?.match_rms().others(AdamW::new(1.0)?.eps(1e-6)?, 1.0)?)),
        ("muon, classical, by part", Box::new(Muon::new(0.01)?.classical().schedule(fall()?))),
        (
            "schedule-free sgd",
            Box::new(ScheduleFreeSgd::new(0.5)?.momentum(0.8)?.warmup(5).weight_decay(0.1)?),
        ),
        ("schedule-free adamw", Box::new(ScheduleFreeAdamW::new(0.02)?.weight_decay(0.1)?.warmup(5))),
        ("l-bfgs", Box::new(Lbfgs::new())),
        ("l-bfgs, iterations", Box::new(Lbfgs::new().pairs(3)?.iterations(3, 5)?)),
        ("l-bfgs, fixed steps", Box::new(Lbfgs::new().rate(0.5)?.fixed_step())),
        ("conjugate gradient", Box::new(ConjugateGradient::new())),
        ("fletcher-reeves", Box::new(ConjugateGradient::new().conjugacy(Conjugacy::FletcherReeves))),
        ("hestenes-stiefel", Box::new(ConjugateGradient::new().conjugacy(Conjugacy::HestenesStiefel))),
        ("dai-yuan", Box::new(ConjugateGradient::new().conjugacy(Conjugacy::DaiYuan))),
        ("hager-zhang", Box::new(ConjugateGradient::new().conjugacy(Conjugacy::HagerZhang))),
        ("newton-cg", Box::new(NewtonCg::new().rate(0.1)?.products(20)?)),
        ("levenberg-marquardt", Box::new(LevenbergMarquardt::new())),
        ("sophia", Box::new(Sophia::new(0.02)?.gamma(0.5)?.weight_decay(0.1)?.every(3)?.schedule(fall()?))),
        (
            "curvature in a chain",
            Box::new(
                Lbfgs::new()
                    .schedule(Linear::warmup(5)?)
                    .lookahead(2, 0.5)?
                    .ema(0.5)?
                    .reduce_on_plateau(Plateau::new(0.5, 2)?.min(0.1)?),
            ),
        ),
        ("clip norm", Box::new(Sgd::new(0.5)?.momentum(0.5)?.clip_norm(0.1)?)),
        ("clip norm L1", Box::new(Adam::new(0.01)?.clip_norm(0.1)?.norm(Norm::L1))),
        ("clip value", Box::new(GradientDescent::new(0.5)?.clip_value(0.05)?)),
        ("schedule", Box::new(Adam::new(0.05)?.schedule(Linear::warmup(10)?.then(10, Cosine::new(2990)?)))),
        (
            "plateau",
            Box::new(Adam::new(0.01)?.reduce_on_plateau(Plateau::new(0.5, 2)?.cooldown(1).min(1e-3)?)),
        ),
        ("adaptive clip, by part", Box::new(Adam::new(0.01)?.adaptive_clip(0.1)?.eps(0.1)?)),
        ("centralise, by part", Box::new(Adam::new(0.01)?.centralise())),
        ("coupled decay", Box::new(GradientDescent::new(0.1)?.momentum(0.8)?.coupled_decay(0.1)?)),
        ("decoupled decay", Box::new(Sgd::new(0.1)?.sam(0.005)?.decoupled_decay(0.1)?)),
        ("final decay", Box::new(Adam::new(0.01)?.final_decay(1e-4)?)),
        ("noise", Box::new(Adam::new(0.01)?.noise(1e-5, 0.55, 7)?)),
        ("accumulate", Box::new(Adam::new(0.02)?.accumulate(2)?)),
        ("ema", Box::new(Adam::new(0.01)?.ema(0.9)?)),
        ("swa", Box::new(Adam::new(0.01)?.swa(2, 2)?)),
        ("lookahead", Box::new(Adam::new(0.02)?.lookahead(3, 0.5)?)),
        ("sam", Box::new(Sgd::new(0.1)?.momentum(0.8)?.sam(0.005)?)),
        (
            "group",
            Box::new(
                AdamW::new(0.01)?.group("*", Group::new().rate(1.5)?.decay(0.0)?).group("*", Group::new()),
            ),
        ),
        (
            "averages of a chain",
            Box::new(
                Sgd::new(0.1)?
                    .sam(0.005)?
                    .lookahead(2, 0.5)?
                    .ema(0.5)?
                    .clip_norm(1.0)?
                    .schedule(Linear::warmup(5)?),
            ),
        ),
        (
            "chain",
            Box::new(
                Sgd::new(0.5)?.momentum(0.5)?.clip_norm(0.2)?.clip_value(0.1)?.schedule(Linear::warmup(5)?),
            ),
        ),
    ])
}
