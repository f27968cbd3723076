//! A run that was cut, saved and restored goes on to the same bits.

use downhill_optim::{Layout, Real, State, load_state, save_state};

use crate::functions::{run, start};
use crate::parts::parts;
use crate::table::table;

fn restores<T: Real>() {
    let layout = parts(&[4, 0, 7]);
    for (row, (name, mut whole)) in table::<T>().into_iter().enumerate() {
        let fresh = || table::<T>().swap_remove(row).1;
        let mut uncut = start::<T>(11);
        run(&mut whole, &mut uncut, &layout, 0..8);
        for cut in 0..8 {
            let (mut first, mut second, mut theta) = (fresh(), fresh(), start::<T>(11));
            run(&mut first, &mut theta, &layout, 0..cut);
            load_state(&mut second, &save_state(&mut first)).unwrap();
            assert_eq!(first.rate(), second.rate(), "{name}");
            run(&mut second, &mut theta, &layout, cut..8);
            assert_eq!(theta, uncut, "{name} cut at {cut}");
            assert_eq!(save_state(&mut second), save_state(&mut whole), "{name} cut at {cut}");
            let mut averages = [uncut.clone(), theta];
            whole.average(&mut averages[0], &layout).unwrap();
            second.average(&mut averages[1], &layout).unwrap();
            assert_eq!(averages[0], averages[1], "{name} cut at {cut}");
        }
        // Back to the beginning, when there were no vectors yet.
        load_state(&mut whole, &save_state(&mut fresh())).unwrap();
        let mut again = start::<T>(11);
        run(&mut whole, &mut again, &layout, 0..8);
        assert_eq!(again, uncut, "{name} from the beginning");
    }
}

#[test]
fn a_restored_run_goes_on_to_the_bit() {
    restores::<f32>();
    restores::<f64>();
}

#[test]
fn a_state_goes_through_serde() {
    for (name, mut optimizer) in table::<f32>() {
        run(&mut optimizer, &mut start(5), &Layout::flat(5), 0..3);
        let state = save_state(&mut optimizer);
        let bytes = bincode::serialize(&state).unwrap();
        assert_eq!(bincode::deserialize::<State<f32>>(&bytes).unwrap(), state, "{name}");
    }
}
