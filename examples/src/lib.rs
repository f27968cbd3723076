//! Nothing but its examples, the files beside this folder, is in this package.
