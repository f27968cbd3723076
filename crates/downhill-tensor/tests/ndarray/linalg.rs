use downhill_tensor::Tensor;
use downhill_tensor::nalgebra::{DMatrix, DVector};

#[test]
fn samples_are_columns() {
    let mut x = Tensor::from_rows(&[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
    let columns = x.columns().unwrap();
    assert_eq!((columns.shape(), columns.strides()), ((3, 2), (1, 3)));
    assert_eq!(columns, DMatrix::from_row_slice(3, 2, &[1.0, 4.0, 2.0, 5.0, 3.0, 6.0]));
    assert!(std::ptr::eq(columns.as_ptr(), x.as_slice().as_ptr()));
    let shared = x.clone();
    x.columns_mut().unwrap()[(2, 1)] = 7.0;
    assert_eq!((x.as_slice()[5], shared.as_slice()[5]), (7.0, 6.0));
}

#[test]
fn the_storage_is_taken_over() {
    let matrix = DMatrix::from_fn(3, 2, |feature, sample| (10 * sample + feature) as f64);
    let place = matrix.as_slice().as_ptr();
    let x = Tensor::from_columns(matrix.clone());
    assert_eq!(x, Tensor::from_rows(&[[0.0, 1.0, 2.0], [10.0, 11.0, 12.0]]));
    let x = Tensor::from_columns(matrix);
    assert!(std::ptr::eq(x.as_slice().as_ptr(), place));
    let vector = DVector::from_vec(vec![1.0, 2.0]);
    let place = vector.as_slice().as_ptr();
    let x = Tensor::from(vector);
    assert!(std::ptr::eq(x.as_slice().as_ptr(), place));
    assert_eq!(x, Tensor::vector([1.0, 2.0]));
}

#[test]
fn samples_are_rows_of_copies() {
    let x = Tensor::from_rows(&[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
    let rows = x.to_row_matrix().unwrap();
    assert_eq!(rows, DMatrix::from_row_slice(2, 3, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]));
    assert_eq!(Tensor::from_row_matrix(&rows), x);
}

#[test]
fn vectors() {
    let mut x = Tensor::from_rows(&[[3.0, 4.0]]);
    assert_eq!(x.as_vector().norm(), 5.0);
    x.as_vector_mut().scale_mut(2.0);
    assert_eq!(x.as_slice(), [6.0, 8.0]);
}

#[test]
fn empty_matrices() {
    for shape in [[0, 3], [3, 0], [0, 0]] {
        let mut x = Tensor::<f64>::zeros(shape);
        assert_eq!(x.columns().unwrap().shape(), (shape[1], shape[0]));
        assert_eq!(x.columns_mut().unwrap().sum(), 0.0);
        assert_eq!(Tensor::from_row_matrix(&x.to_row_matrix().unwrap()), x);
        assert_eq!(x.as_vector().len(), 0);
    }
}
