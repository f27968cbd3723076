//! Nothing but its bench, the file beside this one, is in this package.
