//! Nothing but its tests, the files beside this folder, is in this package.
