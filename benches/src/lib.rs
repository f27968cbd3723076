//! Nothing but its benches, the files beside this folder, is in this package.
