use downhill_tensor::{AxisOrder, Error, Shape, Tensor};

fn x(shape: &[usize]) -> Tensor<f64> {
    Tensor::zeros(Shape::new(shape).unwrap())
}

/// What is wrong and what is said about it.
#[test]
fn messages() {
    let a = x(&[2, 3]);
    let broadcast = "shapes [2, 3] and [2] do not broadcast: lengths must be equal or 1";
    let axis = "there is no axis 2 in shape [2, 3]";
    let twice = "axes [1, -1] are not distinct axes of shape [2, 3]";
    let cases: Vec<(Result<Tensor<f64>, Error>, &str)> = vec![
        (a.add(&x(&[2])), broadcast),
        (Tensor::select(&a.equal(&a).unwrap(), &a, &x(&[2])), broadcast),
        (a.broadcast_to([2]), broadcast),
        (x(&[1, 3]).broadcast_to([3]), "shapes [1, 3] and [3] do not broadcast: lengths must be equal or 1"),
        (a.sum_to([2]), "sum_to: the result must broadcast to the operand, got [2, 3] and [2]"),
        (a.sum(&[2], false), axis),
        (a.mean(&[1, -1], false), twice),
        (a.var(&[-3], false, 1), "there is no axis -3 in shape [2, 3]"),
        (x(&[2, 0]).max(&[], false), "max: needs at least one element along the reduced axes, got [2, 0]"),
        (x(&[0, 2]).min(&[0], true), "min: needs at least one element along the reduced axes, got [0, 2]"),
        (
            x(&[0]).argmax(0).map(|index| index.map(|i| i as f64)),
            "argmax: needs at least one element along the reduced axes, got [0]",
        ),
        (x(&[]).softmax(0), "there is no axis 0 in shape []"),
        (a.log_softmax(2), axis),
        (a.cumsum(2), axis),
        (a.prod(2, false), axis),
        (a.transpose(0, 2), axis),
        (a.permute(&[1, -1]), twice),
        (a.permute(&[1]), "axes [1] are not distinct axes of shape [2, 3]"),
        (a.squeeze(1), "squeeze: the axis must have length 1, got [2, 3]"),
        (a.unsqueeze(3), "there is no axis 3 in shape [2, 3]"),
        (a.unsqueeze(-4), "there is no axis -4 in shape [2, 3]"),
        (x(&[1; 8]).unsqueeze(0), "a shape has at most 8 axes, not 9"),
        (
            Tensor::concat(&[&a, &x(&[2, 4])], 0),
            "concat: the operands must agree in all axes but the joined one, got [2, 3] and [2, 4]",
        ),
        (
            Tensor::concat(&[&a, &x(&[3])], 0),
            "concat: the operands must agree in all axes but the joined one, got [2, 3] and [3]",
        ),
        (Tensor::concat(&[], 0), "there is no axis 0 in shape []"),
        (Tensor::stack(&[], 0), "stack: needs at least one operand, got []"),
        (
            Tensor::stack(&[&a, &x(&[3, 2])], 0),
            "stack: the operands must have the same shape, got [2, 3] and [3, 2]",
        ),
        (Tensor::stack(&[&a], 3), "there is no axis 3 in shape [2, 3]"),
        (a.slice(1, 1..4, 1), "index 4 is past the end of axis 1 of shape [2, 3]"),
        (a.slice(0, 0..2, 0), "step must be at least 1, got 0"),
        (a.index_select(1, &[0, 3]), "index 3 is past the end of axis 1 of shape [2, 3]"),
        (a.gather(0, &Tensor::from_rows(&[[2]])), "index 2 is past the end of axis 0 of shape [2, 3]"),
        (
            a.gather(0, &Tensor::from_rows(&[[0; 4]])),
            "gather: the index must have the operand's axes and be no longer in those it does not choose from, \
             got [2, 3] and [1, 4]",
        ),
        (a.flip(&[1, -1]), twice),
        (a.pad(&[1], &[1, 1], 0.0), "pad: needs the elements to put before and after each axis, got [2, 3]"),
        (
            a.matmul(&a),
            "matmul: the columns of the left must be as many as the rows of the right, got [2, 3] and [2, 3]",
        ),
        (a.matmul(&x(&[])), "matmul: the operands must have at least one axis, got [2, 3] and []"),
        (
            x(&[2, 1, 1]).matmul(&x(&[3, 1, 1])),
            "shapes [2] and [3] do not broadcast: lengths must be equal or 1",
        ),
    ];
    for (result, message) in cases {
        assert_eq!(result.unwrap_err().to_string(), message);
    }
    let three = Tensor::<f64>::zeros([1, 2, 3]);
    assert_eq!(
        three.columns().unwrap_err().to_string(),
        "columns: needs two axes, samples and features, got [1, 2, 3]"
    );
}

#[test]
#[expect(clippy::reversed_empty_ranges)]
fn reversed_ranges() {
    let error = x(&[5]).slice(0, 3..2, 1).unwrap_err();
    assert!(matches!(error, Error::Index { index: 3, axis: 0, .. }));
}

#[test]
fn orders_undo_each_other() {
    let shape = Shape::from([2, 3, 4]);
    let order = AxisOrder::new(shape, &[2, 0, 1]).unwrap();
    assert_eq!(order.shape(shape), [4, 2, 3]);
    assert_eq!(order.inverse().shape(order.shape(shape)), shape);
}
